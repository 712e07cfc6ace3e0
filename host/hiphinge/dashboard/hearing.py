"""What a hub makes of what its session tells: state, frames, cues, clocks. Loaded with the first session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hiphinge.app.live.updates import Health, Judged, Kept, LiveUpdate, SetChanged, Shown
from hiphinge.dashboard.cues import Cue, CueState, heed
from hiphinge.dashboard.messages import cue_message, set_done_message, spoken_message
from hiphinge.dashboard.reduction import reduce
from hiphinge.dashboard.ring import encoded, rows_of
from hiphinge.dashboard.setend import SetEnd
from hiphinge.dashboard.state import counted
from hiphinge.dashboard.texts import text
from hiphinge.model import Floats

if TYPE_CHECKING:
    from hiphinge.app.live.session import LiveSession
    from hiphinge.dashboard.hub import Hub

# A screen shows no more than 60 pictures a second, and each message costs each page something.
_LEAST_APART_S = 0.016


class Hearing:
    """Listens to one session.

    Parameters
    ----------
    hub : Hub
    session : LiveSession
    signal_dbm : callable
        How strongly the device is heard, where its transport tells.
    """

    def __init__(self, hub: Hub, session: LiveSession, signal_dbm: Callable[[], int | None]) -> None:
        self._hub, self._session, self._signal_dbm = hub, session, signal_dbm
        self._faulty = False
        self._cues = CueState()
        self._end = SetEnd()
        self._waiting: list[Floats] = []
        self._sent_s = 0.0
        self._sending: asyncio.Handle | None = None

    def __call__(self, update: LiveUpdate) -> None:
        """Take the next update. A fault in what is shown is told, and must not end what is recorded."""
        try:
            self._take(update)
        except Exception as error:
            if not self._faulty:
                self._faulty = True
                self._hub.say(text("error.page", what=f"{type(error).__name__}: {error}"[:200]), urgent=True)

    def _take(self, update: LiveUpdate) -> None:
        if isinstance(update, Shown):
            self._shown(update)
            return
        hub = self._hub
        if isinstance(update, Health) and update.link.rssi_dbm is None:
            # The link knows bytes; how strongly they are heard knows its radio.
            update = replace(update, link=replace(update.link, rssi_dbm=self._signal_dbm()))
        hub.state = reduce(hub.state, update)
        if isinstance(update, Judged | Kept | SetChanged):
            hub.state = counted(hub.state, self._session.sets.attempts)
        if isinstance(update, SetChanged):
            hub.set_clock(update.running, time.monotonic())
            self._end = SetEnd()
        if isinstance(update, Judged):
            self._judged(update)
        hub.tell()

    def _judged(self, judged: Judged) -> None:
        hub = self._hub
        if hub.feedback.speech:
            hub.broadcast.send(spoken_message(judged.attempt, hub.feedback))
        reached = hub.target_reached
        if reached and not self._end.reached and hub.ends_by_itself:
            hub.broadcast.send(set_done_message(hub.feedback))
        self._end = self._end.judged(reached)

    def _shown(self, shown: Shown) -> None:
        hub, rows = self._hub, rows_of(shown.angles)
        hub.ring.push(rows)
        self._cues = heed(self._cues, hub.feedback.rule(hub.plan.limits), rows[:, (0, 2, 3)].tolist())
        for cue in self._cues.cues:
            self._cue(cue)
        if hub.broadcast.any:
            self._waiting.append(rows)
            self._send_soon()
        self._end = self._end.passed(float(rows[-1, 0]), self._cues.in_attempt)
        if self._end.due and hub.ends_by_itself:
            hub.end_set()

    def _send_soon(self) -> None:
        """At once, but together with all that this turn of the loop still brings: both sensors come in one go."""
        if self._sending is not None:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._sent_s + _LEAST_APART_S - loop.time()
        self._sending = loop.call_soon(self._send) if wait_s <= 0 else loop.call_later(wait_s, self._send)

    def _send(self) -> None:
        self._sending = None
        self._sent_s = asyncio.get_running_loop().time()
        self._hub.broadcast.send(encoded(_joined(self._waiting)))
        self._waiting = []

    def _cue(self, cue: Cue) -> None:
        hub = self._hub
        hub.cues_given += 1
        hub.broadcast.send(cue_message(cue, hub.feedback))
        if hub.feedback.vibrate and hub.state.connected:
            self._session.link.cue(1)


def _joined(pieces: list[Floats]) -> Floats:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
