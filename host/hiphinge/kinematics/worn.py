"""Both sensors as worn: on one grid, oriented, rightly labelled, with the frames in which each sat over time.

Disturbances are noticed on the way: a knock is left out of the filter, a sensor that slipped is fused again without the
slip in the window from which its errors are learnt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hiphinge.kinematics.calibration import check_fit, exchange, learn
from hiphinge.kinematics.decimate import coarse_stride, thin
from hiphinge.kinematics.disturbances import Disturbance, from_shocks, raised, relabelled, said
from hiphinge.kinematics.fusion import fuse_recording
from hiphinge.kinematics.grid import GriddedImu, grid_times, measure_grid, put_on_grid
from hiphinge.kinematics.missing import missing_lines
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.plausible import check_chips
from hiphinge.kinematics.quiet import QuietRun, quiet_runs
from hiphinge.kinematics.remount import Mounts, fused_around, remounted, until_standing
from hiphinge.kinematics.shocks import find_shocks, without_knocks
from hiphinge.kinematics.unlearnt import Reasons, plainly_filtered
from hiphinge.model import SEGMENTS, Calibration, Floats, Recording


@dataclass(frozen=True, slots=True)
class Oriented:
    """Both sensors oriented on one grid, as labelled.

    `rows` are the grid indices of the recording's own instants, `imus` the samples without knocks.
    """

    time_s: Floats
    rate_hz: float
    sacral: SensorMotion
    thoracic: SensorMotion
    rows: np.ndarray
    missing_samples: int
    imus: tuple[GriddedImu, GriddedImu]
    unlearnt: Reasons
    disturbances: tuple[Disturbance, ...]


@dataclass(frozen=True, slots=True)
class Worn:
    """The sensors under their right labels and how they sat.

    Attributes
    ----------
    motion : Oriented
        Uncertainty raised where something disturbed it.
    quiet : list of QuietRun
        In thinned samples, whose times are `coarse_s`.
    coarse_s : (K,) float
    mounts : Mounts
        Calibration, and frames over time.
    warnings : tuple of str
        Missing samples, whose own errors could not be learnt and why, and what disturbed the sensors.
    """

    motion: Oriented
    quiet: list[QuietRun]
    coarse_s: Floats
    mounts: Mounts
    warnings: tuple[str, ...]


def worn(recording: Recording, calibration: Calibration | None) -> Worn:
    """How the sensors of a recording were worn, by a calibration given or found.

    Raises
    ------
    CalibrationError
        Without a usable standing or bend, or if the calibration given does not fit.
    """
    motion = oriented(recording)
    if calibration is not None:
        check_fit(calibration, motion.sacral, motion.thoracic, motion.rate_hz)
    found = _mounted(motion, calibration)
    slips = relabelled(
        [one for one in found.mounts.disturbances if one.kind == "slip"], found.mounts.calibration.swapped
    )
    if slips:
        found = _mounted(_fused_around(motion, slips), calibration)
    swapped = found.mounts.calibration.swapped
    shocks = until_standing(relabelled(motion.disturbances, swapped), found.quiet, found.coarse_s)
    disturbed = [*shocks, *found.mounts.disturbances]
    lacking = missing_lines(motion.imus, motion.time_s, swapped)
    warnings = (*lacking, *plainly_filtered(motion.unlearnt, swapped), *said(disturbed))
    return replace(found, motion=_doubted(found.motion, disturbed), warnings=warnings)


def _mounted(motion: Oriented, calibration: Calibration | None) -> Worn:
    stride = coarse_stride(motion.rate_hz)
    rate_hz, coarse_s = motion.rate_hz / stride, motion.time_s[::stride]
    coarse = (thin(motion.sacral, stride), thin(motion.thoracic, stride))
    found = calibration or learn(*coarse, coarse_s, rate_hz).calibration
    coarse = exchange(*coarse, found.swapped)
    sacral, thoracic = exchange(motion.sacral, motion.thoracic, found.swapped)
    mounts = remounted(*coarse, found, coarse_s[: len(coarse[0].up)], rate_hz, calibration is not None)
    right = replace(motion, sacral=sacral, thoracic=thoracic)
    return Worn(right, quiet_runs(*coarse, rate_hz), coarse_s, mounts, ())


def _fused_around(motion: Oriented, slips: list[Disturbance]) -> Oriented:
    """The motion with every sensor that slipped fused again; `slips` by the device's labels."""
    sacral, thoracic = (
        fused_around(imu, motion.rate_hz, mine, motion.time_s) if mine else fused
        for fused, imu, mine in (
            (fused, imu, [slip for slip in slips if slip.sensor == segment])
            for segment, fused, imu in zip(SEGMENTS, (motion.sacral, motion.thoracic), motion.imus, strict=True)
        )
    )
    return replace(motion, sacral=sacral, thoracic=thoracic)


def oriented(recording: Recording) -> Oriented:
    """Both sensors on the recording's grid, fused over the whole recording; knocks are noted and left out."""
    grid = measure_grid(recording.time_s)
    lower, upper = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    time_s = grid_times(recording.time_s, grid)
    check_chips((lower, upper), grid.rate_hz)
    shocks = [find_shocks(*pair, grid.rate_hz) for pair in ((lower, upper), (upper, lower))]
    lower, upper = (without_knocks(imu, felt) for imu, felt in zip((lower, upper), shocks, strict=True))
    fused = [fuse_recording(imu, grid.rate_hz) for imu in (lower, upper)]
    return Oriented(
        time_s=time_s,
        rate_hz=grid.rate_hz,
        sacral=fused[0].motion,
        thoracic=fused[1].motion,
        unlearnt=(fused[0].unlearnt, fused[1].unlearnt),
        rows=grid.index,
        missing_samples=int(np.count_nonzero((lower.gap_s > 0) | (upper.gap_s > 0))),
        imus=(lower, upper),
        disturbances=tuple(
            one for segment, felt in zip(SEGMENTS, shocks, strict=True) for one in from_shocks(felt, segment, time_s)
        ),
    )


def _doubted(motion: Oriented, disturbed: list[Disturbance]) -> Oriented:
    """The motion of rightly labelled sensors with what disturbed them counted into its uncertainty."""
    sacral, thoracic = (
        raised(one, segment, disturbed, motion.time_s, motion.rate_hz)
        for segment, one in zip(SEGMENTS, (motion.sacral, motion.thoracic), strict=True)
    )
    return replace(motion, sacral=sacral, thoracic=thoracic)
