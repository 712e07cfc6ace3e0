"""Serial data: the second CDC of an ESP32-S3 (`cdc`), or the console's line of a UART board after HELLO (`console`).

On a shared line the console has it until a frame comes; then prints are held back, until LEAVE or silence. `mpremote`
never sends a zero byte, and every frame begins with one. Ctrl-C is looked for here, between two passes, while the loop
runs: MicroPython's own would take any byte 0x03 of a frame for it, as of a host that does not know yet that the board
restarted.
"""

import builtins

import micropython
from micropython import const

from hiphinge_fw.core.link import STREAM

_CTRL_C = const(3)


class Line:
    """What both have in common: notes for the loop."""

    framing = STREAM
    silence_ms = 0

    def __init__(self, ticks_us):
        self._ticks_us = ticks_us
        self._up = False
        self._notes = []

    def next(self):
        """The oldest note, None when there is none."""
        if not self._notes:
            self._look()
        return self._notes.pop(0) if self._notes else None

    def _note(self, kind, data=None):
        self._notes.append((kind, self._ticks_us(), data))

    def send(self, channel, view):
        """A stream has no packets."""
        return False


_print = builtins.print


def _nothing(*values, **options):
    # What programs print while the line carries frames.
    pass


def hold_back(on):
    """Let nothing print, or let print again."""
    builtins.print = _nothing if on else _print


def give_back():
    """The loop ended: prints are seen again, and Ctrl-C is MicroPython's own."""
    hold_back(False)
    micropython.kbd_intr(_CTRL_C)
