"""Counts to units: scales, stored calibration and axes as INFO and CALIBRATION say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Floats
from hiphinge_wire.block import Block
from hiphinge_wire.calibration import METHOD_NONE, Calibration
from hiphinge_wire.constants import MISSING, PROFILE_A, PROFILE_B, QUAT_ONE
from hiphinge_wire.info import ImuInfo

STANDARD_GRAVITY_MPS2 = 9.80665  # what protocol/SPEC.md defines 1 g to be


@dataclass(frozen=True, slots=True)
class Read:
    """Samples of one IMU in one block: units, housing axes (x right, y up, z out of the back); NaN where missing."""

    acc_mps2: Floats | None
    gyr_radps: Floats | None
    quat: Floats | None


class Units:
    """How one IMU's counts become units in one epoch.

    Parameters
    ----------
    imu : ImuInfo
    calibration : Calibration or None
        As stored on the device.
    """

    def __init__(self, imu: ImuInfo, calibration: Calibration | None) -> None:
        self.gyr_delay_s = imu.gyr_delay_us * 1e-6
        self.acc_delay_s = imu.acc_delay_us * 1e-6
        # Rows: housing axes; a chip axis that points to -2 fills row 1 with -1.
        turn = np.zeros((3, 3))
        for chip_axis, towards in enumerate(imu.axes):
            turn[abs(towards) - 1, chip_axis] = np.sign(towards)
        self._to_chip = _quaternion(turn.T)
        # 1e-6 turns micro into units: g and deg/s, then SI.
        g, dps = STANDARD_GRAVITY_MPS2, np.pi / 180
        acc, acc_zero, gyr, gyr_zero = np.eye(3), np.zeros(3), np.eye(3), np.zeros(3)
        if calibration is not None and calibration.method != METHOD_NONE:
            acc = np.array(calibration.acc_matrix_nano).reshape(3, 3) * 1e-9
            gyr = np.array(calibration.gyr_matrix_nano).reshape(3, 3) * 1e-9
            acc_zero = np.array(calibration.acc_offset_ug) * 1e-6
            gyr_zero = np.array(calibration.gyr_offset_udps) * 1e-6
        # corrected = M (count * scale - offset), then turned: one product and one sum a block.
        self._acc = (turn @ acc * (imu.acc_scale_pg * 1e-12 * g)).T
        self._acc_zero = turn @ acc @ acc_zero * g
        self._gyr = (turn @ gyr * (imu.gyr_scale_ndps * 1e-9 * dps)).T
        self._gyr_zero = turn @ gyr @ gyr_zero * dps

    def read(self, block: Block, imu: int) -> Read:
        """Samples of IMU `imu` (0, 1) in `block`."""
        counts = np.frombuffer(block.samples[imu], "<i2").reshape(-1, block.columns).astype(np.float64)
        quat = None
        if block.profile in (PROFILE_A, PROFILE_B):
            quat = self._quaternions(counts[:, :4])
            counts = counts[:, 4:]
        if block.profile == PROFILE_A:
            return Read(None, None, quat)
        gyr = counts[:, :3] @ self._gyr - self._gyr_zero
        acc = counts[:, 3:] @ self._acc - self._acc_zero
        gyr[(counts[:, :3] == MISSING).all(axis=1)] = np.nan
        acc[(counts[:, 3:] == MISSING).all(axis=1)] = np.nan
        return Read(acc, gyr, quat)

    def _quaternions(self, counts: Floats) -> Floats:
        quat = counts / QUAT_ONE
        length = np.linalg.norm(quat, axis=1, keepdims=True)
        # Half of one is no rounding error: not known, or damaged.
        quat = np.where(length > 0.5, quat / np.maximum(length, 0.5), np.nan)
        return _product(quat, self._to_chip)


def _quaternion(matrix: Floats) -> Floats:
    """Unit quaternion of a rotation matrix: the eigenvector of Bar-Itzhack (2000), safe for half turns."""
    m = matrix
    k = np.array(
        [
            [m[0, 0] + m[1, 1] + m[2, 2], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 0] - m[1, 1] - m[2, 2], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
            [m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], m[1, 2] + m[2, 1]],
            [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1]],
        ]
    )
    return np.linalg.eigh(k)[1][:, -1]


def _product(a: Floats, b: Floats) -> Floats:
    """Hamilton product of (N, 4) with one (4,)."""
    w, x, y, z = a.T
    return np.column_stack(
        [
            w * b[0] - x * b[1] - y * b[2] - z * b[3],
            w * b[1] + x * b[0] + y * b[3] - z * b[2],
            w * b[2] - x * b[3] + y * b[0] + z * b[1],
            w * b[3] + x * b[2] - y * b[1] + z * b[0],
        ]
    )
