"""A recorded session as a transport: what `raw.bin` holds, at its own pace, faster, or flat out."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hiphinge.files.recording.raw_format import (
    CONNECTED,
    DISCONNECTED,
    EVENT,
    META,
    RECEIVED,
    RawHeader,
    RawRecord,
    Torn,
    read_connected,
)
from hiphinge.files.recording.raw_reader import RawReader
from hiphinge.model import Event
from hiphinge.transports.base import Chunk, Down, Framing, TransportError, TransportEvent, Up

# Flat out: others in the loop get their turn this often.
_TURN_EVERY = 32


@dataclass(frozen=True, slots=True)
class Marked:
    """Something the user marked at this moment of the recorded session."""

    at_s: float
    event: Event


@dataclass(frozen=True, slots=True)
class Amended:
    """Metadata set or changed at this moment: fields as in `session.json`."""

    at_s: float
    fields: dict[str, Any]


ReplayEvent = TransportEvent | Marked | Amended


class ReplayTransport:
    """`Transport` that plays a recording; nothing is sent anywhere.

    Times are the recorded ones, whatever the pace: a `LinkSession` made with ``replaying=True`` and `header`'s framing,
    profile and rate gives the very samples of the live session.

    Parameters
    ----------
    path : Path or str
        A session folder, or its `raw.bin`.
    pace : float or None
        1: as it was, 10: ten times faster; None: flat out.
    clock : callable
        What the pace is measured by, in s.

    Attributes
    ----------
    header : RawHeader or None
        Once opened.
    """

    def __init__(
        self, path: Path | str, pace: float | None = 1.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if pace is not None and not 0.0 < pace < float("inf"):
            raise TransportError("the pace of a replay is a number above 0; leave it out to play flat out")
        self.header: RawHeader | None = None
        self._path, self._pace, self._clock = Path(path), pace, clock
        self._raw: RawReader | None = None
        self._closed = False

    @property
    def framing(self) -> Framing:
        """As recorded; "stream" before it is opened."""
        return self.header.framing if self.header else "stream"

    @property
    def dropped_bytes(self) -> int:
        """Nothing is dropped of what was recorded."""
        return 0

    @property
    def torn(self) -> Torn | None:
        """At the end: what the file holds behind its last whole record."""
        return self._raw.torn if self._raw else None

    async def open(self) -> None:
        """Open the file.

        Raises
        ------
        SessionError
            There is no recording, or not one this version reads.
        """
        self._raw = RawReader(self._path)
        self.header = self._raw.header

    async def __aiter__(self) -> AsyncIterator[TransportEvent]:
        """What the transport told, in order, to the recording's end."""
        async for event in self.everything():
            if not isinstance(event, Marked | Amended):
                yield event

    async def everything(self) -> AsyncIterator[ReplayEvent]:
        """What the transport told and what the user marked, in order."""
        import asyncio

        if self._raw is None:
            raise TransportError(f"{self._path}: was not opened; open it first")
        begun_s = first_s = None
        for count, record in enumerate(self._raw):
            if self._closed:
                break
            event = _event_of(record)
            if event is None:
                continue
            if self._pace is not None:
                if begun_s is None or first_s is None:
                    begun_s, first_s = self._clock(), record.at_s
                wait_s = (record.at_s - first_s) / self._pace - (self._clock() - begun_s)
                if wait_s > 0.0:
                    await asyncio.sleep(wait_s)
            elif count % _TURN_EVERY == 0:
                await asyncio.sleep(0)
            yield event
        self._raw.close()

    async def write(self, data: bytes) -> None:
        """Nobody is there: what is sent goes nowhere."""

    async def close(self) -> None:
        """End the replay before its end."""
        self._closed = True


def _event_of(record: RawRecord) -> ReplayEvent | None:
    if record.kind == RECEIVED:
        return Chunk(record.payload, record.at_s, record.channel)
    if record.kind == CONNECTED:
        payload, framing, unix_s = read_connected(record)
        return Up(payload, framing, record.at_s, unix_s)
    if record.kind == DISCONNECTED:
        return Down(record.payload.decode("utf-8", "replace"), record.at_s)
    if record.kind == EVENT:
        said = json.loads(record.payload)
        return Marked(record.at_s, Event(said["time_s"], said["kind"], said["note"]))
    if record.kind == META:
        return Amended(record.at_s, json.loads(record.payload))
    return None
