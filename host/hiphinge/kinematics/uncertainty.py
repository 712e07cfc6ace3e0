"""How well each angle is known: one standard deviation in degrees.

A sum of squares of what limits a filtered inclination. The constants are for the sensors the product is built with
(15 mg and 1 % of scale and cross-axis error, 1 sigma); each is explained where it stands.
"""

from __future__ import annotations

import numpy as np

from hiphinge.model import Floats

# Neutral is a mean over seconds of sway, which moves both segments together: more for a tilt than for their difference.
NEUTRAL_SD_DEG = 0.4
LUMBAR_NEUTRAL_SD_DEG = 0.3
# Gyroscope scale and cross-axis errors grow with the angle turned, accelerometer errors with the change of attitude:
# share of the tilt, for a sensor as it comes and for one whose errors were learnt (`selfcal`).
PLAIN_SHARE_SD = 0.010
LEARNT_SHARE_SD = 0.006
CAUSAL_SHARE_SD = 0.018
CAUSAL_LEARNT_SHARE_SD = 0.009
# Soft tissue, time stamps and scale act in fast motion: degrees per deg/s.
SPEED_SD_S = 0.002
# Interpolated rates across a gap of T seconds miss w'' T^3 / 8; in a fast swing (1.1 Hz, 200 deg/s) w'' is 160 rad/s^3.
GAP_SD_DEG_PER_S3 = 1146.0
# After a gap or a start in motion the accelerometer takes the filter back to the vertical with this time constant.
RECOVERY_S = 3.0
# Side bend and rotation hang on a heading that no magnetometer supports, and on an axis learnt from the bends.
HEADING_SD_DEG = 3.0


def tilt_sd_deg(tilt_deg: Floats, rate_radps: Floats, gap_sd_deg: Floats, share_sd: float) -> Floats:
    """Standard deviation of a segment's sagittal tilt, (N,), from the tilt, its rate, what gaps add and the share."""
    speed = np.degrees(rate_radps)
    return np.sqrt(NEUTRAL_SD_DEG**2 + (share_sd * tilt_deg) ** 2 + (SPEED_SD_S * speed) ** 2 + gap_sd_deg**2)


def gap_sd_deg(gap_s: Floats, rate_hz: float, start_sd_deg: float = 0.0) -> Floats:
    """What gaps add to a tilt's standard deviation: it rises in a gap and decays after it, (N,).

    `start_sd_deg` is what the samples before the first one left.
    """
    within = np.minimum(30.0, GAP_SD_DEG_PER_S3 * np.minimum(gap_s, 1.0) ** 3)
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


def lumbar_sd_deg(hip_sd_deg: Floats, trunk_sd_deg: Floats) -> Floats:
    """Standard deviation of trunk minus hip hinge: errors of two sensors being independent, but for sway at neutral."""
    own = hip_sd_deg**2 + trunk_sd_deg**2 - 2 * NEUTRAL_SD_DEG**2
    return np.sqrt(own + LUMBAR_NEUTRAL_SD_DEG**2)


def heading_angle_sd_deg(trunk_deg: Floats, flexion_axis_quality: float) -> Floats:
    """Standard deviation of side bend and rotation: larger in a deep bend and with bends that share no clear axis."""
    spread = np.degrees(np.arccos(np.clip(np.sqrt(max(flexion_axis_quality, 0.0)), 0.0, 1.0)))
    return np.sqrt(HEADING_SD_DEG**2 + (np.sin(np.radians(trunk_deg)) * spread) ** 2)
