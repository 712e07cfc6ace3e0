"""What a computer's own Bluetooth does: switched off in the middle, not there at all, slow to write."""

import asyncio
import sys

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason
from radio_air import Air
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Carried, Central

from hiphinge.transports.base import TransportError
from hiphinge.transports.ble import BleTransport
from hiphinge.transports.ble_found import BleDevice
from hiphinge.transports.ble_link import BleLink
from hiphinge.transports.ble_radio import Radio
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.wearer import Still


def test_bluetooth_switched_off_in_the_middle_is_said_once_and_waited_for():
    async def main() -> RadioHost:
        loop = asyncio.get_running_loop()
        air = Air(0.03)
        central = await Central(air).on()
        dowel = await Carried(air, VirtualDevice(Still(), now_s=loop.time())).on()
        host = await RadioHost(BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)).begin()
        await host.until(lambda: host.first_s is not None)
        central.adapter.refusal = BleakBluetoothNotAvailableError("off", BleakBluetoothNotAvailableReason.POWERED_OFF)
        air.drop()
        await asyncio.sleep(20.0)
        central.adapter.refusal = None
        await host.until(lambda: len(host.ups) == 2, 5.0)
        await asyncio.sleep(5.0)
        await host.stop()
        await host.end()
        await dowel.off()
        return host

    host = simulated(main())
    assert [down.reason.partition("; ")[2] for down in host.downs] == ["looking for it", "switch it on"]
    assert host.missing_blocks() == 0 and host.session_is_whole()


@pytest.mark.skipif(sys.platform != "linux", reason="BlueZ is Linux's")
def test_the_real_bleak_without_bluez_is_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    with pytest.raises(TransportError, match="Bluetooth is not running on this computer") as told:
        asyncio.run(BleTransport().open())
    assert "\n" not in str(told.value)


class SlowClient:
    """bleak's client, as far as writing goes."""

    def __init__(self) -> None:
        self.writes: list[tuple[bytes, bool]] = []
        self.stuck = False

    async def write_gatt_char(self, _: object, data: bytes, response: bool) -> None:
        self.writes.append((data, response))
        await asyncio.sleep(1e6 if self.stuck else 0.06 if response else 0.0)


def written(stuck: bool) -> tuple[SlowClient, float, str]:
    """How long 200 packets take to be taken, and what became of the last."""

    async def main() -> tuple[SlowClient, float, str]:
        loop = asyncio.get_running_loop()
        link = BleLink(Radio(), BleDevice("x", "x", 0), lambda *_: None, loop.time)
        client = SlowClient()
        client.stuck = stuck
        link._client, link._control = client, object()
        writer = asyncio.ensure_future(link._write_all())
        said = ""
        try:
            for number in range(200):
                await link.write(bytes([number, 0]))
        except TransportError as error:
            said = str(error)
        took_s = loop.time()
        await asyncio.sleep(10.0)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        return client, took_s, said

    return simulated(main())


def test_writes_go_at_the_radios_pace_in_order_and_a_burst_ends_acknowledged():
    client, took_s, said = written(False)
    assert said == ""
    assert [data[0] for data, _ in client.writes] == list(range(200))
    flags = [response for _, response in client.writes]
    # Four at most that nobody answers for, and the last one of all is answered.
    assert flags[-1]
    assert max(len(run) for run in "".join(".!"[one] for one in flags).split("!")) == 4
    # 64 wait, the others were held back: 40 bursts of 60 ms in all.
    assert took_s > 1.0


def test_a_link_that_takes_nothing_is_given_up():
    client, took_s, said = written(True)
    assert len(client.writes) == 1
    assert "not connected" in said
    assert took_s == pytest.approx(8.0, abs=0.1)
