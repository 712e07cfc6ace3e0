"""Live sessions on a virtual device, in simulated time: the same each time, as fast as they can."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hiphinge.app.analyse import Request, analyse_file
from hiphinge.app.live.plan import LivePlan, planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import Finished, LiveUpdate
from hiphinge.engine import Inline
from hiphinge.model import Analysis
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.replay import ReplayTransport
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.faulty_link import FaultyLink

U = TypeVar("U")


@dataclass
class World:
    """What an act may touch."""

    session: LiveSession
    device: VirtualDevice
    link: FaultyLink


Act = tuple[float, Callable[[World], None]]


@dataclass
class Ran:
    """A session that is over."""

    updates: list[LiveUpdate] = field(default_factory=list)
    finished: Finished | None = None

    def of(self, kind: type[U]) -> list[U]:
        return [update for update in self.updates if isinstance(update, kind)]

    @property
    def folder(self) -> Path:
        assert self.finished is not None and self.finished.folder is not None
        return self.finished.folder

    def analysed(self) -> Analysis:
        return analyse_file(self.folder, Request(live=True)).analysis


def run(plan: LivePlan, transport: VirtualTransport, acts: Sequence[Act] = ()) -> Ran:
    """Run a session; `acts` happen at their times (s)."""
    ran = Ran()

    async def play(world: World) -> None:
        for at_s, act in sorted(acts, key=lambda one: one[0]):
            await transport.sleep(at_s - transport.clock())
            act(world)

    async def whole() -> None:
        session = LiveSession(plan, transport, clock=transport.clock, sleep=transport.sleep, executor=Inline())
        session.listen(ran.updates.append)
        playing = asyncio.ensure_future(play(World(session, transport.device, transport.link)))
        ran.finished = await session.run()
        playing.cancel()

    asyncio.run(whole())
    return ran


def replayed(folder: Path, plan: LivePlan | None = None) -> Ran:
    """The recording as a source."""
    ran = Ran()

    async def whole() -> None:
        session = LiveSession(plan or planned(None), ReplayTransport(folder, None), executor=Inline(), replaying=True)
        session.listen(ran.updates.append)
        ran.finished = await session.run()

    asyncio.run(whole())
    return ran


def short(repetitions: int = 3, seed: int = 0, sets: int = 1, **more: object) -> VirtualTransport:
    """A wearer of few repetitions, the second one faulty."""
    faults = {2: "flexion"} if repetitions > 1 else {}
    scenario = quick_scenario(seed=seed, repetitions=repetitions, sets=sets, faults=faults)  # type: ignore[arg-type]
    return VirtualTransport(scenario, pace=None, **more)  # type: ignore[arg-type]
