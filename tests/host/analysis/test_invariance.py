"""What must not matter: how a sensor is turned in its pod, which way the wearer faces, where time begins."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from sessions import HOW, STRICT, between, blanked, good, quaternions_only, rotated, simulated, without

from hiphinge.analysis import analyse
from hiphinge.model import Angles, Floats, ImuSamples, Recording
from hiphinge.simulate import PERFECT, Scenario

PERFECT_SESSION = Scenario(seed=51, sets=(good(3, 51),), sensors=PERFECT, quaternions=True)
seeds = st.integers(0, 2**31 - 1)


def angles_of(recording: Recording) -> Floats:
    """All angles, one row each; uncertainties left out."""
    found = analyse(recording, STRICT).angles
    return np.array([getattr(found, f.name) for f in fields(Angles) if f.name.endswith("_deg") and "_sd" not in f.name])


def raw(recording: Recording) -> Recording:
    """Without the device's quaternions."""

    def strip(imu: ImuSamples) -> ImuSamples:
        return ImuSamples(imu.acc_mps2, imu.gyr_radps)

    return replace(recording, sacral=strip(recording.sacral), thoracic=strip(recording.thoracic))


def turned(seed: int) -> Floats:
    return Rotation.random(random_state=np.random.RandomState(seed)).as_matrix()


@settings(max_examples=10)
@given(seeds, seeds)
def test_any_rotation_of_either_sensor_leaves_all_angles(sacral_seed: int, thoracic_seed: int) -> None:
    recording = raw(simulated(PERFECT_SESSION).recording)
    remounted = replace(
        recording,
        sacral=rotated(recording.sacral, turned(sacral_seed)),
        thoracic=rotated(recording.thoracic, turned(thoracic_seed)),
    )
    # VQF begins at no rotation and takes the first samples' way to the vertical for gyroscope bias, a little, and the
    # sensors' errors are learnt in some steps which end a little short of the solution: 0.02 deg together.
    np.testing.assert_allclose(angles_of(remounted), angles_of(recording), atol=0.05)


@settings(max_examples=15)
@given(st.floats(-180, 180), st.floats(-180, 180))
def test_heading_of_either_filter_leaves_all_angles(sacral_deg: float, thoracic_deg: float) -> None:
    recording = quaternions_only(simulated(PERFECT_SESSION).recording)

    def facing(imu: ImuSamples, heading_deg: float) -> ImuSamples:
        assert imu.quat is not None
        spun = Rotation.from_euler("z", heading_deg, degrees=True) * Rotation.from_quat(np.roll(imu.quat, -1, axis=1))
        return ImuSamples(None, None, np.roll(spun.as_quat(), 1, axis=1))

    spun = replace(
        recording, sacral=facing(recording.sacral, sacral_deg), thoracic=facing(recording.thoracic, thoracic_deg)
    )
    np.testing.assert_allclose(angles_of(spun), angles_of(recording), atol=1e-4)


@pytest.mark.parametrize("how", HOW)
def test_time_may_begin_anywhere(how: str) -> None:
    recording = raw(simulated(PERFECT_SESSION).recording)
    later = replace(recording, time_s=recording.time_s + 1234.5)
    one, other = HOW[how](recording, STRICT), HOW[how](later, STRICT)
    for a, b in zip(one.attempts, other.attempts, strict=True):
        assert b.start_s - a.start_s == pytest.approx(1234.5)
        assert b.hip_hinge_deg == pytest.approx(a.hip_hinge_deg, abs=1e-3)
        assert b.verdict == a.verdict


def test_perfect_sensors_see_the_truth() -> None:
    session = simulated(PERFECT_SESSION)
    found = analyse(raw(session.recording), STRICT).angles
    for name in ("hip_hinge_deg", "trunk_deg", "lumbar_flexion_deg"):
        error = getattr(found, name) - getattr(session.truth, name)
        # Soft tissue of half a degree moves the curve; where zero lies is a matter of which standing, within its sway.
        assert np.std(error) < 0.5, name
        assert abs(np.mean(error)) < 1.0, name


def test_angles_lie_at_the_recordings_own_instants() -> None:
    recording = raw(simulated(replace(PERFECT_SESSION, drop_fraction=0.05)).recording)
    found = analyse(recording, STRICT)
    np.testing.assert_array_equal(found.angles.time_s, recording.time_s)
    assert len(found.angles.trunk_deg) == len(recording.time_s)
    assert found.rate_hz == pytest.approx(100.0, rel=1e-6)
    span = round((recording.time_s[-1] - recording.time_s[0]) * 100) + 1
    assert found.missing_samples == span - len(recording.time_s)


@pytest.mark.parametrize("how", HOW)
def test_nothing_is_invented_in_a_gap_and_uncertainty_grows_across_it(how: str) -> None:
    session = simulated(PERFECT_SESSION)
    recording = raw(session.recording)
    second = session.truth.repetitions[1]
    at_s = second.start_s + 0.5
    hole = between(recording, at_s, at_s + 0.3)
    holed = HOW[how](replace(recording, sacral=blanked(recording.sacral, hole)), STRICT)
    assert np.isnan(holed.angles.hip_hinge_deg[hole]).all()
    entire = HOW[how](recording, STRICT)
    after = int(np.flatnonzero(hole)[-1]) + 2
    assert holed.angles.hip_hinge_sd_deg[after] > 1.5 * entire.angles.hip_hinge_sd_deg[after]
    # 40 ms are bridged.
    short = between(recording, at_s, at_s + 0.03)
    bridged = HOW[how](replace(recording, sacral=blanked(recording.sacral, short)), STRICT)
    assert np.isfinite(bridged.angles.hip_hinge_deg[short]).all()


def test_rows_lost_and_cells_emptied_are_the_same_thing() -> None:
    recording = raw(simulated(PERFECT_SESSION).recording)
    hole = between(recording, 6.0, 6.2)
    dropped = analyse(without(recording, hole), STRICT)
    emptied = analyse(
        replace(recording, sacral=blanked(recording.sacral, hole), thoracic=blanked(recording.thoracic, hole)),
        STRICT,
    )
    assert repr(dropped.attempts) == repr(emptied.attempts)
    np.testing.assert_allclose(dropped.angles.trunk_deg, emptied.angles.trunk_deg[~hole], atol=1e-9)
