"""The few quaternion operations a simulated device needs; w, x, y, z."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from scipy.spatial import transform as _transform  # pyright: ignore[reportMissingTypeStubs]

from hiphinge.model import Floats

_Rotation = cast(Any, _transform).Rotation


def from_matrices(rotation: Floats) -> Floats:
    """Unit quaternions, continuous in time, of (N, 3, 3) rotation matrices, as (N, 4)."""
    xyzw = np.asarray(_Rotation.from_matrix(rotation).as_quat(), dtype=np.float64)
    quat = np.roll(xyzw, 1, axis=1)
    # q and -q turn alike; keeping neighbours in one hemisphere keeps a reader's interpolation short.
    flips = np.cumprod(np.where(np.sum(quat[1:] * quat[:-1], axis=1) < 0, -1.0, 1.0))
    quat[1:] *= flips[:, None]
    return quat


def multiply(p: Floats, q: Floats) -> Floats:
    """Hamilton product of quaternions w, x, y, z, (N, 4)."""
    pw, px, py, pz = p.T
    qw, qx, qy, qz = q.T
    return np.stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ],
        axis=1,
    )
