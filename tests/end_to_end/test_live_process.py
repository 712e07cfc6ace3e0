"""`hiphinge live` as a process of its own: killed, interrupted, and typed at on a terminal."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals")

HIPHINGE = (sys.executable, "-m", "hiphinge")
ENV = {**os.environ, "COLUMNS": "80", "LINES": "24", "PYTHONIOENCODING": "utf-8"}


def started(*arguments: object) -> subprocess.Popen[str]:
    command = [*HIPHINGE, *(str(one) for one in arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)


def until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """Lines up to the first that holds `wanted`."""
    assert process.stdout is not None
    said: list[str] = []
    for text in process.stdout:
        said.append(text.rstrip("\n"))
        if wanted in text:
            return said
    raise AssertionError(f"never said {wanted}: {said}")


def analysed(folder: Path) -> dict[str, object]:
    ended = subprocess.run(
        [*HIPHINGE, "analyse", "--live", "--json", "-", str(folder)], capture_output=True, text=True, env=ENV
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_killed_it_opens_and_holds_every_verdict_that_was_shown(tmp_path: Path):
    process = started("live", "--headless", "--json-lines", "--pace", "8", "-o", tmp_path)
    with process:
        lines = until(process, '"repetition": 2')
        process.kill()
    assert process.returncode == -signal.SIGKILL
    shown = [one for one in map(json.loads, lines) if one["type"] == "repetition"]
    (folder,) = tmp_path.iterdir()
    found = analysed(folder)
    assert [one["verdict"] for one in found["attempts"]][:2] == [one["verdict"] for one in shown]  # type: ignore[index, call-overload]
    assert any("cut off" in one for one in found["warnings"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_cleanly_and_says_where_the_recording_is(tmp_path: Path, number: signal.Signals):
    process = started("live", "--headless", "--pace", "8", "-o", tmp_path)
    with process:
        until(process, "rep 1")
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    (folder,) = tmp_path.iterdir()
    assert process.returncode == 0
    assert out.splitlines()[-1].endswith(f"recorded in {folder}")
    assert "once more Ctrl-C leaves at once" in err
    assert json.loads((folder / "session.json").read_text(encoding="utf-8"))["state"] == "complete"
    assert len(analysed(folder)["attempts"]) >= 1  # type: ignore[arg-type]


def test_interrupted_twice_it_leaves_at_once_and_the_folder_opens(tmp_path: Path):
    process = started("live", "--headless", "--pace", "1", "-o", tmp_path)
    with process:
        until(process, "stand still")
        time.sleep(2.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        begun_s = time.monotonic()
        _, err = process.communicate(timeout=20)
    (folder,) = tmp_path.iterdir()
    # The first one may already have ended it all.
    assert process.returncode in (0, 130)
    assert time.monotonic() - begun_s < 3.0
    assert "Traceback" not in err
    if process.returncode == 130:
        assert f"what was recorded is in {folder}" in err
    # No hinge in it: read, it says so, instead of failing to open.
    ended = subprocess.run([*HIPHINGE, "analyse", str(folder)], capture_output=True, text=True, env=ENV)
    assert "Traceback" not in ended.stderr
    assert "holds no sample" not in ended.stderr


def test_whoever_reads_may_stop_reading(tmp_path: Path):
    process = started("live", "--headless", "--json-lines", "--pace", "8", "-o", tmp_path)
    with process:
        until(process, '"step": "stand"')
        assert process.stdout is not None
        process.stdout.close()
        process.wait(timeout=20)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 1
    (folder,) = tmp_path.iterdir()
    assert json.loads((folder / "session.json").read_text(encoding="utf-8"))["state"] == "complete"


class Terminal:
    """A command on a pseudo-terminal of 80 columns."""

    def __init__(self, *arguments: object) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [*HIPHINGE, *(str(one) for one in arguments)]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=ENV, close_fds=True)
        os.close(theirs)
        self.seen = ""

    def until(self, wanted: str, seconds: float = 30.0) -> None:
        end_s = time.monotonic() + seconds
        from_ = len(self.seen)
        while wanted not in self.seen[from_:]:
            assert time.monotonic() < end_s, f"never said {wanted}: {self.seen[-2000:]}"
            self._read(0.2)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode() + b"\n")

    def ended(self) -> int:
        while self.process.poll() is None:
            self._read(0.1)
        with contextlib.suppress(OSError):
            self._read(0.1)
        os.close(self._ours)
        return self.process.returncode

    def _read(self, seconds: float) -> None:
        if select.select([self._ours], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                self.seen += os.read(self._ours, 65536).decode("utf-8", "replace")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal("live", "--headless", "--pace", "6", "-o", tmp_path)
    yield one
    if one.process.poll() is None:
        one.process.kill()


def test_letters_on_a_terminal_do_what_they_say(terminal: Terminal, tmp_path: Path):
    terminal.until("stand still")
    terminal.type("s")
    terminal.until("set begun at")
    terminal.until("rep 1")
    terminal.type("m felt easy")
    terminal.until("marked")
    terminal.type("?")
    terminal.until("type and Enter")
    terminal.type("s")
    terminal.until("set ended at")
    terminal.type("z")
    terminal.until("next quiet standing is zero")
    terminal.type("c")
    terminal.until("stand still")
    terminal.type("q")
    terminal.until("recorded in")
    assert terminal.ended() == 0
    (folder,) = tmp_path.iterdir()
    events = json.loads((folder / "session.json").read_text(encoding="utf-8"))["events"]
    assert [one["kind"] for one in events] == ["set_start", "mark", "set_end", "zero", "recalibrate"]
    assert events[1]["note"] == "felt easy"
    assert [one["time_s"] for one in events] == sorted(one["time_s"] for one in events)
    # A status line that rewrites itself, below the others, and nothing wider than the terminal.
    assert re.search(r"\r\x1b\[K\d+:\d\d  live  ", terminal.seen)
    assert "█" in terminal.seen
    plain = re.sub(r"\x1b\[K", "", terminal.seen).replace("m felt easy\r\n", "\r\n")
    shown = [part for text in plain.split("\r\n") for part in text.split("\r")]
    assert max(len(text) for text in shown if str(folder) not in text) <= 80
