"""Serial ports: which there are, and which is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hiphinge.transports.base import TransportError

USB_IDS = frozenset(
    {
        (0x303A, 0x4001),  # ESP32-S3, MicroPython's own USB (ports/esp32/mpconfigport.h)
        (0x303A, 0x1001),  # ESP32-S3, USB-Serial/JTAG peripheral
        (0x10C4, 0xEA60),  # Silicon Labs CP210x, on ESP32 development boards
        (0x1A86, 0x7523),  # WCH CH340
        (0x1A86, 0x55D3),  # WCH CH343
        (0x1A86, 0x55D4),  # WCH CH9102
        (0x0403, 0x6001),  # FTDI FT232R
    }
)
"""What ESP32 boards show. Bridge chips are on other boards too: HELLO decides."""

_NATIVE = 0x303A
_USB_ID = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SerialPort:
    """One port; USB fields are None where it is none."""

    device: str
    description: str = ""
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None

    def is_same_device(self, other: SerialPort) -> bool:
        """Whether both are one USB device: after unplugging it may come back under another name."""
        mine = (self.vid, self.pid, self.serial_number)
        return self.vid is not None and mine == (other.vid, other.pid, other.serial_number)

    def __str__(self) -> str:
        """For messages."""
        known = "" if self.vid is None else f" {self.vid:04x}:{self.pid or 0:04x}"
        return f"{self.device}{known}"


def library() -> Any:
    """The `serial` module, pyserial.

    Raises
    ------
    TransportError
        It is not installed.
    """
    try:
        import serial  # type: ignore[import-untyped]
    except ImportError:
        raise TransportError("serial ports need pyserial: pip install pyserial") from None
    return serial


def list_ports() -> list[SerialPort]:
    """Ports of this computer, sorted by name."""
    library()
    from serial.tools import list_ports as tool  # type: ignore[import-untyped]

    found: list[Any] = list(tool.comports())  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    ports = [SerialPort(p.device, str(p.description or ""), p.vid, p.pid, p.serial_number) for p in found]
    return sorted(ports, key=lambda port: port.device)


def choose_port(wanted: str | None, ports: Sequence[SerialPort]) -> SerialPort:
    """Which port is meant.

    Parameters
    ----------
    wanted : str or None
        A device name or path (taken as it is, listed or not), `VID:PID` in hexadecimal, or a part of the description or
        serial number; None: the one that looks like a board of ours.
    ports : sequence of SerialPort

    Raises
    ------
    TransportError
        None fits, or more than one.
    """
    if wanted is None:
        fitting = [port for port in ports if (port.vid, port.pid) in USB_IDS]
        native = [port for port in fitting if port.vid == _NATIVE]
        return _only(native or fitting, "looks like a hiphinge", ports)
    for port in ports:
        if port.device == wanted:
            return port
    usb_id = _USB_ID.fullmatch(wanted)
    if usb_id:
        pair = (int(usb_id[1], 16), int(usb_id[2], 16))
        return _only([port for port in ports if (port.vid, port.pid) == pair], f"is {wanted}", ports)
    if "/" in wanted or "\\" in wanted or re.fullmatch(r"COM\d+", wanted, re.IGNORECASE):
        return SerialPort(wanted)
    part = wanted.lower()
    fitting = [port for port in ports if part in f"{port.description} {port.serial_number or ''}".lower()]
    return _only(fitting, f'is called "{wanted[:40]}"', ports)


def _only(fitting: Sequence[SerialPort], what: str, ports: Sequence[SerialPort]) -> SerialPort:
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(map(str, fitting[:6]))
        raise TransportError(f"more than one serial port {what}: {names}; give one of them by name")
    there = f"there are {', '.join(map(str, ports[:6]))}" if ports else "there is none at all"
    raise TransportError(f"no serial port {what} ({there}); plug the device in, or give the port's name")
