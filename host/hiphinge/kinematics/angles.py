"""Clinical angles from two oriented sensors and their frames. Definitions: `hiphinge.model.Angles`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hiphinge.kinematics.lever import tilt_rad
from hiphinge.kinematics.rotation import conjugate, from_matrix, multiply
from hiphinge.model import Floats


@dataclass(frozen=True, slots=True)
class SegmentAngles:
    """One segment against the vertical, in degrees: sagittal tilt (forward +) and frontal tilt (right +), (N,) each."""

    sagittal_deg: Floats
    frontal_deg: Floats


def segment_angles(up: Floats, frame: Floats) -> SegmentAngles:
    """Tilts of a segment from its neutral.

    Parameters
    ----------
    up : (N, 3) float
        Earth's vertical in the sensor's frame.
    frame : (3, 3) float
        Sensor to segment; its second row is the vertical at neutral, which makes neutral zero.
    """
    in_segment = up @ frame.T
    frontal = np.arcsin(np.minimum(np.maximum(-in_segment[:, 2], -1.0), 1.0))
    return SegmentAngles(np.degrees(tilt_rad(in_segment)), np.degrees(frontal))


def axis_heading_rad(quat: Floats, frame: Floats) -> Floats:
    """Heading of the flexion axis (to the wearer's right) in the filter's own Earth frame, (N,).

    The axis stays level through a sagittal bend, so the heading is well defined at any depth.
    """
    w, x, y, z = quat.T
    a, b, c = frame[2]
    east = (1 - 2 * (y * y + z * z)) * a + 2 * (x * y - w * z) * b + 2 * (x * z + w * y) * c
    north = 2 * (x * y + w * z) * a + (1 - 2 * (x * x + z * z)) * b + 2 * (y * z - w * x) * c
    return np.arctan2(north, east)


def side_bend_and_rotation(
    sacral: Floats, thoracic: Floats, frames: tuple[Floats, Floats], heading_offset_rad: Floats
) -> tuple[Floats, Floats]:
    """Lumbar side bend (right positive) and rotation (left positive) in degrees.

    Cardan order flexion, side bend, rotation (ISB z-x'-y''; Wu et al. 2002).

    Parameters
    ----------
    sacral, thoracic : (N, 4) float
        Quaternions sensor to Earth, each in its own filter's frame.
    frames : pair of (3, 3) float
        Sensor to segment.
    heading_offset_rad : (N,) float
        Heading of the thoracic filter's Earth frame minus that of the sacral one.
    """
    w, x, y, z = relation(sacral, thoracic, frames, heading_offset_rad).T
    side_bend = np.arcsin(np.minimum(np.maximum(2 * (y * z + w * x), -1.0), 1.0))
    rotation = np.arctan2(-2 * (x * z - w * y), 1 - 2 * (x * x + y * y))
    return np.degrees(side_bend), np.degrees(rotation)


def relation(sacral: Floats, thoracic: Floats, frames: tuple[Floats, Floats], heading_offset_rad: Floats) -> Floats:
    """Attitude of the thorax in the pelvis's frame as unit quaternions, (N, 4). Parameters as above."""
    half = -heading_offset_rad[:, None] / 2
    w, x, y, z = thoracic.T
    # (cos, 0, 0, sin) times each: the same heading for both filters.
    turned = np.cos(half) * thoracic + np.sin(half) * np.column_stack([-z, -y, x, w])
    between = multiply(conjugate(sacral), turned)
    return between @ _into_segments(frames[0].tobytes(), frames[1].tobytes())


@lru_cache(maxsize=16)
def _into_segments(lower: bytes, upper: bytes) -> Floats:
    """What takes quaternions between two sensors (as rows) to those between their segments, (4, 4)."""
    pelvis, thorax = (from_matrix(np.frombuffer(frame).reshape(3, 3)) for frame in (lower, upper))
    return multiply(multiply(pelvis[None], np.eye(4)), conjugate(thorax)[None])


def wrapped(angle_rad: Floats) -> Floats:
    """Angles brought to -pi..pi."""
    return np.arctan2(np.sin(angle_rad), np.cos(angle_rad))
