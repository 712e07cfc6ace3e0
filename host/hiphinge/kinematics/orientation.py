"""Orientation of one sensor: VQF over the whole recording. With the past alone: `causal_fuser`.

References
----------
D. Laidig, T. Seel, "VQF: Highly accurate IMU orientation estimation with bias estimation and magnetic disturbance
rejection", Information Fusion 91 (2023) 187-204, doi 10.1016/j.inffus.2022.10.014. Magnetometer-free (6D); heading is
relative and drifts slowly, inclination does not.

VQF holds each gyroscope sample over the step that ends at it. Ours are instants, so neighbouring samples are averaged
first (the trapezoid); holding them instead costs up to 0.7 deg in fast swings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import vqf

from hiphinge.kinematics.grid import BRIDGE_S, GriddedImu, contiguous
from hiphinge.kinematics.rotation import after, matrix, rotation_rates, shortest_arc, up_in_sensor
from hiphinge.kinematics.uncertainty import PLAIN_SHARE_SD, gap_sd_deg
from hiphinge.model import Floats

# Gyroscope biases of up to about 3 sigma of a cheap chip (3 deg/s per axis) must be learnable; the defaults of VQF clip
# at 2 deg/s, which such a chip leaves in every second session.
# Standing people sway by 1-2 deg/s, which VQF's default trust in rest (0.03 deg/s) takes for bias; 0.1 deg/s halves the
# live error (simulated wearers).
VQF_PARAMS: dict[str, float] = {"biasClip": 12.0, "biasSigmaInit": 3.0, "biasSigmaRest": 0.1}
# The bias taken out beforehand was known to 0.01-0.04 deg/s (simulated wearers), and sway or the braking of a walk,
# taken for bias, costs 3 s times as much in tilt.
VQF_KNOWN_BIAS: dict[str, float] = {"biasSigmaInit": 0.05}
# On the move VQF's own trust in rest is right again: who is carried along rests, if at all, truly.
VQF_CARRIED: dict[str, float] = {"biasSigmaRest": 0.03}


@dataclass(frozen=True, slots=True)
class SensorMotion:
    """One sensor's orientation and motion on the grid.

    Attributes
    ----------
    quat : (M, 4) float
        Sensor to Earth (z up), NaN where nothing is known.
    up : (M, 3) float
        Earth's vertical in the sensor's frame.
    rate_radps : (M, 3) float
        Angular rate in the sensor's frame, gyroscope bias removed.
    acc_mps2 : (M, 3) float or None
        Specific force, as measured.
    gap_s : (M,) float
        0 where observed, else the length of the gap (see `GriddedImu`).
    gap_sd_deg : (M,) float
        What gaps so far add to the tilt's standard deviation.
    share_sd : float
        What the sensor's own errors add to it, as a share of the tilt.
    """

    quat: Floats
    up: Floats
    rate_radps: Floats
    acc_mps2: Floats | None
    gap_s: Floats
    gap_sd_deg: Floats
    share_sd: float = PLAIN_SHARE_SD

    def rows(self, part: slice) -> SensorMotion:
        """A stretch of it."""
        acc = None if self.acc_mps2 is None else self.acc_mps2[part]
        return SensorMotion(
            self.quat[part],
            self.up[part],
            self.rate_radps[part],
            acc,
            self.gap_s[part],
            self.gap_sd_deg[part],
            self.share_sd,
        )


def fuse_offline(
    imu: GriddedImu, rate_hz: float, bias_known: bool = False, setting: Mapping[str, float] = MappingProxyType({})
) -> SensorMotion:
    """Orientation from the whole recording: `vqf.offlineVQF` on each stretch without a long gap.

    Falls back to the device's own quaternions where there is no raw data.

    Parameters
    ----------
    imu : GriddedImu
    rate_hz : float
        The grid's measured rate.
    bias_known : bool
        The gyroscope's bias has been taken out already but for a rest.
    setting : mapping
        Parameters of VQF that shall differ from ours.

    Returns
    -------
    SensorMotion
    """
    params = VQF_PARAMS | (VQF_KNOWN_BIAS if bias_known else {}) | dict(setting)
    if imu.gyr_radps is None or imu.acc_mps2 is None:
        return _from_device(imu, rate_hz)
    quat = np.full((len(imu.gap_s), 4), np.nan)
    bias = np.full((len(imu.gap_s), 3), np.nan)
    for part in contiguous(imu.gap_s):
        level = Levelled.by(imu.acc_mps2[part.start])
        out = _offline_vqf(level.turn(trapezoid(imu.gyr_radps[part])), level.turn(imu.acc_mps2[part]), rate_hz, params)
        quat[part], bias[part] = level.quat(out["quat6D"]), level.back(out["bias"])
    return SensorMotion(
        quat, up_in_sensor(quat), imu.gyr_radps - bias, imu.acc_mps2, imu.gap_s, gap_sd_deg(imu.gap_s, rate_hz)
    )


@dataclass(frozen=True, slots=True)
class Levelled:
    """A sensor seen from a frame that is level at the start.

    VQF starts from the identity; the first correction from there, up to 180 deg with an arbitrary mounting, would be
    booked in part as gyroscope bias and make the result depend on the mounting.
    """

    rotation: Floats
    after_start: Floats

    @classmethod
    def by(cls, acc_mps2: Floats) -> Levelled:
        """From the first specific force, (3,)."""
        start = shortest_arc(acc_mps2)
        return cls(matrix(start), after(start))

    def turn(self, vectors: Floats) -> Floats:
        """From the sensor's frame, (N, 3)."""
        return np.ascontiguousarray(vectors @ self.rotation.T)

    def back(self, vectors: Floats) -> Floats:
        """To the sensor's frame, (N, 3)."""
        return vectors @ self.rotation

    def quat(self, level_to_earth: Floats) -> Floats:
        """Sensor to Earth from this frame to Earth, (N, 4)."""
        return level_to_earth @ self.after_start


def trapezoid(gyr: Floats, before: Floats | None = None) -> Floats:
    """Mean rate over the step that ends at each sample: neighbours averaged, (N, 3).

    `before` is the sample preceding the first row; without one the first row stands for itself.
    """
    first = gyr[:1] if before is None else before.reshape(1, 3)
    return (gyr + np.concatenate([first, gyr[:-1]])) / 2


def _offline_vqf(gyr: Floats, acc: Floats, rate_hz: float, params: dict[str, float]) -> dict[str, Floats]:
    run = cast(Any, vqf).offlineVQF
    return cast(
        dict[str, Floats],
        run(np.ascontiguousarray(gyr), np.ascontiguousarray(acc), None, 1.0 / rate_hz, params),
    )


def _from_device(imu: GriddedImu, rate_hz: float) -> SensorMotion:
    assert imu.quat is not None, "a recording has raw data or quaternions"
    # Nothing is known inside a long gap, and a held orientation would look like standing still.
    quat = np.where((imu.gap_s <= BRIDGE_S)[:, None], imu.quat, np.nan)
    rates = rotation_rates(quat, rate_hz)
    return SensorMotion(quat, up_in_sensor(quat), rates, imu.acc_mps2, imu.gap_s, gap_sd_deg(imu.gap_s, rate_hz))
