"""The lever between the sensors from accelerations: known vector, bent pose, exchanged labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motions import drawn_tilt, posture, random_rotation, sagittal_motion

from hiphinge.kinematics.lever import Lever, estimate_lever, tilt_rad
from hiphinge.model import Floats

RATE_HZ = 25.0
LOWER_M = (-0.1, 0.1)  # from the hip joint: behind it and above
TILT_DEG = drawn_tilt(((3, 0), (1.2, 50), (0.2, 50), (1, 0), (2, 0)) * 3, RATE_HZ)
DURING = np.ones(len(TILT_DEG), bool)


def lever_of(
    vector_m: tuple[float, float], lean_deg: float = 0.0, seeds: tuple[int, int] = (1, 2), swapped: bool = False
) -> Lever:
    """The lever found when the pose taken for upright is a lean of `lean_deg` in truth."""
    mounts = [random_rotation(seed) for seed in seeds]
    ends = (LOWER_M, (LOWER_M[0] + vector_m[0], LOWER_M[1] + vector_m[1]))
    motions = [sagittal_motion(TILT_DEG, RATE_HZ, mount, end) for mount, end in zip(mounts, ends, strict=True)]
    # Frames of someone who believes that the lean is upright.
    frames: list[Floats] = [posture(lean_deg) @ mount for mount in mounts]
    if swapped:
        motions, frames = motions[::-1], frames[::-1]
    found = estimate_lever(motions[0], motions[1], (frames[0], frames[1]), DURING, RATE_HZ)
    assert found is not None
    return found


@given(
    forward_m=st.floats(-0.1, 0.1),
    up_m=st.floats(0.1, 0.5),
    seeds=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
)
def test_a_known_vector_is_found_whatever_the_mounting(forward_m: float, up_m: float, seeds: tuple[int, int]) -> None:
    found = lever_of((forward_m, up_m), seeds=seeds)
    assert (found.forward_m, found.up_m) == (pytest.approx(forward_m, abs=2e-3), pytest.approx(up_m, abs=2e-3))
    assert found.known and not found.swapped
    assert found.inclination_deg == pytest.approx(np.degrees(np.arctan2(forward_m, up_m)), abs=1.0)


@pytest.mark.parametrize("lean_deg", [-20.0, 0.0, 30.0, 50.0])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_bent_pose_shows_its_lean_and_exchanged_labels_show_upside_down(lean_deg: float, swapped: bool) -> None:
    found = lever_of((0.0, 0.3), lean_deg, swapped=swapped)
    assert found.swapped is swapped
    assert found.inclination_deg == pytest.approx(lean_deg, abs=1.0)
    assert np.hypot(found.forward_m, found.up_m) == pytest.approx(0.3, abs=3e-3)


def test_one_place_has_no_lever() -> None:
    found = lever_of((0.0, 0.0))
    assert np.hypot(found.forward_m, found.up_m) < 1e-6


@pytest.mark.parametrize("seconds", [0.0, 0.9])
def test_less_than_a_second_of_bending_tells_nothing(seconds: float) -> None:
    motion = sagittal_motion(TILT_DEG, RATE_HZ)
    during = np.zeros(len(TILT_DEG), bool)
    during[80 : 80 + round(seconds * RATE_HZ)] = True
    assert estimate_lever(motion, motion, (np.eye(3), np.eye(3)), during, RATE_HZ) is None


def test_tilt_is_forward_positive() -> None:
    np.testing.assert_allclose(np.degrees(tilt_rad(sagittal_motion(np.array([30.0, -10.0]), 1.0).up)), [30, -10])
