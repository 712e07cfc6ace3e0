"""Learning beside the stream: the same results whatever runs it, no jump on screen, given and found calibrations."""

import itertools
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import fields, replace
from typing import ParamSpec, TypeVar, cast

import numpy as np
import pytest
from sessions import STRICT, analysed, between, blanked, check_counts, good, simulated

from hiphinge.engine import (
    AnglesKnown,
    Calibrated,
    Decided,
    LiveEngine,
    LiveEvent,
    Rezeroed,
)
from hiphinge.kinematics.grid import grid_times, measure_grid, put_on_grid
from hiphinge.kinematics.quiet import angle_deg
from hiphinge.kinematics.study import Knowledge, Past
from hiphinge.model import Angles, Calibration, Floats, Recording
from hiphinge.replay import analyse_live
from hiphinge.simulate import Scenario, Truth

SESSION = Scenario(seed=51, rate_hz=50.0, sets=(good(5, 51),), mounting="random")
STANCES = Scenario(seed=52, rate_hz=50.0, sets=(good(3, 52), good(3, 53)), stances=((0.0, 0.0), (5.0, -3.0)))

P = ParamSpec("P")
T = TypeVar("T")


def run(
    recording: Recording, executor: Executor | None = None, calibration: Calibration | None = None, piece: int = 97
) -> list[LiveEvent]:
    """What the engine says."""
    grid = measure_grid(recording.time_s)
    time_s = grid_times(recording.time_s, grid)
    sacral, thoracic = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    engine, events = LiveEngine(grid.rate_hz, STRICT, calibration=calibration, executor=executor), list[LiveEvent]()
    for first in range(0, grid.size, piece):
        part = slice(first, first + piece)
        events += engine.push(time_s[part], sacral.rows(part), thoracic.rows(part))
    return events + engine.finish()


def shown(events: list[LiveEvent]) -> Floats:
    """All angles shown, one row a field of `Angles`."""
    pieces = [event.angles for event in events if isinstance(event, AnglesKnown)]
    return np.concatenate([np.array([getattr(piece, f.name) for f in fields(Angles)]) for piece in pieces], axis=1)


def told(events: list[LiveEvent]) -> list[str]:
    """Everything but the angles, to the last bit."""
    return [repr(event) for event in events if not isinstance(event, AnglesKnown)]


class Late(Future[T]):
    """What is worked out only when the result is asked for, like a pool that is late."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> T:
        """Now, however long it may take."""
        del timeout
        return self._work()


class Lazy(Executor):
    """Notes when it was asked."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Later."""
        past = args[0]
        assert isinstance(past, Past)
        self.asked_s.append(float(past.time_s[-1]))
        return Late(lambda: fn(*args, **kwargs))


class Frozen(Executor):
    """Learns from the first studies that teach something and nothing from later ones."""

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self.adopted_s: list[float] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Study, or not."""
        past = args[0]
        assert isinstance(past, Past)
        done: Future[T] = Future()
        known = fn(*args, **kwargs) if len(self.adopted_s) < self._allowed else None
        if isinstance(known, Knowledge) and known.worth_it:
            self.adopted_s.append(float(past.time_s[-1]))
        done.set_result(cast(T, known))
        return done


def test_threads_late_pools_and_none_give_the_same_to_the_last_bit() -> None:
    recording = simulated(SESSION).recording
    inline = run(recording)
    with ThreadPoolExecutor(1) as pool:
        threaded = run(recording, pool, piece=2)
    late = run(recording, Lazy(), piece=1000)
    for other in (threaded, late):
        assert told(other) == told(inline)
        np.testing.assert_array_equal(shown(other), shown(inline))


@pytest.mark.parametrize("allowed", [1, 2, 3])
def test_new_parameters_make_no_jump_on_screen(allowed: int) -> None:
    recording = simulated(SESSION).recording
    more = Frozen(allowed + 1)
    without, with_it = shown(run(recording, Frozen(allowed))), shown(run(recording, more))
    at_s = more.adopted_s[-1]
    assert without.shape == with_it.shape
    time_s = without[0]
    # From well before the adoption until the fade is over and beyond.
    around = (time_s > at_s - 1) & (time_s < at_s + 2)
    for row in (1, 2, 3):
        apart = (with_it - without)[row, around]
        assert np.abs(np.diff(apart)).max() < 0.06  # 50 Hz: at most 2.5 deg/s, and what the models differ by
    assert np.isfinite(with_it[1:4]).all()
    assert np.abs(with_it - without)[1:3].max() > 0.03  # something was learnt


def test_a_new_zero_makes_no_jump_either() -> None:
    session = simulated(STANCES)
    events = run(session.recording)
    at_s = [event.at_s for event in events if isinstance(event, Rezeroed)]
    angles, onsets_s = shown(events), np.array([done.start_s for done in session.truth.repetitions])
    assert at_s
    for moment_s in at_s:
        until_s = min(moment_s + 1.4, onsets_s[onsets_s > moment_s][0] - 0.2)
        hip_and_trunk: Floats = angles[1:3, (angles[0] > moment_s - 1.4) & (angles[0] < until_s)]
        # Standing all the while: sway of 1-2 deg/s and the fade of 2.5 deg/s at 50 Hz.
        assert np.abs(np.diff(hip_and_trunk)).max() < 0.12


def late_error_deg(angles: Angles, truth: Truth, from_s: float) -> float:
    """Largest rmse of pelvis, trunk and lumbar flexion within repetitions after `from_s`."""
    inside = np.zeros(len(truth.time_s), bool)
    for done in truth.repetitions:
        inside |= (truth.time_s >= done.start_s) & (truth.time_s <= done.end_s) & (truth.time_s > from_s)
    worst_deg = 0.0
    for name in ("hip_hinge_deg", "trunk_deg", "lumbar_flexion_deg"):
        off_deg: Floats = (getattr(angles, name) - getattr(truth, name))[inside]
        worst_deg = max(worst_deg, float(np.sqrt(np.nanmean(off_deg**2))))
    return worst_deg


@pytest.mark.parametrize("given", [False, True], ids=["found", "given"])
def test_each_set_counts_from_its_own_stance(given: bool) -> None:
    session = simulated(STANCES)
    saved = analysed(replace(STANCES, sets=STANCES.sets[:1], stances=None), "offline").calibration if given else None
    found = analyse_live(session.recording, STRICT, calibration=saved)
    check_counts(found, session.truth)
    second = next(done for done in session.truth.repetitions if done.set == 2)
    assert any(abs(at_s - second.start_s) < 20 for at_s in found.neutrals_from_s[1:])
    # The other stance is 5 and 3 deg away; means over some seconds of sway are known to half a degree.
    assert late_error_deg(found.angles, session.truth, second.start_s - 1) < 1.2


@pytest.mark.parametrize("piece", [2, 500])
def test_a_given_calibration_replays_exactly_and_keeps_its_axes(piece: int) -> None:
    saved = analysed(replace(SESSION, sets=(good(4, 54),)), "offline").calibration
    recording = simulated(SESSION).recording
    events = run(recording, calibration=saved, piece=piece)
    told_of = [event for event in events if isinstance(event, Calibrated)]
    assert [(event.how, event.calibration is saved) for event in told_of] == [("given", True)]
    replayed = analyse_live(recording, STRICT, calibration=saved)
    grid = measure_grid(recording.time_s)
    angles = shown(events)[:, grid.index]
    np.testing.assert_array_equal(np.array([getattr(replayed.angles, f.name) for f in fields(Angles)]), angles)
    decided = [event.attempt for event in events if isinstance(event, Decided)]
    assert [replace(one, set=1, tempo_s=(*one.tempo_s[:3], None)) for one in replayed.attempts] == decided


def test_given_and_found_are_told_apart() -> None:
    recording = simulated(SESSION).recording
    saved = analysed(replace(SESSION, sets=(good(4, 54),)), "offline").calibration
    found = [event.how for event in run(recording) if isinstance(event, Calibrated)]
    assert found[0] == "found" and set(found[1:]) == {"improved"}
    given = shown(run(recording, calibration=saved))
    assert given.shape != shown(run(recording)).shape  # given: angles from the first sample


def test_an_improved_calibration_is_told_and_is_the_one_in_force() -> None:
    grid_events = run(simulated(SESSION).recording)
    told_of = [event.calibration for event in grid_events if isinstance(event, Calibrated)]
    for before, after in itertools.pairwise(told_of):
        moved = [angle_deg(a, b) for a, b in zip(before.thoracic, after.thoracic, strict=True)]
        moved += [angle_deg(a, b) for a, b in zip(before.sacral, after.sacral, strict=True)]
        assert max(moved) > 0.01
    assert analyse_live(simulated(SESSION).recording, STRICT).calibration is not None


def test_sensor_errors_are_learnt_with_a_given_calibration_too() -> None:
    saved = analysed(replace(SESSION, sets=(good(4, 54),)), "offline").calibration
    recording = simulated(SESSION).recording
    learning = Frozen(1000)
    run(recording, learning, calibration=saved)
    assert len(learning.adopted_s) > 3


def test_nothing_is_studied_while_the_wearer_stands_still() -> None:
    scenario = Scenario(seed=55, rate_hz=50.0, sets=(good(3, 55),), standing_s=30.0)
    session, asked = simulated(scenario), Lazy()
    run(session.recording, asked)
    onset_s = session.truth.repetitions[0].start_s
    assert onset_s > 25
    assert min(asked.asked_s) > onset_s
    assert len(asked.asked_s) > 5


def test_after_a_long_gap_heading_is_unknown_until_the_next_standing() -> None:
    session = simulated(SESSION)
    done = session.truth.repetitions[2]
    recording = session.recording
    hole = between(recording, done.bottom_s - 0.5, done.bottom_s + 0.4)
    recording = replace(recording, thoracic=blanked(recording.thoracic, hole))
    angles = analyse_live(recording, STRICT).angles
    after = (angles.time_s > done.bottom_s + 0.45) & (angles.time_s < done.end_s - 0.2)
    assert after.sum() > 10
    assert np.isfinite(angles.trunk_deg[after]).all()
    for name in ("side_bend", "rotation"):
        assert np.isnan(getattr(angles, f"lumbar_{name}_deg")[after]).all()
        assert np.isnan(getattr(angles, f"lumbar_{name}_sd_deg")[after]).all()
    later = angles.time_s > session.truth.repetitions[4].start_s
    assert np.isfinite(angles.lumbar_rotation_deg[later]).all()
    assert np.abs(angles.lumbar_rotation_deg[later]).max() < 15
