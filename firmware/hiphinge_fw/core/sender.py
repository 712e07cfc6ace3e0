"""One message at a time cut into packets (BLE; frames for a line are made by `frames`), without allocation.

Layout: protocol/SPEC.md, section 2. A packet the radio refuses stays as it is and is offered again: back-pressure costs
time, never a byte. Views of the packet buffer are made once for each length and kept.
"""

from micropython import const

from hiphinge_fw.core.copying import copy_bytes
from hiphinge_fw.core.crc16 import crc16

_FIRST = const(0x80)
_LAST = const(0x40)
_FIRST_OVERHEAD = const(5)
_NEXT_OVERHEAD = const(2)
LONGEST = const(1024)
# What one packet carries at MTU 247; a larger MTU gives no more a radio packet.
MOST_PAYLOAD = const(244)


class Packets:
    """Cuts messages for one characteristic.

    Parameters
    ----------
    port : object
        ``send(channel, view)`` returns False when there is no room.
    channel : int
    message : bytearray, optional
        Where messages are put; where there is none they are given to `load`.

    Attributes
    ----------
    message : bytes
        That on its way.
    busy : bool
        A message is on its way.
    payload : int
        Bytes a packet carries.
    """

    def __init__(self, port, channel, message=None):
        self._port = port
        self._channel = channel
        self.message = message
        self._packet = bytearray(MOST_PAYLOAD)
        self._whole = memoryview(self._packet)
        self._views = {}
        self.reset(20)

    def reset(self, payload):
        """A new connection: numbers begin at 0, what was on its way is gone."""
        self.payload = min(payload, MOST_PAYLOAD)
        self.busy = False
        self._number = 63
        self._ready = 0
        self._sent = 0
        self._length = 0

    def prepare(self, sizes):
        """Make the views of packets that will carry whole messages of these lengths."""
        for size in sizes:
            if size < self.payload:
                self._view(size + 1)
        self._view(self.payload)

    def _view(self, size):
        view = self._views.get(size)
        if view is None:
            view = self._views[size] = self._whole[:size]
        return view

    def load(self, length, message=None):
        """Send the first `length` bytes of `message` from now on."""
        if message is not None:
            self.message = message
        self._length = length
        self._sent = 0
        self._index = 0
        self._number = (self._number + 1) & 63
        self._ready = 0
        self.busy = True

    def push(self):
        """Offer the next packet; False when it was refused. `busy` tells whether there are more."""
        if not self._ready:
            self._cut()
        if not self._port.send(self._channel, self._view(self._ready)):
            return False
        self._ready = 0
        self._index += 1
        self.busy = self._sent < self._length
        return True

    def _cut(self):
        packet = self._packet
        length = self._length
        if self._index:
            at = _NEXT_OVERHEAD
            packet[1] = self._index
            head = 0
        elif length < self.payload:
            at = 1
            head = _FIRST
        else:
            at = _FIRST_OVERHEAD
            head = _FIRST
            crc = crc16(self.message, 0, length, 0xFFFF)
            packet[1] = length & 0xFF
            packet[2] = length >> 8
            packet[3] = crc & 0xFF
            packet[4] = crc >> 8
        count = self.payload - at
        if count >= length - self._sent:
            count = length - self._sent
            head |= _LAST
        packet[0] = head | self._number
        copy_bytes(packet, at, self.message, self._sent, count)
        self._sent += count
        self._ready = at + count
