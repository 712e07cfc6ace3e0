"""The rotation algebra against SciPy's and against motion known exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hiphinge.kinematics.angles import wrapped
from hiphinge.kinematics.rotation import (
    conjugate,
    from_matrix,
    matrix,
    multiply,
    rotation_rates,
    unit,
    up_in_sensor,
)
from hiphinge.model import Floats

seeds = st.integers(0, 2**32 - 1)


def random_quats(seed: int, n: int = 8) -> Floats:
    return unit(np.random.default_rng(seed).normal(size=(n, 4)))


def scipy_of(quat: Floats) -> Rotation:
    return Rotation.from_quat(np.roll(quat, -1, axis=-1))


@given(seeds)
def test_products_matrices_and_inverses_agree_with_scipy(seed: int) -> None:
    a, b = random_quats(seed), random_quats(seed + 1)
    np.testing.assert_allclose(matrix(a), scipy_of(a).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(matrix(multiply(a, b)), matrix(a) @ matrix(b), atol=1e-12)
    np.testing.assert_allclose(multiply(a, conjugate(a)), np.tile([1.0, 0, 0, 0], (8, 1)), atol=1e-12)
    np.testing.assert_allclose(up_in_sensor(a), matrix(a)[:, 2], atol=1e-12)
    np.testing.assert_allclose(up_in_sensor(a), scipy_of(a).inv().apply([0, 0, 1]), atol=1e-12)


@given(seeds)
def test_matrix_and_back(seed: int) -> None:
    for quat in random_quats(seed):
        back = from_matrix(matrix(quat))
        assert min(np.abs(back - quat).max(), np.abs(back + quat).max()) < 1e-9


@pytest.mark.parametrize("axis", np.vstack([np.eye(3), -np.eye(3), np.ones(3)]))
@pytest.mark.parametrize("angle_deg", [0.0, 90.0, 179.999, 180.0])
def test_matrix_and_back_at_the_half_turn(axis: Floats, angle_deg: float) -> None:
    rotation = Rotation.from_rotvec(np.radians(angle_deg) * axis / np.linalg.norm(axis)).as_matrix()
    np.testing.assert_allclose(matrix(from_matrix(rotation)), rotation, atol=1e-9)


@given(seed=seeds, speed=st.floats(0.0, 20.0), rate_hz=st.sampled_from([50.0, 100.0, 200.0]))
def test_rates_of_a_constant_rotation(seed: int, speed: float, rate_hz: float) -> None:
    rng = np.random.default_rng(seed)
    rate = speed * unit(rng.normal(size=3))
    time_s = np.arange(20) / rate_hz
    start = scipy_of(random_quats(seed, 1)[0])
    turned = start * Rotation.from_rotvec(time_s[:, None] * rate)  # in the sensor's frame
    quat = np.roll(turned.as_quat(), 1, axis=1) * rng.choice([-1.0, 1.0], (20, 1))
    np.testing.assert_allclose(rotation_rates(quat, rate_hz), np.tile(rate, (20, 1)), atol=1e-6)
    np.testing.assert_allclose(rotation_rates(quat, rate_hz, centred=False), np.tile(rate, (19, 1)), atol=1e-6)


def test_unit_leaves_zero_alone() -> None:
    np.testing.assert_array_equal(unit(np.array([[0.0, 0, 0], [0, 3, 4]])), [[0, 0, 0], [0, 0.6, 0.8]])


@given(st.floats(-50, 50))
def test_wrapped_angles_point_the_same_way(angle_rad: float) -> None:
    short = float(wrapped(np.array(angle_rad)))
    assert -np.pi <= short <= np.pi
    assert np.cos(short - angle_rad) == pytest.approx(1.0)
