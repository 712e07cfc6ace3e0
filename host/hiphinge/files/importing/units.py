"""Vendors' units, axes and orientations to ours. Pure: arrays in, arrays out; NaN where missing."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import transform as _transform  # pyright: ignore[reportMissingTypeStubs]

from hiphinge.files.importing.mapping import SAME_AXES, Acceleration, AngularRate, Euler, Matrix, Quaternion
from hiphinge.files.plausibility import STANDARD_GRAVITY_MPS2
from hiphinge.kinematics.rotation import conjugate, multiply
from hiphinge.model import Bools, Floats

_Rotation = cast("Any", _transform).Rotation

_UNIT = {"m/s²": 1.0, "g": STANDARD_GRAVITY_MPS2, "mg": STANDARD_GRAVITY_MPS2 / 1000.0, "rad/s": 1.0}
_UNIT["deg/s"] = np.pi / 180.0
# Earth frames to ENU: rows are east, north, up.
_TO_ENU: dict[str, Floats] = {
    "ENU": np.eye(3),
    "NWU": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "NED": np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]),
}
# A matrix of rounded numbers is this near to a rotation; farther off, something else is in the columns.
_MATRIX_TOLERANCE = 0.05
_MOST_DEG = 360.0


def axis_matrix(axes: tuple[str, str, str]) -> Floats:
    """Matrix of a permutation with signs, (3, 3): ``ours = m @ theirs``.

    Examples
    --------
    >>> axis_matrix(("y", "-x", "z")) @ [1.0, 2.0, 3.0]
    array([ 2., -1.,  3.])
    """
    matrix = np.zeros((3, 3))
    for row, axis in enumerate(axes):
        matrix[row, SAME_AXES.index(axis[-1])] = -1.0 if axis.startswith("-") else 1.0
    return matrix


def vectors(values: Floats, how: Acceleration | AngularRate) -> Floats:
    """Accelerations in m/s² or angular rates in rad/s, (N, 3), in the sensor's axes."""
    if how.axes != SAME_AXES:
        values = np.column_stack([values[:, SAME_AXES.index(axis[-1])] for axis in how.axes])
        values = values * np.array([-1.0 if axis.startswith("-") else 1.0 for axis in how.axes])
    return values * (_UNIT[how.unit] * how.scale)


def with_gravity(free_mps2: Floats, quat: Floats, how: Acceleration, earth: str) -> Floats:
    """Specific force from acceleration without gravity, (N, 3).

    Parameters
    ----------
    free_mps2 : (N, 3) float
        In the sensor's axes, or along the vendor's Earth axes, as `how.frame` says.
    quat : (N, 4) float
        Unit quaternions, sensor to Earth (ENU).
    how : Acceleration
    earth : str
        The vendor's Earth frame: ENU, NWU or NED.
    """
    force = np.full_like(free_mps2, np.nan)
    known = ~np.isnan(quat).any(axis=1) & ~np.isnan(free_mps2).any(axis=1)
    if not known.any():
        return force
    turn = _Rotation.from_quat(quat[known], scalar_first=True)
    up = np.array([0.0, 0.0, STANDARD_GRAVITY_MPS2])
    if how.frame == "earth":
        force[known] = turn.apply(free_mps2[known] @ _TO_ENU[earth].T + up, inverse=True)
    else:
        force[known] = free_mps2[known] + turn.apply(up, inverse=True)
    return force


def quaternions(values: Floats, how: Quaternion | Matrix | Euler) -> Floats:
    """Quaternions w, x, y, z, sensor to Earth (ENU), (N, 4), not normalised; NaN where anything is missing.

    Rows that `not_a_rotation` tells must not be among them.
    """
    quat = np.full((len(values), 4), np.nan)
    known = ~np.isnan(values).any(axis=1)
    if not known.any():
        return quat
    some = values[known]
    if isinstance(how, Quaternion):
        quat[known] = some if how.order == "wxyz" else some[:, [3, 0, 1, 2]]
    elif isinstance(how, Matrix):
        quat[known] = _scalar_first(_Rotation.from_matrix(some.reshape(-1, 3, 3)))
    else:
        quat[known] = _scalar_first(_Rotation.from_euler(how.sequence, some, degrees=how.unit == "deg"))
    if how.direction == "earth_to_sensor":
        quat = conjugate(quat)
    if how.earth != "ENU":
        quat = multiply(_scalar_first(_Rotation.from_matrix(_TO_ENU[how.earth])), quat)
    if how.axes != SAME_AXES:
        quat = multiply(quat, conjugate(_scalar_first(_Rotation.from_matrix(axis_matrix(how.axes)))))
    return quat


def not_a_rotation(values: Floats, how: Quaternion | Matrix | Euler) -> Bools:
    """Which rows are no rotation at all; missing ones are not told."""
    known = np.all(~np.isnan(values), axis=1)
    # Cut, so that squares stay finite.
    some = np.clip(np.where(known[:, None], values, 0.0), -1e6, 1e6)
    if isinstance(how, Quaternion):
        off = np.abs(np.sqrt(np.sum(some**2, axis=1)) - 1.0) > _MATRIX_TOLERANCE
    elif isinstance(how, Matrix):
        matrix: NDArray[np.float64] = some.reshape(-1, 3, 3)
        rest = matrix @ matrix.transpose(0, 2, 1) - np.eye(3)
        off = (np.abs(rest).max(axis=(1, 2)) > _MATRIX_TOLERANCE) | (np.linalg.det(matrix) < 0.0)
    else:
        most = _MOST_DEG if how.unit == "deg" else np.radians(_MOST_DEG)
        off = np.abs(some).max(axis=1) > most * (1.0 + 1e-6)
    return off & known


def _scalar_first(rotation: Any) -> Floats:
    return np.asarray(rotation.as_quat(scalar_first=True), np.float64)
