"""The configuration: checked by the wire's own table, kept as one CONFIG message with a CRC, all or nothing."""

from hiphinge_fw.core.crc import crc32_into
from hiphinge_fw.core.seldom import seldom
from hiphinge_wire.errors import STORAGE, WireError

_KEY = "settings"
_WIRE = "hiphinge_wire.config"
# A change of these begins a new epoch, the last three only while not started.
EPOCH_NAMES = ("profile", "rate_hz", "acc_range_g", "gyr_range_dps")
CHIP_NAMES = ("rate_hz", "acc_range_g", "gyr_range_dps")


def sealed(data):
    """`data` with its CRC-32 behind it."""
    crc = bytearray(4)
    crc32_into(data, 0, len(data), crc)
    return bytes(data) + bytes(crc)


def unsealed(data):
    """What `sealed` was given; None where the CRC does not fit."""
    if data is None or len(data) < 5:
        return None
    body = data[: len(data) - 4]
    return body if sealed(body) == bytes(data) else None


def _defaults(wire):
    return {wire.KEYS[key][0]: wire.KEYS[key][4] for key in wire.KEYS}


class Settings:
    """Values by name.

    Parameters
    ----------
    kept : object
        ``get(key)`` gives bytes or None, ``put(key, data)`` keeps them at once or raises OSError.
    """

    def __init__(self, kept):
        self._kept = kept
        wire = seldom(_WIRE)
        self.values = _defaults(wire)
        body = unsealed(kept.get(_KEY))
        if body is not None:
            try:
                self.values.update(wire.Config.decode(body).values)
            except WireError:
                # Of another firmware: the defaults stand.
                pass

    def get(self, name):
        """One value."""
        return self.values[name]

    def change(self, values):
        """Set some values, all or none, kept when this returns.

        Raises
        ------
        WireError
            A value that may not be, or STORAGE.
        """
        wire = seldom(_WIRE)
        for name in values:
            wire.check_value(name, values[name])
        new = dict(self.values)
        new.update(values)
        self._keep(new, wire)
        self.values = new

    def forget(self):
        """Back to the defaults."""
        wire = seldom(_WIRE)
        new = _defaults(wire)
        self._keep(new, wire)
        self.values = new

    def _keep(self, values, wire):
        try:
            self._kept.put(_KEY, sealed(wire.Config(epoch=1, values=values).encode()))
        except OSError:
            raise WireError(STORAGE, "settings could not be kept") from None
