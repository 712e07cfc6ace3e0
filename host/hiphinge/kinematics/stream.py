"""One sensor, live: its recent past, raw and oriented, and what is known of its own errors."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.causal import CausalSensor, SensorState
from hiphinge.kinematics.decimate import thin
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rolling import Rolling, RollingMotion
from hiphinge.kinematics.sensor_model import SensorModel
from hiphinge.model import Floats

_ACC, _GYR, _QUAT, _GAP = slice(0, 3), slice(3, 6), slice(6, 10), 10
_WIDTH = 11
# The filter's state is kept every 0.2 s over 0.6 s and more: a knock is known 0.3-0.4 s after it began.
_SNAPSHOT_BLOCKS = 5
_SNAPSHOTS = 4


@dataclass(frozen=True, slots=True)
class RawPast:
    """A copy of one sensor's kept samples, to be studied elsewhere.

    Attributes
    ----------
    rows : (M, 11) float
        Force, rate, quaternion and gap side by side.
    kinds : tuple of bool
        Whether the sensor delivers force, rate, quaternion.
    start : int
        Absolute row of the first; a whole number of blocks.
    rate_hz, stride, keep
        As in `SensorStream`.
    """

    rows: Floats
    kinds: tuple[bool, bool, bool]
    start: int
    rate_hz: float
    stride: int
    keep: int

    def imu(self) -> GriddedImu:
        """The samples as arrays of their own."""
        return _unpacked(self.rows, self.kinds)


@dataclass(frozen=True, slots=True)
class Reoriented:
    """A sensor's past by another model of its errors, ready to go on from row `stop`. Handed over, not shared.

    `remembered` is a row shortly before that, and the filter's state there: a knock may have begun already. `carried`
    says that the wearer does not stand in place.
    """

    model: SensorModel | None
    carried: bool
    causal: CausalSensor
    fine: RollingMotion
    coarse: RollingMotion
    remembered: tuple[int, SensorState]
    stop: int


def reoriented(past: RawPast, model: SensorModel | None, carried: bool = False) -> Reoriented:
    """Orient the past with what is known of the sensor's errors, and of the wearer's whereabouts, now."""
    causal = CausalSensor(past.rate_hz, model, carried)
    fine = RollingMotion(past.keep, past.start)
    coarse = RollingMotion(past.keep // past.stride, past.start // past.stride)
    recent = _SNAPSHOTS * _SNAPSHOT_BLOCKS * past.stride
    shortly_before = max(0, len(past.rows) - recent) // past.stride * past.stride
    remembered = past.start, causal.snapshot()
    for part in (slice(shortly_before), slice(shortly_before, None)):
        if not len(past.rows[part]):
            continue
        remembered = past.start + (part.start or 0), causal.snapshot()
        motion = causal.push(_unpacked(past.rows[part], past.kinds))
        fine.append(motion)
        coarse.append(thin(motion, past.stride))
    return Reoriented(model, carried, causal, fine, coarse, remembered, past.start + len(past.rows))


class SensorStream:
    """Feed blocks of one coarse sample each; read the motion by absolute rows.

    Parameters
    ----------
    rate_hz : float
    stride : int
        Samples in a block.
    keep : int
        Samples of the past that stay readable, whole blocks.
    """

    def __init__(self, rate_hz: float, stride: int, keep: int) -> None:
        self._rate_hz = rate_hz
        self._stride = stride
        self._keep = keep
        self._raw = Rolling(keep, _WIDTH)
        self._kinds = (False, False, False)
        self._causal = CausalSensor(rate_hz)
        self.fine = RollingMotion(keep)
        self.coarse = RollingMotion(keep // stride)
        self.model: SensorModel | None = None
        self.carried = False
        self.mended = False
        self._snapshots: deque[tuple[int, SensorState]] = deque(maxlen=_SNAPSHOTS)

    def push(self, imu: GriddedImu) -> None:
        """The next block; only the last one of a stream may be shorter."""
        rows = np.full((len(imu.gap_s), _WIDTH), np.nan)
        self._kinds = (imu.acc_mps2 is not None, imu.gyr_radps is not None, imu.quat is not None)
        for part, values in ((_ACC, imu.acc_mps2), (_GYR, imu.gyr_radps), (_QUAT, imu.quat)):
            if values is not None:
                rows[:, part] = values
        rows[:, _GAP] = imu.gap_s
        self._raw.append(rows)
        if self.coarse.stop % _SNAPSHOT_BLOCKS == 0:
            self._snapshots.append((self.fine.stop, self._causal.snapshot()))
        self._orient(rows)

    def peek(self, imu: GriddedImu) -> SensorMotion:
        """The motion of samples that are yet to be pushed."""
        before = self._causal.snapshot()
        motion = self._causal.push(imu)
        self._causal.back_to(before)
        return motion

    def past(self) -> RawPast:
        """A copy of the samples kept."""
        rows = self._raw.read(self._raw.start, self._raw.stop).copy()
        return RawPast(rows, self._kinds, self._raw.start, self._rate_hz, self._stride, self._keep)

    def read(self, start: int) -> GriddedImu:
        """The samples kept from an absolute row on, as they were delivered or mended."""
        return _unpacked(self._raw.read(start, self._raw.stop), self._kinds)

    def mend(self, start: int, force_mps2: Floats) -> None:
        """Put other forces in place of those kept from row `start` on, and orient what they concern anew.

        The filter goes back to where it was before them; where it no longer remembers (more than half a second), only
        the samples are mended, for the next study to make use of.
        """
        stop = self._raw.stop
        self._raw.read(start, stop)[:, _ACC] = force_mps2
        known = [one for one in self._snapshots if one[0] <= start]
        if not known:
            self.mended = True
            return
        row, state = known[-1]
        self._snapshots = deque(known, self._snapshots.maxlen)
        self._causal.back_to(state)
        self.fine.rewind(row)
        self.coarse.rewind(row // self._stride)
        self._orient(self._raw.read(row, stop))

    def adopt(self, anew: Reoriented) -> None:
        """Go on from a past oriented anew; what came since is caught up with."""
        self._snapshots.clear()
        self._snapshots.append(anew.remembered)
        self.mended = False
        self.model, self.carried, self._causal = anew.model, anew.carried, anew.causal
        self.fine, self.coarse = anew.fine, anew.coarse
        self._orient(self._raw.read(anew.stop, self._raw.stop))

    def _orient(self, rows: Floats) -> None:
        if not len(rows):
            return
        # Arrays of their own: the same memory layout whichever way the samples came, so the same bits.
        motion = self._causal.push(_unpacked(rows, self._kinds))
        self.fine.append(motion)
        if len(rows) == self._stride:
            self.coarse.append_block(self.fine, self._stride)
        elif len(rows) > self._stride:
            self.coarse.append(thin(motion, self._stride))


def _unpacked(rows: Floats, kinds: tuple[bool, bool, bool]) -> GriddedImu:
    acc, gyr, quat = (
        np.ascontiguousarray(rows[:, part]) if there else None
        for part, there in zip((_ACC, _GYR, _QUAT), kinds, strict=True)
    )
    return GriddedImu(acc, gyr, quat, rows[:, _GAP].copy())
