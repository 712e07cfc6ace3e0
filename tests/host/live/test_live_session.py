"""How a live session begins, fails and ends."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from live_runs import run, short

from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import Finished, Health, Judged, LiveUpdate, Notice, Recorded, Shown
from hiphinge.app.live.watch import Watch
from hiphinge.files.errors import SessionError
from hiphinge.files.recording import recorder as recorder_module
from hiphinge.files.session import read_session
from hiphinge.link.events import LinkDown
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.base import Down, TransportError, TransportEvent
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual.faulty_link import Faults
from hiphinge.virtual.wearer import Still


class Dies(VirtualTransport):
    """Fails for good after some seconds."""

    async def __aiter__(self) -> AsyncIterator[TransportEvent]:
        async for event in super().__aiter__():
            yield event
            if self.clock() > 5.0:
                raise TransportError("the cable is cut; mend it")


class NobodyThere(VirtualTransport):
    """Never gets a connection."""

    async def __aiter__(self) -> AsyncIterator[TransportEvent]:
        for step in range(2000):
            await self._tick()
            if step == 100:
                yield Down("COM7: no hiphinge answers there; check the port", self.clock())


def simulated(kind: type[VirtualTransport] = VirtualTransport, **more: object) -> VirtualTransport:
    return kind(quick_scenario(repetitions=2), pace=None, **more)  # type: ignore[arg-type]


def failing(plan_root: Path, transport: VirtualTransport, error: type[Exception], match: str) -> list[LiveUpdate]:
    told: list[LiveUpdate] = []

    async def whole() -> None:
        session = LiveSession(planned(plan_root), transport, clock=transport.clock, sleep=transport.sleep)
        session.listen(told.append)
        with pytest.raises(error, match=match):
            await session.run()

    asyncio.run(whole())
    return told


def test_a_transport_that_dies_ends_the_session_and_the_folder_is_whole(tmp_path: Path):
    told = failing(tmp_path, simulated(Dies), TransportError, "the cable is cut")
    (finished,) = [one for one in told if isinstance(one, Finished)]
    assert finished.folder is not None
    recording = read_session(finished.folder)
    assert recording.warnings == ()
    assert recording.time_s[-1] > 4.0


@pytest.mark.parametrize("task", ["_attend", "_save", "_read"])
def test_a_task_that_dies_ends_the_session(tmp_path: Path, task: str, monkeypatch: pytest.MonkeyPatch):
    async def dies(self: LiveSession) -> None:
        await self._sleep(3.0)
        raise ValueError("a fault of ours")

    monkeypatch.setattr(LiveSession, task, dies)
    transport = simulated()
    if task == "_read":
        # Nobody moves time on then.
        transport._pace = 10.0
    told = failing(tmp_path, transport, ValueError, "a fault of ours")
    assert isinstance(told[-1], Finished)


def test_a_fault_while_judging_keeps_what_was_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from hiphinge.engine import LiveEngine

    push, count = LiveEngine.push, 0

    def breaks(self: LiveEngine, *given: object) -> object:
        nonlocal count
        count += 1
        if count > 100:
            raise ZeroDivisionError("in the middle of the set")
        return push(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(LiveEngine, "push", breaks)
    told = failing(tmp_path, simulated(), ZeroDivisionError, "in the middle")
    (finished,) = [one for one in told if isinstance(one, Finished)]
    assert finished.folder is not None
    assert read_session(finished.folder).time_s[-1] > 2.0


def test_says_that_nobody_is_there():
    told = run(planned(None), simulated(NobodyThere)).updates
    lines = [one.words for one in told if isinstance(one, Notice)]
    assert lines == [
        "COM7: no hiphinge answers there; check the port",
        "no device has answered yet: is it switched on, charged and in reach? still looking; Ctrl-C ends",
    ]
    assert not any(isinstance(one, LinkDown) for one in told), "what was never there is not lost"


def test_watch_says_each_thing_once_and_again_when_it_comes_back():
    watch = Watch(0.0)
    assert watch.look(5.0) == []
    assert len(watch.look(7.0)) == 1
    assert watch.look(8.0) == []
    watch.up(9.0)
    assert watch.look(12.0) == []
    (line,) = watch.look(14.0)
    assert "no samples come" in line.words
    watch.samples(15.0)
    assert watch.look(17.0) == []
    (line,) = watch.look(19.0)
    assert "stopped coming" in line.words
    watch.samples(20.0)
    assert watch.look(22.0) == []
    assert len(watch.look(24.0)) == 1
    watch.down(25.0)
    assert watch.look(90.0) == [], "the link says itself that it is lost"


def test_a_folder_that_cannot_be_made_is_told_before_anything_else(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert failing(tmp_path / "file", simulated(), SessionError, "file") == []


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_what_is_not_on_the_disk_is_not_acknowledged(tmp_path: Path, error: int, monkeypatch: pytest.MonkeyPatch):
    def refuses(number: int) -> None:
        raise OSError(error, os.strerror(error), str(number))

    class Refusing(recorder_module.Recorder):
        def __init__(self, *given: object, **more: object) -> None:
            super().__init__(*given, fsync=refuses, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("hiphinge.app.live.keeping.Recorder", Refusing)
    transport = simulated()
    ran = run(planned(tmp_path), transport)
    # The device still has it all; the wearer was told, and judged all the same.
    assert transport.device.store.oldest == 0
    assert any("not recorded at present" in one.words for one in ran.of(Notice))
    assert len(ran.of(Judged)) == 2


def test_what_is_on_the_disk_is_acknowledged_up_to_the_last_block(tmp_path: Path):
    transport = VirtualTransport(Still(), faults=Faults(loss=0.05, from_s=1.0), pace=None, duration_s=6000.0)
    ran = run(planned(tmp_path, judged=False), transport, [(10.0, lambda world: world.session.end())])
    assert ran.finished is not None
    assert ran.finished.lost_blocks == 0
    device = transport.device
    for later in range(1, 6):
        transport.link.step(transport.clock() + 0.1 * later)
    assert not device.assembly.running, "the device was told to stop"
    assert not device.store.blocks, "and may free everything"
    # The wearer's clock may be ahead of the last sample by a block.
    assert ran.finished.duration_s == pytest.approx(10.0, abs=0.4)


def test_ended_without_a_link_it_does_not_wait(tmp_path: Path):
    transport = simulated(faults=Faults(outages=((4.0, 1000.0),)))
    ran = run(planned(tmp_path), transport, [(6.0, lambda world: world.session.end())])
    assert transport.clock() < 6.5
    assert any("the link was lost at the end" in one.words for one in ran.of(Notice))


def test_record_only_judges_nothing(tmp_path: Path):
    ran = run(planned(tmp_path, judged=False), short(2))
    assert not ran.of(Shown)
    assert not ran.of(Judged)
    assert len(ran.analysed().attempts) == 2


def test_metadata_of_the_device_and_marks_are_in_the_folder(tmp_path: Path):
    acts = [(3.0, lambda world: world.session.mark("mark", "left foot")), (4.0, lambda w: w.session.amend(pain_0_10=2))]
    ran = run(planned(tmp_path), short(1), acts)
    meta = read_session(ran.folder).meta
    assert meta.device["name"] == "virtual"
    assert meta.pain_0_10 == 2
    assert meta.source_rates_hz["sacral"] == pytest.approx(122.8, abs=0.3)
    assert [(one.kind, one.note) for one in meta.events] == [("mark", "left foot")]
    assert meta.events[0].time_s == pytest.approx(2.8, abs=0.3)
    assert isinstance(ran.updates[0], Recorded)


def test_health_is_told_every_second():
    ran = run(planned(None), short(1))
    steps = [b.at_s - a.at_s for a, b in zip(ran.of(Health), ran.of(Health)[1:], strict=False)]
    assert len(steps) > 5
    assert all(0.95 < step < 1.2 for step in steps)


def test_the_same_wishes_give_the_same_session():
    first, second = (run(planned(None), short(1, faults=Faults(loss=0.1, from_s=1.0, seed=1))) for _ in range(2))
    assert first.finished is not None
    assert second.finished is not None
    assert replace(first.finished, folder=None) == replace(second.finished, folder=None)
