"""One live session: bytes in from a transport, everything recorded, angles and verdicts out as updates.

One asyncio task reads the transport; disk and learning have threads of their own, so that neither delays a sample. What
arrives is recorded before anything is made of it, and acknowledged to the device once it is on the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from hiphinge.app.live.again import again
from hiphinge.app.live.heard import Heard
from hiphinge.app.live.judging import Judging
from hiphinge.app.live.keeping import Keeping
from hiphinge.app.live.moments import Moments
from hiphinge.app.live.notices import notice
from hiphinge.app.live.plan import LivePlan
from hiphinge.app.live.sets import Sets
from hiphinge.app.live.teller import Teller
from hiphinge.app.live.unless import done_unless
from hiphinge.app.live.updates import Finished, Health, Kept, Recorded, SetChanged
from hiphinge.app.live.watch import Watch
from hiphinge.link.delivery import ACK_EVERY_S
from hiphinge.link.events import Samples
from hiphinge.link.session import LinkSession
from hiphinge.model import Event
from hiphinge.replay import RECALIBRATE, ZERO
from hiphinge.transports.base import Chunk, Down, Transport, TransportError, Up
from hiphinge.transports.replay import Amended, Marked, ReplayEvent, ReplayTransport

# The device waits for acknowledgements, the link's deadlines are tenths of seconds.
_POLL_S = 0.05
# DESIGN section 4: killed at any moment at most the last second is lost.
_SYNC_S = 0.5
_HEALTH_S = 1.0
_TURN_EVERY = 8
# At the end the device hands over its last blocks; resends of those that were lost take two rounds or three. A lost
# link is not waited for.
_LAST_WORDS_S = 5.0
# STATUS counts the blocks before it: those still missing this long after are known to be (protocol/SPEC.md, 7).
_TAIL_S = 0.35
_CALM_POLLS = 3
_TELL_S = 2.0
# The last acknowledgement leaves with the next connection event.
_PARTING_S = 0.1
_PARTINGS = 3


class LiveSession(Teller):
    """A session from the first byte to the closed folder.

    Commands (`recalibrate`, `zero`, `begin_set`, `end_set`, `mark`, `amend`, `end`) belong into the loop's own thread.

    Parameters
    ----------
    plan : LivePlan
    transport : Transport or ReplayTransport
    clock : callable
        Host time in s, that of the transport's events.
    sleep : callable
        Sleeps in the clock's time.
    executor : Executor, optional
        Where learning runs; a thread of its own if not given.
    replaying : bool
        The transport plays a recording: nothing is sent, and time is the recorded one.
    """

    def __init__(
        self,
        plan: LivePlan,
        transport: Transport | ReplayTransport,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        executor: Executor | None = None,
        replaying: bool = False,
    ) -> None:
        super().__init__()
        self._plan, self._transport, self._replaying = plan, transport, replaying
        self._host_clock, self._sleep = clock, sleep
        self._own_executor = None if executor else ThreadPoolExecutor(1, "learning")
        self._judging = Judging(plan, executor or self._own_executor, self._now)
        self._keeping = Keeping(plan)
        self._heard: Heard | None = None
        self._link: LinkSession | None = None
        self._moments = Moments()
        self._ending = asyncio.Event()
        self._now_s = 0.0
        self._rates_told = False

    # --- who listens, and what they may ask for -----------------------------------------------------------------------

    @property
    def rate_hz(self) -> float:
        """Of the session."""
        return self._plan.rate_hz

    def clock(self) -> float:
        """Host time, s."""
        return self._now()

    def host_s(self, time_s: float) -> float:
        """Host time of a session time; NaN before the first sample."""
        return self._moments.host_s(time_s)

    def session_s(self, host_s: float) -> float:
        """Session time of a host time; NaN before the first sample."""
        return self._moments.session_s(host_s)

    @property
    def link(self) -> LinkSession:
        """For requests to the device: cue, identify, configuration. There once `run` has opened the transport."""
        assert self._link is not None, "not running"
        return self._link

    @property
    def sets(self) -> Sets:
        """The repetitions so far."""
        return self._judging.sets

    def recalibrate(self) -> None:
        """Have the wearer stand still and hinge once more."""
        self._keep_event(RECALIBRATE)
        self._tell(*self._judging.recalibrate())

    def zero(self) -> None:
        """Take the next quiet standing for zero."""
        self._keep_event(ZERO)
        self._judging.zero()

    def begin_set(self) -> None:
        """A set begins now; one that was running ends."""
        if self.sets.running:
            self.end_set()
        self._tell(SetChanged(True, self._keep_event("set_start").time_s))

    def end_set(self) -> None:
        """The running set is over."""
        if self.sets.running:
            self._tell(SetChanged(False, self._keep_event("set_end").time_s))

    def mark(self, kind: str = "mark", note: str = "", time_s: float | None = None) -> None:
        """Keep a moment with the session: `time_s`, or now."""
        self._keep_event(kind, note, time_s)

    def amend(self, **fields: object) -> None:
        """Fields of `SessionMeta` that became known: `amend(pain_0_10=3)`.

        Raises
        ------
        SessionError
            An impossible value.
        """
        self._keeping.amend(self._now(), **fields)

    def end(self) -> None:
        """End the session; `run` then hands over what is still to come and closes the folder."""
        self._ending.set()

    # --- the run ------------------------------------------------------------------------------------------------------

    async def run(self) -> Finished:
        """Run the session until `end`, or until the transport has no more.

        Whatever ends it, the folder is closed; `Finished` is told before an error is raised.

        Raises
        ------
        TransportError
            There is no such device, or it can no longer be reached in any way.
        SessionError
            The folder cannot be made.
        """
        try:
            if not await done_unless(self._ending, self._transport.open()):
                return self._over(Finished(None, (), 0.0, 0))
            # A recording knows its framing only once it is open.
            framing = self._transport.framing
            self._link = LinkSession(framing, rate_hz=self._plan.rate_hz, replaying=self._replaying)
            self._keeping.begin(self._now(), framing, self._link.wanted_profile)
            self._heard = Heard(self, self._judging, self._keeping, self._tell, Watch(self._now()))
            if self._keeping.folder is not None:
                self._tell(Recorded(self._keeping.folder))
            self._link.start()
            failure = await self._until_it_ends()
            finished = await self._finish(failure is None)
            if failure is not None:
                raise failure
            return finished
        finally:
            await self._transport.close()
            if self._own_executor is not None:
                self._own_executor.shutdown(wait=False, cancel_futures=True)
            self._keeping.close(self._now())

    async def _until_it_ends(self) -> Exception | None:
        """Read, send and save until the end is wished or come; returns what went wrong."""
        reading = asyncio.ensure_future(self._read())
        jobs: list[Coroutine[Any, Any, object]] = [self._save(), self._ending.wait()]
        if not self._replaying:
            jobs.append(self._attend())
        tasks = [reading, *(asyncio.ensure_future(job) for job in jobs)]
        try:
            # Any of them that dies ends the session: without it, it would only look alive.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self._ending.is_set() and not self._replaying:
                await self._last_words(tasks[:2] + tasks[3:])
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        return next((one for one in outcomes if isinstance(one, Exception)), None)

    async def _read(self) -> None:
        transport, heard, keeping = self._transport, self._heard, self._keeping
        assert heard is not None
        events: AsyncIterator[ReplayEvent]
        events = transport.everything() if isinstance(transport, ReplayTransport) else aiter(transport)
        health_s: float | None = None
        count = 0
        async for event in events:
            count += 1
            if count % _TURN_EVERY == 0:
                # A transport with much to tell never waits: keys, deadlines and the disk have their turn all the same.
                await asyncio.sleep(0)
            match event:
                case Up() | Chunk() | Down():
                    keeping.heard(event)
                    heard.transport(event)
                    if isinstance(event, Up):
                        await self._send()
                case Marked():
                    self._now_s = event.at_s
                    again(self, event.event)
                case Amended():
                    pass  # the replayed session's own notes are in its folder
            if self._replaying:
                # No deadlines in a replay: health goes by what was recorded.
                health_s = self._now_s if health_s is None else health_s
                if self._now_s - health_s >= _HEALTH_S:
                    health_s = self._now_s
                    self._tell_health()

    async def _attend(self) -> None:
        """Deadlines of the link, and its health."""
        assert self._heard is not None
        health_s = self._now()
        while True:
            await self._sleep(_POLL_S)
            now_s = self._now()
            self._heard.link(self.link.poll(now_s), now_s)
            await self._send()
            if now_s - health_s >= _HEALTH_S:
                health_s = now_s
                self._tell_health()
                self._tell(*self._heard.watch.look(now_s, self._transport.dropped_bytes))

    async def _send(self, now_s: float | None = None) -> None:
        now_s = self._now() if now_s is None else now_s
        for data in self.link.outgoing(now_s):
            self._keeping.sent(data, self._now())
            try:
                await self._transport.write(data)
            except TransportError:
                return  # the transport tells that it is down; what matters is asked again

    async def _save(self) -> None:
        """Onto the disk, then acknowledged."""
        while True:
            await self._sleep(_SYNC_S)
            await self._save_now()

    async def _save_now(self) -> None:
        received = self.link.received()
        if await self._keeping.save():
            self.link.durable(received)
        self._tell(*self._keeping.notices())

    async def _last_words(self, tasks: Sequence[asyncio.Future[Any]]) -> None:
        """Have the device stop, wait for what it has not handed over yet, and tell it what is safe here."""
        heard = self._heard
        assert heard is not None
        self.link.stop()
        asked_s: float | None = None
        came, until_s, calm, tell_s = -1, 0.0, 0, self._now() + _TELL_S
        while heard.connected and calm < _CALM_POLLS and not any(task.done() for task in tasks):
            # What is due first: a tail is known to be missing only once it has been looked for.
            await self._send()
            health, now_s = self.link.health(self._now()), self._now()
            if health.blocks != came:
                # After an outage minutes may still be on their way: waited for as long as anything comes.
                if now_s > tell_s and health.waiting + health.missing:
                    tell_s = now_s + _TELL_S
                    self._tell(notice("fetching", blocks=health.waiting + health.missing))
                came, until_s = health.blocks, now_s + _LAST_WORDS_S
            elif now_s > until_s:
                break
            if heard.stopped and asked_s is None:
                asked_s = now_s
                self.link.ask_status()
            told_s = heard.status_s
            known = asked_s is not None and told_s is not None and asked_s < told_s < now_s - _TAIL_S
            calm = calm + 1 if known and not health.missing and not health.waiting else 0
            await self._sleep(_POLL_S)
        if not heard.connected:
            return
        await self._save_now()
        for times in range(1, _PARTINGS + 1):
            # Due a second after the one before; nobody is here then. Any of them may be lost.
            await self._send(self._now() + times * ACK_EVERY_S)
            await self._sleep(_PARTING_S)

    async def _finish(self, well: bool) -> Finished:
        heard, keeping, judging = self._heard, self._keeping, self._judging
        assert heard is not None
        try:
            heard.link(self.link.finish(), heard.newest_s)
            self._tell(*judging.finish(heard.newest_s))
        except Exception:
            # After a failure it may be just this that fails; the first one is the one to be told.
            if well:
                raise
        health = self.link.health(self._now())
        self._amend_rates(health.source_rates_hz, anew=True)
        self._tell(*heard.at_the_end())
        await asyncio.to_thread(keeping.close, self._now())
        self._tell(*keeping.notices())
        finished = Finished(
            folder=keeping.folder,
            attempts=self.sets.attempts,
            duration_s=max(0.0, judging.time_s - judging.first_s) if judging.time_s == judging.time_s else 0.0,
            lost_blocks=health.lost_blocks,
            left_blocks=health.waiting + health.missing,
        )
        if finished.left_blocks:
            self._tell(notice("blocks_left", blocks=finished.left_blocks))
        return self._over(finished)

    def _over(self, finished: Finished) -> Finished:
        self._tell(finished)
        return finished

    # --- small things -------------------------------------------------------------------------------------------------

    def heard_at(self, now_s: float) -> None:
        """The time of what is being read, for a replay."""
        self._now_s = now_s

    def sampled(self, samples: Samples, arrived_s: float) -> None:
        """Samples came."""
        self._moments.came(float(samples.time_s[-1]), arrived_s)
        self._tell_samples(samples)

    def pressed(self) -> None:
        """The device's button: the moment is marked, and the next quiet standing is zero.

        In a replay both come again as they were recorded.
        """
        if not self._replaying:
            self.mark("mark", "button")
            self.zero()

    def _tell_health(self) -> None:
        now_s = self._now()
        health = self.link.health(now_s)
        self._amend_rates(health.source_rates_hz)
        self._tell(Health(now_s, health))

    def _keep_event(self, kind: str, note: str = "", at_s: float | None = None) -> Event:
        time_s = self._judging.time_s if at_s is None else at_s
        event = Event(time_s if time_s == time_s else 0.0, kind, note)
        self.sets.event(event)
        self._keeping.event(event, self._now())
        self._tell(Kept(event))
        return event

    def _amend_rates(self, rates_hz: tuple[float | None, float | None], anew: bool = False) -> None:
        """Measured ever better; kept once and at the end."""
        if None not in rates_hz and (anew or not self._rates_told):
            self._rates_told = True
            self.amend(source_rates_hz={"sacral": rates_hz[0], "thoracic": rates_hz[1]})

    def _now(self) -> float:
        return self._now_s if self._replaying else self._host_clock()
