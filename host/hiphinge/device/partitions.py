"""Partition tables: ESP-IDF's CSV to the binary the boot loader reads (ESP-IDF, "Partition Tables"); pure."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hiphinge.device.errors import DeviceError

TABLE_AT = 0x8000
TABLE_BYTES = 0xC00
_SECTOR = 0x1000
_APP_ALIGNED = 0x10000
_ENTRY = struct.Struct("<HBBII16sI")
_MAGIC = 0x50AA
_MD5_HEAD = b"\xeb\xeb" + b"\xff" * 14
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {
    0: {"factory": 0x00, "ota_0": 0x10, "ota_1": 0x11, "test": 0x20},
    1: {"ota": 0x00, "phy": 0x01, "nvs": 0x02, "coredump": 0x03, "fat": 0x81, "spiffs": 0x82, "littlefs": 0x83},
}


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition; offset and size in bytes."""

    name: str
    type: int
    subtype: int
    offset: int
    size: int


def parse_partitions(text: str, where: str) -> tuple[Partition, ...]:
    """Read a CSV with explicit offsets.

    Parameters
    ----------
    text : str
    where : str
        The file, for errors.

    Raises
    ------
    DeviceError
        A line is none, or partitions overlap or are misaligned.
    """
    found: list[Partition] = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.partition("#")[0].split(",")]
        if cells == [""]:
            continue
        try:
            name, kind, subtype, offset, size = cells[:5]
            type_ = _TYPES[kind] if kind in _TYPES else int(kind, 0)
            subtypes = _SUBTYPES.get(type_, {})
            sub = subtypes[subtype] if subtype in subtypes else int(subtype, 0)
            one = Partition(name, type_, sub, _size(offset), _size(size))
        except ValueError:
            raise DeviceError(f"{where}: line {number} is no partition; name, type, subtype, offset, size") from None
        aligned = _APP_ALIGNED if one.type == 0 else _SECTOR
        if one.offset % aligned or one.size % _SECTOR or not one.size or not 0 < len(name.encode()) <= 16:
            raise DeviceError(f"{where}: line {number}: {name} is not on whole sectors; see ESP-IDF's partition tables")
        found.append(one)
    ordered = sorted(found, key=lambda one: one.offset)
    if not ordered or ordered[0].offset < TABLE_AT + _SECTOR:
        raise DeviceError(f"{where}: no partitions, or one before {TABLE_AT + _SECTOR:#x}; take the firmware's own")
    for before, after in pairwise(ordered):
        if before.offset + before.size > after.offset:
            raise DeviceError(f"{where}: {before.name} reaches into {after.name}; take the firmware's own file")
    return tuple(found)


def partition_table(partitions: Sequence[Partition]) -> bytes:
    """The binary table, with its MD5, as it stands at `TABLE_AT`."""
    body = b"".join(
        _ENTRY.pack(_MAGIC, one.type, one.subtype, one.offset, one.size, one.name.encode(), 0) for one in partitions
    )
    table = body + _MD5_HEAD + hashlib.md5(body, usedforsecurity=False).digest()
    if len(table) > TABLE_BYTES - 32:
        raise DeviceError(f"{len(partitions)} partitions are too many for a table")
    return table.ljust(TABLE_BYTES, b"\xff")


def read_table(data: bytes) -> tuple[Partition, ...]:
    """Entries of a binary table; none where there is no table."""
    found: list[Partition] = []
    for at in range(0, len(data) - _ENTRY.size + 1, _ENTRY.size):
        magic, type_, subtype, offset, size, name, _ = _ENTRY.unpack_from(data, at)
        if magic != _MAGIC:
            break
        found.append(Partition(name.rstrip(b"\0").decode("ascii", "replace"), type_, subtype, offset, size))
    return tuple(found)


def needed_bytes(partitions: Sequence[Partition]) -> int:
    """How large the flash must be."""
    return max(one.offset + one.size for one in partitions)


def _size(text: str) -> int:
    for suffix, factor in (("K", 1 << 10), ("M", 1 << 20)):
        if text.upper().endswith(suffix):
            return int(text[:-1], 0) * factor
    return int(text, 0)
