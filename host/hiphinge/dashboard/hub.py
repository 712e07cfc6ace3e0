"""One athlete's session as all pages share it: it lives here, in the process; pages come and go.

The hub listens to the live session, keeps what pages show, and sends angles to all of them in one broadcast.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hiphinge.app.live.plan import LivePlan
from hiphinge.app.strikes import RESTORE, STRIKE_OUT
from hiphinge.dashboard.counts import set_count, set_number
from hiphinge.dashboard.messages import view_message
from hiphinge.dashboard.ring import Ring, encoded
from hiphinge.dashboard.settings import Feedback
from hiphinge.dashboard.sinks import Broadcast, Sink
from hiphinge.dashboard.state import ViewState, begun, failed, said
from hiphinge.dashboard.texts import text
from hiphinge.model import Attempt, Event, HiphingeError

if TYPE_CHECKING:
    # Half a second that the first page need not wait for.
    from hiphinge.app.live.session import LiveSession
    from hiphinge.app.live.source import Source
    from hiphinge.dashboard.hearing import Hearing

_LOG = logging.getLogger(__name__)
# A session that is asked to end hands over what the device still has; a page does not wait longer for a new one.
_END_WITHIN_S = 30.0

Changed = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Setup:
    """Who trains and how, as chosen on the page; said anew for each set."""

    person: str = ""
    stance: str = "parallel"
    side: str = ""
    load_kg: float | None = None


class Hub:
    """A session, what is known of it, and who looks at it.

    Parameters
    ----------
    number : int
        Which athlete, from 1.
    plan : LivePlan
        What sessions are to be like.
    lab : (str or None, str or None)
        Names on Lab Streaming Layer: of what sessions publish, and of marks taken in.

    Attributes
    ----------
    state : ViewState
    feedback : Feedback
    setup : Setup
    ring : Ring
    broadcast : Broadcast
    """

    def __init__(self, number: int, plan: LivePlan, lab: tuple[str | None, str | None] = (None, None)) -> None:
        self.number, self.plan, self._lab = number, plan, lab
        self.state = ViewState()
        programme, wearer = plan.programme, plan.wearer
        self.feedback = Feedback(sets=programme.sets, repetitions=programme.repetitions)
        self.setup = Setup(wearer.person or "", wearer.stance or programme.stance, wearer.side or "", wearer.load_kg)
        self.ring, self.broadcast = Ring(), Broadcast()
        self._session: LiveSession | None = None
        self._running: asyncio.Task[None] | None = None
        self._listeners: list[Changed] = []
        self._telling = False
        self._beginning = asyncio.Lock()
        # Host time at which the set began, and the rest.
        self._set_s: float | None = None
        self._rest_s: float | None = None
        self.cues_given = 0
        # The running set stays open, whatever it holds.
        self.kept_open = False

    # --- the session --------------------------------------------------------------------------------------------------

    async def start(self, source: Source) -> None:
        """Begin a session; one that runs is ended first, its folder closed."""
        from hiphinge.app.live.session import LiveSession
        from hiphinge.dashboard.hearing import Hearing

        # One after the other: of two that begin at once, the first would run on with nobody to end it.
        async with self._beginning:
            await self._begin(source, LiveSession, Hearing)

    async def _begin(self, source: Source, live: type[LiveSession], hearing: type[Hearing]) -> None:
        await self.end()
        wearer = replace(
            self.plan.wearer,
            person=self.setup.person or None,
            stance=self.setup.stance or None,
            side=self.setup.side or None,
            load_kg=self.setup.load_kg,
        )
        self.plan = replace(self.plan, wearer=wearer)
        self.ring.clear()
        self.cues_given = 0
        self._set_s = self._rest_s = None
        self.state = begun(source.words)
        session = live(self.plan, source.transport, clock=source.clock, sleep=source.sleep, replaying=source.replaying)
        session.listen(hearing(self, session, lambda: getattr(source.transport, "rssi_dbm", None)))
        self._session = session
        self._running = asyncio.ensure_future(self._run(session))
        self.tell()

    async def end(self) -> None:
        """End the session, and wait until its folder is closed."""
        if self._session is not None:
            self._session.end()
        if self._running is not None and not self._running.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._running), _END_WITHIN_S)
            if not self._running.done():
                self._running.cancel()
                await asyncio.gather(self._running, return_exceptions=True)

    def fail(self, why: str) -> None:
        """A session could not even begin."""
        self.state = failed(self.state, " ".join(why.split()))
        self.tell()

    def ask_end(self) -> None:
        """Have the session end; `state.phase` says when it has."""
        if self._session is not None:
            self._session.end()

    async def _run(self, session: LiveSession) -> None:
        try:
            async with _laboratory(session, *self._lab):
                await session.run()
        except HiphingeError as error:
            self.state = failed(self.state, " ".join(str(error).split()))
        except Exception as error:  # whatever it was, the page must say that the session is over
            self.state = failed(self.state, text("error.fault", what=f"{type(error).__name__}: {error}"[:200]))
        finally:
            if self.state.phase == "running":
                # Whatever became of its last word: it is over.
                self.state = replace(self.state, phase="finished", connected=False, set_running=False)
            self._session = None
            self._set_s = self._rest_s = None
            self.tell()

    # --- what is asked for --------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether a session runs."""
        return self._session is not None

    def begin_set(self) -> None:
        """A set begins now, in the stance chosen."""
        self._ask(lambda session: session.begin_set())

    def end_set(self) -> None:
        """The set is over."""
        self._ask(lambda session: session.end_set())

    def keep_open(self) -> None:
        """The running set goes on until somebody ends it."""
        self.kept_open = self.state.set_running
        self.tell()

    @property
    def target_reached(self) -> bool:
        """Whether the running set holds as many repetitions as are asked for, struck ones left out."""
        state = self.state
        done = set_count(state.attempts, state.events, set_number(state)).total
        return state.set_running and done >= self.feedback.repetitions

    @property
    def ends_by_itself(self) -> bool:
        """Whether the running set ends once it is done."""
        return self.feedback.auto_end and not self.kept_open

    def set_clock(self, running: bool, now_s: float) -> None:
        """A set, or the rest after it, begins now; `now_s` by `time.monotonic`."""
        self.kept_open = False
        self._set_s, self._rest_s = (now_s, None) if running else (None, now_s)

    def recalibrate(self) -> None:
        """Have the wearer stand still and hinge once more."""
        self._ask(lambda session: session.recalibrate())

    def zero(self) -> None:
        """Take the next quiet standing for zero."""
        if self._ask(lambda session: session.zero()):
            self.say(text("notice.zero_next"))

    def _ask(self, act: Callable[[LiveSession], None]) -> bool:
        """Have the session do something; whether it did. One whose folder is being closed does no more."""
        if self._session is None:
            return False
        try:
            act(self._session)
        except HiphingeError as error:
            self.say(str(error), urgent=True)
            return False
        return True

    def identify(self) -> None:
        """Have the device blink and buzz."""
        if self._session is not None and self.state.connected:
            self._session.link.identify()

    def choose(self, setup: Setup) -> None:
        """Who trains and how from now on; kept with a session that runs."""
        self.setup = setup
        if self._session is not None:
            try:
                self._session.amend(
                    person=setup.person or None,
                    stance=setup.stance or None,
                    side=setup.side or None,
                    load_kg=setup.load_kg,
                )
                load = "" if setup.load_kg is None else f" {setup.load_kg:g} kg"
                self._session.mark("setup", f"{setup.stance} {setup.side}{load}".strip())
            except HiphingeError as error:
                self.say(str(error), urgent=True)
        self.tell()

    def amend(self, **fields: object) -> None:
        """Pain and notes: kept with the session, also when it is over.

        Raises
        ------
        HiphingeError
            An impossible value, or a folder that cannot be written.
        """
        if self._session is not None:
            self._session.amend(**fields)
        elif self.state.folder is not None:
            from hiphinge.dashboard import afterwards

            afterwards.amend(self.state.folder, **fields)

    def strike(self, attempt: Attempt, reason: str) -> None:
        """Strike a repetition out: it is kept, and counts no more.

        Raises
        ------
        HiphingeError
            The folder cannot be written.
        """
        self._remark(Event(attempt.bottom_s, STRIKE_OUT, reason))

    def restore(self, attempt: Attempt, reason: str) -> None:
        """Undo `strike`; both stay on record.

        Raises
        ------
        HiphingeError
            The folder cannot be written.
        """
        self._remark(Event(attempt.bottom_s, RESTORE, reason))

    def _remark(self, event: Event) -> None:
        if self._session is not None:
            self._session.mark(event.kind, event.note, event.time_s)
            return
        if self.state.folder is not None:
            from hiphinge.dashboard import afterwards

            afterwards.add_event(self.state.folder, event)
        self.state = replace(self.state, events=(*self.state.events, event))
        self.tell()

    @property
    def folder(self) -> Path | None:
        """Where the session is recorded."""
        return self.state.folder

    # --- who looks ----------------------------------------------------------------------------------------------------

    def listen(self, changed: Changed) -> Callable[[], None]:
        """Call `changed` whenever the state has; returns what ends it."""
        self._listeners.append(changed)

        def forget() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(changed)

        return forget

    def watch(self) -> Sink:
        """A page that wants angles: it is given the last 20 s at once."""
        sink = self.broadcast.join()
        sink.put(self._view())
        rows = self.ring.rows()
        if len(rows):
            sink.put(encoded(rows))
        return sink

    def say(self, words: str, urgent: bool = False) -> None:
        """A line for whoever looks."""
        self.state = said(self.state, words, urgent)
        self.tell()

    def tell(self) -> None:
        """Have pages look at the state again: once for all that happens in one turn of the loop."""
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._told)

    def _view(self) -> str:
        now_s = time.monotonic()
        return view_message(
            self.state,
            self.plan.limits,
            self.feedback,
            None if self._set_s is None else now_s - self._set_s,
            None if self._rest_s is None else now_s - self._rest_s,
        )

    def _told(self) -> None:
        self._telling = False
        self.broadcast.send(self._view())
        for changed in list(self._listeners):
            try:
                changed()
            except Exception:  # one page that cannot be drawn must not keep the others from it
                _LOG.exception("a page could not be brought up to date")


@contextlib.asynccontextmanager
async def _laboratory(session: LiveSession, name: str | None, marks_from: str | None) -> AsyncGenerator[None]:
    """Published while the context lasts, where somebody asked for it."""
    if name is None and marks_from is None:
        yield
        return
    from hiphinge.app.live.lab import Lab

    # A stream of marks is looked for some seconds: pages go on meanwhile.
    lab = await asyncio.to_thread(Lab, session, name or "hiphinge", marks_from)
    fetching = asyncio.ensure_future(lab.fetch_marks())
    try:
        yield
    finally:
        fetching.cancel()
        lab.close()
