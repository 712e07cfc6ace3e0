"""Is the gyroscope in rad/s? Asked of the movement itself.

While a sensor tilts, gravity turns in its frame: ``du/dt = -omega x u`` for the unit vector `u` along gravity. What the
low-passed accelerometer shows of `u` therefore says how large `omega` must have been. Only the part of the rotation
across gravity enters, so that twisting about the vertical, however fast, cannot be mistaken for a unit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hiphinge.model import Floats

# Slow enough for the low-passed accelerometer to show gravity, fast enough to follow a bend.
_BLOCK_S = 0.1
# Five blocks: steps (about 2 Hz) average out, a bend of 0.5 s and more remains.
_SMOOTHING_BLOCKS = 5
# One second: a slow bend (45 deg in 3 s) turns by 15 deg in it.
_WINDOW_S = 1.0
# Tilt which must be seen in a window: well above what sway and steps leave after smoothing.
_LEAST_TILT_DEG = 10.0
# At both ends of a window the accelerometer must show little besides gravity.
_GRAVITY_BAND = 0.15
# Below three windows (they overlap: about one bend) nothing is concluded.
_LEAST_WINDOWS = 3
# rad/s gives a scale of 1 (0.2 to 3 in violent movement), deg/s 0.0175: 0.05 is far from both.
_LARGEST_WRONG_SCALE = 0.05
# The directions predicted by the gyroscope and seen by the accelerometer must agree before a unit is blamed.
_LEAST_AGREEMENT = 0.8
# Long recordings are asked in pieces, until one has moved enough to tell; ten windows are about three bends.
_PIECE_S = 300.0
_ENOUGH_WINDOWS = 10
_RATE_SAMPLES = 10_000


class GyroScale(NamedTuple):
    """What turns the gyroscope's numbers into rad/s, as seen by the accelerometer.

    `scale` is 1 for rad/s and 0.0175 for deg/s; `agreement` is the cosine between predicted and seen turn.
    """

    scale: float
    agreement: float
    windows: int

    @property
    def is_too_large(self) -> bool:
        """True where the numbers are plainly in a smaller unit than rad/s."""
        return (
            self.windows >= _LEAST_WINDOWS
            and 0.0 < self.scale < _LARGEST_WRONG_SCALE
            and self.agreement > _LEAST_AGREEMENT
        )


_NOTHING_SEEN = GyroScale(0.0, 0.0, 0)


def gyro_scale(time_s: Floats, acc_mps2: Floats, gyr: Floats) -> GyroScale:
    """Estimate the gyroscope's unit from windows in which gravity turns clearly.

    Parameters
    ----------
    time_s : (N,) float
        Strictly increasing, s.
    acc_mps2, gyr : (N, 3) float
        One sensor, its own frame; NaN where missing, otherwise finite and of moderate size (squares must not overflow).

    Returns
    -------
    GyroScale
        Medians over the windows; all zero without any.
    """
    best = _NOTHING_SEEN
    if len(time_s) < 2:
        return best
    # The start tells the rate well enough to choose blocks.
    step_s = float(np.median(np.diff(time_s[:_RATE_SAMPLES])))
    piece = max(2, round(_PIECE_S / step_s))
    for start in range(0, len(time_s), piece):
        rows = slice(start, start + piece)
        scale = _piece_scale(time_s[rows], acc_mps2[rows], gyr[rows], max(1, round(_BLOCK_S / step_s)))
        if scale.windows > best.windows:
            best = scale
        if best.windows >= _ENOUGH_WINDOWS:
            break
    return best


def _piece_scale(time_s: Floats, acc_mps2: Floats, gyr: Floats, block: int) -> GyroScale:
    block_time_s = _block_means(time_s[:, None], block)[:, 0]
    gravity = _smooth(_block_means(acc_mps2, block))
    omega = _smooth(_block_means(gyr, block))
    block_time_s = block_time_s[_SMOOTHING_BLOCKS // 2 :][: len(gravity)]
    span = round(_WINDOW_S / _BLOCK_S)
    if len(gravity) <= span:
        return _NOTHING_SEEN
    size = np.sqrt(np.sum(gravity**2, axis=1))
    size = np.where(size > 0.0, size, np.nan)
    if np.isnan(size).all():
        return _NOTHING_SEEN
    clean = np.abs(size / np.nanmedian(size) - 1.0) < _GRAVITY_BAND
    up = gravity / size[:, None]
    turn = -np.cross(omega, up)
    steps = 0.5 * (turn[1:] + turn[:-1]) * np.diff(block_time_s)[:, None]
    predicted = _sliding_sum(steps, span)
    seen = up[span:] - up[:-span]
    chosen = clean[span:] & clean[:-span]
    chosen &= block_time_s[span:] - block_time_s[:-span] < 1.5 * _WINDOW_S
    chosen &= np.sqrt(np.sum(seen**2, axis=1)) >= 2.0 * np.sin(np.radians(_LEAST_TILT_DEG) / 2.0)
    chosen &= np.sum(predicted**2, axis=1) > 0.0
    if not chosen.any():
        return _NOTHING_SEEN
    predicted, seen = predicted[chosen], seen[chosen]
    along = np.sum(predicted * seen, axis=1)
    predicted_sq, seen_sq = np.sum(predicted**2, axis=1), np.sum(seen**2, axis=1)
    return GyroScale(
        scale=float(np.median(along / predicted_sq)),
        agreement=float(np.median(along / np.sqrt(predicted_sq * seen_sq))),
        windows=int(np.count_nonzero(chosen)),
    )


def _block_means(values: Floats, block: int) -> Floats:
    """Means of `block` consecutive rows, leaving out missing ones; NaN where all are."""
    whole = len(values) // block * block
    shaped = values[:whole].reshape(-1, block, values.shape[1])
    sums = shaped.sum(axis=1)
    if not np.isnan(sums).any():
        return sums / block
    known = ~np.isnan(shaped)
    counts = known.sum(axis=1).astype(np.float64)
    counts[counts == 0.0] = np.nan
    return np.where(known, shaped, 0.0).sum(axis=1) / counts


def _sliding_sum(values: Floats, length: int) -> Floats:
    """Sums of `length` consecutive rows; added up afresh, so that one NaN does not reach beyond its windows."""
    count = len(values) - length + 1
    if count <= 0:
        return values[:0]
    total = values[:count].copy()
    for offset in range(1, length):
        total += values[offset : offset + count]
    return total


def _smooth(values: Floats) -> Floats:
    return _sliding_sum(values, _SMOOTHING_BLOCKS) / _SMOOTHING_BLOCKS
