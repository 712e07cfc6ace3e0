"""Whether a sensor can be what it should: worn on the segment that bends, and of one mind with itself."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import moving_mean
from hiphinge.model import HiphingeError

# Gravity is looked at through means of this length, every so often: it turns by some degrees in a slow bend meanwhile.
_SMOOTH_S = 0.3
_STEP_S = 0.2
# Only where the sensor turns as in a bend, and feels little but gravity.
_LEAST_RADPS = 0.25
_FORCE_SHARE = 0.1
# Some bends' worth; less says nothing.
_LEAST_S = 2.0
# What the gyroscope leaves unexplained of how gravity turned, as a share: 0.05-0.4 on people and simulated wearers, in
# swings and on the bus too; 1 of a gyroscope that knows nothing, 2 of exchanged axes, 4 of a wrong sign.
_MOST_UNEXPLAINED = 1.5
# A body sways and breathes by 0.3 deg/s and more, even where it does not bend; a sensor on a table, cheap ones too,
# shows its noise: below 0.1 deg/s.
_WORN_RADPS = np.deg2rad(0.15)
# A second's worth of thinned samples that were measured, not bridged.
_LEAST_ROWS = 25


class SensorError(HiphingeError):
    """A sensor is not worn, or its own chips contradict each other."""


def unexplained(imu: GriddedImu, rate_hz: float) -> float:
    """The share of gravity's turning, as the accelerometer saw it, that the gyroscope does not explain.

    In the sensor's frame gravity turns against the sensor: df/dt = -w x f. NaN where there is too little to tell.

    Parameters
    ----------
    imu : GriddedImu
    rate_hz : float
    """
    if imu.gyr_radps is None or imu.acc_mps2 is None:
        return float("nan")
    width, step = max(1, round(_SMOOTH_S * rate_hz)), max(1, round(_STEP_S * rate_hz))
    force = np.column_stack([moving_mean(axis, width) for axis in imu.acc_mps2.T])
    turned = np.concatenate([np.zeros((1, 3)), np.cumsum(imu.gyr_radps, axis=0)]) / rate_hz
    at = np.arange(step, len(force) - step, step)
    if not len(at):
        return float("nan")
    angle = turned[at + step] - turned[at]
    before, after = force[at], force[at + step]
    size = np.linalg.norm(before, axis=1)
    told = (np.linalg.norm(angle, axis=1) > _LEAST_RADPS * step / rate_hz) & (
        np.abs(size / GRAVITY_MPS2 - 1) < _FORCE_SHARE
    )
    told &= ~np.add.reduceat(imu.gap_s > 0, at)[: len(at)].astype(bool)
    if np.count_nonzero(told) * step < _LEAST_S * rate_hz:
        return float("nan")
    change = (after - before)[told]
    left = change + np.cross(angle[told], (before + after)[told] / 2)
    return float((left**2).sum() / (change**2).sum())


def check_chips(imus: tuple[GriddedImu, GriddedImu], rate_hz: float) -> None:
    """Refuse sensors whose accelerometer and gyroscope speak of different movements.

    Raises
    ------
    SensorError
        One line with the sensor and what to look at.
    """
    for name, imu in zip(("sacral", "thoracic"), imus, strict=True):
        if unexplained(imu, rate_hz) > _MOST_UNEXPLAINED:
            raise SensorError(
                f"the {name} sensor's accelerometer and gyroscope contradict each other: an axis of one of them has "
                "another sign, order or unit; check the mapping, or the program that wrote the file"
            )


def check_worn(lower: SensorMotion, upper: SensorMotion, bends: tuple[slice, ...]) -> None:
    """Refuse a sensor that lay still while the other one bent.

    Parameters
    ----------
    lower, upper : SensorMotion
        As labelled.
    bends : tuple of slice

    Raises
    ------
    SensorError
        One line with the sensor.
    """
    turning: list[float] = []
    for motion in (lower, upper):
        rate = np.concatenate([motion.rate_radps[bend][motion.gap_s[bend] == 0] for bend in bends])
        told = len(rate) >= _LEAST_ROWS and bool(np.isfinite(rate).all())
        turning.append(float(np.sqrt(np.mean((rate - np.median(rate, axis=0)) ** 2))) if told else np.inf)
    for name, own, other in zip(("sacral", "thoracic"), turning, turning[::-1], strict=True):
        if own < _WORN_RADPS < other:
            raise SensorError(f"the {name} sensor lay still while the other one bent: is it worn? clip it on")
