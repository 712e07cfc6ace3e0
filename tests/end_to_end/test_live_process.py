"""`hiphinge live` as a process of its own: killed, interrupted, and typed at on a terminal."""

import contextlib
import json
import os
import re
import select
import shlex
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
        out, err = process.communicate(timeout=120)
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
        _, err = process.communicate(timeout=120)
    (folder,) = tmp_path.iterdir()
    # The first one may already have ended it all.
    assert process.returncode in (0, 130)
    # Well before a device that does not answer is given up, also on a busy computer.
    assert time.monotonic() - begun_s < 10.0
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
        process.wait(timeout=120)
        assert process.stderr is not None
        talk = process.stderr.read()
    assert process.returncode == 1
    (folder,) = tmp_path.iterdir()
    assert "Traceback" not in talk
    assert talk.splitlines()[-1].endswith(f"recorded in {folder}")
    assert state(folder) == "complete"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_log_that_takes_no_more_costs_no_sample(tmp_path: Path):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        process = subprocess.Popen(
            [*HIPHINGE, "live", "--headless", "--pace", "0", "-o", str(tmp_path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=ENV,
        )
        _, talk = process.communicate(timeout=120)
    (folder,) = tmp_path.iterdir()
    assert process.returncode == 1
    assert "Traceback" not in talk
    assert "takes nothing any more" in talk.splitlines()[-1]
    assert state(folder) == "complete"


def state(folder: Path) -> str:
    return json.loads((folder / "session.json").read_text(encoding="utf-8"))["state"]


def in_shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=ENV, timeout=120)


def test_without_any_standard_stream_it_records(tmp_path: Path):
    command = shlex.join([*HIPHINGE, "live", "--headless", "--pace", "0", "-o", str(tmp_path)])
    assert in_shell(f"{command} <&- >&- 2>&-").returncode == 0
    (folder,) = tmp_path.iterdir()
    assert state(folder) == "complete"
    assert len(analysed(folder)["attempts"]) == 10  # type: ignore[arg-type]


@pytest.mark.parametrize(("ignored", "goes_on"), [(False, False), (True, True)])
def test_a_hang_up_ends_it_cleanly_unless_it_was_told_to_go_on(tmp_path: Path, ignored: bool, goes_on: bool):
    command = shlex.join([*HIPHINGE, "live", "--headless", "--pace", "8", "-o", str(tmp_path)])
    trap = "trap '' HUP; " if ignored else ""
    process = subprocess.Popen(
        ["sh", "-c", f"{trap}exec {command}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV
    )
    with process:
        until(process, "rep 1")
        process.send_signal(signal.SIGHUP)
        if goes_on:
            until(process, "rep 2")
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    (folder,) = tmp_path.iterdir()
    assert process.returncode == 0
    assert state(folder) == "complete"


def test_its_terminal_may_be_closed(tmp_path: Path):
    terminal = Terminal("live", "--headless", "--pace", "6", "-o", tmp_path)
    terminal.until("stand still")
    terminal.leave()
    # Nobody is told by a signal: the process is not the terminal's.
    terminal.process.wait(timeout=120)
    (folder,) = tmp_path.iterdir()
    assert state(folder) == "complete"


def test_in_the_background_of_a_terminal_it_goes_on(tmp_path: Path):
    import pty

    command = shlex.join([*HIPHINGE, "live", "--headless", "--pace", "0", "-o", str(tmp_path)])
    shell, ours = pty.fork()
    if shell == 0:
        # `set -m`: what follows an ampersand is in the background, and stopped as soon as it reads the terminal.
        os.execve("/bin/sh", ["sh", "-c", f"set -m; {command} & wait $!; echo ended $?"], ENV)
    seen, end_s = "", time.monotonic() + 60
    try:
        while "ended" not in seen and time.monotonic() < end_s:
            if select.select([ours], [], [], 0.2)[0]:
                seen += os.read(ours, 65536).decode("utf-8", "replace")
    finally:
        os.kill(shell, signal.SIGKILL)
        os.close(ours)
        os.waitpid(shell, 0)
    assert "ended 0" in seen


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

    def until(self, wanted: str, seconds: float = 120.0) -> None:
        end_s = time.monotonic() + seconds
        from_ = len(self.seen)
        while wanted not in self.seen[from_:]:
            assert time.monotonic() < end_s, f"never said {wanted}: {self.seen[-2000:]}"
            self._read(0.2)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode() + b"\n")

    def leave(self) -> None:
        os.close(self._ours)

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
