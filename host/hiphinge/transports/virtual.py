"""A virtual device behind a faulty link as a transport: a simulated wearer who trains, with no hardware at all."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Callable

from hiphinge.simulate import Scenario
from hiphinge.transports.base import Chunk, Down, Framing, TransportError, TransportEvent, Up
from hiphinge.virtual.chip import Undergoing
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.faulty_link import Arrival, Faults, FaultyLink
from hiphinge.virtual.settings import DeviceSettings
from hiphinge.virtual.wearer import Wearer

# Finer than the shortest connection interval (7.5 ms) brings nothing.
_STEP_S = 0.005
# In real time a packet must not wait for the next look.
_LOOK_S = 0.002
# A host this far behind (in the world's time) has too little of the processor: the world then waits for it.
_MOST_BEHIND_S = 0.5
# The wearer is done: the device has this long to hand over the rest.
_AFTER_S = 1.0


class VirtualTransport:
    """`Transport` to a virtual device.

    Parameters
    ----------
    wearer : Scenario or Wearer
        What is done once the device has been started.
    settings : DeviceSettings, optional
    faults : Faults, optional
        What goes wrong on the link; nothing if not given.
    pace : float or None
        How many times faster than real time. None: as fast as the reader reads, in a time of its own that stands still
        while the reader works; the same wishes then give the same session.
    clock : callable
        What the pace is measured by, in s.
    ends : bool
        Whether the iteration ends when the wearer is done.
    duration_s : float, optional
        How long the wearer is at it, where the scenario does not say.

    Attributes
    ----------
    device : VirtualDevice
    link : FaultyLink
    """

    def __init__(
        self,
        wearer: Scenario | Undergoing,
        settings: DeviceSettings | None = None,
        faults: Faults | None = None,
        *,
        pace: float | None = 1.0,
        clock: Callable[[], float] = time.monotonic,
        ends: bool = True,
        duration_s: float | None = None,
    ) -> None:
        undergoing = Wearer(wearer) if isinstance(wearer, Scenario) else wearer
        known_s = undergoing.duration_s if isinstance(undergoing, Wearer) else 0.0
        self._duration_s = known_s if duration_s is None else duration_s
        self._pace, self._real_s, self._begun_s = pace, clock, clock()
        self.device = VirtualDevice(undergoing, settings or DeviceSettings(), 0.0)
        self.link = FaultyLink(self.device, faults)
        self._ends = ends
        self._now_s = self._waited_s = 0.0
        self._started_s: float | None = None
        self._open, self._up = False, False
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._slept = 0

    @property
    def framing(self) -> Framing:
        """What the `LinkSession` must be made with."""
        return "packets" if self.link.faults.mtu else "stream"

    @property
    def dropped_bytes(self) -> int:
        """Nothing is ever dropped: who reads slowly holds up this world."""
        return 0

    @property
    def started_s(self) -> float | None:
        """Host time at which the wearer began, once that is so."""
        return self._started_s

    def clock(self) -> float:
        """Host time as this world counts it, s."""
        return min(self._told_s(), self._now_s + _MOST_BEHIND_S)

    def _told_s(self) -> float:
        """What the clock would show, had the world kept up."""
        if self._pace is None:
            return self._now_s
        return (self._real_s() - self._begun_s) * self._pace - self._waited_s

    async def sleep(self, seconds: float) -> None:
        """Sleep in this world's time, or in real time where it has a pace."""
        if self._pace is not None:
            await asyncio.sleep(seconds)
            return
        woken = asyncio.get_running_loop().create_future()
        self._slept += 1
        heapq.heappush(self._sleepers, (self._now_s + seconds, self._slept, woken))
        await woken

    async def open(self) -> None:
        """Begin."""
        self._open = True

    async def __aiter__(self) -> AsyncIterator[TransportEvent]:
        """Events in order, until `close` or the wearer is done."""
        while self._open:
            told_s = self._told_s()
            self._now_s = now_s = min(told_s, self._now_s + _MOST_BEHIND_S)
            self._waited_s += told_s - now_s
            for arrival in self.link.step(now_s):
                yield self._event(arrival)
            if self._started_s is None and self.device.assembly.running:
                self._started_s = now_s
            if self._ends and self._started_s is not None and now_s > self._started_s + self._duration_s + _AFTER_S:
                return
            await self._tick()

    async def write(self, data: bytes) -> None:
        """Send one packet, or bytes down the stream.

        Raises
        ------
        TransportError
            Not connected.
        """
        if not self._up:
            raise TransportError("virtual: not connected; wait until it is")
        self.link.send([data])

    async def close(self) -> None:
        """End."""
        self._open = False
        # Nobody's time goes on: who sleeps is woken, not forgotten.
        while self._sleepers:
            self._wake(heapq.heappop(self._sleepers)[2])

    async def _tick(self) -> None:
        if self._pace is not None:
            await asyncio.sleep(_LOOK_S)
            return
        self._now_s = round(self._now_s + _STEP_S, 6)
        while self._sleepers and self._sleepers[0][0] <= self._now_s:
            self._wake(heapq.heappop(self._sleepers)[2])
        # Whoever was woken has its turn before time goes on.
        await asyncio.sleep(0)

    def _wake(self, sleeper: asyncio.Future[None]) -> None:
        if not sleeper.done():
            sleeper.set_result(None)

    def _event(self, arrival: Arrival) -> TransportEvent:
        match arrival.what:
            case "up":
                self._up = True
                payload = self.link.faults.payload if self.link.faults.mtu else 0
                return Up(payload, self.framing, arrival.at_s, time.time(), "virtual")
            case "down":
                self._up = False
                return Down("virtual: the link is lost; waiting for it", arrival.at_s)
            case "data":
                return Chunk(arrival.data, arrival.at_s, arrival.channel)
