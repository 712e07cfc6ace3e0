"""A sensor that turns on its wearer, noticed live: at the first moment of standing after it.

Between two moments of standing the relation of the two segments is what it was, but for the wearer's return to standing
(1-3 deg). Where it is another one, and all of the change came within the four tenths of a second a slip takes, one
sensor has turned; an arched or rounded back takes longer to come and goes again. The one that has turned is the one
that another vertical, or another heading, is seen by. Offline, `kinematics.slip` looks both ways in time instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.angles import relation
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import angle_deg
from hiphinge.kinematics.rotation import conjugate, from_rotation_vector, matrix, multiply, rotation_vector
from hiphinge.kinematics.slip import rotated_deg
from hiphinge.kinematics.track import heading_difference_rad
from hiphinge.kinematics.window import STEPS_MPS2, shaking_mps2
from hiphinge.model import SEGMENTS, Floats, Segment

# As for `anchors`: turning points count, not only pauses, and the other segment is near its neutral.
_SLOW_RADPS = np.deg2rad(20.0)
_UPRIGHT_DEG = 8.0
# Standing this long makes a moment of standing.
_MOMENT_S = 0.2
# Between moments further apart than this the wearer may have done anything.
_LONGEST_S = 20.0
# A slip takes half a second at most, and nine tenths of it come within this.
_BRISK_S = 0.32
# People come back to the same standing within 1-3 deg; an arched or rounded back is let go of more slowly, but may be
# so in part.
_LEAST_DEG = 10.0
_LEAST_SAGITTAL_DEG = 11.0
_SAGITTAL_SHARE = 0.9
# All of it came at once: what did not is the wearer's. Simulated slips of 0.3-0.5 s, in bends too, leave a tenth at
# most; arching (0.6 s and more), twists and side bends of a second leave a sixth to two thirds.
_REST_SHARE = 0.13
# Arched at lock-out a back is where a slipped sensor would show it, and as briskly: by 10-16 deg, held for some tenths
# of a second to some seconds, let go in the next bend at the latest. Beyond the first figure nobody arches in a third
# of a second; below it the change must outlast the second one without coming back by more than the third.
_MOST_ARCHED_DEG = 18.0
_OUTLASTS_S = 3.0
_BACK_SHARE = 0.6
# Some steps in all; the sensor's own turning shakes it for less.
_STEPS_S = 1.5
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
        Sensor to segment since.
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


def slipped(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral, rate_hz: float) -> LiveSlip | None:
    """The slip between two moments of standing, or None.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
        Under their right labels, thinned, from the end of the one moment to the newest sample.
    frames : Neutral
        In force before.
    rate_hz : float
    """
    motions = (sacral, thoracic)
    if any(_stepping(motion, rate_hz) for motion in motions):
        return None
    turns = [_turn(multiply(conjugate(motion.quat[:1]), motion.quat[-1:])) for motion in motions]
    sizes_deg = [float(np.degrees(np.linalg.norm(turn))) for turn in turns]
    at = int(np.argmax(sizes_deg))
    if not sizes_deg[at] > _LEAST_DEG / 2 or not near_zero(sacral, thoracic, frames)[1 - at]:
        return None
    offset = float(heading_difference_rad(sacral.rows(slice(0, 1)), thoracic.rows(slice(0, 1)), frames)[0])
    between = relation(sacral.quat, thoracic.quat, (frames.sacral, frames.thoracic), np.full(len(sacral.quat), offset))
    if not np.isfinite(between).all():
        return None
    step = _turn(multiply(conjugate(between[:1]), between[-1:]))
    size_deg = float(np.degrees(np.linalg.norm(step)))
    sagittal = abs(step[2]) > _SAGITTAL_SHARE * np.radians(size_deg)
    if not (_LEAST_SAGITTAL_DEG if sagittal else _LEAST_DEG) < size_deg < _MOST_DEG:
        return None
    reach = min(len(between) - 1, max(1, round(_BRISK_S * rate_hz)))
    quick = rotation_vector(multiply(conjugate(between[:-reach]), between[reach:]))
    rest_deg = np.degrees(np.linalg.norm(quick - step, axis=1))
    if not rest_deg.min() < _REST_SHARE * size_deg:
        return None
    if sagittal and step[2] > 0 and size_deg < _MOST_ARCHED_DEG:
        since = between[int(rest_deg.argmin()) + reach :]
        back = np.linalg.norm(rotation_vector(multiply(conjugate(between[:1]), since)), axis=1)
        if len(since) < _OUTLASTS_S * rate_hz or np.degrees(back.min()) < (1 - _BACK_SHARE) * size_deg:
            return None
    middle = int(np.median(np.flatnonzero(rest_deg < rest_deg.min() + 0.05 * size_deg))) + reach // 2
    old = (frames.sacral, frames.thoracic)
    # The segments stand to each other as before: the step is the sensor's, seen from the segment it is worn on.
    turn = step if at else _turn(multiply(between[:1], conjugate(between[-1:])))
    new = matrix(from_rotation_vector(turn[None])[0]) @ old[at]
    return LiveSlip(SEGMENTS[at], middle, rotated_deg(old[at], new), new)


def _stepping(motion: SensorMotion, rate_hz: float) -> bool:
    """Whether the wearer walked meanwhile: who does stands another way afterwards."""
    if motion.acc_mps2 is None:
        return False
    shaken = shaking_mps2(motion.acc_mps2, motion.rate_radps, rate_hz) > STEPS_MPS2
    return int(np.count_nonzero(shaken)) > _STEPS_S * rate_hz


def _turn(quat: Floats) -> Floats:
    """Rotation vector (3,) of one quaternion (1, 4)."""
    return rotation_vector(quat)[0]
