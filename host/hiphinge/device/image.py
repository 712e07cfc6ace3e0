"""MicroPython's image for a chip: is it one, is it for this chip, does it fit; ours with our partition table. Pure."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from hiphinge.device.chips import CHIPS, Chip
from hiphinge.device.errors import DeviceError
from hiphinge.device.partitions import TABLE_AT, TABLE_BYTES, Partition, partition_table, read_table

_MAGIC = 0xE9
_CHIP_ID_AT = 12
_VERSION = re.compile(rb"v(\d+\.\d+(?:\.\d+)?(?:-[\w.\-]+)?) on 20\d\d-\d\d-\d\d")
_LARGEST = 32 << 20


@dataclass(frozen=True, slots=True)
class Image:
    """What goes to flash.

    Attributes
    ----------
    at : int
        Address of its first byte.
    data : bytes
    micropython : str
        Version found in it; empty where there is none to be found.
    """

    at: int
    data: bytes
    micropython: str


def made_ours(data: bytes, chip: Chip, partitions: tuple[Partition, ...], where: str) -> Image:
    """Put our partition table into MicroPython's image.

    Parameters
    ----------
    data : bytes
        A whole image (boot loader, table, application), as micropython.org offers for download.
    chip : Chip
    partitions : tuple of Partition
    where : str
        The file, for errors.

    Raises
    ------
    DeviceError
        No such image, for another chip, or too large for the partitions.
    """
    get = f"get MicroPython's .bin for {chip.name} from {chip.page}"
    if len(data) < TABLE_AT + TABLE_BYTES or len(data) > _LARGEST or data[0] != _MAGIC:
        raise DeviceError(f"{where}: is no image for an ESP32 of any kind; {get}")
    image_id = struct.unpack_from("<H", data, _CHIP_ID_AT)[0]
    if image_id != chip.image_id:
        other = next((one.name for one in CHIPS if one.image_id == image_id), f"chip number {image_id}")
        raise DeviceError(f"{where}: is for {other}, this board has an {chip.name}; {get}")
    table_at = TABLE_AT - chip.image_at
    theirs = read_table(data[table_at : table_at + TABLE_BYTES])
    their_app = next((one for one in theirs if one.type == 0), None)
    our_app = next((one for one in partitions if one.type == 0), None)
    if their_app is None or our_app is None:
        raise DeviceError(f"{where}: has no partition table where one belongs; {get}")
    if their_app.offset != our_app.offset:
        raise DeviceError(f"{where}: its application begins at {their_app.offset:#x}, not {our_app.offset:#x}; {get}")
    app_bytes = len(data) + chip.image_at - their_app.offset
    if app_bytes > our_app.size:
        raise DeviceError(f"{where}: {app_bytes} bytes of application, {our_app.size} have room; take a plain variant")
    version = _VERSION.search(data)
    ours = data[:table_at] + partition_table(partitions) + data[table_at + TABLE_BYTES :]
    return Image(chip.image_at, ours, version[1].decode() if version else "")
