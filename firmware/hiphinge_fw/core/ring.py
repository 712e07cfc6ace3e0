"""Blocks kept in RAM until the host has acknowledged them: one ring of bytes, blocks of any length, oldest at its tail.

A block lies in one piece (what does not fit before the end begins anew at the start), so a sender can take it from
`buffer` as it stands. Nothing is allocated after construction: places are numbers, not slices.

Sizes: profile C of two IMUs at 120 Hz is 2880 bytes of samples a second. In blocks of 35 ms (174 bytes) that is 5.0
kB/s, in blocks of 1 kB, as an outage makes them, 3.1 kB/s. Ten seconds of the former are `bytes_for(286, 174, 1024)`:
52 kB.
"""

from array import array

from micropython import const

# Alignment of blocks, so that viper can take words from them.
_ALIGN = const(4)


def bytes_for(blocks, length, longest):
    """Capacity that always holds `blocks` blocks of `length` bytes while one of up to `longest` is being made.

    Padding, the gap at the end of the ring and the room reserved for the open block are counted.
    """
    return blocks * ((length + _ALIGN - 1) // _ALIGN * _ALIGN) + 2 * longest


class BlockRing:
    """Ring of blocks, numbered by their sequence.

    Parameters
    ----------
    capacity : int
        Bytes.
    slots : int
        Most blocks; at 35 ms a block ten seconds are 286.

    Attributes
    ----------
    buffer : bytearray
        The blocks' bytes.
    first, next : int
        Sequence of the oldest block held, and of the next to be made; equal when empty.
    saved : int
        Blocks below this sequence are in the flash log too: they may go without being lost.
    dropped : int
        Blocks that had to go unacknowledged and unsaved.
    """

    def __init__(self, capacity, slots):
        self.first = 0
        self.next = 0
        self.saved = 0
        self.dropped = 0
        self.hold(capacity, slots)

    def hold(self, capacity, slots):
        """Hold so much from now on; only while it is empty. Raises MemoryError, and is then as it was."""
        buffer = bytearray(capacity)
        places = array("I", bytes(4 * slots))
        lengths = array("H", bytes(2 * slots))
        self.buffer, self._places, self._lengths = buffer, places, lengths
        self._capacity = capacity
        self._slots = slots
        self._head = 0

    def reserve(self, length):
        """Make room for the next block, at the cost of the oldest.

        Parameters
        ----------
        length : int
            Most bytes it will have; at most the capacity.

        Returns
        -------
        int
            Where in `buffer` to write it; `commit` then says how long it became.
        """
        place = self._head
        if place + length > self._capacity:
            # What lies between here and the end is older than what lies at the start.
            while self.next != self.first and self._places[self.first % self._slots] >= place:
                self._evict()
            place = 0
        while self.next != self.first:
            oldest = self._places[self.first % self._slots]
            if self.next - self.first < self._slots and (oldest >= place + length or oldest < place):
                break
            # Full of slots, or the oldest lies where the new one goes.
            self._evict()
        self._head = place
        return place

    def commit(self, length):
        """The block at the reserved place is complete.

        Parameters
        ----------
        length : int
            Its bytes.

        Returns
        -------
        int
            Its sequence.
        """
        sequence = self.next
        slot = sequence % self._slots
        self._places[slot] = self._head
        self._lengths[slot] = length
        self._head = (self._head + length + _ALIGN - 1) // _ALIGN * _ALIGN
        self.next = sequence + 1
        return sequence

    def free(self, sequence):
        """The host has all blocks up to and with `sequence`: let them go."""
        if sequence >= self.next:
            sequence = self.next - 1
        if sequence >= self.first:
            self.first = sequence + 1

    def holds(self, sequence):
        """Whether the block is here."""
        return self.first <= sequence < self.next

    def place(self, sequence):
        """Where in `buffer` the block begins; ask only for one that is held."""
        return self._places[sequence % self._slots]

    def length(self, sequence):
        """Its bytes."""
        return self._lengths[sequence % self._slots]

    def used(self):
        """Bytes between tail and head: how full the ring is."""
        if self.next == self.first:
            return 0
        return (self._head - self._places[self.first % self._slots]) % self._capacity or self._capacity

    def _evict(self):
        if self.first >= self.saved:
            self.dropped += 1
        self.first += 1
