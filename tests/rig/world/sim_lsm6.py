"""A register-level LSM6: reset, identity, scales, self-test, and a FIFO with tags, counters, time stamps and overflow.

Seeded with the data sheet's reset values. Numbers of samples count from the moment the FIFO runs; `destroyed` is the
ledger of those a lost word belonged to, which the firmware cannot see.
"""

from array import array

import micropython
from micropython import const

from sim_clock import clock

_WORD = const(7)
# State of the FIFO for viper.
_HEAD = const(0)
_LEVEL = const(1)
_DEPTH = const(2)
_OVERRUN = const(3)
_SLOT = const(4)
_NUMBER = const(5)
_LOST = const(6)

ACC_PG = {2: 61000000, 4: 122000000, 8: 244000000, 16: 488000000, 32: 976000000}
GYR_NDPS = {125: 4375000, 250: 8750000, 500: 17500000, 1000: 35000000, 2000: 70000000}


@micropython.viper
def _push(fifo_, numbers_, st_, tag: int, values_, at: int):
    # One word; returns nothing. A full FIFO gives up its oldest word, and says whose sample that was.
    fifo = ptr8(fifo_)
    numbers = ptr32(numbers_)
    st = ptr32(st_)
    values = ptr16(values_)
    depth = st[_DEPTH]
    if st[_LEVEL] == depth:
        st[_OVERRUN] = 1
        st[_LOST] = numbers[st[_HEAD]]
        st[_HEAD] = (st[_HEAD] + 1) % depth
        st[_LEVEL] = st[_LEVEL] - 1
    w = (st[_HEAD] + st[_LEVEL]) % depth
    numbers[w] = st[_NUMBER]
    p = w * _WORD
    fifo[p] = (tag << 3) | ((st[_SLOT] & 3) << 1)
    k = 0
    while k < 3:
        fifo[p + 1 + 2 * k] = values[at + k]
        fifo[p + 2 + 2 * k] = values[at + k] >> 8
        k += 1
    st[_LEVEL] = st[_LEVEL] + 1


class Lsm6Chip:
    """One chip.

    Parameters
    ----------
    kind : str
        "dsv16x", "dsv32x", "dso" or "dsr".
    source : object
        `fill(number, chip, values)` gives the six counts of a sample.
    rate_error : float
        Relative error of the chip's oscillator.
    order : tuple of int
        Tags of a slot in the order they are stored.
    unique : bool
        Numbers go on through restarts, so that a ledger can tell all samples apart; `generations` has a list [first
        number, start in µs, period in µs, whether the FIFO takes them] for each restart, `flushed` the numbers a
        restart or a pulled plug took from the FIFO.
    """

    def __init__(self, kind, source, rate_error=0.0, order=(1, 2, 4), steps=None, unique=False):
        self.unique = unique
        self.base = self._made = 0
        self.generations = []
        self.flushed = set()
        self._running = False
        self.kind = kind
        self.source = source
        self.rate_error = rate_error
        self.order = order
        self._dsv = kind[:3] == "dsv"
        self.who_am_i = {"dsv": 0x70, "dso": 0x6C, "dsr": 0x6B}[kind[:3]]
        self._status = 0x1B if self._dsv else 0x3A
        depth = 256 if self._dsv else 512
        self.fifo = bytearray(depth * _WORD)
        self.numbers = array("i", bytes(4 * depth))
        self._st = array("i", bytes(28))
        self._st[_DEPTH] = depth
        self._values = array("h", bytes(18))  # six counts, then time stamp or temperature
        self._steps = steps  # of the time stamp, a sample; None: the chip's own
        self.destroyed = set()
        self.temperature_c = 31.5
        self.self_test_mg = 400
        self.self_test_dps = 300
        self.reset_us = 200
        self.boot_us = 10000
        self.powered = True
        self._ready_at = 0
        self._defaults()

    # -- power and reset

    def power(self, on):
        """Supply on or off; off forgets everything."""
        self.powered = on
        if on:
            self._ready_at = clock.now_us + self.boot_us
        self._defaults()

    def answers(self):
        """Whether it acknowledges its address."""
        return self.powered and clock.now_us >= self._ready_at

    def _defaults(self):
        self.registers = bytearray(128)
        self.registers[0x0F] = self.who_am_i
        self.registers[0x12] = 0x44 if self._dsv else 0x04
        if not self._dsv:
            self.registers[0x18] = 0xE0
        self._reset_until = 0
        self._empty()
        if self.unique and self._running:
            self.base += self._made
            self._made = 0
        self._running = False
        self._fresh = 0

    def _empty(self):
        st = self._st
        if self.unique:
            self.flushed |= self.in_fifo()
        st[_HEAD] = st[_LEVEL] = st[_OVERRUN] = st[_SLOT] = st[_NUMBER] = 0

    def in_fifo(self):
        """Numbers of the samples it holds words of."""
        st = self._st
        held = set()
        for k in range(st[_LEVEL]):
            at = (st[_HEAD] + k) % st[_DEPTH]
            if self.fifo[at * _WORD] >> 3 != 3:
                held.add(self.numbers[at])
        return held

    @property
    def made(self):
        """Samples taken so far, all generations."""
        return self.base + self._made

    # -- sampling

    def rate_hz(self):
        """Nominal rate by the registers; 0 when powered down."""
        r = self.registers
        if self._dsv:
            code = r[0x11] & 15 or r[0x10] & 15
            return 0 if not code else 7.5 * 2 ** (code - 2)
        code = r[0x11] >> 4 or r[0x10] >> 4
        return 0 if not code else 6666.667 / 2 ** (10 - code)

    def acc_pg(self):
        """What one accelerometer count really is, with the ranges of this chip."""
        r = self.registers
        if self.kind == "dsv32x":
            return ACC_PG[(4, 8, 16, 32)[r[0x17] & 3]]
        if self._dsv:
            return ACC_PG[(2, 4, 8, 16)[r[0x17] & 3]]
        return ACC_PG[(2, 16, 4, 8)[r[0x10] >> 2 & 3]]

    def gyr_ndps(self):
        """What one gyroscope count really is."""
        r = self.registers
        if self._dsv:
            return GYR_NDPS[(125, 250, 500, 1000, 2000)[r[0x15] & 15]]
        return GYR_NDPS[{1: 125, 0: 250, 2: 500, 4: 1000, 6: 2000}[r[0x11] >> 1 & 7]]

    def _time_stamps(self):
        return self.registers[0x50] & 0x40 if self._dsv else self.registers[0x19] & 0x20

    def sample_time_us(self, number):
        """True time of a sample."""
        return self._start_us + (number + 1) * self._period_us

    def run(self):
        """Make the samples that are due."""
        if not self._running:
            return
        st = self._st
        now = clock.now_us
        while self._next_us <= now:
            number = self._made
            self._sample(number + self.base)
            if self.registers[0x0A] & 7 == 6 and self.registers[0x09]:
                self._batch(number)
            self._made = number + 1
            self._next_us = self.sample_time_us(self._made)
        self._fresh = st[_LEVEL]

    def _sample(self, number):
        values = self._values
        self.source.fill(number, self, values)
        r = self.registers[0x19 if self._dsv else 0x14]
        if r & 3:
            for k in range(3, 6):
                values[k] = _clip(values[k] + int(self.self_test_mg * 1000000000 / self.acc_pg()))
        if r >> 2 & 3:
            for k in range(3):
                values[k] = _clip(values[k] + int(self.self_test_dps * 1000000000 / self.gyr_ndps()))
        self.registers[0x1E] |= 3

    def _batch(self, number):
        st = self._st
        st[_NUMBER] = number + self.base
        values = self._values
        every = (0, 1, 8, 32)[self.registers[0x0A] >> 6]
        for tag in self.order:
            if tag == 4:
                if not every or number % every or not self._time_stamps():
                    continue
                stamp = int(self._stamp_0 + number * self._stamp_steps)
                values[6] = _signed(stamp)
                values[7] = _signed(stamp >> 16)
                values[8] = 0
                self._word(4, 6)
            else:
                self._word(tag, (tag - 1) * 3)
        if self.registers[0x0A] & 0x30 and number % 64 == 0:
            values[6] = int((self.temperature_c - 25) * 256)
            values[7] = values[8] = 0
            self._word(3, 6)
        st[_SLOT] = (st[_SLOT] + 1) & 3

    def _word(self, tag, at):
        st = self._st
        full = st[_LEVEL] == st[_DEPTH]
        _push(self.fifo, self.numbers, st, tag, self._values, at)
        if full:
            self.destroyed.add(st[_LOST])

    # -- bus

    def write(self, register, data):
        """Bytes from `register` on."""
        self.run()
        for value in data:
            if register == 0x12 and value & 1:
                self._defaults()
                self._reset_until = clock.now_us + self.reset_us
            elif register not in (0x0F, 0x1E, self._status, self._status + 1) and self._reset_until <= clock.now_us:
                self.registers[register] = value
                if register in (0x09, 0x0A, 0x10, 0x11):
                    self._restart()
            register += 1

    def _restart(self):
        rate = self.rate_hz()
        self._empty()
        if self.unique and self._running:
            self.base += self._made
        self._running = rate > 0
        if rate:
            self._start_us = clock.now_us
            self._period_us = 1000000 / rate / (1 + self.rate_error)
            self._made = 0
            self._next_us = self.sample_time_us(0)
            hz = 46080 if self._dsv else 40000
            self._stamp_steps = self._steps or hz / rate
            self._stamp_0 = 1000
            if self.unique:
                takes = self.registers[0x0A] & 7 == 6 and self.registers[0x09] > 0
                self.generations.append([self.base, self._start_us, self._period_us, takes])

    def read(self, register, buffer, count):
        """`count` bytes from `register` on into `buffer`."""
        self.run()
        if register == self._status:
            st = self._st
            buffer[0] = st[_LEVEL] & 255
            if count > 1:
                watermark = self.registers[0x07]
                buffer[1] = (st[_LEVEL] >> 8) | (0x48 if st[_OVERRUN] else 0)
                buffer[1] |= 0x80 if watermark and st[_LEVEL] >= watermark else 0
                buffer[1] |= 0x20 if st[_LEVEL] == st[_DEPTH] else 0
                st[_OVERRUN] = 0
            return
        if register == 0x78:
            for at in range(0, count, _WORD):
                self._pop(buffer, at, min(_WORD, count - at))
            return
        for k in range(count):
            buffer[k] = self._register(register + k)

    def lose(self, register, clocked):
        """An aborted read clocked out so many bytes: the words it began are gone."""
        self.run()
        if register == 0x78:
            st = self._st
            for _ in range((clocked + _WORD - 1) // _WORD):
                if st[_LEVEL]:
                    if self.fifo[st[_HEAD] * _WORD] >> 3 != 3:
                        self.destroyed.add(self.numbers[st[_HEAD]])
                    st[_HEAD] = (st[_HEAD] + 1) % st[_DEPTH]
                    st[_LEVEL] -= 1

    def _pop(self, buffer, at, count):
        st = self._st
        if not st[_LEVEL]:
            for k in range(count):
                buffer[at + k] = 0
            return
        p = st[_HEAD] * _WORD
        buffer[at : at + count] = self.fifo[p : p + count]
        st[_HEAD] = (st[_HEAD] + 1) % st[_DEPTH]
        st[_LEVEL] -= 1

    def _register(self, register):
        if register == 0x12:
            return self.registers[0x12] | (1 if clock.now_us < self._reset_until else 0)
        if 0x22 <= register <= 0x2D:
            if register == 0x22:
                self.registers[0x1E] &= ~2
            elif register == 0x28:
                self.registers[0x1E] &= ~1
            return self._values[(register - 0x22) >> 1] >> (8 * (register & 1)) & 255
        return self.registers[register]


def _clip(value):
    return max(-32768, min(32767, value))


def _signed(value):
    value &= 0xFFFF
    return value - 65536 if value > 32767 else value
