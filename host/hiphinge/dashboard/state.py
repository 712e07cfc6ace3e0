"""What the pages show of a session, but for the angles themselves. Pure: updates in, an immutable state out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hiphinge.app.live.updates import (
    Calibrated,
    DeviceEvent,
    DeviceInfo,
    DeviceStatus,
    Disturbed,
    Finished,
    Guidance,
    Health,
    Judged,
    Kept,
    LinkDown,
    LinkUp,
    LiveUpdate,
    Lost,
    Noted,
    Notice,
    Rebooted,
    Recorded,
    Refused,
    Rezeroed,
    SetChanged,
    Step,
    Unanswered,
    Warned,
)
from hiphinge.dashboard.texts import text
from hiphinge.link.health import LinkHealth
from hiphinge.model import Attempt, Event

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


def reduce(state: ViewState, update: LiveUpdate) -> ViewState:
    """The state after an update. `Shown` changes nothing here: angles go another way."""
    match update:
        case Guidance():
            return replace(state, step=update.step, share=update.share, words=update.words)
        case Calibrated():
            known = replace(
                state,
                calibrated=True,
                swapped=update.calibration.swapped,
                axis_quality=update.calibration.flexion_axis_quality,
            )
            newly = update.calibration.swapped and not (state.calibrated and state.swapped)
            return said(known, text("notice.swapped")) if newly else known
        case Judged():
            return replace(state, attempts=(*state.attempts, update.attempt))
        case Kept():
            kept = replace(state, events=(*state.events, update.event))
            # Angles stop until the wearer has stood and hinged once more.
            return replace(kept, calibrated=False) if update.event.kind == "recalibrate" else kept
        case SetChanged():
            return replace(state, set_running=update.running)
        case Recorded():
            return replace(state, folder=update.folder)
        case Finished():
            return replace(
                state,
                phase="finished",
                finished=update,
                attempts=update.attempts,
                connected=False,
                set_running=False,
                folder=update.folder or state.folder,
            )
        case _:
            return _link(state, update)


def _link(state: ViewState, update: LiveUpdate) -> ViewState:
    """What concerns the link and the device, and lines that say what happened."""
    match update:
        case Health():
            return replace(state, health=update.link)
        case DeviceInfo():
            return replace(state, device=update)
        case DeviceStatus():
            return replace(state, status=update)
        case LinkUp():
            again = state.ever_connected
            up = replace(state, connected=True, ever_connected=True)
            return said(up, text("notice.link_back")) if again else up
        case LinkDown():
            return said(replace(state, connected=False), text("notice.link_down"), urgent=True)
        case DeviceEvent():
            return _device_event(state, update)
        case Rebooted():
            return said(state, text("notice.rebooted")) if update.uncertainty_s is None else state
        case Lost():
            return said(state, text("notice.lost", blocks=update.blocks)) if update.blocks else state
        case Rezeroed():
            return said(state, text("notice.rezeroed"))
        case Refused() | Unanswered():
            return said(state, text("notice.refused", request=update.request))
        case Notice() | Noted() | Disturbed() | Warned():
            return said(state, update.words)
        case _:
            return state


def _device_event(state: ViewState, event: DeviceEvent) -> ViewState:
    # The value of these two is the sensor: 0 sacral, 1 thoracic (protocol/SPEC.md, EVENT).
    match event.kind:
        case "imu_lost":
            lost = replace(state, lost_sensors=state.lost_sensors | {event.value})
            return said(lost, text(f"notice.imu_lost_{event.value & 1}"), urgent=True)
        case "imu_back":
            back = replace(state, lost_sensors=state.lost_sensors - {event.value})
            return said(back, text(f"notice.imu_back_{event.value & 1}"))
        case "low_battery":
            return said(state, text("notice.low_battery"), urgent=True)
        case _:
            return state
