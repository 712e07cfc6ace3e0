"""How well each angle is known: one standard deviation in degrees.

A sum of squares: what is still unknown of the sensor's errors (from the estimator's own covariance,
`sensor_model.SensorModel.share_sd`), the sway in which zero was taken, the flexion axis, fast motion, gaps and
disturbances, and a share for skin. Each constant is explained where it stands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hiphinge.model import Floats

# Zero is the mean of a standing, whatever its sway. But the mean force over some seconds also holds the acceleration of
# that sway, and what was left of coming to a halt: 0.2 deg a period of 2-3 s (simulated wearers with and without
# walking before). The thorax sways more than the pelvis, and part of it with the pelvis.
_SWAY_SD_DEG = (0.18, 0.22, 0.16)
_SWAY_S = 2.5
# People stand otherwise each time, by some tenths of a degree that a longer standing does not average out.
_LONGEST_STANDING_S = 10.0
# Errors of a typical chip (15 mg, 1 %) as they come, per tilt, and what a causal filter adds to those that are left.
PLAIN_SHARE_SD = 0.010
CAUSAL_SHARE_SD = 0.018
CAUSAL_LAG_SHARE_SD = 0.004
# Half of what a causal filter made of a bend of 45 deg with errors as they come is still there at the next top.
CAUSAL_LEFT_SD_DEG = 0.4
# A snug clip moves by up to half a degree against its bone in a bend of 45 deg: with all else that is counted, two
# standard deviations. Loose skin moves by 1-3 deg, which nothing here can know.
SKIN_SHARE_SD = 0.004
# One bend's own axis scatters about the wearer's by side bend and rotation: some 5 deg in people who mean to bend
# straight ahead. It counts as one bend more; real scatter soon outweighs it.
_PRIOR_SCATTER_DEG = 5.0
_PRIOR_BENDS = 1.0
# Nearer to upright the direction of a bend says nothing about its axis.
_DIRECTED_DEG = 20.0
# Time stamps are good to half a millisecond: degrees per deg/s.
SPEED_SD_S = 0.0006
# Interpolated rates across a gap of T seconds miss w'' T^3 / 8; in a fast swing (1.1 Hz, 200 deg/s) w'' is 160 rad/s^3.
GAP_SD_DEG_PER_S3 = 1146.0
# After a gap or a start in motion the accelerometer takes the filter back to the vertical with this time constant.
RECOVERY_S = 3.0
# Side bend and rotation: sway at standing, where both are zero by definition, and headings drifting apart since.
_HEADING_SD_DEG = 0.6
# Beside that the axis: habitual asymmetry looks like mounting. A bend that leans or turns by the same angle every time
# shows this much less of it as scatter (simulated habits of 5-12 deg).
_HABIT_OF_SCATTER = 1.2
# Headings are compared while standing. Between two standings, looked at both ways in time, they drift by hundredths of
# a degree per second; live, with the sensors' errors still being learnt, by up to a tenth.
_DRIFT_DPS, _DRIFT_LIVE_DPS = 0.02, 0.1


class ZeroSds(NamedTuple):
    """What the sway at standing leaves in each angle's zero, deg."""

    hip_hinge: float
    trunk: float
    lumbar_flexion: float


def zero_sds_deg(stood_s: float) -> ZeroSds:
    """Standard deviations of zero after so many seconds of standing."""
    news = min(max(stood_s, _SWAY_S), _LONGEST_STANDING_S) / _SWAY_S
    return ZeroSds(*(sway / float(np.sqrt(news)) for sway in _SWAY_SD_DEG))


def axis_sd_deg(headings_deg: Floats, weights: Floats) -> float:
    """Standard deviation of a flexion axis that is the weighted mean of the bends' own, about the vertical.

    Parameters
    ----------
    headings_deg, weights : (B,) float
        Of each bend, from their mean.
    """
    bends = float(weights.sum() ** 2 / (weights**2).sum())
    scatter = bends * float((weights * headings_deg**2).sum() / weights.sum())
    variance = (_PRIOR_BENDS * _PRIOR_SCATTER_DEG**2 + scatter) / (_PRIOR_BENDS + bends - 1)
    return float(np.sqrt(variance / bends))


def by_axis_sd_deg(sagittal_deg: Floats, frontal_deg: Floats, axis_sd_deg: float, bends: int) -> Floats:
    """What a turned flexion axis makes of a tilt, (N,).

    Turned by psi about the vertical it takes psi times the frontal tilt for sagittal, and shortens the tilt by the
    cosine. Where the present bend goes another way than those learnt from, it adds to their scatter as one bend more.
    """
    direction_deg = np.degrees(np.arctan2(np.abs(frontal_deg), np.maximum(np.abs(sagittal_deg), _DIRECTED_DEG)))
    seen = axis_sd_deg**2 * bends * (_PRIOR_BENDS + bends - 1)
    variance = np.radians(1.0) ** 2 * (seen + direction_deg**2 * bends / (bends + 1)) / (_PRIOR_BENDS + bends) / bends
    return np.sqrt(variance * frontal_deg**2 + 0.75 * (variance * sagittal_deg) ** 2)


def tilt_sd_deg(
    tilt_deg: Floats, rate_radps: Floats, gap_sd_deg: Floats, share_sd: float, by_axis_sd_deg: Floats
) -> Floats:
    """Standard deviation of a segment's sagittal tilt but for its zero, (N,).

    Parameters
    ----------
    tilt_deg, rate_radps, gap_sd_deg : (N,) float
    share_sd : float
        What the sensor's own errors add, per tilt.
    by_axis_sd_deg : (N,) float
        From `by_axis_sd_deg`.
    """
    of_tilt = (share_sd**2 + SKIN_SHARE_SD**2) * tilt_deg**2
    return np.sqrt(of_tilt + (SPEED_SD_S * np.degrees(rate_radps)) ** 2 + gap_sd_deg**2 + by_axis_sd_deg**2)


def gap_sd_deg(gap_s: Floats, rate_hz: float, start_sd_deg: float = 0.0, begun: bool = False) -> Floats:
    """What gaps add to a tilt's standard deviation: it rises in a gap and decays after it, (N,).

    `start_sd_deg` is what the samples before the first one left. Unless samples came before (`begun`), what is missing
    before the first one is no gap: nothing was known that could get lost.
    """
    within = np.minimum(30.0, GAP_SD_DEG_PER_S3 * np.minimum(gap_s, 1.0) ** 3)
    if not begun and len(gap_s) and gap_s[0] > 0:
        within[: int(np.argmax(gap_s == 0)) if (gap_s == 0).any() else len(gap_s)] = 0.0
    if not within.any() and start_sd_deg == 0.0:
        return within
    return decaying_peak(within, np.exp(-1.0 / (RECOVERY_S * rate_hz)), start_sd_deg)


def decaying_peak(values: Floats, keep: float, start: float = 0.0) -> Floats:
    """Running maximum that decays by the factor `keep` a sample, (N,).

    Taken in the log domain: max over the past of ``value * keep**age`` is a cumulative maximum after detrending.
    """
    trend = np.arange(1, len(values) + 1) * np.log(keep)
    with np.errstate(divide="ignore"):
        logs = np.log(values) - trend
        before = np.log(start) if start > 0 else -np.inf
    return np.exp(np.maximum.accumulate(np.maximum(logs, before)) + trend)


def heading_angle_sd_deg(
    trunk_deg: Floats, flexion_axis_quality: float, age_s: Floats, live: bool, gap_sds_deg: tuple[Floats, Floats]
) -> Floats:
    """Standard deviation of side bend and rotation, (N,).

    Larger in a deep bend, with bends that share no clear axis, long after a standing, and after gaps and disturbances.

    Parameters
    ----------
    trunk_deg : (N,) float
    flexion_axis_quality : float
    age_s : (N,) float
        To the nearest standing (live: since the last one).
    live : bool
    gap_sds_deg : pair of (N,) float
        Of either segment.
    """
    scatter = np.degrees(np.arccos(np.clip(np.sqrt(max(flexion_axis_quality, 0.0)), 0.0, 1.0)))
    by_axis = np.sin(np.radians(trunk_deg)) * _HABIT_OF_SCATTER * scatter
    drift = (_DRIFT_LIVE_DPS if live else _DRIFT_DPS) * age_s
    return np.sqrt(_HEADING_SD_DEG**2 + by_axis**2 + drift**2 + gap_sds_deg[0] ** 2 + gap_sds_deg[1] ** 2)
