"""Frames over a recording in which a sensor slipped or is loose: what held before, what holds since, what is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hiphinge.kinematics.anchors import Anchors, anchors
from hiphinge.kinematics.calibration import CalibrationError, Learned, learn
from hiphinge.kinematics.disturbances import Disturbance
from hiphinge.kinematics.fusion import fuse_corrected, learn_sensor
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.neutral import Neutral, spans
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import QuietRun, angle_deg
from hiphinge.kinematics.sensor_model import SensorModel
from hiphinge.kinematics.slip import Slip, find_slips, neutrals_after, tilts_deg
from hiphinge.model import SEGMENTS, Calibration, Floats

# A calibration of a part is taken where the sensor that did not slip stands in it as in the whole.
_SAME_STANDING_DEG = 8.0
# Tops of a set: people come back to the same standing within 1-3 deg (simulated ones within 1.8); a sensor that leans
# differently by this much (the median over the bends of a set) does not sit still. Seated people, whose thorax comes
# back to nowhere in particular, reach 3.
_LOOSE_DEG = 4.0
_LEAST_BENDS = 5
# A sensor that creeps one way through a set by this much: tired people round by some degrees.
_CREEP_DEG = 7.0
# What is so far from the set's usual top is another pose: a rest on the thighs, a side bend.
_OTHER_POSE_DEG = 25.0
# Tops further apart are of two sets, whose stances may differ.
_ONE_SET_S = 15.0


@dataclass(frozen=True, slots=True)
class Mounts:
    """What `remounted` found.

    Attributes
    ----------
    calibration : Calibration
        From a stretch without a slip.
    neutrals : list of Neutral
        One, and one more from each slip on.
    disturbances : list of Disturbance
        Slips and loose sensors.
    """

    calibration: Calibration
    neutrals: list[Neutral]
    disturbances: list[Disturbance]


def remounted(
    sacral: SensorMotion, thoracic: SensorMotion, found: Calibration, time_s: Floats, rate_hz: float, given: bool
) -> Mounts:
    """Frames over time.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
        Under their right labels, thinned to some 25 Hz, N samples.
    found : Calibration
        Of the recording as a whole.
    time_s : (N,) float
    rate_hz : float
    given : bool
        The calibration is a saved one: its frames hold until the first slip.
    """
    base = Neutral.of(found, float(time_s[0]))
    first, slips = find_slips(sacral, thoracic, base, time_s, rate_hz)
    neutrals = neutrals_after(base if given else first, slips)
    if slips and not given:
        found, neutrals = _learnt_clean((sacral, thoracic), found, neutrals, slips, time_s, rate_hz)
    said = [_as_disturbance(slip) for slip in slips]
    for segment in SEGMENTS:
        if any(slip.sensor == segment for slip in slips):
            continue
        own, other = (sacral, thoracic) if segment == "sacral" else (thoracic, sacral)
        frames = (base.sacral, base.thoracic) if segment == "sacral" else (base.thoracic, base.sacral)
        loose = looseness(anchors(own, other, frames[1], rate_hz), frames[0], time_s)
        said += [Disturbance("loose", segment, a, b, a, size, "deg", size) for a, b, size in loose]
    return Mounts(found, neutrals, said)


def fused_around(imu: GriddedImu, rate_hz: float, slips: Sequence[Disturbance], time_s: Floats) -> SensorMotion:
    """Orientation of a sensor that slipped: its own errors learnt from the longest stretch without a slip.

    A window with a slip in it would bend its model to explain the turn of the mounting.

    Parameters
    ----------
    imu : GriddedImu
        M rows.
    rate_hz : float
    slips : sequence of Disturbance
        Of this sensor.
    time_s : (M,) float
    """
    starts = [0, *(int(np.searchsorted(time_s, slip.end_s)) for slip in slips)]
    stops = [*(int(np.searchsorted(time_s, slip.start_s)) for slip in slips), len(time_s)]
    longest = max((slice(a, b) for a, b in zip(starts, stops, strict=True)), key=lambda part: part.stop - part.start)
    found = None if imu.gyr_radps is None or imu.acc_mps2 is None else learn_sensor(imu.rows(longest), rate_hz)
    return fuse_corrected(imu, rate_hz, found if isinstance(found, SensorModel) else None)


def until_standing(found: list[Disturbance], quiet: list[QuietRun], time_s: Floats) -> list[Disturbance]:
    """Clipped rates last until the wearer rests next: only then is the vertical seen again.

    `quiet` are runs of the samples whose times are `time_s`.
    """
    starts_s = np.array([time_s[run.start] for run in quiet] or [np.inf])

    def lasting(one: Disturbance) -> Disturbance:
        if one.kind != "clipping" or one.unit != "deg/s":
            return one
        after = starts_s[starts_s >= one.end_s]
        return replace(one, end_s=float(min(after[0] if len(after) else np.inf, time_s[-1])))

    return [lasting(one) for one in found]


def looseness(seen: Anchors, frame: Floats, time_s: Floats) -> list[tuple[float, float, float]]:
    """Sets in which a sensor does not come back to where it was: from, until, and by how many degrees.

    Parameters
    ----------
    seen : Anchors
    frame : (3, 3) float
        Sensor to segment.
    time_s : (N,) float
    """
    bends = np.flatnonzero(seen.bends)
    if len(bends) < _LEAST_BENDS:
        return []
    at_s = time_s[seen.start[bends]]
    tilts = tilts_deg(seen.up, frame)
    edges = [0, *(np.flatnonzero(np.diff(at_s) > _ONE_SET_S) + 1).tolist(), len(bends)]
    found: list[tuple[float, float, float]] = []
    for low, high in pairwise(edges):
        before, after = tilts[bends[low:high]], tilts[bends[low:high] + 1]
        usual = np.median(np.concatenate([before, after]), axis=0)
        near = [np.linalg.norm(top - usual, axis=1) < _OTHER_POSE_DEG for top in (before, after)]
        kept = near[0] & near[1]
        if np.count_nonzero(kept) < max(_LEAST_BENDS, 0.8 * (high - low)):
            continue
        before, after = before[kept], after[kept]
        wander = float(np.median(np.linalg.norm(after - before, axis=1)))
        third = len(before) // 3
        thirds = [np.median(part, axis=0) for part in (before[:third], before[third:-third], after[-third:])]
        creep = float(np.linalg.norm(thirds[2] - thirds[0]))
        # Creeping is half done by the middle; sets of two poses are not.
        steady = float(np.linalg.norm(thirds[1] - (thirds[0] + thirds[2]) / 2)) < creep / 4 and wander < creep / 2
        if wander > _LOOSE_DEG or (creep > _CREEP_DEG and steady):
            size = max(wander, creep if steady else 0.0)
            found.append((float(at_s[low]), float(time_s[seen.stop[bends[high - 1] + 1] - 1]), size))
    return found


def _learnt_clean(
    motions: tuple[SensorMotion, SensorMotion],
    found: Calibration,
    neutrals: list[Neutral],
    slips: list[Slip],
    time_s: Floats,
    rate_hz: float,
) -> tuple[Calibration, list[Neutral]]:
    """The calibration of the stretch with the most bends in it, and with it the sensor that did not slip."""
    parts = [part for part, _ in spans(neutrals, time_s)]
    best: tuple[Learned, int] | None = None
    for at, part in enumerate(parts):
        learnt = _learnt(motions, part, time_s, rate_hz)
        if learnt is not None and (best is None or len(learnt.bends) > len(best[0].bends)):
            best = learnt, at
    if best is None:
        return found, neutrals
    clean, at = best[0].calibration, best[1]
    expected = neutrals[at]
    if any(
        angle_deg(mine[1], known[1]) > _SAME_STANDING_DEG
        for mine, known in ((clean.sacral, expected.sacral), (clean.thoracic, expected.thoracic))
    ):
        return found, neutrals
    slipped = {slip.sensor for slip in slips}
    neutrals = [
        replace(
            one,
            sacral=one.sacral if "sacral" in slipped and one is not expected else clean.sacral,
            thoracic=one.thoracic if "thoracic" in slipped and one is not expected else clean.thoracic,
        )
        for one in neutrals
    ]
    return replace(clean, swapped=found.swapped), neutrals


def _learnt(motions: tuple[SensorMotion, SensorMotion], part: slice, time_s: Floats, rate_hz: float) -> Learned | None:
    try:
        learnt = learn(motions[0].rows(part), motions[1].rows(part), time_s[part], rate_hz)
    except CalibrationError:
        return None
    return None if learnt.calibration.swapped else learnt


def _as_disturbance(slip: Slip) -> Disturbance:
    return Disturbance("slip", slip.sensor, slip.start_s, slip.end_s, slip.at_s, slip.angle_deg, "deg", slip.angle_deg)
