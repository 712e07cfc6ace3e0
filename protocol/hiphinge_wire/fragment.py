"""Messages cut to what one ATT packet carries, and joined again.

A message that fits into one fragment costs one byte. Longer ones carry their length and CRC-16 in the first fragment
and an index in the others: what is lost, reordered or out of place ends that message and is never joined to another.

The first byte of a fragment: bit 7 first, bit 6 last, bits 5..0 the message's number, counted per direction and
characteristic, modulo 64.
"""

import struct

from hiphinge_wire.constants import MAX_MESSAGE, MIN_PAYLOAD
from hiphinge_wire.errors import BAD_VALUE, TOO_LONG, WireError
from hiphinge_wire.framing import crc16

FIRST = 0x80
LAST = 0x40
NUMBERS = 64
_NUMBER_MASK = 0x3F
SINGLE_OVERHEAD = 1
FIRST_OVERHEAD = 5
NEXT_OVERHEAD = 2


def fragment_count(length: int, payload: int) -> int:
    """How many fragments a message takes.

    Parameters
    ----------
    length : int
        Bytes of the message, 1..`MAX_MESSAGE`.
    payload : int
        Bytes one packet carries (ATT MTU - 3), at least 20.

    Returns
    -------
    int

    Raises
    ------
    WireError
        `length` or `payload` outside its range.
    """
    if payload < MIN_PAYLOAD:
        raise WireError(BAD_VALUE, f"a packet carries {payload} bytes; at least {MIN_PAYLOAD} needed")
    if not 1 <= length <= MAX_MESSAGE:
        raise WireError(TOO_LONG, f"a message has 1 to {MAX_MESSAGE} bytes, not {length}")
    if length + SINGLE_OVERHEAD <= payload:
        return 1
    rest = length - (payload - FIRST_OVERHEAD)
    step = payload - NEXT_OVERHEAD
    return 1 + (rest + step - 1) // step


def fragment_into(
    out: bytearray | memoryview,
    message: bytes | bytearray | memoryview,
    length: int,
    crc: int,
    number: int,
    index: int,
    payload: int,
) -> int:
    """Write one fragment of a message to `out`.

    Parameters
    ----------
    out : bytearray
        At least `payload` long.
    message : bytes
        Holds the message in its first `length` bytes.
    length : int
        Bytes of the message.
    crc : int
        `crc16` of the message; not used where one fragment is enough.
    number : int
        Number of the message, 0..63.
    index : int
        Which fragment, below ``fragment_count(length, payload)``.
    payload : int
        Bytes one packet carries.

    Returns
    -------
    int
        Bytes of the fragment.

    Raises
    ------
    WireError
        A value outside its range.
    """
    count = fragment_count(length, payload)
    if not 0 <= index < count or len(out) < payload or len(message) < length:
        raise WireError(BAD_VALUE, f"no fragment {index} of {count}, or a buffer is too short")
    last = LAST if index == count - 1 else 0
    if index == 0:
        out[0] = FIRST | last | (number & _NUMBER_MASK)
        start = 0
        at = SINGLE_OVERHEAD if last else FIRST_OVERHEAD
        if not last:
            struct.pack_into("<HH", out, 1, length, crc)
    else:
        out[0] = last | (number & _NUMBER_MASK)
        out[1] = index
        at = NEXT_OVERHEAD
        start = payload - FIRST_OVERHEAD + (index - 1) * (payload - NEXT_OVERHEAD)
    end = min(length, start + payload - at)
    out[at : at + end - start] = memoryview(message)[start:end]
    return at + end - start


class Fragmenter:
    """Cuts messages for one direction of one characteristic; numbers them.

    Attributes
    ----------
    payload : int
        Bytes one packet carries (ATT MTU - 3); may change between messages.
    """

    def __init__(self, payload: int) -> None:
        self.payload = payload
        self._number = 0

    def split(self, message: bytes | bytearray | memoryview) -> list[bytes]:
        """Fragments of `message`, in order.

        Parameters
        ----------
        message : bytes
            1..`MAX_MESSAGE` bytes.

        Returns
        -------
        list of bytes

        Raises
        ------
        WireError
            The message is empty or too long, or the payload below 20 bytes.
        """
        length = len(message)
        count = fragment_count(length, self.payload)
        crc = crc16(message) if count > 1 else 0
        out = bytearray(self.payload)
        fragments: list[bytes] = []
        for index in range(count):
            size = fragment_into(out, message, length, crc, self._number, index, self.payload)
            fragments.append(bytes(memoryview(out)[:size]))
        self._number = (self._number + 1) % NUMBERS
        return fragments


class Reassembler:
    """Fragments in, whole messages out; what does not fit is counted, never raised or joined. Start anew per link.

    Attributes
    ----------
    damaged : int
        Messages dropped: a fragment of theirs was missing, out of place, empty, or the CRC did not fit.
    overlong : int
        Messages dropped for being longer than `longest`.
    lost : int
        Messages of which nothing arrived, by their numbers; exact while fewer than 32 are lost in a row.
    """

    def __init__(self, longest: int = MAX_MESSAGE) -> None:
        self.damaged = 0
        self.overlong = 0
        self.lost = 0
        self._longest = longest
        self._buffer = bytearray(longest)  # once: bounded whatever arrives
        self._number = -1
        self._open = False
        self._filled = 0
        self._next = 0
        self._length = 0
        self._crc = 0

    def feed(self, fragment: bytes | bytearray | memoryview) -> bytes | None:
        """Take the next fragment.

        Parameters
        ----------
        fragment : bytes
            One packet.

        Returns
        -------
        bytes or None
            The message this fragment completes.
        """
        if len(fragment) == 0:
            self.damaged += 1
            return None
        head = fragment[0]
        if head & FIRST:
            return self._begin(fragment, head)
        return self._go_on(fragment, head)

    def _begin(self, fragment: bytes | bytearray | memoryview, head: int) -> bytes | None:
        if self._open:
            if not head & LAST and head & _NUMBER_MASK == self._number and self._next == 1:
                return None  # the same first fragment once more; were it another's, the CRC would not fit
            self._drop()
        self._count_lost(head & _NUMBER_MASK)
        if head & LAST:
            return self._whole(fragment)
        if len(fragment) <= FIRST_OVERHEAD:
            self.damaged += 1
            return None
        self._length, self._crc = struct.unpack_from("<HH", fragment, 1)
        if self._length > self._longest:
            self.overlong += 1
            return None
        self._open = True
        self._filled = 0
        self._next = 1
        self._append(fragment, FIRST_OVERHEAD)
        return None

    def _whole(self, fragment: bytes | bytearray | memoryview) -> bytes | None:
        size = len(fragment) - SINGLE_OVERHEAD
        if size == 0:
            self.damaged += 1
            return None
        if size > self._longest:
            self.overlong += 1
            return None
        return bytes(fragment[SINGLE_OVERHEAD:])

    def _go_on(self, fragment: bytes | bytearray | memoryview, head: int) -> bytes | None:
        number = head & _NUMBER_MASK
        if not self._open or number != self._number:
            if self._open:
                self._drop()
            if number != self._number:  # its first fragment is missing; counted once
                self._count_lost(number)
                self.damaged += 1
            return None
        index = fragment[1] if len(fragment) > NEXT_OVERHEAD else -1
        if index == self._next - 1 and index > 0 and not head & LAST:
            return None  # the same fragment once more
        if index != self._next or not self._append(fragment, NEXT_OVERHEAD):
            self._drop()
            return None
        self._next += 1
        if not head & LAST:
            return None
        message = bytes(memoryview(self._buffer)[: self._filled])
        if self._filled != self._length or crc16(message) != self._crc:
            self._drop()
            return None
        self._open = False
        return message

    def _append(self, fragment: bytes | bytearray | memoryview, start: int) -> bool:
        end = self._filled + len(fragment) - start
        if end > self._length:
            return False
        self._buffer[self._filled : end] = memoryview(fragment)[start:]
        self._filled = end
        return True

    def _drop(self) -> None:
        self._open = False
        self.damaged += 1

    def _count_lost(self, number: int) -> None:
        gap = (number - self._number - 1) % NUMBERS
        # More than half the numbers is a step back: out of order, not lost.
        if self._number >= 0 and gap < NUMBERS // 2:
            self.lost += gap
        self._number = number
