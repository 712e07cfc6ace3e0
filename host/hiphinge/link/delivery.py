"""Delivery: which blocks are the session's, in what order, what to acknowledge and what to ask for again.

The session's blocks are those of one boot from where it was when the session began; after a restart of the device those
of the next boot follow, once the older ones have all come or are known to be gone. Blocks the device held before the
session, and those of other boots, are earlier ones: put in order by themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from hiphinge.link.events import LossReason
from hiphinge.link.stream import Acknowledged, Stream
from hiphinge.link.window import Window
from hiphinge_wire.block import Block
from hiphinge_wire.constants import u32
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Started, Stored
from hiphinge_wire.requests import MAX_RANGES, Ack, Nack, Range
from hiphinge_wire.status import Status

ACK_EVERY_S = 1.0
_ACK_BLOCKS = 64
# The last acknowledgement of what is finished is said so many times more.
_LAST_ACKS = 3
_NACK_EVERY_S = 0.1
# protocol/SPEC.md, section 7: a lost tail is what is missing so long after a STATUS behind it, and backlog is over
# when none has come for so long.
_TAIL_S = 0.3
_BACKLOG_OVER_S = 1.0
_TAILS = 16
# Three tries of 2 s and an answer's time (protocol/SPEC.md, section 5): then STORE_LIST is not answered.
_LIST_WITHIN_S = 10.0
# A silence of the device counts for no more: it could not answer meanwhile.
_MOST_SILENCE_S = 1.0
# Said so often, "try again later" is a refusal.
_MOST_BUSY = 3
# Boots of one session, and earlier ones under way, at a time.
MOST_STREAMS = 16


Marks = list[tuple[Acknowledged, int]]
"""How far streams had been put in order at one moment."""


class Delivery:
    """The streams of a session and those of earlier blocks.

    Attributes
    ----------
    session : list of Stream
        In the order of their boots; the first is being put in order, later ones wait for it.
    earlier : list of Stream
    done : list of Stream
        Finished, but not acknowledged to the end yet.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self.session: list[Stream] = []
        self.earlier: list[Stream] = []
        self.done: list[Stream] = []
        self._stored: dict[int, list[Stored]] = {}
        self._listing: list[Stored] = []
        self._unlisted_s = 0.0  # time in which the device could have answered STORE_LIST, until when it was counted
        self._heard_s: float | None = None
        self._busy = 0
        # Each counts once it is old enough; those of a flood are left out.
        self._tails: deque[tuple[Status, float]] = deque()
        self._nack_s = -1.0
        self.counts = [0, 0, 0]  # received, resent, doubled: of streams that are no more

    @property
    def streams(self) -> list[Stream]:
        """All that may still receive."""
        return [*self.session, *self.earlier]

    @property
    def boot(self) -> int | None:
        """The boot the session is in."""
        return self.session[-1].window.boot if self.session else None

    def totals(self) -> tuple[int, int, int]:
        """Blocks received once, resent, doubled."""
        windows = [one.window for one in (*self.streams, *self.done)]
        return (
            self.counts[0] + sum(one.received for one in windows),
            self.counts[1] + sum(one.resent for one in windows),
            self.counts[2] + sum(one.doubled for one in windows),
        )

    def put(self, block: Block, now_s: float) -> bool | None:
        """Take a block; whether it is the newest of a running boot (sent for the first time). None: of no stream."""
        # Earlier ones first: they have an end, what lies behind it is the session's.
        for stream in (*self.earlier, *self.session):
            window = stream.window
            at = window.unwrapped(block.sequence)
            if window.boot == block.boot and (window.last is None or at <= window.last):
                newest = at >= window.seen
                return window.put(block, now_s) and newest
        return None if not self._fetched(block) else self.put(block, now_s)

    def _fetched(self, block: Block) -> bool:
        """Begin a stream for the first block of another boot that the device listed."""
        stored = self._stored.get(block.boot)
        if stored is None or any(one.window.boot == block.boot for one in (*self.streams, *self.done)):
            return False
        if len(self.earlier) >= MOST_STREAMS:
            return False
        window = Window(block.boot, stored[0].first_sequence)
        _end(window, stored)
        self.earlier.append(Stream(window, self._rate_hz))
        return True

    def begin(self, boot: int, first: int) -> Stream | None:
        """A boot of the session begins at sequence `first`."""
        if len(self.session) >= MOST_STREAMS:
            return None
        aligner = self.session[-1].aligner if self.session else None
        stream = Stream(Window(boot, first), self._rate_hz, aligner)
        self.session.append(stream)
        self._tails.clear()
        return stream

    def connected(self) -> None:
        """A new connection: what was asked before is asked again."""
        self._listing = []
        self._answering()

    def _answering(self) -> None:
        self._unlisted_s, self._heard_s, self._busy = 0.0, None, 0

    def never_listed(self, now_s: float) -> list[int]:
        """Something came: boots of the session given up because STORE_LIST, which tells their end, is not answered.

        By what comes alone, so that a replay gives up where the session did.
        """
        if all(stream.listed for stream in self.session[:-1]):
            self._answering()
            return []
        if self._heard_s is not None:
            self._unlisted_s += min(now_s - self._heard_s, _MOST_SILENCE_S)
        self._heard_s = now_s
        return self._give_up() if self._unlisted_s >= _LIST_WITHIN_S else []

    def list_refused(self, busy: bool) -> list[int]:
        """ERROR to STORE_LIST: boots of the session given up."""
        self._listing = []
        self._busy = self._busy + 1 if busy else _MOST_BUSY
        return self._give_up() if self._busy >= _MOST_BUSY else []

    def _give_up(self) -> list[int]:
        boots: list[int] = []
        for stream in self.session[:-1]:
            if not stream.listed:
                boots.append(stream.window.boot)
                stream.give_up()
        self._answering()
        return boots

    def leftover(self, boot: int, first: int, stop: int) -> None:
        """The device holds blocks `first` to before `stop` (modulo 2**32) from before the session."""
        window = Window(boot, first)
        count = window.unwrapped(stop) - first
        if count > 0 and len(self.earlier) < MOST_STREAMS:
            window.last = first + count - 1
            self.earlier.append(Stream(window, self._rate_hz))

    def started(self, message: Started, now_s: float) -> None:
        """The device sends what is not acknowledged anew, in two rows."""
        for stream in self.streams:
            window = stream.window
            if window.boot == message.boot:
                oldest = window.unwrapped(message.oldest_sequence)
                live = window.unwrapped(message.next_sequence)
                window.split(live if window.last is None else max(live, window.last + 1), now_s)
                if oldest > window.next:
                    # It was acknowledged by somebody, or overwritten: STATUS counts which.
                    window.gone(window.next, oldest - 1, "overwritten")
        self._tails.clear()

    def gone(self, boot: int, first: int, last: int, reason: LossReason) -> None:
        """GONE: these blocks (modulo 2**32) will never come."""
        for stream in self.streams:
            window = stream.window
            if window.boot == boot:
                low = window.unwrapped(first)
                window.gone(low, low + u32(last - first), reason)

    def status(self, status: Status, now_s: float) -> None:
        """STATUS is queued behind the blocks it counts: what is missing some time after it was lost."""
        self._look_for_tail(now_s)
        if len(self._tails) < _TAILS:
            self._tails.append((status, now_s))

    def _look_for_tail(self, now_s: float) -> None:
        due = None
        while self._tails and now_s - self._tails[0][1] >= _TAIL_S:
            due = self._tails.popleft()
        if due is None:
            return
        status, at_s = due
        for stream in self.streams:
            window = stream.window
            for row in window.rows:
                quiet = at_s - row.last_at_s > _BACKLOG_OVER_S
                if row.stop is None and window.last is None:
                    if window.boot == status.boot:
                        window.exists(window.unwrapped(status.next_sequence) - 1, now_s)
                elif quiet:
                    stop = row.stop if row.stop is not None else (window.last or 0) + 1
                    window.exists(stop - 1, now_s)

    def listed(self, entries: tuple[Stored, ...], more: bool, now_s: float) -> list[Stored] | None:
        """A page of the device's list; the whole list with its last page."""
        if len(self._listing) < 4096:
            self._listing += entries
        if more:
            self._answering()
            return None
        whole, self._listing = self._listing, []
        self._stored = {}
        for one in whole:
            self._stored.setdefault(one.boot, []).append(one)
        for stream in self.session[:-1]:
            if not stream.listed:
                stream.listed = True
                _end(stream.window, self._stored.get(stream.window.boot, []))
                for row in stream.window.rows:
                    row.last_at_s = now_s  # they are fetched now: nothing is missing before that had its time
        return whole

    def stored(self, boot: int) -> list[Stored]:
        """What the newest list says of a boot."""
        return self._stored.get(boot, [])

    def ended(self) -> Iterator[Stream]:
        """Take out the session's first stream when it is finished and another follows, and finished earlier ones."""
        while len(self.session) > 1 and self.session[0].window.finished:
            yield self._finish(self.session)
        for stream in [one for one in self.earlier if one.window.finished]:
            self.earlier.remove(stream)
            yield self._finish([stream])

    def _finish(self, streams: list[Stream]) -> Stream:
        stream = streams.pop(0)
        self.done.append(stream)
        if len(self.done) > MOST_STREAMS:
            self._forget(self.done[0])
        return stream

    def _forget(self, stream: Stream) -> None:
        self.done.remove(stream)
        window = stream.window
        self.counts = [
            a + b for a, b in zip(self.counts, (window.received, window.resent, window.doubled), strict=True)
        ]

    # --- what to send -----------------------------------------------------------------------------------------------

    def received(self) -> Marks:
        """How far each stream has been put in order."""
        return [(stream.ack, stream.following) for stream in (*self.done, *self.streams)]

    def durable(self, received: Marks) -> None:
        """All that had been put in order by then is on disk."""
        for ack, following in received:
            ack.durable = max(ack.durable, following)

    def acks(self, now_s: float) -> list[Message]:
        """Acknowledgements that are due. Cumulative ones of a boot must not run ahead of its earlier blocks."""
        out: list[Message] = []
        unfinished = {one.window.boot for one in self.earlier}
        for stream in (*self.done, *self.earlier, *self.session):
            ack, boot = stream.ack, stream.window.boot
            if ack.durable == ack.first or (stream in self.session and boot in unfinished):
                continue
            # Said again every second: an acknowledgement may be lost, too.
            if ack.durable - ack.told >= _ACK_BLOCKS or now_s - ack.at_s >= ACK_EVERY_S:
                ack.repeats = 0 if ack.durable > ack.told else ack.repeats + 1
                ack.told, ack.at_s = ack.durable, now_s
                out.append(Ack(boot=boot, sequence=u32(ack.durable - 1)))
        for stream in list(self.done):
            if stream.ack.told >= stream.following and stream.ack.repeats >= _LAST_ACKS:
                self._forget(stream)
        return out

    def nacks(self, now_s: float) -> list[Message]:
        """What to ask for again, at most ten times a second."""
        self._look_for_tail(now_s)
        if now_s - self._nack_s < _NACK_EVERY_S:
            return []
        ranges: list[Range] = []
        for stream in self.streams:
            boot = stream.window.boot
            for first, last in stream.window.to_ask(now_s, MAX_RANGES - len(ranges)):
                ranges.append(Range(boot=boot, first=u32(first), last=u32(last)))
            if len(ranges) >= MAX_RANGES:
                break
        if not ranges:
            return []
        self._nack_s = now_s
        return [Nack(ranges=tuple(ranges))]


def _end(window: Window, stored: list[Stored]) -> None:
    """The device lists what it still has of a boot that is over: the rest is gone."""
    reached = window.next
    parts = sorted((window.unwrapped(one.first_sequence), window.unwrapped(one.last_sequence)) for one in stored)
    window.close(max((last for _, last in parts), default=reached - 1), "power_cut")
    for first, last in parts:
        if last >= reached:
            window.gone(reached, first - 1, "overwritten")
            reached = last + 1
