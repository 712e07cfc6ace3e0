"""Where in a recording a sensor's own errors are best learnt: much bending, no steps, no gaps."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.grid import INTERPOLATE_S, GriddedImu
from hiphinge.kinematics.quiet import moving_mean
from hiphinge.model import Floats

LONGEST_S = 60.0
SHORTEST_S = 8.0
_STEP_S = 1.0
_LENGTH_STEP = 4
# Steps shake the trunk by 1.5-4 m/s², jumps by more, a slow hinge by a few tenths. Fast swings shake it as well, by
# their own turning: up to 6 m/s² at 2.3 rad/s, which goes with the square of the rate and is no sign of travel.
STEPS_MPS2 = 0.6
_BY_TURNING_M = 1.2
_SHAKING_WINDOW_S = 0.6
# A second of steps costs what several seconds of bending bring; a gap must not be in it at all.
_COST_OF_STEPS = 2.0
_COST_OF_GAP = 100.0
# Turning faster than this teaches no more.
_MOST_RADPS = 1.0
# Bending in all (rad) without which there is nothing to learn from: three bends of 20 deg and back.
_LEAST_TURNED_RAD = 2.0


def shaking_mps2(acc_mps2: Floats, gyr_radps: Floats, rate_hz: float) -> Floats:
    """How much the body is shaken by steps and the like, (N,).

    The fluctuation of the size of the specific force around its running mean, less what the turning itself explains.

    Parameters
    ----------
    acc_mps2, gyr_radps : (N, 3) float
    rate_hz : float
    """
    width = max(3, round(_SHAKING_WINDOW_S * rate_hz))
    size = np.linalg.norm(acc_mps2, axis=1)
    shaking = np.sqrt(moving_mean((size - moving_mean(size, width)) ** 2, width))
    turning = moving_mean(((gyr_radps - np.median(gyr_radps, axis=0)) ** 2).sum(axis=1), width)
    return np.maximum(0.0, shaking - _BY_TURNING_M * turning)


def best_window(imu: GriddedImu, rate_hz: float) -> slice | None:
    """The stretch of at most `LONGEST_S` with the most bending and the fewest steps, or None.

    Parameters
    ----------
    imu : GriddedImu
        With raw data.
    rate_hz : float
    """
    assert imu.gyr_radps is not None and imu.acc_mps2 is not None
    block = max(1, round(_STEP_S * rate_hz))
    blocks = len(imu.gap_s) // block
    if blocks < SHORTEST_S / _STEP_S:
        return None
    whole = blocks * block

    def per_block(values: Floats) -> Floats:
        return values[:whole].reshape(blocks, block).mean(axis=1)

    turning = np.linalg.norm(imu.gyr_radps - np.median(imu.gyr_radps, axis=0), axis=1)
    turned = np.minimum(per_block(turning), _MOST_RADPS) * _STEP_S
    steps = per_block(shaking_mps2(imu.acc_mps2, imu.gyr_radps, rate_hz)) > STEPS_MPS2
    gaps = per_block((imu.gap_s > INTERPOLATE_S).astype(np.float64)) > 0
    worth = np.where(gaps, -_COST_OF_GAP, np.where(steps, -_COST_OF_STEPS, turned))
    total = np.concatenate([[0.0], np.cumsum(worth)])
    first = np.arange(blocks)
    best, at = -np.inf, slice(0, 0)
    # The window may be shorter than the longest: it ends where further seconds cost more than they bring.
    longest = min(blocks, int(LONGEST_S / _STEP_S))
    for length in {*range(int(SHORTEST_S / _STEP_S), longest, _LENGTH_STEP), longest}:
        starts = first[: blocks - length + 1]
        worths = total[starts + length] - total[starts]
        start = int(np.argmax(worths))
        if worths[start] > best:
            best, at = float(worths[start]), slice(start * block, (start + length) * block)
    return at if best > _LEAST_TURNED_RAD else None
