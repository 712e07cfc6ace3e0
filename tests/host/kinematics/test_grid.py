"""The even grid behind uneven stamps: rate measured, gaps counted, short ones bridged, rows left in place."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hiphinge.kinematics.grid import BRIDGE_S, contiguous, grid_times, measure_grid, put_on_grid, runs
from hiphinge.model import Floats, HiphingeError, ImuSamples


def imu_of(rows: Floats) -> ImuSamples:
    """Raw samples whose every column follows `rows`."""
    return ImuSamples(rows[:, None] * [1.0, 2.0, 3.0], rows[:, None] * [-1.0, 0.5, 0.0])


@given(
    rate_hz=st.sampled_from([25.0, 50.0, 99.3, 100.0, 119.7, 208.0]),
    jitter=st.floats(0.0, 0.1),
    dropped=st.floats(0.0, 0.3),
    seed=st.integers(0, 2**32 - 1),
)
@example(rate_hz=25.0, jitter=0.09765625, dropped=0.25, seed=12)
def test_jittered_stamps_with_drops_find_their_places(rate_hz: float, jitter: float, dropped: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    true_index = np.flatnonzero(rng.random(600) >= dropped)
    true_index -= true_index[0]
    time_s = 3.0 + (true_index + rng.uniform(-jitter, jitter, len(true_index))) / rate_hz
    grid = measure_grid(time_s)
    np.testing.assert_array_equal(grid.index, true_index)
    assert grid.size == true_index[-1] + 1
    assert grid.missing == grid.size - len(true_index)
    # Jitter of a tenth of a step, averaged over some hundred steps.
    assert grid.rate_hz == pytest.approx(rate_hz, rel=0.01)
    times_s = grid_times(time_s, grid)
    np.testing.assert_array_equal(times_s[grid.index], time_s)
    assert (np.diff(times_s) > 0).all()


@pytest.mark.parametrize(
    ("steps", "index"),
    [
        ([1, 1, 1, 1], [0, 1, 2, 3, 4]),
        ([1, 2, 1, 1], [0, 1, 3, 4, 5]),
        ([1, 1, 1, 100], [0, 1, 2, 3, 103]),
        ([1, 2, 1, 2], [0, 1, 3, 4, 6]),  # every third sample lost: the median of the steps is no step at all
        ([1, 3], [0, 1, 4]),
        ([1], [0, 1]),
        ([1, 1, 0.05, 1, 1], [0, 1, 2, 3, 4, 5]),  # a stray stamp
    ],
)
def test_steps_become_whole_steps(steps: list[float], index: list[int]) -> None:
    time_s = np.concatenate([[0.0], np.cumsum(steps)]) / 100
    grid = measure_grid(time_s)
    assert grid.rate_hz == pytest.approx(100.0)
    assert grid.index.tolist() == index


def test_a_clock_that_speeds_up_piles_up_no_error() -> None:
    # 4 % over the recording: the last stamp is off by 200 steps of the mean rate's grid.
    steps_s = 0.01 * np.linspace(0.98, 1.02, 10_000)
    grid = measure_grid(np.concatenate([[0.0], np.cumsum(steps_s)]))
    assert grid.missing == 0


def test_short_gaps_are_bridged_and_counted_long_ones_split() -> None:
    time_s = np.arange(400) / 100
    values = np.sin(time_s)
    seen = np.ones(400, bool)
    seen[100:103] = False  # 3 rows away: 40 ms from sample to sample
    seen[200:280] = False  # 0.81 s
    grid = measure_grid(time_s[seen])
    imu = put_on_grid(imu_of(values[seen]), grid)
    assert imu.acc_mps2 is not None
    np.testing.assert_allclose(imu.gap_s[100:103], 0.04)
    np.testing.assert_allclose(imu.gap_s[200:280], 0.81)
    assert np.count_nonzero(imu.gap_s) == 83
    np.testing.assert_array_equal(imu.acc_mps2[seen, 0], values[seen])
    # A line over 40 ms of a sine misses w'' T^2 / 8.
    np.testing.assert_allclose(imu.acc_mps2[100:103, 0], values[100:103], atol=0.04**2 / 8)
    assert contiguous(imu.gap_s) == [slice(0, 200), slice(280, 400)]


def test_an_empty_cell_empties_the_instant_of_that_sensor() -> None:
    rows = np.arange(50.0)
    samples = imu_of(rows)
    assert samples.gyr_radps is not None
    samples.gyr_radps[10, 2] = np.nan
    samples.gyr_radps[48:] = np.nan
    imu = put_on_grid(samples, measure_grid(rows / 50))
    assert imu.gap_s[10] == pytest.approx(0.04)
    assert imu.gyr_radps is not None and imu.gyr_radps[10, 0] == pytest.approx(-10.0)
    assert np.isinf(imu.gap_s[48:]).all()  # nothing beyond to interpolate to
    assert np.isfinite(imu.gyr_radps).all()


def test_a_sensor_without_a_complete_row_is_refused() -> None:
    samples = imu_of(np.arange(10.0))
    assert samples.acc_mps2 is not None and samples.gyr_radps is not None
    samples.acc_mps2[:5], samples.gyr_radps[5:] = np.nan, np.nan
    with pytest.raises(HiphingeError, match="no row with all its values"):
        put_on_grid(samples, measure_grid(np.arange(10) / 100))


def test_quaternions_are_held_not_interpolated() -> None:
    quat = np.tile([1.0, 0.0, 0.0, 0.0], (6, 1))
    quat[3:] = [0.0, 1.0, 0.0, 0.0]
    quat[2] = np.nan
    for acc in (None, np.ones((6, 3))):  # with or without an accelerometer beside them
        imu = put_on_grid(ImuSamples(acc, None, quat), measure_grid(np.arange(6) / 100))
        assert imu.quat is not None
        np.testing.assert_array_equal(imu.quat[2], quat[1])
        assert imu.gap_s.tolist() == [0, 0, pytest.approx(0.02), 0, 0, 0]


def test_rows_of_a_gridded_imu_are_its_rows() -> None:
    imu = put_on_grid(imu_of(np.arange(20.0)), measure_grid(np.arange(20) / 100))
    part = imu.rows(slice(5, 9))
    assert part.acc_mps2 is not None and part.acc_mps2[:, 0].tolist() == [5, 6, 7, 8]
    assert part.quat is None and len(part.gap_s) == 4


@given(st.lists(st.booleans(), max_size=60))
def test_runs_are_the_stretches_of_true(mask: list[bool]) -> None:
    found = runs(np.array(mask, bool))
    inside = [at for run in found for at in range(run.start, run.stop)]
    assert inside == [at for at, true in enumerate(mask) if true]
    assert all(a.stop < b.start for a, b in itertools.pairwise(found))


def test_a_gap_at_the_limit_is_bridged() -> None:
    assert contiguous(np.array([0.0, BRIDGE_S, 0.0])) == [slice(0, 3)]
    assert contiguous(np.array([0.0, BRIDGE_S + 0.01, 0.0])) == [slice(0, 1), slice(2, 3)]
