"""One message at a time made a frame for a line, without allocation (protocol/SPEC.md, section 2)."""

from hiphinge_fw.core.crc16 import cobs, crc16
from hiphinge_fw.core.sender import LONGEST


class Frames:
    """Frames for a stream; as `sender.Packets`. ``port.write(view)`` returns how many bytes it took."""

    payload = LONGEST

    def __init__(self, port):
        self._port = port
        self.message = bytearray(LONGEST + 2)
        self._frame = bytearray(LONGEST + 2 + (LONGEST + 2) // 254 + 3)
        self._view = memoryview(self._frame)
        self.reset(0)

    def reset(self, payload):
        """The line is another's now."""
        self.busy = False
        self._at = 0
        self._end = 0

    def prepare(self, sizes):
        """Nothing: what a line takes at a time is not known before."""

    def load(self, length, message=None):
        """Send the first `length` bytes of `message` from now on."""
        if message is not None:
            self.message[:length] = message
        crc = crc16(self.message, 0, length, 0xFFFF)
        self.message[length] = crc & 0xFF
        self.message[length + 1] = crc >> 8
        self._frame[0] = 0
        self._end = cobs(self.message, length + 2, self._frame, 1)
        self._frame[self._end] = 0
        self._end += 1
        self._at = 0
        self.busy = True

    def push(self):
        """Offer what is left of the frame; False when not all of it went."""
        self._at += self._port.write(self._view[self._at : self._end])
        self.busy = self._at < self._end
        return not self.busy
