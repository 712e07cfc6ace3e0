"""What the pages show of a session, but for the angles themselves: one immutable state. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hiphinge.dashboard.texts import text
from hiphinge.model import Attempt, Event

if TYPE_CHECKING:
    # They bring the whole engine along, which the first page need not wait for.
    from hiphinge.app.live.updates import DeviceInfo, DeviceStatus, Finished, Step
    from hiphinge.link.health import LinkHealth

Phase = Literal["idle", "running", "finished"]

# A page shows the newest few; the log of a whole session is in its folder.
_MOST_NOTICES = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A line for the user; `number` counts from 1, so that a page knows which it has shown."""

    number: int
    words: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class ViewState:
    """A session as pages show it.

    Attributes
    ----------
    phase : str
    source : str
        Where samples come from, in words.
    error : str
        Why a session ended against one's will, or did not begin; one line.
    step, share, words
        What the wearer is to do next, as `Guidance` has it.
    calibrated, swapped : bool
    axis_quality : float
        0..1.
    connected : bool
    ever_connected : bool
    health : LinkHealth or None
    device : DeviceInfo or None
    status : DeviceStatus or None
    lost_sensors : frozenset of int
        0 sacral, 1 thoracic: the device no longer hears it.
    attempts : tuple of Attempt
        Every one, its set as counted now.
    events : tuple of Event
    set_running : bool
    lines : tuple of Line
        What happened, newest last.
    folder : Path or None
    finished : Finished or None
    """

    phase: Phase = "idle"
    source: str = ""
    error: str = ""
    step: Step = "wait"
    share: float = 0.0
    words: str = ""
    calibrated: bool = False
    swapped: bool = False
    axis_quality: float = 0.0
    connected: bool = False
    ever_connected: bool = False
    health: LinkHealth | None = None
    device: DeviceInfo | None = None
    status: DeviceStatus | None = None
    lost_sensors: frozenset[int] = frozenset()
    attempts: tuple[Attempt, ...] = ()
    events: tuple[Event, ...] = ()
    set_running: bool = False
    lines: tuple[Line, ...] = ()
    folder: Path | None = None
    finished: Finished | None = None


def begun(source: str) -> ViewState:
    """A session that has just been asked for."""
    return ViewState(phase="running", source=source, words=text("calibrate.waiting"))


def failed(state: ViewState, why: str) -> ViewState:
    """The session ended with an error, or could not begin."""
    return replace(said(state, why, urgent=True), phase="finished", connected=False, error=why)


def said(state: ViewState, words: str, urgent: bool = False) -> ViewState:
    """One more line for the user."""
    number = state.lines[-1].number + 1 if state.lines else 1
    return replace(state, lines=(*state.lines, Line(number, words, urgent))[-_MOST_NOTICES:])


def counted(state: ViewState, attempts: tuple[Attempt, ...]) -> ViewState:
    """The attempts as counted now: what follows may change the set of an earlier one."""
    return replace(state, attempts=attempts)
