"""The device's clock: 64 bits of microseconds out of `time.ticks_us`, which wraps every 18 minutes.

Small integers of an ESP32 end at 2**30 - 1; anything above is a heap object. So the time is kept in two halves of 29
bits and more, and nothing here makes a larger number, except `microseconds`, which says so.
"""

import micropython
from micropython import const

_TICKS = const(0x3FFFFFFF)
_HALF = const(0x20000000)


def ticks_diff(later, earlier):
    """Signed difference of two 30-bit tick counts, right across the wrap: -2**29 .. 2**29 - 1."""
    d = (later - earlier) & _TICKS
    # In two steps: 2**30 itself is no small integer.
    return d if d < _HALF else (d - _HALF) - _HALF


def ticks_add(ticks, delta):
    """Tick count `delta` later, |delta| < 2**29."""
    # 2**29 less, then that bit toggled: the sum of two large small integers would not be one.
    return ((ticks - _HALF + delta) & _TICKS) ^ _HALF


@micropython.viper
def _put_u64(buffer_, at: int, high: int, low: int):
    # high * 2**29 + low as eight bytes, little-endian; high below 2**29 (9000 years).
    buffer = ptr8(buffer_)
    word = low | (high << 29)
    k = 0
    while k < 4:
        buffer[at + k] = word >> (8 * k)
        k += 1
    word = high >> 3
    while k < 8:
        buffer[at + k] = word >> (8 * (k - 4))
        k += 1


class Clock:
    """Microseconds since it was made, from a wrapping tick count. `update` at least every 8 minutes.

    Parameters
    ----------
    ticks : int
        `time.ticks_us()` now.

    Attributes
    ----------
    high, low : int
        Time of the last `update`: high * 2**29 + low, µs.
    """

    def __init__(self, ticks):
        self._ticks = ticks
        self.high = 0
        self.low = 0

    def update(self, ticks):
        """Go on to `ticks`; an earlier count than the last one changes nothing, for this clock never steps back."""
        d = ticks_diff(ticks, self._ticks)
        if d > 0:
            self._ticks = ticks
            low = self.low + d
            self.high += low >> 29
            self.low = low & (_HALF - 1)

    def put(self, buffer, at, ticks):
        """Write the time of `ticks`, within 8 minutes of the last update, as a u64 to ``buffer[at:at + 8]``."""
        low = self.low + ticks_diff(ticks, self._ticks)
        _put_u64(buffer, at, self.high + (low >> 29), low & (_HALF - 1))

    def microseconds(self, ticks):
        """Time of `ticks` as one integer, µs: a heap object on an ESP32 after 18 minutes."""
        return (self.high << 29) + self.low + ticks_diff(ticks, self._ticks)

    def seconds(self):
        """Time of the last update, whole seconds."""
        # 2**29 µs are 536 s and 870912 µs.
        return self.high * 536 + (self.high * 871 + self.low // 1000) // 1000
