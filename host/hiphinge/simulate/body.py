"""The body: hip centre, pelvis, lumbar joint, thorax, and what a point on them undergoes.

Segment axes (ISB): x forward, y up, z right. World: ENU, z up. Rates are body-fixed, (N, 3), rad/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from hiphinge.model import Floats
from hiphinge.simulate.spline import Spline

# Columns: segment axes of someone facing east.
_FACING_EAST = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
_X, _Y, _Z = 0, 1, 2
GRAVITY_MPS2 = 9.80665  # standard gravity, as DESIGN's "1 g"


class Coordinate(IntEnum):
    """Columns of the body's coordinates."""

    EAST_M = 0
    NORTH_M = 1
    UP_M = 2
    HEADING = 3
    HINGE = 4
    OBLIQUITY = 5
    LUMBAR = 6
    BEND = 7
    ROTATION = 8
    STRETCH_M = 9


@dataclass(frozen=True, slots=True)
class Build:
    """Lengths of one wearer.

    Attributes
    ----------
    hip_travel_m, hip_drop_m : float
        Way back per sine, and down per versine, of the hinge.
    lumbar_m, sacral_m : (3,) float
        Lumbar joint and sacral sensor from the hip centre, pelvis frame.
    thoracic_m : (3,) float
        Thoracic sensor from the lumbar joint, thorax frame.
    sacral_incline_deg, thoracic_incline_deg : float
        How far the skin under each sensor leans forward (+) in upright standing.
    """

    hip_height_m: float
    hip_travel_m: float
    hip_drop_m: float
    lumbar_m: Floats
    sacral_m: Floats
    thoracic_m: Floats
    sacral_incline_deg: float
    thoracic_incline_deg: float


def random_build(rng: np.random.Generator) -> Build:
    """Draw a wearer; ranges cover most adults."""
    return Build(
        hip_height_m=float(rng.uniform(0.82, 1.0)),
        hip_travel_m=float(rng.uniform(0.10, 0.18)),
        hip_drop_m=float(rng.uniform(0.03, 0.10)),
        lumbar_m=np.array([rng.uniform(-0.03, 0.0), rng.uniform(0.10, 0.15), 0.0]),
        sacral_m=np.array([rng.uniform(-0.12, -0.08), rng.uniform(0.08, 0.12), rng.uniform(-0.01, 0.01)]),
        thoracic_m=np.array([rng.uniform(-0.12, -0.08), rng.uniform(0.20, 0.30), rng.uniform(-0.01, 0.01)]),
        # The sacrum leans forward, the skin at T12 backward of the lordosis to forward of the kyphosis.
        sacral_incline_deg=float(rng.uniform(5, 25)),
        thoracic_incline_deg=float(rng.choice([-1, 1]) * rng.uniform(5, 15)),
    )


@dataclass(frozen=True, slots=True)
class Pose:
    """A frame's orientation and motion.

    Attributes
    ----------
    rotation : (N, 3, 3) float
        Frame to world.
    rate, rate_change : (N, 3) float
        Angular velocity and its time derivative, both in the frame itself.
    """

    rotation: Floats
    rate: Floats
    rate_change: Floats


@dataclass(frozen=True, slots=True)
class BodyState:
    """Both segments and the sensors' points at N instants; positions m and accelerations m/s² in the world."""

    pelvis: Pose
    thorax: Pose
    sacral_m: Floats
    thoracic_m: Floats
    sacral_mps2: Floats
    thoracic_mps2: Floats


def move_body(motion: Spline, build: Build, t: Floats) -> BodyState:
    """Kinematics of the two segments at instants `t`, (N,) s."""
    q, dq, ddq = motion(t), motion(t, 1), motion(t, 2)
    pelvis = Pose(np.broadcast_to(_FACING_EAST, (len(t), 3, 3)), np.zeros((len(t), 3)), np.zeros((len(t), 3)))
    # Forward is a negative rotation about z (right); left, seen from above, a positive one about y (up).
    for axis, sign, c in ((_Y, 1, Coordinate.HEADING), (_Z, -1, Coordinate.HINGE), (_X, 1, Coordinate.OBLIQUITY)):
        pelvis = turn(pelvis, axis, sign * q[:, c], sign * dq[:, c], sign * ddq[:, c])
    thorax = pelvis
    for axis, sign, c in ((_Z, -1, Coordinate.LUMBAR), (_X, 1, Coordinate.BEND), (_Y, 1, Coordinate.ROTATION)):
        thorax = turn(thorax, axis, sign * q[:, c], sign * dq[:, c], sign * ddq[:, c])
    hip_m, hip_mps2 = q[:, :3], ddq[:, :3]
    lumbar_m = hip_m + _apply(pelvis.rotation, build.lumbar_m)
    lumbar_mps2 = hip_mps2 + _carried(pelvis, build.lumbar_m)
    stretch = np.zeros((3, len(t), 3))
    for order, values in enumerate((q, dq, ddq)):
        stretch[order, :, _Y] = values[:, Coordinate.STRETCH_M]
    arm = build.thoracic_m + stretch[0]
    return BodyState(
        pelvis,
        thorax,
        hip_m + _apply(pelvis.rotation, build.sacral_m),
        lumbar_m + _apply(thorax.rotation, arm),
        hip_mps2 + _carried(pelvis, build.sacral_m),
        # The arm's own motion adds its acceleration and Coriolis'.
        lumbar_mps2
        + _carried(thorax, arm)
        + _apply(thorax.rotation, 2 * np.cross(thorax.rate, stretch[1]) + stretch[2]),
    )


def turn(pose: Pose, axis: int, angle: Floats, rate: Floats, acceleration: Floats) -> Pose:
    """A frame turned about one of its own axes by a moving angle.

    Parameters
    ----------
    pose : Pose
    axis : 0, 1 or 2
    angle, rate, acceleration : (N,) float
        rad, rad/s, rad/s².
    """
    b, c = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.empty(pose.rotation.shape)
    old = pose.rotation
    rotation[:, :, axis] = old[:, :, axis]
    rotation[:, :, b] = cos[:, None] * old[:, :, b] + sin[:, None] * old[:, :, c]
    rotation[:, :, c] = cos[:, None] * old[:, :, c] - sin[:, None] * old[:, :, b]

    def seen(v: Floats) -> Floats:
        result = np.empty_like(v)
        result[:, axis] = v[:, axis]
        result[:, b] = cos * v[:, b] + sin * v[:, c]
        result[:, c] = cos * v[:, c] - sin * v[:, b]
        return result

    spin, change = seen(pose.rate), seen(pose.rate_change)
    change[:, axis] += acceleration
    change[:, b] += rate * spin[:, c]
    change[:, c] -= rate * spin[:, b]
    spin[:, axis] += rate
    return Pose(rotation, spin, change)


def _apply(rotation: Floats, vectors: Floats) -> Floats:
    """Rotate (N, 3) or one (3,) vector by (N, 3, 3)."""
    return np.einsum("nij,nj->ni", rotation, np.broadcast_to(vectors, (len(rotation), 3)))


def _carried(pose: Pose, arm: Floats) -> Floats:
    """World acceleration of a point fixed in the frame at `arm`, against the frame's origin."""
    arm = np.broadcast_to(arm, pose.rate.shape)
    inner = np.cross(pose.rate_change, arm) + np.cross(pose.rate, np.cross(pose.rate, arm))
    return _apply(pose.rotation, inner)
