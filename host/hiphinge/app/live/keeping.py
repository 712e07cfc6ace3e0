"""The recording of a live session, if there is one: what may be slow is done in a thread of its own."""

from __future__ import annotations

import asyncio
import shlex
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from hiphinge.app.live.notices import notice
from hiphinge.app.live.plan import LivePlan
from hiphinge.app.live.updates import Notice
from hiphinge.files.recording.earlier import newest_cut_off
from hiphinge.files.recording.recorder import Recorder, Start
from hiphinge.link.events import Samples
from hiphinge.model import Event
from hiphinge.transports.base import Chunk, Down, Framing, Up


class Keeping:
    """Records; without a place to record to it does nothing.

    Parameters
    ----------
    plan : LivePlan
    """

    def __init__(self, plan: LivePlan) -> None:
        self._plan = plan
        self._recorder: Recorder | None = None
        self._told: list[Notice] = []
        # What was marked and said before the recording began: a device may be looked for for seconds.
        self._early: list[Callable[[Recorder, float], None]] = []
        # Handed over when saving: turning rows into text, or a disk that hangs, must not delay the next sample.
        self._samples: list[Samples] = []
        # A session that is left at once closes while the thread of its last save goes on.
        self._handing = threading.Lock()

    def begin(self, now_s: float, framing: Framing, profile: int) -> None:
        """Make the folder.

        Parameters
        ----------
        now_s : float
            Host clock.
        framing, profile
            As the `LinkSession` was made with.

        Raises
        ------
        SessionError
            The folder cannot be made, or what was said before holds an impossible value.
        """
        root = self._plan.root
        if root is None:
            return
        if (cut_off := newest_cut_off(root)) is not None:
            self._told.append(notice("earlier_cut_off", folder=shlex.quote(str(cut_off))))
        start = Start(
            at=datetime.now().astimezone(),
            now_s=now_s,
            session=uuid4(),
            framing=framing,
            profile=profile,
            rate_hz=self._plan.rate_hz,
        )
        self._recorder = Recorder(root, start, self._plan.meta())
        early, self._early = self._early, []
        for say in early:
            say(self._recorder, now_s)

    @property
    def folder(self) -> Path | None:
        """Where it is recorded."""
        return None if self._recorder is None else self._recorder.folder

    def heard(self, event: Up | Chunk | Down) -> None:
        """What the transport told; to be called before anything is made of it."""
        if self._recorder is None:
            return
        match event:
            case Up():
                self._recorder.connected(event.at_s, event.payload, event.framing, event.unix_s)
            case Chunk():
                self._recorder.received(event.data, event.arrival_s, event.channel)
            case Down():
                self._recorder.disconnected(event.at_s, event.reason)

    def sent(self, data: bytes, now_s: float) -> None:
        """Bytes were handed to the transport."""
        if self._recorder is not None:
            self._recorder.sent(data, now_s)

    def samples(self, samples: Samples) -> None:
        """Samples for the CSV, in the link's order."""
        if self._recorder is not None:
            self._samples.append(samples)

    def event(self, event: Event, now_s: float) -> None:
        """Something was marked."""
        self._say(lambda recorder, at_s: recorder.event(event, at_s), now_s)

    def amend(self, now_s: float, **fields: object) -> None:
        """Metadata became known.

        Raises
        ------
        SessionError
            An impossible value.
        """
        self._say(lambda recorder, at_s: recorder.amend(at_s, **fields), now_s)

    async def save(self) -> bool:
        """Bring onto the disk what came before this call; whether all of it is there now."""
        if self._recorder is None:
            return True
        return await asyncio.to_thread(self._sync, self._recorder)

    def notices(self) -> list[Notice]:
        """What is to be told about the recording since the last call."""
        told, self._told = self._told, []
        if self._recorder is not None:
            told += [notice("recording", what=line) for line in self._recorder.notices()]
        return told

    def close(self, now_s: float) -> None:
        """End the recording; may be called twice."""
        if self._recorder is not None:
            self._hand_over(self._recorder)
            self._recorder.close(now_s)

    def _sync(self, recorder: Recorder) -> bool:
        self._hand_over(recorder)
        return recorder.sync().complete

    def _hand_over(self, recorder: Recorder) -> None:
        with self._handing:
            taken, self._samples = self._samples, []
            for samples in taken:
                recorder.samples(samples)

    def _say(self, say: Callable[[Recorder, float], None], now_s: float) -> None:
        if self._recorder is not None:
            say(self._recorder, now_s)
        elif self._plan.root is not None:
            self._early.append(say)
