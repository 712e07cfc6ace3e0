"""A recording played again: the same bytes at the same recorded times, at any pace."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from hiphinge.files.errors import SessionError
from hiphinge.files.recording.recorder import Recorder, Start
from hiphinge.model import Event
from hiphinge.transports.base import Chunk, Down, TransportError, Up
from hiphinge.transports.replay import Amended, Marked, ReplayEvent, ReplayTransport

START = Start(datetime(2025, 3, 1, tzinfo=UTC), 50.0, UUID(int=9), "packets", profile=2, rate_hz=120.0)
LASTS_S = 0.4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recorder = Recorder(tmp_path, START)
    recorder.connected(50.0, 244, "packets", 1.7e9)
    for n in range(41):
        recorder.received(bytes([n]) * 20, 50.0 + 0.01 * n, "control" if n % 5 == 0 else "data")
        recorder.sent(b"ack", 50.0 + 0.01 * n)
    recorder.event(Event(0.1, "set_start", "left"), 50.4)
    recorder.amend(50.4, pain_0_10=1)
    recorder.disconnected(50.4, "out of range")
    recorder.close(50.5)
    return recorder.folder


def played(path: Path, pace: float | None) -> tuple[list[ReplayEvent], ReplayTransport, float]:
    async def play() -> tuple[list[ReplayEvent], ReplayTransport]:
        transport = ReplayTransport(path, pace)
        await transport.open()
        await transport.write(b"into the void")
        return [event async for event in transport], transport

    begun = time.monotonic()
    events, transport = asyncio.run(play())
    return events, transport, time.monotonic() - begun


def test_flat_out_gives_what_was_there_with_its_times(folder: Path):
    events, transport, _ = played(folder, None)
    assert transport.header is not None
    assert (transport.framing, transport.header.profile, transport.header.rate_hz) == ("packets", 2, 120.0)
    assert events[0] == Up(244, "packets", 50.0, 1.7e9)
    assert events[-1] == Down("out of range", 50.4)
    assert events[1:-1] == [
        Chunk(bytes([n]) * 20, 50.0 + 0.01 * n, "control" if n % 5 == 0 else "data") for n in range(41)
    ]
    assert transport.torn is None


@pytest.mark.parametrize("pace", [1.0, 4.0])
def test_pace_is_kept_and_times_are_the_recorded_ones(folder: Path, pace: float):
    events, _, took_s = played(folder, pace)
    assert events == played(folder, None)[0]
    # Never early; late by what two loaded cores may cost.
    assert LASTS_S / pace - 0.001 <= took_s < LASTS_S / pace + 5.0


def test_marks_and_metadata_come_at_their_moments(folder: Path):
    async def play() -> list[ReplayEvent]:
        transport = ReplayTransport(folder / "raw.bin", None)
        await transport.open()
        return [event async for event in transport.everything()]

    events = asyncio.run(play())
    assert isinstance(events[0], Amended)  # what was known at the start
    assert events[0].fields["events"] == []
    assert events[-3:] == [
        Marked(50.4, Event(0.1, "set_start", "left")),
        Amended(50.4, {"pain_0_10": 1}),
        Down("out of range", 50.4),
    ]


def test_torn_tail_is_reported(folder: Path):
    path = folder / "raw.bin"
    path.write_bytes(path.read_bytes()[:-7])
    events, transport, _ = played(path, None)
    assert isinstance(events[-1], Down)
    assert transport.torn is not None
    assert transport.torn.lost_bytes == 18 - 7


def test_closing_ends_it(folder: Path):
    async def play() -> int:
        transport = ReplayTransport(folder, None)
        await transport.open()
        count = 0
        async for _ in transport:
            count += 1
            if count == 5:
                await transport.close()
        return count

    assert asyncio.run(play()) == 5


def test_what_cannot_be_played_is_refused(tmp_path: Path, folder: Path):
    with pytest.raises(SessionError, match="no such file"):
        played(tmp_path / "nothing", None)
    with pytest.raises(TransportError, match="pace"):
        ReplayTransport(folder, 0.0)
