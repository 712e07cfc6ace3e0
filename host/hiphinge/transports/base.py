"""What every transport does: bytes with their arrival times, and when it is up or down.

A transport knows nothing of messages. It stamps, queues and hands on; `link.LinkSession` makes sense of the bytes and
says what to send. All of it runs in one asyncio loop::

    await transport.open()
    async for event in transport:
        match event:
            case Up(): link.connected(event.at_s, event.payload, event.unix_s)
            case Chunk(): link.receive(event.data, event.arrival_s, event.channel)
            case Down(): link.disconnected(event.at_s)
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from hiphinge.model import HiphingeError

Framing = Literal["packets", "stream"]
Channel = Literal["data", "control"]

MOST_QUEUED_BYTES = 4 << 20
# What an event takes beside its bytes: a flood of tiny packets must not slip through the count.
_EVENT_BYTES = 128
"""Ten minutes of two sensors: a reader that far behind has stopped, and memory must not fill up."""


class TransportError(HiphingeError):
    """A device cannot be reached, or what was sent did not go out: one line, with what to do."""


@dataclass(frozen=True, slots=True)
class Up:
    """Connected; bytes may be sent.

    Attributes
    ----------
    payload : int
        Bytes one packet carries; 0 on a stream.
    framing : str
    at_s : float
        Host clock.
    unix_s : float or None
        Wall clock at `at_s`.
    place : str
        Address or port, for people.
    """

    payload: int
    framing: Framing
    at_s: float
    unix_s: float | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came, stamped on arrival: one packet, or any stretch of a stream."""

    data: bytes
    arrival_s: float
    channel: Channel = "data"


@dataclass(frozen=True, slots=True)
class Down:
    """Not connected; `reason` is a line for people. The transport keeps trying until it is closed."""

    reason: str
    at_s: float


TransportEvent = Up | Chunk | Down


class Transport(Protocol):
    """A way to one device."""

    @property
    def framing(self) -> Framing:
        """What the `LinkSession` must be made with."""
        ...

    @property
    def dropped_bytes(self) -> int:
        """Bytes that found no room because this program was too slow; the link asks for them again."""
        ...

    async def open(self) -> None:
        """Begin.

        Raises
        ------
        TransportError
            There is no such device or port, or it may not be used.
        """
        ...

    def __aiter__(self) -> AsyncIterator[TransportEvent]:
        """Events in order, until `close` (or the end of a replay)."""
        ...

    async def write(self, data: bytes) -> None:
        """Send one packet to the device's control characteristic, or bytes down the stream.

        Raises
        ------
        TransportError
            Not connected, or the other side takes nothing.
        """
        ...

    async def close(self) -> None:
        """End; the iteration then ends too. May be called twice."""
        ...


class Inbox:
    """Events from a thread or a callback to the one task that reads them, bounded in bytes.

    Make it inside the running loop.

    Attributes
    ----------
    dropped_bytes : int
        Of chunks that found no room; the link asks for them again.
    """

    def __init__(self, most_bytes: int = MOST_QUEUED_BYTES) -> None:
        import asyncio

        self.dropped_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._most_bytes = most_bytes
        self._events: deque[TransportEvent] = deque()
        self._bytes = 0
        self._ended = False

    def put(self, event: TransportEvent) -> None:
        """Queue an event; in the loop's own thread."""
        size = _size(event)
        if self._bytes + size > self._most_bytes and isinstance(event, Chunk):
            self.dropped_bytes += len(event.data)
            return
        self._bytes += size
        self._events.append(event)
        self._wake.set()

    def put_from_thread(self, event: TransportEvent) -> None:
        """Queue an event from any other thread; nothing happens once the loop is closed."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.put, event)

    def end(self) -> None:
        """No more events: the iteration ends after what is queued."""
        self._ended = True
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[TransportEvent]:
        """Events in order, until `end`."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._bytes -= _size(event)
                yield event
            if self._ended:
                return
            self._wake.clear()
            await self._wake.wait()


def _size(event: TransportEvent) -> int:
    return _EVENT_BYTES + (len(event.data) if isinstance(event, Chunk) else 0)
