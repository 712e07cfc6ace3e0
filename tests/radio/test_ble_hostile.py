"""Devices that mean harm, or are broken: wrong lengths, endless fragments, floods, lying names, strangers."""

import asyncio
import random
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from radio_air import Air
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Carried, Central, made_device

from hiphinge.link.events import Warned
from hiphinge.transports.base import Chunk, Down, TransportError, Up
from hiphinge.transports.ble import BleTransport, list_devices
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.wearer import Still
from hiphinge_wire.fragment import FIRST

Attack = Callable[[Carried], Awaitable[None]]


def attacked(attack: Attack, seconds: float = 2.5, start: bool = True) -> RadioHost:
    """A device that never says a sensible word, and a host on it."""

    async def main() -> RadioHost:
        loop = asyncio.get_running_loop()
        air = Air(0.0075)
        central = await Central(air).on()
        dowel = Carried(air, VirtualDevice(Still(), now_s=loop.time()))
        dowel.speaks = False
        await dowel.on()
        host = await RadioHost(BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)).begin(start)
        await host.until(lambda: host.ups)
        task = asyncio.create_task(attack(dowel))
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await host.end()
        await dowel.off()
        return host

    return simulated(main())


def repeated(make: Callable[[random.Random], bytes], per_s: int = 200) -> Attack:
    rng = random.Random(3)

    async def attack(dowel: Carried) -> None:
        while True:
            if dowel.connection is not None:
                await dowel.notify(dowel.connection, make(rng), rng.random() < 0.5)
            await asyncio.sleep(1 / per_s)

    return attack


ATTACKS: dict[str, Callable[[random.Random], bytes]] = {
    "no bytes": lambda _: b"",
    "one byte": lambda rng: bytes([rng.randrange(256)]),
    "noise": lambda rng: rng.randbytes(rng.randrange(1, 244)),
    "endless fragments": lambda rng: bytes([rng.randrange(64), rng.randrange(256)]) + bytes(200),
    "firsts that promise 65535 bytes": lambda _: bytes([FIRST | 1, 0xFF, 0xFF, 1, 2]) + bytes(200),
    "a message of an unknown type": lambda rng: bytes([0xC0 | rng.randrange(64), 0x0F]) + bytes(30),
}


@pytest.mark.parametrize("kind", ATTACKS)
def test_nonsense_is_outlived_in_bounded_memory(kind: str):
    tracemalloc.start()
    try:
        host = attacked(repeated(ATTACKS[kind]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert host.samples == []
    assert host.blocks == {}
    # What bumble and its log keep is in it.
    assert peak < 40 << 20
    # One message at most, however much of it comes.
    warned = [one for one in host.events if isinstance(one, Warned)]
    assert len(warned) <= 1
    assert host.transport.dropped_bytes == 0


def test_who_does_not_read_loses_bytes_and_no_memory():
    async def main() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        air = Air(0.0)
        central = await Central(air).on()
        dowel = Carried(air, VirtualDevice(Still(), now_s=loop.time()))
        dowel.speaks = False
        await dowel.on()
        transport = BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)
        await transport.open()
        await asyncio.sleep(3.0)
        connection = dowel.connection
        assert connection is not None
        packet = bytes([0xC0, 1]) + bytes(240)
        # As bleak would call it, a packet at a time: the radio itself is what takes long here.
        (client,) = central.adapter.clients
        for heard in client._subscriptions.values():
            for _ in range(10000):
                heard(packet)
        queued = 0
        dropped = transport.dropped_bytes
        await transport.close()
        async for event in transport:
            queued += len(event.data) if isinstance(event, Chunk) else 0
        await dowel.off()
        return queued, dropped

    queued, dropped = simulated(main())
    assert queued <= 4 << 20
    assert queued + dropped == 2 * 10000 * 242


def test_a_stranger_is_told_what_to_do_once():
    async def hang_up(dowel: Carried) -> None:
        while True:
            await asyncio.sleep(0.1)
            connection = dowel.connection
            if connection is not None:
                await asyncio.sleep(5.0)
                await connection.disconnect()
                await asyncio.sleep(1.0)

    host = attacked(hang_up, 20.0)
    assert len(host.downs) >= 2
    assert {down.reason for down in host.downs} == {host.downs[0].reason}
    assert "hold its button for 3 s" in host.downs[0].reason and "\n" not in host.downs[0].reason


def test_what_only_claims_to_be_one_is_refused():
    async def main() -> list[Up | Chunk | Down]:
        loop = asyncio.get_running_loop()
        air = Air(0.0075)
        central = await Central(air).on()
        dowel = Carried(air, VirtualDevice(Still(), now_s=loop.time()))
        fake = made_device("fake", "24:6F:28:00:00:66", air)
        dowel.device = fake
        await dowel.on()
        transport = BleTransport(radio=central.radio, clock=loop.time)
        await transport.open()
        events: list[Up | Chunk | Down] = []

        async def read() -> None:
            events.extend([event async for event in transport])

        task = asyncio.create_task(read())
        await asyncio.sleep(12.0)
        await transport.close()
        await task
        await dowel.off()
        return events

    (only,) = simulated(main())
    assert isinstance(only, Down)
    assert "has not its services" in only.reason


def test_many_strangers_are_not_all_kept():
    async def main() -> int:
        air = Air(0.0)
        central = await Central(air).on()
        dowel = Carried(air, VirtualDevice(Still()), name="x" * 29)
        for number in range(100):
            dowel.device = made_device("many", f"24:6F:28:00:01:{number:02X}", air)
            dowel.connection = None
            await dowel.device.power_on()
            await dowel.advertise()
        found = await list_devices(1.0, central.radio)
        assert all(len(one.name) <= 24 for one in found)
        return len(found)

    assert simulated(main()) == 64


@pytest.mark.parametrize(("mtu", "payload"), [(23, 20), (517, 244)])
def test_the_payload_is_what_the_radio_carries_and_nothing_is_sent_before(mtu: int, payload: int):
    async def main() -> int:
        loop = asyncio.get_running_loop()
        air = Air(0.0075)
        central = await Central(air, mtu=mtu).on()
        dowel = await Carried(air, VirtualDevice(Still(), now_s=loop.time())).on()
        transport = BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)
        await transport.open()
        with pytest.raises(TransportError, match="not connected"):
            await transport.write(b"\xc0\x11\x00")
        async for event in transport:
            assert isinstance(event, Up)
            break
        await transport.close()
        await dowel.off()
        return event.payload

    assert simulated(main()) == payload


def test_replayed_and_future_blocks_poison_nothing():
    async def main() -> tuple[RadioHost, float]:
        loop = asyncio.get_running_loop()
        air = Air(0.015)
        central = await Central(air).on()
        dowel = Carried(air, VirtualDevice(Still(), now_s=loop.time()))
        honest = dowel.virtual.outgoing
        kept: list[tuple[Any, bytes]] = []

        def lying(packets: int) -> list[tuple[Any, bytes]]:
            out = honest(packets)
            for channel, packet in list(out):
                if channel == "data":
                    kept.append((channel, packet))
                    if len(kept) % 10 == 0:
                        future = bytearray(packet)
                        # One of the same number would be taken for the same again.
                        future[0] = 0xC0 | (packet[0] + 7) & 63
                        # The sequence, behind fragment head, type, profile, epoch and boot.
                        future[9:13] = (int.from_bytes(packet[9:13], "little") + 2_000_000).to_bytes(4, "little")
                        out += [kept[len(kept) // 2], (channel, bytes(future))]
            return out

        dowel.virtual.outgoing = lying  # type: ignore[method-assign]
        await dowel.on()
        host = await RadioHost(BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)).begin()
        await host.until(lambda: host.first_s is not None)
        await asyncio.sleep(15.0)
        health = host.session.health(loop.time())
        await host.stop()
        await host.end()
        await dowel.off()
        # Two million blocks that somebody invented are not asked for.
        assert health.missing < 10
        return host, loop.time()

    host, _ = simulated(main())
    assert host.doubled > 20
    assert host.session_is_whole()
    assert host.lost() == []
