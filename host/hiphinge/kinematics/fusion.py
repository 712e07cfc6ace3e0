"""Orientation from a whole recording: the sensor's own errors learnt first, then VQF on corrected samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.orientation import SensorMotion, fuse_offline
from hiphinge.kinematics.selfcal import SensorModel, self_calibrate
from hiphinge.kinematics.uncertainty import LEARNT_SHARE_SD
from hiphinge.kinematics.window import best_window
from hiphinge.model import Floats

# Above this the velocities contradict standing in place (walking about, riding): nothing learnt from them is used. Real
# sensors on seated and standing people were seen at 0.4-3.
MOST_RESIDUAL = 4.0
# Parameters this far outside their prior are no sensor's errors but a broken assumption.
MOST_SURPRISE = 5.0
# Learning needs no more than this rate: the trapezoid is exact enough for swings.
_LEARNING_HZ = 50.0


def fuse_recording(imu: GriddedImu, rate_hz: float) -> tuple[SensorMotion, SensorModel | None]:
    """Orientation from the whole recording, with the sensor's own errors taken out where they could be learnt.

    Parameters
    ----------
    imu : GriddedImu
    rate_hz : float

    Returns
    -------
    motion : SensorMotion
        Rates and forces corrected, too.
    model : SensorModel or None
        None where the plain filter was used.
    """
    model = learn_sensor(imu, rate_hz)
    return fuse_corrected(imu, rate_hz, model), model


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
    return replace(motion, share_sd=LEARNT_SHARE_SD)


def learn_sensor(imu: GriddedImu, rate_hz: float) -> SensorModel | None:
    """The sensor's own errors from the best window; None without one, or where the wearer did not stand in place."""
    if imu.gyr_radps is None or imu.acc_mps2 is None:
        return None
    window = best_window(imu, rate_hz)
    if window is None:
        return None
    stride = max(1, round(rate_hz / _LEARNING_HZ))
    part = imu.rows(slice(window.start, window.stop, stride))
    assert part.gyr_radps is not None and part.acc_mps2 is not None
    first = fuse_offline(replace(part, gap_s=np.zeros(len(part.gap_s))), rate_hz / stride)
    bias: Floats = np.median(part.gyr_radps - first.rate_radps, axis=0)
    model = self_calibrate(part.gyr_radps, part.acc_mps2, rate_hz / stride, bias)
    fits = model.residual <= MOST_RESIDUAL and model.surprise <= MOST_SURPRISE
    return model if fits else None
