"""Phases, tempo and extremes on curves whose truth is a formula."""

from dataclasses import replace

import numpy as np
import pytest
from drawn import SEEN_SHARE, angles_of, curve
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.model import Floats
from hiphinge.reps.measure import Measured, measure


def measured(trunk: Floats, rate_hz: float, lumbar: Floats | float = 0.0, stand_s: float = 1.0) -> Measured:
    """As the segmenter would ask: low in the standing before, deepest to the nearest 0.04 s, closed at the end."""
    deepest = round(int(np.argmax(trunk)) / (0.04 * rate_hz)) * round(0.04 * rate_hz)
    return measure(angles_of(trunk, rate_hz, lumbar), round(0.8 * stand_s * rate_hz), deepest, len(trunk) - 1, rate_hz)


@given(
    rate_hz=st.sampled_from([50.0, 100.0, 200.0]),
    down_s=st.floats(0.5, 5.0),
    pause_s=st.floats(0.3, 2.0),
    up_s=st.floats(0.5, 5.0),
    depth_deg=st.floats(25.0, 80.0),
)
def test_tempo_of_minimum_jerk(rate_hz: float, down_s: float, pause_s: float, up_s: float, depth_deg: float) -> None:
    trunk = curve([(1.0, 0), (down_s, depth_deg), (pause_s, depth_deg), (up_s, 0), (1.0, 0)], rate_hz)
    found = measured(trunk, rate_hz)
    # A sample at either end, and the 0.08 s over which speed is taken (it widens short phases).
    near = {"abs": 2 / rate_hz + 0.02}
    assert found.eccentric_s == pytest.approx(SEEN_SHARE * down_s, **near)
    assert found.concentric_s == pytest.approx(SEEN_SHARE * up_s, **near)
    assert found.start_s == pytest.approx(1 + (1 - SEEN_SHARE) / 2 * down_s, **near)
    assert found.end_s == pytest.approx(1 + down_s + pause_s + (1 + SEEN_SHARE) / 2 * up_s, **near)
    whole_s = found.eccentric_s + found.pause_bottom_s + found.concentric_s
    assert whole_s == pytest.approx(found.end_s - found.start_s)
    assert found.trunk.value == pytest.approx(depth_deg, abs=0.01)
    assert found.trunk.phase == "bottom"
    assert -1.7 < found.smoothness_sal < -1.35


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
def test_fast_swings_have_no_pause(rate_hz: float) -> None:
    time_s = np.arange(-1.0, 2.0, 1 / rate_hz)
    trunk = np.where(np.abs(time_s - 0.45) < 0.45, 35 * (1 - np.cos(2 * np.pi * time_s / 0.9)), 0.0)
    found = measured(trunk, rate_hz)
    assert found.bottom_s == pytest.approx(1.45, abs=1.5 / rate_hz)
    # The sine's speed is under 5 % for 3 % of a half on either end.
    assert found.pause_bottom_s <= 0.06
    assert found.eccentric_s == pytest.approx(0.43, abs=0.05)
    assert found.concentric_s == pytest.approx(0.43, abs=0.05)


def test_a_hesitation_belongs_to_its_phase() -> None:
    rate_hz = 100.0
    trunk = curve([(1, 0), (1, 23), (0.5, 23), (1, 47), (0.5, 47), (0.7, 22), (0.4, 22), (0.7, 0), (1, 0)], rate_hz)
    found = measured(trunk, rate_hz)
    assert found.eccentric_s == pytest.approx(2.5 - 0.06 - 0.06, abs=0.04)
    assert found.concentric_s == pytest.approx(1.8 - 0.04 - 0.04, abs=0.04)


STAND, DOWN, PAUSE, UP = (1.0, 0.0), (2.0, 47.0), (0.5, 47.0), (1.5, 0.0)
# Bottom of the drawn bend: 3.0..3.5 s, end of the way up 5.0 s.


@pytest.mark.parametrize(
    ("at_s", "phase"), [(2.0, "down"), (2.5, "down"), (3.2, "bottom"), (4.0, "up"), (4.6, "up"), (5.5, "top")]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_extremes_have_their_moment_and_phase(at_s: float, phase: str, sign: int) -> None:
    rate_hz = 100.0
    trunk = curve([STAND, DOWN, PAUSE, UP, (1.5, 0)], rate_hz)
    time_s = np.arange(len(trunk)) / rate_hz
    lumbar = sign * 14 * np.exp(-0.5 * ((time_s - at_s) / 0.15) ** 2)
    found = measured(trunk, rate_hz, lumbar)
    hit = found.flexion if sign > 0 else found.extension
    assert hit.value == pytest.approx(14, abs=0.01)
    assert hit.at_s == pytest.approx(at_s, abs=0.011)
    assert hit.phase == phase
    other = found.extension if sign > 0 else found.flexion
    assert other.value == pytest.approx(0, abs=0.01)


def test_what_came_before_the_onset_is_not_the_attempts() -> None:
    rate_hz = 100.0
    trunk = curve([STAND, DOWN, PAUSE, UP, STAND], rate_hz)
    lumbar = np.where(np.arange(len(trunk)) < 1.0 * rate_hz, 30.0, 2.0)
    found = measure(angles_of(trunk, rate_hz, lumbar), 20, 320, len(trunk) - 1, rate_hz)
    assert found.flexion.value == pytest.approx(2.0)


def test_values_at_the_bottom_and_the_widest_to_either_side() -> None:
    rate_hz = 100.0
    trunk = curve([STAND, DOWN, PAUSE, UP, STAND], rate_hz)
    lumbar = 0.2 * trunk
    side, turn = -0.2 * trunk, 0.1 * trunk
    angles = replace(angles_of(trunk, rate_hz, lumbar), lumbar_side_bend_deg=side, lumbar_rotation_deg=turn)
    found = measure(angles, 80, 320, len(trunk) - 1, rate_hz)
    assert found.hip_hinge.value == pytest.approx(0.8 * 47, abs=0.01)
    assert found.lumbar_share == pytest.approx(0.2)
    assert found.side_bend.value == pytest.approx(-9.4, abs=0.01)
    assert found.rotation.value == pytest.approx(4.7, abs=0.01)


@pytest.mark.parametrize("when", ["down", "up"])
def test_a_doubtful_stretch_makes_its_tempo_doubtful(when: str) -> None:
    trunk = curve([(1.0, 0.0), (1.0, 45.0), (0.5, 45.0), (1.0, 0.0), (1.0, 0.0)], 100.0)
    angles = angles_of(trunk, 100.0)
    rows = slice(120, 160) if when == "down" else slice(270, 300)
    sd = angles.trunk_sd_deg.copy()
    sd[rows] = 18.0  # a slip of that size
    sure, doubtful = (measure(one, 0, 200, len(trunk) - 1, 100.0) for one in (angles, replace(angles, trunk_sd_deg=sd)))
    assert (sure.eccentric_sd_s, sure.concentric_sd_s) == (0.0, 0.0)
    mine, other = doubtful.eccentric_sd_s, doubtful.concentric_sd_s
    if when == "up":
        mine, other = other, mine
    assert mine > 1.0 and other == 0.0


def test_unknown_side_bend_and_rotation_stay_unknown() -> None:
    rate_hz = 100.0
    trunk = curve([STAND, DOWN, PAUSE, UP, STAND], rate_hz)
    nan = np.full(len(trunk), np.nan)
    angles = replace(angles_of(trunk, rate_hz), lumbar_side_bend_deg=nan, lumbar_rotation_deg=nan)
    found = measure(angles, 80, 320, len(trunk) - 1, rate_hz)
    assert np.isnan(found.side_bend.value) and np.isnan(found.rotation.value)
    assert found.flexion.value == pytest.approx(0.0)


@given(st.integers(0, 200), st.floats(-30, 30))
def test_measures_do_not_depend_on_where_in_the_recording(before: int, zero_s: float) -> None:
    rate_hz = 100.0
    trunk = curve([STAND, DOWN, PAUSE, UP, STAND], rate_hz)
    alone = measured(trunk, rate_hz, 0.1 * trunk)
    padded = np.concatenate([np.zeros(before), trunk, np.full(50, 80.0)])
    angles = angles_of(padded, rate_hz, 0.1 * padded)
    angles = replace(angles, time_s=angles.time_s + zero_s)
    moved = measure(angles, 80 + before, 300 + before, len(trunk) - 1 + before, rate_hz)
    assert (moved.onset - before, moved.bottom - before, moved.end - before) == (alone.onset, alone.bottom, alone.end)
    assert moved.eccentric_s == pytest.approx(alone.eccentric_s)
    assert moved.flexion.value == alone.flexion.value
    assert moved.smoothness_sal == pytest.approx(alone.smoothness_sal)
