"""The console's own line as one for data, until somebody wants the console."""

import sys

import micropython
from micropython import const

from hiphinge_fw.core.link import DATA, DOWN, UP
from hiphinge_fw.shell.usb import Line, hold_back

# Bytes taken in a pass: 115200 baud brings 370 in 32 ms.
_READ = const(512)
_SILENCE_MS = const(5000)
_DELIMITER = b"\0"
_CTRL_C = const(3)
# mpremote sends a return before it, people several in a row.
_KEYS = b"\r\n\x03"


class ConsoleLine(Line):
    """The console's own line.

    Parameters
    ----------
    reader, writer : object
        ``read(n, until)`` gives what is there, at most n bytes and nothing behind a byte `until` (-1: none), b"" or
        None without; ``write(view)`` a count.
    quiet : callable
        ``quiet(True)`` holds console output back; ``quiet(False)`` undoes it.
    ticks_us : callable
    """

    silence_ms = _SILENCE_MS

    def __init__(self, reader, writer, quiet, ticks_us):
        super().__init__(ticks_us)
        self._reader = reader
        self._writer = writer
        self._quiet = quiet
        self._heard = False

    def _look(self):
        # What follows Ctrl-C is for the prompt: it stays in the line.
        data = self._reader.read(_READ, -1 if self._up else _CTRL_C)
        if not data:
            self._heard = False
            return
        if not self._up:
            at = data.find(_DELIMITER)
            if at < 0:
                # Alone it is a key; among other bytes it is the rest of a frame.
                if data[-1] == _CTRL_C and not self._heard and not data.strip(_KEYS):
                    raise KeyboardInterrupt
                self._heard = True
                return
            data = data[at:]
            self._up = True
            self._quiet(True)
            self._note(UP, b"line")
        self._note(DATA, data)

    def write(self, view):
        """As much as fits; returns how many bytes."""
        return self._writer.write(view) or 0

    def drop(self):
        """LEAVE, or silence: the console is back."""
        if self._up:
            self._up = False
            self._heard = False
            self._quiet(False)
            self._note(DOWN)


class _Polled:
    # Standard input without waiting.
    def __init__(self):
        import select

        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self, most, until):
        """What is there."""
        data = b""
        while len(data) < most and self._poll.poll(0):
            one = sys.stdin.buffer.read(1)
            if not one:
                break
            data += one
            if one[0] == until:
                break
        return data


def console_line(ticks_us):
    """The console's line; None where it cannot be polled. `give_back` before the prompt has it again."""
    try:
        reader = _Polled()
    except (ImportError, OSError):
        return None
    micropython.kbd_intr(-1)
    return ConsoleLine(reader, sys.stdout.buffer, hold_back, ticks_us)
