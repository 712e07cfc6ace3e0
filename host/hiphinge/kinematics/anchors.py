"""Moments at which one sensor should look the same again: the other one shows the wearer upright, and nothing turns.

Between two such moments lies nothing, a bend, or something else. A sensor that sits where it sat sees the same vertical
at every anchor and turns about the same axis in every bend, whatever its mounting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rotation import unit
from hiphinge.model import Bools, Floats

# The other segment is this near to its neutral: stances differ by up to 5-8 deg, the return to standing by 1-3.
_UPRIGHT_DEG = 8.0
# Turning points count, not only pauses: at the top of a swing (20 rad/s²) 40 ms pass below this.
_SLOW_RADPS = np.deg2rad(20.0)
# A long standing is many anchors of this length: one level among many, not one anchor that outweighs a set.
_LENGTH_S = 1.0
# What the other segment must lean between two anchors for a bend: half of the least attempt, which pelvis and thorax
# share; sway and weight shifts stay below 5.
_BEND_DEG = 12.0
# Share of a bend's turning that goes about one axis, below which it is a twist or a side bend and teaches no axis.
_LEAST_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Anchors:
    """K anchors of one sensor on thinned samples, and what lies between each and the next.

    Attributes
    ----------
    start, stop : (K,) int
        Half-open samples.
    up : (K, 3) float
        Mean vertical in the sensor's frame.
    bends : (K,) bool
        A forward bend lies between this anchor and the next one; the last is False.
    axis : (K, 3) float
        The axis of that bend, to the wearer's right, in the sensor's frame; its length is the bend's weight.
    """

    start: np.ndarray
    stop: np.ndarray
    up: Floats
    bends: Bools
    axis: Floats

    def rows(self, part: slice) -> Anchors:
        """A stretch of them; no bend leads out of it."""
        bends = self.bends[part].copy()
        bends[-1:] = False
        return Anchors(self.start[part], self.stop[part], self.up[part], bends, self.axis[part])


def anchors(own: SensorMotion, other: SensorMotion, other_frame: Floats, rate_hz: float) -> Anchors:
    """The anchors of a sensor.

    Parameters
    ----------
    own, other : SensorMotion
        The sensor looked at and the one that tells when the wearer is upright, N thinned samples.
    other_frame : (3, 3) float
        Sensor to segment of the other one.
    rate_hz : float
    """
    speeds = [np.linalg.norm(m.rate_radps, axis=1) for m in (own, other)]
    with np.errstate(invalid="ignore"):
        slow = (speeds[0] < _SLOW_RADPS) & (speeds[1] < _SLOW_RADPS)
        upright = other.up @ other_frame[1] > np.cos(np.deg2rad(_UPRIGHT_DEG))
    start, stop = _pieces(slow & upright & np.isfinite(own.up).all(axis=1), max(1, round(_LENGTH_S * rate_hz)))
    up = unit(_sums(np.nan_to_num(own.up), start, stop))
    bends, axis = _between(own, other, other_frame, start, stop)
    return Anchors(start, stop, up, bends, axis)


def _pieces(mask: Bools, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Runs of True, cut to pieces of at most `length`: starts and stops."""
    at = np.flatnonzero(mask)
    if not len(at):
        return at, at
    begins = np.concatenate([[True], np.diff(at) > 1])
    first = at[np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))]
    heads = np.flatnonzero((at - first) % length == 0)
    return at[heads], np.concatenate([at[heads[1:] - 1], at[-1:]]) + 1


def _sums(values: Floats, start: np.ndarray, stop: np.ndarray) -> Floats:
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return total[stop] - total[start]


def _between(
    own: SensorMotion, other: SensorMotion, other_frame: Floats, start: np.ndarray, stop: np.ndarray
) -> tuple[Bools, Floats]:
    bends, axes = np.zeros(len(start), np.bool_), np.zeros((len(start), 3))
    if len(start) < 2:
        return bends, axes
    leaning = np.degrees(np.arctan2(*(np.nan_to_num(other.up) @ other_frame[:2].T).T))
    # Forward, the vertical moves to the segment's back; the reduction wants every second value.
    deepest = np.maximum.reduceat(-leaning, np.column_stack([stop[:-1] - 1, start[1:]]).ravel())[::2]
    # Weighted with the other segment's flexion rate: noise cancels, and so does what is no flexion.
    own_rate, flexion = np.nan_to_num(own.rate_radps), -np.nan_to_num(other.rate_radps @ other_frame[2])
    sums = _sums(np.column_stack([-own_rate * flexion[:, None], own_rate**2, flexion**2]), stop[:-1], start[1:])
    weighted = sums[:, :3]
    most = np.sqrt(sums[:, 3:6].sum(axis=1) * sums[:, 6])
    axes[:-1] = weighted
    bends[:-1] = (deepest > _BEND_DEG) & (np.linalg.norm(weighted, axis=1) > _LEAST_SHARE * most)
    return bends, axes
