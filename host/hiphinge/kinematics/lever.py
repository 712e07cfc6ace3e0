"""How the thoracic sensor sits above the sacral one, from accelerations alone.

While the trunk turns, the two sensors accelerate differently, and on a trunk that moves nearly as one piece the
difference is the second derivative of the vector between them. That vector points up when the wearer stands: so it
tells standing from a bent pose, and the right labels from swapped ones, whatever the mounting. The hips' own motion
drops out of the difference. (Lever arms from accelerations: Seel, Schauer, Raisch 2012 use the same relation to find
joint centres.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import moving_mean
from hiphinge.model import Bools, Floats

# Inclination errors leak gravity into the horizontal acceleration, slowly; a descent and return last 1-6 s.
_HIGH_PASS_S = 4.0
# Before the data: sensors lie within half a metre of each other, and 2 % of gravity (scale, cross-axis; 1 sigma each of
# two cheap sensors) may follow the tilt.
_LEVER_PRIOR_M = 0.5
_LEAK_PRIOR_MPS2 = 0.02 * GRAVITY_MPS2 * 2**0.5
# A trunk's lever leans by up to 20 deg from upright (pods on a curved back) while the wearer stands.
_MOST_LEAN_DEG = 25.0
# Residuals at 25 Hz are alike over about half a second (sway, soft tissue): that many samples count as one.
_CORRELATED_SAMPLES = 12


@dataclass(frozen=True, slots=True)
class Lever:
    """Vector from the sacral to the thoracic sensor in the trunk's sagittal plane, in m.

    `sd_m` is one standard deviation of either component.
    """

    forward_m: float
    up_m: float
    sd_m: float

    @property
    def known(self) -> bool:
        """Whether the vector differs from nothing by more than 3 sigma."""
        return bool(np.hypot(self.forward_m, self.up_m) > 3 * self.sd_m)

    @property
    def bent(self) -> bool:
        """Whether the trunk surely leaned further than standing does, by 2 sigma."""
        return self.known and abs(self.inclination_deg) - 2 * self.inclination_sd_deg > _MOST_LEAN_DEG

    @property
    def upright(self) -> bool:
        """Whether the trunk surely stood, by 2 sigma."""
        return self.known and abs(self.inclination_deg) + 2 * self.inclination_sd_deg < _MOST_LEAN_DEG

    @property
    def inclination_sd_deg(self) -> float:
        """One standard deviation of `inclination_deg`."""
        return float(np.degrees(np.arctan2(self.sd_m, np.hypot(self.forward_m, self.up_m))))

    @property
    def swapped(self) -> bool:
        """Whether the sensor labelled thoracic lies below the one labelled sacral."""
        return self.up_m < 0

    @property
    def inclination_deg(self) -> float:
        """Angle between the vector and the assumed upright, sign of up ignored (labels may be swapped)."""
        sign = -1.0 if self.swapped else 1.0
        return float(np.degrees(np.arctan2(sign * self.forward_m, sign * self.up_m)))


def tilt_rad(up_segment: Floats) -> Floats:
    """Sagittal tilt, forward positive, of verticals seen in a segment's frame, (N,) from (N, 3)."""
    return np.arctan2(-up_segment[:, 0], up_segment[:, 1])


def estimate_lever(
    sacral: SensorMotion, thoracic: SensorMotion, frames: tuple[Floats, Floats], during: Bools, rate_hz: float
) -> Lever | None:
    """Least squares for the lever between the sensors over the instants `during`.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
        Thinned to some 25 Hz, block means.
    frames : pair of (3, 3) float
        Sensor to segment, sacral and thoracic.
    during : (N,) bool
        Instants of bending.
    rate_hz : float
        Rate of the thinned motion.

    Returns
    -------
    Lever or None
        None without accelerations or with fewer than a second of bending.
    """
    if sacral.acc_mps2 is None or thoracic.acc_mps2 is None or np.count_nonzero(during) < rate_hz:
        return None
    lower, upper = _sagittal(sacral, frames[0]), _sagittal(thoracic, frames[1])
    tilt = (lower.tilt_rad + upper.tilt_rad) / 2
    rate = (lower.rate_radps + upper.rate_radps) / 2
    turn = np.gradient(rate) * rate_hz
    sine, cosine = np.sin(tilt), np.cos(tilt)
    second_sine = cosine * turn - sine * rate**2
    second_cosine = -sine * turn - cosine * rate**2
    width = max(3, round(_HIGH_PASS_S * rate_hz))

    def passed(values: Floats) -> Floats:
        clean = np.nan_to_num(values)
        return (clean - moving_mean(clean, width))[during]

    # Errors of scale, bias and alignment show as a share of gravity that follows the tilt: estimated with a prior.
    leaks = np.column_stack([passed(sine), passed(cosine)])
    none = np.zeros_like(leaks)
    design = np.concatenate(
        [
            np.column_stack([passed(second_cosine), passed(second_sine), leaks, none]),
            np.column_stack([passed(-second_sine), passed(second_cosine), none, leaks]),
        ]
    )
    seen = np.concatenate([passed(upper.forward_mps2 - lower.forward_mps2), passed(upper.up_mps2 - lower.up_mps2)])
    first_guess = np.linalg.lstsq(design, seen, rcond=None)[0]
    residual = seen - design @ first_guess
    variance = float(residual @ residual) / len(seen) * _CORRELATED_SAMPLES
    prior = np.diag([1 / _LEVER_PRIOR_M**2] * 2 + [1 / _LEAK_PRIOR_MPS2**2] * 4)
    covariance = np.linalg.inv(design.T @ design / variance + prior)
    forward_m, up_m = (covariance @ (design.T @ seen) / variance)[:2]
    return Lever(float(forward_m), float(up_m), float(np.sqrt(covariance.diagonal()[:2].max())))


@dataclass(frozen=True, slots=True)
class _Sagittal:
    tilt_rad: Floats
    rate_radps: Floats
    forward_mps2: Floats
    up_mps2: Floats


def _sagittal(motion: SensorMotion, frame: Floats) -> _Sagittal:
    assert motion.acc_mps2 is not None
    up = motion.up @ frame.T
    force = motion.acc_mps2 @ frame.T
    horizontal = np.column_stack([up[:, 1], -up[:, 0], np.zeros(len(up))])  # up x right: forward, level
    horizontal /= np.maximum(1e-9, np.linalg.norm(horizontal, axis=1, keepdims=True))
    return _Sagittal(
        tilt_rad=tilt_rad(up),
        rate_radps=-(motion.rate_radps @ frame[2]),
        forward_mps2=np.einsum("ij,ij->i", force, horizontal),
        up_mps2=np.einsum("ij,ij->i", force, up) - GRAVITY_MPS2,
    )
