"""Blocks that outlast the RAM ring and a power cut: a log of records on a raw flash partition.

The partition is a circle of 4 KiB sectors. Sectors are numbered upwards for ever; number n lives at n modulo their
count, so the log needs no directory, wears evenly, and its head is the highest number found. A sector holds records
of one boot; their layout stands in `flash_sectors`.

Flash can only clear bits; setting them takes an erasure that stops the processor for 45 to 400 ms. So sectors are
erased ahead, while there is time (`prepare`), and appending never erases. A record or header that a power cut tore
does not fit its CRC and ends its sector; after a boot nothing counts as erased, and the log begins a new sector.
Erasing the sector that `prepare` needs when the circle is full costs its unacknowledged records: they are counted.

Best length of a block: `BEST_BLOCK`, four to a sector. With it profile C at 120 Hz (3.1 kB/s) fills 4 MiB in 21
minutes.
"""

from micropython import const

from hiphinge_fw.core.flash_sectors import (
    DIRTY,
    DONE,
    LIVE,
    READY,
    SECTOR,
    SECTOR_HEADER,
    Sectors,
    record_bytes,
)

# (4096 - 32) / 4, less the header, in whole paddings.
BEST_BLOCK = const(996)
# Sectors erased in one call on request: 0.4 s each at worst, and the watchdog bites after 8 s.
_ERASED_A_CALL = const(16)


class FlashLog:
    """Log of blocks on a partition; `mount` before anything else.

    Parameters
    ----------
    partition : object
        As of `Sectors`.
    ahead : int
        Sectors kept erased; one is 1.3 s of profile C.

    Attributes
    ----------
    sectors : int
        Size of the circle.
    boot, sequence : int
        Key of the record `read` found last.
    overwritten : int
        Unacknowledged records that were erased for newer ones.
    """

    def __init__(self, partition, ahead=8):
        self._all = Sectors(partition)
        self.sectors = self._all.count
        self._ahead = min(ahead, self.sectors - 2)
        self.overwritten = 0
        self._oldest = 0  # no sector below this number is live
        self._head = -1  # number of the sector written last
        self._end = SECTOR  # where its next record goes
        self._at_number = 0
        self._at = SECTOR_HEADER
        self.boot = 0
        self.sequence = 0
        self._append_boot = 0
        self._acknowledged = {}  # by boot, in this boot: so that a record given up is counted only if it was wanted

    @property
    def live(self):
        """Sectors that hold unacknowledged records."""
        return self._all.live

    @property
    def errors(self):
        """Reads, writes and erasures that failed."""
        return self._all.errors

    @property
    def damaged(self):
        """Sectors that ended in something torn, other than at their end."""
        return self._all.damaged

    # -- starting

    def mount(self):
        """Find the head by reading every sector's header; returns how many sectors hold unacknowledged records."""
        every = self._all
        self._head = -1
        self._end = SECTOR
        for block in range(self.sectors):
            every.states[block] = DIRTY
            if every.load(block):
                self._head = max(self._head, every.number)
        every.live = 0
        for block in range(self.sectors):
            if every.load(block) and self._head - every.number < self.sectors:
                every.states[block] = DONE if every.done else LIVE
                every.live += not every.done
        self._oldest = max(0, self._head + 1 - self.sectors)
        self.rewind()
        return every.live

    # -- writing

    def ready(self):
        """Sectors that can be written without an erasure."""
        count = 0
        while count < self._ahead and self._all.states[(self._head + 1 + count) % self.sectors] == READY:
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
        if self._all.states[block] == LIVE:
            if ready:
                return False
            self.overwritten += self._count_records(block)
        return self._all.erase(block)

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
        size = record_bytes(length)
        if (self._end + size > SECTOR or boot != self._append_boot) and not self._open(boot, sequence):
            return False
        if not self._all.write(self._head % self.sectors, self._end, sequence, buffer, place, length):
            # What it left there is unknown: leave the sector.
            self._end = SECTOR
            return False
        self._end += size
        return True

    def _open(self, boot, sequence):
        number = self._head + 1
        if self._all.states[number % self.sectors] != READY:
            return False
        # Whole or torn, its number is used.
        self._head = number
        self._append_boot = boot
        fine = self._all.begin(number, boot, sequence)
        self._end = SECTOR_HEADER if fine else SECTOR
        return fine

    # -- reading

    def rewind(self):
        """The next `read` gives the oldest record."""
        self._at_number = max(0, self._head + 1 - self.sectors)
        self._at = SECTOR_HEADER

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
        self._at = SECTOR_HEADER
        while self._next_record():
            if (self.boot, self.sequence) >= (boot, sequence):
                return True
            self._at += self._size()
        return False

    def read(self, buffer):
        """Copy the next record's block to `buffer` (`LONGEST_BLOCK` bytes); returns its length, 0 at the end."""
        if not self._next_record():
            return 0
        self._all.copy(buffer)
        self._at += self._size()
        return self._all.length

    def _key(self, number):
        # Key of a live sector's first record, to boot and sequence.
        every = self._all
        block = number % self.sectors
        if every.states[block] != LIVE or not every.load(block) or every.number != number:
            return False
        self.boot = every.boot
        self.sequence = every.first
        return True

    def _size(self):
        return record_bytes(self._all.length)

    def _next_record(self):
        # Go to the next whole record.
        while self._at_number <= self._head:
            if self._at == SECTOR_HEADER and not self._key(self._at_number):
                self._at_number += 1
                continue
            if self._check(self._at_number % self.sectors, self._at):
                self.sequence = self._all.sequence
                return True
            self._at_number += 1
            self._at = SECTOR_HEADER
        return False

    def _check(self, block, at):
        # Whether a whole record stands there; behind the newest one is nothing.
        return not (block == self._head % self.sectors and at >= self._end) and self._all.check(block, at)

    def _count_records(self, block):
        if not self._all.load(block):
            return 0
        acknowledged = self._acknowledged.get(self._all.boot, -1)
        at = SECTOR_HEADER
        count = 0
        while self._check(block, at):
            count += self._all.sequence > acknowledged
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
        while self._oldest <= self._head and self._all.states[self._oldest % self.sectors] != LIVE:
            self._oldest += 1
        number = self._oldest
        while number <= self._head and freed < most:
            if self._key(number):
                if (self.boot, self.sequence) > (boot, sequence):
                    break
                written = number == self._head and self._append_boot == boot
                if self.boot == boot and not written and self._covered(number, boot, sequence):
                    freed += self._all.finish(number % self.sectors)
            number += 1
        return freed

    def _covered(self, number, boot, sequence):
        # Whether every record of a sector is at or before the key; where the next one begins may tell without reading
        # it.
        if number < self._head and self._key(number + 1) and self.boot == boot:
            return self.sequence <= sequence + 1
        return self._last_sequence(number % self.sectors) <= sequence

    def erase_boot(self, boot):
        """Erase what is stored of `boot` (0: of all boots), some sectors a call.

        Returns
        -------
        bool or None
            Whether everything went; None: there is more, call again. A whole store takes minutes: the watchdog bites.
        """
        fine = True
        left = _ERASED_A_CALL
        for number in range(max(0, self._head + 1 - self.sectors), self._head + 1):
            block = number % self.sectors
            if self._all.load(block) and boot in (0, self._all.boot):
                if not left:
                    return None
                left -= 1
                fine = self._all.erase(block) and fine
        if boot in (0, self._append_boot):
            self._end = SECTOR
        return fine

    def free_bytes(self):
        """Bytes that can be stored before the oldest must go."""
        return (self.sectors - self.live) * (SECTOR - SECTOR_HEADER) + SECTOR - self._end

    def _last_sequence(self, block):
        at = SECTOR_HEADER
        last = -1
        while self._check(block, at):
            last = self._all.sequence
            at += self._size()
        return last
