"""What a host asks for now and then: read from flash for each use (`seldom`), and gone after it."""

from hiphinge_fw.core import messages
from hiphinge_fw.core.seldom import seldom
from hiphinge_wire import WIRE_MAJOR, WIRE_MINOR
from hiphinge_wire.calibration import METHOD_NONE
from hiphinge_wire.constants import (
    BONDS_ALL,
    REBOOT_LOADER,
    STATE_OUTAGE,
    STATE_RECORDING,
    STATE_STARTED,
)
from hiphinge_wire.errors import (
    BAD_STATE,
    BUSY,
    HARDWARE,
    STORAGE,
    UNSUPPORTED,
    VERSION,
    WireError,
)

_SAMPLING = (STATE_STARTED, STATE_OUTAGE, STATE_RECORDING)


def do(control, link, request, now_us):
    """Do it, and answer."""
    _DO[request.TYPE](control, link, request, now_us)


def _calibration_get(control, link, request, now_us):
    stored = control.device.checks.calibrations[request.imu]
    if stored is None:
        stored = seldom("hiphinge_wire.calibration").Calibration(imu=request.imu, method=METHOD_NONE)
    stored.request = request.request
    control.send(link, stored)


def _calibration_set(control, link, request, now_us):
    device = control.device
    if device.states.code in _SAMPLING:
        raise WireError(BAD_STATE, "while started")
    try:
        device.checks.keep(request)
    except OSError:
        raise WireError(STORAGE, "the calibration could not be kept") from None
    control.ok(link, request)


def _forget_bonds(control, link, request, now_us):
    device = control.device
    try:
        device.forget_bonds(None if request.scope == BONDS_ALL else link.identity)
    except OSError:
        raise WireError(STORAGE, "bonds could not be erased") from None
    control.ok(link, request)
    if request.scope == BONDS_ALL:
        device.drop_when_quiet(link)


def _identify(control, link, request, now_us):
    control.device.identify(request.duration_ms)
    control.ok(link, request)


def _cue(control, link, request, now_us):
    if not control.device.look.begin_cue(request.pattern, request.strength_percent, request.duration_ms):
        raise WireError(UNSUPPORTED, "no motor")
    control.ok(link, request)


def _calibrate_gyro(control, link, request, now_us):
    device = control.device
    if request.duration_ms == 0:
        device.checks.cancel_gyro_calibration()
        control.ok(link, request)
        return
    if device.checks.measuring is not None or device.checks.testing:
        raise WireError(BUSY, "one is running")
    if not device.checks.begin_gyro_calibration(link, request, now_us):
        raise WireError(HARDWARE, "no IMU delivers")
    control.ok(link, request)


def _selftest(control, link, request, now_us):
    device = control.device
    if device.states.code in _SAMPLING or device.checks.measuring is not None:
        raise WireError(BAD_STATE, "while started")
    if device.checks.testing:
        raise WireError(BUSY, "one is running")
    device.checks.begin_selftest(link, request.request)
    control.ok(link, request)


def _reboot(control, link, request, now_us):
    device = control.device
    if device.states.code in _SAMPLING:
        raise WireError(BAD_STATE, "while started")
    if request.mode == REBOOT_LOADER and not device.board.has_loader:
        raise WireError(UNSUPPORTED, "no boot loader to jump to")
    control.ok(link, request)
    device.restart_when_quiet(link, request.mode)


def _hello(control, link, request, now_us):
    if request.major != WIRE_MAJOR:
        raise WireError(VERSION, "this device speaks version %d" % WIRE_MAJOR)
    control.send(
        link,
        seldom("hiphinge_wire.hello").HelloReply(
            request=request.request,
            wire_major=WIRE_MAJOR,
            wire_minor=WIRE_MINOR,
            max_message=512,
            silence_ms=link.port.silence_ms,
            boot=control.device.boot,
        ),
    )


def _leave(control, link, request, now_us):
    control.ok(link, request)
    control.device.drop_when_quiet(link)


_DO = {
    messages.IDENTIFY: _identify,
    messages.CUE: _cue,
    messages.CALIBRATE_GYRO: _calibrate_gyro,
    messages.FORGET_BONDS: _forget_bonds,
    messages.CALIBRATION_GET: _calibration_get,
    messages.CALIBRATION_SET: _calibration_set,
    messages.SELFTEST: _selftest,
    messages.REBOOT: _reboot,
    messages.HELLO: _hello,
    messages.LEAVE: _leave,
}
