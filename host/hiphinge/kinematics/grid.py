"""Samples on an even grid: the rate measured, gaps counted, short ones bridged for the filters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Bools, Floats, HiphingeError, ImuSamples

# A filter may be carried over a gap of this length by interpolated rates; beyond it the wearer may have done anything
# (half a fast descent takes 0.25 s), so the filter starts anew.
BRIDGE_S = 0.5
# An angle is given inside a gap up to this length (DESIGN section 3); beyond it the instants stay empty.
INTERPOLATE_S = 0.05
# Time stamps: how many lost rows a step may hide in each pass of fitting the step's length (every step left out adds
# the jitter of its two ends), how much of a rounding rest is carried on, and how even stamps are taken as they are (a
# quarter of a step leaves no doubt which instant is meant; carrying would pile up what the fit is off by).
_REFITS = (2, 4, 8)
_CARRY = 0.995
_EVEN = 0.25
# A stamp this near to the one before it is a stray and says nothing of the rate.
_STRAY = 0.1


@dataclass(frozen=True, slots=True)
class Grid:
    """An even time grid and where the recording's rows lie on it.

    Attributes
    ----------
    rate_hz : float
        Measured over the steps without gaps.
    index : (N,) int
        Grid index of each row of the recording, strictly increasing from 0.
    size : int
        Number of grid instants.
    """

    rate_hz: float
    index: np.ndarray
    size: int

    @property
    def missing(self) -> int:
        """Grid instants for which the recording has no row."""
        return self.size - len(self.index)


@dataclass(frozen=True, slots=True)
class GriddedImu:
    """One IMU on the grid. Bridged values are interpolated; `gap_s` tells how long the gap around an instant is.

    Attributes
    ----------
    acc_mps2, gyr_radps : (M, 3) float or None
    quat : (M, 4) float or None
    gap_s : (M,) float
        0 where the sensor was observed, else the length of the gap the instant lies in.
    """

    acc_mps2: Floats | None
    gyr_radps: Floats | None
    quat: Floats | None
    gap_s: Floats

    def followed_by(self, later: GriddedImu) -> GriddedImu:
        """Two consecutive stretches as one; both carry the same kinds of values."""
        acc, gyr, quat = (
            None if a is None or b is None else np.concatenate([a, b])
            for a, b in ((self.acc_mps2, later.acc_mps2), (self.gyr_radps, later.gyr_radps), (self.quat, later.quat))
        )
        return GriddedImu(acc, gyr, quat, np.concatenate([self.gap_s, later.gap_s]))

    def rows(self, part: slice) -> GriddedImu:
        """A stretch of it."""
        acc, gyr, quat = (None if v is None else v[part] for v in (self.acc_mps2, self.gyr_radps, self.quat))
        return GriddedImu(acc, gyr, quat, self.gap_s[part])


def measure_grid(time_s: Floats) -> Grid:
    """Even grid behind a column of time stamps.

    The step is the mean of those within 20 % of the median step, so neither gaps nor a stray stamp move the rate. Each
    row advances by whole steps from the row before it, so a slowly changing clock cannot pile up an error.

    Parameters
    ----------
    time_s : (N,) float
        Strictly increasing, N >= 2.

    Returns
    -------
    Grid
    """
    steps_s = np.diff(time_s)
    # The lower median: a step that occurs, where the mean of the two middle ones need not be near any.
    typical_s = float(np.partition(steps_s, (len(steps_s) - 1) // 2)[(len(steps_s) - 1) // 2])
    step_s = float(np.mean(steps_s[np.abs(steps_s - typical_s) < 0.2 * typical_s]))
    for most in _REFITS:
        advance = _whole_steps(steps_s, step_s)
        short = (advance <= most) & (steps_s > _STRAY * step_s)
        step_s = float(steps_s[short].sum() / advance[short].sum())
    advance = _whole_steps(steps_s, step_s)
    index = np.concatenate([np.zeros(1, np.int64), np.cumsum(advance)])
    # Written times are sums of rounded steps: what they say of the tenth digit of the rate is chance, never seen live.
    return Grid(rate_hz=round(1.0 / step_s, 6), index=index, size=int(index[-1]) + 1)


def _whole_steps(steps_s: Floats, step_s: float) -> np.ndarray:
    """Grid steps between neighbouring rows, (N - 1,) int, at least 1.

    What rounding leaves over is carried to the next step (and slowly forgotten), so stamps rounded to milliseconds or
    jittering by a good part of a step are not taken for lost rows.
    """
    ratios = steps_s / step_s
    whole = np.rint(ratios)
    if np.abs(ratios - whole).max() < _EVEN:
        return np.maximum(1, whole.astype(np.int64))
    advance = np.empty(len(ratios), np.int64)
    carried = 0.0
    for at, ratio in enumerate(ratios.tolist()):
        wanted = ratio + carried
        taken = max(1, round(wanted))
        carried = _CARRY * (wanted - taken)
        advance[at] = taken
    return advance


def grid_times(time_s: Floats, grid: Grid) -> Floats:
    """Time of every grid instant, (M,): the recorded stamps, evenly filled between them."""
    if grid.missing == 0:
        return time_s
    return np.interp(np.arange(grid.size), grid.index, time_s)


def put_on_grid(samples: ImuSamples, grid: Grid) -> GriddedImu:
    """One IMU on the grid, gaps filled by linear interpolation (quaternions: nearest earlier value).

    Parameters
    ----------
    samples : ImuSamples
    grid : Grid

    Returns
    -------
    GriddedImu

    Raises
    ------
    HiphingeError
        No row is complete.
    """
    # Without both raw parts the orientation comes from the quaternions: then they must be there.
    raw = samples.acc_mps2 is not None and samples.gyr_radps is not None
    parts = (samples.acc_mps2, samples.gyr_radps if raw else samples.quat)
    columns = [part for part in parts if part is not None]
    present = np.zeros(grid.size, bool)
    valid = np.ones(len(grid.index), bool)
    for part in columns:
        valid &= np.isfinite(part).all(axis=1)
    if not valid.any():
        raise HiphingeError(
            "one sensor has no row with all its values: acceleration and angular rate are never there together; "
            "check the file's columns"
        )
    present[grid.index[valid]] = True
    rows = np.flatnonzero(valid)
    at = grid.index[rows]
    return GriddedImu(
        acc_mps2=_fill(samples.acc_mps2, rows, at, grid.size),
        gyr_radps=_fill(samples.gyr_radps, rows, at, grid.size),
        quat=None if samples.quat is None else _hold(samples.quat, rows, at, grid.size),
        gap_s=_gap_lengths(present) / grid.rate_hz,
    )


def contiguous(gap_s: Floats) -> list[slice]:
    """Stretches of the grid a filter may run through: split where a gap is longer than `BRIDGE_S`."""
    return runs(gap_s <= BRIDGE_S)


def runs(mask: Bools) -> list[slice]:
    """Half-open slices of consecutive True values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _fill(values: Floats | None, rows: np.ndarray, at: np.ndarray, size: int) -> Floats | None:
    if values is None:
        return None
    if len(rows) == size:
        return np.ascontiguousarray(values, dtype=np.float64)
    every = np.arange(size)
    filled = np.empty((size, values.shape[1]))
    for axis in range(values.shape[1]):
        filled[:, axis] = np.interp(every, at, values[rows, axis])
    return filled


def _hold(values: Floats, rows: np.ndarray, at: np.ndarray, size: int) -> Floats:
    latest = np.clip(np.searchsorted(at, np.arange(size), side="right") - 1, 0, None)
    return np.ascontiguousarray(values[rows][latest], dtype=np.float64)


def _gap_lengths(present: Bools) -> Floats:
    """Length in steps of the gap around each missing instant; 0 where present.

    A gap at either end of the grid counts as endless: nothing on its far side to interpolate to.
    """
    lengths = np.zeros(len(present))
    for gap in runs(~present):
        at_an_end = gap.start == 0 or gap.stop == len(present)
        lengths[gap] = np.inf if at_an_end else gap.stop - gap.start + 1
    return lengths
