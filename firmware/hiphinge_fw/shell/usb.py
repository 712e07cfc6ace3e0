"""Serial data: the second CDC of an ESP32-S3, or the console's line of a UART board after HELLO.

On a shared line the console has it until a frame comes; then prints are held back, until LEAVE or silence. `mpremote`
never sends a zero byte, and every frame begins with one. Ctrl-C is looked for here, between two passes, while the loop
runs: MicroPython's own would take any byte 0x03 of a frame for it, as of a host that does not know yet that the board
restarted.
"""

import builtins
import sys

import micropython
from micropython import const

from hiphinge_fw.core.link import DATA, DOWN, STREAM, UP

# Bytes taken in a pass: 115200 baud brings 370 in 32 ms.
_READ = const(512)
_SILENCE_MS = const(5000)
_DELIMITER = b"\0"
_CTRL_C = const(3)
# mpremote sends a return before it, people several in a row.
_KEYS = b"\r\n\x03"


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
    """A port used for data alone: always in data mode while a program has it open.

    Parameters
    ----------
    cdc : object
        ``is_open()``, ``dtr``, ``readinto(buffer)``, ``write(view)``.
    ticks_us : callable
    """

    def __init__(self, cdc, ticks_us):
        super().__init__(ticks_us)
        self._cdc = cdc
        self._buffer = bytearray(_READ)
        self._view = memoryview(self._buffer)

    def _look(self):
        # A cable to a computer is no host: a program that opens the port raises DTR, and its end, however it came,
        # lowers it.
        open_ = self._cdc.is_open() and self._cdc.dtr
        if open_ != self._up:
            self._up = open_
            self._note(UP if open_ else DOWN, b"usb")
            # What a host that is gone left unread is not the next one's.
            while not open_ and self._cdc.readinto(self._buffer):
                pass
        if open_:
            count = self._cdc.readinto(self._buffer)
            if count:
                self._note(DATA, bytes(self._view[:count]))

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


_print = builtins.print


def _nothing(*values, **options):
    # What programs print while the line carries frames.
    pass


def _hold_back(on):
    builtins.print = _nothing if on else _print


def console_line(ticks_us):
    """The console's line; None where it cannot be polled. `give_back` before the prompt has it again."""
    try:
        reader = _Polled()
    except (ImportError, OSError):
        return None
    micropython.kbd_intr(-1)
    return ConsoleLine(reader, sys.stdout.buffer, _hold_back, ticks_us)


def give_back():
    """The loop ended: prints are seen again, and Ctrl-C is MicroPython's own."""
    _hold_back(False)
    micropython.kbd_intr(_CTRL_C)
