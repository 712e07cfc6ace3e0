"""Deg/s is recognised by the movement, and rad/s never taken for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_samples import GRAVITY_MPS2, bends_rad, tilting_imu

from hiphinge.files.gyro_units import gyro_scale
from hiphinge.model import Floats, ImuSamples

DEG = 180.0 / np.pi


def rotated(imu: ImuSamples, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Acceleration and rate as a sensor mounted any way round would give them."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    mount = q * np.sign(np.linalg.det(q))
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    return imu.acc_mps2 @ mount.T, imu.gyr_radps @ mount.T


@given(
    rate_hz=st.sampled_from([20.0, 50.0, 100.0, 200.0]),
    depth_deg=st.floats(25.0, 90.0),
    bend_s=st.floats(1.2, 6.0),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60)
def test_bends_tell_the_unit(rate_hz: float, depth_deg: float, bend_s: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(30.0 * rate_hz)) / rate_hz
    acc, gyr = rotated(tilting_imu(time_s, bends_rad(time_s, depth_deg, bend_s), rng), rng)
    in_rad, in_deg = gyro_scale(time_s, acc, gyr), gyro_scale(time_s, acc, DEG * gyr)
    assert not in_rad.is_too_large
    assert in_deg.is_too_large
    # Tens of per cent: windows, smoothing, noise; the units are a factor of 57 apart.
    assert 0.7 < in_rad.scale < 1.4
    assert in_deg.scale == pytest.approx(in_rad.scale / DEG)


@given(spin=st.floats(1.0, 12.0), bend_s=st.floats(0.9, 4.0), seed=st.integers(0, 10_000))
@settings(max_examples=40)
def test_fast_twists_in_rad_are_never_taken_for_deg(spin: float, bend_s: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    time_s = np.arange(3000) / 100.0
    turning = spin * np.sin(2.0 * np.pi * time_s / 0.8)
    acc, gyr = rotated(tilting_imu(time_s, bends_rad(time_s, 60.0, bend_s), rng, turning), rng)
    assert not gyro_scale(time_s, acc, gyr).is_too_large


@given(
    shake_mps2=st.floats(0.0, 30.0),
    shake_hz=st.floats(0.3, 5.0),
    bend_s=st.floats(0.9, 4.0),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60)
def test_shaken_rad_is_never_taken_for_deg(shake_mps2: float, shake_hz: float, bend_s: float, seed: int) -> None:
    """Steps, jumps, swings: acceleration that is not gravity, in any direction, up to 3 g."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(3000) / 100.0
    acc, gyr = rotated(tilting_imu(time_s, bends_rad(time_s, 60.0, bend_s), rng), rng)
    direction = rng.normal(size=3)
    shake = shake_mps2 * np.sin(2.0 * np.pi * shake_hz * time_s)[:, None] * direction / np.linalg.norm(direction)
    assert not gyro_scale(time_s, acc + shake, gyr).is_too_large


def test_missing_samples_do_not_hide_the_unit() -> None:
    rng = np.random.default_rng(4)
    time_s = np.arange(3000) / 100.0
    acc, gyr = rotated(tilting_imu(time_s, bends_rad(time_s, 45.0), rng), rng)
    gone = rng.random(len(time_s)) < 0.2
    acc[gone], gyr[gone] = np.nan, np.nan
    acc[500:900] = np.nan
    assert gyro_scale(time_s, acc, DEG * gyr).is_too_large
    assert not gyro_scale(time_s, acc, gyr).is_too_large


def test_a_late_bend_is_found() -> None:
    rng = np.random.default_rng(5)
    time_s = np.arange(100_000) / 100.0
    acc, gyr = rotated(tilting_imu(time_s, bends_rad(time_s, 45.0, first_s=950.0), rng), rng)
    assert gyro_scale(time_s, acc, DEG * gyr).is_too_large


@pytest.mark.parametrize("acc_mps2", [0.0, GRAVITY_MPS2, np.nan])
@pytest.mark.parametrize("count", [0, 1, 2, 30, 500])
def test_nothing_is_concluded_from_nothing(count: int, acc_mps2: float) -> None:
    time_s = np.arange(count) / 100.0
    acc = np.full((count, 3), acc_mps2)
    scale = gyro_scale(time_s, acc, np.full((count, 3), 50.0))
    assert scale.windows == 0 and not scale.is_too_large


def trunkyxl_sensor(path: Path) -> tuple[Floats, Floats, Floats]:
    """Time, acceleration in m/s² and rate in rad/s of one file: 50 Hz, g, deg/s."""
    rows = [line.split("\t")[:6] for line in path.read_text(errors="replace").splitlines() if line.count("\t") >= 8]
    table = np.array([[float(cell) for cell in row] for row in rows if not row[0].startswith("a")])
    return np.arange(len(table)) / 50.0, GRAVITY_MPS2 * table[:, :3], table[:, 3:] / DEG


def test_real_backs(data: Callable[[str], Path]) -> None:
    """Sensors below T10 bend by at least 39 deg in each trial; none of any sensor's rad/s looks like deg/s."""
    paths = sorted(data("trunkyxl").glob("*/*/R_Back/Sensor *.csv"))
    assert paths
    for path in paths:
        time_s, acc, gyr = trunkyxl_sensor(path)
        assert not gyro_scale(time_s, acc, gyr).is_too_large, path
        if path.name != "Sensor 3.csv":
            assert gyro_scale(time_s, acc, DEG * gyr).is_too_large, path
