"""Sensor motions drawn by hand, exactly: a segment that tilts in its sagittal plane, whatever the mounting."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.model import Floats

# Segment axes (x forward, y up, z right) in the world when upright and facing east: columns east, up, south.
UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def posture(tilt_deg: Floats | float, side_deg: Floats | float = 0.0, turn_deg: Floats | float = 0.0) -> Floats:
    """Rotation of a segment from upright, (..., 3, 3): forward tilt, then side bend right, then rotation left (ISB)."""
    angles = np.stack(np.broadcast_arrays(-np.asarray(tilt_deg), side_deg, turn_deg), axis=-1)
    return Rotation.from_euler("ZXY", angles, degrees=True).as_matrix()


def quats(rotation: Floats) -> Floats:
    """w, x, y, z of matrices."""
    return np.roll(Rotation.from_matrix(rotation).as_quat(), 1, axis=-1)


def random_rotation(seed: int) -> Floats:
    return Rotation.random(random_state=np.random.RandomState(seed)).as_matrix()


def drawn_tilt(pieces: Sequence[tuple[float, float]], rate_hz: float, start_deg: float = 0.0) -> Floats:
    """Degrees: minimum-jerk moves, each (seconds, to degrees)."""
    parts: list[Floats] = []
    at_deg = start_deg
    for seconds, to_deg in pieces:
        u = np.arange(round(seconds * rate_hz)) / (seconds * rate_hz)
        parts.append(at_deg + (to_deg - at_deg) * (10 * u**3 - 15 * u**4 + 6 * u**5))
        at_deg = to_deg
    return np.concatenate(parts)


def sagittal_motion(
    tilt_deg: Floats, rate_hz: float, mounting: Floats | None = None, lever_m: tuple[float, float] = (0.0, 0.0)
) -> SensorMotion:
    """What a sensor undergoes at `lever_m` (forward, up) from a hip that stays put, the trunk tilting as given.

    `mounting` is the rotation sensor to segment.
    """
    mount = np.eye(3) if mounting is None else mounting
    tilt = np.radians(tilt_deg)
    rate, (forward_m, up_m) = np.gradient(tilt) * rate_hz, lever_m
    turn = np.gradient(rate) * rate_hz
    sine, cosine = np.sin(tilt), np.cos(tilt)
    # Second derivatives of where the lever's end is: (f cos + u sin, -f sin + u cos).
    dd_sine, dd_cosine = cosine * turn - sine * rate**2, -sine * turn - cosine * rate**2
    ahead = forward_m * dd_cosine + up_m * dd_sine
    above = -forward_m * dd_sine + up_m * dd_cosine + GRAVITY_MPS2
    zero = np.zeros_like(tilt)
    force = np.column_stack([cosine * ahead - sine * above, sine * ahead + cosine * above, zero])
    up = np.column_stack([-sine, cosine, zero])
    return SensorMotion(
        quat=quats(UPRIGHT @ posture(tilt_deg) @ mount),
        up=up @ mount,
        rate_radps=np.column_stack([zero, zero, -rate]) @ mount,
        acc_mps2=force @ mount,
        gap_s=zero,
        gap_sd_deg=zero,
    )
