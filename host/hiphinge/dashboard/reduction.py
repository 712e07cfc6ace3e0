"""The pages' state after what a session tells: updates in, the next state out. Pure."""

from __future__ import annotations

from dataclasses import replace

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
    Unanswered,
    Warned,
)
from hiphinge.dashboard.state import ViewState, said
from hiphinge.dashboard.texts import text
from hiphinge.dashboard.told import told_words
from hiphinge.dashboard.words import guide_words


def reduce(state: ViewState, update: LiveUpdate) -> ViewState:
    """The state after an update. `Shown` changes nothing here: angles go another way."""
    match update:
        case Guidance():
            return replace(state, step=update.step, share=update.share, words=guide_words(update.words))
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
            # What is not on the disk is lost for good.
            return said(state, told_words(update), urgent=isinstance(update, Notice) and update.key == "recording")
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
