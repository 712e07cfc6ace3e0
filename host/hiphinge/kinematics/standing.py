"""Standing still, watched live: where it fixes the heading between the sensors and, between sets, a new zero."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.calibration import reneutral
from hiphinge.kinematics.grid import runs
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import STILL_RATE_RADPS, angle_deg, mean_up, quiet_runs
from hiphinge.kinematics.rotation import unit
from hiphinge.kinematics.track import circular_mean, heading_difference_rad, standing
from hiphinge.model import Floats

# The heading is taken where both segments are near standing and have been still for a moment.
HEADING_S = 0.4
_UPRIGHT_DEG = 8.0
# A standing is averaged over its last seconds: several periods of sway.
LONGEST_S = 10.0
# A pose that creeps further than sway reaches is another standing: the stance is being shifted slowly.
_SWAY_DEG = 2.5
# Pauses count as the stance's standing where they are this near to its zero: not when arched.
_SAME_TOP_DEG = 4.0


class StandingWatch:
    """Follows runs of stillness in thinned samples.

    Attributes
    ----------
    since : int or None
        Thinned sample at which the present stillness began.
    """

    def __init__(self) -> None:
        self.since: int | None = None
        self._seed: tuple[Floats, Floats] | None = None

    def push(self, at: int, sacral: SensorMotion, thoracic: SensorMotion) -> int:
        """One thinned sample of either sensor; returns for how many it has been still now."""
        speeds = speed_radps(sacral), speed_radps(thoracic)
        if not max(speeds) < STILL_RATE_RADPS:
            self.since = self._seed = None
            return 0
        ups = sacral.up[0], thoracic.up[0]
        if self._seed is None or any(angle_deg(a, b) > _SWAY_DEG for a, b in zip(self._seed, ups, strict=True)):
            self.since, self._seed = at, (ups[0].copy(), ups[1].copy())
        assert self.since is not None
        return at + 1 - self.since


def speed_radps(motion: SensorMotion) -> float:
    """Angular speed of a motion's first row; infinite where unknown."""
    x, y, z = motion.rate_radps[0].tolist()
    square = x * x + y * y + z * z
    return square**0.5 if square == square else float("inf")


def upright(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral) -> bool:
    """Whether both segments are near standing at the last row."""
    return all(
        angle_deg(motion.up[-1], frame[1]) < _UPRIGHT_DEG
        for motion, frame in ((sacral, frames.sacral), (thoracic, frames.thoracic))
    )


def standing_neutral(axes: Neutral, sacral: SensorMotion, thoracic: SensorMotion, rate_hz: float) -> Neutral:
    """The zero of one standing of `quiet.LEAST_STANDING_S` or more, on known flexion axes.

    By force alone where there is one: its sway cancels, and a causal filter may still be on its way back from steps
    taken just before.
    """
    ups = [
        unit((motion.up if motion.acc_mps2 is None else motion.acc_mps2).mean(axis=0)) for motion in (sacral, thoracic)
    ]
    return zeroed(axes, ups[0], ups[1], len(sacral.up) / rate_hz)


def zeroed(axes: Neutral, sacral_up: Floats, thoracic_up: Floats, stood_s: float) -> Neutral:
    """Known flexion axes with another zero, which so many seconds of standing define."""
    return Neutral(axes.from_s, reneutral(axes.sacral, sacral_up), reneutral(axes.thoracic, thoracic_up), stood_s)


def stance_neutral(
    axes: Neutral, zero: Neutral, sacral: SensorMotion, thoracic: SensorMotion, rate_hz: float
) -> Neutral:
    """The zero of a stance from every pause in it that is near the zero in force; that one if there is none.

    Parameters
    ----------
    axes, zero : Neutral
        Flexion axes, and the zero in force.
    sacral, thoracic : SensorMotion
        Thinned, rightly labelled, since the stance was taken up.
    rate_hz : float
    """
    near = [
        run
        for run in quiet_runs(sacral, thoracic, rate_hz)
        if angle_deg(run.sacral_up, zero.sacral[1]) < _SAME_TOP_DEG
        and angle_deg(run.thoracic_up, zero.thoracic[1]) < _SAME_TOP_DEG
    ]
    if not near:
        return zeroed(axes, zero.sacral[1], zero.thoracic[1], zero.stood_s)
    return zeroed(axes, *mean_up(near), sum(run.stop - run.start for run in near) / rate_hz)


def last_heading_rad(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral, rate_hz: float) -> float:
    """Heading offset between the filters at the last standing since either was last lost; NaN without one."""
    difference = heading_difference_rad(sacral, thoracic, frames)
    known = runs(np.isfinite(difference))
    if not known or known[-1].stop < len(difference):
        return float("nan")
    stands = [run for run in standing(sacral, thoracic, frames, rate_hz) if run.start >= known[-1].start]
    return circular_mean(difference[stands[-1]]) if stands else float("nan")
