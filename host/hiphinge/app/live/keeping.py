"""The recording of a live session, if there is one: what may be slow is done in a thread of its own."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from hiphinge.app.live.plan import LivePlan
from hiphinge.files.recording.recorder import Recorder, Start
from hiphinge.link.events import Samples
from hiphinge.model import Event
from hiphinge.transports.base import Chunk, Down, Framing, Up


class Keeping:
    """Records; without a place to record to it does nothing.

    Parameters
    ----------
    plan : LivePlan
    now_s : float
        Host clock.
    framing, profile
        As the `LinkSession` was made with.

    Raises
    ------
    SessionError
        The folder cannot be made.
    """

    def __init__(self, plan: LivePlan, now_s: float, framing: Framing, profile: int) -> None:
        self._recorder: Recorder | None = None
        # Handed over when saving: turning rows into text, or a disk that hangs, must not delay the next sample.
        self._samples: list[Samples] = []
        if plan.root is not None:
            start = Start(
                at=datetime.now().astimezone(),
                now_s=now_s,
                session=uuid4(),
                framing=framing,
                profile=profile,
                rate_hz=plan.rate_hz,
            )
            self._recorder = Recorder(plan.root, start, plan.meta())

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
        if self._recorder is not None:
            self._recorder.event(event, now_s)

    def amend(self, now_s: float, **fields: object) -> None:
        """Metadata became known.

        Raises
        ------
        SessionError
            An impossible value.
        """
        if self._recorder is not None:
            self._recorder.amend(now_s, **fields)

    async def save(self) -> bool:
        """Bring onto the disk what came before this call; whether all of it is there now."""
        if self._recorder is None:
            return True
        return await asyncio.to_thread(self._sync, self._recorder)

    def notices(self) -> list[str]:
        """What is to be told about the recording, a line each."""
        return [] if self._recorder is None else self._recorder.notices()

    def close(self, now_s: float) -> None:
        """End the recording; may be called twice."""
        if self._recorder is not None:
            self._hand_over(self._recorder)
            self._recorder.close(now_s)

    def _sync(self, recorder: Recorder) -> bool:
        self._hand_over(recorder)
        return recorder.sync().complete

    def _hand_over(self, recorder: Recorder) -> None:
        taken, self._samples = self._samples, []
        for samples in taken:
            recorder.samples(samples)
