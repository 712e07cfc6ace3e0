"""Frames on a byte stream without packet borders (USB serial): COBS with a CRC-16.

A frame on the line is ``00 | COBS(payload | crc) | 00``. The byte 0 never occurs inside, so a receiver that
joins late, or reads console text between frames, is back in step at the next 0. The leading 0 keeps such text from
costing the first frame behind it; two neighbouring zeros are an empty frame and mean nothing.

COBS: S. Cheshire, M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999.
CRC: CRC-16/CCITT-FALSE (also IBM-3740): polynomial 0x1021, start 0xFFFF, not reflected, no final xor, check value
0x29B1; sent low byte first, as every number on this wire.
"""

import struct

from hiphinge_wire.constants import MAX_MESSAGE
from hiphinge_wire.errors import DAMAGED, TOO_LONG, WireError

DELIMITER = 0
CRC_START = 0xFFFF
# A frame carries one whole message.
MAX_PAYLOAD = MAX_MESSAGE

_LONGEST_RUN = 254  # COBS: the code byte counts itself, and 0xFF stands for 254 bytes with no zero behind them
_CRC_BYTES = 2


def crc16(data: bytes | bytearray | memoryview, crc: int = CRC_START) -> int:
    """CRC-16/CCITT-FALSE of `data`.

    Parameters
    ----------
    data : bytes
        What to check.
    crc : int
        The CRC so far, to go on from an earlier piece.

    Returns
    -------
    int
        0..65535; 0x29B1 for ``b"123456789"``.
    """
    # Eight polynomial steps at once and no table: every value stays under 2**24, a small int on a 32-bit MicroPython,
    # so no step touches the heap.
    for byte in data:
        x = (crc >> 8) ^ byte
        x ^= x >> 4
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xFFFF
    return crc


def encoded_size(length: int) -> int:
    """Largest number of bytes `cobs_encode` makes of `length` bytes."""
    return length + length // _LONGEST_RUN + 1


def cobs_encode_into(
    data: bytes | bytearray | memoryview, length: int, out: bytearray | memoryview, start: int = 0
) -> int:
    """Write the COBS encoding of ``data[:length]`` to ``out[start:]``; allocates nothing.

    Parameters
    ----------
    data : bytes
        What to encode.
    length : int
        How many bytes of it.
    out : bytearray
        At least ``start + encoded_size(length)`` long; not the buffer `data` lies in.
    start : int
        Where to write.

    Returns
    -------
    int
        Where the encoding ends in `out`.
    """
    code_at = start
    write = start + 1
    code = 1
    for i in range(length):
        byte = data[i]
        # A full run is closed only when more follows: 254 bytes alone need no second code byte.
        if code == _LONGEST_RUN + 1:
            out[code_at] = code
            code_at = write
            write += 1
            code = 1
        if byte == DELIMITER:
            out[code_at] = code
            code_at = write
            write += 1
            code = 1
        else:
            out[write] = byte
            write += 1
            code += 1
    out[code_at] = code
    return write


def cobs_encode(data: bytes | bytearray | memoryview) -> bytes:
    """COBS encoding of `data`: no byte of it is 0. Without delimiters."""
    out = bytearray(encoded_size(len(data)))
    return bytes(out[: cobs_encode_into(data, len(data), out)])


def cobs_decode(data: bytes | bytearray | memoryview) -> bytes:
    """Undo `cobs_encode`.

    Parameters
    ----------
    data : bytes
        One encoding, without delimiters.

    Returns
    -------
    bytes

    Raises
    ------
    WireError
        `data` is empty, holds a 0, or ends inside a run.
    """
    size = len(data)
    if size == 0:
        raise WireError(DAMAGED, "empty: even no data at all is encoded as one byte")
    out = bytearray(size)
    write = 0
    read = 0
    while read < size:
        code = data[read]
        end = read + code
        if code == DELIMITER:
            raise WireError(DAMAGED, "a zero byte inside a frame")
        if end > size:
            raise WireError(DAMAGED, "the frame ends inside a run: bytes are missing")
        read += 1
        while read < end:
            byte = data[read]
            if byte == DELIMITER:
                raise WireError(DAMAGED, "a zero byte inside a frame")
            out[write] = byte
            write += 1
            read += 1
        if code <= _LONGEST_RUN and read < size:
            write += 1  # `out` begins as zeros
    return bytes(out[:write])


def encode_frame(payload: bytes | bytearray | memoryview) -> bytes:
    """Whole frame for the line: delimiter, COBS of payload and CRC, delimiter.

    Parameters
    ----------
    payload : bytes
        1..`MAX_PAYLOAD` bytes.

    Returns
    -------
    bytes

    Raises
    ------
    WireError
        The payload is empty or too long.
    """
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise WireError(TOO_LONG, f"a payload has 1 to {MAX_PAYLOAD} bytes, not {len(payload)}")
    return b"\0" + cobs_encode(bytes(payload) + struct.pack("<H", crc16(payload))) + b"\0"


def decode_frame(frame: bytes | bytearray | memoryview) -> bytes:
    """Payload of one frame, its delimiters taken off.

    Parameters
    ----------
    frame : bytes
        What stood between two delimiters.

    Returns
    -------
    bytes

    Raises
    ------
    WireError
        No valid COBS, an empty or too long payload, or a CRC that does not fit.
    """
    body = cobs_decode(frame)
    length = len(body) - _CRC_BYTES
    if not 1 <= length <= MAX_PAYLOAD:
        raise WireError(TOO_LONG, f"a payload has 1 to {MAX_PAYLOAD} bytes, not {length}")
    payload = body[:length]
    if crc16(payload) != struct.unpack("<H", body[length:])[0]:
        raise WireError(DAMAGED, "the CRC does not fit: the frame is damaged")
    return payload


class Deframer:
    """Bytes in as they arrive, whole payloads out; damaged frames are counted, never raised.

    Attributes
    ----------
    damaged : int
        Stretches between delimiters that were no frame: damage on the line, or text of a console.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._buffer = bytearray()
        self._overlong = False

    def feed(self, data: bytes | bytearray | memoryview) -> list[bytes]:
        """Take the next bytes of the line.

        Parameters
        ----------
        data : bytes
            Any number of bytes, cut anywhere.

        Returns
        -------
        list of bytes
            The payloads completed by `data`, in order.
        """
        payloads: list[bytes] = []
        pieces = bytes(data).split(b"\0")
        self._take(pieces[0])
        for piece in pieces[1:]:  # a delimiter stands before each
            payload = self._close()
            if payload is not None:
                payloads.append(payload)
            self._take(piece)
        return payloads

    def _take(self, piece: bytes) -> None:
        # A line that never sends a delimiter must not fill the memory.
        if self._overlong or len(self._buffer) + len(piece) > encoded_size(MAX_PAYLOAD + _CRC_BYTES):
            self._overlong = True
            self._buffer = bytearray()
        else:
            self._buffer.extend(piece)

    def _close(self) -> bytes | None:
        frame = self._buffer
        overlong = self._overlong
        self._buffer = bytearray()
        self._overlong = False
        if overlong:
            self.damaged += 1
            return None
        if len(frame) == 0:
            return None
        try:
            return decode_frame(frame)
        except WireError:
            self.damaged += 1
            return None
