"""Gyroscope, accelerometer, orientation and clinical truth are one motion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hiphinge.simulate import PERFECT, Scenario, Simulation, good_set, simulate, swings
from hiphinge.simulate.body import Pose, turn
from hiphinge.simulate.shapes import Blend, hermite

G_MPS2 = np.array([0.0, 0.0, 9.80665])
RATE_HZ = 200.0
SENSORS = ("sacral", "thoracic")


@pytest.fixture(scope="module")
def busy() -> Simulation:
    """Everything a wearer can do, with a wobbling skin and any mounting."""
    rng = np.random.default_rng(0)
    return simulate(
        Scenario(
            seed=3,
            rate_hz=RATE_HZ,
            sets=(good_set(3, rng), swings(5, rng)),
            walking_s=15,
            bent_start=(35.0, 2.0),
            distractors=("jumps", "side_bends", "twists", "pick_up", "sit_to_stand", "walk"),
            sensors=PERFECT,
            soft_tissue_deg=2.0,
            mounting="random",
        )
    )


def rotations(quat: NDArray[np.float64]) -> Rotation:
    return Rotation.from_quat(np.roll(quat, -1, axis=1))


@pytest.mark.parametrize("name", SENSORS)
def test_the_gyroscope_integrates_into_the_orientation(busy: Simulation, name: str) -> None:
    gyr = getattr(busy.recording, name).gyr_radps
    true = rotations(getattr(busy.truth, name).imu.quat)
    steps = Rotation.from_rotvec((gyr[1:] + gyr[:-1]) / 2 / RATE_HZ)
    now, worst_deg = true[0], 0.0
    for k, step in enumerate(steps):
        now = now * step
        if k % 100 == 99:
            worst_deg = max(worst_deg, float(np.degrees((now.inv() * true[k + 1]).magnitude())))
    assert busy.recording.time_s[-1] > 120
    # A tenth of what the best estimator may be wrong by.
    assert worst_deg < 0.05


@pytest.mark.parametrize("name", SENSORS)
def test_the_accelerometer_integrates_twice_into_the_position(busy: Simulation, name: str) -> None:
    sensor = getattr(busy.truth, name)
    acc = rotations(sensor.imu.quat).apply(getattr(busy.recording, name).acc_mps2) - G_MPS2
    position = sensor.position_m
    ten_s = int(10 * RATE_HZ)
    for begin in range(2, len(acc) - ten_s, ten_s):
        part = slice(begin, begin + ten_s)
        # Fourth-order start speed: an error of 1 mm/s would already be a centimetre after ten seconds.
        p = position[begin - 2 : begin + 3]
        start = (p[0] - 8 * p[1] + 8 * p[3] - p[4]) * RATE_HZ / 12
        speed = start + cumulative(acc[part])
        assert np.abs(position[begin] + cumulative(speed) - position[part]).max() < 0.01


def cumulative(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([np.zeros(3), np.cumsum((rate[1:] + rate[:-1]) / 2 / RATE_HZ, axis=0)])


@pytest.mark.parametrize("name", SENSORS)
def test_the_accelerometer_feels_motion_and_gravity(name: str) -> None:
    session = simulate(Scenario(seed=8, rate_hz=1000, walking_s=6, distractors_after=("jumps",), sensors=PERFECT))
    sensor = getattr(session.truth, name)
    position = sensor.position_m
    # Fourth-order differences: those of second order err by 0.04 m/s² in the blow of a landing, even at 1 kHz.
    stencil = ((0, -1), (1, 16), (2, -30), (3, 16), (4, -1))
    acceleration = sum(w * position[k : len(position) - 4 + k] for k, w in stencil) * 1000.0**2 / 12
    expected = rotations(sensor.imu.quat[2:-2]).inv().apply(acceleration + G_MPS2)
    # A milli-g: a tenth of the best preset's bias.
    assert np.abs(getattr(session.recording, name).acc_mps2[2:-2] - expected).max() < 0.01


def test_truth_is_the_tilt_of_the_segments_by_design() -> None:
    rng = np.random.default_rng(1)
    session = simulate(
        Scenario(seed=5, sets=(good_set(3, rng),), sensors=PERFECT, soft_tissue_deg=0, mounting="random")
    )
    tilts: list[NDArray[np.float64]] = []
    quiet = slice(*np.searchsorted(session.truth.time_s, session.truth.neutral_s[0]))
    for sensor in (session.truth.sacral, session.truth.thoracic):
        assert sensor.imu.quat is not None
        to_sensor = rotations(sensor.imu.quat).inv().apply([0.0, 0.0, 1.0])
        vertical = to_sensor @ sensor.mounting.T
        # The vertical goes backward in a segment that goes forward.
        tilt = np.degrees(np.arctan2(-vertical[:, 0], vertical[:, 1]))
        tilts.append(tilt - tilt[quiet].mean())
    np.testing.assert_allclose(session.truth.hip_hinge_deg, tilts[0], atol=1e-6)
    np.testing.assert_allclose(session.truth.trunk_deg, tilts[1], atol=1e-6)
    np.testing.assert_allclose(session.truth.lumbar_flexion_deg, tilts[1] - tilts[0], atol=1e-6)


def test_the_same_motion_at_any_rate() -> None:
    sessions = [simulate(Scenario(seed=2, rate_hz=rate, walking_s=4, sensors=PERFECT)) for rate in (50.0, 200.0)]
    slow, fast = (session.recording for session in sessions)
    assert slow.sacral.acc_mps2 is not None and fast.sacral.acc_mps2 is not None
    common = fast.sacral.acc_mps2[::4][: len(slow.time_s)]
    np.testing.assert_allclose(slow.sacral.acc_mps2, common, atol=1e-8)


@given(
    axis=st.integers(0, 2),
    first=st.tuples(*[st.floats(-2, 2)] * 3),
    second=st.tuples(*[st.floats(-2, 2)] * 3),
    other=st.integers(0, 2),
)
def test_turning_about_own_axes_carries_the_rates(
    axis: int, other: int, first: tuple[float, float, float], second: tuple[float, float, float]
) -> None:
    step_s = 1e-4
    t = step_s * np.arange(-2, 3)
    pose = Pose(np.broadcast_to(np.eye(3), (5, 3, 3)), np.zeros((5, 3)), np.zeros((5, 3)))
    for about, (angle, rate, change) in ((axis, first), (other, second)):
        pose = turn(pose, about, angle + rate * t + change * t**2 / 2, rate + change * t, np.full_like(t, change))
    turned = (Rotation.from_matrix(pose.rotation[1]).inv() * Rotation.from_matrix(pose.rotation[3])).as_rotvec()
    np.testing.assert_allclose(turned / (2 * step_s), pose.rate[2], atol=1e-5)
    np.testing.assert_allclose((pose.rate[3] - pose.rate[1]) / (2 * step_s), pose.rate_change[2], atol=1e-5)


@given(st.floats(-0.3, 0.3), st.floats(-0.15, 0.4), st.floats(-0.2, 0.2), st.floats(0, 1))
@settings(max_examples=50)
def test_blends_go_one_way_and_start_and_stop_gently(
    skew: float, hesitation: float, ripple: float, peaked: float
) -> None:
    u = np.linspace(-0.1, 1.1, 2401)
    value = Blend(skew, hesitation, ripple, peaked)(u)
    step = u[1] - u[0]
    assert np.all(np.diff(value) >= -1e-12)
    assert (value[0], value[-1]) == (0.0, pytest.approx(1.0))
    # No jump in acceleration anywhere: neighbouring second differences differ by a jerk, times a small step.
    acceleration = np.diff(value, 2) / step**2
    assert np.abs(np.diff(acceleration)).max() < 1000 * step


def test_hermite_passes_through_its_knots() -> None:
    knots = ((0.0, 0.0, 0.0, 0.0), (0.5, -0.3, 0.0, 10.0), (0.8, 0.1, 2.0, -9.8), (1.2, 0.1, -2.0, -9.8))
    t = np.linspace(0, 1.2, 120_001)
    value = hermite(t, knots)
    speed, acceleration = np.gradient(value, t), np.gradient(np.gradient(value, t), t)
    for at, p, v, a in knots[1:3]:
        i = int(np.searchsorted(t, at))
        assert (value[i], speed[i], acceleration[i]) == (
            pytest.approx(p, abs=1e-4),
            pytest.approx(v, abs=1e-3),
            pytest.approx(a, abs=0.1),
        )
