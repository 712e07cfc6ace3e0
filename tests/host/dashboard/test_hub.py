"""The hub on a virtual device, without a page: sessions live here, commands and their effects."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from hiphinge.app.live.plan import planned
from hiphinge.app.live.source import Source
from hiphinge.dashboard.desk import MOST_ATHLETES, Desk
from hiphinge.dashboard.hub import Hub, Setup
from hiphinge.dashboard.ring import decoded
from hiphinge.files.recording.recorder import Recorder
from hiphinge.files.session_json import read_meta
from hiphinge.model import HiphingeError
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.base import TransportError
from hiphinge.transports.virtual import VirtualTransport


def virtual(name: str, pace: float | None = None) -> Source:
    transport = VirtualTransport(quick_scenario(repetitions=3, faults={2: "flexion"}), pace=pace)
    return Source(name, transport, transport.clock, transport.sleep, False, "a virtual device")


def run(act: Callable[[Desk], Coroutine[Any, Any, None]], root: Path | None = None) -> Desk:
    desk = Desk(planned(root), virtual)

    async def whole() -> None:
        await act(desk)
        await desk.close()

    asyncio.run(whole())
    return desk


async def recorded(root: Path, sessions: int) -> None:
    """Until so many sessions have begun to record."""
    while len(list(root.glob("*/session.json"))) < sessions:
        await asyncio.sleep(0.01)


async def over(hub: Hub) -> None:
    while hub.live:
        await asyncio.sleep(0.01)


def test_a_session_runs_without_any_page(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        hub = desk.hubs[1]
        hub.choose(Setup("Anna", "split", "left", 20.0))
        await desk.start(1, "virtual")
        await over(hub)

    hub = run(act, tmp_path).hubs[1]
    assert hub.state.phase == "finished"
    assert [one.verdict for one in hub.state.attempts] == ["compliant", "faulty", "compliant"]
    assert hub.cues_given >= 1
    assert hub.folder is not None
    meta = read_meta(hub.folder / "session.json")
    assert (meta.person, meta.stance, meta.side, meta.load_kg) == ("Anna", "split", "left", 20.0)


def test_what_is_asked_while_the_folder_is_closed_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object) -> None:
        raise HiphingeError("the recording has ended")

    async def act(desk: Desk) -> None:
        hub = desk.hubs[1]
        await desk.start(1, "virtual")
        while not hub.state.attempts:
            await asyncio.sleep(0.01)
        monkeypatch.setattr(Recorder, "event", ended)
        for ask in (hub.begin_set, hub.zero, hub.recalibrate):
            ask()
        assert [one.words for one in hub.state.lines[-3:]] == ["the recording has ended"] * 3
        await over(hub)
        assert hub.state.phase == "finished"

    run(act, tmp_path)


def test_pages_get_the_past_at_once_and_the_same_frames() -> None:
    got: list[bytes | str] = []

    async def act(desk: Desk) -> None:
        hub = desk.hubs[1]
        await desk.start(1, "virtual")
        while hub.ring.newest is None or hub.ring.newest[0] < 10:
            await asyncio.sleep(0.01)
        sink = hub.watch()

        async def read() -> None:
            got.extend([one async for one in sink])

        reading = asyncio.ensure_future(read())
        await over(hub)
        # Frames are gathered for some milliseconds of real time.
        await asyncio.sleep(0.1)
        hub.broadcast.leave(sink)
        await reading

    desk = run(act)
    assert isinstance(got[0], str) and isinstance(got[1], bytes)
    assert len(decoded(got[1])) > 100
    frames = [decoded(one) for one in got if isinstance(one, bytes)]
    newest = desk.hubs[1].ring.newest
    assert newest is not None and abs(frames[-1][-1, 0] - newest[0]) < 1e-3
    assert any(isinstance(one, str) and '"t":"say"' in one for one in got)


def test_a_second_session_ends_the_first_and_keeps_its_folder(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.start(1, "virtual")
        await recorded(tmp_path, 1)
        await desk.start(1, "virtual")
        await recorded(tmp_path, 2)

    run(act, tmp_path)
    folders = sorted(tmp_path.iterdir())
    assert len(folders) == 2
    assert all((one / "session.json").is_file() for one in folders)


def test_of_two_who_connect_at_once_nobody_is_left_running(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        desk._opening = lambda name: virtual(name, pace=1.0)  # type: ignore[method-assign]
        await desk.start(1, "virtual")
        await recorded(tmp_path, 1)
        await asyncio.gather(desk.start(1, "virtual"), desk.start(1, "virtual"))
        await recorded(tmp_path, 3)
        await desk.hubs[1].end()
        running = [task for task in asyncio.all_tasks() if "Hub._run" in repr(task.get_coro())]
        assert running == []

    run(act, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_strikes_reach_the_session_and_its_file_afterwards(tmp_path: Path) -> None:
    async def act(desk: Desk) -> None:
        hub = desk.hubs[1]
        await desk.start(1, "virtual")
        while not hub.state.attempts:
            await asyncio.sleep(0.01)
        hub.strike(hub.state.attempts[0], "stumbled")
        await over(hub)
        hub.restore(hub.state.attempts[0], "it was fine")
        hub.amend(pain_0_10=2, notes="well")

    hub = run(act, tmp_path).hubs[1]
    assert hub.folder is not None
    meta = read_meta(hub.folder / "session.json")
    assert [(one.kind, one.note) for one in meta.events] == [("strike_out", "stumbled"), ("restore", "it was fine")]
    assert (meta.pain_0_10, meta.notes) == (2, "well")


def test_a_device_that_is_not_there_is_said() -> None:
    class Nothing(VirtualTransport):
        async def open(self) -> None:
            raise TransportError("no such port")

    def opening(name: str) -> Source:
        transport = Nothing(quick_scenario(repetitions=1), pace=None)
        return Source(name, transport, transport.clock, transport.sleep, False, name)

    async def act() -> Desk:
        desk = Desk(planned(None), opening)
        await desk.start(1, "serial:x")
        await over(desk.hubs[1])
        return desk

    state = asyncio.run(act()).hubs[1].state
    assert (state.phase, state.error) == ("finished", "no such port")


def test_a_class_has_an_end() -> None:
    desk = Desk(planned(None), virtual)
    added = [desk.add() for _ in range(MOST_ATHLETES + 2)]
    assert sum(one is not None for one in added) == MOST_ATHLETES - 1
    assert desk.hub(3) is added[1] and desk.hub(99) is None


def test_programmes_change_limits_and_targets() -> None:
    async def act(desk: Desk) -> None:
        desk.choose(1, "unassisted", "strict", Setup("Anna"))
        try:
            desk.choose(1, "nonsense", None, Setup())
        except HiphingeError as error:
            assert "nonsense" in str(error)
        else:
            raise AssertionError("taken")

    hub = run(act).hubs[1]
    assert hub.plan.programme.name == "unassisted"
    assert hub.feedback.repetitions == hub.plan.programme.repetitions


def test_commands_without_a_session_do_nothing() -> None:
    async def act(desk: Desk) -> None:
        hub = desk.hubs[1]
        for command in (hub.begin_set, hub.end_set, hub.recalibrate, hub.zero, hub.identify, hub.ask_end):
            command()

    assert run(act).hubs[1].state.phase == "idle"
