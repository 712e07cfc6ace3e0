"""All athletes of one run of the dashboard, and what is common to them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hiphinge.app.live.plan import LivePlan
from hiphinge.dashboard.access import Access, Role
from hiphinge.dashboard.hub import Hub, Setup
from hiphinge.programmes import load_programme, resolve_limits

if TYPE_CHECKING:
    from hiphinge.app.live.source import Source

# A class; each one costs about a tenth of a core.
MOST_ATHLETES = 8


class Desk:
    """The hubs, by number from 1, and who may come in.

    Parameters
    ----------
    plan : LivePlan
        What sessions are to be like.
    opening : callable
        Opens a source by its name.
    shared : bool
        Others may come in with a link.
    address : str
        Under which they reach this computer: ``http://192.168.1.5:8470``.
    lab : (str or None, str or None)
        Names on Lab Streaming Layer: of what the first athlete's sessions publish, and of marks taken in.
    """

    def __init__(
        self,
        plan: LivePlan,
        opening: Callable[[str], Source],
        *,
        shared: bool = False,
        address: str = "",
        lab: tuple[str | None, str | None] = (None, None),
    ) -> None:
        self.plan, self.shared, self.address = plan, shared, address
        self.access = Access(lambda: secrets.token_urlsafe(24))
        self._opening = opening
        self.hubs: dict[int, Hub] = {1: Hub(1, plan, lab)}

    def hub(self, number: int) -> Hub | None:
        """An athlete's hub."""
        return self.hubs.get(number)

    def add(self) -> Hub | None:
        """One more athlete; None where there are enough."""
        if len(self.hubs) >= MOST_ATHLETES:
            return None
        number = max(self.hubs) + 1
        hub = Hub(number, replace(self.plan, wearer=replace(self.plan.wearer, person=None)))
        self.hubs[number] = hub
        return hub

    async def start(self, number: int, source: str) -> None:
        """Begin an athlete's session.

        Raises
        ------
        HiphingeError
            There is no such source.
        """
        # A virtual wearer is simulated first, a port may be slow to open: pages and other sessions go on.
        opened = await asyncio.to_thread(self._opening, source)
        await self.hubs[number].start(opened)

    def choose(self, number: int, programme: str, preset: str | None, setup: Setup) -> None:
        """What the next session of an athlete is judged by.

        Raises
        ------
        HiphingeError
            An unknown programme or preset.
        """
        hub = self.hubs[number]
        chosen = load_programme(programme, preset)
        if (chosen.name, chosen.preset) != (hub.plan.programme.name, hub.plan.programme.preset):
            hub.plan = replace(hub.plan, programme=chosen, limits=resolve_limits(chosen), rest_s=chosen.rest_s)
            hub.feedback = replace(hub.feedback, sets=chosen.sets, repetitions=chosen.repetitions)
        hub.choose(setup)

    @property
    def link(self) -> str:
        """The link that is ready for the next viewer."""
        return f"{self.address}/?token={self.access.token}"

    def may_control(self, role: Role, key: str | None) -> bool:
        """Whether somebody may do more than look, now: a viewer may have been unlocked since."""
        return role == "owner" or self.access.role(key) == "controller"

    async def close(self) -> None:
        """End all sessions and close their folders."""
        await asyncio.gather(*(hub.end() for hub in self.hubs.values()))
        for hub in self.hubs.values():
            hub.broadcast.close()
