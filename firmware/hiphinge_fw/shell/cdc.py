"""A second CDC interface for data, where the image has the modules for it (micropython-lib, `usb-device-cdc`)."""

from micropython import const

from hiphinge_fw.core.link import DATA, DOWN, UP
from hiphinge_fw.shell.usb import Line

# Bytes taken in a pass.
_READ = const(512)


class CdcLine(Line):
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
