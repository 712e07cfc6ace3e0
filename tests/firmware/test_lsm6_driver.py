"""The LSM6 driver against a register-level chip, on the real interpreter."""

from typing import Any

import pytest

# The registers `start()` leaves behind, by the data sheets' tables: what is not listed keeps its reset value 0.
DSV_120 = {"09": 0x66, "0A": 0x56, "10": 0x06, "11": 0x06, "12": 0x44, "15": 0x03, "17": 0x02, "50": 0x40}
DSV_240_COARSE = {**DSV_120, "09": 0x77, "10": 0x07, "11": 0x07, "15": 0x04, "17": 0x03}
DSO_104 = {"09": 0x44, "0A": 0x56, "10": 0x4C, "11": 0x48, "12": 0x44, "18": 0xE2, "19": 0x20}


@pytest.mark.parametrize(
    ("kind", "acc", "gyr", "rate", "registers", "name", "millihz", "fifo"),
    [
        ("dsv16x", 8, 1000, 0, DSV_120, "LSM6DSV16X", 120000, 256),
        ("dsv16x", 16, 2000, 240, DSV_240_COARSE, "LSM6DSV16X", 240000, 256),
        ("dso", 8, 1000, 0, DSO_104, "LSM6DSO", 104167, 512),
        ("dso", 2, 250, 208, {**DSO_104, "09": 0x55, "10": 0x50, "11": 0x50}, "LSM6DSO", 208333, 512),
        ("dsr", 4, 125, 104, {**DSO_104, "10": 0x48, "11": 0x42}, "LSM6DSR", 104167, 512),
    ],
)  # fmt: skip
def test_register_image_and_scales(on_device: Any, kind, acc, gyr, rate, registers, name, millihz, fifo):
    (seen,) = on_device("lsm6_cases", "image", kind=kind, acc=acc, gyr=gyr, rate=rate)
    assert seen["registers"] == registers
    assert (seen["name"], seen["rate_millihz"], seen["fifo"]) == (name, millihz, fifo)
    assert seen["chip_rate"] == pytest.approx(millihz, rel=1e-4)


@pytest.mark.parametrize("kind", ["dsv16x", "dso"])
@pytest.mark.parametrize(("acc", "pg"), [(2, 61000000), (4, 122000000), (8, 244000000), (16, 488000000)])
@pytest.mark.parametrize(("gyr", "ndps"), [(125, 4375000), (250, 8750000), (500, 17500000), (2000, 70000000)])
def test_scale_says_what_the_chip_does(on_device: Any, kind, acc, pg, gyr, ndps):
    (seen,) = on_device("lsm6_cases", "image", kind=kind, acc=acc, gyr=gyr, rate=0)
    assert [seen["acc_scale_pg"], seen["gyr_scale_ndps"]] == seen["chip_scales"] == [pg, ndps]


@pytest.mark.parametrize(
    ("kind", "name", "acc_g", "gyr_dps", "gravity"),
    [
        ("dsv16x", "LSM6DSV16X", [0, 0, 1], [0.3, -0.2, 0], 1000),
        ("dso", "LSM6DSO", [0, 0.6, -0.8], [0, 0, 0], 1000),
        ("dsv32x", "LSM6DSV32X", [0, 0.6, 0.8], [0.2, 0, 0], 1000),  # answers WHO_AM_I like an LSM6DSV16X
        ("dsv16x", "LSM6DSV16X", [0, 0, 1], [30, 0, 0], None),  # moving: no verdict
        ("dsv16x", "LSM6DSV16X", [0, 0, 1.3], [0, 0, 0], 1300),  # neither chip: said as it is
    ],
)
def test_gravity_tells_the_family_apart(on_device: Any, kind, name, acc_g, gyr_dps, gravity):
    (seen,) = on_device("lsm6_cases", "gravity", kind=kind, acc_g=acc_g, gyr_dps=gyr_dps, acc_range=8)
    assert seen["name"] == name
    assert seen["scale"] == seen["true"]
    assert seen["mismatch"] is None
    assert seen["seen"] is None if gravity is None else abs(seen["seen"] - gravity) <= 1


def test_what_does_not_start_says_why(on_device: Any):
    assert {case["case"]: case["error"] for case in on_device("lsm6_cases", "refusals")} == {
        "fine": None,
        "slow reset": None,
        "absent": [0x6A, "bus", None, 19],
        "other chip": [0x6A, "WHO_AM_I", 0x70, 0x6A],
        "reset never ends": [0x6A, "SW_RESET", 0, 1],
        "does not take a register": [0x6A, "register 0x15", 3, 2],
        "flipped while written": [0x6A, "register 0x15", 3, 2],
    }


CLEAN: dict[str, Any] = {"wrong": 0, "lost": 0, "dropped": 0, "doubled": 0, "resyncs": 0, "tag_errors": 0, "damaged": 0}


@pytest.mark.parametrize("kind", ["dsv16x", "dso"])
@pytest.mark.parametrize("order", [[1, 2, 4], [4, 1, 2], [2, 4, 1]])
@pytest.mark.parametrize("rate_error", [0.023, -0.015])
def test_every_sample_comes_once_with_its_index(on_device: Any, kind, order, rate_error):
    (seen,) = on_device("lsm6_cases", "stream", kind=kind, seconds=20, order=order, rate_error=rate_error)
    assert {key: seen[key] for key in CLEAN} == CLEAN
    assert seen["made"] - seen["seen"] <= 1
    assert seen["flags"] == []
    assert abs(seen["temperature"] - 3150) <= 1


@pytest.mark.parametrize(
    "options",
    [
        {"faults": {"nack": 20000}},
        {"faults": {"abort": 20000}},
        {"faults": {"abort": 20000}, "order": [4, 1, 2], "rate_error": 0.023},
        {"faults": {"abort": 60000, "nack": 60000}, "kind": "dso", "rate_error": -0.015},
        # The data sheets round: 383.14 steps of a time stamp in a sample instead of 384.
        {"faults": {"abort": 20000}, "steps": 383.14},
        {"stall_ms": 900, "steps": 383.14},  # the FIFO of an LSM6DSV16X lasts 0.7 s
        {"stall_ms": 2500, "kind": "dso"},
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_lost_is_counted_exactly_and_nothing_else(on_device: Any, options, seed):
    (seen,) = on_device("lsm6_cases", "stream", seconds=60, seed=seed, **options)
    assert seen["wrong"] == seen["doubled"] == seen["damaged"] == seen["resyncs"] == 0
    assert seen["lost"] == seen["destroyed"] == seen["dropped"]
    assert seen["unexplained"] == []
    faults = options.get("faults", {})
    assert seen["bus_errors"] == seen["happened"]["nack"] + seen["happened"]["abort"]
    assert (seen["lost"] > 0) is ("abort" in faults or "stall_ms" in options)
    assert seen["flags"] == ([4] if "stall_ms" in options else [8])
    assert (seen["overflows"] > 0) is ("stall_ms" in options)


@pytest.mark.parametrize("at", range(0, 56, 5))
def test_an_abort_at_any_byte_moves_no_index(on_device: Any, at):
    (seen,) = on_device("lsm6_cases", "stream", seconds=4, plan=[[1.0, "abort", at], [2.0, "abort", at]])
    assert seen["wrong"] == seen["doubled"] == seen["resyncs"] == 0
    assert seen["lost"] == seen["destroyed"] == seen["dropped"]
    assert seen["bus_errors"] == 2


def test_silent_flips_cost_at_most_the_sample_they_hit(on_device: Any):
    (seen,) = on_device("lsm6_cases", "stream", seconds=120, faults={"flip": 50000})
    flips = seen["happened"]["flip"]
    assert flips > 200
    assert seen["wrong"] == seen["doubled"] == 0
    assert seen["damaged"] + seen["lost"] <= flips
    assert seen["lost"] == seen["dropped"]
    assert seen["damaged"] > 0
    assert seen["tag_errors"] > 0


def test_unplugged_and_plugged_in_again(on_device: Any):
    (seen,) = on_device("lsm6_cases", "unplug")
    assert seen["run"] == 10
    assert seen["absent"] == "bus"
    assert seen["forgot"][0] == "register 0x15"
    assert seen["first"] == seen["before"] + 50
    assert seen["n"] > 0
    assert seen["flags"] & 0x10
    assert seen["resyncs"] == 1


def test_two_instances_share_nothing(on_device: Any):
    (seen,) = on_device("lsm6_cases", "two_on_one_bus")
    assert seen["names"] == ["LSM6DSV16X", "LSM6DSO"]
    assert seen["scales"] == [244000000, 122000000, 35000000, 17500000]
    assert seen["wrong"] == [0, 0]
    assert all(made - got <= 6 for made, got in zip(seen["made"], seen["seen"], strict=True))
    assert seen["apart"]


def test_sampling_allocates_nothing(on_device: Any):
    (seen,) = on_device("lsm6_cases", "heap_locked")
    assert seen["total"] > 60


STEPS = {1: "identity", 2: "gravity", 3: "accelerometer", 4: "gyroscope", 6: "FIFO"}


def failed(seen: dict[str, Any]) -> set[str]:
    return {STEPS[step] for step, low, high, value in seen["steps"] if not low <= value <= high}


@pytest.mark.parametrize(
    ("options", "fails"),
    [
        ({"kind": "dsv16x"}, set()),
        ({"kind": "dso", "acc_g": [0.6, 0, -0.8]}, set()),
        ({"kind": "dsr", "self_test_mg": 20}, {"accelerometer"}),
        ({"kind": "dsv16x", "self_test_mg": 1900}, {"accelerometer"}),
        ({"kind": "dsv16x", "self_test_dps": 100}, {"gyroscope"}),
        ({"kind": "dsv16x", "gyr_dps": [40, 0, 0]}, {"gravity"}),
        ({"kind": "dsv16x", "acc_g": [0, 0, 1.2]}, {"gravity"}),
    ],
)
def test_self_test_says_what_it_expected_and_saw(on_device: Any, options, fails):
    (seen,) = on_device("selftest_cases", "lsm6", **options)
    assert failed(seen) == fails
    assert {STEPS[step[0]] for step in seen["steps"]} == set(STEPS.values())
    assert seen["restored"]
    assert seen["test_off"]
