"""Doubts about a stretch of the past: counted in wherever it is asked for, in whatever pieces."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motions import sagittal_motion

from hiphinge.kinematics.doubt import Doubt, Doubts
from hiphinge.model import Floats

RATE_HZ = 100.0
MOTION = sagittal_motion(np.zeros(3000), RATE_HZ)


def sds(doubts: Doubts, start: int = 0, stop: int = 3000) -> Floats:
    return doubts.counted_in(MOTION.rows(slice(start, stop)), start).gap_sd_deg


def test_without_doubts_nothing_changes() -> None:
    assert Doubts(RATE_HZ).counted_in(MOTION, 0) is MOTION


def test_what_passes_is_taken_back_by_the_accelerometer() -> None:
    doubts = Doubts(RATE_HZ)
    doubts.add(Doubt(1000, 1010, 2.0, fades=True))
    sd = sds(doubts)
    assert sd[999] == 0.0
    assert sd[1005] == pytest.approx(2.0)
    assert sd[1310] == pytest.approx(2.0 * np.exp(-1), rel=0.02)


def test_what_lasts_ends_where_it_ends() -> None:
    doubts = Doubts(RATE_HZ)
    doubts.add(Doubt(1000, 1500, 15.0))
    sd = sds(doubts)
    assert sd[[999, 1000, 1499, 1500]].tolist() == pytest.approx([0.0, 15.0, 15.0, 0.0])
    doubts.add(Doubt(1000, 2000, 5.0))  # it went on
    assert sds(doubts)[[1000, 1999, 2000]].tolist() == pytest.approx([15.0, 15.0, 0.0])


def test_a_lost_turn_lasts_until_the_wearer_rests() -> None:
    doubts = Doubts(RATE_HZ)
    doubts.add(Doubt(1000, 1010, 4.0, fades=True, until_rest=True))
    assert sds(doubts)[2999] == pytest.approx(4.0)
    doubts.rests(2000)
    assert sds(doubts)[1999] == pytest.approx(4.0)
    assert sds(doubts)[2300] == pytest.approx(4.0 * np.exp(-1), rel=0.02)


def test_after_a_slip_a_little_doubt_stays_and_its_own_turning_counts_for_nothing() -> None:
    doubts = Doubts(RATE_HZ)
    doubts.turned(1000)
    turning = sagittal_motion(np.linspace(0, 40, 3000), RATE_HZ)
    seen = doubts.counted_in(turning, 0)
    assert seen.gap_sd_deg[900] == 0.0 < seen.gap_sd_deg[1200]
    assert not seen.rate_radps[1000].any()
    np.testing.assert_array_equal(seen.rate_radps[1100:], turning.rate_radps[1100:])


def test_what_lies_too_far_back_is_forgotten_but_not_what_is_still_felt() -> None:
    doubts, other = Doubts(RATE_HZ), Doubts(RATE_HZ)
    for each in (doubts, other):
        each.add(Doubt(100, 200, 9.0))
        each.add(Doubt(900, 950, 9.0, fades=True))
    doubts.forget(1000)
    np.testing.assert_array_equal(sds(doubts, 1000), sds(other, 1000))
    assert not sds(doubts, 100, 200).any()


@given(cuts=st.lists(st.integers(1, 2999), max_size=8))
def test_pieces_give_the_same(cuts: list[int]) -> None:
    doubts = Doubts(RATE_HZ)
    doubts.add(Doubt(500, 600, 3.0))
    doubts.add(Doubt(700, 710, 2.0, fades=True))
    doubts.turned(650)
    edges = [0, *sorted(set(cuts)), 3000]
    pieces = np.concatenate([sds(doubts, a, b) for a, b in pairwise(edges)])
    # A doubt that has faded to nearly nothing is dropped by the piece.
    np.testing.assert_allclose(pieces, sds(doubts), atol=1e-3)
