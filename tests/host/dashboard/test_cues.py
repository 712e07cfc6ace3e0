"""Cues: none outside an attempt, fewer by exposure than by threshold, and independent of the pieces."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.dashboard.cues import AGAIN_S, BACK_S, BEGUN_DEG, Cue, CueRule, CueState, beyond, heed

RATE_HZ = 100.0
Row = tuple[float, float, float]
RULE = CueRule()


def rows(trunk: Sequence[float], lumbar: Sequence[float]) -> list[Row]:
    return [(at / RATE_HZ, t, f) for at, (t, f) in enumerate(zip(trunk, lumbar, strict=True))]


def cues(rule: CueRule, given_rows: Sequence[Row]) -> tuple[Cue, ...]:
    return heed(CueState(), rule, given_rows).cues


def held(trunk_deg: float, lumbar_deg: float, seconds: float) -> list[Row]:
    count = round(seconds * RATE_HZ)
    return rows([trunk_deg] * count, [lumbar_deg] * count)


@pytest.mark.parametrize(
    ("lumbar", "expected"),
    [(10.0, (0.0, None)), (12.0, (2.0, "flexion")), (-8.0, (0.0, None)), (-9.5, (1.5, "extension"))],
)
def test_how_far_beyond(lumbar: float, expected: tuple[float, str | None]) -> None:
    assert beyond(RULE, lumbar) == expected


def test_no_limit_is_never_left() -> None:
    assert beyond(CueRule(flexion_max_deg=None, extension_max_deg=None), 80.0) == (0.0, None)


def test_a_margin_moves_both_limits() -> None:
    wide = CueRule(margin_deg=3.0)
    assert beyond(wide, 12.9) == (0.0, None)
    assert beyond(wide, -10.9) == (0.0, None)


def test_five_degrees_too_many_are_cued_after_a_fifth_of_a_second() -> None:
    first = cues(RULE, held(40.0, 15.0, 1.0))[0]
    assert first.side == "flexion"
    assert first.at_s == pytest.approx(0.2, abs=0.02)


def test_a_slip_that_is_put_right_is_not_cued() -> None:
    slip = [15.0] * 10 + [0.0] * 190
    assert cues(RULE, rows([40.0] * 800, slip * 4)) == ()
    # By threshold it would be, each time.
    assert len(cues(CueRule(mode="threshold", delay_s=0.05), rows([40.0] * 800, slip * 4))) == 4


def test_the_threshold_waits_for_its_delay() -> None:
    (first,) = cues(CueRule(mode="threshold", delay_s=0.5), held(40.0, 10.5, 1.0))
    assert first.at_s == pytest.approx(0.5, abs=0.011)


def test_cues_leave_time_to_answer() -> None:
    found = cues(CueRule(mode="threshold", delay_s=0.0), held(40.0, 30.0, 10.0))
    assert all(b.at_s - a.at_s > AGAIN_S - 1e-6 for a, b in itertools.pairwise(found))
    assert len(found) >= 5


def test_arching_at_lock_out_is_cued_and_standing_long_after_is_not() -> None:
    up = held(45.0, 0.0, 1.0)
    arch = [(1.0 + at / RATE_HZ, 0.0, -20.0) for at in range(500)]
    found = cues(RULE, [*up, *arch])
    assert [one.side for one in found] == ["extension"]
    assert found[0].at_s < 1.0 + BACK_S
    later = [(1.0 + BACK_S + 0.5 + at / RATE_HZ, 0.0, -20.0) for at in range(500)]
    still = [(1.0 + at / RATE_HZ, 0.0, 0.0) for at in range(round((BACK_S + 0.5) * RATE_HZ))]
    assert cues(RULE, [*up, *still, *later]) == ()


def test_a_gap_forgets_what_was() -> None:
    out = held(40.0, 14.0, 0.2)
    after = [(5.0 + at / RATE_HZ, 40.0, 14.0) for at in range(20)]
    assert cues(RULE, [*out, *after]) == ()
    unknown = [(0.2, float("nan"), float("nan"))]
    assert cues(RULE, [*out, *unknown, *[(0.21 + at / RATE_HZ, 40.0, 14.0) for at in range(20)]]) == ()


def test_off_is_off() -> None:
    assert cues(replace(RULE, mode="off"), held(45.0, 60.0, 5.0)) == ()


lumbars = st.lists(st.floats(-60, 60), min_size=1, max_size=300)
modes = st.sampled_from(["exposure", "threshold"])


@given(lumbars, modes)
def test_nobody_is_cued_outside_an_attempt(lumbar: list[float], mode: str) -> None:
    rule = CueRule(mode=mode, delay_s=0.0)  # type: ignore[arg-type]
    assert cues(rule, rows([BEGUN_DEG - 0.1] * len(lumbar), lumbar)) == ()


@given(st.lists(st.floats(-8, 10), min_size=1, max_size=300), modes)
def test_nobody_is_cued_in_range(lumbar: list[float], mode: str) -> None:
    rule = CueRule(mode=mode, delay_s=0.0)  # type: ignore[arg-type]
    assert cues(rule, rows([45.0] * len(lumbar), lumbar)) == ()


@given(
    st.lists(st.tuples(st.floats(-20, 90), st.floats(-40, 40)), min_size=1, max_size=200),
    st.lists(st.integers(0, 200), max_size=5),
    modes,
)
def test_the_pieces_change_nothing(pairs: list[tuple[float, float]], cuts: list[int], mode: str) -> None:
    rule = CueRule(mode=mode, delay_s=0.1)  # type: ignore[arg-type]
    whole = rows([one[0] for one in pairs], [one[1] for one in pairs])
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    state, found = CueState(), list[Cue]()
    for a, b in itertools.pairwise(edges):
        state = heed(state, rule, whole[a:b])
        found += state.cues
    assert tuple(found) == cues(rule, whole)


@given(lumbars)
def test_exposure_never_cues_more_than_the_bare_threshold(lumbar: list[float]) -> None:
    given_rows = rows([45.0] * len(lumbar), lumbar)
    assert len(cues(RULE, given_rows)) <= len(cues(CueRule(mode="threshold", delay_s=0.0), given_rows))
