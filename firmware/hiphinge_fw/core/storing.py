"""STORE_LIST, STORE_FETCH, STORE_ERASE (protocol/SPEC.md, section 9); read from flash for each use (`seldom`)."""

from hiphinge_fw.core import messages
from hiphinge_fw.core.seldom import seldom
from hiphinge_wire.constants import (
    ERASE_ALL,
    ERASE_BOOT,
    STATE_OUTAGE,
    STATE_RECORDING,
    STATE_STARTED,
    TIME_EXCHANGED,
    TIME_UNKNOWN,
)
from hiphinge_wire.errors import BAD_STATE, BUSY, NOT_FOUND, STORAGE, WireError

_SAMPLING = (STATE_STARTED, STATE_OUTAGE, STATE_RECORDING)
_UNKNOWN_MS = 0xFFFFFFFF
# A boot's wall clock is good to a round trip.
_EXCHANGED_MS = 100


def do(control, link, request, now_us):
    """Do it, and answer."""
    _DO[request.TYPE](control, link, request)


def _store_list(control, link, request):
    control.send(link, _stored(control.device, request.request, request.from_boot, request.from_sequence))


def _store_fetch(control, link, request):
    device = control.device
    if not device.delivery.knows(request.boot):
        raise WireError(NOT_FOUND, "nothing is stored of boot %d" % request.boot)
    device.serve(link)
    device.delivery.fetch(request.boot, request.first, request.last)
    control.ok(link, request)


def _store_erase(control, link, request):
    device = control.device
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
            seldom("hiphinge_fw.core.configuring").changed(device, before)
            device.forget_bonds(None)
    except OSError:
        fine = False
    if not fine:
        raise WireError(STORAGE, "flash could not be erased")
    control.ok(link, request)


def _stored(device, request, from_boot, from_sequence):
    """STORE_LISTED from a key on."""
    replies = seldom("hiphinge_wire.replies")
    most = replies.MAX_STORED
    runs = [run for run in device.delivery.runs if (run.boot, run.first) >= (from_boot, from_sequence)]
    entries = [
        replies.Stored(
            boot=run.boot,
            epoch=run.epoch,
            profile=run.profile,
            time_known=TIME_EXCHANGED if device.infos.unix_us(run.boot, run.epoch) else TIME_UNKNOWN,
            first_sequence=run.first,
            last_sequence=run.last,
            bytes=run.bytes,
            samples=tuple(run.samples),
            first_us=run.first_us,
            last_us=run.last_us,
            unix_us=device.infos.unix_us(run.boot, run.epoch),
            uncertainty_ms=_EXCHANGED_MS if device.infos.unix_us(run.boot, run.epoch) else _UNKNOWN_MS,
        )
        for run in runs[: most + 1]
    ]
    own = _own_run(device)
    if own is not None and len(entries) <= most and (device.boot, own[0]) >= (from_boot, from_sequence):
        first, last, first_us, last_us, count, size = own
        entries.append(
            replies.Stored(
                boot=device.boot,
                epoch=device.assembly.epoch,
                profile=device.assembly.profile,
                time_known=TIME_EXCHANGED if device.unix_us else TIME_UNKNOWN,
                first_sequence=first,
                last_sequence=last,
                bytes=size,
                samples=count,
                first_us=first_us,
                last_us=last_us,
                unix_us=device.unix_us,
                uncertainty_ms=_EXCHANGED_MS if device.unix_us else _UNKNOWN_MS,
            )
        )
    page, rest = entries[:most], entries[most:]
    return replies.StoreListed(
        request=request,
        next_boot=rest[0].boot if rest else 0,
        next_sequence=rest[0].first_sequence if rest else 0,
        entries=tuple(page),
    )


def _own_run(device):
    # Of this boot's kept blocks: first, last, first_us, last_us, samples, bytes; None when there are none.
    delivery = device.delivery
    first, last = delivery.oldest, delivery.ring.next - 1
    if first > last:
        return None
    now = device.clock.microseconds(device.ticks_us())
    return first, last, 0, now, tuple(device.assembly.samples), delivery.unacknowledged_bytes


_DO = {
    messages.STORE_LIST: _store_list,
    messages.STORE_FETCH: _store_fetch,
    messages.STORE_ERASE: _store_erase,
}
