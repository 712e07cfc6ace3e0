"""From what a sensor undergoes to what it says: errors, clocks, losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hiphinge.model import Bools, Floats, ImuSamples
from hiphinge.simulate.body import GRAVITY_MPS2
from hiphinge.simulate.errors import SensorErrors
from hiphinge.simulate.quaternion import multiply
from hiphinge.simulate.spline import wander

INT16 = 32768
HEADING_DRIFT_DEGPS = 0.02  # 1 sigma; gyroscopes without a magnetometer lose about a degree a minute
INCLINATION_DEG = 0.3  # rms per axis of what a filter on the device leaves (0.4..0.6 in all on BROAD)

Undergone = tuple[Floats, Floats]
"""Specific force m/s² and angular rate rad/s, each (N, 3), true, in the sensor's own axes."""


@dataclass(frozen=True, slots=True)
class Clock:
    """When a sensor reads the world.

    Attributes
    ----------
    rate_error : float
        Fraction by which the sensor's own clock runs fast.
    phase_s : float
        Its first sample against the session's.
    """

    rate_error: float
    phase_s: float


def read_imu(
    truth: Callable[[Floats], Undergone],
    session_s: Floats,
    rate_hz: float,
    errors: SensorErrors,
    rate_error: float,
    rng: np.random.Generator,
) -> ImuSamples:
    """What one IMU writes into the session.

    Parameters
    ----------
    truth : function
        From instants (M,) s to what the sensor undergoes; some instants lie outside the session, by four samples and
        the time-stamp error.
    session_s : (N,) float
        The session's instants, uniform.
    rate_hz : float
        The session's.
    errors : SensorErrors
    rate_error : float
        Of this sensor's clock, a fraction; not 0 means it samples at instants of its own.
    rng : Generator
    """
    clock = Clock(rate_error, float(rng.uniform(0, 1)) / rate_hz)
    own_s = _own_instants(session_s, rate_hz, clock)
    acc, gyr = truth(_read_at(own_s, errors, rng))
    own_rate_hz = rate_hz * (1 + clock.rate_error)
    acc, gyr = _distort(acc, gyr, errors, own_rate_hz, rng)
    if clock.rate_error != 0.0:
        position = (session_s - own_s[0]) * own_rate_hz
        acc, gyr = _cubic(acc, position), _cubic(gyr, position)
    return ImuSamples(acc, gyr)


def _own_instants(session_s: Floats, rate_hz: float, clock: Clock) -> Floats:
    if clock.rate_error == 0.0:
        return session_s
    step_s = 1 / (rate_hz * (1 + clock.rate_error))
    # Two samples more on either side, for the four-point interpolation.
    count = int(np.ceil((session_s[-1] - session_s[0]) / step_s)) + 6
    return session_s[0] + clock.phase_s + step_s * (np.arange(count) - 3)


def _read_at(own_s: Floats, errors: SensorErrors, rng: np.random.Generator) -> Floats:
    """When samples are really read: what alignment leaves is a slow wander, and a drift if a rate error stays."""
    if errors.time_error_s == 0.0 and errors.residual_rate_ppm == 0.0:
        return own_s
    drift = rng.normal(0.0, 1e-6) * errors.residual_rate_ppm * (own_s - own_s[0])
    # Clock fits follow temperature and radio jitter within some ten seconds. Three sigma is the most they miss by.
    slow = errors.time_error_s * wander(own_s, 10.0, rng)
    return own_s + drift + np.clip(slow, -3 * errors.time_error_s, 3 * errors.time_error_s)


def _distort(
    acc: Floats, gyr: Floats, errors: SensorErrors, rate_hz: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Apply the error model to true readings (m/s², rad/s)."""
    dps, mg = np.radians(1.0), 1e-3 * GRAVITY_MPS2
    gyr_said = gyr @ _sensitivity(errors, rng).T
    gyr_said += acc / GRAVITY_MPS2 @ rng.normal(0.0, errors.g_sensitivity_dps_per_g * dps, (3, 3))
    gyr_said += rng.normal(0.0, errors.gyr_bias_dps * dps, 3)
    gyr_said += _noise(len(gyr), errors.gyr_noise_dps_rthz * dps, errors.gyr_walk_dps_rts * dps, rate_hz, rng)
    acc_said = acc @ _sensitivity(errors, rng).T
    acc_said += rng.normal(0.0, errors.acc_bias_mg * mg, 3)
    acc_said += _noise(len(acc), errors.acc_noise_ug_rthz * 1e-3 * mg, errors.acc_walk_mg_rts * mg, rate_hz, rng)
    return (
        _digitise(acc_said, errors.acc_range_g * GRAVITY_MPS2, errors.quantised),
        _digitise(gyr_said, errors.gyr_range_dps * dps, errors.quantised),
    )


def _sensitivity(errors: SensorErrors, rng: np.random.Generator) -> Floats:
    matrix = rng.normal(0.0, errors.cross_axis, (3, 3))
    np.fill_diagonal(matrix, 1 + rng.normal(0.0, errors.scale, 3))
    return matrix


def _noise(count: int, density: float, walk: float, rate_hz: float, rng: np.random.Generator) -> Floats:
    """White noise within half the rate, and a random walk of the bias."""
    white = rng.normal(0.0, density * np.sqrt(rate_hz / 2), (count, 3))
    if walk:
        white += np.cumsum(rng.normal(0.0, walk / np.sqrt(rate_hz), (count, 3)), axis=0)
    return white


def _digitise(values: Floats, full_scale: float, quantised: bool) -> Floats:
    step = full_scale / INT16
    if quantised:
        values = np.round(values / step) * step
    return np.clip(values, -full_scale, full_scale - (step if quantised else 0.0))


def _cubic(samples: Floats, position: Floats) -> Floats:
    """Four-point cubic (Catmull-Rom) interpolation of (M, 3) samples at fractional indices."""
    first = np.clip(position.astype(np.int64), 1, len(samples) - 3)
    u = (position - first)[:, None]
    a, b, c, d = (samples[first + k] for k in (-1, 0, 1, 2))
    return b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))


def fused_quaternions(true_quat: Floats, session_s: Floats, rng: np.random.Generator) -> Floats:
    """Orientation as a device without a magnetometer would fuse it.

    Parameters
    ----------
    true_quat : (N, 4) float
        w, x, y, z, sensor to Earth.
    session_s : (N,) float
    rng : Generator

    Returns
    -------
    (N, 4) float
        With an arbitrary, drifting heading and an inclination that wanders by some tenths of a degree.
    """
    heading = rng.uniform(0, 2 * np.pi) + np.radians(rng.normal(0.0, HEADING_DRIFT_DEGPS)) * session_s
    tilt = np.radians(INCLINATION_DEG) * np.stack([wander(session_s, 3.0, rng) for _ in range(2)], axis=1)
    zero, one = np.zeros_like(session_s), np.ones_like(session_s)
    tilted = multiply(np.stack([one, tilt[:, 0] / 2, tilt[:, 1] / 2, zero], axis=1), true_quat)
    turned = multiply(np.stack([np.cos(heading / 2), zero, zero, np.sin(heading / 2)], axis=1), tilted)
    return turned / np.linalg.norm(turned, axis=1, keepdims=True)


def kept_rows(count: int, drop_fraction: float, rng: np.random.Generator) -> Bools:
    """Rows that arrive, (N,) bool: losses are single and in runs of up to 4; the first and last row stay."""
    kept = np.ones(count, dtype=np.bool_)
    lost, wanted = 0, round(drop_fraction * count)
    while lost < wanted:
        begin = int(rng.integers(1, max(2, count - 1)))
        run = slice(begin, min(begin + int(rng.integers(1, 5)), begin + wanted - lost, count - 1))
        lost += int(np.count_nonzero(kept[run]))
        kept[run] = False
    return kept
