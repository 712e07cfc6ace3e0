"""The BLE face: services, characteristics, what is advertised. UUIDs as text; handles are the stack's."""

import struct

from hiphinge_wire import WIRE_MAJOR
from hiphinge_wire.constants import UNKNOWN_PERCENT
from hiphinge_wire.layout import Layout, need
from hiphinge_wire.message import Record

SERVICE = "f28d6900-3f47-4890-ba97-b99bd5941178"
DATA = "f28d6901-3f47-4890-ba97-b99bd5941178"  # notify: blocks, fragmented
CONTROL = "f28d6902-3f47-4890-ba97-b99bd5941178"  # write, write without response, notify: all else, fragmented

# Assigned by the Bluetooth SIG.
BATTERY_SERVICE = 0x180F
BATTERY_LEVEL = 0x2A19  # read, notify: u8 percent
DEVICE_INFORMATION_SERVICE = 0x180A
MANUFACTURER_NAME = 0x2A29
MODEL_NUMBER = 0x2A24
SERIAL_NUMBER = 0x2A25
HARDWARE_REVISION = 0x2A27
FIRMWARE_REVISION = 0x2A26

# What `bluetooth.FLAG_*` and every stack's property bits are: the characteristic properties of the Core Specification.
READ = 0x02
WRITE_NO_RESPONSE = 0x04
WRITE = 0x08
NOTIFY = 0x10

# 244 bytes of payload at MTU 247: one link-layer packet with data length extension. More MTU gives no more a packet.
PREFERRED_MTU = 247

COMPANY = 0xFFFF  # for use without an assigned number (Core Specification Supplement, manufacturer specific data)
ADVERT_PAIRING = 0x01  # the pairing window is open
ADVERT_STORED = 0x02  # holds blocks nobody has acknowledged
ADVERT_STARTED = 0x04  # sampling
ADVERT_SAFE_MODE = 0x08


class Advert(Record):
    """Manufacturer data in the advertisement: what a list of devices shows without connecting."""

    LAYOUT = Layout(
        ("wire_major", "B"),
        ("flags", "B"),
        ("battery_percent", "B"),
        ("firmware", "3B"),
    )
    wire_major: int
    flags: int
    battery_percent: int
    firmware: tuple[int, int, int]

    def __init__(self, **values: object) -> None:
        values.setdefault("wire_major", WIRE_MAJOR)
        values.setdefault("battery_percent", UNKNOWN_PERCENT)
        super().__init__(**values)


def encode_advert(advert: Advert) -> bytes:
    """Bytes behind the company id of the manufacturer data; `WireError` where a value is outside its range."""
    out = bytearray(Advert.LAYOUT.size)
    advert.LAYOUT.pack_into(out, 0, advert)
    return bytes(out)


def decode_advert(data: bytes | bytearray | memoryview) -> Advert:
    """Read the bytes behind the company id; `WireError` where they are too few."""
    need(data, 0, Advert.LAYOUT.size)
    advert = Advert()
    advert.LAYOUT.unpack_from(data, 0, advert)
    return advert


def advertisement(advert: Advert) -> bytes:
    """Whole advertising payload, 31 bytes: flags, service, manufacturer data. The name goes into the scan response."""
    # Flags: general discoverable, no BR/EDR. UUIDs travel low byte first.
    uuid = bytes.fromhex(SERVICE.replace("-", ""))
    flags = b"\x02\x01\x06"
    service = b"\x11\x07" + bytes(uuid[15 - at] for at in range(16))
    ours = struct.pack("<H", COMPANY) + encode_advert(advert)
    return flags + service + bytes((len(ours) + 1, 0xFF)) + ours
