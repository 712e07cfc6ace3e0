"""What can be chosen: ports, radio, the virtual device. Names come from makers, so from anybody."""

import asyncio

import pytest

from hiphinge.dashboard.pages.connect import signal_words
from hiphinge.dashboard.sources import VIRTUAL, opened_choice, port_choices, radio_choices, virtual_choice
from hiphinge.transports import ble, ports
from hiphinge.transports.base import TransportError
from hiphinge.transports.ble_found import BleDevice
from hiphinge.transports.ports import USB_IDS, SerialPort
from hiphinge.transports.virtual import VirtualTransport


def test_devices_on_bluetooth_with_signal_and_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    async def heard(_: float) -> list[BleDevice]:
        return [BleDevice("AA:01", "hiphinge 7", -52, 87), BleDevice("AA:02", "", -90)]

    monkeypatch.setattr(ble, "list_devices", heard)
    (first, second), why_not = asyncio.run(radio_choices())
    assert why_not == ""
    assert (first.source, first.name, first.likely) == ("ble:AA:01", "hiphinge 7", True)
    assert first.about == "Bluetooth, signal -52 dBm, battery 87 %"
    assert (second.name, second.about) == ("AA:02", "Bluetooth, signal -90 dBm")


def test_without_bluetooth_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def dead(_: float) -> list[BleDevice]:
        raise TransportError("Bluetooth is switched off; switch it on")

    monkeypatch.setattr(ble, "list_devices", dead)
    assert asyncio.run(radio_choices()) == ([], "Bluetooth is switched off; switch it on")


def test_ports_that_look_like_ours_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    vid, pid = next(iter(USB_IDS))
    found = [_port("/dev/ttyS0", "n/a", None, None), _port("/dev/ttyACM0", "ESP32-S3", vid, pid)]
    monkeypatch.setattr(ports, "list_ports", lambda: found)
    first, second = port_choices()
    assert (first.source, first.likely) == ("serial:/dev/ttyACM0", True)
    assert (second.source, second.about) == ("serial:/dev/ttyS0", "Serial port")


def test_the_virtual_device_is_always_there() -> None:
    assert virtual_choice().source == VIRTUAL
    assert isinstance(opened_choice(VIRTUAL).transport, VirtualTransport)


@pytest.mark.parametrize(("dbm", "how"), [(-40, "good"), (-70, "good"), (-71, "fair"), (-86, "weak: come nearer")])
def test_signal_in_words(dbm: int, how: str) -> None:
    assert signal_words(dbm) == f"{dbm} dBm, {how}"


def _port(device: str, description: str, vid: int | None, pid: int | None) -> SerialPort:
    return SerialPort(device=device, description=description, vid=vid, pid=pid, serial_number="")
