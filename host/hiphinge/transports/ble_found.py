"""Who advertises as a hiphinge, and which is meant. What a stranger's radio says of itself is shown, never believed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hiphinge.transports.base import TransportError
from hiphinge_wire.errors import WireError
from hiphinge_wire.gatt import ADVERT_PAIRING, ADVERT_SAFE_MODE, ADVERT_STARTED, COMPANY, decode_advert

if TYPE_CHECKING:
    from collections.abc import Mapping

# A name of ours has 24 bytes at most (protocol/SPEC.md, section 8): a longer one is not, and would flood a terminal.
_LONGEST_NAME = 24
_ADDRESS = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BleDevice:
    """A device in range, by its advertisement.

    Attributes
    ----------
    address : str
        On macOS a UUID that this computer alone knows it by.
    name : str
        Without control characters, at most 24 characters; anybody can claim any name.
    rssi_dbm : int
        Signal strength: -40 beside it, -90 hardly there.
    battery_percent : int or None
    firmware : str
        "1.2.3", empty where it is not said.
    pairing, sampling, safe_mode : bool
        Its pairing window is open; it samples; it runs in safe mode.
    handle : object
        What the Bluetooth library connects to.
    """

    address: str
    name: str
    rssi_dbm: int
    battery_percent: int | None = None
    firmware: str = ""
    pairing: bool = False
    sampling: bool = False
    safe_mode: bool = False
    handle: Any = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """For messages."""
        return f"{self.name} ({self.address})" if self.name else self.address


def clean_name(text: str | None) -> str:
    """Strip a name of what could write elsewhere on a terminal or turn text around.

    Parameters
    ----------
    text : str or None
        As it came over the air.

    Returns
    -------
    str
        Printable characters and single spaces.
    """
    # Categories C*: control, format (direction overrides, zero widths), surrogate, private, unassigned. Z*: separators.
    kept = (" " if unicodedata.category(one)[0] == "Z" else one for one in text or "")
    shown = "".join(one for one in kept if unicodedata.category(one)[0] != "C")
    return " ".join(shown.split())[:_LONGEST_NAME].strip()


def described(
    address: str, name: str | None, rssi_dbm: int, manufacturer: Mapping[int, bytes], handle: Any = None
) -> BleDevice:
    """Read an advertisement.

    Parameters
    ----------
    address, name : str
    rssi_dbm : int
    manufacturer : mapping of int to bytes
        Manufacturer data by company.
    handle : object
    """
    try:
        advert = decode_advert(bytes(manufacturer.get(COMPANY, b"")))
    except WireError:
        return BleDevice(address, clean_name(name), rssi_dbm, handle=handle)
    return BleDevice(
        address,
        clean_name(name),
        rssi_dbm,
        advert.battery_percent if advert.battery_percent <= 100 else None,
        ".".join(map(str, advert.firmware)),
        bool(advert.flags & ADVERT_PAIRING),
        bool(advert.flags & ADVERT_STARTED),
        bool(advert.flags & ADVERT_SAFE_MODE),
        handle,
    )


def is_address(text: str) -> bool:
    """Whether that is an address (or macOS's UUID) and no name."""
    return _ADDRESS.fullmatch(text) is not None


def same_address(one: str, other: str) -> bool:
    """Whether both write the same address."""
    return one.replace("-", ":").lower() == other.replace("-", ":").lower()


def fitting(wanted: str | None, found: Sequence[BleDevice]) -> list[BleDevice]:
    """Devices that may be meant.

    Parameters
    ----------
    wanted : str or None
        An address, a name (upper or lower case), or the beginning of a name; None: any.
    found : sequence of BleDevice
    """
    if wanted is None:
        return list(found)
    if is_address(wanted):
        return [one for one in found if same_address(one.address, wanted)]
    name = wanted.casefold()
    named = [one for one in found if one.name.casefold() == name]
    return named or [one for one in found if one.name.casefold().startswith(name)]


def choose_device(wanted: str | None, last: str | None, found: Sequence[BleDevice]) -> BleDevice:
    """Which device is meant.

    Parameters
    ----------
    wanted : str or None
        As of `fitting`.
    last : str or None
        Address of the one used last: taken where nothing else is said.
    found : sequence of BleDevice
        Those in range.

    Raises
    ------
    TransportError
        None fits, or more than one.
    """
    fits = fitting(wanted, found)
    if len(fits) > 1 and last is not None:
        fits = [one for one in fits if same_address(one.address, last)] or fits
    if len(fits) == 1:
        return fits[0]
    if fits:
        names = ", ".join(map(str, sorted(fits, key=lambda one: -one.rssi_dbm)[:6]))
        raise TransportError(f"more than one hiphinge in range: {names}; say which, by name or address")
    if wanted is None:
        raise TransportError(
            "no hiphinge in range: switch it on, come closer, and see that no other computer is connected to it"
        )
    meant = f"no hiphinge {wanted[:40]!r} in range"
    if found:
        raise TransportError(f"{meant}; there is {', '.join(map(str, found[:6]))}")
    raise TransportError(f"{meant}: switch it on, come closer, and see that nothing else is connected to it")
