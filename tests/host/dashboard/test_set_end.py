"""A set ends by itself: once its repetitions are done and the wearer stands; whoever goes on goes on."""

import asyncio
from dataclasses import replace

import pytest

from hiphinge.app.live.plan import planned
from hiphinge.app.live.source import Source
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.setend import STAND_S, SetEnd
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.virtual import VirtualTransport


def passed(state: SetEnd, *moments: tuple[float, bool]) -> SetEnd:
    for at_s, bending in moments:
        state = state.passed(at_s, bending)
    return state


def test_it_waits_until_the_wearer_has_stood() -> None:
    state = passed(SetEnd(), (0.0, False), (10.0, False)).judged(True)
    assert not passed(state, (10.0 + STAND_S - 0.1, False)).due
    assert passed(state, (10.0 + STAND_S, False)).due


def test_whoever_bends_once_more_goes_on_with_the_set() -> None:
    state = passed(SetEnd(), (0.0, False)).judged(True)
    state = passed(state, (3.0, False), (4.0, True), (9.0, True))
    assert not state.due
    assert not passed(state, (9.5, False), (9.0 + STAND_S, False)).due
    assert passed(state, (9.5, False), (9.5 + STAND_S, False)).due


def test_a_set_that_is_not_done_or_no_longer_never_ends() -> None:
    assert not passed(SetEnd().judged(False), (0.0, False), (100.0, False)).due
    struck = passed(SetEnd(), (0.0, False)).judged(True).judged(False)
    assert not passed(struck, (100.0, False)).due


def virtual(name: str) -> Source:
    # Two sets of three with the simulator's own rest between them.
    transport = VirtualTransport(quick_scenario(repetitions=3, sets=2), pace=None)
    return Source(name, transport, transport.clock, transport.sleep, False, name)


@pytest.mark.parametrize(("auto", "keep", "kinds"), [
    (True, False, ["set_start", "set_end"]),
    (True, True, ["set_start"]),
    (False, False, ["set_start"]),
])  # fmt: skip
def test_in_a_session(auto: bool, keep: bool, kinds: list[str]) -> None:
    async def act() -> Desk:
        desk = Desk(planned(None), virtual)
        hub = desk.hubs[1]
        hub.feedback = replace(hub.feedback, repetitions=3, auto_end=auto)
        await desk.start(1, "virtual")
        hub.begin_set()
        if keep:
            hub.keep_open()
        while hub.live:
            await asyncio.sleep(0.01)
        return desk

    hub = asyncio.run(act()).hubs[1]
    assert [one.kind for one in hub.state.events] == kinds
    first = [one for one in hub.state.attempts if one.set == 1]
    assert len(first) == (3 if kinds[-1] == "set_end" else 6)
