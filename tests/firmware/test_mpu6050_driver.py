"""The demo-grade driver: right while nothing fails, honest when something does."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("acc", "gyr", "scales", "codes"),
    [
        (2, 250, [61035156, 7633588], (0x00, 0x00)),
        (4, 500, [122070312, 15267176], (0x08, 0x08)),
        (8, 1000, [244140625, 30487805], (0x10, 0x10)),
        (16, 2000, [488281250, 60975610], (0x18, 0x18)),
    ],
)
def test_mpu_register_image_and_scales(on_device: Any, acc, gyr, scales, codes):
    (seen,) = on_device("mpu6050_cases", "image", acc=acc, gyr=gyr)
    image = {"19": 9, "1A": 3, "1B": codes[1], "1C": codes[0], "23": 0x78, "6A": 0x40, "6B": 0x01, "75": 0x68}
    assert seen["registers"] == {key: value for key, value in image.items() if value}
    assert seen["scales"] == seen["chip_scales"] == scales
    assert abs(seen["temperature"] - 3000) <= 1


def test_mpu_delivers_every_sample(on_device: Any):
    (seen,) = on_device("mpu6050_cases", "stream", seconds=30, rate_error=0.02)
    assert seen["made"] - seen["seen"] <= 1
    assert seen["off"] == seen["damaged"] == seen["doubled"] == seen["dropped"] == seen["flagged"] == 0


def test_mpu_estimates_what_a_stall_cost_and_says_so(on_device: Any):
    (seen,) = on_device("mpu6050_cases", "stream", seconds=20, stall=1500)
    assert seen["overflows"] == 1
    assert seen["resyncs"] == 1
    assert seen["flagged"] == 0x04 | 0x10
    assert seen["off"] <= 1
    assert seen["damaged"] == seen["doubled"] == 0


def test_mpu_faults_are_counted_flagged_and_never_misframe(on_device: Any):
    (seen,) = on_device("mpu6050_cases", "stream", seconds=30, faults={"abort": 20000, "nack": 10000})
    assert seen["bus_errors"] > 50
    assert seen["damaged"] == seen["doubled"] == 0
    assert seen["flagged"] & 0x18 == 0x18
    # Each estimate is good to one sample.
    assert seen["off"] <= seen["resyncs"]


def test_mpu_that_does_not_start_says_why(on_device: Any):
    assert {case["case"]: case["error"] for case in on_device("mpu6050_cases", "refusals")} == {
        "other": ["WHO_AM_I", 0x68, 0x70],
        "absent": ["bus", None, 19],
        "stuck": ["DEVICE_RESET", 0, 1],
    }


def test_mpu_sampling_allocates_nothing(on_device: Any):
    assert on_device("mpu6050_cases", "no_allocation") == [{"n": 3}]


@pytest.mark.parametrize(("response", "passes"), [(1.0, True), (1.1, True), (1.3, False), (0.5, False)])
def test_mpu_self_test_compares_with_the_factory(on_device: Any, response, passes):
    (seen,) = on_device("selftest_cases", "mpu6050", response=response)
    assert [step[0] for step in seen["steps"]] == [3, 3, 3, 4, 4, 4]
    assert all((low <= value <= high) is passes for _, low, high, value in seen["steps"])
    assert seen["restored"]
    assert seen["demo"]
    assert abs(seen["gravity"] - 1000) <= 1
