"""Stillness: runs of it, poses among them, means that do not care where they begin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motions import drawn_tilt, random_rotation, sagittal_motion

from hiphinge.kinematics.decimate import COARSE_HZ, block_means, coarse_stride, thin
from hiphinge.kinematics.neutral import Neutral, another_stance, own_neutral, shift_deg, spans
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import (
    QuietRun,
    angle_deg,
    defining_standing,
    mean_up,
    moving_mean,
    pose_distance_deg,
    poses,
    quiet_runs,
)
from hiphinge.model import Floats

RATE_HZ = 25.0
BENDS = ((3, 0), (2, 45), (1, 45), (2, 0), (2, 0), (1, 45), (0.2, 45), (1, 0), (3, 0))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), st.integers(1, 12))
def test_moving_mean_is_the_mean_around(values: list[float], width: int) -> None:
    found = moving_mean(np.array(values), width)
    for at in range(len(values)):
        around = values[max(0, at - (width - 1) // 2) : at + width // 2 + 1]
        assert found[at] == pytest.approx(np.mean(around), abs=1e-8)


@given(seeds := st.integers(0, 10_000), seeds)
def test_quiet_runs_and_poses_of_a_drawn_session(mounting_a: int, mounting_b: int) -> None:
    tilt = drawn_tilt(BENDS, RATE_HZ)
    lower = sagittal_motion(0.8 * tilt, RATE_HZ, random_rotation(mounting_a))
    upper = sagittal_motion(tilt, RATE_HZ, random_rotation(mounting_b))
    found = quiet_runs(lower, upper, RATE_HZ)
    # Standing, the long bottom, standing, standing; the bottom of 0.2 s is a turning point.
    assert len(found) == 4
    for run, (start_s, stop_s) in zip(found, [(0, 3), (5, 6), (8, 10), (12.2, 15.2)], strict=True):
        # Minimum jerk is slow at its ends: under 6 deg/s for up to a sixth of a 2 s move.
        assert start_s - 0.4 <= run.start / RATE_HZ <= start_s + 0.2
        assert stop_s - 0.2 <= run.stop / RATE_HZ <= stop_s + 0.4
    groups = poses(found, 25.0)
    assert [len(group.runs) for group in groups] == [3, 1]
    assert groups[0].longest in (found[0], found[3])
    assert groups[0].samples == sum(found[i].stop - found[i].start for i in (0, 2, 3))
    assert pose_distance_deg(found[0], found[1]) == pytest.approx(45, abs=1)


def test_blind_stretches_are_not_still() -> None:
    motion = sagittal_motion(np.zeros(100), RATE_HZ)
    gap = motion.gap_s.copy()
    gap[:60] = np.inf
    blind = replace(motion, gap_s=gap, up=np.where(gap[:, None] > 0, np.nan, motion.up))
    (run,) = quiet_runs(blind, motion, RATE_HZ)
    assert run.start >= 60
    assert np.isfinite(run.sacral_up).all()


def test_creeping_into_another_pose_is_two_standings() -> None:
    tilt = np.concatenate([np.zeros(100), np.linspace(0, 10, 100), np.full(100, 10.0)])  # 2.5 deg/s: still
    motion = sagittal_motion(tilt, RATE_HZ)
    found = quiet_runs(motion, motion, RATE_HZ)
    assert len(found) >= 3
    assert angle_deg(found[0].sacral_up, found[-1].sacral_up) > 7


def run_at(tilt_deg: float, length: int = 50, start: int = 0) -> QuietRun:
    up = np.array([-np.sin(np.radians(tilt_deg)), np.cos(np.radians(tilt_deg)), 0.0])
    return QuietRun(start, start + length, up, up)


@pytest.mark.parametrize(("tilts", "sizes"), [([0, 3, -3], [3]), ([0, 45, 1], [2, 1]), ([0, 9, 18], [1, 1, 1])])
def test_poses_group_by_angle(tilts: list[float], sizes: list[int]) -> None:
    groups = poses([run_at(tilt, 50 - i, 100 * i) for i, tilt in enumerate(tilts)], 25.0)
    assert [len(group.runs) for group in groups] == sizes


def test_mean_of_runs_is_weighted_by_their_length() -> None:
    sacral, _ = mean_up([run_at(0, 300), run_at(4, 100)])
    assert angle_deg(sacral, run_at(1).sacral_up) < 0.01


@pytest.mark.parametrize(("angle", "expected"), [(0.0, 0.0), (1e-3, 1e-3), (90, 90), (180, 180)])
def test_angles_between_vectors_are_exact_at_both_ends(angle: float, expected: float) -> None:
    assert angle_deg(run_at(0).sacral_up, run_at(angle).sacral_up) == pytest.approx(expected, abs=0.01)


# --- neutrals -------------------------------------------------------------------------------------------------------

BASE = Neutral(0.0, np.eye(3), np.eye(3))


def shifted(tilt_deg: float, from_s: float = 0.0) -> Neutral:
    own = own_neutral(BASE, [run_at(tilt_deg)], from_s)
    assert own is not None
    return own


@pytest.mark.parametrize("tilt", [-12.0, -1.0, 0.0, 5.0, 14.0])
def test_own_neutral_stands_upright_in_its_own_pose(tilt: float) -> None:
    own = shifted(tilt, 7.0)
    assert own.from_s == 7.0
    assert shift_deg(BASE, own) == pytest.approx(abs(tilt), abs=1e-6)
    np.testing.assert_allclose(own.sacral @ run_at(tilt).sacral_up, [0, 1, 0], atol=1e-9)
    np.testing.assert_allclose(own.sacral @ own.sacral.T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(own.sacral[2], BASE.sacral[2], atol=1e-9)  # the flexion axis stays


def test_a_bent_pose_is_no_neutral() -> None:
    assert own_neutral(BASE, [run_at(30)], 0.0) is None
    assert own_neutral(BASE, [], 0.0) is None


def test_pauses_arched_or_bent_do_not_move_zero() -> None:
    own = own_neutral(BASE, [run_at(2), run_at(2), run_at(-8, 500)], 0.0)
    assert own is not None and shift_deg(BASE, own) == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(
    ("tilt", "seconds", "expected"), [(1, 4, False), (-2, 4, False), (2.2, 4, True), (2.2, 2, False)]
)
def test_another_stance_is_beyond_what_sway_does_to_a_mean(tilt: float, seconds: float, expected: bool) -> None:
    own = own_neutral(BASE, [run_at(tilt, round(seconds * COARSE_HZ))], 0.0)
    assert own is not None
    assert another_stance(BASE, own) is expected


def test_coming_to_a_halt_and_leaving_are_left_out_of_a_standing() -> None:
    seconds = 6.0
    still = sagittal_motion(np.zeros(round(seconds * RATE_HZ)), RATE_HZ, np.eye(3))
    moving = sagittal_motion(np.linspace(0, 60, round(2 * RATE_HZ)), RATE_HZ, np.eye(3))

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(part, name) for part in (moving, still, moving)])

    first = len(moving.gap_s)
    force = 9.81 * joined("up")
    force[first : first + round(RATE_HZ)] += [0.3, 0.0, 0.0]  # a walk of 0.3 m/s ends
    motion = SensorMotion(
        joined("quat"), joined("up"), joined("rate_radps"), force, joined("gap_s"), joined("gap_sd_deg")
    )
    (run,) = [one for one in quiet_runs(motion, motion, RATE_HZ) if one.stop - one.start > 3 * RATE_HZ]
    assert angle_deg(run.sacral_up, motion.up[first + round(3 * RATE_HZ)]) < 0.1  # all of it together: 0.29


# Rows of standing before the first bend at row 300, and which of them define zero; at 25 Hz 50 rows are enough.
STANDINGS = {
    "the last one": ([(0, 100, 5.0), (150, 250, 0.0), (400, 900, 0.0)], [1]),
    "the last one alone, if it is enough": ([(0, 100, 1.0), (150, 250, 0.0), (400, 900, 0.0)], [1]),
    "earlier ones of its stance, if it is not": ([(0, 100, 1.0), (110, 120, 0.0), (250, 290, 0.0)], [2, 0]),
    "none of another stance": ([(0, 100, 5.0), (250, 290, 0.0)], [0, 1]),
    "a short one by all": ([(250, 290, 0.0), (400, 430, 1.0)], [0, 1]),
    "none by all": ([(320, 420, 0.0), (500, 520, 1.0)], [0, 1]),
    "one that reaches into the bend": ([(200, 305, 0.0), (400, 900, 1.0)], [0]),
}


@pytest.mark.parametrize(("runs", "expected"), STANDINGS.values(), ids=STANDINGS)
def test_zero_is_the_standing_before_the_first_bend(runs: list[tuple[int, int, float]], expected: list[int]) -> None:
    found = [replace(run_at(tilt), start=start, stop=stop) for start, stop, tilt in runs]
    assert defining_standing(found, 300, 25.0) == [found[at] for at in expected]


def test_spans_cover_the_time_axis_once() -> None:
    time_s = np.arange(100) / 10
    neutrals = [shifted(0, 2.0), shifted(3, 4.0), shifted(6, 8.05)]
    parts = [part for part, _ in spans(neutrals, time_s)]
    assert parts == [slice(0, 40), slice(40, 81), slice(81, 100)]


# --- thinning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate_hz", "stride"), [(25, 1), (50, 2), (60, 2), (100, 4), (119.7, 5), (200, 8), (10, 1)])
def test_stride_gives_about_25_hz(rate_hz: float, stride: int) -> None:
    assert coarse_stride(rate_hz) == stride


@given(st.integers(1, 9), st.integers(0, 60))
def test_block_means_are_means_of_full_blocks(stride: int, size: int) -> None:
    values: Floats = np.arange(2.0 * size).reshape(size, 2)
    found = block_means(values, stride)
    expected = [values[at : at + stride].mean(axis=0) for at in range(0, size - stride + 1, stride)]
    assert len(found) == size // stride
    np.testing.assert_allclose(found, np.array(expected).reshape(-1, 2))


def test_thinned_motion_keeps_the_angle() -> None:
    tilt = drawn_tilt(BENDS, 100.0)
    coarse = thin(sagittal_motion(tilt, 100.0), 4)
    seen = np.degrees(np.arctan2(-coarse.up[:, 0], coarse.up[:, 1]))
    # A block's mean is the motion at its middle: 84 deg/s times the 5 ms to the row before bounds the rest.
    np.testing.assert_allclose(seen, block_means(tilt, 4), atol=0.05)
    np.testing.assert_allclose(np.linalg.norm(coarse.up, axis=1), 1.0)
    assert len(coarse.quat) == len(coarse.up) == len(tilt) // 4
