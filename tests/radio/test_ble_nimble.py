"""The terminal that real NimBLE speaks HCI on, in real time; with NimBLE where there is one."""

import asyncio
import os
import warnings

import pytest
from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from radio_air import Air
from radio_hci import INTERPRETER, HciTerminal, NimbleFirmware, Terminal
from radio_session import RadioHost
from radio_virtual import DEVICE_ADDRESS, Central

from hiphinge.transports.ble import BleTransport, list_devices
from hiphinge_wire.gatt import Advert, advertisement

NIMBLE = os.environ.get(INTERPRETER)
BUTTON = [[1_000_000, "press", 0], [4_200_000, "press", 1]]


def test_a_stack_at_the_end_of_the_terminal_is_heard_on_the_air():
    async def main() -> list[str]:
        air = Air(0.0)
        central = await Central(air).on()
        terminal = HciTerminal(air, DEVICE_ADDRESS)
        line = Terminal(os.open(terminal.path, os.O_RDWR | os.O_NOCTTY))
        address = Address(DEVICE_ADDRESS, Address.PUBLIC_DEVICE_ADDRESS)
        device = Device(name="far", address=address, host=Host(line, line))
        await device.power_on()
        data = advertisement(Advert(flags=1, battery_percent=50, firmware=(1, 2, 3)))
        await device.start_advertising(advertising_data=data, advertising_interval_min=50, advertising_interval_max=50)
        found = await list_devices(0.5, central.radio)
        await device.stop_advertising()
        line.close()
        terminal.close()
        return [f"{one.address} {one.firmware} {one.pairing}" for one in found]

    (heard,) = asyncio.run(main())
    assert heard.endswith("1.2.3 True")


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
