"""CONFIG_GET and CONFIG_SET: what may be read and set by whom, and what follows (protocol/SPEC.md, section 8)."""

from hiphinge_fw.core.link import PACKETS
from hiphinge_fw.core.settings import CHIP_NAMES, EPOCH_NAMES
from hiphinge_wire.config import KEYS, Config
from hiphinge_wire.constants import EVENT_CONFIG
from hiphinge_wire.errors import BAD_STATE, BAD_VALUE, NOT_AUTHORISED, UNSUPPORTED, WireError

# A cable is in the owner's hand, the radio in everybody's.
_CABLE_ONLY = ("passkey", "passkey_pairing")


class Configuring:
    """Handlers of `Control` for the settings.

    Parameters
    ----------
    device : Device
        Its settings and control are there by the time somebody asks.
    """

    def __init__(self, device):
        self._device = device

    def get(self, link, request):
        """CONFIG_GET."""
        self._tell(link, request, [KEYS[key][0] for key in request.keys] or [KEYS[key][0] for key in KEYS])

    def set(self, link, request):
        """CONFIG_SET: all values or none."""
        device = self._device
        values = request.values
        if device.states.sampling and any(name in values for name in CHIP_NAMES):
            raise WireError(BAD_STATE, "rate and ranges while started")
        if not device.supports(values):
            raise WireError(UNSUPPORTED, "this chip cannot")
        if link.port.framing == PACKETS and any(name in values for name in _CABLE_ONLY):
            raise WireError(NOT_AUTHORISED, "passkeys are set over the cable")
        before = device.settings.values
        if values.get("passkey_pairing", before["passkey_pairing"]) and not values.get("passkey", before["passkey"]):
            raise WireError(BAD_VALUE, "passkey_pairing needs a passkey")
        device.settings.change(values)
        self.changed(before)
        self._tell(link, request, list(values))

    def changed(self, before):
        """What follows from other settings than those of `before`."""
        device = self._device
        if any(device.settings.get(name) != before[name] for name in EPOCH_NAMES):
            now_us = device.ticks_us()
            device.new_epoch(now_us)
            device.add_event(EVENT_CONFIG, now_us, device.assembly.epoch)
        device.apply_settings()

    def _tell(self, link, request, names):
        values = {name: self._device.settings.get(name) for name in names}
        if link.port.framing == PACKETS and "passkey" in values:
            values["passkey"] = 0
        config = Config(request=request.request, epoch=self._device.assembly.epoch, values=values)
        self._device.control.send(link, config)
