"""One sensor, live: its recent past, raw and oriented, and what was learnt of its own errors."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.causal import CausalSensor
from hiphinge.kinematics.decimate import thin
from hiphinge.kinematics.fusion import learn_sensor
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.rolling import Rolling, RollingMotion
from hiphinge.kinematics.selfcal import SensorModel

_ACC, _GYR, _QUAT, _GAP = slice(0, 3), slice(3, 6), slice(6, 10), 10


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
        self._raw = Rolling(keep, 11)
        self._kinds = (False, False, False)
        self._causal = CausalSensor(rate_hz)
        self.fine = RollingMotion(keep)
        self.coarse = RollingMotion(keep // stride)
        self.model: SensorModel | None = None

    def push(self, imu: GriddedImu) -> None:
        """The next block; only the last one of a stream may be shorter."""
        rows = np.full((len(imu.gap_s), 11), np.nan)
        self._kinds = (imu.acc_mps2 is not None, imu.gyr_radps is not None, imu.quat is not None)
        for part, values in ((_ACC, imu.acc_mps2), (_GYR, imu.gyr_radps), (_QUAT, imu.quat)):
            if values is not None:
                rows[:, part] = values
        rows[:, _GAP] = imu.gap_s
        self._raw.append(rows)
        motion = self._causal.push(imu)
        self.fine.append(motion)
        if len(rows) == self._stride:
            self.coarse.append(thin(motion, self._stride))

    def improve(self) -> None:
        """Learn the sensor's errors from the recent past and orient that past anew with what is known of them."""
        past = self._past()
        self.model = learn_sensor(past, self._rate_hz) or self.model
        self._causal = CausalSensor(self._rate_hz, self.model)
        motion = self._causal.push(past)
        start = self._raw.start
        self.fine = RollingMotion(self._keep, start)
        self.fine.append(motion)
        # Coarse samples count blocks from the stream's first sample.
        skipped = -start % self._stride
        self.coarse = RollingMotion(self._keep // self._stride, (start + skipped) // self._stride)
        self.coarse.append(thin(motion.rows(slice(skipped, len(motion.up))), self._stride))

    def _past(self) -> GriddedImu:
        rows = self._raw.read(self._raw.start, self._raw.stop).copy()
        acc, gyr, quat = (
            np.ascontiguousarray(rows[:, part]) if there else None
            for part, there in zip((_ACC, _GYR, _QUAT), self._kinds, strict=True)
        )
        return GriddedImu(acc, gyr, quat, rows[:, _GAP])
