"""The computer's Bluetooth, by bleak: imported when it is needed, its errors turned into one line each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hiphinge.transports.base import TransportError
from hiphinge.transports.ble_found import BleDevice, described
from hiphinge_wire.gatt import SERVICE

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

# Strangers may advertise our service under any number of addresses.
_MOST_FOUND = 64
SCAN_S = 4.0
"""A list of devices: at an advertisement each 0.15 s and a radio that listens a tenth of the time, 2 are heard."""

_DENIED = (
    "this program may not use Bluetooth; allow it in the system's privacy settings (Linux: be in the group bluetooth)"
)
# Names of `bleak.exc.BleakBluetoothNotAvailableReason`.
_REASONS = {
    "NO_BLUETOOTH": "this computer has no Bluetooth adapter; plug one in, or use the USB cable",
    "NO_BLE_CENTRAL_ROLE": "this computer's Bluetooth adapter has no Low Energy; use another, or the USB cable",
    "POWERED_OFF": "Bluetooth is switched off; switch it on",
    "DENIED_BY_USER": _DENIED,
    "DENIED_BY_SYSTEM": _DENIED,
    "DENIED_BY_UNKNOWN": _DENIED,
}


@dataclass(frozen=True, slots=True)
class Radio:
    """Which of bleak's backends is used: the system's where None, others in tests.

    Attributes
    ----------
    scanner, client, adapter : type or None
        As bleak's ``backend=`` takes them.
    """

    scanner: Any = None
    client: Any = None
    adapter: Any = None


def library() -> Any:
    """The `bleak` module.

    Raises
    ------
    TransportError
        It is not installed, or not made for this system.
    """
    try:
        import bleak
    except ImportError:
        raise TransportError("Bluetooth needs bleak: pip install bleak") from None
    return bleak


def in_words(error: BaseException, place: str = "Bluetooth") -> str:
    """What a library's error means for a user, and what to do.

    Parameters
    ----------
    error : exception
        Of bleak, D-Bus, the operating system, or a time limit.
    place : str
        Whom it happened with.

    Returns
    -------
    str
        One line.
    """
    reason = getattr(getattr(error, "reason", None), "name", "")
    if reason in _REASONS:
        return _REASONS[reason]
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "Bluetooth is not running on this computer (no D-Bus or BlueZ); start it: systemctl start bluetooth"
    if isinstance(error, PermissionError):
        return _DENIED
    if isinstance(error, TimeoutError):
        return f"{place}: does not answer; come closer, or switch the device off and on"
    text = " ".join(str(error).split())
    low = text.lower()
    if "serviceunknown" in low or "org.bluez was not provided" in low:
        return "Bluetooth is not running on this computer; start it: systemctl start bluetooth"
    if "accessdenied" in low or "access denied" in low or "notpermitted" in low:
        return _DENIED
    if "notready" in low or "turned on" in low:
        return _REASONS["POWERED_OFF"]
    if "authentication" in low or "pairing" in low or "key missing" in low:
        return (
            f"{place}: pairing failed; hold its button until the light blinks, forget the device in the computer's "
            "Bluetooth settings, and try again"
        )
    return f"{place}: {text[:120] or type(error).__name__}; trying again"


ERRORS = (OSError, EOFError, TimeoutError, AssertionError, AttributeError, KeyError)
"""What backends raise besides bleak's own: a device that vanishes in the middle of a call leaves them half made."""


@contextlib.contextmanager
def told(place: str = "Bluetooth") -> Any:
    """Turn whatever Bluetooth raises inside into a `TransportError`."""
    bleak = library()
    try:
        yield
    except TransportError:
        raise
    except (bleak.exc.BleakError, *ERRORS) as error:
        raise TransportError(in_words(error, place)) from None


class Sightings:
    """Devices heard of while scanning.

    Attributes
    ----------
    found : dict
        Newest by address, at most 64.
    changed : asyncio.Event
    """

    def __init__(self) -> None:
        self.found: dict[str, BleDevice] = {}
        self.changed = asyncio.Event()

    def saw(self, device: BLEDevice, data: AdvertisementData) -> None:
        """Take an advertisement; called by bleak, in the loop."""
        if device.address in self.found or len(self.found) < _MOST_FOUND:
            # Not `device.name`: systems keep an old one from the last connection.
            name = data.local_name or self._known_name(device.address)
            self.found[device.address] = described(device.address, name, data.rssi, data.manufacturer_data, device)
            self.changed.set()

    def _known_name(self, address: str) -> str:
        # The name comes in another packet than the rest.
        before = self.found.get(address)
        return before.name if before else ""

    async def until(self, enough: Callable[[list[BleDevice]], bool], timeout_s: float) -> bool:
        """Wait until that is enough; False when time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not enough(list(self.found.values())):
                    self.changed.clear()
                    await self.changed.wait()
                return True
        return False


@contextlib.asynccontextmanager
async def scanning(radio: Radio) -> AsyncGenerator[Sightings]:
    """Listen for devices of ours.

    Raises
    ------
    TransportError
        No adapter, switched off, not permitted.
    """
    bleak = library()
    seen = Sightings()
    with told():
        scanner = bleak.BleakScanner(seen.saw, [SERVICE], backend=radio.scanner)
        await scanner.start()
    try:
        yield seen
    finally:
        with contextlib.suppress(bleak.exc.BleakError, *ERRORS):
            await scanner.stop()


async def list_devices(timeout_s: float = SCAN_S, radio: Radio | None = None) -> list[BleDevice]:
    """Devices in range that are not connected to anything, strongest first.

    Parameters
    ----------
    timeout_s : float
        How long to listen.
    radio : Radio, optional

    Raises
    ------
    TransportError
        No adapter, switched off, not permitted.
    """
    async with scanning(radio or Radio()) as seen:
        await asyncio.sleep(timeout_s)
    return sorted(seen.found.values(), key=lambda one: (-one.rssi_dbm, one.address))


async def connected_already(radio: Radio) -> list[BleDevice]:
    """Devices of ours that are connected and so do not advertise: a killed program leaves its link behind."""
    bleak = library()
    if radio.scanner is not None and radio.adapter is None:
        return []
    with contextlib.suppress(bleak.exc.BleakError, NotImplementedError, ImportError, *ERRORS):
        adapter = await bleak.BleakAdapter.get(**({"backend": radio.adapter} if radio.adapter else {}))
        devices: list[Any] = await adapter.get_connected_devices([SERVICE])
        return [described(one.address, one.name, 0, {}, one) for one in devices[:_MOST_FOUND]]
    return []
