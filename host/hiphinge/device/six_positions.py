"""Calibration of one sensor from the positions in which it lay still: least squares, pure.

A corrected reading is ``M (reading - o)``. Its length must be that of gravity, whichever way the sensor lies; on six
faces its direction is known too, but only as well as somebody puts a box on a table. So lengths count fully (after
Frosio, Pedersini, Borghese 2009, IEEE Trans. Instrum. Meas. 58(6)), directions by how uncertain they are, and M is
symmetric: a rotation between chip and housing is no error of the sensor, and taking one out of the accelerometer alone
would turn it against the gyroscope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.device.errors import DeviceError
from hiphinge.device.stillness import Position
from hiphinge.model import Floats
from hiphinge_wire.calibration import METHOD_SIX_POSITIONS, CalibrationSet

FACES = ((0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1))
"""Chip axis and sign that point up."""

STANDARD_GRAVITY_MPS2 = 9.80665

# A face put down askew by more than this is not that face; between faces and slanted positions lies a no man's land.
_FACE_DEG = 15.0
_SLANTED_DEG = 25.0
# A box with flat sides put on a table by hand, the table itself not levelled.
_PLACED_SD = np.radians(1.0)
# Mean over a still window: noise 0.2 mg, non-linearity and warming 0.5 mg.
_LENGTH_SD_G = 0.0005
# Cross-axis sensitivity as datasheets have it: 1 % (ST), 2 % (MPU-6050). Faces alone hardly see it.
_CROSS_SD = 0.01
# Chip against housing: soldering and gluing.
_MOUNTED_SD = np.radians(5.0)
# Beyond these it is no error to be calibrated away: zero-g offsets are 80 mg at most, sensitivities within 3 %.
_MOST_OFFSET_G = 0.25
_MOST_SCALE = 0.1
# RMS left over: ten times what the model expects.
_MOST_RESIDUAL_G = 0.01
_MOST_BIAS_DPS = 20.0
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration and how good it is.

    Attributes
    ----------
    acc_offset_g : (3,) float
    acc_matrix : (3, 3) float
        Symmetric.
    gyr_offset_dps : (3,) float
    before_g, residual_g : float
        RMS by which the length of a reading is not that of gravity, before and after. Six faces and the six numbers
        they determine leave nothing over: only slanted positions check the fit.
    offset_sd_g : (3,) float
    matrix_sd : (3, 3) float
    positions, slanted : int
        How many it rests on, and how many of those were no face.
    """

    acc_offset_g: Floats
    acc_matrix: Floats
    gyr_offset_dps: Floats
    before_g: float
    residual_g: float
    offset_sd_g: Floats
    matrix_sd: Floats
    positions: int
    slanted: int

    def message(self, imu: int, unix_s: float) -> CalibrationSet:
        """What is stored on the device."""
        return CalibrationSet(
            imu=imu,
            method=METHOD_SIX_POSITIONS,
            residual_ug=min(0xFFFF, round(self.residual_g * 1e6)),
            made_unix_s=round(unix_s),
            acc_offset_ug=tuple(int(v) for v in np.rint(self.acc_offset_g * 1e6)),
            acc_matrix_nano=tuple(int(v) for v in np.rint(self.acc_matrix.ravel() * 1e9)),
            gyr_offset_udps=tuple(int(v) for v in np.rint(self.gyr_offset_dps * 1e6)),
            gyr_matrix_nano=tuple(int(v) for v in np.rint(np.eye(3).ravel() * 1e9)),
        )


def face_of(acc_g: Floats) -> tuple[int, int] | None:
    """Which face is up; None on a slant."""
    axis = int(np.abs(acc_g).argmax())
    length = float(np.linalg.norm(acc_g))
    if length == 0 or abs(acc_g[axis]) / length < np.cos(np.radians(_FACE_DEG)):
        return None
    return axis, 1 if acc_g[axis] > 0 else -1


def slant_of(acc_g: Floats) -> tuple[int, int] | None:
    """Which two axes share gravity, in order: such a position tells their cross-axis term. None near a face."""
    share = np.abs(acc_g) / max(float(np.linalg.norm(acc_g)), 1e-9)
    if share.max() > np.cos(np.radians(_SLANTED_DEG)):
        return None
    first, second = sorted(int(axis) for axis in np.argsort(share)[-2:])
    return first, second


def fit(
    faces: Mapping[tuple[int, int], Position],
    slanted: Sequence[Position] = (),
    gravity_mps2: float = STANDARD_GRAVITY_MPS2,
) -> Fitted:
    """Bias, scale and cross-axis terms of the accelerometer, and the gyroscope's bias.

    Parameters
    ----------
    faces : mapping
        All six of `FACES`.
    slanted : sequence of Position
        Any others: they tell cross-axis terms, and check the rest.
    gravity_mps2 : float
        Where this is done. Half a per cent between equator and pole; wrong, all scales are wrong alike, and no angle
        notices.

    Returns
    -------
    Fitted

    Raises
    ------
    DeviceError
        A face is missing, or the readings are those of no working sensor at rest.
    """
    missing = [face for face in FACES if face not in faces]
    if missing:
        raise DeviceError(f"{len(missing)} of the six positions are missing; take them all")
    everything = [*(faces[face] for face in FACES), *slanted]
    readings = np.array([one.acc_g for one in everything])
    gravity_g = gravity_mps2 / STANDARD_GRAVITY_MPS2
    ups = np.array([sign * np.eye(3)[axis] for axis, sign in FACES])

    def residuals(p: Floats) -> Floats:
        offset, matrix, turn = p[:3], _symmetric(p[3:9]), p[9:]
        true = (readings - offset) @ matrix
        lengths = np.linalg.norm(true, axis=1)
        seen = true[:6] / lengths[:6, None]
        # Small turns only, as soldering and placing make them.
        across = (seen - ups - np.cross(turn, ups)) * (1 - np.abs(ups))
        return np.concatenate(
            [(lengths - gravity_g) / _LENGTH_SD_G, across.ravel() / _PLACED_SD, p[6:9] / _CROSS_SD, turn / _MOUNTED_SD]
        )

    p = np.zeros(12)
    p[:3] = (readings[:6:2] + readings[1:6:2]).diagonal() / 2
    jacobian = np.zeros((0, 12))
    for _ in range(_ROUNDS):
        here = residuals(p)
        jacobian = np.column_stack([(residuals(p + d) - residuals(p - d)) / 2e-6 for d in 1e-6 * np.eye(12)])
        step = np.linalg.lstsq(jacobian, -here, rcond=None)[0]
        p = p + step
        if np.abs(step).max() < 1e-10:
            break
    sd = np.sqrt(np.linalg.pinv(jacobian.T @ jacobian).diagonal())
    offset, matrix = p[:3], _symmetric(p[3:9])
    weights = np.array([one.samples for one in everything], dtype=np.float64)
    fitted = Fitted(
        acc_offset_g=offset,
        acc_matrix=matrix,
        gyr_offset_dps=np.average([one.gyr_dps for one in everything], axis=0, weights=weights),
        before_g=_rms(np.linalg.norm(readings, axis=1) - gravity_g),
        residual_g=_rms(np.linalg.norm((readings - offset) @ matrix, axis=1) - gravity_g),
        offset_sd_g=sd[:3],
        matrix_sd=_symmetric(sd[3:9]) - np.eye(3),
        positions=len(everything),
        slanted=len(slanted),
    )
    _believable(fitted)
    return fitted


def _symmetric(six: Floats) -> Floats:
    """One plus xx, yy, zz, xy, xz, yz."""
    xx, yy, zz, xy, xz, yz = six
    return np.array([[1 + xx, xy, xz], [xy, 1 + yy, yz], [xz, yz, 1 + zz]])


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _believable(fitted: Fitted) -> None:
    again = "nothing was stored: lay it on each face again, still and square"
    if not all(np.isfinite(part).all() for part in (fitted.acc_offset_g, fitted.acc_matrix, fitted.gyr_offset_dps)):
        raise DeviceError(f"the readings make no sense; {again}")
    offset = float(np.abs(fitted.acc_offset_g).max())
    scale = float(np.abs(fitted.acc_matrix.diagonal() - 1).max())
    if offset > _MOST_OFFSET_G or scale > _MOST_SCALE:
        raise DeviceError(
            f"the accelerometer is off by {offset * 1000:.0f} mg and {scale * 100:.1f} %, more than any working one;"
            " nothing was stored: run hiphinge device selftest"
        )
    if fitted.residual_g > _MOST_RESIDUAL_G:
        raise DeviceError(f"the positions contradict each other by {fitted.residual_g * 1000:.0f} mg; {again}")
    if float(np.abs(fitted.gyr_offset_dps).max()) > _MOST_BIAS_DPS:
        raise DeviceError("the gyroscope reads over 20 deg/s at rest; nothing was stored: run hiphinge device selftest")
