"""A sensor's own errors, learnt from one fact a plain filter does not use: the wearer stands in place.

Whatever the trunk does, its velocity stays what the lever arm and a slow sway explain. Double use of gravity is made of
that: integrated specific force less gravity must give that velocity. The model, per sensor, over a window:

    w_measured = A w + b(t) + G f + noise        A: scale and cross-axis, b: bias, G: g-sensitivity
    f_measured = B f + c + noise                 B: scale and cross-axis, c: bias
    R' = R [w x]                                 orientation, sensor to Earth
    v(t) = v(0) + integral of (R f - g)          what the accelerometer says
    v(t) = R w x (R r + e) + s(t)                what standing in place says: r on the body, e in the room, s slow sway

Gauss-Newton on the difference of the two velocities: every derivative is a running integral, so a window of 90 s takes
a tenth of a second. Residuals are weighted robustly (Cauchy), and less where the body shakes (steps, jumps). The hips'
travel in a hinge goes with the tilt and is taken up by `e`.

References: Weygers & Kok 2020 (lever arms and drift-free relative orientation by optimisation), Seel et al. 2012 (lever
arms from accelerations).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.orientation import GRAVITY_MPS2
from hiphinge.kinematics.rotation import from_rotation_vector, matrix, multiply, running_product, shortest_arc
from hiphinge.kinematics.window import shaking_mps2
from hiphinge.model import Floats

# --- priors, 1 sigma: consumer chips from good (15 mg, 1 %) to cheap (50 mg, 2 %) -----------------------------------
_ACC_BIAS_MPS2 = 0.03 * GRAVITY_MPS2
_SENSITIVITY = 0.015
_G_SENSITIVITY = np.deg2rad(0.1) / GRAVITY_MPS2
_GYR_BIAS_RADPS = np.deg2rad(10.0)
_GYR_BIAS_WALK = np.deg2rad(0.003)  # rad/s per root second: warming up
_LEVER_M = 0.4
_ROOM_LEVER_M = 0.3
_SWAY_MPS = 0.3
_SWAY_WALK = 0.01  # m/s per root second: weight shifting from foot to foot
# --- knots ----------------------------------------------------------------------------------------------------------
_BIAS_KNOT_S = 10.0
_SWAY_KNOT_S = 3.0
# --- residuals ------------------------------------------------------------------------------------------------------
_RESIDUAL_S = 0.04
_VELOCITY_SD_MPS = 0.004
_VELOCITY_SD_PER_RADPS = 0.06  # the trunk is no rigid rod: metres of lever unexplained, per rad/s
_SHAKING_S = 0.15  # velocity unexplained per m/s² of shaking
_ROBUST_AT = 4.0
# Residuals 40 ms apart are alike: one in eight is news, so each gets the square root of that as weight.
_CORRELATION = 0.35
# A good sensor takes two or three steps to the neighbourhood, a cheap one six; two more then weigh the window by what
# it leaves unexplained.
_ITERATIONS = 8
_SETTLED_ITERATIONS = 2
_SMALL_STEP = 0.05  # of a prior standard deviation: near enough to settle
_CHI3_MEDIAN = 1.538  # of the length of a vector of three standard normal numbers


@dataclass(frozen=True, slots=True)
class SensorModel:
    """What one sensor does to the truth, in its own frame (symbols as in the module's head).

    Attributes
    ----------
    gyr_matrix, acc_matrix : (3, 3) float
        A and B.
    gyr_per_acc : (3, 3) float
        G, rad/s per m/s².
    gyr_bias_radps, acc_bias_mps2 : (3,) float
    lever_m, room_lever_m : (3,) float
    residual : float
        Velocity residual, by its median, in units of its expected standard deviation: about 1 and less when the wearer
        did stand in place. Above 1 the window was weighed down accordingly and the priors count for more.
    surprise : float
        The largest parameter in units of its prior standard deviation.
    """

    gyr_matrix: Floats
    acc_matrix: Floats
    gyr_per_acc: Floats
    gyr_bias_radps: Floats
    acc_bias_mps2: Floats
    lever_m: Floats
    room_lever_m: Floats
    residual: float
    surprise: float

    def corrected(self, gyr_radps: Floats, acc_mps2: Floats) -> tuple[Floats, Floats]:
        """True rate and force from measured ones, (N, 3) each."""
        rate = (gyr_radps - self.gyr_bias_radps - acc_mps2 @ self.gyr_per_acc.T) @ np.linalg.inv(self.gyr_matrix).T
        force = (acc_mps2 - self.acc_bias_mps2) @ np.linalg.inv(self.acc_matrix).T
        return np.ascontiguousarray(rate), np.ascontiguousarray(force)


class _Layout:
    """Where each parameter lies in the vector, and its prior precision."""

    def __init__(self, bias_knots: int, sway_knots: int) -> None:
        sizes = {
            "turn": 3,
            "bias": 3 * bias_knots,
            "A": 9,
            "G": 9,
            "c": 3,
            "B": 9,
            "r": 3,
            "e": 3,
            "sway": 3 * sway_knots,
        }
        priors = {
            "turn": 100.0,
            "bias": _GYR_BIAS_RADPS,
            "A": _SENSITIVITY,
            "G": _G_SENSITIVITY,
            "c": _ACC_BIAS_MPS2,
            "B": _SENSITIVITY,
            "r": _LEVER_M,
            "e": _ROOM_LEVER_M,
            "sway": _SWAY_MPS,
        }
        self.at: dict[str, slice] = {}
        self.size = 0
        for name, size in sizes.items():
            self.at[name] = slice(self.size, self.size + size)
            self.size += size
        self.prior_sd = np.concatenate([np.full(size, priors[name]) for name, size in sizes.items()])
        self.oriented = self.at["r"].start  # parameters that change the orientation or the force come before this


def self_calibrate(
    gyr_radps: Floats, acc_mps2: Floats, rate_hz: float, gyr_bias_radps: Floats, iterations: int = _ITERATIONS
) -> SensorModel:
    """Learn a sensor's errors from a window in which the wearer stood in place and bent.

    Parameters
    ----------
    gyr_radps, acc_mps2 : (N, 3) float
        Evenly spaced, no missing values; 20 s to some minutes at 40 Hz or more.
    rate_hz : float
    gyr_bias_radps : (3,) float
        First guess of the bias, within some deg/s.
    iterations : int
        Gauss-Newton steps.

    Returns
    -------
    SensorModel
    """
    size = len(gyr_radps)
    duration_s = size / rate_hz
    bias_basis = _hats(size, max(2, round(duration_s / _BIAS_KNOT_S) + 1))
    sway_basis = _hats(size, max(2, round(duration_s / _SWAY_KNOT_S) + 1))
    layout = _Layout(bias_basis.shape[1], sway_basis.shape[1])
    at = layout.at
    rows = np.arange(0, size, max(1, round(_RESIDUAL_S * rate_hz)))
    shaking = shaking_mps2(acc_mps2, gyr_radps, rate_hz)[rows]
    regular = _walk_precision(layout, duration_s)
    found = np.zeros(layout.size)
    found[at["bias"]] = np.tile(gyr_bias_radps, bias_basis.shape[1])
    begin = shortest_arc(acc_mps2[: max(2, round(0.5 * rate_hz))].mean(axis=0))
    fixed = np.r_[tuple(np.arange(layout.size)[at[name]] for name in ("A", "G", "c", "B"))]
    residual = np.inf
    settled_at = iterations - _SETTLED_ITERATIONS
    for round_number in range(iterations):
        error, slope, turning = _velocity_error(
            found, layout, gyr_radps, acc_mps2, begin, rate_hz, bias_basis, sway_basis, rows
        )
        sd = np.sqrt(_VELOCITY_SD_MPS**2 + (_VELOCITY_SD_PER_RADPS * turning) ** 2 + (_SHAKING_S * shaking) ** 2)
        scaled = np.linalg.norm(error, axis=1) / sd
        residual = float(np.median(scaled)) / _CHI3_MEDIAN
        spread = max(1.0, residual)
        weight = _CORRELATION / sd
        if round_number:  # the first step starts far off: everything would look like an outlier
            weight = weight / np.sqrt(1 + (scaled / (_ROBUST_AT * spread)) ** 2)
        if round_number >= settled_at:
            weight = weight / spread
        slopes = (slope * weight[:, None, None]).reshape(-1, layout.size)
        errors = (error * weight[:, None]).ravel()
        known = found.copy()
        known[at["turn"]] = 0.0
        step = np.linalg.solve(slopes.T @ slopes + regular, -slopes.T @ errors - regular @ known).astype(np.float64)
        begin = multiply(from_rotation_vector(step[None, at["turn"]]), begin[None])[0]
        step[at["turn"]] = 0.0
        found = found + step
        if round_number + 1 < settled_at and np.abs(step[fixed] / layout.prior_sd[fixed]).max() < _SMALL_STEP:
            settled_at = round_number + 1
        if round_number + 1 >= settled_at + _SETTLED_ITERATIONS:
            break
    surprise = float(np.abs(found[fixed] / layout.prior_sd[fixed]).max())
    return SensorModel(
        gyr_matrix=np.eye(3) + found[at["A"]].reshape(3, 3),
        acc_matrix=np.eye(3) + found[at["B"]].reshape(3, 3),
        gyr_per_acc=found[at["G"]].reshape(3, 3),
        gyr_bias_radps=found[at["bias"]].reshape(-1, 3).mean(axis=0),
        acc_bias_mps2=found[at["c"]],
        lever_m=found[at["r"]],
        room_lever_m=found[at["e"]],
        residual=residual,
        surprise=surprise,
    )


def _velocity_error(
    found: Floats,
    layout: _Layout,
    gyr: Floats,
    acc: Floats,
    begin: Floats,
    rate_hz: float,
    bias_basis: Floats,
    sway_basis: Floats,
    rows: np.ndarray,
) -> tuple[Floats, Floats, Floats]:
    """Velocity by the accelerometer less velocity by standing in place at `rows`: (n, 3) and its slopes (n, 3, P).

    The last value is the size of the angular rate, (n,) rad/s.
    """
    at, size = layout.at, len(gyr)
    shape = np.linalg.inv(np.eye(3) + found[at["A"]].reshape(3, 3)).T
    bias = bias_basis @ found[at["bias"]].reshape(-1, 3)
    rate = (gyr - bias - acc @ found[at["G"]].reshape(3, 3).T) @ shape
    force = (acc - found[at["c"]]) @ np.linalg.inv(np.eye(3) + found[at["B"]].reshape(3, 3)).T
    between: Floats = np.concatenate([np.zeros((1, 3)), (rate[1:] + rate[:-1]) / 2]) / rate_hz
    turned = running_product(from_rotation_vector(between))
    to_earth = matrix(multiply(begin[None], turned))
    force_earth = np.einsum("nij,nj->ni", to_earth, force)
    rate_earth = np.einsum("nij,nj->ni", to_earth, rate)

    # How the orientation (a small turn in the Earth frame) depends on each parameter.
    turn = np.zeros((size, 3, layout.oriented))
    turn[:, :, at["turn"]] = np.eye(3)
    by_rate = (to_earth[:, :, :, None] * rate[:, None, None, :]).reshape(size, 3, 9)
    by_force = (to_earth[:, :, :, None] * force[:, None, None, :]).reshape(size, 3, 9)
    by_bias = (to_earth[:, :, None, :] * bias_basis[:, None, :, None]).reshape(size, 3, -1)
    turn[:, :, at["bias"]] = -_integral(by_bias, rate_hz)
    turn[:, :, at["A"]] = -_integral(by_rate, rate_hz)
    turn[:, :, at["G"]] = -_integral(by_force, rate_hz)
    # Acceleration in the Earth frame changes with the turn, and with the accelerometer's own parameters.
    change = -_cross(force_earth, turn)
    change[:, :, at["c"]] -= to_earth
    change[:, :, at["B"]] -= by_force

    lever = to_earth @ found[at["r"]] + found[at["e"]]
    stood = np.cross(rate_earth, lever) + sway_basis @ found[at["sway"]].reshape(-1, 3)
    error = (_integral(force_earth - np.array([0, 0, GRAVITY_MPS2]), rate_hz) - stood)[rows]
    slope = np.zeros((len(rows), 3, layout.size))
    slope[:, :, : layout.oriented] = _integral(change, rate_hz)[rows]
    slope[:, :, at["r"]] = -_cross(rate_earth[rows], to_earth[rows])
    slope[:, :, at["e"]] = -_cross(rate_earth[rows], np.broadcast_to(np.eye(3), (len(rows), 3, 3)))
    slope[:, :, at["sway"]] = -(np.eye(3)[None, :, None, :] * sway_basis[rows][:, None, :, None]).reshape(
        len(rows), 3, -1
    )
    return error, slope, np.linalg.norm(rate_earth[rows], axis=1)


def _walk_precision(layout: _Layout, duration_s: float) -> Floats:
    """Prior precision: every parameter near zero (bias: near its walk), neighbouring knots near each other."""
    precision = np.diag(1.0 / layout.prior_sd**2)
    for name, walk in (("bias", _GYR_BIAS_WALK), ("sway", _SWAY_WALK)):
        part = layout.at[name]
        knots = (part.stop - part.start) // 3
        steps = np.diff(np.eye(knots), axis=0) / (walk * np.sqrt(duration_s / (knots - 1)))
        precision[part, part] += np.kron(steps.T @ steps, np.eye(3))
    return precision


def _hats(size: int, knots: int) -> Floats:
    """Linear interpolation between evenly spaced knots as a matrix, (size, knots)."""
    where = np.linspace(0, knots - 1, size)
    return np.maximum(0.0, 1.0 - np.abs(where[:, None] - np.arange(knots)))


def _integral(values: Floats, rate_hz: float) -> Floats:
    """Running integral over time by the trapezoid, zero at the first row."""
    total = np.empty_like(values)
    total[0] = 0.0
    np.cumsum((values[1:] + values[:-1]) * (0.5 / rate_hz), axis=0, out=total[1:])
    return total


def _cross(vectors: Floats, columns: Floats) -> Floats:
    """Cross product of (n, 3) vectors with every column of (n, 3, k)."""
    a, b, c = (vectors[:, i, None] for i in range(3))
    x, y, z = (columns[:, i] for i in range(3))
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=1)
