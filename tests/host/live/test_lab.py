"""A live session on Lab Streaming Layer: read by a real inlet, marked by a real outlet, on this machine's loopback."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hiphinge.app.live.lab import published
from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import Finished, Kept, LiveUpdate, Notice
from hiphinge.model import Event, HiphingeError
from hiphinge.simulate import quick_scenario
from hiphinge.transports.lsl import SAMPLE_CHANNELS, lsl_clock_s
from hiphinge.transports.virtual import VirtualTransport

pylsl: Any = pytest.importorskip("pylsl", reason='Lab Streaming Layer is an extra: pip install "hiphinge[lsl]"')
pytestmark = pytest.mark.usefixtures("lsl_on_loopback")

# Beyond what a busy computer needs; nobody waits that long where all is well.
WAIT_S = 60.0


def found(name: str) -> Any:
    streams = pylsl.resolve_byprop("name", name, 1, WAIT_S)
    assert streams, f"no stream {name}"
    return pylsl.StreamInlet(streams[0], processing_flags=0)


async def run(root: Path, name: str, marks: str) -> tuple[list[float], float, float]:
    """A few seconds of a session with a reader from the start and one mark of another program's.

    Returns the stamps, how far they lie behind, and when in the session the mark was made.
    """
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(marks, "Markers", 1, 0.0, pylsl.cf_string, uuid.uuid4().hex))
    transport = VirtualTransport(quick_scenario(repetitions=1))
    session = LiveSession(planned(root), transport, clock=transport.clock)
    stamps: list[float] = []
    behind_s: list[float] = []
    marked_s = 0.0
    with published(session, name, marks):
        inlet = await asyncio.to_thread(found, f"{name} samples")
        await asyncio.to_thread(inlet.open_stream, WAIT_S)
        running = asyncio.ensure_future(session.run())
        turn = 0
        # On a slow computer the virtual device is slow, too.
        while turn < 40 or (len(stamps) <= 200 and turn < 600):
            await asyncio.sleep(0.1)
            turn += 1
            if turn == 25:
                outlet.push_sample(["stimulus"], lsl_clock_s())
                marked_s = session.session_s(session.clock())
            rows, times = inlet.pull_chunk(0.0)
            assert all(len(row) == len(SAMPLE_CHANNELS) for row in rows)
            if times:
                behind_s.append(lsl_clock_s() - times[-1])
            stamps += times
        session.end()
        await running
    return stamps, float(np.median(behind_s)), marked_s


def test_samples_carry_device_times_and_marks_come_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A user waits some seconds for a stream; a busy computer may need more.
    monkeypatch.setattr("hiphinge.app.live.lab.MARKS_WAIT_S", WAIT_S)
    name, marks = f"lab {uuid.uuid4().hex[:8]}", f"marks {uuid.uuid4().hex[:8]}"
    before_s = lsl_clock_s()
    stamps, behind_s, marked_s = asyncio.run(run(tmp_path, name, marks))
    steps = np.diff(stamps)
    assert len(stamps) > 200
    # The stamps are the device's even grid, not when packets came.
    # The clock is learnt by the quickest arrivals: on a busy computer the first were none, and stamps go back once.
    assert np.abs(steps - 0.01).max() < 1.0 and np.median(np.abs(steps - 0.01)) < 0.0005
    assert stamps[0] > before_s and 0.0 < behind_s < 2.0
    (folder,) = tmp_path.iterdir()
    events = json.loads((folder / "session.json").read_text(encoding="utf-8"))["events"]
    (mark,) = [event for event in events if event["kind"] == "mark"]
    assert "stimulus" in mark["note"]
    # Both clocks are this computer's; the session's offset to them may still be learnt.
    assert abs(mark["time_s"] - marked_s) < 1.0


def test_without_names_nothing_is_published() -> None:
    transport = VirtualTransport(quick_scenario(repetitions=1))
    with published(LiveSession(planned(None), transport, clock=transport.clock), None, None):
        pass


def test_a_stream_of_marks_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def missing() -> None:
        transport = VirtualTransport(quick_scenario(repetitions=1))
        with published(LiveSession(planned(None), transport, clock=transport.clock), None, "nobody's marks"):
            pass

    monkeypatch.setattr("hiphinge.app.live.lab.MARKS_WAIT_S", 0.3)
    with pytest.raises(HiphingeError, match="nobody's marks"):
        asyncio.run(missing())


def test_a_stream_of_marks_that_ends_is_told_and_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ending:
        """Hands over one mark, then its program is gone."""

        lost = False

        def __init__(self, *_: object) -> None:
            self.polls = 0

        def poll(self) -> list[Event]:
            self.polls += 1
            self.lost = self.polls > 3
            return [Event(1.0, "sync", "last")] if self.polls == 3 else []

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr("hiphinge.app.live.lab.MarkInlet", Ending)
    told: list[LiveUpdate] = []

    async def whole() -> None:
        transport = VirtualTransport(quick_scenario(repetitions=1), pace=8.0)
        session = LiveSession(planned(tmp_path), transport, clock=transport.clock)
        session.listen(told.append)
        with published(session, f"lab {uuid.uuid4().hex[:8]}", ""):
            await session.run()

    asyncio.run(whole())
    assert [one.words for one in told if isinstance(one, Notice) and "stream of marks has ended" in one.words]
    assert [one.event.note for one in told if isinstance(one, Kept)] == ["last"]
    assert isinstance(told[-1], Finished)
