"""Orientation of pelvis and thorax in OpenSim's ground frame. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.angles import axis_heading_rad
from hiphinge.kinematics.calibration import exchange
from hiphinge.kinematics.grid import INTERPOLATE_S, runs
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rotation import conjugate, from_matrix, multiply
from hiphinge.kinematics.track import circular_mean, found_heading, standing
from hiphinge.kinematics.worn import oriented
from hiphinge.model import Calibration, Floats, Recording

# Earth (x east, y north, z up) to OpenSim's ground (x forward, y up, z right) for somebody whose right is east.
_EARTH_TO_GROUND = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])


@dataclass(frozen=True, slots=True)
class SegmentOrientations:
    """Unit quaternions w, x, y, z, segment to ground, one row an instant of the recording; NaN where not known.

    Segment axes (ISB, as OpenSim's bodies): x forward, y up, z right. Ground: y up, x where the wearer faced when first
    standing still. Upright neutral standing is the identity.

    Attributes
    ----------
    time_s : (N,) float
    pelvis, thorax : (N, 4) float
    """

    time_s: Floats
    pelvis: Floats
    thorax: Floats


def segment_orientations(recording: Recording, calibration: Calibration) -> SegmentOrientations:
    """Orient both segments over a whole recording.

    There is no magnetometer: the heading is relative. It is zero at the first still standing of each stretch without a
    long gap (0.5 s and more restart the filters), drifts by hundredths of a degree per second from there, and is common
    to both segments: the thorax' heading is tied to the pelvis' at every still standing.

    Parameters
    ----------
    recording : Recording
    calibration : Calibration
        As the analysis of this recording used it.

    Returns
    -------
    SegmentOrientations
    """
    motion = oriented(recording)
    sacral, thoracic = exchange(motion.sacral, motion.thoracic, calibration.swapped)
    frames = Neutral.of(calibration, float(motion.time_s[0]))
    offset = found_heading(sacral, thoracic, frames, motion.rate_hz).offset_rad
    zero = _heading_zero_rad(sacral, thoracic, frames, motion.rate_hz)
    missing = ~(np.maximum(sacral.gap_s, thoracic.gap_s) <= INTERPOLATE_S)
    pelvis = _in_ground(sacral.quat, frames.sacral, zero)
    thorax = _in_ground(thoracic.quat, frames.thoracic, zero + offset)
    pelvis[missing] = np.nan
    thorax[missing] = np.nan
    return SegmentOrientations(recording.time_s, pelvis[motion.rows], thorax[motion.rows])


def _heading_zero_rad(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral, rate_hz: float) -> Floats:
    """The pelvis' heading that is called forward, one value for each stretch the filter ran through, (M,)."""
    heading = axis_heading_rad(sacral.quat, frames.sacral)
    stands = standing(sacral, thoracic, frames, rate_hz)
    zero = np.full(len(heading), np.nan)
    for part in runs(np.isfinite(heading)):
        inside = [run for run in stands if part.start <= run.start and run.stop <= part.stop]
        zero[part] = circular_mean(heading[inside[0]]) if inside else heading[part.start]
    return zero


def _in_ground(quat: Floats, frame: Floats, heading_rad: Floats) -> Floats:
    """Segment to ground from sensor to Earth, (M, 4), for a wearer whose right has that heading in that Earth."""
    segment = multiply(quat, conjugate(from_matrix(frame)))
    half = -heading_rad / 2
    level = np.zeros((len(half), 2))
    turned = multiply(np.column_stack([np.cos(half), level, np.sin(half)]), segment)
    ground = multiply(from_matrix(_EARTH_TO_GROUND), turned)
    # Either sign is the same rotation; one sign makes files comparable.
    return ground * np.where(ground[:, :1] < 0.0, -1.0, 1.0)
