"""One sensor's motion with the past alone, whatever it delivers: raw samples or the device's quaternions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.kinematics.grid import GriddedImu, contiguous
from hiphinge.kinematics.orientation import CausalFuser, SensorMotion
from hiphinge.kinematics.rotation import rotation_rates, up_in_sensor
from hiphinge.kinematics.selfcal import SensorModel
from hiphinge.kinematics.uncertainty import CAUSAL_LEARNT_SHARE_SD, CAUSAL_SHARE_SD, gap_sd_deg
from hiphinge.model import Floats


class CausalSensor:
    """Feed gridded samples in pieces of any size; the result does not depend on the pieces."""

    def __init__(self, rate_hz: float, model: SensorModel | None = None) -> None:
        self._rate_hz = rate_hz
        self._model = model
        self._fuser = CausalFuser(rate_hz, bias_known=model is not None)
        self._last_quat: Floats | None = None
        self._broken = False
        self._gap_sd_deg = 0.0

    def push(self, imu: GriddedImu) -> SensorMotion:
        """The motion at the next instants; NaN inside a gap too long to bridge, after which the filter starts anew."""
        if self._model is not None and imu.gyr_radps is not None and imu.acc_mps2 is not None:
            rate_radps, force_mps2 = self._model.corrected(imu.gyr_radps, imu.acc_mps2)
            imu = replace(imu, gyr_radps=rate_radps, acc_mps2=force_mps2)
        size = len(imu.gap_s)
        quat, rate = np.full((size, 4), np.nan), np.full((size, 3), np.nan)
        known_until = 0
        for part in contiguous(imu.gap_s):
            if part.start > known_until or (part.start == 0 and self._broken):
                self._restart()
            quat[part], rate[part] = self._fuse(imu, part)
            self._broken = False
            known_until = part.stop
        self._broken = self._broken or known_until < size
        gap_sds = gap_sd_deg(imu.gap_s, self._rate_hz, self._gap_sd_deg)
        self._gap_sd_deg = float(gap_sds[-1])
        share_sd = CAUSAL_SHARE_SD if self._model is None else CAUSAL_LEARNT_SHARE_SD
        return SensorMotion(quat, up_in_sensor(quat), rate, imu.acc_mps2, imu.gap_s, gap_sds, share_sd)

    def _restart(self) -> None:
        self._fuser.restart()
        self._last_quat = None

    def _fuse(self, imu: GriddedImu, part: slice) -> tuple[Floats, Floats]:
        if imu.gyr_radps is not None and imu.acc_mps2 is not None:
            return self._fuser.push(imu.gyr_radps[part], imu.acc_mps2[part])
        assert imu.quat is not None, "a recording has raw data or quaternions"
        quat = imu.quat[part]
        before = quat[:1] if self._last_quat is None else self._last_quat[None]
        # The rate over the step that ends at each instant: the step after it is not known yet.
        steps = rotation_rates(np.concatenate([before, quat]), self._rate_hz, centred=False)
        self._last_quat = quat[-1].copy()
        return quat, steps
