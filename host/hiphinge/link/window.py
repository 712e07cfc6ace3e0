"""Blocks of one boot in the order of their sequence, each once, however they arrive."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.link.events import LossReason
from hiphinge.link.gone import Gone
from hiphinge_wire.block import Block
from hiphinge_wire.constants import ahead, u32

# Blocks held for older ones still on their way: five minutes of live blocks, 2 MB of samples, while the backlog of an
# outage drains. Newer ones are then dropped unacknowledged and asked for later.
MOST_HELD = 8192
# Missing blocks kept in mind at a time; those behind them are found missing again later. A sequence further ahead than
# this is damage or a confused device (protocol/SPEC.md, section 10).
_MOST_MISSING = 16384
# The same block is asked for again after these times (protocol/SPEC.md, section 7).
_AGAIN_S = (0.25, 0.5, 1.0, 2.0)


@dataclass(slots=True)
class Ask:
    """A missing block: when it may be asked for next, and how often it was."""

    at_s: float
    tries: int = 0


@dataclass(slots=True)
class Row:
    """Blocks that are sent in order among themselves: `first` up to `stop` (None: no end); seen up to `seen`."""

    first: int
    stop: int | None
    seen: int
    last_at_s: float

    def holds(self, sequence: int) -> bool:
        """Whether `sequence` is one of these."""
        return self.first <= sequence and (self.stop is None or sequence < self.stop)


@dataclass(frozen=True, slots=True)
class Gap:
    """So many blocks that will never come."""

    blocks: int
    reason: LossReason


class Window:
    """The blocks of one boot from `first` on.

    Sequences are unwrapped: `first` is as on the wire, later ones count on beyond 2**32.

    Parameters
    ----------
    boot : int
    first : int
    last : int or None
        The last one there will be, where that is known.

    Attributes
    ----------
    next : int
        The block to be put in order next.
    doubled, resent : int
        Blocks that came again; blocks that came after they were asked for.
    """

    def __init__(self, boot: int, first: int, last: int | None = None) -> None:
        self.boot = boot
        self.next = first
        self.last = last
        self.doubled = 0
        self.resent = 0
        self.received = 0
        self.rows = [Row(first, None, first, 0.0)]
        self.missing: dict[int, Ask] = {}
        self._held: dict[int, Block] = {}
        self._gone = Gone()

    @property
    def finished(self) -> bool:
        """Whether nothing more can come."""
        return self.last is not None and self.next > self.last

    @property
    def held(self) -> int:
        """Blocks that wait for older ones."""
        return len(self._held)

    @property
    def seen(self) -> int:
        """One more than the newest block known to exist."""
        return max(row.seen for row in self.rows)

    def unwrapped(self, sequence: int) -> int:
        """A sequence from the wire as the nearest one to `next`."""
        return self.next + ahead(sequence, u32(self.next))

    def split(self, live_from: int, now_s: float) -> None:
        """A START was answered: blocks below `live_from` (unwrapped) come as one row, the others as another."""
        live_from = max(live_from, self.next)
        # What was known to be missing below comes with the backlog by itself.
        self.missing = {at: ask for at, ask in self.missing.items() if at >= live_from}
        seen = max(live_from, self.seen)
        self.rows = [Row(live_from, None, seen, now_s)]
        if live_from > self.next:
            self.rows.insert(0, Row(self.next, live_from, self.next, now_s))

    def holds(self, at: int) -> bool:
        """Whether block `at` (unwrapped) is here and not put in order yet."""
        return at in self._held

    def put(self, block: Block, now_s: float) -> bool:
        """Take a block; returns whether it is a new one within reach."""
        at = self.unwrapped(block.sequence)
        if at < self.next or at in self._held:
            self.doubled += 1
            return False
        if self.last is not None and at > self.last:
            return False
        if not self.exists(at, now_s, arrived=True):
            return False
        ask = self.missing.pop(at, None)
        self.resent += ask is not None and ask.tries > 0
        self.received += 1
        self._held[at] = block
        if len(self._held) > MOST_HELD:
            newest = max(self._held)
            del self._held[newest]
            self.received -= 1
            self.missing[newest] = Ask(now_s + _AGAIN_S[-1])
            return newest != at
        return True

    def exists(self, at: int, now_s: float, arrived: bool = False) -> bool:
        """Block `at` (unwrapped) has been sent: those before it in its row that are not here are missing.

        Returns whether that can be: False for a sequence absurdly far ahead, of which nothing is noted.
        """
        for row in self.rows:
            if not row.holds(at):
                continue
            if arrived:
                row.last_at_s = now_s
            if at >= row.seen:
                start = max(row.seen, self.next)
                new = list(self._gone.between(start, at + (not arrived)))
                # Together they bound the memory; what is refused now is found missing again later.
                if sum(stop - first for first, stop in new) + len(self.missing) > _MOST_MISSING:
                    return False
                for first, stop in new:
                    for between in range(first, stop):
                        if between not in self._held:
                            self.missing.setdefault(between, Ask(now_s))
                row.seen = at + 1
            return True
        return False

    def gone(self, first: int, last: int, reason: LossReason) -> None:
        """Blocks `first` to `last` (unwrapped) will never come, those here aside."""
        first = max(first, self.next)
        last = min(last, self.seen - 1 if self.last is None else self.last)
        if first > last or not self._gone.add(first, last, reason):
            return
        if last - first < len(self.missing):
            for at in range(first, last + 1):
                self.missing.pop(at, None)
        else:
            self.missing = {at: ask for at, ask in self.missing.items() if not first <= at <= last}
        for row in self.rows:
            # No further than the next block that may still come: GONE overtakes blocks, and those before it that do
            # not come must be noticed.
            while row.holds(start := max(row.seen, self.next)) and (gap := self._gone.at(start)) is not None:
                row.seen = gap[1] + 1

    def close(self, last: int, reason: LossReason) -> None:
        """There is nothing behind `last` (unwrapped) but what is here already; what else was seen behind it is gone."""
        seen = self.seen - 1
        self.last = max(last, seen, self.next - 1)
        self.gone(last + 1, seen, reason)

    def peek(self) -> Block | None:
        """The block to be put in order next, if it is here."""
        return self._held.get(self.next)

    def step(self) -> Block | Gap | None:
        """Put the next block in order, or pass over what is gone; None where it is still to come."""
        block = self._held.pop(self.next, None)
        if block is not None:
            self.next += 1
            return block
        gap = self._gone.at(self.next)
        if gap is None:
            return None
        stop = gap[1] + 1
        if self._held:
            # A block said to be gone may have come all the same.
            near = range(self.next, stop) if stop - self.next < len(self._held) else (min(self._held),)
            stop = min(stop, next((at for at in near if at in self._held), stop))
        blocks, self.next = stop - self.next, stop
        self._gone.forget_before(stop)
        return Gap(blocks, gap[2])

    def to_ask(self, now_s: float, most: int) -> list[tuple[int, int]]:
        """Missing blocks whose time has come, as ranges, both ends included; they count as asked for."""
        if not self.missing:
            return []
        due = sorted(at for at, ask in self.missing.items() if ask.at_s <= now_s and at >= self.next)
        if self.held >= MOST_HELD - 1:
            # No room: only what lets older ones go.
            top = max(self._held)
            due = [at for at in due if at < top]
        ranges: list[tuple[int, int]] = []
        for at in due:
            if ranges and ranges[-1][1] == at - 1:
                ranges[-1] = (ranges[-1][0], at)
            elif len(ranges) < most:
                ranges.append((at, at))
            else:
                break
            ask = self.missing[at]
            ask.at_s = now_s + _AGAIN_S[min(ask.tries, len(_AGAIN_S) - 1)]
            ask.tries += 1
        return ranges
