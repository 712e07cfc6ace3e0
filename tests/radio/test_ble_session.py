"""A session over the virtual radio with the virtual device: intervals, MTUs, drops, out of range; simulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from radio_air import Air
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Carried, Central

from hiphinge.transports.base import TransportError
from hiphinge.transports.ble import BleTransport, list_devices
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.wearer import Still


@dataclass
class World:
    """All of it."""

    air: Air
    central: Central
    dowel: Carried
    host: RadioHost


def played(
    act: Callable[[World], Awaitable[None]],
    *,
    interval_s: float = 0.03,
    mtu: int = 247,
    loss: float = 0.0,
    wanted: str | None = DEVICE_ADDRESS,
) -> World:
    """Run a session on a radio; `act` is called once samples arrive."""

    async def main() -> World:
        loop = asyncio.get_running_loop()
        air = Air(interval_s)
        central = await Central(air).on()
        dowel = await Carried(air, VirtualDevice(Still(), now_s=loop.time()), mtu=mtu).on()
        transport = BleTransport(wanted, radio=central.radio, clock=loop.time)
        host = await RadioHost(transport).begin()
        air.loss = loss
        await host.until(lambda: host.first_s is not None)
        await act(World(air, central, dowel, host))
        await host.stop()
        await host.end()
        await dowel.off()
        return World(air, central, dowel, host)

    return simulated(main())


async def a_while(_: World) -> None:
    await asyncio.sleep(20.0)


def whole(world: World) -> None:
    """Nothing lost, nothing doubled."""
    host = world.host
    assert host.missing_blocks() == 0
    assert host.missing_samples() == 0
    assert host.lost() == []
    assert host.differing == 0
    assert host.session_is_whole()
    last = max(sequence for _, sequence in host.blocks)
    assert last + 1 == world.dowel.virtual.store.next


@pytest.mark.parametrize("interval_s", [0.0075, 0.015, 0.03, 0.06])
def test_a_session_is_whole_at_every_interval(interval_s: float):
    world = played(a_while, interval_s=interval_s)
    whole(world)
    assert world.host.doubled == 0
    known_s = world.host.transport.interval_s
    assert known_s is None  # closed
    # Blocks close when their oldest sample is 30 to 40 ms old; then at most one turn, and a share of one for the rest.
    health = world.host.session.health(world.host.ups[-1].at_s + 30)
    assert health.latency_p95_s is not None and health.latency_p95_s < interval_s + 0.04


@pytest.mark.parametrize(("mtu", "payload"), [(23, 20), (185, 182), (247, 244), (517, 244)])
def test_a_session_is_whole_at_every_mtu(mtu: int, payload: int):
    world = played(a_while, mtu=mtu, interval_s=0.015)
    whole(world)
    assert world.host.ups[0].payload == payload


def test_the_interval_is_known_from_arrivals():
    seen: list[float | None] = []

    async def act(world: World) -> None:
        await asyncio.sleep(10)
        seen.append(world.host.transport.interval_s)

    played(act, interval_s=0.06)
    assert seen == [pytest.approx(0.06, abs=0.002)]


def test_notifications_that_a_system_loses_are_asked_for_again():
    world = played(a_while, loss=0.03)
    whole(world)
    assert world.air.lost > 10


def test_drops_and_a_minute_out_of_range_lose_nothing():
    back_s: list[float] = []

    async def act(world: World) -> None:
        loop, host, air = asyncio.get_running_loop(), world.host, world.air
        for away_s in (1.0, 60.0):
            ups = len(host.ups)
            air.supervision_s = min(4.0, away_s)
            air.leave(world.dowel.controller)
            await asyncio.sleep(away_s + 0.01)
            air.come_back(world.dowel.controller)
            begun_s = loop.time()
            await host.until(lambda: len(host.ups) > ups)  # noqa: B023
            back_s.append(loop.time() - begun_s)
            await asyncio.sleep(5.0)
        for _ in range(3):
            ups = len(host.ups)
            air.drop()
            begun_s = loop.time()
            await host.until(lambda: len(host.ups) > ups)  # noqa: B023
            back_s.append(loop.time() - begun_s)
            await asyncio.sleep(3.0)
        await asyncio.sleep(15.0)

    world = played(act)
    whole(world)
    assert len(world.host.ups) == 6 and len(world.host.downs) == 5
    assert max(back_s) < 3.0
    reasons = {down.reason.partition(": ")[2] for down in world.host.downs}
    assert reasons <= {"connection lost; looking for it"}


def test_windows_asks_for_the_services_anew_but_after_a_good_connection():
    async def act(world: World) -> None:
        for ups, speaks in ((2, True), (3, False), (4, True)):
            world.air.drop()
            world.dowel.speaks = speaks
            await world.host.until(lambda: len(world.host.ups) == ups)  # noqa: B023
            await asyncio.sleep(1.0)

    world = played(act)
    # The third brought nothing: its services may have been those of another firmware.
    assert world.central.adapter.windows_cached == [False, True, True, False]


def test_silence_on_a_standing_connection_is_noticed():
    async def act(world: World) -> None:
        # Notifications end, questions are answered: bleak issue 842.
        world.dowel.speaks = False
        await world.host.until(lambda: world.host.downs, 20.0)
        world.dowel.speaks = True
        await world.host.until(lambda: len(world.host.ups) == 2, 20.0)
        await asyncio.sleep(10.0)

    world = played(act)
    whole(world)
    assert "silent for 12 s" in world.host.downs[0].reason


def test_connect_to_first_sample_takes_less_than_a_second():
    world = played(a_while, interval_s=0.015)
    # From switching everything on, the search included.
    assert world.host.first_s is not None and world.host.first_s < 1.0


def test_a_link_left_behind_by_a_killed_program_is_taken_over():
    async def main() -> tuple[int, bool]:
        loop = asyncio.get_running_loop()
        air = Air(0.03)
        central = await Central(air).on()
        dowel = await Carried(air, VirtualDevice(Still(), now_s=loop.time())).on()
        first = await RadioHost(BleTransport(radio=central.radio, clock=loop.time)).begin()
        await first.until(lambda: first.first_s is not None)
        central.adapter.keeps_links = True
        await first.end()
        central.adapter.keeps_links = False
        assert dowel.connection is not None
        second = await RadioHost(BleTransport("hiphinge", radio=central.radio, clock=loop.time)).begin()
        await second.until(lambda: second.first_s is not None)
        await second.end()
        await dowel.off()
        return len(second.ups), second.session_is_whole()

    assert simulated(main()) == (1, True)


def test_devices_are_listed_without_connecting():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        air = Air(0.03)
        central = await Central(air).on()
        dowel = Carried(air, VirtualDevice(Still(), now_s=loop.time()), name="\x1b[2Jlab\u202e dowel")
        dowel.controller.rssi_dbm = -71
        await dowel.on()
        (found,) = await list_devices(2.0, central.radio)
        assert (found.name, found.rssi_dbm, found.battery_percent, found.firmware) == ("[2Jlab dowel", -71, 87, "0.1.0")
        assert dowel.connection is None
        await dowel.off()

    simulated(main())


def test_what_is_not_there_is_said_in_one_line():
    async def main() -> str:
        central = await Central(Air(0.03)).on()
        with pytest.raises(TransportError) as told:
            await BleTransport("nobody", radio=central.radio, clock=asyncio.get_running_loop().time).open()
        return str(told.value)

    words = simulated(main())
    assert "nobody" in words and "switch it on" in words and "\n" not in words
