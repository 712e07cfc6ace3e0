"""One sensor's motion with the past alone, whatever it delivers: raw samples or the device's quaternions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hiphinge.kinematics.causal_fuser import CausalFuser, FuserState
from hiphinge.kinematics.grid import GriddedImu, contiguous
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rotation import rotation_rates, up_in_sensor
from hiphinge.kinematics.sensor_model import SensorModel
from hiphinge.kinematics.uncertainty import CAUSAL_LAG_SHARE_SD, CAUSAL_LEFT_SD_DEG, CAUSAL_SHARE_SD, gap_sd_deg
from hiphinge.model import Floats


@dataclass(frozen=True, slots=True)
class SensorState:
    """What a `CausalSensor` knows at one instant."""

    fuser: FuserState
    last_quat: Floats | None
    broken: bool
    gap_sd_deg: float


class CausalSensor:
    """Feed gridded samples in pieces of any size; the result does not depend on the pieces."""

    def __init__(self, rate_hz: float, model: SensorModel | None = None, carried: bool = False) -> None:
        self._rate_hz = rate_hz
        self._correction = None if model is None else _Correction(model)
        self._fuser = CausalFuser(rate_hz, bias_known=model is not None, carried=carried)
        self._share_sd = CAUSAL_SHARE_SD if model is None else float(np.hypot(model.share_sd, CAUSAL_LAG_SHARE_SD))
        self._last_quat: Floats | None = None
        self._broken = False
        self._gap_sd_deg = 0.0
        self._begun = False

    def push(self, imu: GriddedImu) -> SensorMotion:
        """The motion at the next instants; NaN inside a gap too long to bridge, after which the filter starts anew."""
        if self._correction is not None and imu.gyr_radps is not None and imu.acc_mps2 is not None:
            rate_radps, force_mps2 = self._correction.apply(imu.gyr_radps, imu.acc_mps2)
            imu = replace(imu, gyr_radps=rate_radps, acc_mps2=force_mps2)
        gaps = bool(imu.gap_s.any())
        if not self._broken and not gaps:
            quat, rate = self._fuse(imu, slice(None))
        else:
            quat, rate = self._across_gaps(imu)
        if gaps or self._gap_sd_deg:
            gap_sds = gap_sd_deg(imu.gap_s, self._rate_hz, self._gap_sd_deg, self._begun)
            self._gap_sd_deg = float(gap_sds[-1])
        else:
            gap_sds = np.zeros(len(imu.gap_s))
        if self._correction is None:
            gap_sds = np.hypot(gap_sds, CAUSAL_LEFT_SD_DEG)
        self._begun = self._begun or not gaps or bool((imu.gap_s == 0).any())
        return SensorMotion(quat, up_in_sensor(quat), rate, imu.acc_mps2, imu.gap_s, gap_sds, self._share_sd)

    def snapshot(self) -> SensorState:
        """The state, to come back to."""
        return SensorState(self._fuser.snapshot(), self._last_quat, self._broken, self._gap_sd_deg)

    def back_to(self, state: SensorState) -> None:
        """Go on from a state as if nothing had come after it."""
        self._fuser.back_to(state.fuser)
        self._last_quat, self._broken, self._gap_sd_deg = state.last_quat, state.broken, state.gap_sd_deg

    def _across_gaps(self, imu: GriddedImu) -> tuple[Floats, Floats]:
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
        return quat, rate

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


class _Correction:
    """`SensorModel.corrected` as one product: it is affine, and a block of four samples is mostly overhead."""

    def __init__(self, model: SensorModel) -> None:
        probes = np.concatenate([np.zeros((1, 6)), np.eye(6)])
        out = np.hstack(model.corrected(np.ascontiguousarray(probes[:, :3]), np.ascontiguousarray(probes[:, 3:])))
        self._offset: Floats = out[0]
        self._matrix: Floats = out[1:] - out[0]

    def apply(self, gyr_radps: Floats, acc_mps2: Floats) -> tuple[Floats, Floats]:
        """True rate and force from measured ones, (N, 3) each."""
        out = np.concatenate([gyr_radps, acc_mps2], axis=1) @ self._matrix + self._offset
        return np.ascontiguousarray(out[:, :3]), np.ascontiguousarray(out[:, 3:])
