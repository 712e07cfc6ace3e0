"""`ticks_add` and `ticks_diff` of MicroPython's `time`, right across the wrap."""

from sim_clock import TICKS_MASK


def ticks_add(ticks, delta):
    return (ticks + delta) & TICKS_MASK


def ticks_diff(a, b):
    half = (TICKS_MASK + 1) >> 1
    return ((a - b + half) & TICKS_MASK) - half
