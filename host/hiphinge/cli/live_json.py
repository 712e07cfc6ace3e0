"""A live session's updates as JSON lines: the schema that host/docs/live-json.md documents. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hiphinge import __version__
from hiphinge.app.live.plan import LivePlan
from hiphinge.app.live.updates import (
    Finished,
    Guidance,
    Health,
    Judged,
    Kept,
    LiveUpdate,
    Notice,
    Recorded,
    SetChanged,
    Shown,
)
from hiphinge.app.results import attempt_values, repetition_numbers
from hiphinge.engine import Calibrated, Disturbed, Noted, Rezeroed
from hiphinge.link import events as link

SCHEMA = "hiphinge.live/1"

# Of what comes from the device, names are those of the dataclasses, but for these: times say whose clock they are.
_TYPES: dict[type[Any], str] = {
    link.LinkUp: "link_up",
    link.LinkDown: "link_down",
    link.DeviceInfo: "device",
    link.DeviceStatus: "device_status",
    link.DeviceEvent: "device_event",
    link.DeviceLogged: "device_log",
    link.ButtonPressed: "button",
    link.SessionStarted: "started",
    link.Rebooted: "rebooted",
    link.Lost: "lost",
    link.Refused: "refused",
    link.Unanswered: "unanswered",
    link.Warned: "warning",
}
_RENAMED = {"at_s": "host_s"}
_DECIMALS = 6


def first_line(plan: LivePlan, source: str) -> str:
    """The line that every stream begins with."""
    return _line(
        "session",
        schema=SCHEMA,
        version=__version__,
        source=source,
        judged=plan.judged,
        programme=plan.programme.name,
        preset=plan.programme.preset,
        limits=plan.limits.to_dict(),
        rest_s=plan.rest_s,
        rate_hz=plan.rate_hz,
    )


def json_line(update: LiveUpdate) -> str:
    """The update as one JSON object."""
    match update:
        case Shown():
            last = {one.name: float(getattr(update.angles, one.name)[-1]) for one in fields(update.angles)}
            return _line("angles", **last, samples=len(update.angles.time_s), delay_s=update.shown_s - update.arrived_s)
        case Judged():
            return _line("repetition", **attempt_values(update.attempt, update.number), words=update.words)
        case Finished():
            numbers = repetition_numbers(update.attempts)
            return _line(
                "finished",
                folder=None if update.folder is None else str(update.folder),
                duration_s=update.duration_s,
                lost_blocks=update.lost_blocks,
                left_blocks=update.left_blocks,
                attempts=[attempt_values(one, at) for one, at in zip(update.attempts, numbers, strict=True)],
            )
        case Kept():
            return _line("mark", time_s=update.event.time_s, what=update.event.kind, note=update.event.note)
        case Recorded():
            return _line("recording", folder=str(update.folder))
        case Guidance():
            return _line("guidance", step=update.step, share=update.share, words=update.words)
        case SetChanged():
            return _line("set", running=update.running, time_s=update.time_s)
        case Calibrated():
            found = update.calibration
            return _line(
                "calibrated",
                time_s=update.at_s,
                how=update.how,
                swapped=found.swapped,
                flexion_axis_quality=found.flexion_axis_quality,
                warnings=list(found.warnings),
            )
        case Rezeroed():
            return _line("rezeroed", time_s=update.at_s)
        case Disturbed():
            return _line("disturbed", time_s=update.disturbance.at_s, words=update.words)
        case Notice():
            return _line("notice", words=update.words, key=update.key, values=update.values)
        case Noted():
            return _line("notice", words=update.words, key="", values={})
        case Health():
            return _line("health", host_s=update.at_s, **_fields(update.link))
        case _:
            return _line(_TYPES[type(update)], **_fields(update))


def _line(kind: str, **values: Any) -> str:
    return json.dumps({"type": kind, **_plain(values)}, ensure_ascii=False, allow_nan=False)


def _fields(one: Any) -> dict[str, Any]:
    return {_RENAMED.get(field.name, field.name): getattr(one, field.name) for field in fields(one)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}  # type: ignore[misc]
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]  # type: ignore[misc]
    if isinstance(value, float):
        return round(value, _DECIMALS) + 0.0 if math.isfinite(value) else None
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(part) for name, part in _fields(value).items()}
    return value
