"""A live session's updates as lines for people. Pure."""

from __future__ import annotations

import textwrap

from hiphinge.app.live.updates import (
    Finished,
    Guidance,
    Judged,
    LiveUpdate,
    Notice,
    Recorded,
    SetChanged,
)
from hiphinge.engine import Calibrated, Disturbed, Noted, Rezeroed
from hiphinge.link.events import (
    ButtonPressed,
    DeviceEvent,
    DeviceInfo,
    DeviceLogged,
    LinkDown,
    LinkUp,
    Lost,
    Rebooted,
    Refused,
    Unanswered,
    Warned,
)
from hiphinge.link.health import LinkHealth
from hiphinge.model import Verdict

KEYS = "type and Enter: s begin or end a set, m mark, c calibrate, z zero, q quit"

_SIGN: dict[Verdict, str] = {"compliant": "✓", "faulty": "✗", "uncertain": "?"}
_EVENTS = {
    "low_battery": "the device's battery is nearly empty: charge it after this set",
    "imu_lost": "a sensor has fallen silent: check its plug",
    "imu_back": "the sensor is back",
    "stopped": "the device has stopped sampling",
    "sleep": "the device is about to sleep",
}
# Where a reason goes on in the next line: below the words, clear of the numbers.
_INDENT = " " * 8
_NARROWEST = 40
_BAR = 10
# A few blocks are always on their way; more than a second's worth is worth a word.
_CATCHING_UP = 40


def line(update: LiveUpdate) -> str:
    """What a person should read; empty for what goes into the status line, or nowhere."""
    match update:
        case Recorded():
            return f"recording into {update.folder}"
        case Guidance():
            return f"→ {update.words}" if update.share == 0.0 or update.step == "train" else ""
        case Rezeroed():
            return f"zero taken anew at {update.at_s:.1f} s"
        case Disturbed() | Noted() | Notice() | Warned():
            return f"! {update.words}"
        case SetChanged():
            return f"set {'begun' if update.running else 'ended'} at {update.time_s:.1f} s"
        case Judged():
            return _repetition(update)
        case Calibrated(how="given"):
            return "the saved calibration is in force"
        case ButtonPressed(kind="short"):
            return "button: marked; your next quiet standing is zero"
        case Finished():
            return _finished(update)
        case _:
            return _device(update)


def wrapped(text: str, width: int) -> str:
    """The line in as many lines as it needs, those that follow indented."""
    if len(text) <= width or width < _NARROWEST:
        return text
    return "\n".join(textwrap.wrap(text, width, subsequent_indent=_INDENT, break_on_hyphens=False))


def status(link: LinkHealth, elapsed_s: float) -> str:
    """The status line: rate, loss, resends, latency, battery."""
    state = "live" if link.connected and link.started else "connected" if link.connected else "NO LINK"
    parts = [
        f"{int(elapsed_s) // 60:d}:{int(elapsed_s) % 60:02d}",
        state,
        f"{link.delivered_hz[0]:.0f}/{link.delivered_hz[1]:.0f} Hz",
        f"lost {link.lost_blocks}",
        f"resent {link.resent}",
    ]
    unread = link.damaged + link.unknown + link.disbelieved
    if unread:
        parts.append(f"unreadable {unread}")
    if link.latency_s is not None and link.latency_p95_s is not None:
        parts.append(f"{1000 * link.latency_s:.0f} ms (95 %: {1000 * link.latency_p95_s:.0f})")
    if link.battery_percent is not None:
        parts.append(f"battery {link.battery_percent} %")
    if link.connected and link.missing + link.waiting > _CATCHING_UP:
        parts.append(f"catching up: {link.missing + link.waiting}")
    return "  ".join(parts)


def progress(guidance: Guidance) -> str:
    """How far a step of the calibration is, as a bar."""
    done = round(guidance.share * _BAR)
    name = {"stand": "standing still", "hinge": "hinging"}.get(guidance.step, "")
    return f"{name}  {'█' * done}{'░' * (_BAR - done)}" if name else ""


def _repetition(judged: Judged) -> str:
    one = judged.attempt
    where = f"set {one.set} rep {judged.number}" if judged.number is not None else "a bend on its own"
    why = f": {judged.words}" if judged.words else ""
    numbers = f"hinge {one.hip_hinge_deg:.0f}°, lower back {one.lumbar_flexion_deg:+.0f}°"
    return f"{_SIGN[one.verdict]} {where} {one.verdict}, {numbers}{why}"


def _device(update: LiveUpdate) -> str:
    match update:
        case LinkUp():
            return "connected"
        case LinkDown():
            return "link lost: the device keeps what it measures; waiting for it"
        case DeviceInfo():
            return f"{update.name} ({update.board}, firmware {update.firmware})"
        case Rebooted(uncertainty_s=None):
            return "the device restarted; the session goes on"
        case Rebooted(uncertainty_s=float() as off_s):
            return f"its clock is joined to the old one's to within {1000 * off_s:.0f} ms"
        case Lost(blocks=0, samples=(int() as sacral, int() as thoracic)):
            return f"{max(sacral, thoracic)} samples are missing for good"
        case Lost():
            many = f"{update.blocks} blocks" if update.blocks else "samples not in any block"
            return f"{many} will never come ({update.reason.replace('_', ' ')})"
        case DeviceEvent():
            return _EVENTS.get(update.kind, "")
        case DeviceLogged(level="warning" | "error"):
            return f"device: {update.text}"
        case Refused():
            return f"the device refused: {update.code} {update.detail}".rstrip()
        case Unanswered():
            return f"the device does not answer ({update.what})"
        case _:
            return ""


def _finished(update: Finished) -> str:
    lost = f"; {update.lost_blocks} blocks lost" if update.lost_blocks else ""
    where = f"; recorded in {update.folder}" if update.folder else ""
    if not update.duration_s:
        return f"no sample came{where}"
    if not update.attempts:
        return f"{update.duration_s:.0f} s{lost}{where}"
    counted = [one for one in update.attempts if one.set]
    good = sum(one.verdict == "compliant" for one in counted)
    sets = len({one.set for one in counted})
    many = f"{len(counted)} repetitions in {sets} set{'' if sets == 1 else 's'}"
    return f"{many}, {good} compliant, {update.duration_s:.0f} s{lost}{where}"
