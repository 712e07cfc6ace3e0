"""64-bit time out of 30-bit ticks, and the time of every sample."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

WRAP = 1 << 30


def signed(difference: int) -> int:
    return (difference + WRAP // 2) % WRAP - WRAP // 2


def test_differences_are_right_across_the_wrap(on_device: Any):
    edges = [0, 1, 5, WRAP // 2 - 1, WRAP // 2, WRAP // 2 + 1, WRAP - 2, WRAP - 1]
    pairs = [[a, b] for a in edges for b in edges]
    (seen,) = on_device("clock_cases", "differences", pairs=pairs)
    assert seen["diffs"] == [signed(a - b) for a, b in pairs]
    assert seen["sums"] == [a for a, _ in pairs]


@given(start=st.integers(0, WRAP - 1), steps=st.lists(st.integers(80000, WRAP // 2 - 1), min_size=1, max_size=40))
@settings(max_examples=25)
def test_clock_is_the_sum_of_its_steps(on_device_once, start, steps):
    (seen,) = on_device_once("clock_cases", "long_run", start=start, steps=steps)
    total = 0
    for step, row in zip(steps, seen["rows"], strict=True):
        total += step
        assert row == [total, total, total - 70000, total, row[4]]
        assert row[4] in (total // 1000000, total // 1000000 - 1)
    assert seen["back"] == total
    assert seen["edges"] == [0, 0]


@pytest.fixture(scope="module")
def on_device_once(on_device: Any) -> Any:
    return on_device


@pytest.mark.parametrize(("rate_hz", "error"), [(120, 0.023), (104.167, -0.015), (120, 0.04), (240, -0.015)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sample_times_are_within_a_millisecond(on_device: Any, rate_hz, error, seed):
    # Stalls of 45 to 400 ms, collections of 15 ms, ticks that wrap after five seconds.
    marks = [6, 10, 30, 110]
    (seen,) = on_device("clock_cases", "envelope", rate_hz=rate_hz, error=error, seconds=120, seed=seed, marks=marks)
    six, ten, thirty, end = seen["rows"]
    assert abs(six["off_us"]) < 2000
    assert abs(six["ppm"]) < 1000
    assert ten["measured"]
    assert abs(ten["off_us"]) < 1000
    assert abs(thirty["ppm"]) < 10
    assert abs(end["ppm"]) < 5
    # The issue asks for 1 ms; 0.1 ms of it is how old a poll is when it is stamped.
    assert seen["worst_us"] < 400
    assert seen["step_us"] < 400


def test_clocks_allocate_nothing(on_device: Any):
    (seen,) = on_device("clock_cases", "no_allocation")
    assert seen["measured"]
    # Four samples in 33.4 ms, in 1/32 ns.
    assert seen["period"] == pytest.approx(33.4e6 / 4 * 32, rel=1e-6)


def test_a_restart_keeps_the_period_and_a_reset_does_not(on_device: Any):
    (seen,) = on_device("clock_cases", "after_restart")
    assert seen["before"] == seen["kept"] == pytest.approx(8146 * 32000, rel=1e-6)
    assert seen["at"] == 77 + 8145
    assert seen["reset"] == pytest.approx(1e9 / 120 * 32, rel=1e-8)
    assert not seen["measured"]
