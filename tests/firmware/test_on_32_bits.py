"""Tests of the firmware again on a 32-bit MicroPython, viper aside: 64 bits hide integers that are heap objects there.

Those that look at every byte for minutes stay with the fast interpreter.
"""

import re
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasm_runner
from test_device_clocks import (  # noqa: F401  (collected here, with the fixture below)
    test_a_restart_keeps_the_period_and_a_reset_does_not,
    test_clocks_allocate_nothing,
    test_differences_are_right_across_the_wrap,
)
from test_device_control import (  # noqa: F401
    test_battery_is_low_when_it_stays_low,
    test_button,
    test_crash_loops_end_in_safe_mode_and_then_at_the_console,
    test_cues_flag_samples_until_the_motor_stands,
    test_one_host_at_a_time_and_times_that_end,
    test_requests_are_answered,
    test_states_are_the_specs,
    test_watchdog_is_fed_through_any_outage_and_no_fault,
    test_what_is_kept,
    test_what_is_no_request_is_answered_too,
)
from test_loop import test_a_pass_allocates_nothing  # noqa: F401
from test_packer import (  # noqa: F401
    test_blocks_are_the_codecs,
    test_fragments_are_the_codecs_whatever_the_radio_refuses,
    test_frames_are_the_codecs,
)
from test_ring_and_flash_log import (  # noqa: F401
    test_ring_allocates_nothing,
    test_ring_of_the_stated_size_holds_ten_seconds,
    test_what_is_saved_elsewhere_is_not_lost_with_the_ring,
)

from hiphinge_wire.constants import PROFILE_C
from hiphinge_wire.requests import Start

SCRIPTS = Path(__file__).resolve().parent / "scripts"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        wasm_runner.interpreter()
    except wasm_runner.Missing as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("wasm")
    wasm_runner.fill(folder, SCRIPTS)
    return folder


@pytest.fixture(scope="module")
def on_device(filled: Path) -> Callable[..., list[dict[str, object]]]:
    def call(script: str, function: str, **arguments: Any) -> list[dict[str, object]]:
        return wasm_runner.run(script, function, folder=filled, **arguments)

    return call


def test_small_integers_end_where_those_of_an_esp32_do(filled: Path):
    code = """
from micropython import heap_lock, heap_unlock
from rig_report import report
half = 1 << 29
boxed = []
for more in (half - 1, half):
    made = False
    heap_lock()
    try:
        half + more
    except MemoryError:
        made = True
    heap_unlock()
    boxed.append(made)
report(boxed=boxed)
"""
    assert wasm_runner.execute(filled, code) == [{"boxed": [False, True]}]


def test_memory_in_32_bit_words(filled: Path, tmp_path: Path):
    folder = tmp_path / "put on"
    shutil.copytree(filled, folder)
    names = wasm_runner.put_on(folder)
    host = b"\x01HOSTID\x01"
    allowed = host + zlib.crc32(host).to_bytes(4, "little")
    begin = b"\xc0" + Start(request=1, profile=PROFILE_C).encode()
    world = f"""
import gc, time
import bluetooth, esp32, machine
import sim_board as board
from rig_report import report
from sim_flash import Flash
from sim_lsm6 import Lsm6Chip
from sim_radio import radio
from sim_sources import Rest
for bus in range(2):
    board.buses[bus].chips[0x6A] = Lsm6Chip("dsv16x", Rest(), (0.023, -0.015)[bus])
board.adc_uv[4] = 1950000
board.partitions["hiplog"] = Flash(16)
board.partitions["hiplog"].erase_us = (45, 400)
board.nvs["hiphinge"] = {{"allowed": {allowed!r}}}
asked = []
def exchange(at_us, up, packets):
    out = list(asked)
    del asked[:]
    return out
radio.exchange = exchange
gc.collect()
"""
    run = f"""
begun = gc.mem_alloc()
import main
device, _ = main.build()
radio.begin()
for k in range(120):
    if k == 60:
        asked.append({begin!r})
    device.step()
    time.sleep_ms(30)
assert device.states.code == 3, device.states.code
ring = len(device.delivery.ring.buffer)
gc.collect()
"""
    # In the names that are put on a device.
    run = re.sub(r"(?<=\b(?:main|vice)\.)[\w.]+", lambda found: _named(found[0], names), run)
    (seen,) = wasm_runner.execute(
        folder, world, run, "report(used=gc.mem_alloc() - begun - ring, ring=ring)", heap="3M"
    )
    # 167 kB, with what the simulated radio holds, and viper code as bytecode, which a device has elsewhere: 20 kB.
    assert seen["used"] < 172_000
    assert seen["ring"] > 10 * 174 / 0.035


def _named(path: str, names: dict[str, str]) -> str:
    return ".".join(names.get(part, part) for part in path.split("."))
