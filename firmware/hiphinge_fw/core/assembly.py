"""Samples of both IMUs collected into blocks, and when a block closes (protocol/SPEC.md, section 4).

A pass of the loop adds what the FIFOs gave. The loop comes round every 28 to 32 ms, so a block that stayed open one
pass more would hold a sample older than 40 ms: it closes at the end of each pass. It stays open only while it cannot be
sent anyway, and is then full at a later point: one packet while a link refuses packets, `BACKLOG_BLOCK` without a
link, when fewer headers make the store last longer.
"""

from array import array

from micropython import const

from hiphinge_fw.core import packer
from hiphinge_fw.core.clock import ticks_diff
from hiphinge_wire.block import block_size, samples_that_fit
from hiphinge_wire.constants import (
    BLOCK_MOTOR,
    IMU_ABSENT,
    IMU_OVERFLOW,
    IMU_PERIOD_NOMINAL,
    IMU_REST,
    IMU_RESYNC,
    IMU_SETTLING,
)

# One packet at MTU 247: 244 bytes, one of them the fragment's head.
LIVE_BLOCK = const(243)
# Four fill a sector of the flash log, less their headers.
BACKLOG_BLOCK = const(996)
# Profile A in 1024 bytes.
_MOST_SAMPLES = const(121)
_BREAKS = const(0x14)  # IMU_OVERFLOW | IMU_RESYNC: what these flag lies before the first sample of a block


class Assembly:
    """The open block.

    Parameters
    ----------
    ring : BlockRing
        Takes the closed ones.
    clock : Clock
        The device's.
    sensors : sequence of 2 Sensor
        Have `clock` (a `SampleClock`), `absent`, `at_rest` and `settled`.
    boot : int
        Boot id.

    Attributes
    ----------
    profile, epoch : int
    samples : array of 2 int
        Taken in this boot, by IMU.
    motor : bool
        The motor ran since the last pass: what is added is flagged.
    full : int
        Bytes at which a block is full: `LIVE_BLOCK` or `BACKLOG_BLOCK`.
    """

    def __init__(self, ring, clock, sensors, boot):
        self._ring = ring
        self._clock = clock
        self._sensors = sensors
        self._stages = (
            array("h", bytes(2 * packer.COLUMNS * _MOST_SAMPLES)),
            array("h", bytes(2 * packer.COLUMNS * _MOST_SAMPLES)),
        )
        self._words = array("i", bytes(4 * packer.WORDS))
        self._words[packer.BOOT_LOW] = boot & 0xFFFF
        self._words[packer.BOOT_HIGH] = boot >> 16
        self._firsts = array("i", bytes(8))  # ticks of the first sample
        self.samples = array("i", bytes(8))
        self.motor = False
        self.epoch = 1
        self.full = LIVE_BLOCK
        self.set_profile(3)

    def set_profile(self, profile):
        """Close the open block and go on with another profile."""
        if self.open():
            self.close()
        self.profile = profile
        self._words[packer.PROFILE] = profile
        self._fits_live = samples_that_fit(profile, LIVE_BLOCK)
        self._fits_backlog = samples_that_fit(profile, BACKLOG_BLOCK)
        # Sizes of what goes out in one packet: a sender prepares its views for them.
        self.sizes = tuple(block_size(profile, n) for n in range(1, self._fits_live + 1))
        self._clear()

    def set_epoch(self, epoch):
        """What follows belongs to another configuration."""
        if self.open():
            self.close()
        self.epoch = epoch

    def _clear(self):
        words = self._words
        words[packer.COUNTS] = words[packer.COUNTS + 1] = 0
        words[packer.FLAGS] = 0
        words[packer.IMU_FLAGS] = words[packer.IMU_FLAGS + 1] = 0

    def open(self):
        """Samples in the open block."""
        return self._words[packer.COUNTS] + self._words[packer.COUNTS + 1]

    def add(self, imu, raw, quaternions, count, first_index, flags):
        """Take in consecutive samples of one IMU; closes blocks as they get full or contiguity breaks.

        Parameters
        ----------
        imu : int
            0 or 1.
        raw, quaternions : array of int16
            Six and four counts a sample.
        count : int
        first_index : int
            Index of the first.
        flags : int
            ``IMU_*`` of the driver: clipped, overflow, bus error, resync.
        """
        words = self._words
        sensor = self._sensors[imu]
        start = 0
        while start < count:
            have = words[packer.COUNTS + imu]
            if have and (first_index + start != words[packer.FIRST + imu] + have or (start == 0 and flags & _BREAKS)):
                self.close()
                continue
            room = (self._fits_live if self.full == LIVE_BLOCK else self._fits_backlog) - self.open()
            if room <= 0:
                self.close()
                continue
            n = count - start
            if n > room:
                n = room
            if have == 0:
                words[packer.FIRST + imu] = first_index + start
                words[packer.IMU_FLAGS + imu] = IMU_REST
            packer.stage(self._stages[imu], have, raw, quaternions, start, n)
            seen = words[packer.IMU_FLAGS + imu] | flags
            if not sensor.at_rest:
                seen &= ~IMU_REST
            if not sensor.settled:
                seen |= IMU_SETTLING
            words[packer.IMU_FLAGS + imu] = seen
            words[packer.COUNTS + imu] = have + n
            if self.motor:
                words[packer.FLAGS] = BLOCK_MOTOR
            start += n
            # What happened before these samples did not happen before the next block's.
            flags &= ~(IMU_OVERFLOW | IMU_RESYNC)
        self.samples[imu] += count

    def end_pass(self, grow):
        """Close the open block at the end of a pass; `grow` leaves it open, for it could not be sent yet."""
        if not grow and self.open():
            self.close()

    def close(self):
        """Close the open block, which has samples, into the ring; returns its sequence."""
        words = self._words
        ring = self._ring
        firsts = self._firsts
        base = 0
        for imu in range(2):
            clock = self._sensors[imu].clock
            words[packer.PERIOD + imu] = clock.period
            words[packer.OFFSET + imu] = 0
            if not clock.measured:
                words[packer.IMU_FLAGS + imu] |= IMU_PERIOD_NOMINAL
            if words[packer.COUNTS + imu]:
                firsts[imu] = clock.ticks_of(words[packer.FIRST + imu])
                base = firsts[imu]
            else:
                words[packer.FIRST + imu] = self._sensors[imu].next_index
                if self._sensors[imu].absent:
                    words[packer.IMU_FLAGS + imu] |= IMU_ABSENT
        if words[packer.COUNTS] and words[packer.COUNTS + 1]:
            offset = ticks_diff(firsts[1], firsts[0])
            base = firsts[0]
            if offset < 0:
                base = firsts[1]
                words[packer.OFFSET] = -offset
            else:
                words[packer.OFFSET + 1] = offset
        words[packer.EPOCH] = self.epoch
        words[packer.SEQUENCE] = ring.next
        place = ring.reserve(block_size(self.profile, self.open()))
        length = packer.pack(ring.buffer, place, words, self._stages[0], self._stages[1])
        self._clock.put(ring.buffer, place + packer.TIME_AT, base)
        self._clear()
        return ring.commit(length)
