"""What a session notices on its way, out of the one table of texts. Pure; loaded with the first session."""

from __future__ import annotations

from hiphinge.app.live.updates import Disturbed, Noted, Notice, Warned
from hiphinge.dashboard.texts import text
from hiphinge.kinematics.disturbances import Disturbance


def told_words(told: Notice | Warned | Disturbed | Noted) -> str:
    """What a session tells, in the page's language; as it is where it comes from a file, a device or a library."""
    match told:
        case Disturbed():
            return _disturbed(told.disturbance)
        case Notice(key=str(key)) if key:
            return text(f"told.{key}", **told.values)
        case Warned(key=str(key)) if key:
            return text(f"warned.{key}", **told.values)
        case _:
            return told.words


def _disturbed(one: Disturbance) -> str:
    key = one.kind
    if key == "clipping":
        key = "clipping_rate" if one.unit == "deg/s" else "clipping_force"
    digits = 1 if one.kind == "vibration" else 0
    return text(
        f"disturbed.{key}",
        sensor=text(f"disturbed_sensor.{one.sensor}"),
        size=f"{one.size:.{digits}f}",
        unit=one.unit,
        at=f"{one.at_s:.1f}",
        since=f"{one.start_s:.1f}",
        lasted=f"{one.end_s - one.start_s:.0f}",
    )
