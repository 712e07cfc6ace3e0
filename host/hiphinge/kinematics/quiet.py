"""Standing still: where both sensors rest in one pose for a while."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.grid import runs
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rotation import unit
from hiphinge.model import Bools, Floats

# Quiet standing sways at 1-2 deg/s rms; a slow hinge passes 6 deg/s within its first tenth of a second.
STILL_RATE_RADPS = np.deg2rad(6.0)
# A pause this short at the top of a repetition already shows a pose; shorter ones are turning points.
SHORTEST_S = 0.4
# Standing must last this long to define a zero: sway has periods of 2-5 s, and pauses between repetitions are shorter.
LEAST_STANDING_S = 1.5
# Beyond this a rest says no more about being the standing of the repetitions.
MOST_WEIGHED_S = 5.0
# So much standing before the first bend defines zero by itself: the 3 s that wearers are asked for, less the settling.
# The rests that follow are where they got back to, by half a degree here and there.
DEFINING_STANDING_S = 2.0
# Standings this near to each other are one stance: sway moves means of a few seconds by 0.3-0.8 deg.
SAME_STANCE_DEG = 1.5
# Poses within this angle are the same standing: day-to-day return to standing wanders by 1-3 deg, a changed stance
# (split against parallel) moves the pelvis by 5 and more, a bottom position lies 30 and more away.
SAME_POSE_DEG = 8.0
# Who has just arrived turns no more, but may still be coming to a halt: the last 0.2 m/s, averaged over 4 s, look like
# 0.3 deg. Who leaves slowly bends by up to a degree before it shows.
_ARRIVING_S, _LEAVING_S = 1.0, 0.2

# A stillness in which the pose creeps further than sway reaches is two standings: the stance was shifted slowly.
_SWAY_DEG = 2.5


@dataclass(frozen=True, slots=True)
class QuietRun:
    """A stretch of stillness: half-open grid indices and the mean vertical in either sensor's frame."""

    start: int
    stop: int
    sacral_up: Floats
    thoracic_up: Floats


@dataclass(frozen=True, slots=True)
class Pose:
    """Quiet runs that share one pose."""

    runs: tuple[QuietRun, ...]
    most_weighed: float = float("inf")

    @property
    def samples(self) -> int:
        """Length of all runs together, in samples."""
        return sum(run.stop - run.start for run in self.runs)

    @property
    def weight(self) -> float:
        """Length of all runs, none counted beyond `MOST_WEIGHED_S`: a minute on a chair is no better evidence."""
        return float(sum(min(run.stop - run.start, self.most_weighed) for run in self.runs))

    @property
    def longest(self) -> QuietRun:
        """The run whose mean is known best."""
        return max(self.runs, key=lambda run: run.stop - run.start)


def mean_up(found: Sequence[QuietRun]) -> tuple[Floats, Floats]:
    """Mean vertical in the sacral and the thoracic sensor's frame over some runs, by their length."""
    lengths = np.array([run.stop - run.start for run in found])[:, None]
    sacral = (np.array([run.sacral_up for run in found]) * lengths).sum(axis=0)
    thoracic = (np.array([run.thoracic_up for run in found]) * lengths).sum(axis=0)
    return unit(sacral), unit(thoracic)


def defining_standing(found: Sequence[QuietRun], before: int, rate_hz: float) -> list[QuietRun]:
    """The runs that define zero: the standing just before row `before`, with as much as it takes of earlier ones.

    All of them where that is not enough: pauses between repetitions are better than nothing.
    """
    least, enough = round(LEAST_STANDING_S * rate_hz), DEFINING_STANDING_S * rate_hz
    taken: list[QuietRun] = []
    for run in reversed([run for run in found if run.start < before and run.stop - run.start >= least]):
        if not taken or pose_distance_deg(run, taken[0]) < SAME_STANCE_DEG:
            taken.append(run)
        if sum(run.stop - run.start for run in taken) >= enough:
            return taken
    return list(found)


def still(motion: SensorMotion, rate_hz: float) -> Bools:
    """Instants at which the sensor hardly turns: its rate, averaged over 0.2 s, is below `STILL_RATE_RADPS`."""
    width = max(1, round(0.2 * rate_hz))
    speed = np.linalg.norm(motion.rate_radps, axis=1)
    speed = np.where(np.isfinite(speed) & (motion.gap_s < np.inf), speed, np.inf)
    finite = np.where(np.isfinite(speed), speed, 1e3)
    return moving_mean(finite, width) < STILL_RATE_RADPS


def quiet_runs(sacral: SensorMotion, thoracic: SensorMotion, rate_hz: float) -> list[QuietRun]:
    """Stretches of at least `SHORTEST_S` in which both sensors are still.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
    rate_hz : float

    Returns
    -------
    list of QuietRun
        In order of time.
    """
    quiet = still(sacral, rate_hz) & still(thoracic, rate_hz)
    shortest = max(2, round(SHORTEST_S * rate_hz))
    standing = round(LEAST_STANDING_S * rate_hz)
    by_filter = [np.cumsum(np.nan_to_num(up), axis=0) for up in (sacral.up, thoracic.up)]
    by_force = [
        up if motion.acc_mps2 is None else np.cumsum(np.nan_to_num(motion.acc_mps2), axis=0)
        for motion, up in zip((sacral, thoracic), by_filter, strict=True)
    ]

    arriving, leaving = round(_ARRIVING_S * rate_hz), round(_LEAVING_S * rate_hz)

    def mean(segment: int, run: slice) -> Floats:
        if run.stop - run.start < standing:
            return between(by_filter[segment], run.start, run.stop)
        # A standing long enough for its sway to cancel shows the vertical by force alone; a causal filter may still be
        # on its way back from steps taken just before.
        spare = run.stop - run.start >= standing + arriving + leaving
        start = run.start + arriving if spare and run.start else run.start
        return between(by_force[segment], start, run.stop - leaving if spare else run.stop)

    def between(total: Floats, start: int, stop: int) -> Floats:
        return unit(total[stop - 1] - (total[start - 1] if start else np.zeros(3)))

    return [
        QuietRun(run.start, run.stop, mean(0, run), mean(1, run))
        for part in runs(quiet)
        for run in _split_drifting(part, sacral.up, thoracic.up)
        if run.stop - run.start >= shortest
    ]


def poses(found: list[QuietRun], rate_hz: float) -> list[Pose]:
    """Group runs into poses, longest run first; each run joins the first pose within `SAME_POSE_DEG` of its seed."""
    seeds: list[list[QuietRun]] = []
    for run in sorted(found, key=lambda run: run.start - run.stop):
        for group in seeds:
            if pose_distance_deg(run, group[0]) < SAME_POSE_DEG:
                group.append(run)
                break
        else:
            seeds.append([run])
    most_weighed = MOST_WEIGHED_S * rate_hz
    return [Pose(tuple(sorted(group, key=lambda run: run.start)), most_weighed) for group in seeds]


def pose_distance_deg(a: QuietRun, b: QuietRun) -> float:
    """How far two poses differ: the larger of the two segments' changes of inclination."""
    return max(angle_deg(a.sacral_up, b.sacral_up), angle_deg(a.thoracic_up, b.thoracic_up))


def angle_deg(a: Floats, b: Floats) -> float:
    """Angle between two unit vectors in deg, good to a hundredth."""
    return math.degrees(math.acos(min(1.0, max(-1.0, float(a @ b)))))


def moving_mean(values: Floats, width: int) -> Floats:
    """Centred mean over `width` samples, shorter at the ends, (N,)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    low = np.maximum(0, at - (width - 1) // 2)
    high = np.minimum(len(values), at + width // 2 + 1)
    return (total[high] - total[low]) / (high - low)


def _split_drifting(part: slice, sacral_up: Floats, thoracic_up: Floats) -> list[slice]:
    """Cut a long stillness in which the pose creeps (settling onto a chair) where it has left its first pose."""
    pieces: list[slice] = []
    start = part.start
    while start < part.stop:
        stop = part.stop
        for up in (sacral_up, thoracic_up):
            cosine = up[start : part.stop] @ up[start]
            away = np.flatnonzero(cosine < np.cos(np.deg2rad(_SWAY_DEG)))
            if len(away):
                stop = min(stop, start + int(away[0]))
        pieces.append(slice(start, max(stop, start + 1)))
        start = pieces[-1].stop
    return pieces
