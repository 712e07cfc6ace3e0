"""Small rotation algebra on arrays: rows are samples, quaternions are w, x, y, z."""

from __future__ import annotations

import numpy as np

from hiphinge.model import Floats


def unit(vectors: Floats) -> Floats:
    """Rows (or one vector) scaled to length one; a zero vector stays zero."""
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0)


# Matrix of a product from the left, [[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]].
_TAKEN = np.array([[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]])
_SIGNS = np.array([[1.0, -1.0, -1.0, -1.0], [1.0, 1.0, -1.0, 1.0], [1.0, 1.0, 1.0, -1.0], [1.0, -1.0, 1.0, 1.0]])
_FEW = 64
# So few rows are worked out faster one by one.
_A_BLOCK = 10


def multiply(left: Floats, right: Floats) -> Floats:
    """Quaternion products left * right, (..., 4)."""
    if left.shape == right.shape:
        if left.ndim == 2 and len(left) <= _FEW:
            # The product as a matrix times a vector: slower for many, but a quarter of the calls.
            return np.matmul((left[:, _TAKEN] * _SIGNS), right[:, :, None])[:, :, 0]
        product = np.empty(left.shape)
    else:
        product = np.empty(np.broadcast_shapes(left.shape, right.shape))
    w1, x1, y1, z1 = (left[..., i] for i in range(4))
    w2, x2, y2, z2 = (right[..., i] for i in range(4))
    product[..., 0] = w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2
    product[..., 1] = w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2
    product[..., 2] = w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2
    product[..., 3] = w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2
    return product


def conjugate(quat: Floats) -> Floats:
    """Inverse of unit quaternions, (..., 4)."""
    return quat * np.array([1.0, -1.0, -1.0, -1.0])


def up_in_sensor(quat: Floats) -> Floats:
    """Earth's vertical in the sensor's frame, (N, 3), from quaternions sensor to Earth: third row of the matrix."""
    if len(quat) <= _A_BLOCK:
        rows = [[2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)] for w, x, y, z in quat.tolist()]
        return np.array(rows)
    w, x, y, z = quat.T
    return np.column_stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)])


def after(first: Floats) -> Floats:
    """What takes quaternions (as rows) to their products with one from the right, (4, 4): ``q * first == q @ m``."""
    return multiply(np.eye(4), np.tile(first, (4, 1)))


def rotation_rates(quat: Floats, rate_hz: float, centred: bool = True) -> Floats:
    """Angular rate in the sensor's frame, rad/s, from quaternions sensor to Earth.

    Parameters
    ----------
    quat : (N, 4) float
        Evenly spaced; either sign of a quaternion will do.
    rate_hz : float
    centred : bool
        Mean of the steps before and after each instant, (N, 3); else the step that ends at each, (N - 1, 3).
    """
    between = rotation_vector(multiply(conjugate(quat[:-1]), quat[1:])) * rate_hz
    if not centred:
        return between
    padded = np.concatenate([between[:1], between, between[-1:]])
    return (padded[1:] + padded[:-1]) / 2


def matrix(quat: Floats) -> Floats:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = np.moveaxis(quat, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_matrix(rotation: Floats) -> Floats:
    """Unit quaternion (4,) of one rotation matrix (3, 3), by the largest-component rule (Shepperd 1978)."""
    m = rotation
    trace = float(np.trace(m))
    squares = np.array([trace, m[0, 0], m[1, 1], m[2, 2]])
    largest = int(np.argmax(squares))
    if largest == 0:
        quat = np.array([1 + trace, m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    else:
        i = largest - 1
        j, k = (i + 1) % 3, (i + 2) % 3
        quat = np.zeros(4)
        quat[0] = m[k, j] - m[j, k]
        quat[1 + i] = 1 + m[i, i] - m[j, j] - m[k, k]
        quat[1 + j] = m[j, i] + m[i, j]
        quat[1 + k] = m[k, i] + m[i, k]
    return quat / np.linalg.norm(quat)


def from_rotation_vector(vectors: Floats) -> Floats:
    """Unit quaternions (N, 4) of rotation vectors in rad, (N, 3)."""
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    half_sinc = np.divide(np.sin(angle / 2), angle, out=np.full_like(angle, 0.5), where=angle > 1e-9)
    return np.concatenate([np.cos(angle / 2), vectors * half_sinc], axis=-1)


def rotation_vector(quat: Floats) -> Floats:
    """Rotation vectors in rad, (N, 3), of at most half a turn, from unit quaternions (N, 4) of either sign."""
    positive = quat * np.where(quat[:, :1] < 0, -1.0, 1.0)
    vector = positive[:, 1:]
    sine = np.linalg.norm(vector, axis=1, keepdims=True)
    angle = 2 * np.arctan2(sine, positive[:, :1])
    return vector * np.divide(angle, sine, out=np.full_like(angle, 2.0), where=sine > 1e-12)


def running_product(steps: Floats) -> Floats:
    """Products q0, q0 q1, q0 q1 q2, ... of unit quaternions, (N, 4), by doubling: log2(N) vectorised passes."""
    product = steps.copy()
    reach = 1
    while reach < len(product):
        product[reach:] = multiply(product[:-reach], product[reach:])
        reach *= 2
    return product / np.linalg.norm(product, axis=1, keepdims=True)


def shortest_arc(up: Floats) -> Floats:
    """The unit quaternion (4,) that turns a direction (3,) into +z by the shortest way."""
    x, y, z = unit(up)
    if z < -0.999999:
        return np.array([0.0, 1.0, 0.0, 0.0])
    quat = np.array([1.0 + z, y, -x, 0.0])
    return quat / np.linalg.norm(quat)
