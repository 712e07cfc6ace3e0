"""Cost of one pass of the firmware's loop: ``python tests/bench/firmware_loop.py``.

In units of a fixed reference loop (1000 rounds of integer bytecode) on the same interpreter, so that it can be carried
to another machine; and what that makes of an ESP32, with its assumptions.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))

import mpy_runner

SCRIPTS = Path(__file__).resolve().parents[1] / "firmware" / "scripts"
# The same reference loop on an ESP32: 4 bytecodes and one addition a round. MicroPython's own benchmarks put this
# interpreter 137 to 240 times ahead of an ESP32 at 160 MHz (median of eight, FIRMWARE.md); 240 MHz is 1.5 times faster.
SLOWER = (137, 240)
MHZ_GAIN = 1.5
# Of a pass on 400 kHz I2C: two status reads of 2 bytes, two bursts of 12 words of 7 bytes, 150 us of driver each.
BUS_US = 4 * 150 + 2 * (5 + 87) * 9 * 2.5
NOTIFY_US = 400  # assumed: copy into an mbuf, one call into NimBLE


def main() -> None:
    """Measure and print."""
    (seen,) = mpy_runner.run("loop_cases", "cost", folder=SCRIPTS, heap="900k", passes=400, built=True)
    units = float(str(seen["pass_us"])) / float(str(seen["reference_us"]))
    print(
        f"pass: {seen['pass_us']:.0f} us (quickest {seen['quickest_us']:.0f}, one in twenty over {seen['slow_us']:.0f})"
        " on this machine, without the world's own time"
    )
    print(f"reference loop: {seen['reference_us']} us; a pass is {units:.1f} of them")
    print(f"a pass takes {seen['samples']:.1f} samples and sends {seen['blocks']:.2f} blocks")
    own_us = float(str(seen["pass_us"]))
    low, high = (own_us * factor / MHZ_GAIN + BUS_US + NOTIFY_US for factor in SLOWER)
    print(
        f"ESP32 at 240 MHz, estimated: {low / 1000:.1f} to {high / 1000:.1f} ms of a pass of 30 ms, of which the bus "
        f"{BUS_US / 1000:.1f} ms at 400 kHz and {NOTIFY_US / 1000:.1f} ms for the notification (assumed); "
        "never measured on a board"
    )


if __name__ == "__main__":
    main()
