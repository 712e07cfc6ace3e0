"""Smooth curves that movements are made of: twice continuously differentiable, so that accelerations exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hiphinge.model import Floats


@dataclass(frozen=True, slots=True)
class Blend:
    """How somebody goes from 0 to 1: no two people, and no two repetitions, draw the same curve.

    Attributes
    ----------
    skew : float
        Early (+) or late (-) start.
    hesitation : float
        Slower in the middle (+) or at the ends (-).
    ripple : float
        Two slow spots (+) or one at each quarter (-).
    peaked : float
        0..1: from minimum jerk (Flash & Hogan 1985) to minimum snap.
    """

    skew: float = 0.0
    hesitation: float = 0.0
    ripple: float = 0.0
    peaked: float = 0.0

    def __call__(self, u: Floats) -> Floats:
        """Value at the fraction `u` of the time, held at 0 before and 1 after.

        The time warp's slope stays positive while the three bends' magnitudes sum to less than 1, and speed and
        acceleration vanish at both ends whatever the warp.
        """
        u = np.clip(u, 0.0, 1.0)
        w = u + self.skew * u * (1 - u)
        w = (
            w
            + self.hesitation * np.sin(2 * np.pi * u) / (2 * np.pi)
            + self.ripple * np.sin(4 * np.pi * u) / (4 * np.pi)
        )
        snap = w**4 * (35 - 84 * w + 70 * w**2 - 20 * w**3)
        return (1 - self.peaked) * minimum_jerk(w) + self.peaked * snap


def random_blend(rng: np.random.Generator) -> Blend:
    """Draw a curve; the ranges keep the sum of bends under 0.9, hence the movement one-way."""
    return Blend(
        skew=float(rng.uniform(-0.3, 0.3)),
        hesitation=float(rng.uniform(-0.15, 0.4)),
        ripple=float(rng.uniform(-0.2, 0.2)),
        peaked=float(rng.uniform(0.0, 0.6)),
    )


def minimum_jerk(u: Floats) -> Floats:
    """0 to 1 as `u` goes from 0 to 1, held outside; speed and acceleration vanish at both ends."""
    u = np.clip(u, 0.0, 1.0)
    return u**3 * (10 - 15 * u + 6 * u**2)


def bump(t: Floats, start: float, peak: float, leave: float, end: float) -> Floats:
    """0, up to 1 from `start` to `peak`, held until `leave`, back to 0 at `end`."""
    return minimum_jerk((t - start) / (peak - start)) - minimum_jerk((t - leave) / (end - leave))


def through(t: Floats, times: Sequence[float], values: Sequence[float]) -> Floats:
    """Rest at each value at its time, minimum jerk between; held outside."""
    result = np.full_like(t, values[0])
    for begin, end, before, after in zip(times, times[1:], values, values[1:], strict=False):
        if after != before:
            result += (after - before) * minimum_jerk((t - begin) / (end - begin))
    return result


def hermite(t: Floats, knots: Sequence[tuple[float, float, float, float]]) -> Floats:
    """Piecewise quintic through (time, value, rate, acceleration) knots; held outside them."""
    result = np.where(t < knots[0][0], knots[0][1], knots[-1][1])
    for (t0, p0, v0, a0), (t1, p1, v1, a1) in pairwise(knots):
        inside = (t >= t0) & (t < t1)
        h = t1 - t0
        u = (t[inside] - t0) / h
        c3 = 10 * (p1 - p0) - (6 * v0 + 4 * v1) * h - (1.5 * a0 - 0.5 * a1) * h * h
        c4 = -15 * (p1 - p0) + (8 * v0 + 7 * v1) * h + (1.5 * a0 - a1) * h * h
        c5 = 6 * (p1 - p0) - 3 * (v0 + v1) * h - 0.5 * (a0 - a1) * h * h
        result[inside] = p0 + u * (v0 * h + u * (0.5 * a0 * h * h + u * (c3 + u * (c4 + u * c5))))
    return result


def impact(t: Floats, at_s: float, size_m: float, frequency_hz: float, decay_s: float) -> Floats:
    """Ringing after a blow at `at_s`: a displacement that begins with zero speed and acceleration."""
    later = np.clip(t - at_s, 0.0, None)
    # A fifth of a period: soon enough to ring at full size, and cubed it begins with no jump in acceleration.
    onset = 1 - np.exp(-5 * later * frequency_hz)
    return -size_m * onset**3 * np.exp(-later / decay_s) * np.sin(2 * np.pi * frequency_hz * later)
