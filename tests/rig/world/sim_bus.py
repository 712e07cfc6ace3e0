"""A simulated I2C bus: chips at addresses, transfers that take their time, and what goes wrong on a cable.

A chip has `write(register, data)`, `read(register, buffer, count)` and `answers()`; `read` gets the number of bytes
clocked out, so that an aborted burst takes from a FIFO what it clocked and no more.
"""

from sim_clock import clock
from sim_random import Chance

ENODEV = 19  # no acknowledge, as the ESP32 port says it
ETIMEDOUT = 116

NACK = "nack"  # the address is not acknowledged: nothing is clocked
ABORT = "abort"  # the transfer ends at a random byte: what was clocked out is gone
FLIP = "flip"  # one bit of what is read is wrong, and nobody notices
KINDS = (NACK, ABORT, FLIP)


class Bus:
    """One bus.

    Attributes
    ----------
    chips : dict
        By address.
    plugged : bool
        A pulled connector answers nothing.
    stuck : bool
        A chip holds SDA low: nothing works until nine clocks free it.
    per_million : dict
        How often each kind of fault happens, in a million transfers.
    happened : dict
        How often each kind did.
    """

    def __init__(self, seed=1):
        self.chips = {}
        self.freq = 400000
        self.overhead_us = 150  # driver and interpreter, each transfer
        self.plugged = True
        self.stuck = False
        self.per_million = dict.fromkeys(KINDS, 0)
        self.happened = dict.fromkeys(KINDS, 0)
        self.transfers = 0
        self.busy_us = 0
        self._planned = []
        self._chance = Chance(seed)

    def plan(self, kind, at=None):
        """Fault in the next transfer; `at` is the byte of an abort or a flip, drawn when None."""
        self._planned.append((kind, at))

    def plug(self, plugged):
        """Pull or push the connector; a pulled chip loses its supply."""
        self.plugged = plugged
        for chip in self.chips.values():
            chip.power(plugged)

    def _fault(self):
        if self._planned:
            return self._planned.pop(0)
        for kind in KINDS:
            if self.per_million[kind] and self._chance.hit(self.per_million[kind]):
                return kind, None
        return None, None

    def _chip(self, address, count):
        self.transfers += 1
        us = count * 9000000 // self.freq + self.overhead_us
        self.busy_us += us
        clock.advance(us)
        if self.stuck:
            raise OSError(ETIMEDOUT)
        chip = self.chips.get(address)
        if chip is None or not self.plugged or not chip.answers():
            raise OSError(ENODEV)
        return chip

    def _meet(self, kind):
        if kind:
            self.happened[kind] += 1
        if kind == NACK:
            raise OSError(ENODEV)

    def read(self, address, register, buffer):
        """Read into `buffer` from `register` on."""
        kind, at = self._fault()
        count = len(buffer)
        chip = self._chip(address, 3 + (1 if kind == NACK else count))
        self._meet(kind)
        if kind == ABORT:
            clocked = self._chance.below(count) if at is None else at
            chip.lose(register, clocked)
            raise OSError(ETIMEDOUT)
        chip.read(register, buffer, count)
        if kind == FLIP:
            at = self._chance.below(count * 8) if at is None else at
            buffer[at >> 3] ^= 1 << (at & 7)

    def write(self, address, register, data):
        """Write `data` from `register` on."""
        kind, at = self._fault()
        chip = self._chip(address, 2 + len(data))
        self._meet(kind)
        if kind == ABORT:
            raise OSError(ETIMEDOUT)
        data = bytearray(data)
        if kind == FLIP:
            at = self._chance.below(len(data) * 8) if at is None else at
            data[at >> 3] ^= 1 << (at & 7)
        chip.write(register, data)
