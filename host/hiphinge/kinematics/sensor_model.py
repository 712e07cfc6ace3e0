"""What one sensor does to the truth, as learnt by `hiphinge.kinematics.selfcal`, and how to undo it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.rotation import unit
from hiphinge.model import Floats


@dataclass(frozen=True, slots=True)
class SensorModel:
    """One sensor's errors, in its own frame.

    Attributes
    ----------
    gyr_matrix, acc_matrix : (3, 3) float
        A and B: scale and cross-axis.
    gyr_per_acc : (3, 3) float
        G: what the gyroscope makes of specific force, rad/s per m/s².
    gyr_bias_radps, acc_bias_mps2 : (3,) float
        The gyroscope's is the mean over the window.
    lever_m : (3,) float
        From the hips' pivot, in the sensor's frame.
    grade : float
        How large this sensor's errors are beside a typical chip's (1): found by their evidence.
    share_sd : float
        What is still unknown of these errors, as a standard deviation of tilt per tilt from neutral.
    residual : float
        Velocity residual, by its median, in units of its expected standard deviation: about 1 and less when the wearer
        did stand in place.
    surprise : float
        The largest parameter in units of its prior standard deviation.
    """

    gyr_matrix: Floats
    acc_matrix: Floats
    gyr_per_acc: Floats
    gyr_bias_radps: Floats
    acc_bias_mps2: Floats
    lever_m: Floats
    grade: float = 1.0
    share_sd: float = 0.0
    residual: float = 0.0
    surprise: float = 0.0

    def corrected(self, gyr_radps: Floats, acc_mps2: Floats) -> tuple[Floats, Floats]:
        """True rate and force from measured ones, (N, 3) each."""
        rate = (gyr_radps - self.gyr_bias_radps - acc_mps2 @ self.gyr_per_acc.T) @ np.linalg.inv(self.gyr_matrix).T
        force = (acc_mps2 - self.acc_bias_mps2) @ np.linalg.inv(self.acc_matrix).T
        return np.ascontiguousarray(rate), np.ascontiguousarray(force)


def carried_up(up: Floats, before: SensorModel | None, now: SensorModel | None) -> Floats:
    """The same vertical, seen at rest with one knowledge of the sensor's errors, by another one.

    Parameters
    ----------
    up : (3,) float
        Unit vector by `before`.
    before, now : SensorModel or None
        None takes the sensor at its word.

    Returns
    -------
    (3,) float
    """
    force = GRAVITY_MPS2 * up
    measured = force if before is None else before.acc_matrix @ force + before.acc_bias_mps2
    return unit(measured if now is None else np.linalg.inv(now.acc_matrix) @ (measured - now.acc_bias_mps2))
