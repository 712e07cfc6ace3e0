"""A real Chromium and dashboards in processes of their own; skipped, with the reason, where either is missing."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MS = 90_000
RIG = Path(__file__).with_name("dash_rig.py")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Sound is made and heard of, whether or not this computer has a loudspeaker.
    "--autoplay-policy=user-gesture-required",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    reasons = []
    if CHROMIUM is None:
        reasons.append("no Chromium on this computer")
    reasons += [f"{name} is not installed" for name in ("playwright", "nicegui") if find_spec(name) is None]
    for item in items:
        if reasons and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="; ".join(reasons)))


@dataclass
class Served:
    """A running dashboard."""

    process: subprocess.Popen[str]
    talk: IO[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def said(self) -> str:
        """What it wrote on stderr."""
        self.talk.seek(0)
        return self.talk.read()

    def link(self) -> str:
        return next(line.split()[1] for line in self.lines if line.startswith("LINK"))

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.talk.close()

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)


Serve = Callable[..., Served]


def started(*arguments: object) -> Served:
    command = [sys.executable, str(RIG), *(str(one) for one in arguments)]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # A file, not a pipe: one that nobody reads would stop the process once it is full.
    talk = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
    served = Served(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=talk, text=True, env=env), talk)
    assert served.process.stdout is not None
    # A wedged process must not hang the tests: no line in time is an end of file.
    watch = threading.Timer(120, served.process.kill)
    watch.start()
    for line in served.process.stdout:
        served.lines.append(line.strip())
        if line.startswith("READY"):
            served.url = line.split()[1]
        if served.url and ("--lan" not in arguments or line.startswith("LINK")):
            break
    watch.cancel()
    assert served.url, served.said()
    return served


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start dashboards; all are ended with the test."""
    running: list[Served] = []

    def start(*arguments: object) -> Served:
        served = started(*arguments)
        running.append(served)
        return served

    yield start
    for served in running:
        served.end()


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One dashboard whose virtual wearer trains, quicker than real time, recorded; shared by a module's tests."""
    served = started("--pace", 4, "--sets", 24, "--out", tmp_path_factory.mktemp("sessions"))
    yield served
    served.end()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Tab:
    """A page, and everything that went wrong in it."""

    page: Any
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@pytest.fixture
def open_tab(chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Open a page in a browser of its own: no cookies, no memory. Errors and requests elsewhere fail the test."""
    contexts: list[Any] = []
    tabs: list[Tab] = []

    def make(url: str, width: int = 1440, height: int = 900, **wishes: Any) -> Tab:
        context = chromium.new_context(viewport={"width": width, "height": height}, **wishes)
        contexts.append(context)
        # Two slow cores carry server, simulation and browser: what comes at all comes within this.
        context.set_default_timeout(PATIENCE_MS)
        tab = Tab(context.new_page())
        tabs.append(tab)
        host = url.split("/")[2]
        tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.page.on("request", lambda asked: _elsewhere(tab, asked.url, host))
        tab.page.goto(url)
        return tab

    yield make
    for context in contexts:
        with contextlib.suppress(Exception):
            context.close()
    for tab in tabs:
        assert tab.errors == []
        # A gym has no internet: everything must come from here.
        assert tab.elsewhere == []


def _elsewhere(tab: Tab, url: str, host: str) -> None:
    if url.startswith(("data:", "blob:")) or url.split("/")[2] == host:
        return
    tab.elsewhere.append(url)
