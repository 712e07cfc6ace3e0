"""What the host asks for, done or answered with ERROR (protocol/SPEC.md, sections 5, 6 and 9)."""

from micropython import const

from hiphinge_fw.core import reports
from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.configuring import Configuring
from hiphinge_fw.core.link import PACKETS
from hiphinge_wire import WIRE_MAJOR, WIRE_MINOR
from hiphinge_wire.calibration import METHOD_NONE, Calibration, CalibrationSet
from hiphinge_wire.codec import decode_request, error_reply
from hiphinge_wire.config import ConfigGet, ConfigSet
from hiphinge_wire.constants import (
    BONDS_ALL,
    ERASE_ALL,
    ERASE_BOOT,
    REBOOT_LOADER,
    START_LIVE_ONLY,
    START_STORE_ONLY,
    STATE_OUTAGE,
    STATE_RECORDING,
    STATE_STARTED,
)
from hiphinge_wire.errors import (
    BAD_STATE,
    BAD_VALUE,
    BUSY,
    HARDWARE,
    NOT_AUTHORISED,
    NOT_FOUND,
    STORAGE,
    UNSUPPORTED,
    VERSION,
    WireError,
)
from hiphinge_wire.hello import Hello, HelloReply, Leave
from hiphinge_wire.replies import Error, Gone, Ok, Started, TimeReply
from hiphinge_wire.requests import (
    Ack,
    CalibrateGyro,
    CalibrationGet,
    Cue,
    EventAck,
    ForgetBonds,
    Identify,
    InfoGet,
    Nack,
    Range,
    Reboot,
    Selftest,
    Start,
    StatusGet,
    Stop,
    StoreErase,
    StoreFetch,
    StoreList,
    TimeExchange,
)

_SAMPLING = (STATE_STARTED, STATE_OUTAGE, STATE_RECORDING)
# What is done for a peer that paired without the passkey it should have typed.
_OPEN = (InfoGet.TYPE, StatusGet.TYPE, TimeExchange.TYPE, Hello.TYPE, Leave.TYPE)
# protocol/SPEC.md, section 6.
_ERRORS_A_SECOND = const(20)
_SECOND_US = const(1000000)
# Of a wrong frame neither type nor request are known.
_NOT_READ = const(0)


class Control:
    """Requests in, replies out.

    Parameters
    ----------
    device : Device

    Attributes
    ----------
    bad : int
        Messages answered with ERROR, or not even that.
    """

    def __init__(self, device):
        self._device = device
        self._scratch = bytearray(1024)
        self._view = memoryview(self._scratch)
        self._second_us = 0
        self._errors = 0
        self.bad = 0
        self._settings = Configuring(device)
        self._do = {
            InfoGet.TYPE: self._info,
            StatusGet.TYPE: self._status,
            Start.TYPE: self._start,
            Stop.TYPE: self._stop,
            Ack.TYPE: self._ack,
            Nack.TYPE: self._nack,
            TimeExchange.TYPE: self._time,
            ConfigGet.TYPE: self._settings.get,
            ConfigSet.TYPE: self._settings.set,
            Identify.TYPE: self._identify,
            Cue.TYPE: self._cue,
            CalibrateGyro.TYPE: self._calibrate_gyro,
            StoreList.TYPE: self._store_list,
            StoreFetch.TYPE: self._store_fetch,
            StoreErase.TYPE: self._store_erase,
            ForgetBonds.TYPE: self._forget_bonds,
            CalibrationGet.TYPE: self._calibration_get,
            CalibrationSet.TYPE: self._calibration_set,
            Selftest.TYPE: self._selftest,
            Reboot.TYPE: self._reboot,
            EventAck.TYPE: self._event_ack,
            Hello.TYPE: self._hello,
            Leave.TYPE: self._leave,
        }

    # -- in

    def take(self, link, ticks, data, now_us):
        """One message from a link, which came at `ticks`."""
        try:
            request = decode_request(data)
            try:
                self._ticks = ticks
                self._now_us = now_us
                if request.TYPE not in _OPEN and self._lacks_passkey(link):
                    raise WireError(NOT_AUTHORISED, "pair with the passkey")
                self._do[request.TYPE](link, request)
            except WireError as error:
                error.of_type, error.request = request.TYPE, request.request
                raise
        except WireError as error:
            self._refuse(link, error_reply(error), now_us)

    def _lacks_passkey(self, link):
        by_radio = link.port.framing == PACKETS
        return by_radio and not link.authenticated and self._device.settings.get("passkey_pairing")

    def fault(self, link, code, now_us):
        """Bytes of a link that were no message."""
        self._refuse(link, Error(code=code, of_type=_NOT_READ, detail="no whole message"), now_us)

    def _refuse(self, link, reply, now_us):
        self.bad += 1
        if ticks_diff(now_us, self._second_us) >= _SECOND_US or ticks_diff(now_us, self._second_us) < 0:
            self._second_us = now_us
            self._errors = 0
        self._errors += 1
        if self._errors <= _ERRORS_A_SECOND:
            self.send(link, reply)

    # -- out

    def send(self, link, message, behind=-1):
        """Queue a message for a link."""
        length = message.encode_into(self._scratch)
        link.reply(bytes(self._view[:length]), behind)

    def _ok(self, link, request, behind=-1):
        if request.request:
            self.send(link, Ok(request=request.request, of_type=request.TYPE), behind)

    def tell_gone(self, link):
        """What the delivery found missing, by reason, sixteen ranges a message."""
        gone = self._device.delivery.gone
        while gone:
            reason = gone[0][0]
            some = [one for one in gone if one[0] == reason][:16]
            for one in some:
                gone.remove(one)
            ranges = tuple(Range(boot=boot, first=first, last=last) for _, boot, first, last in some)
            self.send(link, Gone(reason=reason, ranges=ranges))

    # -- reading

    def _info(self, link, request):
        device = self._device
        if request.boot in (0, device.boot) and request.epoch in (0, device.assembly.epoch):
            info = reports.info(device)
        else:
            info = device.infos.get(request.boot or device.boot, request.epoch)
            if info is None:
                raise WireError(NOT_FOUND, "nothing is known of that epoch")
        info.request = request.request
        self.send(link, info)

    def _status(self, link, request):
        self._device.send_status(link, request.request, self._now_us)

    def _time(self, link, request):
        device = self._device
        t2 = device.clock.microseconds(self._ticks)
        if request.unix_us and not device.unix_us:
            device.unix_us = max(0, request.unix_us - t2)
            device.keep_info()
        t3 = max(t2, device.clock.microseconds(device.ticks_us()))
        self.send(link, TimeReply(request=request.request, t1_us=request.t1_us, t2_us=t2, t3_us=t3, boot=device.boot))

    def _calibration_get(self, link, request):
        stored = self._device.checks.calibrations[request.imu] or Calibration(imu=request.imu, method=METHOD_NONE)
        stored.request = request.request
        self.send(link, stored)

    def _store_list(self, link, request):
        self.send(link, reports.stored(self._device, request.request, request.from_boot, request.from_sequence))

    # -- sampling

    def _start(self, link, request):
        device = self._device
        if not device.states.may_start(link):
            raise WireError(BUSY, "another link has started")
        if device.battery.low:
            raise WireError(BAD_STATE, "battery too low")
        if device.safe:
            raise WireError(BAD_STATE, "safe mode")
        if device.checks.testing:
            raise WireError(BUSY, "a self-test is running")
        profile = request.profile or device.settings.get("profile")
        # A packet of 20 bytes carries quaternions at best.
        if link.payload < 100:
            profile = 1
        if not device.start(link, profile, request.flags & START_STORE_ONLY, request.flags & START_LIVE_ONLY):
            raise WireError(HARDWARE, "no IMU delivers")
        delivery = device.delivery
        store_only = request.flags & START_STORE_ONLY
        self.send(
            link,
            Started(
                request=request.request,
                profile=profile,
                flags=request.flags,
                epoch=device.assembly.epoch,
                boot=device.boot,
                next_sequence=delivery.ring.next,
                oldest_sequence=delivery.ring.next if store_only else delivery.oldest,
                time_us=device.clock.microseconds(self._now_us),
            ),
        )

    def _stop(self, link, request):
        device = self._device
        if device.states.owner is not None and device.states.owner is not link:
            raise WireError(BUSY, "another link has started")
        device.stop(self._now_us)
        # Behind the block that was closed just now.
        self._ok(link, request, device.delivery.ring.next)

    def _ack(self, link, request):
        done = self._device.delivery.acknowledge(request.boot, request.sequence)
        if done is None:
            raise WireError(NOT_FOUND, "nothing is stored of boot %d" % request.boot)
        if not done:
            raise WireError(BAD_VALUE, "a sequence not yet made")
        self._ok(link, request)

    def _nack(self, link, request):
        for one in request.ranges:
            if not self._device.delivery.ask_again(one.boot, one.first, one.last):
                raise WireError(BUSY, "more than 16 ranges are waiting")

    def _store_fetch(self, link, request):
        device = self._device
        if not device.delivery.knows(request.boot):
            raise WireError(NOT_FOUND, "nothing is stored of boot %d" % request.boot)
        device.serve(link)
        device.delivery.fetch(request.boot, request.first, request.last)
        self._ok(link, request)

    def _store_erase(self, link, request):
        device = self._device
        if device.states.code in _SAMPLING and request.boot in (0, device.boot):
            raise WireError(BAD_STATE, "the running boot while started")
        if request.scope == ERASE_BOOT and not device.delivery.knows(request.boot):
            raise WireError(NOT_FOUND, "nothing is stored of boot %d" % request.boot)
        try:
            fine = device.delivery.erase(request.boot)
            if fine is None:
                raise WireError(BUSY, "more to erase: ask again")
            if request.scope == ERASE_ALL:
                before = device.settings.values
                device.settings.forget()
                device.infos.forget()
                self._settings.changed(before)
                device.forget_bonds(None)
        except OSError:
            fine = False
        if not fine:
            raise WireError(STORAGE, "flash could not be erased")
        self._ok(link, request)

    # -- settings

    def _calibration_set(self, link, request):
        device = self._device
        if device.states.code in _SAMPLING:
            raise WireError(BAD_STATE, "while started")
        try:
            device.checks.keep(request)
        except OSError:
            raise WireError(STORAGE, "the calibration could not be kept") from None
        self._ok(link, request)

    def _forget_bonds(self, link, request):
        device = self._device
        try:
            device.forget_bonds(None if request.scope == BONDS_ALL else link.identity)
        except OSError:
            raise WireError(STORAGE, "bonds could not be erased") from None
        self._ok(link, request)
        if request.scope == BONDS_ALL:
            device.drop_when_quiet(link)

    # -- what one sees and feels

    def _identify(self, link, request):
        self._device.identify(request.duration_ms)
        self._ok(link, request)

    def _cue(self, link, request):
        if not self._device.look.begin_cue(request.pattern, request.strength_percent, request.duration_ms):
            raise WireError(UNSUPPORTED, "no motor")
        self._ok(link, request)

    # -- what takes a while

    def _calibrate_gyro(self, link, request):
        device = self._device
        if request.duration_ms == 0:
            device.checks.cancel_gyro_calibration()
            self._ok(link, request)
            return
        if device.checks.measuring is not None or device.checks.testing:
            raise WireError(BUSY, "one is running")
        if not device.checks.begin_gyro_calibration(link, request, self._now_us):
            raise WireError(HARDWARE, "no IMU delivers")
        self._ok(link, request)

    def _selftest(self, link, request):
        device = self._device
        if device.states.code in _SAMPLING or device.checks.measuring is not None:
            raise WireError(BAD_STATE, "while started")
        if device.checks.testing:
            raise WireError(BUSY, "one is running")
        device.checks.begin_selftest(link, request.request)
        self._ok(link, request)

    def _reboot(self, link, request):
        device = self._device
        if device.states.code in _SAMPLING:
            raise WireError(BAD_STATE, "while started")
        if request.mode == REBOOT_LOADER and not device.board.has_loader:
            raise WireError(UNSUPPORTED, "no boot loader to jump to")
        self._ok(link, request)
        device.restart_when_quiet(link, request.mode)

    def _event_ack(self, link, request):
        device = self._device
        if request.boot == device.boot and not device.events.acknowledge(request.number):
            raise WireError(BAD_VALUE, "a number not yet given")
        self._ok(link, request)

    # -- the line

    def _hello(self, link, request):
        if request.major != WIRE_MAJOR:
            raise WireError(VERSION, "this device speaks version %d" % WIRE_MAJOR)
        self.send(
            link,
            HelloReply(
                request=request.request,
                wire_major=WIRE_MAJOR,
                wire_minor=WIRE_MINOR,
                max_message=512,
                silence_ms=link.port.silence_ms,
                boot=self._device.boot,
            ),
        )

    def _leave(self, link, request):
        self._ok(link, request)
        self._device.drop_when_quiet(link)
