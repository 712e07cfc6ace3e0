"""Clocks: 64-bit time out of wrapping ticks, and the time of samples by lower envelope."""

import micropython

from hiphinge_fw.core.clock import Clock, ticks_add, ticks_diff
from hiphinge_fw.core.rate import SampleClock
from rig_report import report
from sim_random import Chance

MASK = (1 << 30) - 1


def differences(pairs):
    report(diffs=[ticks_diff(a, b) for a, b in pairs], sums=[ticks_add(b, ticks_diff(a, b)) for a, b in pairs])


def long_run(start, steps):
    """Clock against plain integers of any size."""
    now = start
    clock = Clock(now & MASK)
    total = 0
    out = []
    buffer = bytearray(10)
    for step in steps:
        total += step
        now += step
        clock.update(now & MASK)
        clock.put(buffer, 1, (now - 70000) & MASK)
        put = int.from_bytes(buffer[1:9], "little")
        out.append([total, clock.microseconds(now & MASK), put, clock.high * (1 << 29) + clock.low, clock.seconds()])
    clock.update((now - 5) & MASK)
    report(rows=out, back=clock.microseconds(now & MASK), edges=[buffer[0], buffer[9]])


def envelope(rate_hz, error, seconds, seed, marks, stalls=True, locked=False, start=MASK - 4999999):
    """Errors of sample times and rate against truth, at the marks (s)."""
    chance = Chance(seed)
    period_us = 1000000 / rate_hz / (1 + error)
    clock = SampleClock(int(rate_hz * 1000))
    first_us = 1234567.0
    now = first_us + 5000
    last = -1
    marks = list(marks)
    rows = []
    worst = 0
    step = 0
    previous = None
    while now < first_us + seconds * 1000000:
        newest = int((now - first_us) / period_us)
        # What a poll sees is a little old when it is stamped: a transfer and an interpreter.
        stamp = now + 60 + chance.below(100)
        if newest > last:
            clock.add(newest, int(stamp + start) & MASK)
            last = newest
        true = first_us + newest * period_us
        off = ticks_diff(clock.ticks_of(newest), int(true + start) & MASK)
        if previous is not None and now - first_us > 30000000:
            worst = max(worst, abs(off))
            step = max(step, abs(off - previous))
        previous = off
        if marks and now - first_us > marks[0] * 1000000:
            rows.append(
                {
                    "at_s": marks.pop(0),
                    "off_us": off,
                    "ppm": (clock.period / 32000 / period_us - 1) * 1e6,
                    "measured": clock.measured,
                }
            )
        now += 25000 if locked else 28000 + chance.below(4000)
        if stalls and chance.hit(10000):
            now += 15000
        if stalls and chance.hit(2000):
            now += 45000 + chance.below(355000)
    report(rows=rows, worst_us=worst, step_us=step)


def no_allocation():
    clock = SampleClock(120000)
    device = Clock(100)
    micropython.heap_lock()
    n = 0
    t = 1 << 29
    # Only small integers: a 32-bit board has none above 2**30.
    while n < 20000:
        n += 4
        t = ticks_add(t, 33400)
        clock.add(n, t)
        clock.ticks_of(n)
        device.update(t)
    micropython.heap_unlock()
    report(period=clock.period, measured=clock.measured)


def after_restart():
    clock = SampleClock(120000)
    for n in range(0, 3000, 4):
        clock.add(n, (n * 8146) & MASK)
    before = clock.period
    clock.restart()
    kept = clock.period
    clock.add(5000, 77)
    at = clock.ticks_of(5001)
    clock.reset()
    report(before=before, kept=kept, at=at, reset=clock.period, measured=clock.measured)
