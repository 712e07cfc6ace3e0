"""The simulated board's time, held to real time: a radio's host with threads of its own does not wait."""

import utime
from sim_clock import clock
from sim_ticks import ticks_add, ticks_diff  # noqa: F401
from utime import gmtime, localtime, mktime  # noqa: F401

_begun_us = utime.ticks_us()
_past_us = 0


def _catch_up():
    global _begun_us, _past_us
    now_us = utime.ticks_us()
    _past_us += utime.ticks_diff(now_us, _begun_us)
    _begun_us = now_us
    if _past_us > clock.now_us:
        clock.advance(_past_us - clock.now_us)


def ticks_us():
    _catch_up()
    return clock.ticks_us()


def ticks_ms():
    _catch_up()
    return clock.ticks_ms()


def ticks_cpu():
    return ticks_us()


def sleep_us(us):
    utime.sleep_us(max(0, us))
    _catch_up()


def sleep_ms(ms):
    utime.sleep_ms(max(0, ms))
    _catch_up()


def sleep(s):
    sleep_ms(int(s * 1000))


def time():
    return utime.time()


def time_ns():
    return utime.time_ns()
