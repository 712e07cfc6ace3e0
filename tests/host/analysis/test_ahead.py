"""Samples that wait for their block are shown sooner: the same angles, and nothing else changes."""

import numpy as np
from sessions import STRICT, good, simulated

from hiphinge.engine import AnglesKnown, Decided, LiveEngine
from hiphinge.kinematics.grid import grid_times, measure_grid, put_on_grid
from hiphinge.simulate import Scenario

SESSION = Scenario(seed=8, sets=(good(3, 2),))


def run(look_ahead: bool) -> tuple[list[tuple[float, float]], list[tuple[float, float]], list[object]]:
    recording = simulated(SESSION).recording
    grid = measure_grid(recording.time_s)
    time_s = grid_times(recording.time_s, grid)
    sacral, thoracic = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    engine = LiveEngine(grid.rate_hz, STRICT)
    early: list[tuple[float, float]] = []
    known: list[tuple[float, float]] = []
    decided: list[object] = []
    # Three at a time: blocks of four are never whole when a piece ends, three times in four.
    for first in range(0, grid.size, 3):
        part = slice(first, min(first + 3, grid.size))
        for event in engine.push(time_s[part], sacral.rows(part), thoracic.rows(part)):
            if isinstance(event, AnglesKnown):
                known += list(zip(event.angles.time_s, event.angles.trunk_deg, strict=True))
            elif isinstance(event, Decided):
                decided.append(event.attempt)
        ahead = engine.ahead() if look_ahead else None
        if ahead is not None:
            early += list(zip(ahead.time_s, ahead.trunk_deg, strict=True))
    return early, known, decided


def test_angles_ahead_are_those_that_follow_and_change_nothing() -> None:
    early, known, decided = run(look_ahead=True)
    _, without, decided_without = run(look_ahead=False)
    assert decided == decided_without and len(decided) == 3
    np.testing.assert_array_equal(known, without)
    later = dict(known)
    off = np.array([angle - later[at] for at, angle in early])
    assert len(off) > len(known) / 3
    # Where knowledge changes with the very block, what is shown begins to fade to it: by less than sway.
    assert np.median(np.abs(off)) < 1e-9 and np.abs(off).max() < 0.2
