"""What two clipped-on sensors undergo: the simulator's truth at any instant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.model import Floats
from hiphinge.simulate import PERFECT, Scenario, Simulation, simulate
from hiphinge.simulate.body import GRAVITY_MPS2
from hiphinge.simulate.errors import SensorErrors

# The wearer's fastest motion is the 14 Hz ringing of a heel strike: cubics at 400 Hz miss it by a thousandth.
_TRUTH_HZ = 400.0


class Wearer:
    """A simulated wearer.

    Parameters
    ----------
    scenario : Scenario
        Its sensors' biases and noise are added by `read`; clocks and losses are the virtual device's own.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.errors = scenario.sensors
        perfect = replace(scenario, rate_hz=_TRUTH_HZ, sensors=PERFECT, drop_fraction=0.0, blank_fraction=0.0)
        self.simulation: Simulation = simulate(perfect)
        truth = self.simulation.truth
        self._readings: list[Floats] = []
        for sensor in (truth.sacral, truth.thoracic):
            assert sensor.imu.acc_mps2 is not None and sensor.imu.gyr_radps is not None
            self._readings.append(np.concatenate([sensor.imu.acc_mps2, sensor.imu.gyr_radps], axis=1))

    @property
    def duration_s(self) -> float:
        """How long the wearer moves; before and after it stands as at either end."""
        return (len(self._readings[0]) - 1) / _TRUTH_HZ

    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:
        """Specific force m/s² and rate rad/s, (N, 3) each, in the housing's axes, at instants (N,)."""
        rows = self._readings[imu]
        position = np.clip(at_s * _TRUTH_HZ, 1, len(rows) - 3)
        first = position.astype(np.int64)
        u = (position - first)[:, None]
        a, b, c, d = (rows[first + k] for k in (-1, 0, 1, 2))
        found = b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
        return found[:, :3], found[:, 3:]


class Still:
    """Nobody: two sensors lying on a table."""

    errors: SensorErrors = PERFECT
    duration_s = 0.0

    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:  # noqa: ARG002 - both lie alike
        """Gravity along z, no rate."""
        force = np.zeros((len(at_s), 3))
        force[:, 2] = GRAVITY_MPS2
        return force, np.zeros((len(at_s), 3))
