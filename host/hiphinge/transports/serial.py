"""A device on a serial port (USB or UART board): pyserial in a thread, bytes and states into the loop.

The line may be a console until HELLO is answered (protocol/SPEC.md, "Frames"). So `Up` is told when the first frame of
the device came, with HELLO said again each second until then, and anew after silence: a board that restarted is in
its console. An unplugged device is looked for, under any name, until `close`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from hiphinge.transports.base import Chunk, Down, Framing, Inbox, TransportError, TransportEvent, Up
from hiphinge.transports.ports import SerialPort, choose_port, library, list_ports
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.hello import Hello, Leave, hello_frame

BAUD = 115200
"""Of UART boards as MicroPython sets them up; USB ports take any."""

# The thread looks up this often when nothing comes: bounds how long `close` waits.
_READ_S = 0.1
# Bytes come by the handful: gathered for this long they cost 500 wake-ups a second at most, and 2 ms of latency.
_GATHER_S = 0.002
_MOST_READ = 65536
# HELLO: the answer comes within 1 s (SPEC, 5).
_HELLO_EVERY_S = 1.0
# STATUS comes every second while linked: two missed are worth a HELLO, six the port's reopening.
_SILENT_S = 2.5
_DEAD_S = 6.0
# A board that resets when its port is opened starts in 2 to 4 s.
_UNANSWERED_S = 6.0
_BACK_OFF_S = (0.1, 0.25, 0.5, 1.0, 2.0)
# The longest frame takes 90 ms at 115200 baud; a line that takes nothing for this long is dead.
_WRITE_S = 1.0
_KEPT_BYTES = 8192


class SerialTransport:
    """`Transport` over a serial port.

    Parameters
    ----------
    wanted : str, optional
        As `ports.choose_port` takes it.
    baud : int
    clock, wall_clock : callable
        Host clock and time of day, in s.
    ports : callable
        Lists the ports there are.

    Attributes
    ----------
    place : str
        The port, for people.
    """

    def __init__(
        self,
        wanted: str | None = None,
        baud: int = BAUD,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        ports: Callable[[], list[SerialPort]] = list_ports,
    ) -> None:
        self.place = wanted or "serial port"
        self._wanted, self._baud = wanted, baud
        self._clock, self._wall_clock, self._list_ports = clock, wall_clock, ports
        self._port: Any = None
        self._chosen: SerialPort | None = None
        self._up = self._left = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._inbox: Inbox | None = None
        self._writing = threading.Lock()

    @property
    def framing(self) -> Framing:
        """A stream."""
        return "stream"

    @property
    def dropped_bytes(self) -> int:
        """Bytes nobody fetched in time."""
        return self._inbox.dropped_bytes if self._inbox else 0

    async def open(self) -> None:
        """Open the port; `Up` comes once the device answers.

        Raises
        ------
        TransportError
            No such port, no permission, in use.
        """
        import asyncio

        self._inbox = Inbox()
        self._left = False
        self._port = await asyncio.to_thread(self._open_port)
        self._thread = threading.Thread(target=self._run, args=(self._inbox,), name="hiphinge serial", daemon=True)
        self._thread.start()

    def __aiter__(self) -> AsyncIterator[TransportEvent]:
        """Events in order, until `close`."""
        if self._inbox is None:
            raise TransportError("the serial port was not opened; open it first")
        return self._inbox.__aiter__()

    async def write(self, data: bytes) -> None:
        """Send bytes.

        Raises
        ------
        TransportError
            Not connected, or the line takes nothing.
        """
        import asyncio

        if not self._up:
            raise TransportError(f"{self.place}: not connected; wait until it is")
        await asyncio.to_thread(self._send, data)

    async def close(self) -> None:
        """Say LEAVE, which gives the console back, and close the port."""
        import asyncio

        if self._thread is None:
            return
        if self._up:
            with contextlib.suppress(TransportError):
                await asyncio.to_thread(self._send, encode_frame(Leave(request=0).encode()), last=True)
        self._stop.set()
        await asyncio.to_thread(self._thread.join)
        self._thread = None
        if self._inbox is not None:
            # Behind whatever the thread queued last.
            await asyncio.sleep(0)
            self._inbox.end()

    def _open_port(self) -> Any:
        serial = library()
        port = self._find()
        try:
            # exclusive: two programs on one line would each get half of the bytes.
            opened = serial.Serial(port.device, self._baud, timeout=_READ_S, write_timeout=_WRITE_S, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise TransportError(_why_not(port, error)) from None
        self._chosen, self.place = port, port.device
        return opened

    def _find(self) -> SerialPort:
        ports = self._list_ports()
        if self._chosen is not None:
            for port in ports:
                if port.is_same_device(self._chosen):
                    return port
            if self._chosen.vid is None:
                return self._chosen
        return choose_port(self._wanted, ports)

    def _send(self, data: bytes, last: bool = False) -> None:
        serial = library()
        with self._writing:
            # Whatever came behind LEAVE, a write under way in its thread, say, would take the console away again.
            port = None if self._left else self._port
            self._left = self._left or last
            try:
                if port is None:
                    raise TransportError(f"{self.place}: not connected; wait until it is")
                port.write(data)
            except serial.SerialTimeoutException:
                raise TransportError(f"{self.place}: takes no bytes; unplug the device and plug it in again") from None
            except (serial.SerialException, OSError, TypeError) as error:
                # TypeError: pyserial's own when the port is closed under a write.
                raise TransportError(f"{self.place}: could not be written to ({error}); see the cable") from None

    # --- in the thread ----------------------------------------------------------------------------------------------

    def _run(self, inbox: Inbox) -> None:
        tries = 0
        while not self._stop.is_set():
            if self._port is None:
                if self._stop.wait(_BACK_OFF_S[min(tries, len(_BACK_OFF_S) - 1)]):
                    break
                tries += 1
                # A port that vanishes while it is looked at is not there yet.
                with contextlib.suppress(TransportError, OSError):
                    self._port = self._open_port()
                continue
            was_up, reason = self._listen(inbox)
            self._up = False
            with self._writing, contextlib.suppress(OSError):
                port, self._port = self._port, None
                port.close()
            tries = 0 if was_up else tries
            if reason:
                inbox.put_from_thread(Down(reason, self._clock()))

    def _listen(self, inbox: Inbox) -> tuple[bool, str]:
        """Read one opened port until it ends; whether it was up, and why it ended."""
        serial = library()
        greeting = Greeting(self._clock())
        while not self._stop.is_set():
            try:
                data = self._read()
            except (serial.SerialException, OSError, TypeError):
                return greeting.up, f"{self.place}: unplugged, or gone; looking for it"
            now_s = self._clock()
            kept = greeting.heard(data, now_s)
            if greeting.up and not self._up:
                self._up = True
                inbox.put_from_thread(Up(0, "stream", now_s, self._wall_clock(), self.place))
            if kept:
                inbox.put_from_thread(Chunk(kept, now_s))
            if greeting.hello_due(now_s):
                with contextlib.suppress(TransportError):
                    self._send(hello_frame())
            if greeting.dead(now_s):
                if greeting.up:
                    return True, f"{self.place}: silent for {_DEAD_S:.0f} s; trying again"
                return False, f"{self.place}: no hiphinge answers there; check the port and the firmware"
        return greeting.up, ""

    def _read(self) -> bytes:
        first: bytes = self._port.read(1)
        if not first:
            return b""
        time.sleep(_GATHER_S)
        waiting = min(int(self._port.in_waiting), _MOST_READ)
        return first + bytes(self._port.read(waiting)) if waiting else first


class Greeting:
    """When to say HELLO, and when the device has answered; pure.

    Parameters
    ----------
    now_s : float
        When the port was opened.

    Attributes
    ----------
    up : bool
        A frame of the device has come.
    """

    def __init__(self, now_s: float) -> None:
        self.up = False
        self._deframer = Deframer()
        self._kept = bytearray()
        self._opened_s = self._heard_s = now_s
        self._said_s: float | None = None

    def heard(self, data: bytes, now_s: float) -> bytes:
        """Take what came; returns what is for the link: nothing before the first frame, then all."""
        if self.up:
            # Console text holds no zero byte, every frame does.
            if 0 in data:
                self._heard_s = now_s
            return data
        # A console may send HELLO back as it was typed.
        self.up = any(payload[0] != Hello.TYPE for payload in self._deframer.feed(data))
        self._kept += data
        if not self.up:
            del self._kept[:-_KEPT_BYTES]
            return b""
        self._heard_s = now_s
        kept, self._kept = bytes(self._kept), bytearray()
        return kept

    def hello_due(self, now_s: float) -> bool:
        """Whether to say HELLO now; the answer counts it as said."""
        quiet = not self.up or now_s - self._heard_s > _SILENT_S
        if not quiet or (self._said_s is not None and now_s - self._said_s < _HELLO_EVERY_S):
            return False
        self._said_s = now_s
        return True

    def dead(self, now_s: float) -> bool:
        """Whether to give the port up and open it anew."""
        return now_s - self._heard_s > (_DEAD_S if self.up else _UNANSWERED_S)


def _why_not(port: SerialPort, error: Exception) -> str:
    number = getattr(error, "errno", None)
    text = str(error).lower()
    if number == 2 or isinstance(error, FileNotFoundError) or "filenotfounderror" in text:
        return f"{port.device}: no such port; plug the device in, or check the name"
    if number in (11, 16) or "exclusively lock" in text:
        return f"{port.device}: in use by another program; close it there"
    if number in (1, 13) or "permission" in text or "access is denied" in text:
        return f"{port.device}: may not be opened; join the group that owns it (dialout), or close the program using it"
    return f"{port.device}: could not be opened ({str(error)[:120]}); check the port"
