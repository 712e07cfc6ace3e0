"""Sets by rest, by marks, and what belongs to none; screens for what is no hinge."""

from dataclasses import replace

import numpy as np
import pytest
from drawn import GOOD
from hypothesis import given
from hypothesis import strategies as st
from test_judge import STRICT

from hiphinge.model import Attempt, Event
from hiphinge.reps.attempts import attempt, completed
from hiphinge.reps.screen import has_flight, mostly_sagittal
from hiphinge.reps.sets import marked_sets, number_sets


def spans(*starts_s: float) -> list[tuple[float, float]]:
    """Attempts of 4 s."""
    return [(start_s, start_s + 4) for start_s in starts_s]


@pytest.mark.parametrize(
    ("starts_s", "numbers"),
    [
        ([], []),
        ([10], [1]),  # alone, and nothing beside it: a set of one
        ([10, 15], [1, 1]),
        ([10, 40], [1, 2]),  # no set of three: nobody knows better
        ([10, 15, 20], [1, 1, 1]),
        ([10, 15, 20, 60, 65, 70], [1, 1, 1, 2, 2, 2]),
        ([10, 15, 20, 50, 80, 85, 90], [1, 1, 1, 0, 2, 2, 2]),  # a pick-up between
        ([10, 40, 45, 50], [0, 1, 1, 1]),
        ([10, 15, 20, 50, 55], [1, 1, 1, 0, 0]),  # sitting down and getting up
        ([10, 29, 48], [1, 1, 1]),  # exactly the rest apart
        ([10, 29.1, 48], [1, 2, 2]),
    ],
)
def test_runs_by_rest(starts_s: list[float], numbers: list[int]) -> None:
    assert number_sets(spans(*starts_s), ()) == numbers


def test_rest_is_the_programmes() -> None:
    assert number_sets(spans(0, 10, 20, 30, 40, 50), (), rest_s=5) == [1, 2, 3, 4, 5, 6]
    assert number_sets(spans(0, 50, 100), (), rest_s=60) == [1, 1, 1]


def marks(*marked: tuple[float, str]) -> list[Event]:
    return [Event(time_s, kind) for time_s, kind in marked]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (marks((5, "set_start"), (30, "set_end")), [(5, 30)]),
        (marks((30, "set_end"), (5, "set_start")), [(5, 30)]),  # any order in the file
        (marks((5, "set_start")), [(5, np.inf)]),
        (marks((5, "set_start"), (40, "set_start"), (60, "set_end")), [(5, 40), (40, 60)]),
        (marks((30, "set_end")), []),
        (marks((5, "mark"), (6, "knock")), []),
        (marks((5, "set_start"), (30, "set_end"), (35, "set_end")), [(5, 30)]),
    ],
)
def test_marks(events: list[Event], expected: list[tuple[float, float]]) -> None:
    assert marked_sets(events) == expected


def test_marks_decide_alone() -> None:
    events = marks((8, "set_start"), (26, "set_end"), (58, "set_start"))
    assert number_sets(spans(2, 10, 15, 24, 60, 200), events) == [0, 1, 1, 1, 2, 2]
    # 24..28 has its middle at 26, on the mark; 2..6 and what lies between the sets belong to none.
    assert number_sets(spans(40), events) == [0]


@given(st.lists(st.floats(4.1, 60), max_size=30))
def test_numbers_rise_without_holes(gaps: list[float]) -> None:
    numbers = number_sets(spans(*np.cumsum(gaps).tolist()), ())
    counted = [number for number in numbers if number]
    assert counted == sorted(counted)
    assert sorted(set(counted)) == list(range(1, len(set(counted)) + 1))
    assert not numbers or counted  # never nothing but isolated bends


def attempt_at(start_s: float) -> Attempt:
    moved = replace(GOOD, start_s=start_s, bottom_s=start_s + 2, end_s=start_s + 3.8)
    return attempt(99, moved, STRICT, start_s + 4)


def test_completed_attempts_know_their_set_their_number_and_their_pause() -> None:
    done = completed([attempt_at(s) for s in (10, 15, 19.5, 50, 80, 85, 90)], (), 15.0)
    assert [one.index for one in done] == [1, 2, 3, 4, 5, 6, 7]
    assert [one.set for one in done] == [1, 1, 1, 0, 2, 2, 2]
    pauses = [one.tempo_s[3] for one in done]
    expected = [1.2, 0.7, None, None, 1.2, 1.2, None]
    assert pauses == [None if pause is None else pytest.approx(pause) for pause in expected]


# --- screens --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lean_deg", "side_rate_share", "expected"),
    [(0, 0.0, True), (20, 0.3, True), (-20, 0.3, True), (40, 0.3, False), (-40, 0.3, False), (0, 2.0, False)],
)
def test_a_hinge_goes_mostly_forward(lean_deg: float, side_rate_share: float, expected: bool) -> None:
    sagittal = np.sin(np.linspace(0, 6, 100))
    tilting = np.abs(sagittal) * np.hypot(1, side_rate_share)
    assert mostly_sagittal(47.0, lean_deg, sagittal, tilting) is expected


def test_unknown_rates_do_not_decide_alone() -> None:
    sagittal = np.sin(np.linspace(0, 6, 100))
    holed = np.where(np.arange(100) < 10, np.nan, sagittal)
    assert mostly_sagittal(47.0, 3.0, holed, np.abs(holed))
    nothing = np.full(10, np.nan)
    assert not mostly_sagittal(47.0, 3.0, nothing, nothing)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
@pytest.mark.parametrize(("flight_s", "force", "expected"), [(0.3, 0.5, True), (0.3, 5.5, False), (0.06, 0.5, False)])
def test_a_jump_is_weightless_for_a_while(rate_hz: float, flight_s: float, force: float, expected: bool) -> None:
    felt = np.full(round(2 * rate_hz), 9.8)
    felt[round(rate_hz) : round((1 + flight_s) * rate_hz)] = force
    assert has_flight(felt, rate_hz) is expected
