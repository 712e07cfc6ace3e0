"""Clinical angles: signs of DESIGN section 2, drawn exactly; and none of them knows the mounting or the heading."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motions import UPRIGHT, posture, quats, random_rotation, sagittal_motion
from scipy.spatial.transform import Rotation

from hiphinge.kinematics.angles import segment_angles, side_bend_and_rotation
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.rotation import up_in_sensor
from hiphinge.kinematics.track import Heading, circular_mean, found_heading, joined, published, track
from hiphinge.model import Calibration, Floats

LEARNT = Calibration(np.eye(3), np.eye(3), (0.0, 4.0), flexion_axis_quality=0.99, bends=4)
seeds = st.integers(0, 10_000)


def heading(angle_deg: float) -> Floats:
    return Rotation.from_euler("z", angle_deg, degrees=True).as_matrix()


def sensor(rotation: Floats, mounting: Floats) -> Floats:
    """Quaternion (1, 4) sensor to Earth of a segment turned from upright by `rotation`."""
    return quats(UPRIGHT @ rotation @ mounting)[None]


@pytest.mark.parametrize(
    ("rotation", "sagittal", "frontal"),
    [
        (posture(0), 0, 0),
        (posture(40), 40, 0),
        (posture(-15), -15, 0),
        (posture(0, side_deg=20), 0, 20),
        (posture(0, side_deg=-20), 0, -20),
        (posture(0, turn_deg=70), 0, 0),
        (posture(100), 100, 0),  # past horizontal
    ],
)
def test_tilts_of_a_segment(rotation: Floats, sagittal: float, frontal: float) -> None:
    mounting = random_rotation(5)
    found = segment_angles(up_in_sensor(sensor(rotation, mounting)), mounting)
    assert found.sagittal_deg[0] == pytest.approx(sagittal, abs=1e-9)
    assert found.frontal_deg[0] == pytest.approx(frontal, abs=1e-9)


def test_forward_tilt_moves_the_top_forward() -> None:
    # Guards the helper itself: leaning forward by 30 deg the long axis points half to the east, where x points.
    top = UPRIGHT @ posture(30.0) @ [0, 1, 0]
    assert top[0] == pytest.approx(0.5) and top[2] > 0.8
    right_shoulder = UPRIGHT @ posture(0.0, side_deg=30.0) @ [0, 0, 1]
    assert right_shoulder[2] == pytest.approx(-0.5)  # down: bent to the right
    right_shoulder = UPRIGHT @ posture(0.0, turn_deg=30.0) @ [0, 0, 1]
    assert right_shoulder[0] == pytest.approx(0.5)  # forward: turned to the left


@given(
    pelvis_deg=st.floats(-20, 80),
    flexion_deg=st.floats(-30, 60),
    side_deg=st.floats(-40, 40),
    turn_deg=st.floats(-50, 50),
    headings_deg=st.tuples(st.floats(-180, 180), st.floats(-180, 180)),
    mountings=st.tuples(seeds, seeds),
)
def test_side_bend_and_rotation_are_isb_whatever_the_mounting_and_the_heading(
    pelvis_deg: float,
    flexion_deg: float,
    side_deg: float,
    turn_deg: float,
    headings_deg: tuple[float, float],
    mountings: tuple[int, int],
) -> None:
    frames = (random_rotation(mountings[0]), random_rotation(mountings[1]))
    pelvis = posture(pelvis_deg, 3.0, -2.0)
    thorax = pelvis @ posture(flexion_deg, side_deg, turn_deg)
    lower = quats(heading(headings_deg[0]) @ UPRIGHT @ pelvis @ frames[0])[None]
    upper = quats(heading(headings_deg[1]) @ UPRIGHT @ thorax @ frames[1])[None]
    offset = np.radians([headings_deg[1] - headings_deg[0]])
    side, turn = side_bend_and_rotation(lower, upper, frames, offset)
    assert side[0] == pytest.approx(side_deg, abs=1e-6)
    assert turn[0] == pytest.approx(turn_deg, abs=1e-6)


@given(offset_deg=st.floats(-180, 180), mountings=st.tuples(seeds, seeds))
def test_heading_offset_is_found_in_standing_and_drops_out(offset_deg: float, mountings: tuple[int, int]) -> None:
    rate_hz = 50.0
    tilt = np.concatenate([np.zeros(100), np.linspace(0, 45, 50), np.linspace(45, 0, 50), np.zeros(100)])
    frames = Neutral(0.0, random_rotation(mountings[0]), random_rotation(mountings[1]))
    lower = sagittal_motion(0.9 * tilt, rate_hz, frames.sacral)
    upper = sagittal_motion(tilt, rate_hz, frames.thoracic)
    turned = quats(heading(offset_deg) @ Rotation.from_quat(np.roll(upper.quat, -1, axis=1)).as_matrix())
    upper = type(upper)(turned, upper.up, upper.rate_radps, upper.acc_mps2, upper.gap_s, upper.gap_sd_deg)
    offset = found_heading(lower, upper, frames, rate_hz)
    assert np.abs(np.exp(1j * offset.offset_rad) - np.exp(1j * np.radians(offset_deg))).max() < 1e-6
    time_s = np.arange(len(tilt)) / rate_hz
    found = track(lower, upper, time_s, frames, offset, LEARNT).angles
    np.testing.assert_allclose(found.trunk_deg, tilt, atol=1e-6)
    np.testing.assert_allclose(found.hip_hinge_deg, 0.9 * tilt, atol=1e-6)
    np.testing.assert_allclose(found.lumbar_flexion_deg, 0.1 * tilt, atol=1e-6)
    np.testing.assert_allclose(found.lumbar_side_bend_deg, 0, atol=1e-5)
    np.testing.assert_allclose(found.lumbar_rotation_deg, 0, atol=1e-5)


@pytest.mark.parametrize(("angles_deg", "mean_deg"), [([10, 20], 15), ([170, -170], 180), ([-90], -90)])
def test_circular_mean(angles_deg: list[float], mean_deg: float) -> None:
    found = np.degrees(circular_mean(np.radians(angles_deg)))
    assert np.cos(np.radians(found - mean_deg)) == pytest.approx(1.0)


def test_published_angles_are_empty_within_long_gaps_only() -> None:
    n, rate_hz = 100, 100.0
    motion = sagittal_motion(np.zeros(n), rate_hz)
    gap = np.zeros(n)
    gap[10:13], gap[40:60] = 0.04, 0.21
    gappy = type(motion)(motion.quat, motion.up, motion.rate_radps, motion.acc_mps2, gap, motion.gap_sd_deg)
    whole = track(
        gappy,
        motion,
        np.arange(n) / rate_hz,
        Neutral(0.0, np.eye(3), np.eye(3)),
        Heading(np.zeros(n), np.zeros(n)),
        LEARNT,
    )
    assert np.isfinite(whole.angles.trunk_deg).all()
    shown = published(whole)
    assert np.flatnonzero(np.isnan(shown.hip_hinge_deg)).tolist() == list(range(40, 60))
    assert np.isfinite(shown.time_s).all()


@given(st.integers(1, 99))
def test_a_track_in_two_pieces_joins_to_the_whole(at: int) -> None:
    tilt = np.linspace(0, 40, 100)
    lower, upper = sagittal_motion(0.5 * tilt, 100.0), sagittal_motion(tilt, 100.0)
    time_s, frames, zero = np.arange(100) / 100, Neutral(0.0, np.eye(3), np.eye(3)), np.zeros(100)

    def build(part: slice):
        return track(lower.rows(part), upper.rows(part), time_s[part], frames, Heading(zero[part], zero[part]), LEARNT)

    whole, pieces = build(slice(None)), joined([build(slice(0, at)), build(slice(at, None))])
    np.testing.assert_allclose(pieces.angles.trunk_deg, whole.angles.trunk_deg, atol=1e-12)
    np.testing.assert_allclose(pieces.angles.lumbar_rotation_deg, whole.angles.lumbar_rotation_deg, atol=1e-12)
    np.testing.assert_array_equal(pieces.sacral_force_mps2, whole.sacral_force_mps2)
