"""The rig itself: what it simulates behaves like the thing it stands for."""

from typing import Any


def test_ticks_wrap_after_five_seconds_and_time_waits(on_device: Any):
    (seen,) = on_device("world_cases", "ticks")
    assert seen["first"] > (1 << 30) - 5_000_100
    assert seen["wrapped_us"] < seen["first"]
    assert seen["wrapped_ms"] < seen["first_ms"]
    assert seen["diff_us"] == 6_000_000 + seen["asking_us"]
    assert seen["transfer_us"] > 300


def test_flash_only_clears_bits_and_tears(on_device: Any):
    (seen,) = on_device("world_cases", "flash")
    assert seen["anded"] == 0x0C & 0x35
    assert seen["impossible"] == 1
    assert seen["erased"] == 255
    assert 45 <= seen["erase_ms"] <= 400
    assert seen["torn_prefix"] == [0, 0, 0]
    assert seen["torn_rest"] == [255]
    assert seen["kept"] == 7


def test_board_parts(on_device: Any):
    (seen,) = on_device("world_cases", "parts")
    assert seen == {
        "watchdog": 3,
        "stuck": [116, [0x6A]],
        "nvs": 5,
        "pwm": [32768, 0],
        "adc": 1900000,
        "scan": [0x6A],
    }
