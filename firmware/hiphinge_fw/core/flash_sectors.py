"""Sectors of the flash log: their headers and records, written, found whole or torn, marked and erased.

    sector    0 u32 magic, 4 u32 number, 8 u32 boot, 12 u32 sequence of its first record, 16 u32 CRC-32 of 0..15,
              20 u32 all ones until every record in it is acknowledged, then 0; 32 records
    record    0 u16 length, 2 u16 its complement, 4 u32 sequence, 8 u32 CRC-32 of 0..7 and the payload,
              12 payload, padded to 16 bytes; none crosses into the next sector

A record or header that a power cut tore does not fit its CRC. Which sectors there are and in which order, `flash_log`
knows.

The partition is `esp32.Partition` or alike: readblocks(block, buffer, offset), writeblocks(block, buffer, offset)
without erasing, ioctl(4) count, ioctl(5) size, ioctl(6, block) erase.
"""

from micropython import const

from hiphinge_fw.core.copying import copy_bytes
from hiphinge_fw.core.crc import crc32_into

SECTOR = const(4096)
SECTOR_HEADER = const(32)
LONGEST_BLOCK = const(1024)

_MAGIC = b"HHL1"
_DONE_AT = const(20)
_RECORD_HEADER = const(12)
_PAD = const(16)
_COUNT_BLOCKS = const(4)
_ERASE_BLOCK = const(6)

# What a sector is, as far as this boot knows.
DIRTY = const(0)  # needs an erasure
READY = const(1)  # erased in this boot
LIVE = const(2)  # holds records that are not acknowledged
DONE = const(3)  # holds acknowledged ones only


def record_bytes(length):
    """Bytes a block of that length takes in a sector."""
    return (_RECORD_HEADER + length + _PAD - 1) // _PAD * _PAD


def _put(buffer, at, value):
    for k in range(at, at + 4):
        buffer[k] = value & 0xFF
        value >>= 8


def _get(buffer, at):
    return buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | buffer[at + 3] << 24


class Sectors:
    """The sectors of a partition.

    Parameters
    ----------
    partition : object
        See above.

    Attributes
    ----------
    count : int
    states : bytearray
        `DIRTY`, `READY`, `LIVE` or `DONE`, by place.
    live : int
        How many are `LIVE`.
    errors : int
        Reads, writes and erasures that failed.
    damaged : int
        Sectors that ended in something torn, other than at their end.
    number, boot, first, done : int
        Of the header `load` read last; `first` is the sequence of the sector's first record.
    sequence, length : int
        Of the record `check` found last.
    """

    def __init__(self, partition):
        self._flash = partition
        self.count = partition.ioctl(_COUNT_BLOCKS, 0)
        self.states = bytearray(self.count)
        self.live = 0
        self.errors = 0
        self.damaged = 0
        self.number = self.boot = self.first = 0
        self.done = False
        self.sequence = self.length = 0
        self._buffer = bytearray(_RECORD_HEADER + LONGEST_BLOCK + 4)
        # Slices made once: a record is programmed in one go, rounded up to the padding.
        view = memoryview(self._buffer)
        self._views = [view[: _PAD * k] for k in range(len(self._buffer) // _PAD + 1)]
        self._header = bytearray(SECTOR_HEADER)
        self._header_key = memoryview(self._header)[:_DONE_AT]
        self._record = bytearray(_RECORD_HEADER)
        self._crc = bytearray(4)
        self._zero = bytes(4)

    # -- reading

    def load(self, block):
        """Read a sector's header; whether it is whole and in its place."""
        header = self._header
        try:
            self._flash.readblocks(block, header, 0)
        except OSError:
            self.errors += 1
            return False
        crc32_into(header, 0, 16, self._crc)
        if header[:4] != _MAGIC or header[16:20] != self._crc:
            return False
        self.number = _get(header, 4)
        self.boot = _get(header, 8)
        self.first = _get(header, 12)
        self.done = _get(header, _DONE_AT) != 0xFFFFFFFF
        return self.number % self.count == block

    def check(self, block, at):
        """Whether a whole record stands there; `copy` then gives its block."""
        if at + _PAD > SECTOR:
            return False
        record = self._record
        try:
            self._flash.readblocks(block, record, at)
            length = record[0] | record[1] << 8
            if (record[0] ^ record[2]) != 0xFF or (record[1] ^ record[3]) != 0xFF or length > LONGEST_BLOCK:
                self.damaged += record[0] & record[1] & record[2] & record[3] != 0xFF
                return False
            size = record_bytes(length)
            if at + size > SECTOR:
                return False
            self._flash.readblocks(block, self._views[size // _PAD], at)
        except OSError:
            self.errors += 1
            return False
        # Close the gap the CRC left, from the front: the copy goes downwards.
        copy_bytes(self._buffer, 8, self._buffer, _RECORD_HEADER, length)
        crc32_into(self._buffer, 0, 8 + length, self._crc)
        if record[8:12] != self._crc:
            self.damaged += 1
            return False
        self.sequence = _get(record, 4)
        self.length = length
        return True

    def copy(self, buffer):
        """Copy the block of the record found last."""
        copy_bytes(buffer, 0, self._buffer, 8, self.length)

    # -- writing

    def erase(self, block):
        """Erase a sector, which is the stall; returns whether it worked."""
        self.live -= self.states[block] == LIVE
        # Failed or not, what stood there cannot be relied on.
        self.states[block] = DIRTY
        try:
            self._flash.ioctl(_ERASE_BLOCK, block)
        except OSError:
            self.errors += 1
            return False
        self.states[block] = READY
        return True

    def begin(self, number, boot, sequence):
        """Write the header of an erased sector; returns whether it worked."""
        block = number % self.count
        header = self._header
        header[:4] = _MAGIC
        _put(header, 4, number)
        _put(header, 8, boot)
        _put(header, 12, sequence)
        crc32_into(header, 0, 16, self._crc)
        copy_bytes(header, 16, self._crc, 0, 4)
        try:
            self._flash.writeblocks(block, self._header_key, 0)
        except OSError:
            # What it left there is unknown: it is not erased any more.
            self.errors += 1
            self.states[block] = DIRTY
            return False
        self.states[block] = LIVE
        self.live += 1
        return True

    def write(self, block, at, sequence, buffer, place, length):
        """Write a block as a record; returns whether it worked."""
        size = record_bytes(length)
        record = self._buffer
        record[0] = length & 0xFF
        record[1] = length >> 8
        record[2] = record[0] ^ 0xFF
        record[3] = record[1] ^ 0xFF
        _put(record, 4, sequence)
        copy_bytes(record, 8, buffer, place, length)
        # The CRC covers header and payload in one piece: it is taken before the payload moves up behind it.
        crc32_into(record, 0, 8 + length, self._crc)
        copy_bytes(record, 8, self._crc, 0, 4)
        copy_bytes(record, _RECORD_HEADER, buffer, place, length)
        for k in range(_RECORD_HEADER + length, size):
            record[k] = 0xFF
        try:
            self._flash.writeblocks(block, self._views[size // _PAD], at)
        except OSError:
            self.errors += 1
            return False
        return True

    def finish(self, block):
        """Mark a sector as acknowledged; returns whether it worked."""
        try:
            self._flash.writeblocks(block, self._zero, _DONE_AT)
        except OSError:
            self.errors += 1
            return False
        self.states[block] = DONE
        self.live -= 1
        return True
