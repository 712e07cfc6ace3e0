"""How sensors sit on the wearer: mounting, and the skin between sensor and bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import SEGMENTS, Floats, Segment
from hiphinge.simulate.body import Build, Pose, move_body, turn
from hiphinge.simulate.scenario import Mounting
from hiphinge.simulate.spline import Spline

HAND_DEG = 3.0  # 1 sigma of how crookedly a clip is put on
SLIDE_AT_DEG = 45.0  # bend at which skin has slid by `soft_tissue_deg`
SHAKE_MPS2 = 5.0  # shaking that turns the sensor by half of it
WOBBLE_HZ, WOBBLE_DAMPING = 8.0, 0.35  # skin-mounted masses of some ten grams ring at 5..15 Hz and die in a few cycles

# Columns: the sensor's axes in its segment. y along the spine, z out of the back, x to the wearer's right.
_ON_THE_BACK = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def mounting_matrix(kind: Mounting, segment: Segment, build: Build, rng: np.random.Generator) -> Floats:
    """Rotation sensor to segment, (3, 3): ``v_segment = m @ v_sensor``.

    "nominal" lies on the skin, y up the spine and z out of the back; "upside_down" is turned by 180 deg on the skin,
    "turned" by 90, "opposite" has the sacral sensor flipped to face the body. "random" is any rotation at all.
    """
    crooked = _rotation(rng.normal(0.0, np.radians(HAND_DEG), 3))
    anywhere = _uniform_rotation(rng)
    if kind == "random":
        return anywhere
    incline_deg = build.sacral_incline_deg if segment == "sacral" else build.thoracic_incline_deg
    skin = _rotation(np.array([0.0, 0.0, -np.radians(incline_deg)]))
    extra = np.zeros(3)
    if kind == "upside_down":
        extra = np.array([0.0, 0.0, np.pi])
    elif kind == "turned":
        extra = np.array([0.0, 0.0, np.pi / 2])
    elif kind == "opposite" and segment == "sacral":
        extra = np.array([0.0, np.pi, 0.0])
    return skin @ _ON_THE_BACK @ _rotation(extra) @ crooked


@dataclass(frozen=True, slots=True)
class Skin:
    """Rotation of each sensor against its segment (rad, about x, y, z in turn), as splines."""

    sacral: Spline
    thoracic: Spline


def plate_pose(segment: Pose, tissue: Spline | None, t: Floats) -> Pose:
    """Pose of the skin under a sensor, which is on a segment with pose `segment` at instants `t`."""
    if tissue is None:
        return segment
    q, dq, ddq = tissue(t), tissue(t, 1), tissue(t, 2)
    for axis in range(3):
        segment = turn(segment, axis, q[:, axis], dq[:, axis], ddq[:, axis])
    return segment


def soft_tissue(
    times_s: Floats, motion: Spline, build: Build, size_deg: float, rng: np.random.Generator, chunk: int = 50_000
) -> Skin | None:
    """Skin that slides with bending and wobbles with shaking.

    Parameters
    ----------
    times_s : (K,) float
        Uniform knots.
    motion : Spline
    build : Build
    size_deg : float
        `Scenario.soft_tissue_deg`.
    rng : Generator
    chunk : int
        Knots at a time; bounds the memory, changes nothing else.
    """
    if size_deg <= 0:
        return None
    size = np.radians(size_deg)
    # Roll (x) and yaw (y) give less than z, the axis bending turns about; skin lags, so it tilts back (+ about z).
    slide = [size * rng.uniform((-0.3, -0.2, 0.5), (0.3, 0.2, 1.0)) for _ in SEGMENTS]
    shake = [size / 2 / SHAKE_MPS2 * rng.uniform(0.5, 1.0, 3) for _ in SEGMENTS]
    sliding, shaking = np.empty((2, len(times_s), 1)), np.empty((2, len(times_s), 3))
    for begin in range(0, len(times_s), chunk):
        part = slice(begin, begin + chunk)
        state = move_body(motion, build, times_s[part])
        pairs = ((state.pelvis, state.sacral_mps2), (state.thorax, state.thoracic_mps2))
        for i, (pose, acceleration) in enumerate(pairs):
            local = np.einsum("nji,nj->ni", pose.rotation, acceleration)
            # Pushed sideways the plate rolls and a little yaws, pushed along or across the spine it pitches.
            shaking[i, part] = np.stack([local[:, 2], 0.5 * local[:, 2], local[:, 0] + 0.5 * local[:, 1]], axis=1)
            forward = -pose.rotation[:, 2, 0]
            sliding[i, part, 0] = forward / np.sin(np.radians(SLIDE_AT_DEG))
    ringing = _ringing(float(times_s[1] - times_s[0]))
    splines: list[Spline] = []
    for i in range(2):
        for axis in range(3):
            shaking[i, :, axis] = np.convolve(shaking[i, :, axis], ringing)[: len(times_s)]
        splines.append(Spline(times_s, shaking[i] * shake[i] + sliding[i] * slide[i]))
    return Skin(*splines)


def _ringing(step_s: float) -> Floats:
    """Impulse response of the wobble (damped oscillator), of unit sum."""
    t = np.arange(0.0, 0.6, step_s)
    omega = 2 * np.pi * WOBBLE_HZ
    damped = omega * np.sqrt(1 - WOBBLE_DAMPING**2)
    response = np.exp(-WOBBLE_DAMPING * omega * t) * np.sin(damped * t)
    return response / np.sum(response)


def _rotation(vector: Floats) -> Floats:
    """Rotation matrix of a rotation vector (Rodrigues), (3, 3)."""
    angle = float(np.linalg.norm(vector))
    if angle == 0.0:
        return np.eye(3)
    x, y, z = vector / angle
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def _uniform_rotation(rng: np.random.Generator) -> Floats:
    """Any rotation, all equally likely: a normalised Gaussian quaternion (Shoemake 1992)."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
