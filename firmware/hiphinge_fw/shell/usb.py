"""Serial data: the second CDC of an ESP32-S3, or the console's line of a UART board after HELLO.

On a shared line the console has it until a HELLO frame comes; then prints are held back (`os.dupterm` gets a sink) and
Ctrl-C is a byte like any other, until LEAVE or silence. `mpremote` never sends a zero byte, so it never meets us.
"""

import sys

import micropython
from micropython import const

from hiphinge_fw.core.link import DATA, DOWN, STREAM, UP

# Bytes taken in a pass: 115200 baud brings 370 in 32 ms.
_READ = const(512)
_SILENCE_MS = const(5000)
_DELIMITER = b"\0"


class _Line:
    # What both have in common: notes for the loop.
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


class CdcLine(_Line):
    """A port used for data alone: always in data mode.

    Parameters
    ----------
    cdc : object
        ``is_open()``, ``read(n)``, ``write(view)``.
    ticks_us : callable
    """

    def __init__(self, cdc, ticks_us):
        super().__init__(ticks_us)
        self._cdc = cdc

    def _look(self):
        open_ = self._cdc.is_open()
        if open_ != self._up:
            self._up = open_
            self._note(UP if open_ else DOWN, b"usb")
        if open_:
            data = self._cdc.read(_READ)
            if data:
                self._note(DATA, data)

    def write(self, view):
        """As much as fits; returns how many bytes."""
        return self._cdc.write(view) or 0

    def drop(self):
        """The cable stays; the session ends."""
        if self._up:
            self._up = False
            self._note(DOWN)


class ConsoleLine(_Line):
    """The console's own line.

    Parameters
    ----------
    reader, writer : object
        ``read(n)`` gives what is there, at most n bytes, b"" or None without; ``write(view)`` a count.
    quiet : callable
        ``quiet(True)`` holds console output back and lets Ctrl-C through as data; ``quiet(False)`` undoes it.
    hello : bytes
        What a HELLO frame begins with.
    ticks_us : callable
    """

    silence_ms = _SILENCE_MS

    def __init__(self, reader, writer, quiet, ticks_us):
        super().__init__(ticks_us)
        self._reader = reader
        self._writer = writer
        self._quiet = quiet

    def _look(self):
        data = self._reader.read(_READ)
        if not data:
            return
        if not self._up:
            at = data.find(_DELIMITER)
            # A console never sees a zero byte: it begins a frame.
            if at < 0:
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
            self._quiet(False)
            self._note(DOWN)


def data_cdc(ticks_us):
    """The second CDC; None where the firmware image has no `usb.device`."""
    try:
        import usb.device
        from usb.device.cdc import CDCInterface
    except ImportError:
        return None
    cdc = CDCInterface(timeout=0, txbuf=2048, rxbuf=512)
    usb.device.get().init(cdc, builtin_driver=True)
    return CdcLine(cdc, ticks_us)


class _Polled:
    # Standard input without waiting.
    def __init__(self):
        import select

        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self, most):
        """What is there."""
        data = b""
        while len(data) < most and self._poll.poll(0):
            one = sys.stdin.buffer.read(1)
            if not one:
                break
            data += one
        return data


class _Sink:
    # Swallows what programs print while the line carries frames.
    def write(self, data):
        return len(data)


def _hold_back(on):
    micropython.kbd_intr(-1 if on else 3)


def console_line(ticks_us):
    """The console's line; None where it cannot be polled."""
    try:
        reader = _Polled()
    except (ImportError, OSError):
        return None
    return ConsoleLine(reader, sys.stdout.buffer, _hold_back, ticks_us)
