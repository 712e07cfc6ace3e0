"""What is kept of a session that has not begun yet, and of one that is left in the middle of saving."""

import asyncio
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from live_runs import run, short

from hiphinge.app.live.keeping import Keeping
from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import Finished, LiveUpdate, Notice
from hiphinge.files.recording.recorder import Recorder
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.link.events import Samples
from hiphinge.transports.virtual import VirtualTransport


def piece(first: int, rows: int = 50) -> Samples:
    imu = GriddedImu(np.full((rows, 3), 9.0), np.zeros((rows, 3)), None, np.zeros(rows))
    return Samples(first, np.arange(first, first + rows) / 100.0, imu, imu)


class Slow(VirtualTransport):
    """Looks for its device until it is told that it is there."""

    def begin(self) -> None:
        self.there = asyncio.Event()

    async def open(self) -> None:
        await self.there.wait()
        await super().open()


def slow() -> Slow:
    transport = short(1)
    transport.__class__ = Slow
    assert isinstance(transport, Slow)
    return transport


def test_left_in_the_middle_of_saving_every_row_is_there_once_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The thread of a save goes on when its task was cancelled, while the folder is closed."""
    at_it, go_on = threading.Event(), threading.Event()
    take = Recorder.samples

    def slowly(self: Recorder, samples: Samples) -> None:
        if samples.first == 0:
            at_it.set()
            assert go_on.wait(20.0)
        take(self, samples)

    monkeypatch.setattr(Recorder, "samples", slowly)
    keeping = Keeping(planned(tmp_path))
    keeping.begin(0.0, "packets", 3)

    async def left() -> None:
        for first in range(0, 500, 50):
            keeping.samples(piece(first))
        saving = asyncio.ensure_future(keeping.save())
        await asyncio.to_thread(at_it.wait, 20.0)
        saving.cancel()
        keeping.samples(piece(500))
        closing = asyncio.ensure_future(asyncio.to_thread(keeping.close, 9.0))
        # Time enough for it to overtake, if it could.
        await asyncio.sleep(0.2)
        go_on.set()
        await closing

    asyncio.run(left())
    assert keeping.folder is not None
    rows = (keeping.folder / "session.csv").read_text(encoding="ascii").splitlines()[1:]
    assert [float(row.split(",")[0]) for row in rows] == [at / 100.0 for at in range(550)]


def test_what_is_said_while_the_device_is_looked_for_is_kept(tmp_path: Path):
    transport = slow()

    async def whole() -> Finished:
        transport.begin()
        session = LiveSession(planned(tmp_path), transport, clock=transport.clock, sleep=transport.sleep)
        running = asyncio.ensure_future(session.run())
        await asyncio.sleep(0)
        session.amend(person="Anna")
        session.mark("mark", "not yet there")
        transport.there.set()
        return await running

    finished = asyncio.run(whole())
    assert finished.folder is not None
    said = json.loads((finished.folder / "session.json").read_text(encoding="utf-8"))
    assert said["person"] == "Anna"
    assert [one["note"] for one in said["events"]] == ["not yet there"]


def test_the_end_does_not_wait_for_a_device_that_is_looked_for(tmp_path: Path):
    transport, told = slow(), list[LiveUpdate]()

    async def whole() -> None:
        transport.begin()
        session = LiveSession(planned(tmp_path / "sessions"), transport, clock=transport.clock, sleep=transport.sleep)
        session.listen(told.append)
        running = asyncio.ensure_future(session.run())
        await asyncio.sleep(0)
        session.end()
        # It never comes: without a way out this would be waited for until the end of days.
        await asyncio.wait_for(running, 60.0)

    asyncio.run(whole())
    assert told == [Finished(None, (), 0.0, 0)]
    assert not (tmp_path / "sessions").exists()


def test_an_earlier_session_that_was_cut_off_is_told_at_the_next(tmp_path: Path):
    first = run(planned(tmp_path), short(1))
    path = first.folder / "session.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"complete"', '"recording"'), encoding="utf-8")
    told = run(planned(tmp_path), short(1)).of(Notice)
    assert [one.key for one in told] == ["earlier_cut_off"]
    assert str(first.folder) in told[0].words
    assert run(planned(tmp_path), short(1)).of(Notice) == []
