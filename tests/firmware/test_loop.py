"""The loop's pass allocates nothing; main.py unchanged, on the simulated board."""

from typing import Any


def test_a_pass_allocates_nothing(on_device: Any):
    # Four times a second it looks at battery, deadlines and STATUS, which may: all other passes may not.
    (seen,) = on_device("loop_cases", "no_allocation", passes=400, heap="700k")
    assert seen["locked"] > 200
    assert seen["unlocked"] < 160
    assert seen["blocks"] > 380
