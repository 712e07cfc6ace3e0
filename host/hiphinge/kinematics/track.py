"""Everything a repetition is found, screened and measured on, over a stretch of the grid."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from hiphinge.kinematics import uncertainty
from hiphinge.kinematics.angles import axis_heading_rad, segment_angles, side_bend_and_rotation, wrapped
from hiphinge.kinematics.grid import INTERPOLATE_S, runs
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.model import Angles, Bools, Calibration, Floats

# Heading is compared between the segments where both are this near to standing.
_UPRIGHT_DEG = 8.0
_STILL_S = 0.4


@dataclass(frozen=True, slots=True)
class Track:
    """Angles on the grid, bridged over short gaps, and what the screens need.

    Attributes
    ----------
    angles : Angles
    lean_deg : (M,) float
        Frontal tilt of the thorax, right positive.
    sagittal_radps, tilting_radps : (M,) float
        Thorax angular speed about the flexion axis, and about any axis but its own long one (twisting tilts nothing).
    sacral_force_mps2 : (M,) float or None
        Size of the sacral specific force.
    gap_s : (M,) float
        The longer of the two sensors' gaps at each instant.
    """

    angles: Angles
    lean_deg: Floats
    sagittal_radps: Floats
    tilting_radps: Floats
    sacral_force_mps2: Floats | None
    gap_s: Floats


def heading_difference_rad(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral) -> Floats:
    """Heading of the thorax's flexion axis minus the pelvis's, each in its own filter's frame, (M,)."""
    return wrapped(axis_heading_rad(thoracic.quat, frames.thoracic) - axis_heading_rad(sacral.quat, frames.sacral))


def standing(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral, rate_hz: float) -> list[slice]:
    """Stretches of still standing near neutral, where the wearer is taken to face straight ahead with both segments."""
    upright = np.ones(len(sacral.up), bool)
    for motion, frame in ((sacral, frames.sacral), (thoracic, frames.thoracic)):
        upright &= motion.up @ frame[1] > np.cos(np.deg2rad(_UPRIGHT_DEG))
        upright &= np.linalg.norm(motion.rate_radps, axis=1) < np.deg2rad(8.0)
    shortest = max(2, round(_STILL_S * rate_hz))
    return [run for run in runs(upright) if run.stop - run.start >= shortest]


class Heading(NamedTuple):
    """Heading of the thoracic filter's Earth frame minus the sacral one's.

    Attributes
    ----------
    offset_rad : (M,) float
    age_s : (M,) float
        To the nearest standing at which it was known; live, since the last one.
    live : bool
        Known from the past alone.
    """

    offset_rad: Floats
    age_s: Floats
    live: bool = False


def found_heading(sacral: SensorMotion, thoracic: SensorMotion, frames: Neutral, rate_hz: float) -> Heading:
    """Heading offset between the two filters over a whole recording.

    Known at every still standing, where rotation is zero by definition, and drawn straight between: the filters drift
    against each other by hundredths of a degree per second. A stretch without standing gets its mean; every long gap
    begins a new stretch, because the filters restarted.
    """
    difference = heading_difference_rad(sacral, thoracic, frames)
    offset, age_s = np.full(len(difference), np.nan), np.full(len(difference), np.inf)
    stands = standing(sacral, thoracic, frames, rate_hz)
    for part in runs(np.isfinite(difference)):
        inside = [run for run in stands if part.start <= run.start and run.stop <= part.stop] or [part]
        at = [(run.start + run.stop) / 2 for run in inside]
        values = np.unwrap(np.array([circular_mean(difference[run]) for run in inside]))
        rows = np.arange(part.start, part.stop, dtype=np.float64)
        offset[part] = np.interp(rows, at, values)
        age_s[part] = _to_nearest(rows, np.array(at)) / rate_hz
    return Heading(offset, age_s)


def _to_nearest(rows: Floats, at: Floats) -> Floats:
    """How far each of some rows is from the nearest of some sorted ones."""
    after = np.searchsorted(at, rows)
    before = np.maximum(after - 1, 0)
    return np.minimum(np.abs(rows - at[before]), np.abs(at[np.minimum(after, len(at) - 1)] - rows))


def known_since(offset_rad: float, age_s: Floats) -> Heading:
    """The last heading known live, so long ago."""
    return Heading(np.full(len(age_s), offset_rad), age_s, live=True)


def joined_headings(parts: list[Heading]) -> Heading:
    """Consecutive stretches as one."""
    offsets, ages = [part.offset_rad for part in parts], [part.age_s for part in parts]
    return Heading(np.concatenate(offsets), np.concatenate(ages), parts[0].live)


def circular_mean(angle_rad: Floats) -> float:
    """Mean direction of angles."""
    return float(np.angle(np.exp(1j * angle_rad).mean()))


def track(
    sacral: SensorMotion,
    thoracic: SensorMotion,
    time_s: Floats,
    frames: Neutral,
    heading: Heading,
    learnt: Calibration,
) -> Track:
    """Angles and screening signals of one stretch with one neutral.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
        Under their right labels, M instants.
    time_s : (M,) float
    frames : Neutral
    heading : Heading
        From `found_heading`, or the last known one live.
    learnt : Calibration
        For how well the flexion axes are known.
    """
    pelvis = segment_angles(sacral.up, frames.sacral)
    thorax = segment_angles(thoracic.up, frames.thoracic)
    side_bend, rotation = side_bend_and_rotation(
        sacral.quat, thoracic.quat, (frames.sacral, frames.thoracic), heading.offset_rad
    )
    sagittal = thoracic.rate_radps @ frames.thoracic[2]
    zero = uncertainty.zero_sds_deg(frames.stood_s)
    own_sds = [
        uncertainty.tilt_sd_deg(
            angles.sagittal_deg,
            rate,
            motion.gap_sd_deg,
            motion.share_sd,
            uncertainty.by_axis_sd_deg(angles.sagittal_deg, angles.frontal_deg, axis_sd_deg, learnt.bends),
        )
        for angles, rate, motion, axis_sd_deg in (
            (pelvis, sacral.rate_radps @ frames.sacral[2], sacral, learnt.flexion_axis_sd_deg[0]),
            (thorax, sagittal, thoracic, learnt.flexion_axis_sd_deg[1]),
        )
    ]
    heading_sd = uncertainty.heading_angle_sd_deg(
        thorax.sagittal_deg,
        learnt.flexion_axis_quality,
        heading.age_s,
        heading.live,
        (sacral.gap_sd_deg, thoracic.gap_sd_deg),
    )
    angles = Angles(
        time_s=time_s,
        hip_hinge_deg=pelvis.sagittal_deg,
        trunk_deg=thorax.sagittal_deg,
        lumbar_flexion_deg=thorax.sagittal_deg - pelvis.sagittal_deg,
        lumbar_side_bend_deg=side_bend,
        lumbar_rotation_deg=rotation,
        hip_hinge_sd_deg=np.hypot(own_sds[0], zero.hip_hinge),
        trunk_sd_deg=np.hypot(own_sds[1], zero.trunk),
        lumbar_flexion_sd_deg=np.sqrt(own_sds[0] ** 2 + own_sds[1] ** 2 + zero.lumbar_flexion**2),
        lumbar_side_bend_sd_deg=heading_sd,
        lumbar_rotation_sd_deg=heading_sd,
    )
    return Track(
        angles=angles,
        lean_deg=thorax.frontal_deg,
        sagittal_radps=sagittal,
        tilting_radps=np.linalg.norm(thoracic.rate_radps @ frames.thoracic[[0, 2]].T, axis=1),
        sacral_force_mps2=None if sacral.acc_mps2 is None else np.linalg.norm(sacral.acc_mps2, axis=1),
        gap_s=np.maximum(sacral.gap_s, thoracic.gap_s),
    )


def joined(parts: list[Track]) -> Track:
    """Consecutive stretches as one."""
    if len(parts) == 1:
        return parts[0]
    force = [part.sacral_force_mps2 for part in parts]
    known = [values for values in force if values is not None]
    return Track(
        angles=join_angles([part.angles for part in parts]),
        lean_deg=np.concatenate([part.lean_deg for part in parts]),
        sagittal_radps=np.concatenate([part.sagittal_radps for part in parts]),
        tilting_radps=np.concatenate([part.tilting_radps for part in parts]),
        sacral_force_mps2=np.concatenate(known) if len(known) == len(parts) else None,
        gap_s=np.concatenate([part.gap_s for part in parts]),
    )


def join_angles(parts: list[Angles]) -> Angles:
    """Consecutive stretches of angles as one."""
    return Angles(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Angles)})


def take(angles: Angles, rows: np.ndarray | slice) -> Angles:
    """Some rows of the angles."""
    return Angles(**{f.name: getattr(angles, f.name)[rows] for f in fields(Angles)})


def blanked(angles: Angles, unknown: Bools) -> Angles:
    """The angles with every value but time emptied (NaN) where `unknown`."""
    if not unknown.any():
        return angles
    return replace(
        angles,
        **{f.name: np.where(unknown, np.nan, getattr(angles, f.name)) for f in fields(Angles) if f.name != "time_s"},
    )


def published(whole: Track) -> Angles:
    """The angles for eyes outside: nothing inside a gap longer than `grid.INTERPOLATE_S`."""
    return blanked(whole.angles, ~(whole.gap_s <= INTERPOLATE_S))
