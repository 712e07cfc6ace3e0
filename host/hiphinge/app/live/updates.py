"""What a live session tells, in order: one stream that a terminal and a dashboard read alike.

Events of the link (`link.events`) and of the engine (`engine`) are passed on as they are, except what became of
samples: `Shown` and `Judged` stand for those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hiphinge.engine import Calibrated, Disturbed, Noted, Rezeroed
from hiphinge.link.events import (
    ButtonPressed,
    DeviceEvent,
    DeviceInfo,
    DeviceLogged,
    DeviceStatus,
    LinkDown,
    LinkUp,
    Lost,
    Rebooted,
    Refused,
    SessionStarted,
    Unanswered,
    Warned,
)
from hiphinge.link.health import LinkHealth
from hiphinge.model import Angles, Attempt, Event

Step = Literal["wait", "stand", "hinge", "train"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The session is recorded here."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Guidance:
    """What the wearer is to do next.

    Attributes
    ----------
    step : str
        "wait" for samples, "stand" still, "hinge" once slowly, "train".
    share : float
        0..1: how much of the step is done.
    words : str
    """

    step: Step
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Angles of the newest samples.

    Attributes
    ----------
    angles : Angles
    arrived_s : float
        Host time at which the samples' bytes came.
    shown_s : float
        Host time at which the angles were known.
    """

    angles: Angles
    arrived_s: float
    shown_s: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A repetition is over.

    Attributes
    ----------
    attempt : Attempt
        With its set.
    number : int or None
        Within the set; None where it belongs to none.
    words : str
        Why; empty where there is nothing to say.
    """

    attempt: Attempt
    number: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A moment was kept with the session: a mark, by whomever, or what was asked for."""

    event: Event


@dataclass(frozen=True, slots=True)
class SetChanged:
    """A set was begun or ended by hand."""

    running: bool
    time_s: float


@dataclass(frozen=True, slots=True)
class Health:
    """How the link fares; every second."""

    at_s: float
    link: LinkHealth


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know about the recording or the session, in one line.

    Attributes
    ----------
    words : str
        In English.
    key : str
        By which `notices` and a page's texts have it; empty for what a file or a device said.
    values : mapping
        What is filled in.
    """

    words: str
    key: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict[str, str | int], compare=False)


@dataclass(frozen=True, slots=True)
class Finished:
    """The session is over.

    Attributes
    ----------
    folder : Path or None
    attempts : tuple of Attempt
        As counted at the end.
    duration_s : float
        Of the samples.
    lost_blocks : int
    left_blocks : int
        Not handed over: the device still has them, or newer ones are in `raw.bin` that wait for them.
    """

    folder: Path | None
    attempts: tuple[Attempt, ...]
    duration_s: float
    lost_blocks: int
    left_blocks: int = 0


LiveUpdate = (
    Kept
    | Recorded
    | Guidance
    | Shown
    | Judged
    | SetChanged
    | Health
    | Notice
    | Finished
    | Calibrated
    | Rezeroed
    | Disturbed
    | Noted
    | LinkUp
    | LinkDown
    | DeviceInfo
    | DeviceStatus
    | DeviceEvent
    | DeviceLogged
    | ButtonPressed
    | SessionStarted
    | Rebooted
    | Lost
    | Refused
    | Unanswered
    | Warned
)
