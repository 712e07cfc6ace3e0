"""A virtual device: its loop, its store, what it sends when, and what it answers (protocol/SPEC.md)."""

from __future__ import annotations

from collections import deque
from typing import Literal

from hiphinge.virtual.assembly import Assembly
from hiphinge.virtual.chip import Undergoing
from hiphinge.virtual.control import Control
from hiphinge.virtual.settings import DeviceSettings
from hiphinge.virtual.store import BootStore
from hiphinge_wire.constants import (
    EVENT_BUTTON_SHORT,
    EVENT_STOPPED,
    STATE_IDLE,
    STATE_OUTAGE,
    STATE_READY,
    STATE_STARTED,
    STOPPED_NO_HOST,
    u32,
)
from hiphinge_wire.fragment import Fragmenter, Reassembler
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.info import CHIP_SIMULATED, INFO_IMU_CALIBRATED, INFO_IMU_PRESENT, ImuInfo, Info
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Event
from hiphinge_wire.requests import Range
from hiphinge_wire.status import Status

Channel = Literal["data", "control"]

# One pass of the device's loop: blocks close when their oldest sample is 30 to 35 ms old.
LOOP_S = 0.005
_EVENTS = 16
_FULL_MV, _EMPTY_MV = 4150, 3500
_QUEUE = 64


class VirtualDevice:
    """Bytes and time in, bytes out.

    Parameters
    ----------
    wearer : Undergoing
        Who moves; begins to move when sampling begins for the first time.
    settings : DeviceSettings
    now_s : float
        Host time at which it is switched on.
    """

    def __init__(self, wearer: Undergoing, settings: DeviceSettings | None = None, now_s: float = 0.0) -> None:
        self.settings = settings or DeviceSettings()
        self._wearer = wearer
        self._wearer_s: float | None = None
        self.now_s = now_s
        self._made_s = now_s
        self.boots: dict[int, BootStore] = {}
        self.counters = {"sent": 0, "resent": 0, "dropped": 0, "bad": 0}
        self.cues: list[Message] = []
        self.config: dict[str, int | str] = {}
        self._switch_on(self.settings.boot, self.settings.first_sequence)

    def _switch_on(self, boot: int, sequence: int) -> None:
        settings = self.settings
        self.boot = boot
        self.assembly = Assembly(settings, self._wearer, boot, self.now_s)
        self.store = BootStore(self._info(boot), sequence, sequence, sequence, sequence)
        self.boots[boot] = self.store
        self.state = STATE_IDLE
        self.events: deque[Event] = deque(maxlen=_EVENTS)
        self._event_number = 0
        self._next_status_s = self.now_s
        self._outage_s = self.now_s
        self._loop_s = self.now_s
        self.live: deque[int] = deque()
        self.backlog: deque[tuple[int, int, int]] = deque()  # boot, first, last: sent in order
        self.resends: deque[tuple[int, int, int]] = deque()
        self._link_up = False
        self._stream = False
        self.control = Control(self)

    # --- the world around it ----------------------------------------------------------------------------------------

    def advance(self, now_s: float) -> None:
        """Let time pass: samples are taken, blocks closed, STATUS queued."""
        while self._loop_s + LOOP_S <= now_s:
            self._loop_s += LOOP_S
            self._pass(self._loop_s)
        self.now_s = max(self.now_s, now_s)

    def connect(self, payload: int, stream: bool = False) -> None:
        """A host connects; packets carry `payload` bytes (a stream has none)."""
        self._link_up = True
        self._stream = stream
        self._fragmenters: dict[Channel, Fragmenter] = {
            "data": Fragmenter(max(20, payload)),
            "control": Fragmenter(max(20, payload)),
        }
        self._joiner, self._deframer = Reassembler(), Deframer()
        self._packets: deque[tuple[Channel, bytes]] = deque()
        self._replies: deque[bytes] = deque()
        self._status_after: deque[tuple[int, bytes]] = deque()
        self.live.clear()
        self.backlog.clear()
        self.resends.clear()
        self.state = STATE_OUTAGE if self.state == STATE_OUTAGE else STATE_READY
        self._next_status_s = self.now_s

    def disconnect(self) -> None:
        """The host is gone: sampling goes on into the backlog."""
        self._link_up = False
        if self.state in (STATE_STARTED, STATE_OUTAGE):
            self.state = STATE_OUTAGE
            self._outage_s = self.now_s
        else:
            self.state = STATE_IDLE

    def press_button(self, kind: int = EVENT_BUTTON_SHORT, value: int = 0) -> None:
        """Somebody presses the button; or, with other kinds, something else happens."""
        self._event_number = self._event_number % 65535 + 1
        event = Event(
            kind=kind,
            number=self._event_number,
            boot=self.boot,
            time_us=self.assembly.device_us(self.now_s),
            value=value,
        )
        self.events.append(event)
        if self._link_up:
            self.reply(event)

    def restart(self, keeps: bool = True, off_s: float = 0.0) -> None:
        """Switch off and on again, after `off_s`; the link must be gone. `keeps`: stored blocks survive."""
        self.disconnect()
        if not keeps:
            self.boots.clear()
        self.now_s += off_s
        self._switch_on(self.boot + 1, 0)

    # --- bytes ------------------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Bytes from the host: a packet of the control characteristic, or any stretch of the stream."""
        if not self._link_up:
            return
        if self._stream:
            whole = self._deframer.feed(data)
        else:
            joined = self._joiner.feed(data)
            whole = [] if joined is None else [joined]
        for message in whole:
            self.control.take(message)

    def outgoing(self, packets: int) -> list[tuple[Channel, bytes]]:
        """At most so many packets (frames on a stream), in the order they go out."""
        out: list[tuple[Channel, bytes]] = []
        while self._link_up and len(out) < packets:
            if not self._packets and not self._queue_next():
                break
            out.append(self._packets.popleft())
        return out

    def reply(self, message: Message) -> None:
        """Queue what is no block."""
        if len(self._replies) < _QUEUE:
            self._replies.append(message.encode())

    def queue_status(self, request: int = 0) -> None:
        """STATUS goes behind the blocks closed before it."""
        if len(self._status_after) < _QUEUE:
            self._status_after.append((self.store.next, self.status(request).encode()))

    # --- inside -----------------------------------------------------------------------------------------------------

    def begin_sampling(self) -> None:
        """START: sample if it does not yet."""
        if not self.assembly.running:
            self._wearer_s = self.now_s if self._wearer_s is None else self._wearer_s
            self.assembly.start(self.now_s, self._wearer_s)

    def end_sampling(self) -> None:
        """STOP: the open block is closed."""
        self._keep(self.assembly.stop(self.now_s, self.store.next))

    def _pass(self, now_s: float) -> None:
        self.now_s = now_s
        if self.assembly.running:
            self._keep(self.assembly.collect(now_s, self.store.next))
        if self.state == STATE_OUTAGE and not self._link_up and now_s - self._outage_s > self.settings.outage_s:
            self.end_sampling()
            self.state = STATE_IDLE
            self.press_button(EVENT_STOPPED, STOPPED_NO_HOST)
        if self._link_up and now_s >= self._next_status_s:
            self._next_status_s = now_s + self.settings.status_interval_s
            self.queue_status()
            for event in self.events:
                self.reply(event)

    def _keep(self, blocks: list[bytes]) -> None:
        for block in blocks:
            if self.state == STATE_STARTED:
                self.live.append(self.store.next)
            self.counters["dropped"] += self.store.add(block, self.settings.store_blocks)

    def _queue_next(self) -> bool:
        """Choose what to send next: answers, live blocks, STATUS, resends, backlog."""
        if self._replies:
            return self._send("control", self._replies.popleft())
        oldest = self.live[0] if self.live else self.store.next
        if self._status_after and self._status_after[0][0] <= oldest:
            return self._send("control", self._status_after.popleft()[1])
        if self.live:
            return self._send_block(self.boot, self.live.popleft(), "sent")
        for ranges, counter in ((self.resends, "resent"), (self.backlog, "sent")):
            while ranges:
                boot, first, last = ranges.popleft()
                if first < last:
                    ranges.appendleft((boot, first + 1, last))
                if self._send_block(boot, first, counter):
                    return True
        return False

    def _send_block(self, boot: int, sequence: int, counter: str) -> bool:
        block = self.boots[boot].blocks.get(sequence) if boot in self.boots else None
        if block is None:
            self.control.gone([Range(boot=boot, first=u32(sequence), last=u32(sequence))])
            return bool(self._replies) and self._send("control", self._replies.popleft())
        self.counters[counter] += 1
        return self._send("data", block)

    def _send(self, channel: Channel, message: bytes) -> bool:
        if self._stream:
            self._packets.append((channel, encode_frame(message)))
        else:
            self._packets.extend((channel, one) for one in self._fragmenters[channel].split(message))
        return True

    def status(self, request: int = 0) -> Status:
        """STATUS now."""
        store = self.store
        share = max(0.0, self.settings.battery_percent / 100 - (self.now_s - self._made_s) / 3600 / self.settings.hours)
        return Status(
            request=request,
            state=self.state,
            profile=self.assembly.profile,
            boot=self.boot,
            epoch=1,
            next_sequence=u32(store.next),
            oldest_sequence=u32(store.oldest),
            uptime_us=self.assembly.device_us(self.now_s),
            battery_mv=round(_EMPTY_MV + share * (_FULL_MV - _EMPTY_MV)),
            battery_percent=round(share * 100),
            temperature_cdeg=(3100, 3050),
            board_temperature_cdeg=3300,
            fifo_size=(256, 256),
            last_event=self._event_number,
            backlog_blocks=len(store.blocks),
            backlog_bytes=174 * len(store.blocks),
            store_free_bytes=max(0, 174 * (self.settings.store_blocks - len(store.blocks))),
            earlier_boots=sum(1 for boot, one in self.boots.items() if boot != self.boot and one.blocks),
            memory_free=90_000,
            samples=self.assembly.samples,
            blocks_dropped=u32(self.counters["dropped"]),
            blocks_sent=u32(self.counters["sent"]),
            blocks_resent=u32(self.counters["resent"]),
            bad_messages=u32(self.counters["bad"]),
        )

    def _info(self, boot: int) -> Info:
        settings = self.settings
        imus = tuple(
            ImuInfo(
                chip=CHIP_SIMULATED,
                flags=INFO_IMU_PRESENT | (INFO_IMU_CALIBRATED if settings.calibrations[imu] is not None else 0),
                acc_range_g=settings.acc_range_g,
                gyr_range_dps=settings.gyr_range_dps,
                gyr_delay_us=round(settings.gyr_delay_s * 1e6),
                acc_delay_us=round(settings.acc_delay_s * 1e6),
                acc_scale_pg=round(settings.acc_range_g * 1e12 / 32768),
                gyr_scale_ndps=round(settings.gyr_range_dps * 1e9 / 32768),
                rate_millihz=round(settings.rate_hz * 1000),
                axes=settings.axes[imu],
            )
            for imu in (0, 1)
        )
        return Info(
            wire_major=1,
            boot=boot,
            epoch=1,
            profile=settings.profile,
            battery_cells=1,
            max_message=1024,
            store_bytes=174 * settings.store_blocks,
            imus=imus,
            name=settings.name,
            serial=settings.serial,
            firmware="0.1.0",
            board="virtual",
            interpreter="CPython",
            sacral_chip="simulated",
            thoracic_chip="simulated",
        )
