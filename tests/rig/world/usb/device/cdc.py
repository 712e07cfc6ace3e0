"""MicroPython-lib's `usb.device.cdc`: buffers between the firmware and `board.usb_host`.

What it keeps of the original: a cable that is plugged in is open, DTR or not; reads and writes end by `timeout`; the
host takes 64 bytes at a time, and only while a program there reads.
"""

import sim_board as board

_PACKET = 64


class CDCInterface:
    """One port."""

    def __init__(self, timeout=1000, txbuf=256, rxbuf=256):
        assert timeout == 0, "it would wait"
        assert txbuf and rxbuf >= _PACKET
        self._txbuf = txbuf
        self._rxbuf = rxbuf
        self._out = bytearray()

    def is_open(self):
        """Whether a computer has configured it."""
        return board.usb_host.plugged

    @property
    def dtr(self):
        """Whether a program there has opened it."""
        return board.usb_host.plugged and board.usb_host.opened

    def readinto(self, buffer):
        """What came, None for nothing."""
        host = board.usb_host
        count = min(len(buffer), len(host.to_device), self._rxbuf)
        buffer[:count] = host.to_device[:count]
        host.to_device = host.to_device[count:]
        return count or None

    def write(self, data):
        """As much as there is room for."""
        count = min(len(data), self._txbuf - len(self._out))
        self._out.extend(data[:count])
        self.drain()
        return count

    def drain(self):
        """The computer takes what is there."""
        host = board.usb_host
        while host.plugged and host.reads and self._out:
            host.take(bytes(self._out[:_PACKET]))
            self._out = self._out[_PACKET:]
