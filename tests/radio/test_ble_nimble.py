"""The terminal that real NimBLE speaks HCI on, in real time; with NimBLE where there is one."""

import asyncio
import os
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpy_runner
import pytest
from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from radio_air import Air
from radio_hci import INTERPRETER, HciTerminal, NimbleFirmware, Terminal
from radio_session import RadioHost
from radio_virtual import DEVICE_ADDRESS, Carried, Central
from radio_worn import BUTTON

from hiphinge.transports.ble import BleDevice, BleTransport, list_devices
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.wearer import Still
from hiphinge_wire.gatt import Advert, advertisement

NIMBLE = os.environ.get(INTERPRETER)


async def heard_soon(central: Central) -> list[BleDevice]:
    """Devices in the air; real time, on a computer that may have much to do."""
    for _ in range(40):
        if found := await list_devices(0.5, central.radio):
            return found
    return []


def far_stack(terminal: HciTerminal) -> tuple[Device, Terminal]:
    """A Bluetooth host of its own at the other end of the terminal."""
    line = Terminal(os.open(terminal.path, os.O_RDWR | os.O_NOCTTY))
    address = Address(DEVICE_ADDRESS, Address.PUBLIC_DEVICE_ADDRESS)
    return Device(name="far", address=address, host=Host(line, line)), line


def test_a_stack_at_the_end_of_the_terminal_is_heard_on_the_air():
    async def main() -> list[str]:
        air = Air(0.0)
        central = await Central(air).on()
        terminal = HciTerminal(air, DEVICE_ADDRESS)
        device, line = far_stack(terminal)
        await device.power_on()
        data = advertisement(Advert(flags=1, battery_percent=50, firmware=(1, 2, 3)))
        await device.start_advertising(advertising_data=data, advertising_interval_min=50, advertising_interval_max=50)
        found = await heard_soon(central)
        await device.stop_advertising()
        line.close()
        terminal.close()
        return [f"{one.address} {one.firmware} {one.pairing}" for one in found]

    (heard,) = asyncio.run(main())
    assert heard.endswith("1.2.3 True")


def test_a_whole_session_goes_over_the_terminal_in_real_time():
    async def main() -> RadioHost:
        loop = asyncio.get_running_loop()
        air = Air(0.015)
        central = await Central(air).on()
        terminal = HciTerminal(air, DEVICE_ADDRESS)
        device, line = far_stack(terminal)
        stack = device, terminal.controller
        dowel = await Carried(air, VirtualDevice(Still(), now_s=loop.time()), stack=stack).on()
        host = await RadioHost(BleTransport(radio=central.radio, clock=loop.time)).begin()
        await host.until(lambda: len(host.blocks) > 60, 40.0)
        air.drop()
        await host.until(lambda: len(host.ups) == 2 and len(host.blocks) > 120, 40.0)
        await host.stop()
        await host.end()
        await dowel.off()
        line.close()
        terminal.close()
        return host

    host = asyncio.run(main())
    assert host.ups[0].payload == 244
    assert host.missing_blocks() == 0 and host.missing_samples() == 0 and host.lost() == []


_NO_RADIO = """
import bluetooth

class BLE(bluetooth.BLE):
    def active(self, on=None):
        return True

    def gatts_register_services(self, services):
        from sim_radio import radio
        radio.active = True
        handles = super().gatts_register_services(services)
        radio.active = False  # nobody asks the pipe for packets
        return handles

UUID = bluetooth.UUID
"""


@pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")
def test_the_firmware_keeps_real_time_where_its_radio_is_its_own(tmp_path: Path):
    # What real NimBLE runs in, but with a radio that nobody hears: the launcher, real time and the ledger.
    (tmp_path / "ubluetooth.py").write_text(_NO_RADIO)

    async def main() -> tuple[dict[str, Any], float]:
        terminal = HciTerminal(Air(0.0), DEVICE_ADDRESS)
        begun_s = time.monotonic()
        firmware = NimbleFirmware(str(mpy_runner.INTERPRETER), terminal, 3.0, first=tmp_path)
        end = await asyncio.to_thread(firmware.end)
        terminal.close()
        return end, time.monotonic() - begun_s

    end, took_s = asyncio.run(main())
    assert end["ended"] == "plan" and end["faults"] == 0 and not end["handler_dead"]
    assert 3_000_000 <= end["now_us"] < 3_000_000 + took_s * 1e6
    assert took_s > 2.9


def test_the_firmware_on_real_nimble():
    if not NIMBLE:
        words = f"NOT TRIED: no MicroPython with real NimBLE; name one in {INTERPRETER}"
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn(words, stacklevel=1)
        pytest.skip(words)

    async def main() -> RadioHost:
        loop = asyncio.get_running_loop()
        air = Air(0.0)
        central = await Central(air).on()
        terminal = HciTerminal(air, DEVICE_ADDRESS)
        firmware = NimbleFirmware(NIMBLE, terminal, 16.0, actions=BUTTON)
        await asyncio.sleep(4.8)
        host = await RadioHost(BleTransport(radio=central.radio, clock=loop.time)).begin()
        await host.until(lambda: host.first_s is not None, 6.0)
        await asyncio.sleep(2.0)
        await host.stop()
        await host.end()
        end = await asyncio.to_thread(firmware.end)
        assert end["faults"] == 0
        terminal.close()
        return host

    host = asyncio.run(main())
    assert host.missing_blocks() == 0 and host.missing_samples() == 0


def test_what_a_terminal_has_no_room_for_waits_its_turn():
    async def main() -> list[bytes]:
        terminal = HciTerminal(Air(0.0), DEVICE_ADDRESS)
        line = Terminal(os.open(terminal.path, os.O_RDWR | os.O_NOCTTY))
        heard: list[bytes] = []
        sink = SimpleNamespace(on_packet=heard.append)
        line.set_packet_sink(sink)
        # Vendor events of 254 bytes: four times what a pseudo terminal holds.
        for number in range(64):
            terminal.terminal.on_packet(bytes([4, 0xFF, 251, number]) + bytes(250))
        async with asyncio.timeout(30):
            while len(heard) < 64:
                await asyncio.sleep(0.01)
        line.close()
        terminal.close()
        return heard

    assert [packet[3] for packet in asyncio.run(main())] == list(range(64))
