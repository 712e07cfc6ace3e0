"""Calibration without ritual: standing and the flexion axes are found in the movement itself.

Steps, none of which knows how the sensors are mounted:

1. Quiet poses. Each pose that recurs or lasts is a candidate for upright standing.
2. From a candidate, the verticals' excursions during bends. Bending forward goes one way, side bends go both ways and
   cancel: the sum of the excursions points forward, and its sign is the sign of forward.
3. Each sensor's flexion axis: the mean of its angular rate weighted with the trunk's flexion rate over the forward
   bends, made level (functional calibration as Seel et al. 2012 and Kong et al. 2016, gravity for the long axis).
4. The lever between the sensors (see `lever`) must point up: this tells standing from a bent pose with a pause, and the
   right labels from swapped ones.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics import uncertainty
from hiphinge.kinematics.decimate import coarse_stride, thin
from hiphinge.kinematics.grid import runs
from hiphinge.kinematics.lever import Lever, estimate_lever, tilt_rad
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.plausible import check_worn
from hiphinge.kinematics.quiet import Pose, QuietRun, angle_deg, defining_standing, mean_up, poses, quiet_runs
from hiphinge.kinematics.rotation import unit
from hiphinge.model import Bools, Calibration, Floats, HiphingeError

# The least bend that counts as one (DESIGN section 2).
LEAST_BEND_DEG = 20.0
# A bend is looked at from where the trunk leaves its neighbourhood of standing.
_LEAVING_DEG = 12.0
# Bends within this of the forward direction shape the axis. A hinge with 12 deg of random asymmetry leaves it by 14 deg
# (1 sigma); side bends with much flexion in them (seen: 35 deg) stay outside.
_FORWARD_CONE_DEG = 25.0
# The trunk's lever leans by up to 20 deg from upright (pods on a curved back); a bent pose leans by its own 30-60.
_LEVER_SPREAD_DEG = 20.0
# Of two poses the one whose lever leans by more than `Lever.bent` allows is taken only where there is no other.
_BENT_SCORE = 1e-3
# In a side bend the pelvis tilts by 3-8 deg, in a forward bend by half of the trunk's and more.
_PELVIS_TAKES_PART_DEG = 10.0
# Bends before any standing (a recording that begins in motion) count once standing has lasted 1 s at 25 Hz.
_STANDING_AFTER_SAMPLES = 25
# What a pose is still worth when all its bends rest longer elsewhere: holding the bottom is no fault of standing.
_REST_ELSEWHERE = 0.3
# The lever must speak for exchanged labels by this many sigma, both ways of labelling taken together.
_SWAP_EVIDENCE = 4.0
# Beyond this many sigma upright the other labelling need not be tried.
_SURE = 10.0
MOST_OFF_DEG = 20.0
"""Clipped on again in the same place a sensor leans by a few degrees more or less, and stances differ by as much."""
# A flexion axis on which the bends agree less than this is said to be doubtful: side bends and twists reach 0.6.
_DOUBTFUL_QUALITY = 0.85


# Calibrations nearer to each other than this are one: a tenth of what a zero is known to.
_SAME_CALIBRATION_DEG = 0.04


class CalibrationError(HiphingeError):
    """No usable standing or no usable bend."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A calibration and the evidence behind it; slices and runs are in thinned samples."""

    calibration: Calibration
    pose: Pose
    bends: tuple[slice, ...]
    lever: Lever | None
    pelvis_tilt_deg: float

    def settled(self, now: int) -> bool:
        """Whether the past alone speaks for this calibration at thinned sample `now`.

        A bend from and back to the quiet pose is over, without a long rest in it: a recording that begins bent shows
        the way from that pose and back to it as well. The lever, where it is known well, must not contradict.
        """
        if self.lever is not None and self.lever.bent:
            return False
        over = [bend for bend in self.bends if bend.start > 0 and bend.stop < now]
        stood_before = any(run.start < bend.start for run in self.pose.runs for bend in over)
        # One bend of the thorax alone may be a side bend; a second one the same way tells, or a pelvis that went along.
        bent = len(over) > 1 or (bool(over) and self.pelvis_tilt_deg >= _PELVIS_TAKES_PART_DEG)
        return bent and (stood_before or self.pose.samples >= _STANDING_AFTER_SAMPLES)


@dataclass(frozen=True, slots=True)
class _Candidate:
    pose: Pose
    standing: list[QuietRun]
    frames: tuple[Floats, Floats]
    quality: float
    axis_sd_deg: tuple[float, float]
    bends: tuple[slice, ...]
    brisk_bends: tuple[slice, ...]
    lever: Lever | None
    peak_tilts_deg: tuple[float, float]

    @property
    def uprightness(self) -> float:
        """How many sigma the upper sensor is above the lower one; 0 where accelerations do not tell."""
        return 0.0 if self.lever is None else self.lever.up_m / self.lever.sd_m

    @property
    def score(self) -> float:
        """Time in the pose; less where the lever says the trunk was not upright, or its bends rest elsewhere.

        A lever that is known well decides alone: wearers who hold the bottom longer than they stand rest elsewhere.
        """
        lever = self.lever
        if lever is None or not lever.known:
            return self.pose.weight * (_REST_ELSEWHERE + len(self.brisk_bends) / len(self.bends))
        spread_deg = np.hypot(_LEVER_SPREAD_DEG, lever.inclination_sd_deg)
        score = self.pose.weight * float(np.exp(-0.5 * (lever.inclination_deg / spread_deg) ** 2))
        return score * _BENT_SCORE if lever.bent else score


def calibrate(sacral: SensorMotion, thoracic: SensorMotion, time_s: Floats, rate_hz: float) -> Calibration:
    """Find neutral standing, both sensors' frames and swapped labels.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
        As labelled, on one grid of M instants.
    time_s : (M,) float
    rate_hz : float

    Returns
    -------
    Calibration
        With ``swapped`` set, its matrices and everything after it take the sensors with their labels exchanged.

    Raises
    ------
    CalibrationError
        Without a quiet standing or without a forward bend of at least `LEAST_BEND_DEG`.
    """
    stride = coarse_stride(rate_hz)
    lower, upper = thin(sacral, stride), thin(thoracic, stride)
    return learn(lower, upper, time_s[::stride], rate_hz / stride).calibration


def learn(lower: SensorMotion, upper: SensorMotion, time_s: Floats, rate_hz: float) -> Learned:
    """`calibrate` on motion already thinned to some 25 Hz, with what a live engine must know beside it."""
    best, swapped = _best_labels(lower, upper, rate_hz)
    check_worn(lower, upper, best.bends)
    calibration = _calibration(best, swapped, time_s, rate_hz)
    # Where the lever shows the pose upright, a long hold at the bottom is just that.
    upright = best.lever is not None and best.lever.upright
    bends = best.bends if upright else best.brisk_bends
    return Learned(calibration, best.pose, bends, best.lever, best.peak_tilts_deg[0])


def _calibration(best: _Candidate, swapped: bool, time_s: Floats, rate_hz: float) -> Calibration:
    longest = max(best.standing, key=lambda run: run.stop - run.start)
    neutral_s = (float(time_s[longest.start]), float(time_s[min(len(time_s) - 1, longest.stop)]))
    return Calibration(
        sacral=best.frames[0],
        thoracic=best.frames[1],
        neutral_s=neutral_s,
        flexion_axis_quality=best.quality,
        swapped=swapped,
        warnings=_warnings(best, swapped),
        stood_s=sum(run.stop - run.start for run in best.standing) / rate_hz,
        flexion_axis_sd_deg=best.axis_sd_deg,
        bends=len(best.bends),
    )


def check_fit(calibration: Calibration, sacral: SensorMotion, thoracic: SensorMotion, rate_hz: float) -> None:
    """Refuse a calibration that was made with the sensors clipped on another way.

    Raises
    ------
    CalibrationError
        Nowhere do both sensors rest near the neutral it holds.
    """
    stride = coarse_stride(rate_hz)
    coarse_hz = rate_hz / stride
    rests = quiet_runs(*exchange(thin(sacral, stride), thin(thoracic, stride), calibration.swapped), coarse_hz)
    off_deg = [
        max(angle_deg(run.sacral_up, calibration.sacral[1]), angle_deg(run.thoracic_up, calibration.thoracic[1]))
        for run in rests
    ]
    if off_deg and min(off_deg) > MOST_OFF_DEG:
        raise CalibrationError(
            "the calibration given does not fit this recording: no rest in it comes nearer than "
            f"{min(off_deg):.0f} deg to its neutral; the sensors sit another way: leave it out, or calibrate again"
        )


def frame(up: Floats, right: Floats) -> Floats:
    """Rotation sensor to segment (3, 3) from the vertical at neutral and the flexion axis to the right."""
    y = unit(up)
    z = unit(right - (right @ y) * y)
    return np.stack([np.cross(y, z), y, z])


def reneutral(rotation: Floats, up: Floats) -> Floats:
    """The same frame with another neutral vertical: the flexion axis kept, made level again."""
    return frame(up, rotation[2])


def _best_labels(lower: SensorMotion, upper: SensorMotion, rate_hz: float) -> tuple[_Candidate, bool]:
    """The best candidate with the labels as given or exchanged, and whether they were exchanged.

    Both ways are tried: from a wrong label the bends may not even be seen (seated, the pelvis hardly moves).
    """
    failure: CalibrationError | None = None
    as_given = exchanged = None
    try:
        as_given = _best_candidate(lower, upper, rate_hz)
    except CalibrationError as error:
        failure = error
    if as_given is not None and as_given.uprightness > _SURE:
        return as_given, False
    with contextlib.suppress(CalibrationError):
        exchanged = _best_candidate(upper, lower, rate_hz)
    evidence = (as_given.uprightness if as_given else 0.0) - (exchanged.uprightness if exchanged else 0.0)
    if exchanged is not None and as_given is None and exchanged.uprightness > -1.0:
        return exchanged, True
    if exchanged is not None and (evidence < -_SWAP_EVIDENCE or _tilts_speak_for_swap(as_given)):
        return exchanged, True
    if as_given is None:
        assert failure is not None
        raise failure
    return as_given, False


def _best_candidate(lower: SensorMotion, upper: SensorMotion, rate_hz: float) -> _Candidate:
    found = poses(quiet_runs(lower, upper, rate_hz), rate_hz)
    if not found:
        raise CalibrationError(
            "no quiet standing found: nowhere do both sensors rest for 0.4 s; "
            "stand still for 3 s before the first hinge"
        )
    longest_first = sorted(found, key=lambda pose: pose.weight, reverse=True)[:6]
    rests = [run for pose in found for run in pose.runs]
    candidates = [c for pose in longest_first if (c := _learn(pose, lower, upper, rate_hz, rests)) is not None]
    if not candidates:
        raise CalibrationError(
            f"no forward bend of {LEAST_BEND_DEG:.0f} deg from standing found; "
            "do at least one slow hinge after standing still"
        )
    return max(candidates, key=lambda c: c.score)


def _learn(
    pose: Pose, lower: SensorMotion, upper: SensorMotion, rate_hz: float, rests: list[QuietRun]
) -> _Candidate | None:
    _, neutral = mean_up(pose.runs)
    away = upper.up - (upper.up @ neutral)[:, None] * neutral
    sine = np.linalg.norm(away, axis=1)
    away_deg = np.degrees(np.arctan2(sine, upper.up @ neutral))
    away = away / np.maximum(sine, 1e-9)[:, None] * away_deg[:, None]
    known = np.isfinite(away_deg)
    bends = [bend for bend in runs(known & (away_deg > _LEAVING_DEG)) if away_deg[bend].max() >= LEAST_BEND_DEG]
    if not bends:
        return None
    peaks = np.array([away[bend.start + int(np.argmax(away_deg[bend]))] for bend in bends])
    # The deepest bends are the forward ones (side bends reach 20-40 deg): they weigh by their square.
    peaks *= np.linalg.norm(peaks, axis=1, keepdims=True)
    backward = unit(peaks.sum(axis=0))
    inside = np.ones(len(peaks), bool)
    for _ in range(2):
        inside = unit(peaks) @ backward > np.cos(np.deg2rad(_FORWARD_CONE_DEG))
        if not inside.any():
            return None
        backward = unit(peaks[inside].sum(axis=0))
    kept = tuple(bend for bend, ok in zip(bends, inside, strict=True) if ok)
    # Bent from the first sample on shows no standing before it.
    first = min((bend.start for bend in kept if bend.start > 0), default=0)
    standing = defining_standing(pose.runs, first, rate_hz)
    sacral_up, neutral = mean_up(standing)
    during = _around(kept, len(sine), margin=round(0.5 * rate_hz))
    # Bending forward, the vertical moves to the segment's back, and forward x up... right = forward x up.
    thoracic_frame = frame(neutral, np.cross(-backward, neutral))
    thoracic_frame = _refine(upper, thoracic_frame, neutral, _flexion_rate(upper, thoracic_frame), during)
    flexion_rate = _flexion_rate(upper, thoracic_frame)
    sacral_frame = _refine(lower, None, sacral_up, flexion_rate, during)
    frames = (sacral_frame, thoracic_frame)
    quality = min(_quality(lower, sacral_frame, during), _quality(upper, thoracic_frame, during))
    spread = (
        _axis_sd_deg(lower, sacral_frame, flexion_rate, kept),
        _axis_sd_deg(upper, thoracic_frame, flexion_rate, kept),
    )
    lever = estimate_lever(lower, upper, frames, during & known, rate_hz)
    pelvis, thorax = (np.degrees(tilt_rad(m.up @ f.T)) for m, f in ((lower, sacral_frame), (upper, thoracic_frame)))
    peak_tilts_deg = (
        float(np.mean([np.nanmax(pelvis[bend]) for bend in kept])),
        float(np.mean([np.nanmax(thorax[bend]) for bend in kept])),
    )
    # A "bend" with a longer rest in it than the pose ever lasted leads from a bent pose to the standing and back.
    longest = pose.longest.stop - pose.longest.start
    longer = [run for run in rests if run.stop - run.start > longest]
    brisk = tuple(bend for bend in kept if not any(bend.start <= run.start and run.stop <= bend.stop for run in longer))
    return _Candidate(pose, standing, frames, quality, spread, kept, brisk, lever, peak_tilts_deg)


def _flexion_rate(motion: SensorMotion, rotation: Floats) -> Floats:
    """Rate of forward bending in rad/s: negative rotation about the axis to the right."""
    return -(motion.rate_radps @ rotation[2])


def _refine(motion: SensorMotion, start: Floats | None, up: Floats, flexion_rate: Floats, during: Bools) -> Floats:
    weights = np.nan_to_num(flexion_rate[during])
    axis = -(np.nan_to_num(motion.rate_radps[during]) * weights[:, None]).sum(axis=0)
    level = axis - (axis @ up) * up
    if np.linalg.norm(level) < 1e-9:
        return start if start is not None else frame(up, np.roll(up, 1))
    return frame(up, level)


def _axis_sd_deg(motion: SensorMotion, rotation: Floats, flexion_rate: Floats, bends: tuple[slice, ...]) -> float:
    """How well a segment's axis is known by the scatter of its bends'."""
    weights = [np.nan_to_num(flexion_rate[bend]) for bend in bends]
    axes = np.array([rate @ np.nan_to_num(motion.rate_radps[bend]) for rate, bend in zip(weights, bends, strict=True)])
    headings = np.arctan2(*-(axes @ rotation[[0, 2]].T).T)
    # An axis points either way: a segment that turns against the flexion is off by what is left of half a turn.
    headings = (headings + np.pi / 2) % np.pi - np.pi / 2
    energy = np.array([rate @ rate for rate in weights])
    return uncertainty.axis_sd_deg(np.degrees(headings), energy + 1e-9)


def _quality(motion: SensorMotion, rotation: Floats, during: Bools) -> float:
    """Share of the bends' rotation that goes about the flexion axis, 0..1."""
    rates = np.nan_to_num(motion.rate_radps[during])
    total = float((rates**2).sum())
    return float(((rates @ rotation[2]) ** 2).sum() / total) if total > 0 else 0.0


def _around(bends: tuple[slice, ...], size: int, margin: int) -> Bools:
    mask = np.zeros(size, bool)
    for bend in bends:
        mask[max(0, bend.start - margin) : bend.stop + margin] = True
    return mask


def _tilts_speak_for_swap(as_given: _Candidate | None) -> bool:
    """Without accelerations: nobody tilts the pelvis far more than the thorax, except by arching hard, up to 20 deg."""
    if as_given is None or as_given.lever is not None:
        return False
    pelvis_deg, thorax_deg = as_given.peak_tilts_deg
    return pelvis_deg > 1.25 * thorax_deg + 10


def _warnings(best: _Candidate, swapped: bool) -> tuple[str, ...]:
    said: list[str] = []
    if swapped:
        said.append("the two sensors were swapped: the one labelled sacral was worn higher; labels exchanged")
    if best.quality < _DOUBTFUL_QUALITY:
        said.append(
            f"the bends share no clear flexion axis (quality {best.quality:.2f}): angles are less certain; "
            "begin with one slow hinge straight ahead"
        )
    return tuple(said)


def exchange(sacral: SensorMotion, thoracic: SensorMotion, swapped: bool) -> tuple[SensorMotion, SensorMotion]:
    """The two sensors under their right labels."""
    return (thoracic, sacral) if swapped else (sacral, thoracic)


def differ(a: Calibration, b: Calibration) -> bool:
    """Whether two calibrations differ by more than matters in any axis."""
    return a.swapped != b.swapped or any(
        angle_deg(old, new) > _SAME_CALIBRATION_DEG
        for one, other in ((a.sacral, b.sacral), (a.thoracic, b.thoracic))
        for old, new in zip(one, other, strict=True)
    )
