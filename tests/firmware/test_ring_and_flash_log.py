"""What keeps blocks: the ring in RAM and the log on flash, against models, with power cuts at every byte."""

from pathlib import Path
from typing import Any

import mpy_runner
import pytest


@pytest.mark.parametrize(("capacity", "slots", "longest"), [(2000, 40, 300), (2000, 8, 60), (1024, 64, 1000)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ring_holds_an_unbroken_tail(on_device: Any, capacity, slots, longest, seed):
    (seen,) = on_device(
        "storage_cases", "ring_model", seed=seed, steps=300, capacity=capacity, slots=slots, longest=longest
    )
    assert seen["dropped"] == seen["expected"] > 0
    assert seen["fullest"] <= slots


def test_ring_of_the_stated_size_holds_ten_seconds(on_device: Any):
    # Blocks of 35 ms of profile C: 174 bytes, 28.6 a second.
    (seen,) = on_device("storage_cases", "ring_seconds", blocks=286, length=174)
    assert seen["fewest"] == 286
    assert seen["bytes"] < 53000


def test_what_is_saved_elsewhere_is_not_lost_with_the_ring(on_device: Any):
    (seen,) = on_device("storage_cases", "ring_saved")
    assert seen["dropped"] == 1
    assert seen["first"] == 6


def test_ring_allocates_nothing(on_device: Any):
    assert on_device("storage_cases", "ring_no_allocation") == [{"next": 51}]


@pytest.mark.parametrize("seed", range(1, 13))
def test_log_keeps_what_is_not_acknowledged(on_device: Any, seed):
    sectors = 3 + seed % 6
    # The model's own lists, made anew at every step, need room that the device does not.
    (seen,) = on_device("storage_cases", "model", seed=seed, sectors=sectors, steps=300, heap="1M")
    assert seen["errors"] == seen["damaged"] == 0
    # Wear is even: the circle goes round, whatever is acknowledged.
    assert max(seen["erasures"]) - min(seen["erasures"]) <= 3


def test_a_power_cut_loses_at_most_the_record_being_written(on_device: Any):
    # Every byte of every write and every stage of every erasure of a log that has come round its circle.
    (seen,) = on_device("storage_cases", "power_cuts", sectors=3, records=30, step=1, heap="8M")
    assert seen["cuts"] > 10000
    assert seen["erasures"] > 3
    assert seen["impossible"] == 0


def log_sectors(table: str) -> int:
    """Size of the log in a partition table; its entries must follow each other without overlap."""
    lines = (mpy_runner.ROOT / "firmware" / table).read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if not line.startswith("#")]
    ends = [int(row[3], 0) + int(row[4], 0) for row in rows]
    assert ends[:-1] == [int(row[3], 0) for row in rows[1:]]
    assert rows[-1][0] == "hiplog"
    return int(rows[-1][4], 0) // 4096


@pytest.mark.parametrize(("table", "least_s"), [("partitions-8MiB.csv", 1200), ("partitions-4MiB.csv", 150)])
def test_capacity_of_a_partition(on_device: Any, tmp_path: Path, table: str, least_s: float):
    # Ten minutes are asked of a board of 8 MB. Profile C at 120 Hz and 2.3 % more, in blocks of 77 samples (990 bytes).
    sectors = log_sectors(table)
    (seen,) = on_device(
        "storage_cases", "capacity", sectors=sectors, path=str(tmp_path / "flash"), block=990, blocks_per_s=245.6 / 77
    )
    assert seen["seconds"] > least_s
    # When it is full the oldest sector goes, counted.
    assert seen["overwritten"] == seen["first"] == 4
    assert seen["longest_ms"] < 410


def test_a_flash_that_fails_is_refused_counted_and_survived(on_device: Any):
    (seen,) = on_device("storage_cases", "failures")
    assert seen["errors"] == 3
    assert seen["found"] == seen["kept"]


def test_erasing_one_boot_spares_the_others(on_device: Any):
    (seen,) = on_device("storage_cases", "erasing_a_boot")
    assert seen["fine"]
    assert seen["left"] == seen["after"] == [1, 3]
    assert seen["empty"] == []
    assert seen["live"] == 0


def test_appending_allocates_nothing(on_device: Any):
    assert on_device("storage_cases", "append_no_allocation") == [{"stored": True}]
