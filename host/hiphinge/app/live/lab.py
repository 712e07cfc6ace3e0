"""A live session on a laboratory's network: Lab Streaming Layer outlets, and marks from other programs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

import numpy as np

from hiphinge.app.live.notices import notice
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import Judged, Kept, LiveUpdate, Shown
from hiphinge.engine import AnglesKnown, Calibrated, Decided, Disturbed, Rezeroed
from hiphinge.link.events import Samples
from hiphinge.model import Floats
from hiphinge.transports.lsl import LslPublisher, lsl_clock_s
from hiphinge.transports.lsl_marks import MarkInlet

# Marks carry their own stamps: how often they are fetched delays nothing but their being written down.
_POLL_S = 0.1
MARKS_WAIT_S = 5.0
"""How long to look for the stream of marks."""


class Lab:
    """Publishes a session, and takes in marks.

    Parameters
    ----------
    session : LiveSession
    name : str
        What readers know the streams by.
    marks_from : str or None
        Name of a stream of markers; "" takes the one there is; None none.

    Raises
    ------
    HiphingeError
        `pylsl` is not installed, or the stream of markers is not there.
    """

    def __init__(self, session: LiveSession, name: str, marks_from: str | None) -> None:
        self._session = session
        self._publisher = LslPublisher(session.rate_hz, self._stamps, name, source_id=name)
        self._inlet = None if marks_from is None else MarkInlet(self._session_time_s, marks_from or None, MARKS_WAIT_S)
        self._forget = [session.listen(self._update), session.listen_samples(self._samples)]

    async def fetch_marks(self) -> None:
        """Keep other programs' marks with the session, for as long as it runs."""
        while self._inlet is not None and not self._inlet.lost:
            await asyncio.sleep(_POLL_S)
            for mark in self._inlet.poll():
                self._session.mark("mark", mark.note, mark.time_s)
        if self._inlet is not None:
            self._session.say(notice("marks_ended"))

    def close(self) -> None:
        """Take the streams off the network."""
        for forget in self._forget:
            forget()
        self._publisher.close()
        if self._inlet is not None:
            self._inlet.close()

    def _stamps(self, time_s: Floats) -> Floats:
        # Both clocks are this computer's and run alike: what they differ by is taken anew each time.
        apart_s = lsl_clock_s() - self._session.clock()
        return np.array([self._session.host_s(float(at)) for at in time_s]) + apart_s

    def _session_time_s(self, stamp_s: float) -> float:
        return self._session.session_s(stamp_s - lsl_clock_s() + self._session.clock())

    def _samples(self, samples: Samples) -> None:
        self._publisher.samples(samples.time_s, samples.sacral, samples.thoracic)

    def _update(self, update: LiveUpdate) -> None:
        match update:
            case Shown():
                self._publisher.events([AnglesKnown(0, update.angles)])
            case Judged():
                self._publisher.events([Decided(update.attempt)])
            case Calibrated() | Rezeroed() | Disturbed():
                self._publisher.events([update])
            case Kept() if self._session.host_s(update.event.time_s) == self._session.host_s(update.event.time_s):
                # Before the first sample there is no time to stamp it with.
                self._publisher.mark(update.event)
            case _:
                pass


@contextlib.contextmanager
def published(session: LiveSession, name: str | None, marks_from: str | None) -> Generator[None]:
    """Publish a session for as long as the context lasts; nothing without a name and a source of marks."""
    if name is None and marks_from is None:
        yield
        return
    lab = Lab(session, name or "hiphinge", marks_from)
    fetching = asyncio.ensure_future(lab.fetch_marks())
    try:
        yield
    finally:
        fetching.cancel()
        lab.close()
