"""The loop's pass allocates nothing; main.py unchanged, on the simulated board."""

from typing import Any


def test_a_pass_allocates_nothing(on_device: Any):
    # Four times a second it looks at battery, deadlines and STATUS, which may: all other passes may not.
    (seen,) = on_device("loop_cases", "no_allocation", passes=400, heap="700k")
    assert seen["locked"] > 200
    assert seen["unlocked"] < 160
    assert seen["blocks"] > 380


def test_live_blocks_close_young(on_device: Any):
    # protocol/SPEC.md, "Closing": a pass is 28 to 32 ms, a sample 8 ms more or less, and both buses are read meanwhile.
    (seen,) = on_device("loop_cases", "ages", passes=1000, heap="2M")
    ages_ms = [age / 1000 for age in seen["ages"]]
    assert len(ages_ms) == 1000
    assert 20 < ages_ms[0] < 25
    assert 29 < ages_ms[500] < 32
    assert 34 < ages_ms[-1] < 38
