"""Shared by all tests: recordings that may be missing, and how Hypothesis draws."""

import os
import signal
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

NO_DATA = "no recordings: "

# No deadline: cores are shared and a slow example is no fault of the code; the benchmarks measure time.
# The blob lets anybody replay a failure seen in a log.
settings.register_profile("local", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# A shell starts what it runs in the background deaf to Ctrl-C, and so would be every command the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data() -> Callable[[str], Path]:
    """Give the folder of recordings of a name, such as ``data("trunkyxl")``; skip the test when it is not there."""

    def folder(name: str) -> Path:
        root = os.environ.get("HIPHINGE_DATA")
        if not root:
            pytest.skip(f"{NO_DATA}set HIPHINGE_DATA to the folder that holds {name}/")
        path = Path(root, name)
        if not path.is_dir():
            pytest.skip(f"{NO_DATA}HIPHINGE_DATA ({root}) has no folder {name}/")
        return path

    return folder


# Nothing leaves the machine, and neighbours (another worker, another program) are not seen.
_LSL_LOOPBACK = f"""
[ports]
IPv6 = disable
[multicast]
ResolveScope = machine
ListenAddress = 127.0.0.1
[lab]
KnownPeers = {{127.0.0.1}}
SessionID = {uuid.uuid4().hex}
[log]
level = -3
"""


@pytest.fixture(scope="session")
def lsl_on_loopback() -> None:
    """Keep Lab Streaming Layer to this process; its library reads the setting once, before anything else."""
    import pylsl  # type: ignore[import-untyped]

    pylsl.set_config_content(_LSL_LOOPBACK)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NO_DATA in report.longrepr[2]
    ]
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} tests SKIPPED for lack of recordings", red=True, bold=True)
        terminalreporter.write_line("They check real recordings: set HIPHINGE_DATA to the data folder to run them.")
