"""The real firmware, under the launcher, on one line with the real mpremote: a UART board behind a pseudo-terminal.

MicroPython's unix build runs `main.py` and all under it unchanged; the modules of the hardware are simulated, in real
time. Something prints all the while, as a program of somebody's might.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial
from real_board import ROOT, SUPPORT, RealBoard, needs_the_tools

from hiphinge.app.device.install import Site, update
from hiphinge.device import launcher
from hiphinge.device.build import compile_firmware
from hiphinge.device.sources import Sources, find_sources, version_of
from hiphinge.device.tools import Tools
from hiphinge_wire.codec import decode_reply
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.hello import HelloReply, Leave, hello_frame
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Ok
from hiphinge_wire.requests import Identify, Start, StatusGet, Stop
from hiphinge_wire.status import Status

WORLD = ROOT / "tests" / "rig" / "world"
CHATTER = b"chatter"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """Our firmware for a classic ESP32, as a user chooses the board: by the last line of `board.py`."""
    needs_the_tools()
    folder = tmp_path_factory.mktemp("source") / "firmware"
    shutil.copytree(ROOT / "firmware", folder, ignore=shutil.ignore_patterns("__pycache__", ".ruff_cache"))
    with (folder / "board.py").open("a") as file:
        file.write("\nBOARD = Esp32\n")
    return find_sources(folder)


@pytest.fixture(scope="module")
def compiled(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    compile_firmware(Tools(), sources, "x64", folder)
    return folder


@pytest.fixture
def uart_board(compiled: Path, tmp_path: Path) -> Iterator[RealBoard]:
    modules = tmp_path / "modules"
    shutil.copytree(WORLD, modules, ignore=shutil.ignore_patterns("__pycache__", "rig_*"))
    with (modules / "machine.py").open("a") as file:
        # At the prompt nobody catches the exception by which the simulated board restarts.
        file.write("\n\ndef reset():\n    import sys\n    sys.exit(17)\n")

    def fill(files: Path) -> None:
        shutil.copytree(compiled, files / "fw" / "a")
        (files / "fw" / "a" / "whole").touch()
        (files / "fw" / "current").write_text("a end")
        (files / "main.py").write_bytes(Path(launcher.__file__).read_bytes())

    board = RealBoard(tmp_path, modules, SUPPORT / "world_start.py", fill)
    yield board
    board.close()


def mpremote(board: RealBoard, *arguments: str) -> str:
    program = Path(sys.executable).parent / "mpremote"
    ran = subprocess.run(
        [program, "connect", board.port, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


class Line:
    """The host's end: everything heard, and the messages in it."""

    def __init__(self, board: RealBoard) -> None:
        self.port = serial.Serial(board.port, timeout=0.02)
        self.raw = b""
        self.messages: list[Message] = []
        self._deframer = Deframer()

    def send(self, *frames: bytes) -> None:
        for frame in frames:
            self.port.write(frame)

    def until(self, done: Callable[[], bool], patience_s: float = 40.0) -> None:
        end_s = time.monotonic() + patience_s
        while not done():
            assert time.monotonic() < end_s, (self.raw[-300:], self.messages[-3:])
            data = self.port.read(4096)
            self.raw += data
            for one in self._deframer.feed(data):
                self.messages.append(decode_reply(one) if one[0] != 1 else Block(one))

    def told(self, kind: type, request: int) -> Callable[[], bool]:
        return lambda: any(isinstance(one, kind) and getattr(one, "request", 0) == request for one in self.messages)

    def close(self) -> None:
        self.port.close()


class Block(Message):
    def __init__(self, data: bytes) -> None:
        self.sequence = int.from_bytes(data[8:12], "little")


def running(board: RealBoard) -> Line:
    """A line to a board whose firmware is up and in console mode: its chatter is heard."""
    line = Line(board)
    line.until(lambda: line.raw.count(CHATTER) > 3)
    return line


def in_data_mode(line: Line) -> None:
    line.send(hello_frame())
    line.until(lambda: any(isinstance(one, HelloReply) for one in line.messages))


def test_mpremote_has_the_console_of_a_running_firmware(uart_board: RealBoard):
    running(uart_board).close()
    assert "42" in mpremote(uart_board, "resume", "exec", "print(6 * 7)")
    # Interrupted, not crashed: it knows what it was, and its watchdog gives the console an hour.
    code = "import sim_board as b; print(b.watchdog.timeout_us // 60000000, b.rtc_memory[3])"
    assert mpremote(uart_board, "resume", "exec", code).split("\n")[0].strip() == "60 0"
    assert "fw" in mpremote(uart_board, "fs", "ls", ":")


def test_data_mode_from_hello_to_leave(uart_board: RealBoard):
    line = running(uart_board)
    in_data_mode(line)
    before = len(line.raw)
    line.send(encode_frame(Start(request=2, profile=3).encode()))
    line.until(lambda: sum(isinstance(one, Block) for one in line.messages) > 60)
    # The byte of Ctrl-C in a frame, and outside of any, is a byte like all others.
    line.send(encode_frame(StatusGet(request=3).encode()), b"\x03\x03", encode_frame(Identify(request=4).encode()))
    line.until(line.told(Ok, 4))
    line.until(line.told(Status, 3))
    line.send(encode_frame(Stop(request=5).encode()))
    line.until(line.told(Ok, 5))
    sequences = [one.sequence for one in line.messages if isinstance(one, Block)]
    assert sequences == list(range(len(sequences)))
    assert CHATTER not in line.raw[before:]
    line.send(encode_frame(Leave(request=6).encode()))
    line.until(line.told(Ok, 6))
    left = len(line.raw)
    line.until(lambda: CHATTER in line.raw[left:])
    line.close()
    assert "42" in mpremote(uart_board, "resume", "exec", "print(6 * 7)")


def test_silence_gives_the_line_back(uart_board: RealBoard):
    line = running(uart_board)
    in_data_mode(line)
    heard, begun_s = len(line.raw), time.monotonic()
    line.until(lambda: CHATTER in line.raw[heard:])
    # Its time is never faster than ours, and slower on a machine that is busy.
    assert 4.5 < time.monotonic() - begun_s < 30.0
    line.close()
    assert "42" in mpremote(uart_board, "resume", "exec", "print(6 * 7)")


def test_a_host_that_does_not_know_of_the_restart_stops_nothing(uart_board: RealBoard):
    line = running(uart_board)
    # The end of a frame, and whole ones with the byte of Ctrl-C: what such a host sends.
    line.send(b"\x11\x03\x07\x03\x00", encode_frame(StatusGet(request=3).encode()))
    line.until(line.told(Status, 3))
    in_data_mode(line)
    line.close()


def test_update_of_the_real_firmware(uart_board: RealBoard, sources: Sources):
    running(uart_board).close()
    site = Site(Tools(), uart_board.port, uart_board.port, lambda seconds: time.sleep(min(seconds, 0.6)), 20.0, 6.0)
    done = update(site, sources, lambda _what, _share: None)
    assert (done.before, done.version, done.slot) == (version_of(sources), version_of(sources), "b")
    assert (uart_board.files / "fw" / "current").read_text() == "b a end"
