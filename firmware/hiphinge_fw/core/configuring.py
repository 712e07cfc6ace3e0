"""CONFIG_GET and CONFIG_SET: what may be read and set by whom, and what follows (protocol/SPEC.md, section 8).

Read from flash for each use (`seldom`).
"""

from hiphinge_fw.core import messages
from hiphinge_fw.core.link import PACKETS
from hiphinge_fw.core.seldom import seldom
from hiphinge_fw.core.settings import CHIP_NAMES, EPOCH_NAMES
from hiphinge_wire.constants import EVENT_CONFIG
from hiphinge_wire.errors import BAD_STATE, BAD_VALUE, NOT_AUTHORISED, UNSUPPORTED, WireError

# A cable is in the owner's hand, the radio in everybody's.
_CABLE_ONLY = ("passkey", "passkey_pairing")


def do(control, link, request, now_us):
    """Do it, and answer."""
    (_config_get if request.TYPE == messages.CONFIG_GET else _config_set)(control, link, request)


def _config_get(control, link, request):
    wire = seldom("hiphinge_wire.config")
    _tell(control, link, request, [wire.KEYS[key][0] for key in request.keys or wire.KEYS], wire.Config)


def _config_set(control, link, request):
    # All values or none.
    device = control.device
    values = request.values
    if device.states.sampling and any(name in values for name in CHIP_NAMES):
        raise WireError(BAD_STATE, "rate and ranges while started")
    if not _supports(device.sensors, values):
        raise WireError(UNSUPPORTED, "this chip cannot")
    if link.port.framing == PACKETS and any(name in values for name in _CABLE_ONLY):
        raise WireError(NOT_AUTHORISED, "passkeys are set over the cable")
    before = device.settings.values
    if values.get("passkey_pairing", before["passkey_pairing"]) and not values.get("passkey", before["passkey"]):
        raise WireError(BAD_VALUE, "passkey_pairing needs a passkey")
    device.settings.change(values)
    changed(device, before)
    _tell(control, link, request, list(values), seldom("hiphinge_wire.config").Config)


def changed(device, before):
    """What follows from other settings than those of `before`."""
    if any(device.settings.get(name) != before[name] for name in EPOCH_NAMES):
        now_us = device.ticks_us()
        device.new_epoch(now_us)
        device.add_event(EVENT_CONFIG, now_us, device.assembly.epoch)
    device.apply_settings()


def _tell(control, link, request, names, config):
    values = {name: control.device.settings.get(name) for name in names}
    if link.port.framing == PACKETS and "passkey" in values:
        values["passkey"] = 0
    control.send(link, config(request=request.request, epoch=control.device.assembly.epoch, values=values))


def _supports(sensors, values):
    # Whether both chips can do these rates and ranges.
    for sensor in sensors:
        family = getattr(sensor.driver, "family", None)
        if not sensor.present or family is None:
            if sensor.present and values.get("rate_hz", 0) not in (0, 100):
                return False
            continue
        if values.get("rate_hz", 0) not in (0,) + tuple(family.rates):
            return False
        if values.get("acc_range_g", 8) not in family.acc or values.get("gyr_range_dps", 1000) not in family.gyr:
            return False
    return True
