"""One device on one link: bytes and time in, events and bytes out; no I/O, no clock of its own."""

from __future__ import annotations

from typing import NamedTuple

from hiphinge.link import describe
from hiphinge.link.asking import Asking
from hiphinge.link.book import Book
from hiphinge.link.decoder import SUSPICIOUS, Channel, Decoder, Framing
from hiphinge.link.delivery import Delivery, Marks
from hiphinge.link.events import (
    Configured,
    Done,
    LinkDown,
    LinkEvent,
    LinkUp,
    Lost,
    Rebooted,
    SessionStarted,
    StoreContents,
    TimeExchanged,
    Unanswered,
)
from hiphinge.link.handshake import Handshake
from hiphinge.link.happenings import Happenings
from hiphinge.link.health import LinkHealth, health
from hiphinge.link.inquiries import Inquiries
from hiphinge.link.outbox import Outbox
from hiphinge.link.requests import Asked
from hiphinge.link.stream import newest_sample_s
from hiphinge.link.timeline import Timeline
from hiphinge.link.warned import warned
from hiphinge_wire import WIRE_MAJOR
from hiphinge_wire.block import Block
from hiphinge_wire.calibration import Calibration
from hiphinge_wire.config import Config
from hiphinge_wire.constants import MIN_PAYLOAD, PROFILE_C, u32
from hiphinge_wire.errors import BUSY
from hiphinge_wire.hello import HelloReply
from hiphinge_wire.info import Info
from hiphinge_wire.message import Message
from hiphinge_wire.replies import (
    Error,
    Event,
    Gone,
    GyroCalibrated,
    Log,
    Ok,
    SelftestResult,
    Started,
    StoreListed,
    TimeReply,
)
from hiphinge_wire.requests import CalibrationGet, InfoGet, StoreFetch, StoreList
from hiphinge_wire.status import Status

__all__ = ["Channel", "Framing", "LinkSession"]

_US = 1e6  # host time is taken to the microsecond: what a recording of arrival times keeps


class Received(NamedTuple):
    """What had been received at one moment."""

    marks: Marks
    events: dict[int, int]


class LinkSession(Asking):
    """Everything between a transport's bytes and the engine's samples.

    Feed it what arrives and ask it what to send; nothing happens but in its methods. Host times are seconds of any
    clock that only runs forward.

    Parameters
    ----------
    framing : str
        "packets" (BLE: one notification a `receive`, fragments) or "stream" (serial: cut anywhere, frames).
    profile : int
        Asked for by `start`: ``PROFILE_A``, ``PROFILE_B`` or ``PROFILE_C``.
    rate_hz : float
        Of the session's grid.
    replaying : bool
        Nothing is sent or asked; what the bytes say is taken. Gives the samples the live session gave when fed the same
        bytes with the same arrival times, channels and connections.
    """

    def __init__(
        self, framing: Framing, profile: int = PROFILE_C, rate_hz: float = 100.0, *, replaying: bool = False
    ) -> None:
        super().__init__(Outbox(framing, replaying), profile)
        self._rate_hz = rate_hz
        self._decoder = Decoder(framing)
        self._book = Book()
        self._inquiries = Inquiries(self._book, replaying)
        self._delivery = Delivery(rate_hz)
        self._timeline = Timeline(rate_hz, self._delivery, self._book)
        self._handshake = Handshake(framing == "stream")
        self._connected = False
        self._status: Status | None = None
        self._device = ""
        self._begun = False
        # Where the session begins, by the newest STATUS before START took effect: boot and sequence.
        self._split: tuple[int, int] | None = None
        self._happenings = Happenings()
        self._foreign = False  # the device's firmware has another major version
        self._warned: set[str] = set()
        self._list_number = 0

    # --- the link ---------------------------------------------------------------------------------------------------

    def connected(self, now_s: float, payload: int = MIN_PAYLOAD, unix_s: float | None = None) -> list[LinkEvent]:
        """A transport is connected.

        Parameters
        ----------
        now_s : float
        payload : int
            Bytes one packet carries (ATT MTU - 3); unused on a stream.
        unix_s : float, optional
            Time of day; the device then knows when its boot was.
        """
        self._connected = True
        self._decoder.restart()
        self._happenings.connected()
        self._delivery.connected()
        self.outbox.connected(payload)
        self._handshake.begin(now_s, None if unix_s is None else unix_s - now_s)
        return [LinkUp(now_s, payload)]

    def disconnected(self, now_s: float) -> list[LinkEvent]:
        """The transport is gone; the session goes on with the next `connected`."""
        self._connected = False
        lost = [one for one in self.outbox.requests.dropped() if not self._own(one.what)]
        return [LinkDown(now_s), *(Unanswered(now_s, one.number, one.what) for one in lost)]

    def receive(self, data: bytes, now_s: float, channel: Channel = "data") -> list[LinkEvent]:
        """Take bytes.

        Parameters
        ----------
        data : bytes
            One packet, or any stretch of a stream.
        now_s : float
            When it arrived.
        channel : str
            On which characteristic ("packets" only).

        Returns
        -------
        list of LinkEvent
        """
        now_s = round(now_s * _US) / _US
        events: list[LinkEvent] = []
        messages = self._decoder.feed(data, channel)
        for message in messages:
            if isinstance(message, Block):
                self._take_block(message, now_s)
            else:
                events += self._take(message, now_s)
        if messages:
            self._handshake.heard(now_s)
            events += self._unlisted(self._delivery.never_listed(now_s), now_s)
        if self._decoder.in_a_row >= SUSPICIOUS:
            events += self._warn(now_s, "undecodable")
        events += self._timeline.drain(now_s)
        self._inquiries.info(self._timeline.wanted, self._delivery.boot)
        return events

    def poll(self, now_s: float) -> list[LinkEvent]:
        """Deadlines; call it every 50 ms or so while connected."""
        if not self._connected:
            return []
        start = self.wanted_profile if self.wants_samples and not self._foreign else None
        self._handshake.go_on(now_s, self.outbox, start)
        key = self._inquiries.info(self._timeline.wanted, self._delivery.boot)
        if key is not None:
            self.ask_once(InfoGet(boot=key[0], epoch=key[1]), f"info {key[0]} {key[1]}", now_s)
        imu = self._book.next_uncalibrated()
        if imu is not None:
            self.ask_once(CalibrationGet(imu=imu), f"calibration {imu}", now_s)
        for stream in self._delivery.session[:-1]:
            if not stream.listed:
                self.ask_once(StoreList(), "list", now_s)
        given_up = self.outbox.due(now_s)
        return [Unanswered(now_s, one.number, one.what) for one in given_up if not self._own(one.what)]

    def outgoing(self, now_s: float) -> list[bytes]:
        """What to send now, in order: packets for the control characteristic, or bytes for the stream."""
        if not self._connected:
            return []
        if self._handshake.done:
            for message in (*self._delivery.acks(now_s), *self._delivery.nacks(now_s), *self._happenings.acks()):
                self.outbox.send(message)
        return self.outbox.take()

    def received(self) -> Received:
        """What has been received so far, for `durable` when it is on disk."""
        return Received(self._delivery.received(), self._happenings.received())

    def durable(self, received: Received | None = None) -> None:
        """What was received by then (everything so far if not given) is on disk: it may be acknowledged."""
        received = received or self.received()
        self._delivery.durable(received.marks)
        self._happenings.durable(received.events)

    def session_time_s(self, boot: int, device_s: float) -> float | None:
        """Session time at a device time of a boot (such as of `EarlierSamples`); None where that boot is not placed."""
        return self._timeline.session_s(boot, device_s)

    def finish(self) -> list[LinkEvent]:
        """No more will come: the last instants, known to one sensor or waiting for a sample behind them."""
        return self._timeline.finish()

    def health(self, now_s: float) -> LinkHealth:
        """How the link fares now."""
        status = self._status
        return health(
            self._delivery,
            self._timeline,
            self._decoder,
            now_s,
            connected=self._connected,
            started=self._begun,
            device=self._device,
            backlog=None if status is None else status.backlog_blocks,
            battery_percent=None if status is None else describe.battery_percent(status),
        )

    # --- what arrives -----------------------------------------------------------------------------------------------

    def _take_block(self, block: Block, now_s: float) -> None:
        newest = self._delivery.put(block, now_s)
        # What an earlier boot left behind comes late, however quick the link is.
        if newest and block.boot == self._delivery.boot:
            made_s, clock = newest_sample_s(block), self._timeline.clock(block.boot)
            if clock.believable(made_s, now_s):
                clock.arrived(made_s, now_s)

    def _take(self, message: Message, now_s: float) -> list[LinkEvent]:
        asked = self.outbox.requests.answered(message.request, now_s if isinstance(message, Ok) else None)
        number, what = (0, "") if asked is None else (asked.number, asked.what)
        match message:
            case Info():
                return self._take_info(message, now_s)
            case Status():
                return self._take_status(message, now_s)
            case Started():
                return self._take_started(message, now_s)
            case Gone():
                for one in message.ranges:
                    self._delivery.gone(one.boot, one.first, one.last, describe.REASONS[message.reason])
            case Event():
                return self._take_event(message, now_s)
            case TimeReply():
                return self._take_time(message, now_s)
            case Calibration():
                if not self._begun:
                    self._book.calibrations[message.imu] = message
                self._book.calibrations.setdefault(message.imu, message)
            case StoreListed():
                return self._take_list(message, now_s, number)
            case Error():
                return self._take_error(message, now_s, asked)
            case Ok() if asked is not None and not self._own(what):
                return [Done(now_s, number, what)]
            case Config():
                return [Configured(now_s, number, message.epoch, dict(message.values))]
            case GyroCalibrated():
                return [describe.bias_event(message, now_s, number)]
            case SelftestResult():
                return [describe.selftest_event(message, now_s, number)]
            case Log():
                return [describe.log_event(message, now_s)]
            case HelloReply():
                self._handshake.hello = True
            case _:
                pass
        return []

    def _take_info(self, info: Info, now_s: float) -> list[LinkEvent]:
        news = self._book.add(info)
        events: list[LinkEvent] = []
        if not self._handshake.info:
            # The first one of a connection tells of the running boot.
            self._handshake.info = True
            self._device = f"{info.name} {info.serial}".strip()
            self._foreign = info.wire_major != WIRE_MAJOR
            if self._foreign:
                older = "update_device" if info.wire_major < WIRE_MAJOR else "update_program"
                events += self._warn(now_s, older, theirs=info.wire_major, ours=WIRE_MAJOR)
            news = True
        return [describe.info_event(info, now_s), *events] if news else events

    def _take_status(self, status: Status, now_s: float) -> list[LinkEvent]:
        self._status = status
        self._handshake.status = True
        events: list[LinkEvent] = [describe.status_event(status, now_s)]
        if not self._begun:
            # One that samples already (its host was killed) makes blocks until STARTED splits them: a session begun in
            # that backlog would show nothing until all of it is here.
            if not describe.sampling(status):
                self._split = status.boot, status.next_sequence
            return events
        events += self._running(status.boot, status.oldest_sequence, now_s)
        self._delivery.status(status, now_s)
        if self.wants_samples and not describe.sampling(status):
            self._handshake.started = False
        return events

    def _take_started(self, message: Started, now_s: float) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        self._handshake.started = True
        if not self._begun:
            self._begun = True
            split = self._split
            first = split[1] if split is not None and split[0] == message.boot else message.next_sequence
            self._delivery.begin(message.boot, first)
            self._delivery.leftover(message.boot, message.oldest_sequence, first)
            profile = describe.PROFILES[message.profile]
            events.append(SessionStarted(now_s, message.boot, first, self._rate_hz, profile))
        else:
            events += self._running(message.boot, message.oldest_sequence, now_s)
        self._delivery.started(message, now_s)
        return events

    def _running(self, boot: int, oldest: int, now_s: float) -> list[LinkEvent]:
        """The device says which boot it is in: another one than the session's newest is a restart."""
        before = self._delivery.boot
        if before is None or boot == before:
            return []
        if any(one.window.boot == boot for one in (*self._delivery.streams, *self._delivery.done)):
            return []  # an old message, late
        if self._delivery.begin(boot, oldest) is None:
            return self._warn(now_s, "restarts")
        self._handshake.started = False
        self._handshake.info = False
        return [Rebooted(now_s, before, boot)]

    def _take_event(self, event: Event, now_s: float) -> list[LinkEvent]:
        before = self._happenings.passed_over
        events: list[LinkEvent] = []
        for one in self._happenings.take(event):
            time_s = self._timeline.session_s(one.boot, one.time_us * 1e-6)
            events.append(describe.happening_event(one, now_s, time_s))
        if self._happenings.passed_over > before:
            events += self._warn(now_s, "events_lost")
        return events

    def _take_time(self, reply: TimeReply, now_s: float) -> list[LinkEvent]:
        clock = self._timeline.clock(reply.boot)
        trip_s = clock.exchanged(reply.t1_us / _US, reply.t2_us / _US, reply.t3_us / _US, now_s)
        if trip_s is None:
            return []
        return [TimeExchanged(now_s, trip_s, clock.device_s(now_s), clock.uncertainty_s)]

    def _take_list(self, message: StoreListed, now_s: float, number: int) -> list[LinkEvent]:
        more = message.next_boot != 0
        whole = self._delivery.listed(message.entries, more, now_s)
        self._list_number = self._list_number or number
        if more:
            self.outbox.ask(StoreList(from_boot=message.next_boot, from_sequence=message.next_sequence), "list")
        if whole is None:
            return []
        for stream in self._delivery.session[:-1]:
            window = stream.window
            if window.last is not None and not window.finished:
                fetch = StoreFetch(boot=window.boot, first=u32(window.next), last=u32(window.last))
                self.ask_once(fetch, f"fetch {window.boot}", now_s)
        number, self._list_number = self._list_number, 0
        return [StoreContents(now_s, number, tuple(describe.stored_blocks(one) for one in whole))]

    def _take_error(self, error: Error, now_s: float, asked: Asked | None) -> list[LinkEvent]:
        number, what = (0, "") if asked is None else (asked.number, asked.what)
        events: list[LinkEvent] = [describe.error_event(error, now_s, number, what)]
        key = self._inquiries.refused(error, None if asked is None else asked.message)
        events += self._warn(now_s, key) if key else []
        if error.of_type == StoreList.TYPE:
            # Whoever asked: a replay does not know.
            events += self._unlisted(self._delivery.list_refused(error.code == BUSY), now_s)
        return events

    def _unlisted(self, boots: list[int], now_s: float) -> list[LinkEvent]:
        """Boots of the session that ended where nobody says what the device still has of them."""
        if not boots:
            return []
        lost = [Lost(now_s, "unlisted", boot, 0) for boot in boots]
        return [*lost, *self._warn(now_s, "unlisted")]

    def _warn(self, now_s: float, key: str, **values: str | int) -> list[LinkEvent]:
        found = warned(now_s, key, None, **values)
        if found.words in self._warned:
            return []
        self._warned.add(found.words)
        return [found]

    def _stored_ranges(self, boot: int) -> list[tuple[int, int]]:
        return [(one.first_sequence, one.last_sequence) for one in self._delivery.stored(boot)]
