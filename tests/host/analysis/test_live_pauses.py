"""Pauses of minutes and hours in the live path: what comes behind them is judged the same."""

from dataclasses import replace

import numpy as np
import pytest

from hiphinge.engine import AnglesKnown, Decided, Inline, LiveEngine
from hiphinge.kinematics.grid import GriddedImu, grid_times, measure_grid, put_on_grid
from hiphinge.model import Analysis, ImuSamples, Recording
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.replay import analyse_live
from hiphinge.simulate import simulate
from hiphinge.simulate.quick import quick_scenario

LIMITS = resolve_limits(load_programme("assisted"), None)


def twice(pause_s: float) -> Recording:
    """A set, a pause without samples, the set again."""
    made = simulate(quick_scenario(seed=1, repetitions=3, faults={2: "flexion"})).recording

    def doubled(imu: ImuSamples) -> ImuSamples:
        parts = (
            None if part is None else np.concatenate([part, part]) for part in (imu.acc_mps2, imu.gyr_radps, imu.quat)
        )
        return ImuSamples(*parts)

    later = made.time_s + made.time_s[-1] + pause_s
    return replace(
        made,
        time_s=np.concatenate([made.time_s, later]),
        sacral=doubled(made.sacral),
        thoracic=doubled(made.thoracic),
    )


def told(found: Analysis) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.verdict, tuple(fault.kind for fault in one.faults)) for one in found.attempts]


@pytest.mark.parametrize("pause_s", [55.0, 65.0, 2 * 3600.0])
def test_repetitions_behind_a_pause_are_judged_as_behind_a_short_one(pause_s: float):
    found = analyse_live(twice(pause_s), LIMITS)
    assert told(found) == told(analyse_live(twice(30.0), LIMITS))
    assert found.attempts[3].start_s > pause_s


def test_hours_of_nothing_are_not_worked_through():
    recording = twice(3 * 3600.0)
    grid = measure_grid(recording.time_s)
    sensors = (put_on_grid(one, grid) for one in (recording.sacral, recording.thoracic))
    events = LiveEngine(grid.rate_hz, LIMITS).push(grid_times(recording.time_s, grid), *sensors)
    told_s = sum(len(one.angles.time_s) for one in events if isinstance(one, AnglesKnown)) / grid.rate_hz
    assert told_s < len(recording.time_s) / grid.rate_hz + 65.0


@pytest.mark.parametrize("piece", [1, 7, 2000])
def test_pieces_change_nothing_across_a_pause(piece: int):
    recording = twice(90.0)
    grid = measure_grid(recording.time_s)
    time_s = grid_times(recording.time_s, grid)
    lower, upper = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    assert decided(time_s, lower, upper, piece, grid.rate_hz) == decided(time_s, lower, upper, 4000, grid.rate_hz)


def decided(time_s: np.ndarray, lower: GriddedImu, upper: GriddedImu, piece: int, rate_hz: float) -> list[object]:
    engine, events = LiveEngine(rate_hz, LIMITS, executor=Inline()), []
    for first in range(0, len(time_s), piece):
        part = slice(first, first + piece)
        events += engine.push(time_s[part], lower.rows(part), upper.rows(part))
    return [event.attempt for event in [*events, *engine.finish()] if isinstance(event, Decided)]
