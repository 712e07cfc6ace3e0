"""What can be connected to, and the opening of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hiphinge.dashboard.texts import text
from hiphinge.model import HiphingeError

if TYPE_CHECKING:
    from hiphinge.app.live.source import Source

VIRTUAL = "virtual"
# Long enough to train along with, three sets as they are taught; then it ends by itself, as a wearer would.
_SETS = 3
# Devices advertise every quarter of a second when their button was pressed lately, every second else.
_SCAN_S = 3.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to connect to.

    Attributes
    ----------
    source : str
        As `opened_choice` takes it.
    name, about : str
        For people; a port's come from its maker, so from anybody.
    likely : bool
        Looks like a device of ours.
    """

    source: str
    name: str
    about: str
    likely: bool


def virtual_choice() -> Choice:
    """No hardware."""
    return Choice(VIRTUAL, text("connect.virtual"), text("connect.virtual_about"), False)


def port_choices() -> list[Choice]:
    """Every serial port there is now, likely ones first. May take a moment: not for the loop."""
    from hiphinge.transports.ports import USB_IDS, list_ports

    try:
        ports = list_ports()
    except HiphingeError:
        return []
    found = [
        Choice(
            f"serial:{port.device}",
            port.device,
            port.description if port.description not in ("", "n/a") else text("connect.port"),
            (port.vid, port.pid) in USB_IDS,
        )
        for port in ports
    ]
    return sorted(found, key=lambda one: not one.likely)


async def radio_choices() -> tuple[list[Choice], str]:
    """Devices heard on Bluetooth, and why that could not be tried; takes seconds."""
    from hiphinge.transports.base import TransportError
    from hiphinge.transports.ble import list_devices

    try:
        found = await list_devices(_SCAN_S)
    except TransportError as error:
        return [], str(error)
    choices: list[Choice] = []
    for one in found:
        if one.battery_percent is None:
            about = text("connect.bluetooth", dbm=one.rssi_dbm)
        else:
            about = text("connect.bluetooth_battery", dbm=one.rssi_dbm, percent=one.battery_percent)
        choices.append(Choice(f"ble:{one.address}", one.name or one.address, about, True))
    return choices, ""


def opened_choice(name: str, seed: int = 0, pace: float | None = 1.0) -> Source:
    """Open what was chosen.

    Raises
    ------
    HiphingeError
        There is no such kind of source.
    """
    from hiphinge.app.live.source import Source, opened

    if name != VIRTUAL:
        return opened(name, seed=seed, pace=pace)
    from hiphinge.simulate.quick import quick_scenario
    from hiphinge.transports.virtual import VirtualTransport

    # Some faults to be told, different in each set.
    faults = {(1, 3): "flexion", (1, 6): "extension", (2, 4): "flexion", (2, 8): "shallow", (3, 7): "extension"}
    scenario = quick_scenario(seed=seed, sets=_SETS, faults=faults)  # pyright: ignore[reportArgumentType]
    transport = VirtualTransport(scenario, pace=pace)
    return Source(VIRTUAL, transport, transport.clock, transport.sleep, False, text("connect.virtual_words"))
