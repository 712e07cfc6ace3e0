"""Power-on of the simulated board, in real time; then its main.py. Some program prints a line ten times a second."""

import sys

import sim_board as board
import utime
from sim_clock import clock
from sim_flash import Flash
from sim_lsm6 import Lsm6Chip
from sim_sources import Rest

_BEGUN_US = utime.ticks_us()
_printed = [0]


def real_time(now_us):
    ahead = now_us - utime.ticks_diff(utime.ticks_us(), _BEGUN_US)
    if ahead > 1000:
        utime.sleep_us(ahead)


def chatter(now_us):
    if now_us - _printed[0] > 100000:
        _printed[0] = now_us
        print("chatter")


for bus in range(2):
    board.buses[bus].chips[0x6A] = Lsm6Chip("dsv16x", Rest(), (0.023, -0.015)[bus])
board.adc_uv[35] = 1950000
board.partitions["hiplog"] = Flash(8)
board.partitions["hiplog"].erase_us = (45000, 45000)
clock.watchers.append(real_time)
clock.watchers.append(chatter)
# As on a board: the file system's root comes first, under the name that says "here".
sys.path.insert(0, "")
try:
    with open("main.py") as file:
        source = file.read()
    exec(compile(source, "main.py", "exec"), {"__name__": "__main__"})
except board.Reset:
    # The process around knows this exit code.
    sys.exit(17)
finally:
    # The prompt's time is its own.
    clock.watchers[:] = []
