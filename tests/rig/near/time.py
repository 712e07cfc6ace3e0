"""MicroPython's `time`, on the clock of the simulated board. Named by MICROPYPATH before the builtin one."""

from far import call


def ticks_us():
    return call(1)


def ticks_ms():
    return call(2)


def ticks_diff(a, b):
    return ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000


def sleep_us(us):
    call(3, us)


def sleep_ms(ms):
    call(3, ms * 1000)
