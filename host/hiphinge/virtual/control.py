"""What a virtual device answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hiphinge_wire import replies, requests
from hiphinge_wire.calibration import METHOD_NONE, Calibration, CalibrationSet
from hiphinge_wire.codec import decode_request, error_reply
from hiphinge_wire.config import KEYS, Config, ConfigGet, ConfigSet
from hiphinge_wire.constants import (
    CAL_DONE,
    ERASE_BOOT,
    GONE_NEVER,
    STATE_OUTAGE,
    STATE_READY,
    STATE_RECORDING,
    STATE_STARTED,
    TEST_PASS,
    ahead,
)
from hiphinge_wire.errors import BAD_STATE, BAD_VALUE, NOT_FOUND, UNSUPPORTED, WireError
from hiphinge_wire.hello import Hello, HelloReply, Leave
from hiphinge_wire.info import Info
from hiphinge_wire.message import Message

if TYPE_CHECKING:
    from hiphinge.virtual.device import VirtualDevice
    from hiphinge.virtual.store import BootStore

_LIST_ENTRIES = 14
_MOST_GONE = 16


# What a device that is well sees, as the firmware's own test has it (protocol/SPEC.md, entry Step): step, low, high,
# seen; accelerometer and gyroscope once an axis.
_OF_A_SENSOR = (
    (1, 112, 112, 112),
    (2, 920, 1080, 1003),
    *[(3, 50, 1700, 400)] * 3,
    *[(4, 150, 700, 300)] * 3,
    (6, 54, 90, 72),
)


def _tested(battery_mv: int) -> tuple[replies.Step, ...]:
    of_the_device = ((8, 0, 0, 0), (9, 3300, 4300, battery_mv), (12, 8000, 0x7FFFFFFF, 90_000))
    rows = [(imu, row) for imu in (0, 1) for row in _OF_A_SENSOR] + [(255, row) for row in of_the_device]
    return tuple(
        replies.Step(step=step, imu=imu, result=TEST_PASS, low=low, high=high, seen=seen)
        for imu, (step, low, high, seen) in rows
    )


class Control:
    """Requests in, replies out."""

    def __init__(self, device: VirtualDevice) -> None:
        self._device = device

    def take(self, data: bytes) -> None:
        """One message from the host: done and answered, or answered with ERROR."""
        try:
            request = decode_request(data)
            try:
                self._do(request)
            except WireError as error:
                error.of_type, error.request = request.TYPE, request.request
                raise
        except WireError as error:
            self._device.counters["bad"] += 1
            self._device.reply(error_reply(error))

    def _do(self, request: Message) -> None:
        device = self._device
        match request:
            case Hello():
                device.reply(HelloReply(request=request.request, wire_major=1, max_message=1024, boot=device.boot))
            case requests.InfoGet():
                device.reply(self._info(request))
            case requests.StatusGet():
                device.queue_status(request.request)
            case requests.TimeExchange():
                self._time(request)
            case requests.Start():
                self._start(request)
            case requests.Ack():
                self._ack(request)
            case requests.Nack():
                for one in request.ranges:
                    self._send_again(one)
            case requests.StoreList():
                self._list(request)
            case requests.StoreFetch():
                store = self._boot(request.boot)
                first = store.unwrapped(request.first)
                device.backlog.append((request.boot, first, first + ahead(request.last, request.first)))
                self._ok(request)
            case requests.EventAck():
                kept = [one for one in device.events if (one.number - request.number) % 65535 in range(1, 32768)]
                device.events.clear()
                device.events.extend(kept)
                if request.request:
                    self._ok(request)
            case ConfigGet() | ConfigSet():
                self._config(request)
            case _:
                self._rest(request)

    def _rest(self, request: Message) -> None:
        device = self._device
        match request:
            case requests.Stop():
                device.end_sampling()
                if device.state in (STATE_STARTED, STATE_OUTAGE, STATE_RECORDING):
                    device.state = STATE_READY
                self._ok(request)
            case requests.Cue() | requests.Identify():
                device.cues.append(request)
                self._ok(request)
            case requests.CalibrateGyro():
                self._ok(request)
                if request.duration_ms:
                    bias = replies.GyroBias(result=CAL_DONE, samples=round(request.duration_ms * 0.12))
                    device.reply(replies.GyroCalibrated(request=request.request, imus=(bias, bias)))
            case requests.CalibrationGet():
                stored = device.settings.calibrations[request.imu]
                reply = stored or Calibration(imu=request.imu, method=METHOD_NONE)
                reply.request = request.request
                device.reply(reply)
            case CalibrationSet():
                self._idle()
                self._calibrate(request)
                self._ok(request)
            case requests.StoreErase():
                for boot in [request.boot] if request.scope == ERASE_BOOT else list(device.boots):
                    self._boot(boot).acknowledge(self._boot(boot).next - 1)
                self._ok(request)
            case requests.Selftest():
                self._idle()
                self._ok(request)
                device.reply(replies.SelftestResult(request=request.request, steps=_tested(device.status().battery_mv)))
            case requests.Reboot():
                self._idle()
                self._ok(request)
            case requests.ForgetBonds() | Leave():
                self._ok(request)
            case _:
                raise WireError(UNSUPPORTED, "not on a virtual device")

    def _idle(self) -> None:
        if self._device.state != STATE_READY:
            raise WireError(BAD_STATE, "only while not started")

    def _calibrate(self, request: CalibrationSet) -> None:
        device = self._device
        fields = {name: value for name, value in request.plain().items() if name != "request"}
        both = list(device.settings.calibrations)
        both[request.imu] = Calibration(**fields) if request.method != METHOD_NONE else None
        device.settings = replace(device.settings, calibrations=(both[0], both[1]))
        device.store.describe_calibration(request)

    def _ok(self, request: Message) -> None:
        if request.request:
            self._device.reply(replies.Ok(request=request.request, of_type=request.TYPE))

    def _boot(self, boot: int) -> BootStore:
        if boot not in self._device.boots:
            raise WireError(NOT_FOUND, f"nothing is stored of boot {boot}")
        return self._device.boots[boot]

    def _info(self, request: requests.InfoGet) -> Info:
        boot = request.boot or self._device.boot
        if boot not in self._device.boots or request.epoch > 1:
            raise WireError(NOT_FOUND, "nothing is known of that epoch")
        info = self._device.boots[boot].info
        info.request = request.request
        return info

    def _time(self, request: requests.TimeExchange) -> None:
        device = self._device
        now_us = device.assembly.device_us(device.now_s)
        if request.unix_us and not device.store.unix_us:
            device.store.unix_us = request.unix_us - now_us
        reply = replies.TimeReply(
            request=request.request, t1_us=request.t1_us, t2_us=now_us, t3_us=now_us, boot=device.boot
        )
        device.reply(reply)

    def _start(self, request: requests.Start) -> None:
        device = self._device
        device.begin_sampling()
        device.state = STATE_STARTED
        device.live.clear()
        device.resends.clear()
        device.backlog.clear()
        store = device.store
        if store.oldest < store.next:
            device.backlog.append((device.boot, store.oldest, store.next - 1))
        device.reply(
            replies.Started(
                request=request.request,
                profile=device.assembly.profile,
                flags=request.flags,
                epoch=1,
                boot=device.boot,
                next_sequence=store.next & 0xFFFFFFFF,
                oldest_sequence=store.oldest & 0xFFFFFFFF,
                time_us=device.assembly.device_us(device.now_s),
            )
        )

    def _ack(self, request: requests.Ack) -> None:
        store = self._boot(request.boot)
        last = store.unwrapped(request.sequence)
        if last >= store.next:
            raise WireError(BAD_VALUE, "a sequence not yet made")
        store.acknowledge(last)
        self._ok(request)

    def _send_again(self, wanted: requests.Range) -> None:
        device = self._device
        if wanted.boot not in device.boots:
            self.gone([wanted])
            return
        store = device.boots[wanted.boot]
        first = store.unwrapped(wanted.first)
        last = first + ahead(wanted.last, wanted.first)
        missing: list[requests.Range] = []
        low = max(first, store.oldest)
        if first < low:
            end = min(last, store.oldest - 1)
            missing.append(requests.Range(boot=wanted.boot, first=first & 0xFFFFFFFF, last=end & 0xFFFFFFFF))
        if last >= store.next:
            begin = max(first, store.next)
            missing.append(requests.Range(boot=wanted.boot, first=begin & 0xFFFFFFFF, last=wanted.last))
        if missing:
            self.gone(missing)
        high = min(last, store.next - 1)
        coming = set(device.live) if wanted.boot == device.boot else set[int]()
        if low <= high and low not in coming and len(device.resends) < 16:
            device.resends.append((wanted.boot, low, high))

    def gone(self, ranges: list[requests.Range]) -> None:
        """Say that these will never come, and why."""
        by_reason: dict[int, list[requests.Range]] = {}
        for one in ranges:
            store = self._device.boots.get(one.boot)
            reason = GONE_NEVER if store is None else store.why_gone(store.unwrapped(one.first))
            by_reason.setdefault(reason or GONE_NEVER, []).append(one)
        for reason, some in by_reason.items():
            self._device.reply(replies.Gone(reason=reason, ranges=tuple(some[:_MOST_GONE])))

    def _list(self, request: requests.StoreList) -> None:
        entries = [one for one in (store.listed() for store in self._device.boots.values()) if one is not None]
        entries = [one for one in entries if one.boot >= request.from_boot]
        page, rest = entries[:_LIST_ENTRIES], entries[_LIST_ENTRIES:]
        following = (rest[0].boot, rest[0].first_sequence) if rest else (0, 0)
        self._device.reply(
            replies.StoreListed(
                request=request.request, next_boot=following[0], next_sequence=following[1], entries=tuple(page)
            )
        )

    def _config(self, request: ConfigGet | ConfigSet) -> None:
        device = self._device
        if isinstance(request, ConfigSet):
            device.config.update(request.values)
            names = set(request.values)
        else:
            names = {KEYS[key][0] for key in request.keys} or {entry[0] for entry in KEYS.values()}
        values = {entry[0]: device.config.get(entry[0], entry[4]) for entry in KEYS.values() if entry[0] in names}
        device.reply(Config(request=request.request, epoch=1, values=values))
