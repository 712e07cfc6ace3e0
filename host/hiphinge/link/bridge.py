"""From aligned samples to what the engine takes: gaps bridged as `kinematics.grid.put_on_grid` bridges a recording's.

So the engine is fed alike live and from the session's CSV, in which missing rows are empty.
"""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.link.events import Samples
from hiphinge.model import Bools, Floats

# A gap is held back until its far side is known. One this long is told as endless: no filter is carried over it, and
# the screen should not wait.
LONGEST_WAIT_S = 60.0


class Bridge:
    """Fills what is missing; holds a gap back until its other side is there.

    Parameters
    ----------
    rate_hz : float
        Of the session's grid.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._longest = round(LONGEST_WAIT_S * rate_hz)
        self._times: Floats = np.empty(0)
        self._waiting: list[_Rows] = []

    def push(self, samples: Samples) -> tuple[Floats, GriddedImu, GriddedImu] | None:
        """The next samples; what of them and of those held back can be given to `LiveEngine.push` now."""
        if not self._waiting:
            self._waiting = [_Rows(samples.sacral), _Rows(samples.thoracic)]
            self._times = samples.time_s
        else:
            for rows, imu in zip(self._waiting, (samples.sacral, samples.thoracic), strict=True):
                rows.add(imu)
            self._times = np.concatenate([self._times, samples.time_s])
        return self._give(min(rows.bridged(self._longest) for rows in self._waiting))

    def finish(self) -> tuple[Floats, GriddedImu, GriddedImu] | None:
        """What is still held back, its gaps endless."""
        return self._give(len(self._times)) if self._waiting else None

    def _give(self, count: int) -> tuple[Floats, GriddedImu, GriddedImu] | None:
        if count == 0:
            return None
        time_s, self._times = self._times[:count], self._times[count:]
        sacral, thoracic = (rows.take(count, self._rate_hz) for rows in self._waiting)
        return time_s, sacral, thoracic


class _Rows:
    """One IMU's rows not given yet, with the last known one before them."""

    def __init__(self, imu: GriddedImu) -> None:
        self._kinds = [part is not None for part in (imu.acc_mps2, imu.gyr_radps, imu.quat)]
        self._width = [width for width, there in zip((3, 3, 4), self._kinds, strict=True) if there]
        self._rows = _stacked(imu)
        # Rows in the gap before the first row held, and the row before that gap.
        self._before: Floats | None = None
        self._gap_rows = 0

    def add(self, imu: GriddedImu) -> None:
        self._rows = np.concatenate([self._rows, _stacked(imu)])

    def bridged(self, longest: int) -> int:
        """How many rows can be given: up to the last known one, or into a gap that is too long to wait for."""
        known = np.flatnonzero(np.isfinite(self._rows).all(axis=1))
        last = int(known[-1]) + 1 if len(known) else 0
        size = len(self._rows)
        return size if self._gap_rows or size - last > longest else last

    def take(self, count: int, rate_hz: float) -> GriddedImu:
        rows, self._rows = self._rows[:count].copy(), self._rows[count:]
        known: Bools = np.all(np.isfinite(rows), axis=1)
        gap_s = np.zeros(count)
        if not known.all():
            gap_s[~known] = np.inf
            self._fill(rows, known, gap_s, rate_hz)
        at = np.flatnonzero(known)
        if len(at):
            self._before, self._gap_rows = rows[at[-1]].copy(), count - 1 - int(at[-1])
        else:
            self._gap_rows += count
        parts: list[Floats | None] = []
        column = 0
        for there, width in zip(self._kinds, (3, 3, 4), strict=True):
            parts.append(np.ascontiguousarray(rows[:, column : column + width]) if there else None)
            column += width if there else 0
        return GriddedImu(parts[0], parts[1], parts[2], gap_s)

    def _fill(self, rows: Floats, known: Bools, gap_s: Floats, rate_hz: float) -> None:
        """Between two known rows in a straight line (orientations: the earlier one); beyond them the nearest."""
        at = np.flatnonzero(known)
        values = rows[at]
        if self._before is not None:
            at = np.concatenate([[-1 - self._gap_rows], at])
            values = np.concatenate([self._before[None], values])
        if not len(at):
            rows[:] = 0.0  # nothing was ever known; an endless gap, so nobody looks
            return
        missing = np.flatnonzero(~known)
        after = np.searchsorted(at, missing)
        turns = 4 if self._kinds[2] else 0
        straight = rows.shape[1] - turns
        for column in range(straight):
            rows[missing, column] = np.interp(missing, at, values[:, column])
        if turns:
            rows[missing, straight:] = values[np.clip(after - 1, 0, None), straight:]
        inside = (after > 0) & (after < len(at))
        inside &= ~((at[np.clip(after - 1, 0, None)] < -1) & (self._gap_rows > 0))
        gap_s[missing[inside]] = (at[after[inside]] - at[after[inside] - 1]) / rate_hz


def _stacked(imu: GriddedImu) -> Floats:
    return np.concatenate([part for part in (imu.acc_mps2, imu.gyr_radps, imu.quat) if part is not None], axis=1)
