"""Where a sensor's errors are learnt: among bends, away from steps and gaps, or nowhere."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from hiphinge.kinematics.grid import GriddedImu, measure_grid, put_on_grid
from hiphinge.kinematics.window import LONGEST_S, SHORTEST_S, STEPS_MPS2, best_window, shaking_mps2
from hiphinge.simulate import Scenario, Simulation, good_set, simulate, swings

RATE_HZ = 100.0


@lru_cache(maxsize=8)
def simulated(scenario: Scenario) -> Simulation:
    return simulate(scenario)


def hinges(n: int, seed: int = 1, **more: object) -> Scenario:
    return replace(Scenario(seed=seed, sets=(good_set(n, np.random.default_rng(seed)),), mounting="random"), **more)


def sensor(scenario: Scenario, segment: str = "sacral") -> GriddedImu:
    recording = simulated(scenario).recording
    return put_on_grid(getattr(recording, segment), measure_grid(recording.time_s))


def seconds_of_steps(scenario: Scenario, segment: str, rows: slice = slice(None)) -> float:
    """Share of the seconds in which the body seems to be shaken by steps."""
    imu = sensor(scenario, segment)
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    shaking = shaking_mps2(imu.acc_mps2, imu.gyr_radps, RATE_HZ)[rows]
    whole = len(shaking) // 100 * 100
    return float(np.mean(shaking[:whole].reshape(-1, 100).mean(axis=1) > STEPS_MPS2))


@pytest.mark.parametrize("segment", ["sacral", "thoracic"])
def test_steps_shake_and_bending_does_not(segment: str) -> None:
    walking = Scenario(seed=3, walking_s=30.0)
    (walk,) = (other for other in simulated(walking).truth.distractors if other.kind == "walk")
    rows = slice(round((walk.start_s + 2) * RATE_HZ), round((walk.end_s - 2) * RATE_HZ))
    # Turning about at the end of a lane is quieter.
    assert seconds_of_steps(walking, segment, rows) > 0.8
    assert seconds_of_steps(hinges(5), segment) == 0.0
    # The fastest swings turn so fast that their own turning shakes the accelerometer; that is taken off.
    fast = Scenario(seed=4, sets=(swings(10, np.random.default_rng(4)),))
    assert seconds_of_steps(fast, segment) < 0.1


def test_constant_force_is_no_shaking() -> None:
    still = np.tile([0.0, 3.0, 9.0], (500, 1))
    np.testing.assert_allclose(shaking_mps2(still, np.zeros((500, 3)), RATE_HZ), 0.0, atol=1e-9)


@pytest.mark.parametrize("segment", ["sacral", "thoracic"])
def test_the_window_lies_among_the_bends_and_not_in_the_walk(segment: str) -> None:
    scenario = hinges(8, walking_s=20.0)
    truth = simulated(scenario).truth
    (walk,) = (other for other in truth.distractors if other.kind == "walk")
    window = best_window(sensor(scenario, segment), RATE_HZ)
    assert window is not None
    start_s, stop_s = window.start / RATE_HZ, window.stop / RATE_HZ
    # Blocks are a second long: the walk's last steps, already slow, may share one.
    assert start_s > walk.end_s - 2.0
    inside = [done for done in truth.repetitions if start_s <= done.bottom_s < stop_s]
    assert len(inside) >= 7


def test_the_window_is_no_longer_than_the_longest_and_whole_seconds() -> None:
    scenario = hinges(25)
    imu = sensor(scenario)
    assert len(imu.gap_s) / RATE_HZ > LONGEST_S + 20
    window = best_window(imu, RATE_HZ)
    assert window is not None
    length = window.stop - window.start
    assert SHORTEST_S * RATE_HZ <= length <= LONGEST_S * RATE_HZ
    assert length % RATE_HZ == 0
    assert window.stop <= len(imu.gap_s)


@pytest.mark.parametrize("hole_s", [12.0, 20.0, 30.0])
def test_no_gap_lies_in_the_window(hole_s: float) -> None:
    imu = sensor(hinges(10))
    gap_s = imu.gap_s.copy()
    gap_s[round(hole_s * RATE_HZ) : round(hole_s * RATE_HZ) + 30] = 0.3
    window = best_window(replace(imu, gap_s=gap_s), RATE_HZ)
    assert window is not None
    assert not (gap_s[window] > 0).any()


def test_a_bridged_gap_of_some_samples_is_no_hindrance() -> None:
    imu = sensor(hinges(10))
    gap_s = imu.gap_s.copy()
    gap_s[::97] = 0.02
    assert best_window(replace(imu, gap_s=gap_s), RATE_HZ) == best_window(imu, RATE_HZ)


@pytest.mark.parametrize(
    ("scenario", "why"),
    [
        (Scenario(seed=3, standing_s=40.0), "standing teaches nothing"),
        (Scenario(seed=3, walking_s=40.0), "walking does not stand in place"),
    ],
    ids=["standing", "walking"],
)
@pytest.mark.parametrize("segment", ["sacral", "thoracic"])
def test_nowhere(scenario: Scenario, why: str, segment: str) -> None:
    assert best_window(sensor(scenario, segment), RATE_HZ) is None, why


def test_nowhere_in_a_short_recording_or_one_full_of_gaps() -> None:
    imu = sensor(hinges(10))
    begun = imu.rows(slice(300, 300 + round(SHORTEST_S * RATE_HZ) - 1))
    assert best_window(begun, RATE_HZ) is None
    # A gap in every stretch of the shortest window's length.
    gap_s = imu.gap_s.copy()
    gap_s[:: round(SHORTEST_S * RATE_HZ) - 100] = 0.3
    assert best_window(replace(imu, gap_s=gap_s), RATE_HZ) is None


@pytest.mark.parametrize("rate_hz", [50.0, 200.0])
def test_the_rate_does_not_move_the_window(rate_hz: float) -> None:
    found = best_window(sensor(hinges(6, rate_hz=rate_hz)), rate_hz)
    at_100 = best_window(sensor(hinges(6)), RATE_HZ)
    assert found is not None and at_100 is not None
    assert abs(found.start / rate_hz - at_100.start / RATE_HZ) <= 1.0
    assert abs(found.stop / rate_hz - at_100.stop / RATE_HZ) <= 1.0
