"""A device with the real firmware, and whoever comes near it: hosts of ours, strangers, attackers."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import bumble.core
from bumble import hci
from bumble.core import UUID
from bumble.device import Connection, Peer
from radio_air import Air
from radio_firmware import Firmware
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Central

from hiphinge.transports.ble import BleTransport
from hiphinge_wire import gatt
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.requests import InfoGet, Start

STRANGER = "C0:BB:BB:BB:BB:02"
# Window open from 4 s, when the button was held for 3 s, to 64 s.
BUTTON = [[1_000_000, "press", 0], [4_200_000, "press", 1]]
OPEN_S, CLOSED_S = 4.5, 70.0
PASSKEY = 271828


@dataclass
class Night:
    """A device and whoever comes near it."""

    air: Air
    firmware: Firmware

    @property
    def bytes_sent(self) -> int:
        assert self.firmware.server is not None
        return self.firmware.server.bytes_sent

    async def until(self, at_s: float) -> None:
        await asyncio.sleep(max(0.0, at_s - asyncio.get_running_loop().time()))

    async def host(self, central: Central, seconds: float = 8.0) -> RadioHost:
        """A host of ours for a while."""
        loop = asyncio.get_running_loop()
        host = await RadioHost(BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)).begin()
        await asyncio.sleep(seconds)
        await host.end()
        await asyncio.sleep(1.0)
        return host


def played(
    act: Callable[[Night], Awaitable[None]], nvs: dict[str, Any] | None = None, actions: list[Any] | None = None
) -> Firmware:
    async def main() -> Firmware:
        air = Air(0.015)
        firmware = Firmware(air, nvs, actions=BUTTON if actions is None else actions, erase_us=[45000, 45000])
        firmware.switch_on()
        try:
            await act(Night(air, firmware))
        finally:
            firmware.close()
        assert firmware.boots[-1].end["faults"] == 0
        assert not firmware.boots[-1].end["handler_dead"]
        return firmware

    return simulated(main())


class Attacker:
    """A central that does as it likes."""

    def __init__(self, central: Central) -> None:
        self.central = central
        self.heard = 0
        self.connection: Connection | None = None
        self.ended_s: float | None = None

    async def connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        address = hci.Address(DEVICE_ADDRESS, hci.Address.PUBLIC_DEVICE_ADDRESS)
        self.connection = connection = await self.central.device.connect(address, timeout=10)
        self.began_s = loop.time()
        connection.on(connection.EVENT_DISCONNECTION, lambda _: setattr(self, "ended_s", loop.time()))
        self.peer = Peer(connection)
        await self.peer.request_mtu(247)
        return connection

    async def pester(self) -> None:
        """Subscribe to everything, and ask for everything."""
        await self.peer.discover_services()
        found: list[Any] = []
        for service in self.peer.services:
            found += await self.peer.discover_characteristics(service=service)
        by_uuid = {one.uuid: one for one in found}

        def heard(_: bytes) -> None:
            self.heard += 1

        for name in (gatt.CONTROL, gatt.DATA):
            await by_uuid[UUID(name)].subscribe(heard)
        cut = Fragmenter(244)
        for message in (InfoGet(request=1), Start(request=2)):
            for packet in cut.split(message.encode()):
                await by_uuid[UUID(gatt.CONTROL)].write_value(packet, with_response=True)

    async def stay(self, seconds: float = 7.0) -> None:
        await asyncio.sleep(seconds)


async def at_the_door(night: Night, act: Callable[[Attacker], Awaitable[None]], central: Central) -> Attacker:
    """An attacker, and that nothing was said to it."""
    before = night.bytes_sent
    attacker = Attacker(central)
    with contextlib.suppress(bumble.core.BaseBumbleError, asyncio.CancelledError):
        await attacker.connect()
        await act(attacker)
        await attacker.pester()
    await attacker.stay()
    assert night.bytes_sent == before
    assert attacker.heard == 0
    assert attacker.ended_s is not None and attacker.ended_s - attacker.began_s < 6.0
    return attacker


async def nothing(_: Attacker) -> None:
    pass


async def just_works(attacker: Attacker) -> None:
    assert attacker.connection is not None
    await attacker.connection.pair()
    assert attacker.connection.is_encrypted
