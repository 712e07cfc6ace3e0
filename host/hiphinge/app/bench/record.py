"""Record a bench session: an ordinary session folder, with `bench.toml` beside its samples."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hiphinge.app.bench.plan import Plan, Step
from hiphinge.app.bench.stages import Bench, Link, Stage, write_bench
from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.source import Source
from hiphinge.app.live.updates import Finished, LiveUpdate, Recorded
from hiphinge.link.events import DeviceInfo, LinkDown
from hiphinge.link.health import LinkHealth
from hiphinge.model import HiphingeError

# A board that restarts as its port is opened, then a handshake and the first block.
_PATIENCE_S = 20.0
_LOOK_S = 0.1


class Operator(Protocol):
    """Who moves things at the bench: a person at a keyboard, or the simulated bench."""

    async def ready(self, at: int, step: Step, now_s: float) -> bool:
        """Return when step number `at` may begin; `now_s` is the session's time. False ends the recording early."""
        ...

    async def reading(self, at: int, step: Step) -> float:
        """The angle that was read off, deg."""
        ...


@dataclass
class Heard:
    """What the session told that the bench file needs."""

    device: str = ""
    outages: int = 0

    def __call__(self, update: LiveUpdate) -> None:
        """Take the next update."""
        match update:
            case DeviceInfo():
                self.device = f"{update.name} {update.serial}"
            case LinkDown():
                self.outages += 1
            case _:
                pass


async def record(
    plan: Plan,
    source: Source,
    root: Path,
    operator: Operator,
    tell: Callable[[LiveUpdate], None] = lambda _: None,
) -> tuple[Path, Bench]:
    """Lead through a bench session and record it.

    Parameters
    ----------
    plan : Plan
    source : Source
    root : Path
        The session gets a folder of its own in it.
    operator : Operator
    tell : callable
        Takes the session's updates.

    Returns
    -------
    Path, Bench
        The session's folder and what was written into its `bench.toml`: all stages that were finished.

    Raises
    ------
    HiphingeError
        No samples come, the device is gone, or no stage was finished.
    """
    if source.replaying:
        raise HiphingeError("a replay was recorded already; give --source serial, ble or virtual")
    session = LiveSession(planned(root, judged=False), source.transport, clock=source.clock, sleep=source.sleep)
    heard, folders = Heard(), _Folder()
    for listener in (heard, folders, tell):
        session.listen(listener)
    running = asyncio.ensure_future(session.run())
    stages: list[Stage] = []
    try:
        await _alive(running, _stages(plan, session, source, operator, heard, stages))
    finally:
        # Whatever was finished is kept, also when somebody has had enough.
        session.end()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await running
        finally:
            # Also when the session itself ended in an error.
            reference = f"{plan.reference}; {source.words}" if source.name == "virtual" else plan.reference
            bench = Bench(plan.kind, tuple(stages), reference, heard.device)
            if folders.path is not None and stages:
                write_bench(folders.path, bench)
    if folders.path is None or not stages:
        raise HiphingeError("no stage was finished; nothing to report on")
    return folders.path, bench


async def _alive(running: asyncio.Future[Finished], work: Awaitable[None]) -> None:
    """Do the work while the session runs; whichever of both fails ends it."""
    doing = asyncio.ensure_future(work)
    try:
        await asyncio.wait([doing, running], return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
        elif running.done():
            running.result()
            raise HiphingeError("the session ended before the bench was done; is the device still on?")
    finally:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


async def _stages(
    plan: Plan, session: LiveSession, source: Source, operator: Operator, heard: Heard, stages: list[Stage]
) -> None:
    await _samples(session, source)
    for at, step in enumerate(plan.steps):
        if not await operator.ready(at, step, _now_s(session)):
            return
        await source.sleep(step.settle_s)
        before, outages, from_s = _health(session), heard.outages, _now_s(session)
        session.mark("bench", f"{at + 1}: {step.words}")
        # By the session's own clock: sleeping may take longer than asked for.
        while (now_s := _now_s(session)) < from_s + step.hold_s:
            await source.sleep(max(0.001, min(_LOOK_S, from_s + step.hold_s - now_s)))
        angle_deg = await operator.reading(at, step) if step.asks else step.angle_deg
        link = _between(before, _health(session), heard.outages - outages)
        stages.append(Stage(from_s, now_s, angle_deg, step.distance_m, link, step.note))


async def _samples(session: LiveSession, source: Source) -> None:
    begun_s = session.clock()
    while math.isnan(_now_s(session)):
        if session.clock() - begun_s > _PATIENCE_S:
            raise HiphingeError("no samples come: is the device on, in reach, and are both pods plugged in?")
        await source.sleep(_LOOK_S)


def _now_s(session: LiveSession) -> float:
    return session.session_s(session.clock())


def _health(session: LiveSession) -> LinkHealth:
    return session.link.health(session.clock())


def _between(before: LinkHealth, after: LinkHealth, outages: int) -> Link:
    return Link(
        after.blocks - before.blocks,
        after.resent - before.resent,
        after.doubled - before.doubled,
        after.lost_blocks - before.lost_blocks,
        outages,
    )


class _Folder:
    """Remembers where it is recorded."""

    def __init__(self) -> None:
        self.path: Path | None = None

    def __call__(self, update: LiveUpdate) -> None:
        if isinstance(update, Recorded):
            self.path = update.folder
