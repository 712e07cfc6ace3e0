"""Counts to units: scales, axes, calibration, missing samples."""

import struct

import numpy as np
import pytest

from hiphinge.link.units import Units
from hiphinge_wire.block import Block
from hiphinge_wire.calibration import METHOD_SIX_POSITIONS, Calibration
from hiphinge_wire.constants import MISSING, PROFILE_A, PROFILE_C
from hiphinge_wire.info import ImuInfo

G_PER_COUNT = 8 / 32768
DPS_PER_COUNT = 1000 / 32768


def info(axes: tuple[int, int, int] = (1, 2, 3)) -> ImuInfo:
    return ImuInfo(
        acc_scale_pg=round(G_PER_COUNT * 1e12), gyr_scale_ndps=round(DPS_PER_COUNT * 1e9), axes=axes, gyr_delay_us=4000
    )


def block(*numbers: int, profile: int = PROFILE_C) -> Block:
    size = 6 if profile == PROFILE_C else 4
    data = struct.pack(f"<{len(numbers)}h", *numbers)
    return Block(profile=profile, counts=(len(numbers) // size, 0), samples=(data, b""))


def test_scales_are_those_of_info():
    read = Units(info(), None).read(block(1000, -2000, 300, 4096, -8192, 12), 0)
    assert read.quat is None and read.gyr_radps is not None and read.acc_mps2 is not None
    expected = np.radians(np.array([1000, -2000, 300]) * DPS_PER_COUNT)
    np.testing.assert_allclose(read.gyr_radps[0], expected, rtol=1e-6)
    np.testing.assert_allclose(read.acc_mps2[0], np.array([1, -2, 12 / 4096]) * 9.80665, rtol=1e-9)


def test_axes_turn_chip_into_housing():
    # The chip's x points down in the housing, y to the right, z out of the back.
    read = Units(info((-2, 1, 3)), None).read(block(0, 0, 0, 4096, 8192, 100), 0)
    assert read.acc_mps2 is not None
    np.testing.assert_allclose(read.acc_mps2[0] / 9.80665, [2, -1, 100 / 4096], rtol=1e-9)


def test_the_stored_calibration_is_applied_before_the_axes():
    matrix = [1_100_000_000, 0, 0, 0, 1_000_000_000, 0, 50_000_000, 0, 900_000_000]
    calibration = Calibration(
        method=METHOD_SIX_POSITIONS,
        acc_offset_ug=(100_000, 0, -50_000),
        acc_matrix_nano=tuple(matrix),
        gyr_offset_udps=(0, 500_000, 0),
        gyr_matrix_nano=(10**9, 0, 0, 0, 10**9, 0, 0, 0, 10**9),
    )
    read = Units(info((-2, 1, 3)), calibration).read(block(0, 0, 0, 4096, 0, 0), 0)
    assert read.acc_mps2 is not None and read.gyr_radps is not None
    corrected = np.array(matrix).reshape(3, 3) * 1e-9 @ (np.array([1.0, 0, 0]) - [0.1, 0, -0.05])
    np.testing.assert_allclose(read.acc_mps2[0] / 9.80665, [corrected[1], -corrected[0], corrected[2]], atol=1e-9)
    np.testing.assert_allclose(np.degrees(read.gyr_radps[0]), [-0.5, 0, 0], atol=1e-9)


def test_three_axes_at_the_lower_rail_are_missing_and_one_is_clipped():
    rail = (MISSING,) * 3
    read = Units(info(), None).read(block(*rail, 1, 2, 3, MISSING, 0, 0, *rail), 0)
    assert read.gyr_radps is not None and read.acc_mps2 is not None
    np.testing.assert_array_equal(np.isnan(read.gyr_radps), [[True] * 3, [False] * 3])
    np.testing.assert_array_equal(np.isnan(read.acc_mps2), [[False] * 3, [True] * 3])
    assert np.degrees(read.gyr_radps[1, 0]) == pytest.approx(-1000, rel=1e-6)


def test_orientations_are_normalised_turned_and_unknown_where_zero():
    # Chip to Earth: none. Housing to Earth is then housing to chip.
    read = Units(info((-2, 1, 3)), None).read(block(32767, 0, 0, 0, 0, 0, 0, 0, profile=PROFILE_A), 0)
    assert read.acc_mps2 is None and read.quat is not None
    w, x, y, z = read.quat[0]
    assert np.linalg.norm(read.quat[0]) == pytest.approx(1)
    # The housing's right (1, 0, 0) is the chip's y; its up (0, 1, 0) the chip's -x.
    right = [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)]
    np.testing.assert_allclose(right, [0, 1, 0], atol=1e-9)
    assert np.isnan(read.quat[1]).all()
