"""Which block goes out next: live, asked for again, backlog; kept until acknowledged (protocol/SPEC.md, section 7).

Blocks of the running boot are in the RAM ring; the older ones of them, and those of earlier boots, in the flash log. A
row of blocks to send is a list [boot, next, last], so that a pass that changes nothing allocates nothing.
"""

from micropython import const

from hiphinge_fw.core.copying import copy_bytes
from hiphinge_wire.constants import (
    GONE_ACKNOWLEDGED,
    GONE_DAMAGED,
    GONE_NEVER,
    GONE_OVERWRITTEN,
    GONE_POWER_CUT,
)

MOST_RANGES = const(16)
_MOST_GONE = const(32)
# Sequences are compared modulo 2**32 (`hiphinge_wire.constants.ahead`).
_WIDEST = 0x80000000
# Share of the ring that may fill with unacknowledged blocks on a working link before they go to flash.
_SPILL_AT = const(50)

LIVE = const(1)
RESEND = const(2)
BACKLOG = const(3)


class Delivery:
    """Blocks of all boots.

    Parameters
    ----------
    ring : BlockRing
    log : FlashLog or None
        Mounted.
    boot : int
        The running boot's id.
    runs : list
        What the log holds of earlier boots (`catalogue.scan`).

    Attributes
    ----------
    live_next : int
        The live block to be sent next.
    acknowledged : int
        Blocks of this boot below this one are freed.
    gone : list of (reason, boot, first, last)
        To be told to the host.
    sent, resent : int
    kind : int
        What `take` gave last: `LIVE`, `RESEND`, `BACKLOG`.
    """

    def __init__(self, ring, log, boot, runs):
        self.ring = ring
        self.log = log
        self.boot = boot
        self.runs = runs
        self.live_next = 0
        self.acknowledged = 0
        self.gone = []
        self.sent = 0
        self.resent = 0
        self.kind = 0
        self.live_only = False
        self._resends = []
        self._backlog = None
        self._fetch = None
        self._cursor = (0, -1)  # key after the record read last
        self._in_log = 0  # blocks of this boot below this one are not in the log any more
        self._overwritten = 0
        self._freeing = None

    # -- what there is

    @property
    def oldest(self):
        """Oldest block of this boot still kept; the next one when there is none."""
        ring = self.ring
        if ring.first <= self.acknowledged:
            return self.acknowledged
        if self.log is None or ring.saved <= self.acknowledged:
            return ring.first
        return max(self.acknowledged, min(self._in_log, ring.first))

    @property
    def unacknowledged(self):
        """Blocks of this boot kept."""
        return self.ring.next - self.oldest

    @property
    def unacknowledged_bytes(self):
        """Bytes of those; blocks in flash are counted as full ones."""
        evicted = self.ring.first - self.oldest
        return self.ring.used() + (evicted * 996 if evicted > 0 else 0)

    @property
    def dropped(self):
        """Blocks that went before any host had them."""
        return self.ring.dropped + (self.log.overwritten if self.log is not None else 0)

    @property
    def fetching(self):
        """Whether a STORE_FETCH is being served."""
        return self._fetch is not None

    def knows(self, boot):
        """Whether anything is known of a boot."""
        if boot == self.boot:
            return True
        for run in self.runs:
            if run.boot == boot:
                return True
        return False

    # -- what is asked

    def begin(self, live_only):
        """START: what is not acknowledged goes out again, the rest is live."""
        self.live_next = self.ring.next
        self.live_only = live_only
        self.end()
        first = self.oldest
        if first < self.live_next and not live_only:
            self._backlog = [self.boot, first, self.live_next - 1]

    def end(self):
        """The link is gone: what was asked for on it is void."""
        self._resends = []
        self._backlog = None
        self._fetch = None
        self.gone = []

    def acknowledge(self, boot, sequence):
        """Free blocks up to and with this one; returns False where there was none such, None for an unknown boot."""
        if boot == self.boot:
            if sequence >= self.ring.next:
                return False
            if sequence < self.acknowledged:
                return True
            self.acknowledged = sequence + 1
            self.ring.free(sequence)
        else:
            if not self.knows(boot):
                return None
            kept = []
            for run in self.runs:
                if run.boot == boot and run.first <= sequence:
                    run.first = sequence + 1
                if run.first <= run.last:
                    kept.append(run)
            self.runs[:] = kept
        if self.log is not None and self.log.live:
            self._freeing = (boot, sequence)
        return True

    def ask_again(self, boot, first, last):
        """NACK of one range; False when too many wait."""
        if boot == self.boot:
            if last >= self.ring.next:
                self._tell(GONE_NEVER, boot, max(first, self.ring.next), last)
                last = self.ring.next - 1
            # What has yet to go out for the first time comes anyway.
            if last >= self.live_next:
                last = self.live_next - 1
            backlog = self._backlog
            if backlog is not None and last >= backlog[1] and first <= backlog[2]:
                if first >= backlog[1]:
                    first = backlog[2] + 1
                else:
                    last = min(last, backlog[1] - 1)
        if first > last:
            return True
        for one in self._resends:
            if one[0] == boot and first <= one[2] + 1 and last >= one[1] - 1:
                low, high = min(one[1], first), max(one[2], last)
                # A range of half of all sequences, which no GONE may name, is left in its pieces.
                if high - low < _WIDEST:
                    one[1], one[2] = low, high
                    return True
        if len(self._resends) >= MOST_RANGES:
            return False
        self._resends.append([boot, first, last])
        return True

    def fetch(self, boot, first, last):
        """STORE_FETCH."""
        self._fetch = [boot, first, last]

    # -- what goes out

    def take_live(self, buffer):
        """Put the next live block at the start of `buffer`; returns its length, 0 when there is none."""
        while self.live_next < self.ring.next:
            sequence = self.live_next
            length = self._copy(self.boot, sequence, buffer)
            self.live_next = sequence + 1
            if length:
                self.sent += 1
                self.kind = LIVE
                return length
            if sequence >= self.acknowledged:
                self._tell(self._why(self.boot, sequence), self.boot, sequence, sequence)
        return 0

    def take_late(self, buffer):
        """The same for blocks asked for again, then the backlog, then what was fetched."""
        while self._resends:
            length = self._row(self._resends[0], buffer)
            if self._resends[0][1] > self._resends[0][2]:
                self._resends.pop(0)
            if length:
                self.resent += 1
                self.kind = RESEND
                return length
        row = self._backlog
        if row is not None:
            if row[1] < self.acknowledged:
                row[1] = self.acknowledged
            length = self._row(row, buffer)
            if row[1] > row[2]:
                self._backlog = None
            if length:
                self.sent += 1
                self.kind = BACKLOG
                return length
        row = self._fetch
        if row is not None:
            length = self._row(row, buffer)
            if row[1] > row[2]:
                self._fetch = None
            if length:
                self.sent += 1
                self.kind = BACKLOG
            return length
        return 0

    def late(self):
        """Whether resends or backlog wait."""
        return bool(self._resends) or self._backlog is not None or self._fetch is not None

    def _row(self, row, buffer):
        while row[1] <= row[2]:
            length = self._copy(row[0], row[1], buffer)
            if length:
                row[1] += 1
                return length
            there = self._next_there(row[0], row[1], row[2])
            self._tell(self._why(row[0], row[1]), row[0], row[1], there - 1)
            row[1] = there
        return 0

    def _copy(self, boot, sequence, buffer):
        ring = self.ring
        if boot == self.boot and ring.holds(sequence):
            length = ring.length(sequence)
            copy_bytes(buffer, 0, ring.buffer, ring.place(sequence), length)
            return length
        if self.log is None or (boot == self.boot and (sequence < self.acknowledged or sequence >= ring.saved)):
            return 0
        if self._cursor != (boot, sequence) and not self.log.seek(boot, sequence):
            return 0
        length = self.log.read(buffer)
        if length and self._is(boot, sequence, buffer):
            self._cursor = (boot, sequence + 1)
            return length
        if self._cursor == (boot, sequence):
            # The log changed since: look it up.
            self._cursor = (0, -1)
            return self._copy(boot, sequence, buffer)
        self._cursor = (0, -1)
        return 0

    @staticmethod
    def _is(boot, sequence, block):
        for k in range(4):
            if block[4 + k] != (boot >> (8 * k)) & 0xFF or block[8 + k] != (sequence >> (8 * k)) & 0xFF:
                return False
        return True

    def _next_there(self, boot, sequence, last):
        # First block after a missing one that exists, or the one after `last`.
        found = last + 1
        self._cursor = (0, -1)
        if self.log is not None and self.log.seek(boot, sequence + 1) and self.log.boot == boot:
            found = min(found, self.log.sequence)
        if boot == self.boot and sequence < self.ring.first:
            found = min(found, self.ring.first)
        return max(found, sequence + 1)

    def _why(self, boot, sequence):
        if boot == self.boot:
            if sequence < self.acknowledged:
                return GONE_ACKNOWLEDGED
            if sequence >= self.ring.next:
                return GONE_NEVER
            return GONE_OVERWRITTEN if sequence < self._in_log or sequence >= self.ring.saved else GONE_DAMAGED
        last = first = -1
        for run in self.runs:
            if run.boot == boot:
                last = max(last, run.last)
                first = run.first if first < 0 else min(first, run.first)
        if last < 0:
            return GONE_NEVER
        if sequence > last:
            return GONE_POWER_CUT
        return GONE_OVERWRITTEN if sequence < first else GONE_DAMAGED

    def _tell(self, reason, boot, first, last):
        if len(self.gone) < _MOST_GONE and first <= last:
            self.gone.append((reason, boot, first, last))

    # -- flash

    def spill(self, urgent):
        """Write the oldest block that is only in RAM to flash; returns whether it did. `urgent`: not only when the
        ring fills up."""
        ring = self.ring
        sequence = max(ring.saved, ring.first)
        if self.log is None or sequence >= ring.next:
            return False
        if not urgent and ring.used() * 100 < len(ring.buffer) * _SPILL_AT:
            return False
        if not self.log.append(self.boot, sequence, ring.buffer, ring.place(sequence), ring.length(sequence)):
            return False
        if sequence > ring.saved and ring.saved <= self.acknowledged:
            # Those between were acknowledged from RAM.
            self._in_log = max(self._in_log, sequence)
        ring.saved = sequence + 1
        return True

    def erase_ahead(self):
        """Erase one sector if one is wanted; returns whether it did: that is the stall."""
        log = self.log
        if log is None or not log.prepare():
            return False
        if log.overwritten != self._overwritten:
            self._overwritten = log.overwritten
            self._look_again()
        return True

    def save(self):
        """Put in flash what is only in RAM, whatever stalls that takes: RAM is about to go."""
        ring = self.ring
        for _ in range(2 * (ring.next - ring.first)):
            if not self.spill(True) and (ring.saved >= ring.next or not self.erase_ahead()):
                return

    def _look_again(self):
        # The oldest sector went: what does each boot have now?
        self._cursor = (0, -1)
        log = self.log
        self._in_log = log.sequence if log.seek(self.boot, 0) and log.boot == self.boot else self.ring.saved
        kept = []
        for run in self.runs:
            if log.seek(run.boot, run.first) and log.boot == run.boot:
                run.first = max(run.first, log.sequence)
                if run.first <= run.last:
                    kept.append(run)
        self.runs[:] = kept

    def tidy(self):
        """Mark sectors that hold nothing but acknowledged blocks, some at a time."""
        if self._freeing is None:
            return
        self._cursor = (0, -1)
        if self.log.acknowledge(self._freeing[0], self._freeing[1]) < 16:
            self._freeing = None

    def erase(self, boot):
        """Erase what is stored of a boot (0: all); returns whether everything went, None where there is more to do."""
        self.end()
        self._cursor = (0, -1)
        if boot in (0, self.boot):
            self.acknowledged = self.ring.next
            self.ring.free(self.ring.next - 1)
        fine = self.log is None or self.log.erase_boot(boot)
        if fine is not None:
            self.runs[:] = [run for run in self.runs if boot not in (0, run.boot)]
        return fine
