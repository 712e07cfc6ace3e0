"""Bends found in drawn trunk curves, streaming."""

import itertools

import numpy as np
import pytest
from drawn import COARSE_HZ, curve
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.model import Floats
from hiphinge.reps.segmenter import LATEST_CLOSE_S, SETTLED_S, Bend, Segmenter

DOWN, UP = (2.0, 47.0), (1.5, 0.0)
STAND = (2.0, 0.0)


def bends(trunk: Floats, hip: Floats | None = None, finish: bool = True) -> list[Bend]:
    segmenter = Segmenter(COARSE_HZ)
    found = segmenter.push(trunk, 0.9 * trunk if hip is None else hip)
    return found + (segmenter.finish() if finish else [])


@pytest.mark.parametrize(
    ("pieces", "start_deg", "count"),
    [
        ([STAND, DOWN, UP, STAND], 0, 1),
        ([STAND, DOWN, (3.0, 47), UP, STAND], 0, 1),  # pause at the bottom
        ([STAND, DOWN, (0.4, 37), (0.4, 47), (0.4, 37), (0.4, 47), UP, STAND], 0, 1),  # pulses at the bottom
        ([STAND, (1, 25), (1.0, 25), (1, 47), UP, STAND], 0, 1),  # hesitation on the way down
        ([STAND, DOWN, (0.8, 22), (0.5, 22), (0.8, 0), STAND], 0, 1),  # hesitation on the way up
        ([STAND, *[(0.45, 65), (0.45, 2)] * 8, STAND], 0, 8),  # swings without settling between
        ([STAND, *[DOWN, UP, (0.8, 0)] * 10, STAND], 0, 10),
        ([STAND, DOWN, (1.5, -12), (0.7, 0), STAND], 0, 1),  # over-arch at lock-out
        ([STAND, (1.5, 19), (1.5, 0), STAND], 0, 0),  # too small
        ([STAND, (1.5, 22), (1.5, 0), STAND], 0, 1),
        ([(3, 40), (2, 0), STAND], 40, 0),  # begins bent
        ([(3, 40), (2, 0), STAND, DOWN, UP, STAND], 40, 1),
        ([STAND, DOWN, (1.0, 10)], 0, 1),  # ends on the way back
        ([STAND, DOWN], 0, 0),  # ends at the bottom
        ([STAND, DOWN, (1.0, 30)], 0, 0),  # ends before the return is one
        ([STAND, (40, 15), *[(2.0, 62), (1.5, 15), (1.0, 15)] * 3], 0, 3),  # slow drift
        ([STAND, (10, 47), (10, 0), STAND], 0, 1),  # as slow as anybody is asked to go
        ([STAND, (60, 30), (60, 0), STAND], 0, 0),  # half a degree a second is drift
        ([STAND, (0.6, -18), (0.6, 0), STAND, DOWN, UP, STAND], 0, 1),  # leaning back is no bend
    ],
)
def test_count_of_drawn_bends(pieces: list[tuple[float, float]], start_deg: float, count: int) -> None:
    assert len(bends(curve(pieces, start_deg=start_deg))) == count


def test_a_start_in_mid_descent_is_not_counted() -> None:
    whole = curve([STAND, DOWN, UP, STAND, DOWN, UP, STAND])
    begin = round(3.0 * COARSE_HZ)  # half-way down
    (bend,) = bends(whole[begin:])
    assert bend.low + begin > 5 * COARSE_HZ


def test_parts_of_a_bend() -> None:
    trunk = curve([STAND, DOWN, (0.5, 46.0), UP, STAND])
    (bend,) = bends(trunk)
    assert bend.low / COARSE_HZ < 2.0 + 0.06 * 2.0  # not past the onset
    assert bend.deepest / COARSE_HZ == pytest.approx(4.0, abs=0.1)
    # Settled for 0.2 s, some tenths after the end because minimum jerk ends slowly.
    assert 5.7 <= bend.closed / COARSE_HZ <= 6.0 + SETTLED_S + 0.1
    assert bend.decided == bend.closed


@pytest.mark.parametrize("level_deg", [1.0, 5.0])
@pytest.mark.parametrize("down_s", [1.0, 2.0, 3.5, 6.0])
def test_the_low_is_never_past_the_onset(down_s: float, level_deg: float) -> None:
    # After the return the wearer stands a little further forward: the low follows, but not into the next descent.
    trunk = curve([STAND, DOWN, (1.5, -level_deg), (1.0, level_deg), (2.0, level_deg), (down_s, 47), (1.5, 0), STAND])
    _, bend = bends(trunk)
    onset_s = 2 + 2 + 1.5 + 1 + 2 + 0.0594 * down_s  # where minimum jerk passes 5 % of its peak speed
    assert bend.low / COARSE_HZ <= onset_s
    assert trunk[bend.low] == pytest.approx(level_deg, abs=0.7)


def test_over_arching_at_lock_out_belongs_to_the_attempt() -> None:
    trunk = curve([STAND, DOWN, (1.5, -12), (0.7, 0), STAND])
    (bend,) = bends(trunk)
    assert bend.low < int(np.argmin(trunk)) < bend.closed


def test_the_next_descent_closes_an_attempt_at_the_low_between() -> None:
    trunk = curve([STAND, (0.45, 65), (0.45, 2), (0.45, 65), (0.45, 2), STAND])
    first, second = bends(trunk)
    low = round(2.9 * COARSE_HZ)
    assert first.closed == pytest.approx(low, abs=1)
    assert first.decided > first.closed
    assert second.low == first.closed


def test_a_pelvis_that_still_moves_keeps_the_attempt_open() -> None:
    trunk = curve([STAND, DOWN, UP, (3.0, 0)])
    (bend,) = bends(trunk, hip=curve([STAND, DOWN, (3.0, 0), (1.5, 0)]))
    assert bend.closed / COARSE_HZ > 6.4


def test_a_fidgeting_wearer_is_decided_in_the_end() -> None:
    trunk = curve([STAND, DOWN, UP, (6.0, 0)])
    trunk[round(5.5 * COARSE_HZ) :] += 3 * np.sin(np.arange(len(trunk) - round(5.5 * COARSE_HZ)) * 0.7)
    (bend,) = bends(trunk, finish=False)
    assert bend.closed / COARSE_HZ < 5.5 + LATEST_CLOSE_S + 0.1


def test_a_gap_abandons_what_was_under_way() -> None:
    trunk = curve([STAND, DOWN, UP, STAND, DOWN, UP, STAND])
    trunk[round(3.5 * COARSE_HZ) : round(4.5 * COARSE_HZ)] = np.nan
    (bend,) = bends(trunk)
    assert bend.low / COARSE_HZ > 4.5
    assert bend.deepest / COARSE_HZ > 8


@given(
    cuts=st.lists(st.integers(0, 2000), max_size=12),
    levels=st.lists(st.tuples(st.floats(0.3, 2.5), st.floats(-15, 70)), min_size=1, max_size=12),
    hole=st.integers(0, 800),
)
def test_pieces_of_any_size_find_the_same(cuts: list[int], levels: list[tuple[float, float]], hole: int) -> None:
    trunk = curve(levels)
    trunk[hole : hole + 5] = np.nan
    segmenter, found = Segmenter(COARSE_HZ), []
    edges = [0, *sorted(min(cut, len(trunk)) for cut in cuts), len(trunk)]
    for a, b in itertools.pairwise(edges):
        found += segmenter.push(trunk[a:b], 0.8 * trunk[a:b])
    found += segmenter.finish()
    assert found == bends(trunk, 0.8 * trunk)
    assert all(bend.low < bend.deepest < bend.closed <= bend.decided for bend in found)
    assert all(a.closed <= b.low for a, b in itertools.pairwise(found))
    for bend in found:
        assert trunk[bend.deepest] - trunk[bend.low] >= 20
        assert np.isfinite(trunk[bend.low : bend.closed + 1]).all()


@given(amplitude=st.floats(25, 90), down_s=st.floats(0.5, 6), up_s=st.floats(0.5, 6), pause_s=st.floats(0.1, 4))
def test_any_single_bend_is_one(amplitude: float, down_s: float, up_s: float, pause_s: float) -> None:
    assert len(bends(curve([STAND, (down_s, amplitude), (pause_s, amplitude), (up_s, 0), STAND]), finish=False)) == 1


def test_under_way_from_the_certain_descent_to_the_close() -> None:
    segmenter = Segmenter(COARSE_HZ)
    trunk = curve([STAND, DOWN, UP, STAND])
    state = []
    for at in range(len(trunk)):
        segmenter.push(trunk[at : at + 1], trunk[at : at + 1])
        state.append(segmenter.under_way is not None)
    changes = np.flatnonzero(np.diff(np.array(state, int)))
    assert len(changes) == 2
    assert trunk[changes[0] + 1] == pytest.approx(20, abs=2)
