"""Two sensor clocks to one grid: how far from the truth, and what gaps do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.link.align import LAG_S, LONGEST_FILL_S, Aligner, Piece, SampleClock
from hiphinge.link.cells import Cells, Turns
from hiphinge.link.events import Samples
from hiphinge.link.units import Read

GRID_HZ = 100.0
STILL = np.array([0.0, 9.81, 0.0])


def cells_of(signal, source_hz: float, duration_s: float, chunk: int = 4, start_s: float = 0.0013) -> np.ndarray:
    cells = Cells(GRID_HZ, 1)
    times = start_s + np.arange(int(duration_s * source_hz)) / source_hz
    for first in range(0, len(times), chunk):
        part = times[first : first + chunk]
        cells.push(part, signal(part)[:, None])
    return cells.take(cells.stop)[:, 0]


def sine(hz: float):
    return lambda t: np.sin(2 * np.pi * hz * t)


@pytest.mark.parametrize(("hz", "most"), [(0.3, 2e-5), (1.0, 2e-4), (3.0, 0.002), (5.0, 0.006), (10.0, 0.035)])
def test_values_are_near_the_reading_at_the_instant(hz: float, most: float):
    """The largest error as a share of the amplitude: hinges move below 1 Hz, swings at 1..3 Hz."""
    out = cells_of(sine(hz), 120.0, 20.0)
    at = np.arange(len(out)) / GRID_HZ
    error = np.abs(out - sine(hz)(at))[10:]
    assert error.max() < most


@pytest.mark.parametrize("source_hz", [104.0, 118.2, 120.0, 122.76, 208.0, 480.0])
@pytest.mark.parametrize("hz", [0.4, 7.0, 19.7, 23.0, 41.0])
def test_the_integral_is_kept_whatever_the_frequency(source_hz: float, hz: float):
    """No frequency turns into a steady rate, which would turn the orientation for good."""
    out = cells_of(lambda t: 1.0 + np.sin(2 * np.pi * hz * t), source_hz, 60.0)
    total = np.nansum(out[10:-10]) / GRID_HZ
    span = len(out[10:-10]) / GRID_HZ
    # What is left is the wave's own unfinished part at either end.
    assert total == pytest.approx(span, abs=2.0 / (2 * np.pi * hz) + 0.001)


def test_vibration_beside_the_sample_rate_makes_no_slow_wave():
    """20 Hz sampled at 120 Hz has an image at 100 Hz, the grid's own rate."""
    out = cells_of(sine(19.97), 120.0, 60.0)[10:-10]
    slow = np.convolve(out, np.ones(100) / 100, mode="valid")
    assert np.abs(slow).max() < 0.002


@given(cuts=st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_pieces_change_nothing(cuts: list[int]):
    times = 0.002 + np.arange(sum(cuts)) / 121.3
    values = np.random.default_rng(len(cuts)).normal(size=(len(times), 3))
    whole, parts = Cells(GRID_HZ), Cells(GRID_HZ)
    whole.push(times, values)
    first = 0
    for cut in cuts:
        parts.push(times[first : first + cut], values[first : first + cut])
        first += cut
    assert whole.stop == parts.stop
    np.testing.assert_allclose(whole.take(whole.stop), parts.take(parts.stop), atol=1e-9)


@pytest.mark.parametrize(("missing", "bridged"), [(1, True), (4, True), (6, False), (30, False)])
def test_a_gap_is_bridged_up_to_50_ms(missing: int, bridged: bool):
    times = np.delete(np.arange(240) / 120.0, slice(100, 100 + missing))
    cells = Cells(GRID_HZ, 1)
    cells.push(times, sine(0.5)(times)[:, None])
    out = cells.take(cells.stop)[1:, 0]
    assert np.isfinite(out).all() == bridged
    at = np.arange(1, cells.stop) / GRID_HZ
    known = np.isfinite(out)
    np.testing.assert_allclose(out[known], sine(0.5)(at[known]), atol=2e-3)
    if not bridged:
        holes = at[~known]
        assert holes[0] > 99 / 120 - 0.005 and holes[-1] < (100 + missing) / 120 + 0.005


def test_orientations_go_the_shorter_way():
    turns = Turns(GRID_HZ)
    times = np.arange(120) / 120.0
    half = np.radians(90 * times) / 2
    quat = np.stack([np.cos(half), np.sin(half), 0 * half, 0 * half], axis=1)
    quat[1::2] *= -1  # the same orientations, other signs
    turns.push(times, quat)
    out = turns.take(turns.stop)
    expected = np.radians(90 * np.arange(turns.stop) / GRID_HZ)
    np.testing.assert_allclose(2 * np.arctan2(np.abs(out[:, 1]), np.abs(out[:, 0])), expected, atol=1e-4)


def piece(times: np.ndarray, delay_s: float = 0.0, broken: bool = False) -> Piece:
    gyr = np.stack([sine(0.5)(times - delay_s), times - delay_s, 0 * times], axis=1)
    return Piece(times, Read(np.tile(STILL, (len(times), 1)), gyr, None), broken, delay_s, delay_s)


def test_the_filters_delay_is_taken_out():
    aligner = Aligner(GRID_HZ, raw=True, quats=False)
    found: list[Samples] = []
    for block in range(300):
        both = [np.arange(int(block * hz / 30), int((block + 1) * hz / 30)) / hz + 0.004 for hz in (122.76, 118.2)]
        found += aligner.push((piece(both[0], 0.012), piece(both[1])))
    time_s = np.concatenate([one.time_s for one in found])
    lower = np.concatenate([one.sacral.gyr_radps for one in found])
    upper = np.concatenate([one.thoracic.gyr_radps for one in found])
    inside = slice(10, len(time_s) - 60)
    np.testing.assert_allclose(lower[inside, 1], time_s[inside], atol=1e-6)
    np.testing.assert_allclose(upper[inside, 1], time_s[inside], atol=1e-6)


def test_a_silent_sensor_does_not_hold_up_the_other():
    aligner = Aligner(GRID_HZ, raw=True, quats=False)
    found: list[Samples] = []
    for first in range(0, 360, 4):
        times = 0.004 + np.arange(first, first + 4) / 120
        found += aligner.push((piece(times), piece(times) if first < 120 else None))
    time_s = np.concatenate([one.time_s for one in found])
    assert time_s[-1] > 3.0 - LAG_S - 0.05
    gone = np.concatenate([one.thoracic.gap_s for one in found])
    assert np.isinf(gone[time_s > 1.02]).all() and (gone[(time_s > 0.02) & (time_s < 0.98)] == 0).all()
    assert (np.concatenate([one.sacral.gap_s for one in found])[5:] == 0).all()


def test_a_long_pause_is_jumped_over():
    aligner = Aligner(GRID_HZ, raw=True, quats=False)
    times = np.arange(12) / 120
    first = aligner.push((piece(times), piece(times)))
    later = times + LONGEST_FILL_S + 5
    second = aligner.push((piece(later, broken=True), piece(later, broken=True)))
    assert sum(len(one.time_s) for one in first + second) < 100
    assert second[-1].time_s[0] > LONGEST_FILL_S


def test_an_hour_of_stamps_leaves_no_drift():
    """Half an hour before and after the index wraps: the time of each sample stays with the device's stamps."""
    clock = SampleClock()
    rng = np.random.default_rng(1)
    true_s, said_s = 1 / 122.7612345, round(32e9 / 122.7612345) / 32e9
    index = 2**32 - 220_000
    worst = 0.0
    for block in range(110_000):
        first = block * 4
        placed = clock.place((index + first) % 2**32, 4, first * true_s + rng.normal(0, 5e-5), said_s, block == 0)
        assert placed is not None
        assert clock.jumped == 0
        if block > 100:
            worst = max(worst, abs(float(placed[0][0]) - first * true_s))
    assert worst < 1e-4


def test_a_stamp_that_contradicts_its_index_does_not_move_the_clock():
    clock = SampleClock()
    clock.place(0, 4, 0.0, 0.01, False)
    placed = clock.place(4, 4, 0.3, 0.01, False)
    assert placed is not None and placed[0][0] == pytest.approx(0.04)
    assert clock.place(0, 4, 0.0, 0.01, False) is None, "back in time"
    again = clock.place(8, 4, 0.08, 0.01, False)
    assert again is not None and again[0][0] == pytest.approx(0.08)


def test_a_jump_of_the_index_is_counted_and_spans_its_time():
    clock = SampleClock()
    clock.place(2**32 - 2, 4, 1.0, 0.01, False)
    placed = clock.place(12, 4, 1.14, 0.01, False)
    assert placed is not None and clock.jumped == 10
    assert placed[0][0] == pytest.approx(1.14)
