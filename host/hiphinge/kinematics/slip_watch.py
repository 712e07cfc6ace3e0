"""A sensor that turns on its wearer, noticed live: at the first moment of standing after it.

Between two moments of standing the relation of the two segments is what it was, but for the wearer's return to standing
(1-3 deg). Where it is another one, and all of the change came within the four tenths of a second a slip takes, one
sensor has turned; an arched or rounded back takes longer to come and goes again. The one that has turned is the one
that another vertical, or another heading, is seen by. Offline, `kinematics.slip` looks both ways in time instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.angles import axis_heading_rad, relation
from hiphinge.kinematics.calibration import reneutral
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import angle_deg
from hiphinge.kinematics.rotation import conjugate, matrix, multiply, rotation_vector, unit
from hiphinge.kinematics.slip import turn_deg
from hiphinge.kinematics.track import heading_difference_rad
from hiphinge.model import SEGMENTS, Floats, Segment

# As for `anchors`: turning points count, not only pauses, and the other segment is near its neutral.
_SLOW_RADPS = np.deg2rad(20.0)
_UPRIGHT_DEG = 8.0
# Standing this long makes a moment of standing.
_MOMENT_S = 0.2
# Between moments further apart than this the wearer may have done anything.
_LONGEST_S = 20.0
# A slip takes half a second at most, and most of it comes within this.
_BRISK_S = 0.4
# People come back to the same standing within 1-3 deg.
_LEAST_DEG = 6.0
# All of it came at once: what did not is the wearer's, whose lumbar spine bends by a few degrees meanwhile.
_REST_SHARE = 0.35
# Further than this no clip turns and still holds.
_MOST_DEG = 60.0


@dataclass(frozen=True, slots=True)
class LiveSlip:
    """One sensor's mounting changed. Rows are thinned samples, counted from the stretch looked at.

    Attributes
    ----------
    sensor : "sacral" or "thoracic"
        By the right labels.
    at : int
        The middle of its turning.
    angle_deg : float
    frame : (3, 3) float
        Sensor to segment since, zero at the standing after it.
    """

    sensor: Segment
    at: int
    angle_deg: float
    frame: Floats


class MomentWatch:
    """Moments of standing, as thinned samples come.

    Attributes
    ----------
    last : (start, stop) or None
        Half-open thinned samples of the last moment of standing, at most `_MOMENT_S` of it.
    began : int or None
        Where the present one began.
    """

    def __init__(self, rate_hz: float) -> None:
        self._length = max(2, round(_MOMENT_S * rate_hz))
        self._longest = round(_LONGEST_S * rate_hz)
        self.last: tuple[int, int] | None = None
        self.began: int | None = None

    def push(self, at: int, fastest_radps: float) -> bool:
        """The next thinned sample; whether a moment of standing has just become one, with another one before it."""
        if not fastest_radps < _SLOW_RADPS:
            self.began = None
            if fastest_radps == np.inf:
                self.last = None
            return False
        if self.began is None:
            self.began = at
        fresh = at + 1 - self.began == self._length
        return fresh and self.last is not None and at - self.last[1] < self._longest

    def stands(self, at: int) -> bool:
        """Whether the present moment lasts long enough to be one."""
        return self.began is not None and at + 1 - self.began >= self._length

    def keep(self, at: int) -> None:
        """The newest sample belongs to a standing in the pose that is known."""
        self.last = (at + 1 - self._length, at + 1)

    def forget(self) -> None:
        """What was seen before is no standing to compare with."""
        self.last = None


def near_zero(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral) -> tuple[bool, bool]:
    """Whether either segment is near its neutral at the last row."""
    return (
        angle_deg(sacral.up[-1], frames.sacral[1]) < _UPRIGHT_DEG,
        angle_deg(thoracic.up[-1], frames.thoracic[1]) < _UPRIGHT_DEG,
    )


def slipped(
    sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral, after: int, rate_hz: float
) -> LiveSlip | None:
    """The slip between two moments of standing, or None.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
        Under their right labels, thinned, from the end of the one moment to the newest sample.
    frames : Neutral
        In force before.
    after : int
        Row at which the other moment begins.
    rate_hz : float
    """
    motions = (sacral, thoracic)
    turns = [_turned(motion) for motion in motions]
    sizes_deg = [float(np.degrees(np.linalg.norm(turn))) for turn in turns]
    at = int(np.argmax(sizes_deg))
    if not sizes_deg[at] > _LEAST_DEG / 2 or not near_zero(sacral, thoracic, frames)[1 - at]:
        return None
    offset = float(heading_difference_rad(sacral.rows(slice(0, 1)), thoracic.rows(slice(0, 1)), frames)[0])
    between = relation(sacral.quat, thoracic.quat, (frames.sacral, frames.thoracic), np.full(len(sacral.quat), offset))
    if not np.isfinite(between).all():
        return None
    step = rotation_vector(multiply(conjugate(between[:1]), between[-1:]))[0]
    size_deg = float(np.degrees(np.linalg.norm(step)))
    if not _LEAST_DEG < size_deg < _MOST_DEG:
        return None
    reach = min(len(between) - 1, max(1, round(_BRISK_S * rate_hz)))
    quick = rotation_vector(multiply(conjugate(between[:-reach]), between[reach:]))
    rest_deg = np.degrees(np.linalg.norm(quick - step, axis=1))
    if not rest_deg.min() < _REST_SHARE * size_deg:
        return None
    middle = int(np.median(np.flatnonzero(rest_deg < rest_deg.min() + 0.05 * size_deg))) + reach // 2
    old = (frames.sacral, frames.thoracic)
    new = _frame_since(motions[at], motions[1 - at], old[at], old[1 - at], after)
    return LiveSlip(SEGMENTS[at], middle, turn_deg(old[at], new), new)


def _turned(motion: SensorMotion) -> Floats:
    """How the sensor's attitude at the last row differs from that at the first, rotation vector (3,)."""
    return rotation_vector(multiply(conjugate(motion.quat[:1]), motion.quat[-1:]))[0]


def _frame_since(own: SensorMotion, other: SensorMotion, old: Floats, other_frame: Floats, after: int) -> Floats:
    """The frame of a sensor since it slipped: the segment stands as before but for the heading the other one tells."""
    first, last = slice(0, 1), slice(-1, None)
    headings = [float(axis_heading_rad(other.quat[row], other_frame)[0]) for row in (first, last)]
    turn = headings[1] - headings[0]
    back = np.array([[np.cos(turn), np.sin(turn), 0.0], [-np.sin(turn), np.cos(turn), 0.0], [0.0, 0.0, 1.0]])
    since = old @ matrix(own.quat[0]).T @ back @ matrix(own.quat[-1])
    return reneutral(since, unit(own.up[after:].mean(axis=0)))
