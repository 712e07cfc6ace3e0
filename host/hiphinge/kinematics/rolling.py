"""The recent past of a stream, addressed by absolute row."""

from __future__ import annotations

import math

import numpy as np

from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.uncertainty import PLAIN_SHARE_SD
from hiphinge.model import Floats


class Rolling:
    """Rows of one width of which the last `keep` stay readable by their absolute index."""

    def __init__(self, keep: int, width: int, first: int = 0) -> None:
        self._keep = keep
        self._rows = np.full((2 * keep, width), np.nan)
        self._first = first
        self._filled = 0

    @property
    def stop(self) -> int:
        """Absolute index after the newest row."""
        return self._first + self._filled

    @property
    def start(self) -> int:
        """Absolute index of the oldest row still readable."""
        return self._first + max(0, self._filled - self._keep)

    def append(self, rows: Floats) -> None:
        """Add rows, (n, width) with n at most `keep`."""
        if self._filled + len(rows) > len(self._rows):
            drop = self._filled - self._keep
            self._rows[: self._keep] = self._rows[drop : self._filled]
            self._first += drop
            self._filled = self._keep
        self._rows[self._filled : self._filled + len(rows)] = rows
        self._filled += len(rows)

    def rewind(self, stop: int) -> None:
        """Forget the rows from `stop` on; it must still be readable."""
        assert self.start <= stop <= self.stop
        self._filled = stop - self._first

    def read(self, start: int, stop: int) -> Floats:
        """Rows start..stop (absolute, half-open), cut to what is still there; a view, not to be kept."""
        low = max(start, self.start) - self._first
        return self._rows[low : max(low, stop - self._first)]


_QUAT, _UP, _RATE, _ACC, _GAP, _GAP_SD = slice(0, 4), slice(4, 7), slice(7, 10), slice(10, 13), 13, 14
_WIDTH = 15


class RollingMotion:
    """The recent past of one sensor's motion."""

    def __init__(self, keep: int, first: int = 0) -> None:
        self._rows = Rolling(keep, _WIDTH, first)
        self._has_acc = True
        self._share_sd = PLAIN_SHARE_SD

    @property
    def start(self) -> int:
        """Absolute index of the oldest row still readable."""
        return self._rows.start

    @property
    def stop(self) -> int:
        """Absolute index after the newest row."""
        return self._rows.stop

    def append(self, motion: SensorMotion) -> None:
        """Add a stretch."""
        rows = np.full((len(motion.up), _WIDTH), np.nan)
        rows[:, _QUAT], rows[:, _UP], rows[:, _RATE] = motion.quat, motion.up, motion.rate_radps
        self._share_sd = motion.share_sd
        rows[:, _GAP], rows[:, _GAP_SD] = motion.gap_s, motion.gap_sd_deg
        if motion.acc_mps2 is None:
            self._has_acc = False
        else:
            rows[:, _ACC] = motion.acc_mps2
        self._rows.append(rows)

    def rewind(self, stop: int) -> None:
        """Forget the rows from `stop` on."""
        self._rows.rewind(stop)

    def append_block(self, fine: RollingMotion, stride: int) -> None:
        """Add the newest `stride` rows of another past thinned to one, as `decimate.thin` does."""
        rows = fine.newest(stride)
        row = np.add.reduce(rows, axis=0, keepdims=True) / stride
        row[:, _UP] /= math.sqrt(float(row[0, _UP] @ row[0, _UP]) or 1.0)
        for part in (_QUAT, slice(_GAP, None)):
            row[0, part] = rows[stride // 2, part]
        self._has_acc = fine.has_acc
        self._rows.append(row)

    @property
    def has_acc(self) -> bool:
        """Whether forces are kept."""
        return self._has_acc

    def newest(self, count: int) -> Floats:
        """The last rows as they are stored; a view, not to be kept."""
        return self._rows.read(self.stop - count, self.stop)

    def everything(self) -> SensorMotion:
        """All that is still readable."""
        return self.read(self.start, self.stop)

    def read(self, start: int, stop: int) -> SensorMotion:
        """A stretch by absolute rows, cut to what is still there."""
        rows = self._rows.read(start, stop).copy()
        acc = rows[:, _ACC] if self._has_acc else None
        return SensorMotion(
            rows[:, _QUAT], rows[:, _UP], rows[:, _RATE], acc, rows[:, _GAP], rows[:, _GAP_SD], self._share_sd
        )
