"""Sessions that once misled the chain: long holds, a chair, an empty set, rounded stamps, a foreign calibration."""

from dataclasses import replace

import numpy as np
import pytest

from hiphinge.analysis import analyse, summary
from hiphinge.kinematics.calibration import CalibrationError
from hiphinge.kinematics.grid import measure_grid
from hiphinge.model import Event, Recording
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.replay import analyse_live
from hiphinge.simulate import Repetition, Scenario, good_set, simulate

LIMITS = resolve_limits(load_programme("assisted"))
PATHS = pytest.mark.parametrize("path", [analyse, analyse_live])


def held(hold_s: float, seed: int = 1, reps: int = 6, **more: float) -> Recording:
    one = Repetition(hip_hinge_deg=47.5, lumbar_flexion_deg=3.0, bottom_s=hold_s, top_s=1.0, **more)
    return simulate(Scenario(seed=seed, sets=((one,) * reps,), mounting="random")).recording


@PATHS
@pytest.mark.parametrize("hold_s", [1.5, 2.0, 3.0])
def test_holding_the_bottom_does_not_make_it_the_standing(path, hold_s):
    found = path(held(hold_s), LIMITS)
    assert summary(found.attempts)["compliant"] == summary(found.attempts)["attempts"] == 6
    assert max(one.decided_s - one.end_s for one in found.attempts) < 0.3


def test_slow_hinges_are_decided_while_they_are_done():
    found = analyse_live(held(0.2, eccentric_s=4.0, concentric_s=4.0), LIMITS)
    assert len(found.attempts) == 6
    assert max(one.decided_s - one.end_s for one in found.attempts) < 0.3


def test_a_bend_held_longer_than_the_live_past_is_dropped_and_nothing_breaks():
    slow = Repetition(hip_hinge_deg=47.5, bottom_s=130.0)
    usual = Repetition(hip_hinge_deg=47.5, lumbar_flexion_deg=3.0)
    recording = simulate(Scenario(seed=3, rate_hz=50.0, sets=((usual, slow, usual, usual),))).recording
    found = analyse_live(recording, LIMITS)
    assert [round(one.hip_hinge_deg) for one in found.attempts if one.bottom_s > 140] != []


def test_a_marked_set_without_attempts_is_no_error():
    recording = simulate(Scenario(seed=4, sets=(good_set(4, np.random.default_rng(4)),))).recording
    events = tuple(
        Event(at, kind) for at, kind in ((0.2, "set_start"), (1.0, "set_end"), (2.0, "set_start"), (60.0, "set_end"))
    )
    found = analyse(replace(recording, meta=replace(recording.meta, events=events)), LIMITS)
    assert summary(found.attempts)["attempts"] == 4


@pytest.mark.parametrize("rate_hz", [100.0, 256.0, 400.0])
def test_stamps_rounded_to_milliseconds_keep_the_rate(rate_hz):
    exact = np.arange(4000) / rate_hz
    grid = measure_grid(np.round(exact, 3))
    assert abs(grid.rate_hz - rate_hz) < 0.01 * rate_hz
    assert grid.missing < 5


def test_stamps_that_jitter_by_a_seventh_of_a_step_lose_nothing():
    jitter = np.random.default_rng(5).uniform(-0.0015, 0.0015, 4000)
    grid = measure_grid(np.arange(4000) / 100.0 + jitter)
    assert abs(grid.rate_hz - 100.0) < 0.05
    assert grid.missing == 0


@PATHS
def test_a_calibration_made_with_other_mountings_is_refused(path):
    made = analyse(held(0.3, seed=6), LIMITS).calibration
    with pytest.raises(CalibrationError, match="does not fit"):
        path(held(0.3, seed=7), LIMITS, calibration=made)
