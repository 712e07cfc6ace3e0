"""Curves get small without losing a peak or hiding a gap."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hiphinge.report.curves import between, min_max, unknown_spans, with_gaps

values = arrays(np.float64, st.integers(1, 400), elements=st.floats(-90, 90) | st.just(np.nan))


@given(values, st.integers(1, 60))
def test_extremes_of_every_column_stay(v: np.ndarray, columns: int):
    time_s = np.arange(len(v)) / 100
    kept_s, kept = min_max(time_s, v, columns)
    assert np.all(np.diff(kept_s) > 0) and len(kept) <= max(2 * columns, 3 * columns + 2)
    at = np.searchsorted(time_s, kept_s)
    np.testing.assert_array_equal(kept, v[at])  # nothing invented, nothing moved
    if len(v) > 2 * columns:
        edges = np.linspace(0, len(v), columns + 1).astype(int)
        for start, stop in pairwise(edges):
            inside = v[start:stop]
            chosen = kept[(at >= start) & (at < stop)]
            if np.isfinite(inside).any():
                assert np.nanmax(chosen) == np.nanmax(inside) and np.nanmin(chosen) == np.nanmin(inside)
            assert np.isnan(chosen).any() == np.isnan(inside).any()


def test_a_peak_of_one_sample_in_an_hour_stays():
    v = np.zeros(360_000)
    v[123_457] = 41.5
    time_s, kept = min_max(np.arange(360_000) / 100, v, 1000)
    assert len(kept) <= 3002
    assert time_s[kept == 41.5].tolist() == [1234.57]


def test_a_hole_between_instants_breaks_the_line():
    time_s = np.array([0, 0.01, 0.02, 0.2, 0.21])
    filled_s, v = with_gaps(time_s, np.arange(5.0))
    assert filled_s.tolist() == [0, 0.01, 0.02, pytest.approx(0.11), 0.2, 0.21]
    assert np.isnan(v[3]) and np.isfinite(np.delete(v, 3)).all()


@pytest.mark.parametrize("hole_s", [0.01, 0.04, 0.05])
def test_a_hole_the_analysis_bridges_is_drawn_through(hole_s: float):
    time_s = np.append(np.arange(100) / 100, 0.99 + hole_s)
    assert len(with_gaps(time_s, time_s)[0]) == 101


def test_slow_samples_are_no_holes():
    time_s = np.arange(50) / 10
    assert len(with_gaps(time_s, time_s)[0]) == 50


def test_unknown_spans_are_nan_and_holes():
    time_s = np.array([0, 0.01, 0.02, 0.03, 0.04, 0.5, 0.51])
    v = np.array([1, np.nan, np.nan, 1, 1, 1, 1.0])
    assert unknown_spans(time_s, v) == [(0, 0.03), (0.04, 0.5)]
    assert unknown_spans(time_s[:1], v[:1]) == []


def test_between_takes_both_ends():
    assert between(np.arange(10.0), 2, 4) == slice(2, 5)
