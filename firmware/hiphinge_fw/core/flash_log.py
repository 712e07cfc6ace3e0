"""Blocks that outlast the RAM ring and a power cut: a log of records on a raw flash partition.

The partition is a circle of 4 KiB sectors. Sectors are numbered upwards for ever; number n lives at n modulo their
count, so the log needs no directory, wears evenly, and its head is the highest number found. A sector holds records
of one boot:

    sector    0 u32 magic, 4 u32 number, 8 u32 boot, 12 u32 sequence of its first record, 16 u32 CRC-32 of 0..15,
              20 u32 all ones until every record in it is acknowledged, then 0; 32 records
    record    0 u16 length, 2 u16 its complement, 4 u32 sequence, 8 u32 CRC-32 of 0..7 and the payload,
              12 payload, padded to 16 bytes; none crosses into the next sector

Flash can only clear bits; setting them takes an erasure that stops the processor for 45 to 400 ms. So sectors are
erased ahead, while there is time (`prepare`), and appending never erases. A record or header that a power cut tore
does not fit its CRC and ends its sector; after a boot nothing counts as erased, and the log begins a new sector.
Erasing the sector that `prepare` needs when the circle is full costs its unacknowledged records: they are counted.

Best length of a block: `BEST_BLOCK`, four to a sector. With it profile C at 120 Hz (3.1 kB/s) fills 4 MiB in 21
minutes.

The partition is `esp32.Partition` or alike: readblocks(block, buffer, offset), writeblocks(block, buffer, offset)
without erasing, ioctl(4) count, ioctl(5) size, ioctl(6, block) erase.
"""

from micropython import const

from hiphinge_fw.core.copying import copy_bytes
from hiphinge_fw.core.crc import crc32_into

_MAGIC = b"HHL1"
_SECTOR = const(4096)
_SECTOR_HEADER = const(32)
_DONE_AT = const(20)
_RECORD_HEADER = const(12)
_PAD = const(16)
LONGEST_BLOCK = const(1024)
# (4096 - 32) / 4, less the header, in whole paddings.
BEST_BLOCK = const(996)

_COUNT_BLOCKS = const(4)
_ERASE_BLOCK = const(6)

# What a sector is, as far as this boot knows.
_DIRTY = const(0)  # needs an erasure
_READY = const(1)  # erased in this boot
_LIVE = const(2)  # holds records that are not acknowledged
_DONE = const(3)  # holds acknowledged ones only


def _put(buffer, at, value):
    for k in range(at, at + 4):
        buffer[k] = value & 0xFF
        value >>= 8


def _get(buffer, at):
    return buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | buffer[at + 3] << 24


class FlashLog:
    """Log of blocks on a partition; `mount` before anything else.

    Parameters
    ----------
    partition : object
        See above.
    ahead : int
        Sectors kept erased; one is 1.3 s of profile C.

    Attributes
    ----------
    sectors : int
        Size of the circle.
    boot, sequence : int
        Key of the record `read` found last.
    live : int
        Sectors that hold unacknowledged records.
    overwritten : int
        Unacknowledged records that were erased for newer ones.
    errors : int
        Reads, writes and erasures that failed.
    damaged : int
        Sectors that ended in something torn, other than at their end.
    """

    def __init__(self, partition, ahead=8):
        self._flash = partition
        self.sectors = partition.ioctl(_COUNT_BLOCKS, 0)
        self._ahead = min(ahead, self.sectors - 2)
        self._states = bytearray(self.sectors)
        self._buffer = bytearray(_RECORD_HEADER + LONGEST_BLOCK + 4)
        # Slices made once: a record is programmed in one go, rounded up to the padding.
        view = memoryview(self._buffer)
        self._views = [view[: _PAD * k] for k in range(len(self._buffer) // _PAD + 1)]
        self._header = bytearray(_SECTOR_HEADER)
        self._header_key = memoryview(self._header)[:_DONE_AT]
        self._record = bytearray(_RECORD_HEADER)
        self._crc = bytearray(4)
        self._zero = bytes(4)
        self.overwritten = 0
        self.errors = 0
        self.damaged = 0
        self.live = 0
        self._oldest = 0  # no sector below this number is live
        self._head = -1  # number of the sector written last
        self._end = _SECTOR  # where its next record goes
        self._at_number = 0
        self._at = _SECTOR_HEADER
        self.boot = 0
        self.sequence = 0
        self._append_boot = 0
        self._acknowledged = {}  # by boot, in this boot: so that a record given up is counted only if it was wanted

    # -- starting

    def mount(self):
        """Find the head by reading every sector's header; returns how many sectors hold unacknowledged records."""
        self._head = -1
        self._end = _SECTOR
        for block in range(self.sectors):
            self._states[block] = _DIRTY
            if self._load(block):
                self._head = max(self._head, _get(self._header, 4))
        self.live = 0
        for block in range(self.sectors):
            if self._load(block) and self._head - _get(self._header, 4) < self.sectors:
                done = _get(self._header, _DONE_AT) != 0xFFFFFFFF
                self._states[block] = _DONE if done else _LIVE
                self.live += not done
        self._oldest = max(0, self._head + 1 - self.sectors)
        self.rewind()
        return self.live

    def _load(self, block):
        # Read a sector's header; whether it is whole and in its place.
        try:
            self._flash.readblocks(block, self._header, 0)
        except OSError:
            self.errors += 1
            return False
        crc32_into(self._header, 0, 16, self._crc)
        return (
            self._header[:4] == _MAGIC
            and self._header[16:20] == self._crc
            and _get(self._header, 4) % self.sectors == block
        )

    # -- writing

    def ready(self):
        """Sectors that can be written without an erasure."""
        count = 0
        while count < self._ahead and self._states[(self._head + 1 + count) % self.sectors] == _READY:
            count += 1
        return count

    def prepare(self):
        """Erase one sector ahead if one is wanted; returns whether it did, for that is the stall.

        The oldest unacknowledged records are given up only when no erased sector is left.
        """
        ready = self.ready()
        if ready >= self._ahead:
            return False
        block = (self._head + 1 + ready) % self.sectors
        if self._states[block] == _LIVE:
            if ready:
                return False
            self.overwritten += self._count_records(block)
        return self._erase(block)

    def _erase(self, block):
        self.live -= self._states[block] == _LIVE
        # Failed or not, what stood there cannot be relied on.
        self._states[block] = _DIRTY
        try:
            self._flash.ioctl(_ERASE_BLOCK, block)
        except OSError:
            self.errors += 1
            return False
        self._states[block] = _READY
        return True

    def append(self, boot, sequence, buffer, place, length):
        """Write a block as a record.

        Parameters
        ----------
        boot, sequence : int
            Its key; within a boot sequences ascend.
        buffer : bytearray
            Holds it.
        place, length : int
            Where, and its bytes: at most `LONGEST_BLOCK`.

        Returns
        -------
        bool
            False when no erased sector is ready (`prepare`, then again) or flash failed: the block is not stored.
        """
        size = (_RECORD_HEADER + length + _PAD - 1) // _PAD
        if (self._end + size * _PAD > _SECTOR or boot != self._append_boot) and not self._open(boot, sequence):
            return False
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
        for k in range(_RECORD_HEADER + length, size * _PAD):
            record[k] = 0xFF
        try:
            self._flash.writeblocks(self._head % self.sectors, self._views[size], self._end)
        except OSError:
            # What it left there is unknown: leave the sector.
            self.errors += 1
            self._end = _SECTOR
            return False
        self._end += size * _PAD
        return True

    def _open(self, boot, sequence):
        number = self._head + 1
        block = number % self.sectors
        if self._states[block] != _READY:
            return False
        header = self._header
        header[:4] = _MAGIC
        _put(header, 4, number)
        _put(header, 8, boot)
        _put(header, 12, sequence)
        crc32_into(header, 0, 16, self._crc)
        copy_bytes(header, 16, self._crc, 0, 4)
        # Live or torn, it is not erased any more.
        self._states[block] = _LIVE
        self.live += 1
        self._head = number
        self._append_boot = boot
        try:
            self._flash.writeblocks(block, self._header_key, 0)
        except OSError:
            self.errors += 1
            self._states[block] = _DIRTY
            self.live -= 1
            self._end = _SECTOR
            return False
        self._end = _SECTOR_HEADER
        return True

    # -- reading

    def rewind(self):
        """The next `read` gives the oldest record."""
        self._at_number = max(0, self._head + 1 - self.sectors)
        self._at = _SECTOR_HEADER

    def seek(self, boot, sequence):
        """The next `read` gives the first record not before this key; returns whether there is one."""
        low = last = max(0, self._head + 1 - self.sectors)
        high = self._head
        # Keys ascend from sector to sector: the last one that begins at or before the key. Some hold nothing live.
        while low <= high:
            middle = (low + high) // 2
            found = middle
            while found >= low and not self._key(found):
                found -= 1
            if found < low:
                low = middle + 1
            elif (self.boot, self.sequence) > (boot, sequence):
                high = found - 1
            else:
                last = found
                low = middle + 1
        self._at_number = last
        self._at = _SECTOR_HEADER
        while self._next_record():
            if (self.boot, self.sequence) >= (boot, sequence):
                return True
            self._at += self._size()
        return False

    def read(self, buffer):
        """Copy the next record's block to `buffer` (`LONGEST_BLOCK` bytes); returns its length, 0 at the end."""
        if not self._next_record():
            return 0
        length = self._record[0] | self._record[1] << 8
        copy_bytes(buffer, 0, self._buffer, 8, length)
        self._at += self._size()
        return length

    def _key(self, number):
        # Key of a live sector's first record, to boot and sequence.
        if self._states[number % self.sectors] != _LIVE or not self._load(number % self.sectors):
            return False
        if _get(self._header, 4) != number:
            return False
        self.boot = _get(self._header, 8)
        self.sequence = _get(self._header, 12)
        return True

    def _size(self):
        length = self._record[0] | self._record[1] << 8
        return (_RECORD_HEADER + length + _PAD - 1) // _PAD * _PAD

    def _next_record(self):
        # Go to the next whole record; it is left in the buffer as its CRC saw it (header 8 bytes, payload).
        while self._at_number <= self._head:
            if self._at == _SECTOR_HEADER and not self._key(self._at_number):
                self._at_number += 1
                continue
            if self._check(self._at_number % self.sectors, self._at):
                self.sequence = _get(self._record, 4)
                return True
            self._at_number += 1
            self._at = _SECTOR_HEADER
        return False

    def _check(self, block, at):
        # Whether a whole record stands there.
        if at + _PAD > _SECTOR or (block == self._head % self.sectors and at >= self._end):
            return False
        record = self._record
        try:
            self._flash.readblocks(block, record, at)
            length = record[0] | record[1] << 8
            if (record[0] ^ record[2]) != 0xFF or (record[1] ^ record[3]) != 0xFF or length > LONGEST_BLOCK:
                self.damaged += record[0] & record[1] & record[2] & record[3] != 0xFF
                return False
            size = (_RECORD_HEADER + length + _PAD - 1) // _PAD
            if at + size * _PAD > _SECTOR:
                return False
            self._flash.readblocks(block, self._views[size], at)
        except OSError:
            self.errors += 1
            return False
        # Close the gap the CRC left, from the front: the copy goes downwards.
        copy_bytes(self._buffer, 8, self._buffer, _RECORD_HEADER, length)
        crc32_into(self._buffer, 0, 8 + length, self._crc)
        if record[8:12] != self._crc:
            self.damaged += 1
            return False
        return True

    def _count_records(self, block):
        if not self._load(block):
            return 0
        acknowledged = self._acknowledged.get(_get(self._header, 8), -1)
        at = _SECTOR_HEADER
        count = 0
        while self._check(block, at):
            count += _get(self._record, 4) > acknowledged
            at += self._size()
        return count

    # -- letting go

    def acknowledge(self, boot, sequence, most=16):
        """The host has all records of `boot` up to and with `sequence`: mark the sectors that hold nothing else.

        A sector still being written stays, and its records come again after a reboot.

        Parameters
        ----------
        boot, sequence : int
            Key.
        most : int
            Sectors marked in one call, so that a large step does not hold up the sensors: the next call goes on.

        Returns
        -------
        int
            Sectors marked.
        """
        self._acknowledged[boot] = max(sequence, self._acknowledged.get(boot, -1))
        freed = 0
        self._oldest = max(self._oldest, self._head + 1 - self.sectors)
        while self._oldest <= self._head and self._states[self._oldest % self.sectors] != _LIVE:
            self._oldest += 1
        number = self._oldest
        while number <= self._head and freed < most:
            if self._key(number):
                if (self.boot, self.sequence) > (boot, sequence):
                    break
                written = number == self._head and self._append_boot == boot
                if self.boot == boot and not written and self._covered(number, boot, sequence):
                    freed += self._finish(number % self.sectors)
            number += 1
        return freed

    def _covered(self, number, boot, sequence):
        # Whether every record of a sector is at or before the key; where the next one begins may tell without reading
        # it.
        if number < self._head and self._key(number + 1) and self.boot == boot:
            return self.sequence <= sequence + 1
        return self._last_sequence(number % self.sectors) <= sequence

    def erase_boot(self, boot):
        """Erase what is stored of `boot` (0: of all boots); returns whether everything went."""
        fine = True
        for number in range(max(0, self._head + 1 - self.sectors), self._head + 1):
            block = number % self.sectors
            if self._load(block) and boot in (0, _get(self._header, 8)):
                fine = self._erase(block) and fine
        if boot in (0, self._append_boot):
            self._end = _SECTOR
        return fine

    def free_bytes(self):
        """Bytes that can be stored before the oldest must go."""
        return (self.sectors - self.live) * (_SECTOR - _SECTOR_HEADER) + _SECTOR - self._end

    def _last_sequence(self, block):
        at = _SECTOR_HEADER
        last = -1
        while self._check(block, at):
            last = _get(self._record, 4)
            at += self._size()
        return last

    def _finish(self, block):
        try:
            self._flash.writeblocks(block, self._zero, _DONE_AT)
        except OSError:
            self.errors += 1
            return 0
        self._states[block] = _DONE
        self.live -= 1
        return 1
