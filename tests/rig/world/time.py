"""MicroPython's `time` on simulated time. Named by MICROPYPATH before the builtin one."""

from utime import gmtime, localtime, mktime  # noqa: F401

from sim_clock import clock
from sim_ticks import ticks_add, ticks_diff  # noqa: F401

# 2026-01-01 00:00:00 UTC: when the simulation begins.
EPOCH_S = 1767225600


def ticks_us():
    clock.advance(clock.call_us)
    return clock.ticks_us()


def ticks_ms():
    clock.advance(clock.call_us)
    return clock.ticks_ms()


def ticks_cpu():
    return ticks_us()


def sleep_us(us):
    clock.advance(max(0, us))


def sleep_ms(ms):
    clock.advance(max(0, ms) * 1000)


def sleep(s):
    clock.advance(int(s * 1000000))


def time():
    return EPOCH_S + clock.now_us // 1000000


def time_ns():
    return (EPOCH_S * 1000000 + clock.now_us) * 1000
