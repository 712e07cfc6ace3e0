"""A sensor's own errors, learnt from one fact a plain filter does not use: the wearer stands in place.

Whatever the trunk does, its velocity stays what the lever arm, the hips' travel and a slow sway explain. Double use of
gravity is made of that: integrated specific force less gravity must give that velocity. The model, per sensor, over a
window:

    w_measured = A w + b(t) + G f + noise        A: scale and cross-axis, b: bias, G: g-sensitivity
    f_measured = B f + c + noise                 B: scale and cross-axis, c: bias
    R' = R [w x]                                 orientation, sensor to Earth
    v(t) = v(0) + integral of (R f - g)          what the accelerometer says
    v(t) = R w x (R r) + theta' p(theta) + s(t)  what standing in place says: r lever on the body, p the hips' travel
                                                 forward and up by the tilt theta, s slow sway

Gauss-Newton on the difference of the two velocities: every derivative is a running integral, so a window of 60 s takes
some tens of milliseconds. Residuals are weighted robustly (Cauchy), and less where the body shakes (steps, jumps).

How large the errors of this chip may be is part of what is learnt: see `hiphinge.kinematics.chip_prior`.

References: Weygers & Kok 2020 (lever arms and drift-free relative orientation by optimisation), Seel et al. 2012 (lever
arms from accelerations).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.chip_prior import ERRORS, GRADED, Prior
from hiphinge.kinematics.rotation import from_rotation_vector, multiply, shortest_arc, unit
from hiphinge.kinematics.sensor_model import SensorModel
from hiphinge.kinematics.uncertainty import PLAIN_SHARE_SD
from hiphinge.kinematics.velocity import NODE_HZ, Difference, Layout, Nodes, nodes, velocity_difference
from hiphinge.model import Floats

# --- knots ----------------------------------------------------------------------------------------------------------
_BIAS_KNOT_S = 10.0
_SWAY_KNOT_S = 3.0
# --- residuals ------------------------------------------------------------------------------------------------------
# Standing, the trunk sways over the ankles by about 0.5 deg and 0.5 cm rms at 0.2-0.5 Hz: 0.01-0.02 m/s.
_VELOCITY_SD_MPS = 0.012
_VELOCITY_SD_PER_RADPS = 0.06  # the trunk is no rigid rod: metres of lever unexplained, per rad/s
_SHAKING_S = 0.15  # velocity unexplained per m/s² of shaking
# Both are measured on the residuals themselves, within these bounds. Never below what people do: small residuals are no
# proof of a rigid trunk, for what is wrong with the model of the body is as smooth as what is wrong with the sensor.
_VELOCITY_SD_RANGE = (_VELOCITY_SD_MPS, 0.05)
_PER_RADPS_RANGE = (_VELOCITY_SD_PER_RADPS, 0.3)
_SLOW_RADPS, _QUICK_RADPS = 0.1, 0.3
_UNSHAKEN_MPS2 = 0.05
_LEAST_ROWS = 50
_ROBUST_AT = 4.0
# Residuals 40 ms apart are alike: one in eight is news, so each gets the square root of that as weight (wider: more).
_CORRELATION = 0.35
# A good sensor takes two or three steps to the neighbourhood, a cheap one six; two more then weigh the window by what
# it leaves unexplained.
_ITERATIONS = 12
_SETTLED_ITERATIONS = 3
_SMALL_STEP = 0.05  # of a prior standard deviation: near enough to settle
# By this many steps a wearer in place is nearly explained (small steps on the spot take longest); whoever is not by
# twice what will be allowed never is.
_HOPELESS_AFTER, _HOPELESS = 6, 3.0
# In prior standard deviations, at the largest grade so far: beyond it the linear picture no longer holds. A grade that
# falls after one wild step must not shorten the way back.
_LONGEST_STEP = 4.0
_CHI3_MEDIAN = 1.538  # of the length of a vector of three standard normal numbers
# Slow hinges, whose trunk turns at 1 rad/s at most, need half the nodes once the errors are known.
_SLOW_WINDOW_RADPS = 1.5
_SLOW_NODE_HZ = NODE_HZ / 2
# Attitudes by which the remaining uncertainty is summed up.
_BENT_RAD, _NEAR_NEUTRAL_RAD = np.deg2rad(20.0), np.deg2rad(8.0)


@dataclass(frozen=True, slots=True)
class Solution:
    """What a window taught.

    Attributes
    ----------
    model : SensorModel
    at : (n,) int
        Rows of the window to which `to_earth` belongs.
    to_earth : (n, 3, 3) float
        The sensor's orientation, heading arbitrary.
    """

    model: SensorModel
    at: np.ndarray
    to_earth: Floats


def self_calibrate(
    gyr_radps: Floats,
    acc_mps2: Floats,
    rate_hz: float,
    gyr_bias_radps: Floats,
    start: SensorModel | None = None,
    iterations: int = _ITERATIONS,
) -> Solution:
    """Learn a sensor's errors from a window in which the wearer stood in place and bent.

    Parameters
    ----------
    gyr_radps, acc_mps2 : (N, 3) float
        Evenly spaced, no missing values; 8 s to some minutes at 25 Hz or more.
    rate_hz : float
    gyr_bias_radps : (3,) float
        First guess of the bias, within some deg/s.
    start : SensorModel, optional
        Where to begin: a model learnt from much the same samples saves most of the steps.
    iterations : int
        Gauss-Newton steps at most.
    """
    window = nodes(gyr_radps, acc_mps2, rate_hz)
    begin = shortest_arc(acc_mps2[: max(2, round(0.5 * rate_hz))].mean(axis=0))
    return _Solver(window, begin, gyr_bias_radps, start).solve(iterations)


def in_place(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float, begin: Floats, iterations: int = 3) -> Solution:
    """Orientation over a window by standing in place, of samples already corrected.

    Parameters
    ----------
    gyr_radps, acc_mps2 : (N, 3) float
        As from `SensorModel.corrected`.
    rate_hz : float
    begin : (4,) float
        First guess of the orientation at the first sample, sensor to Earth.
    iterations : int
        Gauss-Newton steps at most.

    Returns
    -------
    Solution
        Of its model, `residual` says how far standing in place holds.
    """
    slow = float(np.quantile(np.linalg.norm(gyr_radps, axis=1), 0.95)) < _SLOW_WINDOW_RADPS
    window = nodes(gyr_radps, acc_mps2, rate_hz, _SLOW_NODE_HZ if slow else NODE_HZ)
    return _Solver(window, begin, np.zeros(3), None, errors=False).solve(iterations)


class _Solver:
    """Gauss-Newton over one window."""

    def __init__(
        self, window: Nodes, begin: Floats, gyr_bias_radps: Floats, start: SensorModel | None, errors: bool = True
    ) -> None:
        self._window = window
        self._begin = begin
        n = len(window.at)
        self._bases = (
            _hats(n, max(2, round(window.duration_s / _BIAS_KNOT_S) + 1)),
            _hats(n, max(2, round(window.duration_s / _SWAY_KNOT_S) + 1)),
        )
        self._layout = Layout(self._bases[0].shape[1], self._bases[1].shape[1], errors)
        self._prior = Prior(self._layout, window.duration_s)
        self._reach = self._prior.sd
        self._found = self._started(gyr_bias_radps, start)
        self._axis = _main_axis(window.gyr_at - gyr_bias_radps)
        self._sds = (_VELOCITY_SD_MPS, _VELOCITY_SD_PER_RADPS)
        self._expected: Floats | None = None

    def solve(self, iterations: int) -> Solution:
        settled_at = iterations - _SETTLED_ITERATIONS
        watched = self._layout.rows(*ERRORS) if "A" in self._layout.at else self._layout.rows("turn")
        number = 0
        while True:
            last = self._difference()
            information, pull = self._weighed(last, settled=number >= settled_at)
            if number and "A" in self._layout.at:  # the first step starts far off: its errors are no evidence
                self._prior.choose_grade(information, pull)
            normal = information + self._prior.precision
            step = self._damped(np.linalg.solve(normal, pull) - self._free())
            self._expected = last.error_mps + last.slope @ step
            if number + 1 < settled_at and np.abs(step / self._prior.sd)[watched].max() < _SMALL_STEP:
                settled_at = number + 1
            self._take(step)
            number += 1
            if number == _HOPELESS_AFTER and self._residual(last) > _HOPELESS:
                break
            if number >= min(iterations, settled_at + _SETTLED_ITERATIONS):
                break
        return Solution(self._model(last, normal, self._residual(last)), self._window.at, last.to_earth)

    def _started(self, gyr_bias_radps: Floats, start: SensorModel | None) -> Floats:
        found = np.zeros(self._layout.size)
        at = self._layout.at
        found[at["bias"]] = np.tile(gyr_bias_radps, self._bases[0].shape[1])
        if start is not None:
            found[at["A"]] = (start.gyr_matrix - np.eye(3)).ravel()
            found[at["B"]] = (start.acc_matrix - np.eye(3)).ravel()
            found[at["G"]] = start.gyr_per_acc.ravel()
            found[at["c"]] = start.acc_bias_mps2
            found[at["r"]] = start.lever_m
        return found

    def _difference(self) -> Difference:
        return velocity_difference(self._found, self._layout, self._window, self._begin, self._axis, self._bases)

    def _weighed(self, last: Difference, settled: bool) -> tuple[Floats, Floats]:
        """Information matrix, and its product with the parameters it speaks for.

        Weights go by what the step before was to leave: what it did leave holds its own curvature, too, which would
        pass for a restless wearer.
        """
        shaking = self._window.shaking_mps2
        weight = np.full(len(shaking), _CORRELATION * np.sqrt(self._window.step_s * NODE_HZ))
        if self._expected is None:
            weight /= _velocity_sd(*self._sds, last.turning_radps, shaking)
        else:
            size = np.linalg.norm(self._expected, axis=1)
            if settled:
                self._sds = _measured_sds(size, last.turning_radps, shaking)
            sd = _velocity_sd(*self._sds, last.turning_radps, shaking)
            scaled = size / sd
            spread = max(1.0, float(np.median(scaled)) / _CHI3_MEDIAN)
            weight /= sd * np.sqrt(1 + (scaled / (_ROBUST_AT * spread)) ** 2) * (spread if settled else 1.0)
        slopes = (last.slope * weight[:, None, None]).reshape(-1, self._layout.size)
        information = slopes.T @ slopes
        pull = information @ self._free() - slopes.T @ (last.error_mps * weight[:, None]).ravel()
        return information, pull

    def _residual(self, last: Difference) -> float:
        """What the last step leaves, by the median, in units of the standard deviations a wearer in place has."""
        assert self._expected is not None
        nominal = _velocity_sd(_VELOCITY_SD_MPS, _VELOCITY_SD_PER_RADPS, last.turning_radps, self._window.shaking_mps2)
        return float(np.median(np.linalg.norm(self._expected, axis=1) / nominal)) / _CHI3_MEDIAN

    def _free(self) -> Floats:
        """The parameters in force; the turn is always counted from where it is."""
        known = self._found.copy()
        known[self._layout.at["turn"]] = 0.0
        return known

    def _damped(self, step: Floats) -> Floats:
        self._reach = np.maximum(self._reach, self._prior.sd)
        longest = np.abs(step / self._reach)[self._layout.rows(*GRADED)].max()
        return step * min(1.0, _LONGEST_STEP / max(longest, 1e-9))

    def _take(self, step: Floats) -> None:
        turn = self._layout.at["turn"]
        self._begin = multiply(from_rotation_vector(step[None, turn]), self._begin[None])[0]
        step[turn] = 0.0
        self._found = self._found + step

    def _model(self, last: Difference, normal: Floats, residual: float) -> SensorModel:
        layout, found = self._layout, self._found
        errors_at = layout.rows(*ERRORS)
        return SensorModel(
            gyr_matrix=np.eye(3) + layout.array(found, "A"),
            acc_matrix=np.eye(3) + layout.array(found, "B"),
            gyr_per_acc=layout.array(found, "G"),
            gyr_bias_radps=(self._bases[0] @ found[layout.at["bias"]].reshape(-1, 3)).mean(axis=0),
            acc_bias_mps2=layout.array(found, "c"),
            lever_m=found[layout.at["r"]],
            grade=self._prior.grade,
            share_sd=self._share_sd(last, normal),
            residual=residual,
            surprise=float(np.abs(found / self._prior.sd)[errors_at].max(initial=0.0)),
        )

    def _share_sd(self, last: Difference, normal: Floats) -> float:
        """Posterior standard deviation of tilt against neutral, per tilt."""
        covariance = np.linalg.inv(normal)[: self._layout.oriented, : self._layout.oriented]
        # A turn about the vertical tilts nothing.
        axis_earth = unit((last.to_earth @ self._axis) * np.array([1.0, 1.0, 0.0]))
        by_parameter = np.einsum("ni,nip->np", axis_earth, last.turn_slope)
        near = np.abs(last.tilt_rad - _upright_rad(last)) < _NEAR_NEUTRAL_RAD
        if not near.any():
            return PLAIN_SHARE_SD  # never upright: no neutral to hold the tilt against
        away = last.tilt_rad - last.tilt_rad[near].mean()
        bent = np.abs(away) > _BENT_RAD
        if not bent.any() or "A" not in self._layout.at:
            return 0.0
        relative = by_parameter[bent] - by_parameter[near].mean(axis=0)
        variance = np.einsum("np,pq,nq->n", relative, covariance, relative)
        return float(np.sqrt(variance.sum() / (away[bent] ** 2).sum()))


def _velocity_sd(still_mps: float, per_radps: float, turning_radps: Floats, shaking_mps2: Floats) -> Floats:
    return np.sqrt(still_mps**2 + (per_radps * turning_radps) ** 2 + (_SHAKING_S * shaking_mps2) ** 2)


def _measured_sds(size: Floats, turning_radps: Floats, shaking_mps2: Floats) -> tuple[float, float]:
    """What velocity leaves unexplained, by the residuals: standing (m/s) and bending (m/s per rad/s)."""
    still, per_radps = _VELOCITY_SD_MPS, _VELOCITY_SD_PER_RADPS
    calm = shaking_mps2 < _UNSHAKEN_MPS2
    slow, quick = calm & (turning_radps < _SLOW_RADPS), calm & (turning_radps > _QUICK_RADPS)
    if np.count_nonzero(slow) > _LEAST_ROWS:
        still = float(np.clip(np.median(size[slow]) / _CHI3_MEDIAN, *_VELOCITY_SD_RANGE))
    if np.count_nonzero(quick) > _LEAST_ROWS:
        per_radps = float(np.clip(np.median(size[quick] / turning_radps[quick]) / _CHI3_MEDIAN, *_PER_RADPS_RANGE))
    return still, per_radps


def _upright_rad(last: Difference) -> float:
    """Where the wearer is while hardly turning: the median tilt of the slower half of the window."""
    slow = last.turning_radps <= np.median(last.turning_radps)
    return float(np.median(last.tilt_rad[slow]))


def _main_axis(rates: Floats) -> Floats:
    """The axis about which most turning goes, (3,), fast turning counting more."""
    weighted = rates * np.linalg.norm(rates, axis=1, keepdims=True)
    return np.linalg.eigh(weighted.T @ weighted)[1][:, 2]


def _hats(size: int, knots: int) -> Floats:
    """Linear interpolation between evenly spaced knots as a matrix, (size, knots)."""
    where = np.linspace(0, knots - 1, size)
    return np.maximum(0.0, 1.0 - np.abs(where[:, None] - np.arange(knots)))
