"""The configuration: a table of typed keys, and the messages that read and set them."""

import struct

from hiphinge_wire.errors import BAD_VALUE, TOO_LONG, UNKNOWN_KEY, WireError
from hiphinge_wire.layout import Layout, check_number, need, read_text, room, text_bytes
from hiphinge_wire.message import Message, require

_SIZES = {"B": 1, "H": 2, "I": 4}
MAX_VALUES = 64

# key: (name, code, low, high, default). Code "T" is text: low and high are its length in bytes.
KEYS: dict[int, tuple[str, str, int, int, int | str]] = {
    1: ("name", "T", 1, 24, "hiphinge"),
    2: ("profile", "B", 1, 3, 3),
    3: ("rate_hz", "H", 0, 480, 0),
    4: ("acc_range_g", "B", 2, 16, 8),
    5: ("gyr_range_dps", "H", 125, 2000, 1000),
    6: ("cue_rep", "B", 0, 4, 1),
    7: ("cue_fault", "B", 0, 4, 2),
    8: ("cue_set_end", "B", 0, 4, 3),
    9: ("cue_strength_percent", "B", 0, 100, 70),
    10: ("flexion_limit_ddeg", "H", 0, 900, 0),
    11: ("extension_limit_ddeg", "H", 0, 900, 0),
    12: ("status_interval_ms", "H", 200, 10000, 1000),
    13: ("outage_s", "H", 0, 36000, 3600),
    14: ("sleep_after_s", "H", 0, 36000, 300),
    # Below 3350 mV at the cell a regulator no longer holds 3.3 V: the chips would brown out first.
    15: ("low_battery_mv", "H", 3350, 4000, 3500),
    16: ("led_percent", "B", 0, 100, 30),
    17: ("passkey_pairing", "B", 0, 1, 0),
    18: ("passkey", "I", 0, 999999, 0),
}
IDS = {entry[0]: key for key, entry in KEYS.items()}

_CHOICES = {"acc_range_g": (2, 4, 8, 16), "gyr_range_dps": (125, 250, 500, 1000, 2000)}


def check_value(name: str, value: object) -> None:
    """Raise `WireError` unless `value` may be set.

    Parameters
    ----------
    name : str
        A name of `KEYS`.
    value : int or str
        What to set it to.

    Raises
    ------
    WireError
        UNKNOWN_KEY, BAD_VALUE, BAD_TEXT or TOO_LONG.
    """
    if name not in IDS:
        raise WireError(UNKNOWN_KEY, f"no configuration key {name}")
    _, code, low, high, _ = KEYS[IDS[name]]
    if code == "T":
        if not isinstance(value, str):
            raise WireError(BAD_VALUE, f"{name} is a text")
        require(len(text_bytes(name, value, high)) >= low, f"{name} is empty")
        return
    check_number(name, value, low, high)
    require(name not in _CHOICES or value in _CHOICES[name], f"{name} is one of {_CHOICES.get(name)}")


class ConfigGet(Message):
    """Ask for keys by number; none asks for all."""

    TYPE = 0x17
    keys: tuple[int, ...]

    def __init__(self, **values: object) -> None:
        self.keys = tuple(values.pop("keys", ()))  # type: ignore[arg-type]
        super().__init__(**values)

    def write_tail(self, buffer: bytearray | memoryview, offset: int) -> int:
        """Write count and keys; returns where they end."""
        if len(self.keys) > MAX_VALUES:
            raise WireError(TOO_LONG, f"{len(self.keys)} keys; {MAX_VALUES} allowed")
        room(buffer, offset, 1 + len(self.keys))
        buffer[offset] = len(self.keys)
        for key in self.keys:
            if key not in KEYS:
                raise WireError(UNKNOWN_KEY, f"no configuration key {key}")
            offset += 1
            buffer[offset] = key
        return offset + 1

    def read_tail(self, data: bytes | bytearray | memoryview, offset: int) -> int:
        """Read count and keys; returns where they end."""
        need(data, offset, 1)
        count = data[offset]
        if count > MAX_VALUES:
            raise WireError(TOO_LONG, f"{count} keys; {MAX_VALUES} allowed")
        need(data, offset + 1, count)
        self.keys = tuple(data[offset + 1 : offset + 1 + count])
        for key in self.keys:
            if key not in KEYS:
                raise WireError(UNKNOWN_KEY, f"no configuration key {key}")
        return offset + 1 + count

    def plain(self) -> dict[str, object]:
        """Field names and values, ready for JSON."""
        return {"request": self.request, "keys": list(self.keys)}


class _Values(Message):
    # Values by name, behind the fixed fields: count, then key, length, value each.
    STRICT = True
    values: dict[str, int | str]

    def __init__(self, **values: object) -> None:
        self.values = values.pop("values", {})  # type: ignore[assignment]  # checked when it is sent
        super().__init__(**values)

    def write_tail(self, buffer: bytearray | memoryview, offset: int) -> int:
        """Write the values in the order of their keys; returns where they end."""
        for name in self.values:
            check_value(name, self.values[name])
        room(buffer, offset, 1)
        buffer[offset] = len(self.values)
        offset += 1
        for key in sorted(IDS[name] for name in self.values):
            name, code, _, high, _ = KEYS[key]
            value = self.values[name]
            raw = text_bytes(name, value, high) if isinstance(value, str) else struct.pack("<" + code, value)
            room(buffer, offset, 2 + len(raw))
            buffer[offset] = key
            buffer[offset + 1] = len(raw)
            buffer[offset + 2 : offset + 2 + len(raw)] = raw
            offset += 2 + len(raw)
        return offset

    def read_tail(self, data: bytes | bytearray | memoryview, offset: int) -> int:
        """Read the values; returns where they end."""
        need(data, offset, 1)
        count = data[offset]
        if count > MAX_VALUES:
            raise WireError(TOO_LONG, f"{count} values; {MAX_VALUES} allowed")
        offset += 1
        self.values = {}
        for _ in range(count):
            need(data, offset, 2)
            key, size = data[offset], data[offset + 1]
            need(data, offset + 2, size)
            if key in KEYS:
                self._read_value(data, offset + 1, key)
            elif self.STRICT:
                raise WireError(UNKNOWN_KEY, f"no configuration key {key}")
            offset += 2 + size
        return offset

    def _read_value(self, data: bytes | bytearray | memoryview, offset: int, key: int) -> None:
        name, code, _, high, _ = KEYS[key]
        require(name not in self.values, f"{name} stands there twice")
        if code == "T":
            value = read_text(data, offset, name, high)[0]
        else:
            require(data[offset] == _SIZES[code], f"{name} has {data[offset]} bytes; {_SIZES[code]} needed")
            value = struct.unpack_from("<" + code, data, offset + 1)[0]
        check_value(name, value)
        self.values[name] = value

    def plain(self) -> dict[str, object]:
        """Field names and values, ready for JSON."""
        out = super().plain()
        out["values"] = dict(self.values)
        return out


class ConfigSet(_Values):
    """Set these values, all or none."""

    TYPE = 0x18

    def check(self) -> None:
        """Raise `WireError` where nothing is set."""
        require(len(self.values) > 0, "nothing to set")


class Config(_Values):
    """Answer to CONFIG_GET and CONFIG_SET: the values as they now are; unknown keys are skipped."""

    TYPE = 0x97
    STRICT = False
    LAYOUT = Layout(
        ("epoch", "H", 1, 0xFFFF),
    )
    epoch: int
