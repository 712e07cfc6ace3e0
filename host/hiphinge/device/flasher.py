"""What esptool does for us: which chip and how much flash, write, verify."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hiphinge.device.chips import Chip, chip_called
from hiphinge.device.errors import DeviceError
from hiphinge.device.image import Image
from hiphinge.device.tools import ESPTOOL, Ran, Tools

# What CP210x and CH340 bridges carry without trouble; USB ports ignore it.
BAUD = 460800
# Erasing 8 MB takes 20 to 40 s and writing 2 MB at that rate 25 s; ten times that is no longer slow but stuck.
_TIMEOUT_S = 600.0
_CONNECTED = re.compile(r"Connected to (ESP32[\w\-]*) on ")
_SIZE = re.compile(r"Detected flash size:\s*(\d+)(KB|MB)")
_MAC = re.compile(r"MAC:\s*([0-9a-f:]{17})", re.IGNORECASE)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")

Share = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Board:
    """What esptool found on a port."""

    chip: Chip
    flash_bytes: int
    mac: str


def identify_board(tools: Tools, port: str) -> Board:
    """Ask the chip's boot loader who it is; nothing is changed.

    Raises
    ------
    DeviceError
        Nobody answers, or no chip of ours.
    """
    ran = tools.run(
        ESPTOOL,
        ["--chip", "auto", "--port", port, "--before", "default-reset", "--after", "no-reset", "flash-id"],
        timeout_s=60.0,
    )
    name, size, mac = (pattern.search(ran.text) for pattern in (_CONNECTED, _SIZE, _MAC))
    if ran.code or name is None:
        raise _failed(ran, port)
    chip = chip_called(name[1])
    if size is None:
        raise DeviceError(f"{port}: the size of the flash cannot be read ({ran.last}); check the board")
    return Board(chip, int(size[1]) << {"KB": 10, "MB": 20}[size[2]], mac[1].lower() if mac else "")


def write_image(tools: Tools, port: str, chip: Chip, image: Image, file: Path, share: Share | None = None) -> None:
    """Erase the whole flash, write, read back and compare, start.

    Parameters
    ----------
    tools : Tools
    port : str
    chip : Chip
    image : Image
    file : Path
        Where the image is put for esptool to read.
    share : callable, optional
        Told how much is written, 0 to 1.

    Raises
    ------
    DeviceError
        It could not be written, or what is in flash is something else.
    """
    file.write_bytes(image.data)
    common = ["--chip", chip.target, "--port", port, "--baud", str(BAUD), "--before", "default-reset"]
    # The flash's true size goes into the image's header: a boot loader told of less refuses our partitions.
    what = ["--flash-size", "detect", f"{image.at:#x}", str(file)]

    def heard(line: str) -> None:
        percent = _PERCENT.search(line)
        if share is not None and percent and line.lstrip().startswith("Writing"):
            share(min(1.0, float(percent[1]) / 100))

    wrote = tools.run(
        ESPTOOL, [*common, "--after", "no-reset", "write-flash", "--erase-all", *what], heard, timeout_s=_TIMEOUT_S
    )
    if wrote.code or "Hash of data verified" not in wrote.text:
        raise _failed(wrote, port, "was not written whole: flash it again")
    checked = tools.run(ESPTOOL, [*common, "--after", "hard-reset", "verify-flash", *what], timeout_s=_TIMEOUT_S)
    if checked.code:
        raise _failed(checked, port, "holds something else than was written: flash it again, or change the board")


def _failed(ran: Ran, port: str, what: str = "") -> DeviceError:
    if what:
        return DeviceError(f"{port}: {what} (esptool: {ran.last})")
    return DeviceError(
        f"{port}: no boot loader answers (esptool: {ran.last}); hold BOOT, press RESET, let go of BOOT, try again"
    )
