"""Frames no decoder may take, with the error each must raise."""

from typing import Any

from golden_blocks import block

from hiphinge_wire.block import encode_block
from hiphinge_wire.constants import PROFILE_C
from hiphinge_wire.errors import NAMES
from hiphinge_wire.hello import Hello
from hiphinge_wire.info import Info

BAD, SHORT, LONG, TEXT, TYPE, KEY = "BAD_VALUE", "TRUNCATED", "TOO_LONG", "BAD_TEXT", "UNKNOWN_TYPE", "UNKNOWN_KEY"
for _name in (BAD, SHORT, LONG, TEXT, TYPE, KEY):
    assert _name in NAMES

# By hand from SPEC.md: type, request, then the fields.
REQUESTS = [
    ("nothing at all", "", SHORT),
    ("a type alone", "14", SHORT),
    ("an unknown type", "7f01", TYPE),
    ("type 0", "0001", TYPE),
    ("a reply sent as a request", "0601" + "13", TYPE),
    ("a block sent as a request", "01" + "03" * 60, TYPE),
    ("ACK without its last byte", "1401" + "07000000" + "d20400", SHORT),
    ("ACK of boot 0", "1401" + "00000000" + "d2040000", BAD),
    ("START with profile 4", "120104" + "00", BAD),
    ("START with an undefined flag", "120103" + "04", BAD),
    ("NACK without ranges", "1501" + "000c", BAD),
    ("NACK of 17 ranges", "1501" + "110c" + "010000000000000000000000" * 17, LONG),
    ("NACK whose entries are too short", "1501" + "010b" + "0100000000000000000000", SHORT),
    ("NACK with half a range", "1501" + "010c" + "010000000000", SHORT),
    ("NACK that ends before it begins", "1501" + "010c" + "01000000" + "05000000" + "04000000", BAD),
    ("FETCH of half the numbers", "1d01" + "01000000" + "00000000" + "00000080", BAD),
    ("CUE stronger than 100 %", "1a01" + "01" + "65" + "0000", BAD),
    ("CUE of an unknown pattern", "1a01" + "05" + "00" + "0000", BAD),
    ("gyro calibration of no IMU", "1b01" + "8813" + "00", BAD),
    ("gyro calibration of a third IMU", "1b01" + "8813" + "04", BAD),
    ("ERASE of everything, naming a boot", "1e01" + "03" + "01000000", BAD),
    ("ERASE of one boot, naming none", "1e01" + "01" + "00000000", BAD),
    ("ERASE with scope 0", "1e01" + "00" + "00000000", BAD),
    ("CONFIG_GET of an unknown key", "1701" + "01" + "63", KEY),
    ("CONFIG_GET with 65 keys", "1701" + "41" + "01" * 65, LONG),
    ("CONFIG_SET of nothing", "1801" + "00", BAD),
    ("CONFIG_SET of an unknown key", "1801" + "01" + "63" + "0100", KEY),
    ("CONFIG_SET with a value of the wrong length", "1801" + "01" + "0301" + "78", BAD),
    ("CONFIG_SET cut inside a value", "1801" + "01" + "0302" + "78", SHORT),
    ("CONFIG_SET of a key twice", "1801" + "02" + "020103" + "020103", BAD),
    ("CONFIG_SET of an accelerometer range of 3 g", "1801" + "01" + "0401" + "03", BAD),
    ("CONFIG_SET of an empty name", "1801" + "01" + "0100", BAD),
    ("CONFIG_SET of a name of 25 bytes", "1801" + "01" + "0119" + "61" * 25, LONG),
    ("a name with a line feed", "1801" + "01" + "0102" + "610a", TEXT),
    ("a name with a C1 control character", "1801" + "01" + "0102" + "c285", TEXT),
    ("a name with DEL", "1801" + "01" + "0101" + "7f", TEXT),
    ("a name with an overlong slash", "1801" + "01" + "0102" + "c0af", TEXT),
    ("a name with an overlong slash of three bytes", "1801" + "01" + "0103" + "e080af", TEXT),
    ("a name with a surrogate", "1801" + "01" + "0103" + "eda080", TEXT),
    ("a name beyond U+10FFFF", "1801" + "01" + "0104" + "f4908080", TEXT),
    ("a name cut inside a character", "1801" + "01" + "0102" + "61c3", TEXT),
    ("a calibration of IMU 2", "2101" + "02" + "00" * 103, BAD),
    ("REBOOT with mode 0", "230100", BAD),
    ("HELLO in other words", "4824" + b"hiphinge wire 01,00 data mode".hex(), BAD),
    ("HELLO without a number", "4824" + b"hiphinge wire 0x.00 data mode".hex(), BAD),
    ("HELLO cut short", Hello(request=0x24).encode()[:-1].hex(), SHORT),
    ("longer than any message", "13" + "00" * 1024, LONG),
]  # fmt: skip

REPLIES = [
    ("a request sent as a reply", "1401" + "07000000" + "d2040000", TYPE),
    ("EVENT of an unknown kind", "0200" + "09" + "0100" + "07000000" + "00" * 12, BAD),
    ("TIME_REPLY sent before it was asked", "9605" + "00" * 8 + "02" + "00" * 7 + "01" + "00" * 7 + "07000000", BAD),
    ("GONE without ranges", "0300" + "01" + "000c", BAD),
    ("ERROR without a code", "0501" + "00" + "14" + "00", BAD),
    ("ERROR with an escape sequence", "0501" + "01" + "14" + "03" + "1b5b41", TEXT),
    ("LOG whose text is missing", "0400" + "01" + "0000" + "00" * 8, SHORT),
    ("LOG with 81 bytes of text", "0400" + "01" + "0000" + "00" * 8 + "51" + "61" * 81, LONG),
    ("STATUS in state 6", "9100" + "06" + "03" + "07000000" + "0100" + "00" * 132, BAD),
    ("INFO with one IMU", "9001" + "0100" + "07000000" + "0100" + "03" + "01" + "0002" + "00" * 12 + "0124" + "00" * 23
     + "010203" + "00" + "00" * 9 + "00" * 7, BAD),
    ("CONFIG cut inside an unknown key", "9706" + "0100" + "01" + "63" + "0800", SHORT),
    ("GYRO_CALIBRATED of one IMU", "9b0a" + "0118" + "00" * 24, BAD),
]  # fmt: skip


def spoilt_blocks() -> list[tuple[str, str, str]]:
    good = encode_block(block(PROFILE_C, 2, 2))

    def with_bytes(at: int, new: str) -> str:
        raw = bytes.fromhex(new)
        return (good[:at] + raw + good[at + len(raw) :]).hex()

    return [
        ("a block without its last byte", good[:-1].hex(), SHORT),
        ("a block's header alone", good[:50].hex(), SHORT),
        ("a block of profile 0", with_bytes(1, "00"), BAD),
        ("a block of profile 4", with_bytes(1, "04"), BAD),
        ("a block of epoch 0", with_bytes(2, "0000"), BAD),
        ("a block of boot 0", with_bytes(4, "00000000"), BAD),
        ("a block whose header is too short", with_bytes(21, "31"), BAD),
        ("a block whose header is longer than it is", with_bytes(21, "ff"), SHORT),
        ("a block without samples", with_bytes(22, "0000"), BAD),
        ("a block that claims 255 + 255 samples", with_bytes(22, "ffff"), SHORT),
        (
            "a block before the device's start",
            with_bytes(12, "0000000000000000")[:64] + "ffffffff" + good[36:].hex(),
            BAD,
        ),
        ("a block with period 0", with_bytes(40, "00000000"), BAD),
        ("a block of 1025 bytes", (good + bytes(1025 - len(good))).hex(), LONG),
    ]


def axes_errors() -> list[tuple[str, str, str]]:
    from golden_messages import typical

    info = next(one for one in typical() if isinstance(one, Info)).encode()
    at = 26 + 2 + 32  # behind the fixed fields and the list's head: the axes of the first IMU
    assert tuple(info[at : at + 3]) == (1, 2, 3)
    return [
        (f"INFO with {what} axes", (info[:at] + bytes.fromhex(axes) + info[at + 3 :]).hex(), BAD)
        for what, axes in (
            ("mirrored", "010302"),
            ("repeated", "010103"),
            ("missing", "000102"),
            ("undefined", "040102"),
        )
    ]


def invalid() -> list[dict[str, Any]]:
    rows = [("request", *row) for row in REQUESTS]
    rows += [("reply", *row) for row in [*REPLIES, *spoilt_blocks(), *axes_errors()]]
    return [{"name": name, "as": side, "hex": data, "error": error} for side, name, data, error in rows]
