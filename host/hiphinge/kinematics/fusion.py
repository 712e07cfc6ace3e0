"""Orientation from a whole recording: the sensor's own errors learnt first, then VQF on corrected samples."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.inclination import stood_upright
from hiphinge.kinematics.orientation import VQF_CARRIED, SensorMotion, fuse_offline
from hiphinge.kinematics.quiet import moving_mean
from hiphinge.kinematics.rotation import unit
from hiphinge.kinematics.selfcal import self_calibrate
from hiphinge.kinematics.sensor_model import SensorModel
from hiphinge.kinematics.unlearnt import Unlearnt
from hiphinge.kinematics.window import best_window
from hiphinge.model import Floats

# Above this the velocities contradict standing in place (walking about, riding): nothing learnt from them is used. Real
# sensors on seated and standing people were seen at 0.4-3.
MOST_RESIDUAL = 1.5
# Parameters this far outside their prior are no sensor's errors but a broken assumption.
MOST_SURPRISE = 5.0
# The same in a typical chip's standard deviations: 0.3 g of offset, say. Cheap chips come to 10, as simulated; a ride
# or a chair fitted by chance to 30 and more, with the largest grade there is.
_MOST_ERRORS = 20.0
# A swing of 75 deg at 1.1 Hz turns the trunk by up to 5 rad/s; a sensor swung in a hand reaches 8 and more.
_MOST_RADPS = 6.5
# From upright a trunk folds by up to 100 deg.
_MOST_LEAN_RAD = np.deg2rad(115.0)
_MOST_QUANTILE = 0.98
# Five times VQF's 3 s: most of what braking and curves do averages out.
_PATIENT = {"tauAcc": 15.0}
_WANDER_S = 10.0
# A filter that cannot weigh what comes after errs by so much more (simulated rides).
_CAUSAL_WANDER = 1.3


class Fused(NamedTuple):
    """Orientation from a whole recording, and what it rests on.

    Attributes
    ----------
    motion : SensorMotion
        Rates and forces corrected, too, where the sensor's own errors are known.
    model : SensorModel or None
        None where the plain filter was used.
    unlearnt : Unlearnt or None
        Why; None also where there were no raw samples to learn from.
    """

    motion: SensorMotion
    model: SensorModel | None
    unlearnt: Unlearnt | None


def fuse_recording(imu: GriddedImu, rate_hz: float) -> Fused:
    """Orientation from the whole recording, with the sensor's own errors taken out where they could be learnt.

    Parameters
    ----------
    imu : GriddedImu
    rate_hz : float
    """
    if imu.gyr_radps is None or imu.acc_mps2 is None:
        return Fused(fuse_offline(imu, rate_hz), None, None)
    found = learn_sensor(imu, rate_hz, twice=True)
    if not isinstance(found, SensorModel):
        fuse = _fuse_carried if found in ("elsewhere", "strange") else fuse_offline
        return Fused(fuse(imu, rate_hz), None, found)
    motion = fuse_corrected(imu, rate_hz, found)
    motion = stood_upright(motion, *found.corrected(imu.gyr_radps, imu.acc_mps2), rate_hz, MOST_RESIDUAL)
    return Fused(motion, found, None)


def fuse_corrected(imu: GriddedImu, rate_hz: float, model: SensorModel | None) -> SensorMotion:
    """Orientation from the whole of some samples, the sensor's own errors taken out first if they are known.

    Parameters
    ----------
    imu : GriddedImu
    rate_hz : float
    model : SensorModel or None
    """
    if model is None or imu.gyr_radps is None or imu.acc_mps2 is None:
        return fuse_offline(imu, rate_hz)
    rate, force = model.corrected(imu.gyr_radps, imu.acc_mps2)
    motion = fuse_offline(replace(imu, gyr_radps=rate, acc_mps2=force), rate_hz, bias_known=True)
    return replace(motion, share_sd=model.share_sd)


def learn_sensor(
    imu: GriddedImu, rate_hz: float, previous: SensorModel | None = None, twice: bool = False
) -> SensorModel | Unlearnt:
    """The sensor's own errors from the best window in which the wearer stood in place, or why there is none.

    Parameters
    ----------
    imu : GriddedImu
        With raw samples.
    rate_hz : float
    previous : SensorModel, optional
        Learnt from much the same samples: where the search begins.
    twice : bool
        Where the best window does not hold, try the best one beside it.
    """
    window = best_window(imu, rate_hz)
    if window is None:
        whole = replace(imu, gap_s=np.zeros(len(imu.gap_s)))
        return "still" if best_window(whole, rate_hz) is None else "gaps"
    found = _learnt(imu.rows(window), rate_hz, previous)
    if found not in ("elsewhere", "strange") or not twice:
        return found
    # Sitting down once, or some steps, spoil the window they fall into: another one may hold.
    gap_s = imu.gap_s.copy()
    gap_s[window] = np.inf
    other = best_window(replace(imu, gap_s=gap_s), rate_hz)
    return found if other is None else _learnt(imu.rows(other), rate_hz, None)


def _fuse_carried(imu: GriddedImu, rate_hz: float) -> SensorMotion:
    """Orientation of a wearer who is carried along or walks about, by the plain filter.

    An acceleration that lasts looks like a tilt. How much so is seen by asking a filter that trusts the accelerometer
    over a longer time: what the two disagree on, over some seconds, goes into the uncertainty.
    """
    motion = fuse_offline(imu, rate_hz, setting=VQF_CARRIED)
    wander_deg = np.sqrt(moving_mean(_apart_deg(motion, imu, rate_hz) ** 2, round(_WANDER_S * rate_hz)))
    return replace(motion, gap_sd_deg=np.hypot(motion.gap_sd_deg, wander_deg))


def carried_wander_deg(imu: GriddedImu, rate_hz: float) -> float:
    """By how much being carried along misleads a filter that knows the past alone, rms in deg."""
    motion = fuse_offline(imu, rate_hz, setting=VQF_CARRIED)
    return _CAUSAL_WANDER * float(np.sqrt(np.mean(_apart_deg(motion, imu, rate_hz) ** 2)))


def _apart_deg(motion: SensorMotion, imu: GriddedImu, rate_hz: float) -> Floats:
    patient = fuse_offline(imu, rate_hz, setting=VQF_CARRIED | _PATIENT)
    cosine = np.clip(np.einsum("ni,ni->n", motion.up, patient.up), -1.0, 1.0)
    return np.degrees(np.arccos(np.nan_to_num(cosine, nan=1.0)))


def _learnt(part: GriddedImu, rate_hz: float, previous: SensorModel | None) -> SensorModel | Unlearnt:
    """The errors by one window, or why they cannot be had."""
    assert part.gyr_radps is not None and part.acc_mps2 is not None
    first = fuse_offline(replace(part, gap_s=np.zeros(len(part.gap_s))), rate_hz)
    if not _on_a_trunk(first):
        return "no trunk"
    bias: Floats = np.median(part.gyr_radps - first.rate_radps, axis=0)
    found = self_calibrate(part.gyr_radps, part.acc_mps2, rate_hz, bias, previous).model
    if found.residual > MOST_RESIDUAL:
        return "elsewhere"
    return found if believable(found) else "strange"


def believable(model: SensorModel) -> bool:
    """Whether a sensor may have such errors."""
    return model.surprise <= MOST_SURPRISE and model.surprise * model.grade <= _MOST_ERRORS


def _on_a_trunk(motion: SensorMotion) -> bool:
    """Whether a trunk can have moved so: neither faster than any swing nor head down."""
    quick = float(np.quantile(np.linalg.norm(motion.rate_radps, axis=1), _MOST_QUANTILE))
    far = float(np.quantile(motion.up @ unit(np.median(motion.up, axis=0)), 1 - _MOST_QUANTILE))
    return quick < _MOST_RADPS and far > np.cos(_MOST_LEAN_RAD)
