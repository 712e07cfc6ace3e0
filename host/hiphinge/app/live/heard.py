"""What a session makes of what its link tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hiphinge.app.live.judging import Judging
from hiphinge.app.live.keeping import Keeping
from hiphinge.app.live.notices import notice
from hiphinge.app.live.updates import Notice
from hiphinge.app.live.watch import Watch
from hiphinge.link.events import (
    ButtonPressed,
    Configured,
    DeviceInfo,
    DeviceStatus,
    Done,
    EarlierSamples,
    GyroBiasMeasured,
    LinkDown,
    LinkEvent,
    Samples,
    SelfTested,
    StoreContents,
    TimeExchanged,
    Warned,
)
from hiphinge.link.session import LinkSession
from hiphinge.transports.base import Chunk, Down, Up


class Session(Protocol):
    """What a session does about what is heard."""

    @property
    def link(self) -> LinkSession:
        """The link."""
        ...

    def clock(self) -> float:
        """Host time, s."""
        ...

    def heard_at(self, now_s: float) -> None:
        """Something came at this time."""
        ...

    def sampled(self, samples: Samples, arrived_s: float) -> None:
        """Samples came."""
        ...

    def pressed(self) -> None:
        """The device's button was pressed."""
        ...

    def amend(self, **fields: object) -> None:
        """Metadata became known."""
        ...

    def mark(self, kind: str = "mark", note: str = "", time_s: float | None = None) -> None:
        """A moment is to be kept."""
        ...


class Heard:
    """Passes on what transport and link tell, and keeps in mind what the session's end needs.

    Parameters
    ----------
    session : Session
    judging : Judging
    keeping : Keeping
    tell : callable
        Takes updates.
    watch : Watch

    Attributes
    ----------
    connected, stopped : bool
        Whether the link is up; whether the device has said that it no longer samples.
    status_s : float or None
        When the device last told how it fares.
    newest_s : float
        When something last came.
    """

    def __init__(
        self,
        session: Session,
        judging: Judging,
        keeping: Keeping,
        tell: Callable[..., None],
        watch: Watch,
    ) -> None:
        self.connected = self.stopped = False
        self.status_s: float | None = None
        self.newest_s = 0.0
        self.watch = watch
        self._session, self._judging, self._keeping, self._tell = session, judging, keeping, tell
        self._earlier_rows = 0

    def transport(self, event: Up | Chunk | Down) -> None:
        """What the transport told."""
        link = self._session.link
        match event:
            case Up():
                self._at(event.at_s)
                self.connected = True
                self.watch.up(event.at_s)
                self.link(link.connected(event.at_s, event.payload, event.unix_s), event.at_s)
            case Chunk():
                self._at(event.arrival_s)
                self.link(link.receive(event.data, event.arrival_s, event.channel), event.arrival_s)
            case Down():
                self._at(event.at_s)
                was_up, self.connected = self.connected, False
                self.watch.down(event.at_s)
                self.link(link.disconnected(event.at_s), event.at_s)
                if event.reason and not was_up:
                    # Nobody ever answered there; else the link's own word is enough.
                    self._tell(Notice(event.reason))

    def link(self, events: list[LinkEvent], arrived_s: float) -> None:
        """What the link made of it."""
        for event in events:
            match event:
                case Samples():
                    # When they are read: a host that is behind must not take that for silence.
                    self.watch.samples(self._session.clock())
                    self._keeping.samples(event)
                    self._session.sampled(event, arrived_s)
                    self._tell_all(event, arrived_s)
                case Done():
                    self.stopped = self.stopped or event.what == "stop"
                case DeviceInfo():
                    self._session.amend(device=event.device)
                    self._tell(event)
                case DeviceStatus():
                    self.status_s = event.at_s
                    self._tell(event)
                case ButtonPressed():
                    self._tell(event)
                    if event.kind == "short":
                        self._session.pressed()
                case EarlierSamples():
                    self._earlier_rows += len(event.time_s)
                case Warned(session_s=float(time_s)):
                    self._session.mark("pause", event.words, time_s)
                    self._tell(event)
                case LinkDown() if not self.watch.ever_connected:
                    pass  # there was no link that could be lost
                case TimeExchanged() | Configured() | GyroBiasMeasured() | StoreContents() | SelfTested():
                    pass  # answers to requests nobody makes in a session
                case _:
                    self._tell(event)

    def at_the_end(self) -> list[Notice]:
        """What is worth a line when all is over."""
        lines: list[Notice] = []
        if self._earlier_rows:
            lines.append(notice("earlier_samples"))
        if self.watch.ever_connected and not self.connected:
            lines.append(notice("link_lost_at_end"))
        return lines

    def _tell_all(self, samples: Samples, arrived_s: float) -> None:
        # One by one: a listener sees each update before the next samples are judged.
        for update in self._judging.samples(samples, arrived_s):
            self._tell(update)

    def _at(self, now_s: float) -> None:
        self.newest_s = now_s
        self._session.heard_at(now_s)
