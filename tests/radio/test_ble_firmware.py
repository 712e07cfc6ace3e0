"""The firmware under real MicroPython, over a bumble radio, to bleak and the host's own link: everything, in step."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import mpy_runner
import pytest
from joined import account
from radio_air import Air
from radio_firmware import Firmware
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Carried, Central
from radio_worn import BUTTON, PAIRED_S

from hiphinge.link.events import DeviceInfo, EarlierSamples, Rebooted
from hiphinge.transports.ble import BleTransport, list_devices
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.wearer import Still

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")


@dataclass
class Rig:
    """All of it."""

    air: Air
    central: Central
    firmware: Firmware
    host: RadioHost


def played(
    act: Callable[[Rig], Awaitable[None]],
    *,
    interval_s: float = 0.03,
    mtu: int = 517,
    packets: int = 6,
    loss: float = 0.0,
) -> Rig:
    """Pair, start, `act`, stop."""

    async def main() -> Rig:
        loop = asyncio.get_running_loop()
        air = Air(interval_s, packets)
        central = await Central(air, mtu).on()
        firmware = Firmware(air, actions=BUTTON)
        firmware.switch_on()
        try:
            await asyncio.sleep(PAIRED_S)
            host = await RadioHost(BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)).begin()
            rig = Rig(air, central, firmware, host)
            await host.until(lambda: host.first_s is not None, 20.0)
            air.loss = loss
            await act(rig)
            air.loss = 0.0
            await rig.host.stop()
            await rig.host.end()
        finally:
            firmware.close()
        return rig

    return simulated(main())


async def a_while(_: Rig) -> None:
    await asyncio.sleep(15.0)


def whole(rig: Rig) -> None:
    """Every sample the chips made came once, in order, at its time."""
    host = rig.host
    assert host.missing_blocks() == 0
    assert host.lost() == []
    assert host.differing == 0
    assert host.session_is_whole()
    for boot in rig.firmware.boots:
        assert not boot.end["handler_dead"] and boot.end["faults"] == 0
        assert boot.end["dropped"] == [0, 0]
        for imu in (0, 1) if host.ups[0].payload > 20 else ():  # at MTU 23 there are orientations alone
            seen = account(host, boot, imu)  # type: ignore[arg-type]
            assert (seen.lost, seen.doubled, seen.disordered, seen.misplaced, seen.damaged) == (0, 0, 0, 0, 0)
            assert seen.received > 800


@pytest.mark.parametrize("interval_s", [0.015, 0.03, 0.06])
def test_every_sample_arrives_once(interval_s: float):
    rig = played(a_while, interval_s=interval_s)
    whole(rig)
    assert rig.host.doubled == 0
    info = next(one for one in rig.host.events if isinstance(one, DeviceInfo))
    assert info.interpreter.startswith("MicroPython")


@pytest.mark.parametrize(("mtu", "payload"), [(23, 20), (185, 182), (247, 244)])
def test_fragments_at_every_mtu(mtu: int, payload: int):
    rig = played(a_while, mtu=mtu, interval_s=0.015)
    whole(rig)
    assert rig.host.ups[0].payload == payload


def test_full_buffers_are_back_pressure_and_cost_nothing():
    # One packet a turn of 60 ms carries half of what is made: the rest waits, and goes out when there is room.
    async def act(rig: Rig) -> None:
        rig.air.interval_s, rig.air.packets = 0.06, 1
        await asyncio.sleep(5.0)
        rig.air.interval_s, rig.air.packets = 0.015, 6
        await asyncio.sleep(10.0)

    rig = played(act)
    whole(rig)
    end = rig.firmware.boots[0].end
    assert end["refused"] > 10
    assert end["waiting_peak"] == 12


def test_losses_and_out_of_range():
    async def act(rig: Rig) -> None:
        loop, host, air = asyncio.get_running_loop(), rig.host, rig.air
        assert rig.firmware.server is not None
        for away_s in (1.0, 12.0):
            ups = len(host.ups)
            air.supervision_s = min(4.0, away_s)
            air.leave(rig.firmware.server.controller)
            await asyncio.sleep(away_s + 0.01)
            air.come_back(rig.firmware.server.controller)
            begun_s = loop.time()
            await host.until(lambda: len(host.ups) > ups)  # noqa: B023
            assert loop.time() - begun_s < 3.0
            await asyncio.sleep(4.0)
        await asyncio.sleep(5.0)

    rig = played(act, loss=0.01)
    whole(rig)
    assert rig.air.lost > 3
    assert len(rig.host.ups) == 3


def test_after_a_drop_it_advertises_at_once():
    back_s: list[float] = []

    async def act(rig: Rig) -> None:
        loop, host = asyncio.get_running_loop(), rig.host
        for _ in range(4):
            await asyncio.sleep(2.2)
            ups, begun_s = len(host.ups), loop.time()
            rig.air.drop()
            await host.until(lambda: len(host.ups) > ups)  # noqa: B023
            back_s.append(loop.time() - begun_s)

    whole(played(act))
    # Found and connected in two advertisements of 20 ms; MTU, encryption and two subscriptions in ten turns of 30 ms;
    # an erasure of flash, which an outage begins with, of 0.4 s.
    assert max(back_s) < 0.8


def test_a_restart_goes_on_in_the_same_session():
    async def act(rig: Rig) -> None:
        await asyncio.sleep(5.0)
        rig.firmware.cut_power()
        await asyncio.sleep(0.5)
        rig.firmware.switch_on(actions=[])
        await rig.host.until(lambda: any(isinstance(one, Rebooted) for one in rig.host.events), 30.0)
        await asyncio.sleep(10.0)

    rig = played(act)
    assert len(rig.firmware.boots) == 2
    assert len({boot for boot, _ in rig.host.blocks}) == 2
    for boot in rig.firmware.boots:
        seen = account(rig.host, boot, 0)  # type: ignore[arg-type]
        assert (seen.doubled, seen.disordered, seen.misplaced) == (0, 0, 0)
    # The bond outlived the restart: nobody pressed the button again.
    assert len(rig.host.ups) == 2


def test_connect_to_first_sample():
    taken_s: list[float] = []

    async def act(rig: Rig) -> None:
        loop, host = asyncio.get_running_loop(), rig.host
        assert host.first_s is not None
        taken_s.append(host.first_s - PAIRED_S)
        await host.stop()
        await host.end()
        # Half a minute later it advertises seldom.
        await asyncio.sleep(35.0)
        begun_s = loop.time()
        transport = BleTransport(DEVICE_ADDRESS, radio=rig.central.radio, clock=loop.time)
        rig.host = host = await RadioHost(transport).begin()
        await host.until(lambda: host.first_s is not None)
        assert host.first_s is not None
        taken_s.append(host.first_s - begun_s)

    played(act)
    with_pairing_s, paired_s = taken_s
    # With services to be discovered and a pairing, forty turns of 30 ms more.
    assert with_pairing_s < 1.7
    assert paired_s < 1.0


def test_who_follows_a_killed_host_sees_samples_at_once():
    shown_s: list[float] = []

    async def act(rig: Rig) -> None:
        loop = asyncio.get_running_loop()
        await rig.host.end()
        for away_s in (5.0, 30.0):
            await asyncio.sleep(away_s)
            transport = BleTransport(DEVICE_ADDRESS, radio=rig.central.radio, clock=loop.time)
            rig.host = host = await RadioHost(transport).begin()
            await host.until(lambda: host.first_s is not None)  # noqa: B023
            assert host.first_s is not None
            shown_s.append(host.first_s - host.ups[0].at_s)
            if away_s < 30.0:
                await host.end()
        # What nobody had fetched comes behind it, as earlier samples.
        await asyncio.sleep(20.0)

    rig = played(act)
    assert max(shown_s) < 0.5
    assert any(isinstance(one, EarlierSamples) for one in rig.host.events)
    assert rig.host.lost() == [] and rig.host.session_is_whole()


def test_two_devices_near_each_other_are_not_mixed_up():
    heard: list[str] = []

    async def act(rig: Rig) -> None:
        loop = asyncio.get_running_loop()
        second = Carried(rig.air, VirtualDevice(Still(), now_s=loop.time()), name="second", address="24:6F:28:00:00:02")
        await second.on()
        heard.extend(one.name for one in await list_devices(1.0, rig.central.radio))
        transport = BleTransport("second", radio=rig.central.radio, clock=loop.time)
        other = await RadioHost(transport).begin()
        await asyncio.sleep(8.0)
        await other.stop()
        await other.end()
        assert other.missing_blocks() == 0 and other.session_is_whole()
        assert {boot for boot, _ in other.blocks} == {second.virtual.boot}
        await second.off()

    rig = played(act)
    whole(rig)
    # Who is connected does not advertise.
    assert heard == ["second"]
    assert {boot for boot, _ in rig.host.blocks} == {rig.firmware.boots[0].boot}
