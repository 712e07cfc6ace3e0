"""What the host asks for, done or answered with ERROR (protocol/SPEC.md, sections 5, 6 and 9)."""

from micropython import const

from hiphinge_fw.core import messages
from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.link import PACKETS
from hiphinge_fw.core.messages import Error, Gone, Ok, Range, Started, TimeReply, decode_request, error_reply
from hiphinge_fw.core.seldom import Room, seldom
from hiphinge_wire.constants import START_LIVE_ONLY, START_STORE_ONLY
from hiphinge_wire.errors import BAD_STATE, BAD_VALUE, BUSY, HARDWARE, NOT_AUTHORISED, NOT_FOUND, WireError

# What is done for a peer that paired without the passkey it should have typed.
_OPEN = (messages.INFO_GET, messages.STATUS_GET, messages.TIME_EXCHANGE, messages.HELLO, messages.LEAVE)
_CONFIGURING = "hiphinge_fw.core.configuring"
_STORING = "hiphinge_fw.core.storing"
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
    device : Device
    bad : int
        Messages answered with ERROR, or not even that.
    """

    def __init__(self, device):
        self.device = device
        self._scratch = bytearray(1024)
        self._view = memoryview(self._scratch)
        self._second_us = 0
        self._errors = 0
        self.bad = 0

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
                self._do(link, request)
            except WireError as error:
                error.of_type, error.request = request.TYPE, request.request
                raise
        except MemoryError:
            # What is asked seldom is read into memory for it: another try may find more.
            request = data[1] if len(data) > 1 else 0
            self._refuse(link, Error(request=request, code=BUSY, of_type=data[0], detail="no memory"), now_us)
        except WireError as error:
            self._refuse(link, error_reply(error), now_us)
        finally:
            Room.lent = None

    def _do(self, link, request):
        known = _DO.get(request.TYPE)
        if known is None:
            seldom(_SELDOM.get(request.TYPE, "hiphinge_fw.core.asked")).do(self, link, request, self._now_us)
        else:
            known(self, link, request)

    def _lacks_passkey(self, link):
        by_radio = link.port.framing == PACKETS
        return by_radio and not link.authenticated and self.device.settings.get("passkey_pairing")

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

    def ok(self, link, request, behind=-1):
        """Answer a request that wants an answer."""
        if request.request:
            self.send(link, Ok(request=request.request, of_type=request.TYPE), behind)

    def tell_gone(self, link):
        """What the delivery found missing, by reason, sixteen ranges a message."""
        gone = self.device.delivery.gone
        while gone:
            reason = gone[0][0]
            some = [one for one in gone if one[0] == reason][:16]
            for one in some:
                gone.remove(one)
            ranges = tuple(Range(boot=boot, first=first, last=last) for _, boot, first, last in some)
            self.send(link, Gone(reason=reason, ranges=ranges))

    # -- reading

    def _info(self, link, request):
        device = self.device
        if request.boot in (0, device.boot) and request.epoch in (0, device.assembly.epoch):
            info = seldom("hiphinge_fw.core.descriptions").info(device)
        else:
            info = device.infos.get(request.boot or device.boot, request.epoch)
            if info is None:
                raise WireError(NOT_FOUND, "nothing is known of that epoch")
        info.request = request.request
        self.send(link, info)

    def _status(self, link, request):
        self.device.send_status(link, request.request, self._now_us)

    def _time(self, link, request):
        device = self.device
        t2 = device.clock.microseconds(self._ticks)
        if request.unix_us and not device.unix_us:
            device.unix_us = max(0, request.unix_us - t2)
            device.keep_info()
        t3 = max(t2, device.clock.microseconds(device.ticks_us()))
        self.send(link, TimeReply(request=request.request, t1_us=request.t1_us, t2_us=t2, t3_us=t3, boot=device.boot))

    # -- sampling

    def _start(self, link, request):
        device = self.device
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
        device = self.device
        if device.states.owner is not None and device.states.owner is not link:
            raise WireError(BUSY, "another link has started")
        device.stop(self._now_us)
        # Behind the block that was closed just now.
        self.ok(link, request, device.delivery.ring.next)

    def _ack(self, link, request):
        done = self.device.delivery.acknowledge(request.boot, request.sequence)
        if done is None:
            raise WireError(NOT_FOUND, "nothing is stored of boot %d" % request.boot)
        if not done:
            raise WireError(BAD_VALUE, "a sequence not yet made")
        self.ok(link, request)

    def _nack(self, link, request):
        for one in request.ranges:
            if not self.device.delivery.ask_again(one.boot, one.first, one.last):
                raise WireError(BUSY, "more than 16 ranges are waiting")

    # -- what takes a while

    def _event_ack(self, link, request):
        device = self.device
        if request.boot == device.boot and not device.events.acknowledge(request.number):
            raise WireError(BAD_VALUE, "a number not yet given")
        self.ok(link, request)


# Whatever is in neither is done by `asked`.
_SELDOM = {
    messages.CONFIG_GET: _CONFIGURING,
    messages.CONFIG_SET: _CONFIGURING,
    messages.STORE_LIST: _STORING,
    messages.STORE_FETCH: _STORING,
    messages.STORE_ERASE: _STORING,
}
_DO = {
    messages.INFO_GET: Control._info,
    messages.STATUS_GET: Control._status,
    messages.START: Control._start,
    messages.STOP: Control._stop,
    messages.ACK: Control._ack,
    messages.NACK: Control._nack,
    messages.TIME_EXCHANGE: Control._time,
    messages.EVENT_ACK: Control._event_ack,
}
