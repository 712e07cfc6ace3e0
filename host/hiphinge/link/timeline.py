"""Blocks in order to samples on the session's grid, across restarts of the device."""

from __future__ import annotations

from collections import deque

import numpy as np

from hiphinge.link.align import Aligner
from hiphinge.link.book import Book, Key
from hiphinge.link.clock import DeviceClock
from hiphinge.link.delivery import Delivery
from hiphinge.link.describe import stored_blocks
from hiphinge.link.events import EarlierSamples, LinkEvent, Lost, Rebooted, Samples, TimeKnown
from hiphinge.link.stream import Stream, newest_sample_s
from hiphinge.link.units import Units
from hiphinge.link.warned import warned
from hiphinge.link.window import Gap
from hiphinge_wire.block import Block
from hiphinge_wire.constants import PROFILE_A, PROFILE_C

# Clocks of boots kept; two are needed at a time.
_MOST_CLOCKS = 8
# A boot that cannot be placed by any clock begins this long after the one before it ended.
_NEXT_S = 1.0
_RATE_OVER_S = 5.0
# A lid closed over the weekend, the device on its charger: the session goes on, but nobody reads a file of 60 empty
# hours (and `files.time_checks` refuses more than 4). A longer pause is kept as one of `_PAUSE_S`; raw.bin has its true
# length.
_LONGEST_PAUSE_S = 3 * 3600.0
_PAUSE_S = 3600.0


class Timeline:
    """Puts the session's blocks in order, on the device's clock from the session's start.

    Parameters
    ----------
    rate_hz : float
        Of the session's grid.

    Attributes
    ----------
    wanted : set of (boot, epoch)
        Descriptions without which the next block cannot be read.
    disbelieved : int
        Blocks from a future the device cannot have reached: their samples are left out.
    """

    def __init__(self, rate_hz: float, delivery: Delivery, book: Book) -> None:
        self._rate_hz = rate_hz
        self._delivery = delivery
        self._book = book
        self._aligner: Aligner | None = None
        self._clocks: dict[int, DeviceClock] = {}
        self._before: tuple[int, float, float] | None = None  # boot, offset and uncertainty of the boot before
        self._arrivals: deque[tuple[float, int, int]] = deque(maxlen=1024)
        self.wanted: set[Key] = set()
        self.disbelieved = 0
        self.lost_blocks = 0
        self.lost_samples = [0, 0]
        self.source_rates_hz: tuple[float | None, float | None] = (None, None)

    def clock(self, boot: int) -> DeviceClock:
        """The clock of a boot against the host's."""
        if boot not in self._clocks:
            if len(self._clocks) >= _MOST_CLOCKS:
                del self._clocks[next(iter(self._clocks))]
            self._clocks[boot] = DeviceClock()
        return self._clocks[boot]

    def session_s(self, boot: int, device_s: float) -> float | None:
        """Session time of a device time, where that boot is part of the session and placed."""
        for stream in (*self._delivery.session, *self._delivery.done):
            if stream.window.boot == boot and stream.offset_s is not None and stream.aligner is self._aligner:
                return device_s + stream.offset_s
        return None

    def delivered_hz(self, now_s: float) -> tuple[float, float]:
        """Samples a second put in order lately."""
        recent = [one for one in self._arrivals if now_s - one[0] < _RATE_OVER_S]
        return sum(one[1] for one in recent) / _RATE_OVER_S, sum(one[2] for one in recent) / _RATE_OVER_S

    def drain(self, now_s: float) -> list[LinkEvent]:
        """Put in order whatever can be."""
        events: list[LinkEvent] = []
        self.wanted.clear()
        while True:
            for stream in (*self._delivery.session[:1], *self._delivery.earlier):
                events += self._order(stream, now_s)
            ended = list(self._delivery.ended())
            for stream in ended:
                if stream.aligner is not None and stream.aligner is not self._aligner:
                    events += self._earlier(stream, stream.aligner.finish())
            if not ended:
                return events

    def finish(self) -> list[LinkEvent]:
        """What the end of the session makes known: the last instants, with what there is of them."""
        return [] if self._aligner is None else list(self._aligner.finish())

    def _order(self, stream: Stream, now_s: float) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        window = stream.window
        while True:
            block = window.peek()
            units = None
            if block is not None:
                units = self._book.units(block)
                key = block.boot, block.epoch
                if units is None and not self._book.is_never(key):
                    self.wanted.add(key)
                    return events
            step = window.step()
            if step is None:
                return events
            if isinstance(step, Gap):
                self.lost_blocks += step.blocks
                stream.passed_over = step.reason
                events.append(Lost(now_s, step.reason, window.boot, step.blocks))
            elif units is None:
                self.lost_blocks += 1
                events.append(Lost(now_s, "undescribed", window.boot, 1, step.counts))
            elif window.boot == self._delivery.boot and not self.clock(step.boot).believable(
                newest_sample_s(step), now_s
            ):
                self.disbelieved += 1
            else:
                events += self._place(stream, step, units, now_s)

    def _place(self, stream: Stream, block: Block, units: tuple[Units, Units], now_s: float) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        if stream.offset_s is None:
            events += self._begin(stream, block, units, now_s)
        assert stream.aligner is not None and stream.offset_s is not None
        pause_s = newest_sample_s(block) + stream.offset_s - stream.aligner.newest_s
        if pause_s > _LONGEST_PAUSE_S and stream.aligner is self._aligner:
            events.append(self._cut_short(stream, pause_s, now_s))
        pieces, lost = stream.pieces(block, units)
        if any(lost):
            # After blocks that are gone the indices tell how many samples those held.
            events.append(Lost(now_s, stream.passed_over or "not_in_any_block", block.boot, 0, lost))
            self.lost_samples = [a + b for a, b in zip(self.lost_samples, lost, strict=True)]
        stream.passed_over = None
        found = stream.aligner.push(pieces)
        if stream.aligner is not self._aligner:
            return events + self._earlier(stream, found)
        self._arrivals.append((now_s, block.counts[0], block.counts[1]))
        rates = [32e9 / block.period[imu] if block.counts[imu] else self.source_rates_hz[imu] for imu in (0, 1)]
        self.source_rates_hz = (rates[0], rates[1])
        return events + list(found)

    def _cut_short(self, stream: Stream, pause_s: float, now_s: float) -> LinkEvent:
        """Move the stream's clock so that a pause is `_PAUSE_S` long."""
        assert stream.aligner is not None and stream.offset_s is not None
        stream.offset_s -= pause_s - _PAUSE_S
        if self._before is not None and self._before[0] == stream.window.boot:
            self._before = self._before[0], stream.offset_s, self._before[2]
        return warned(now_s, "long_pause", stream.aligner.newest_s, hours=f"{pause_s / 3600:.0f}")

    def _begin(self, stream: Stream, block: Block, units: tuple[Units, Units], now_s: float) -> list[LinkEvent]:
        """Fix where a stream's device clock lies on its time base."""
        own_start_s = stream.own_start_s(block, units)
        if stream.aligner is None:
            stream.aligner = self._aligner if stream in self._delivery.session else None
        if stream.aligner is None:
            stream.aligner = Aligner(self._rate_hz, block.profile != PROFILE_A, block.profile != PROFILE_C)
            stream.offset_s = -own_start_s
            if stream in self._delivery.session:
                self._aligner = stream.aligner
                self._before = block.boot, stream.offset_s, 0.0
            return []
        assert self._before is not None
        boot, offset_s, before_sd_s = self._before
        old, new = self.clock(boot), self.clock(block.boot)
        earliest_s = stream.aligner.newest_s + 1 / self._rate_hz
        uncertainty_s = None
        if old.known and new.known:
            # Through the host's clock: what the old one would show when the new one shows this.
            new.same_link(old)
            starts_s = old.device_s(new.host_s(own_start_s)) + offset_s
            uncertainty_s = before_sd_s + old.uncertainty_s + new.uncertainty_s + new.unsettled_s(old)
        else:
            starts_s = stream.aligner.newest_s + _NEXT_S
        stream.offset_s = max(starts_s, earliest_s) - own_start_s
        self._before = block.boot, stream.offset_s, uncertainty_s or 0.0
        return [Rebooted(now_s, boot, block.boot, uncertainty_s)]

    def _earlier(self, stream: Stream, found: list[Samples]) -> list[LinkEvent]:
        boot, offset_s = stream.window.boot, stream.offset_s or 0.0
        unix_s, uncertainty_s = None, None
        known: TimeKnown = "exactly" if boot == self._delivery.boot else "only_order"
        stored = self._delivery.stored(boot)
        if known != "exactly" and stored:
            said = stored_blocks(stored[-1])
            unix_s, known, uncertainty_s = said.unix_s, said.time_known, said.uncertainty_s
        if known == "exactly":
            uncertainty_s = 0.0
        return [
            EarlierSamples(
                boot, np.asarray(one.time_s - offset_s), unix_s, known, uncertainty_s, one.sacral, one.thoracic
            )
            for one in found
        ]
