"""What disturbed the sensors: noticed, said in plain words, and counted into the uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.shocks import Shock
from hiphinge.kinematics.uncertainty import RECOVERY_S, decaying_peak
from hiphinge.model import SEGMENTS, Floats, Segment

# Frames learnt from one stretch of a set rest on fewer standings and bends (simulated slips: errors to 0.8 deg).
RELEARNT_SD_DEG = 0.5

# A slip is over within half a second either side of the moment found.
TURNING_S = 0.5

DisturbanceKind = Literal["slip", "loose", "knock", "clipping", "vibration"]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One thing that disturbed one sensor.

    Attributes
    ----------
    kind : str
    sensor : "sacral" or "thoracic"
    start_s, end_s : float
    at_s : float
        The moment to name.
    size : float
        In `unit`.
    unit : "deg", "m/s²" or "deg/s"
    sd_deg : float
        What it adds to the tilt's standard deviation at its worst.
    """

    kind: DisturbanceKind
    sensor: Segment
    start_s: float
    end_s: float
    at_s: float
    size: float
    unit: Literal["deg", "m/s²", "deg/s"]
    sd_deg: float


def from_shocks(shocks: Sequence[Shock], sensor: Segment, time_s: Floats) -> list[Disturbance]:
    """The shocks of one sensor as disturbances; `time_s` (M,) are the times of their rows."""
    return [
        Disturbance(
            kind=shock.kind,
            sensor=sensor,
            start_s=float(time_s[shock.start]),
            end_s=float(time_s[shock.stop - 1]),
            at_s=float(time_s[shock.start]),
            size=float(np.degrees(shock.size)) if shock.of_rate else shock.size,
            unit="deg/s" if shock.of_rate else "m/s²",
            sd_deg=shock.sd_deg,
        )
        for shock in shocks
    ]


def relabelled(found: Sequence[Disturbance], swapped: bool) -> list[Disturbance]:
    """Disturbances under the sensors' right labels."""
    if not swapped:
        return list(found)
    other: dict[Segment, Segment] = {"sacral": "thoracic", "thoracic": "sacral"}
    return [replace(one, sensor=other[one.sensor]) for one in found]


def raised(
    motion: SensorMotion, sensor: Segment, found: Sequence[Disturbance], time_s: Floats, rate_hz: float
) -> SensorMotion:
    """The motion of a sensor with its disturbances counted into `gap_sd_deg`.

    A knock, a clipped top: at its worst from then on, taken back by the accelerometer as after a gap; filters over
    whole recordings are misled before it as well. A slip, a loose clip, vibration: while it lasts; a slip on both
    sensors, because where a bend is deepest is told by the thorax and read on the pelvis.

    Parameters
    ----------
    motion : SensorMotion
        M instants.
    sensor : "sacral" or "thoracic"
    found : sequence of Disturbance
        Those of other sensors are left out.
    time_s : (M,) float
    rate_hz : float
    """
    mine = [one for one in found if one.sensor == sensor or one.kind == "slip"]
    if not mine:
        return motion
    rate = motion.rate_radps.copy()
    lasting, passing = np.zeros(len(time_s)), np.zeros(len(time_s))
    for one in mine:
        first, last = (int(np.searchsorted(time_s, at)) for at in (one.start_s, one.end_s))
        rows = slice(first, last + 1)
        into = passing if one.kind in ("knock", "clipping") else lasting
        into[rows] = np.maximum(into[rows], one.sd_deg)
        if one.kind == "slip" and one.sensor == sensor:
            # Its own turning is none of the wearer's.
            rate[np.abs(time_s - one.at_s) < TURNING_S] = 0.0
            lasting[last + 1 :] = np.maximum(lasting[last + 1 :], RELEARNT_SD_DEG)
    total = motion.gap_sd_deg**2 + lasting**2
    if passing.any():
        keep = float(np.exp(-1.0 / (RECOVERY_S * rate_hz)))
        total = total + np.maximum(decaying_peak(passing, keep), decaying_peak(passing[::-1], keep)[::-1]) ** 2
    return replace(motion, gap_sd_deg=np.sqrt(total), rate_radps=rate)


def said(found: Sequence[Disturbance]) -> tuple[str, ...]:
    """What a user should know: one line a kind and sensor, slips a line each."""
    lines: list[tuple[float, str]] = []
    for sensor in SEGMENTS:
        for kind, say in _SAY.items():
            mine = sorted((one for one in found if one.sensor == sensor and one.kind == kind), key=lambda one: one.at_s)
            if mine:
                lines.append((mine[0].at_s, say(mine)))
    return tuple(line for _, line in sorted(lines))


def _times(mine: Sequence[Disturbance]) -> str:
    first, last = mine[0], mine[-1]
    if len(mine) == 1:
        return f"at {first.at_s:.1f} s"
    return f"{len(mine)} times, first at {first.at_s:.1f} s, last at {last.at_s:.1f} s"


def _slip(mine: Sequence[Disturbance]) -> str:
    largest = max(one.size for one in mine)
    return (
        f"the {mine[0].sensor} sensor slipped on the body by {largest:.0f} deg {_times(mine)}: how it sits was learnt "
        "anew from the standing and the bends after it, an attempt at that moment is uncertain; fasten it tighter"
    )


def _loose(mine: Sequence[Disturbance]) -> str:
    one = mine[0]
    return (
        f"the {one.sensor} sensor seems loose from {one.start_s:.1f} s on: standing again it leans differently by "
        f"{one.size:.0f} deg; its angles are less certain; fasten it tighter"
    )


def _knock(mine: Sequence[Disturbance]) -> str:
    largest = max(one.size for one in mine)
    return (
        f"the {mine[0].sensor} sensor was knocked {_times(mine)} (up to {largest:.0f} m/s²): angles near it are less "
        "certain; keep dowel, bar and clothes off it"
    )


def _clipping(mine: Sequence[Disturbance]) -> str:
    by_rate = [one for one in mine if one.unit == "deg/s"]
    one = (by_rate or list(mine))[0]
    effect = "angles are uncertain until the next standing" if by_rate else "angles just after are less certain"
    what = "turned faster" if by_rate else "was shaken harder"
    return (
        f"the {one.sensor} sensor {what} than its range of {one.size:.0f} {one.unit} {_times(mine)}: {effect}; "
        "set a larger range"
    )


def _vibration(mine: Sequence[Disturbance]) -> str:
    lasted_s = sum(one.end_s - one.start_s for one in mine)
    largest = max(one.size for one in mine)
    return (
        f"the {mine[0].sensor} sensor was shaken by vibration for {lasted_s:.0f} s from {mine[0].start_s:.1f} s on "
        f"({largest:.1f} m/s²): angles are less certain meanwhile; look for a loose clip or a machine nearby"
    )


_SAY: dict[DisturbanceKind, Callable[[Sequence[Disturbance]], str]] = {
    "slip": _slip,
    "loose": _loose,
    "knock": _knock,
    "clipping": _clipping,
    "vibration": _vibration,
}
