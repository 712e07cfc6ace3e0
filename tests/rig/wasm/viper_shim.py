"""What viper means, in Python, for an interpreter without it; it runs outside a locked heap: native code needs none.

`ptr32` and `ptr16` give what they load without a sign, as viper does on 64 bits: the code puts it back.
"""

from array import array

import micropython

_LOCKED = [False]


def heap_lock():
    """As `micropython.heap_lock`, for scripts."""
    _LOCKED[0] = True
    micropython.heap_lock()


def heap_unlock():
    """As `micropython.heap_unlock`."""
    micropython.heap_unlock()
    _LOCKED[0] = False


def leave():
    """Unlock the heap for what would be native code; returns whether it was locked."""
    if _LOCKED[0]:
        micropython.heap_unlock()
    return _LOCKED[0]


def enter(locked):
    """Lock it again."""
    if locked:
        micropython.heap_lock()


class ptr8:
    """Bytes."""

    def __init__(self, data):
        self._data = data

    def __getitem__(self, at):
        return self._data[at]

    def __setitem__(self, at, value):
        self._data[at] = value & 0xFF


class ptr16:
    """Halfwords of an array of int16, or of bytes."""

    def __init__(self, data):
        self._data = data
        self._words = isinstance(data, array)

    def __getitem__(self, at):
        if self._words:
            return self._data[at] & 0xFFFF
        return self._data[2 * at] | self._data[2 * at + 1] << 8

    def __setitem__(self, at, value):
        if self._words:
            self._data[at] = ((value & 0xFFFF) ^ 0x8000) - 0x8000
        else:
            self._data[2 * at] = value & 0xFF
            self._data[2 * at + 1] = value >> 8 & 0xFF


class ptr32:
    """Words of an array of int32."""

    def __init__(self, data):
        self._data = data

    def __getitem__(self, at):
        return self._data[at] & 0xFFFFFFFF

    def __setitem__(self, at, value):
        self._data[at] = ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
