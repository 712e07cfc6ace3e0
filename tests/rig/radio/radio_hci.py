"""A controller of the virtual radio on a pseudo terminal, H4 framed: for a MicroPython whose Bluetooth is real NimBLE.

MicroPython's unix port, built with Bluetooth, opens the terminal that MICROPYBTUART names and speaks HCI there. All of
it runs in real time: NimBLE has threads and timers of its own.
"""

import asyncio
import contextlib
import json
import os
import pty
import subprocess
import tempfile
import tty
from pathlib import Path
from typing import Any

import mpy_runner
from bumble import hci
from bumble.transport.common import PacketParser
from joined import PLAN
from radio_air import Air, RadioController

INTERPRETER = "HIPHINGE_MICROPYTHON_NIMBLE"
"""Names the interpreter; tests with it are skipped, loudly, where it is not set."""

_NIMBLE = Path(__file__).resolve().parent / "nimble"


class Terminal:
    """One end of a terminal as a source and sink of HCI packets; inside the running loop.

    Parameters
    ----------
    number : int
        File descriptor; closed by `close`.
    sink : object or None
        Gets the packets: ``on_packet(bytes)``.
    """

    def __init__(self, number: int, sink: Any = None) -> None:
        self._number = number
        self._parser = PacketParser(sink)
        self._waiting = bytearray()
        os.set_blocking(number, False)
        asyncio.get_running_loop().add_reader(number, self._read)

    def set_packet_sink(self, sink: Any) -> None:
        """Who gets the packets."""
        self._parser.set_packet_sink(sink)

    def on_packet(self, packet: bytes) -> None:
        """Send one."""
        if not self._waiting:
            asyncio.get_running_loop().add_writer(self._number, self._write)
        self._waiting += packet

    def close(self) -> None:
        """Close it."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._number)
        loop.remove_writer(self._number)
        os.close(self._number)

    def _write(self) -> None:
        # A terminal holds 4 KiB: what finds no room waits, in order.
        with contextlib.suppress(BlockingIOError):
            del self._waiting[: os.write(self._number, self._waiting)]
        if not self._waiting:
            asyncio.get_running_loop().remove_writer(self._number)

    def _read(self) -> None:
        try:
            data = os.read(self._number, 4096)
        except OSError:
            # Nobody has the other end open yet, or any more.
            return
        self._parser.feed_data(data)


class HciTerminal:
    """A controller at the end of a terminal.

    Attributes
    ----------
    path : str
        For MICROPYBTUART.
    """

    def __init__(self, air: Air, address: str) -> None:
        primary, self.replica = pty.openpty()
        tty.setraw(primary)
        tty.setraw(self.replica)
        self.path = os.ttyname(self.replica)
        public = hci.Address(address, hci.Address.PUBLIC_DEVICE_ADDRESS)
        self.controller = RadioController("terminal", air, public_address=public)
        self.terminal = Terminal(primary, self.controller)
        self.controller.host = self.terminal  # type: ignore[assignment]

    def close(self) -> None:
        """Close both ends."""
        self.terminal.close()
        os.close(self.replica)


class NimbleFirmware:
    """The whole firmware with simulated chips, in real time, its radio a real NimBLE on a `HciTerminal`.

    Parameters
    ----------
    interpreter : str
    terminal : HciTerminal
    seconds : float
        How long it runs.
    first : Path, optional
        Folder whose modules come before all others.
    """

    def __init__(
        self, interpreter: str, terminal: HciTerminal, seconds: float, first: Path | None = None, **plan: Any
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        whole = {
            **PLAN,
            "pauses_per_million": 0,
            "erase_us": [1000, 1000],
            "nvs": {"unused": 0},
            "new": True,
            "flash": f"{self._folder.name}/flash",
            "end_us": int(seconds * 1e6),
            **plan,
        }
        call = json.dumps({"script": "session_world", "function": "run", "arguments": {"plan": whole}})
        path = [
            *([first] if first else []),
            _NIMBLE,
            mpy_runner.WORLD,
            mpy_runner.ROOT / "firmware",
            mpy_runner.ROOT / "protocol",
            ".frozen",
        ]
        environment = mpy_runner.environment(RIG_CALL=call, MICROPYBTUART=terminal.path)
        environment["MICROPYPATH"] = ":".join(map(str, path))
        self._process = subprocess.Popen(
            [interpreter, "-X", "heapsize=600k", str(_NIMBLE / "nimble_main.py")],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self) -> dict[str, Any]:
        """Wait for its ledger."""
        out, _ = self._process.communicate(timeout=120)
        self._folder.cleanup()
        ends = [json.loads(line[1:]) for line in out.splitlines() if line.startswith("@")]
        if self._process.returncode or not ends:
            raise mpy_runner.ScriptError(out[-3000:])
        return {key: value for one in ends for key, value in one.items()}
