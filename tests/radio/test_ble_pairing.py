"""Who may speak to the real firmware: pairing in the window and outside, spoofed addresses, strangers, passkeys."""

import asyncio
import binascii
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import bumble.core
import mpy_runner
import pytest
from bumble import hci
from bumble.core import UUID
from bumble.device import Connection, Peer
from bumble.pairing import PairingConfig, PairingDelegate
from radio_air import Air
from radio_firmware import Firmware
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Central

from hiphinge.transports.ble import BleTransport
from hiphinge_wire import gatt
from hiphinge_wire.config import Config
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.requests import InfoGet, Start

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")

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


def test_in_the_window_it_pairs_and_stays_paired():
    seen: list[RadioHost] = []

    async def act(night: Night) -> None:
        central = await Central(night.air).on()
        await night.until(OPEN_S)
        seen.append(await night.host(central))
        await night.until(CLOSED_S)
        seen.append(await night.host(central))
        night.firmware.cut_power()
        await asyncio.sleep(1.0)
        night.firmware.switch_on(actions=[])
        seen.append(await night.host(central))

    firmware = played(act)
    assert all(host.first_s is not None for host in seen)
    assert len({boot for host in seen for boot, _ in host.blocks}) == 2
    assert len(firmware.boots) == 2


def test_a_plain_subscriber_gets_no_byte():
    async def act(night: Night) -> None:
        stranger = await Central(night.air, address=STRANGER).on()
        await night.until(OPEN_S)
        # Even in the window: it never pairs.
        await at_the_door(night, nothing, stranger)

    played(act)


def test_just_works_outside_the_window_gets_no_byte():
    async def act(night: Night) -> None:
        stranger = await Central(night.air, address=STRANGER).on()
        await night.until(2.0)
        await at_the_door(night, just_works, stranger)
        # And not the next time either, with the keys it has.
        await at_the_door(night, lambda it: it.connection.encrypt(), stranger)  # type: ignore[union-attr]

    firmware = played(act, actions=[])
    assert "allowed" not in firmware.nvs
    assert all(not value.startswith(("01", "02")) for key, value in firmware.nvs.items() if key.startswith("bond"))


@pytest.mark.parametrize("bonds", [True, False])
def test_a_spoofed_bonded_address_gets_no_byte_and_the_bond_stays(bonds: bool):
    seen: list[RadioHost] = []

    async def act(night: Night) -> None:
        central = await Central(night.air).on()
        await night.until(OPEN_S)
        seen.append(await night.host(central))
        await night.until(CLOSED_S)
        # Its owner is away; somebody takes its address, and pairs.
        night.air.controllers.discard(central.controller)
        spoof = await Central(night.air).on()
        config = PairingConfig(
            sc=True,
            mitm=False,
            bonding=bonds,
            delegate=PairingDelegate(PairingDelegate.NO_OUTPUT_NO_INPUT),
            identity_address_type=PairingConfig.AddressType.RANDOM,
        )
        spoof.device.pairing_config_factory = lambda _: config
        await at_the_door(night, just_works, spoof)
        await at_the_door(night, nothing, spoof)
        night.air.controllers.discard(spoof.controller)
        night.air.controllers.add(central.controller)
        seen.append(await night.host(central))

    played(act)
    assert seen[0].first_s is not None
    assert seen[1].first_s is not None, seen[1].downs


def test_a_stranger_in_the_window_needs_a_bond():
    async def act(night: Night) -> None:
        stranger = await Central(night.air, address=STRANGER).on()
        config = PairingConfig(
            sc=True, mitm=False, bonding=False, identity_address_type=PairingConfig.AddressType.RANDOM
        )
        stranger.device.pairing_config_factory = lambda _: config
        await night.until(OPEN_S)
        await at_the_door(night, just_works, stranger)

    played(act)


def test_our_own_host_outside_the_window_says_what_to_do():
    seen: list[RadioHost] = []

    async def act(night: Night) -> None:
        central = await Central(night.air).on()
        await night.until(2.0)
        seen.append(await night.host(central, 9.0))
        assert night.bytes_sent == 0

    played(act, actions=[])
    (host,) = seen
    assert host.first_s is None
    assert "hold its button for 3 s" in host.downs[0].reason


class Keyboard(PairingDelegate):
    """Somebody who types."""

    def __init__(self, passkey: int) -> None:
        super().__init__(PairingDelegate.KEYBOARD_INPUT_ONLY)
        self._passkey = passkey

    async def get_number(self) -> int:
        return self._passkey


def with_passkey() -> dict[str, Any]:
    """What the device keeps once somebody has set a passkey, over the cable."""
    body = Config(epoch=1, values={"passkey_pairing": 1, "passkey": PASSKEY}).encode()
    sealed = body + binascii.crc32(body).to_bytes(4, "little")
    return {"unused": 0, "settings": sealed.hex()}


@pytest.mark.parametrize("typed", [PASSKEY, PASSKEY + 1])
def test_the_labels_passkey_is_asked_for(typed: int):
    seen: list[RadioHost] = []

    async def act(night: Night) -> None:
        central = await Central(night.air, io=PairingDelegate.KEYBOARD_INPUT_ONLY).on()
        central.delegate = Keyboard(typed)
        await night.until(OPEN_S)
        seen.append(await night.host(central, 12.0))
        if typed != PASSKEY:
            assert night.bytes_sent == 0

    played(act, with_passkey())
    assert (seen[0].first_s is not None) == (typed == PASSKEY)
    if typed != PASSKEY:
        assert "pairing failed" in seen[0].downs[0].reason


def test_three_guesses_are_all_a_window_has():
    # Each wrong one gives a bit of the passkey away.
    heard: list[int] = []
    # A second window, once the first is closed.
    buttons = [*BUTTON, [71_000_000, "press", 0], [74_200_000, "press", 1]]

    async def act(night: Night) -> None:
        central = await Central(night.air, address=STRANGER, io=PairingDelegate.KEYBOARD_INPUT_ONLY).on()
        await night.until(OPEN_S)
        for guess in (0, 1, PASSKEY - 1, PASSKEY):
            central.delegate = Keyboard(guess)
            heard.append((await night.host(central, 6.0)).chunks)
        assert night.bytes_sent == 0
        await night.until(75.0)
        heard.append((await night.host(central, 6.0)).chunks)

    firmware = played(act, with_passkey(), buttons)
    assert heard[:4] == [0, 0, 0, 0] and heard[4] > 0
    assert "allowed" in firmware.nvs


def test_outside_the_window_not_even_the_right_passkey_pairs():
    async def act(night: Night) -> None:
        central = await Central(night.air, address=STRANGER, io=PairingDelegate.KEYBOARD_INPUT_ONLY).on()
        central.delegate = Keyboard(PASSKEY)
        await night.until(2.0)

        async def pair(attacker: Attacker) -> None:
            assert attacker.connection is not None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3.0):
                    await attacker.connection.pair()
            assert not attacker.connection.is_encrypted

        await at_the_door(night, pair, central)

    firmware = played(act, with_passkey(), [])
    assert "allowed" not in firmware.nvs


def test_who_paired_before_the_passkey_was_set_must_pair_again():
    seen: list[RadioHost] = []

    async def act(night: Night) -> None:
        central = await Central(night.air).on()
        await night.until(OPEN_S)
        seen.append(await night.host(central, 4.0))
        night.firmware.cut_power()
        await asyncio.sleep(1.0)
        night.firmware.nvs.update(with_passkey())
        night.firmware.switch_on(actions=[])
        seen.append(await night.host(central, 5.0))

    played(act)
    assert seen[0].blocks
    assert seen[1].blocks == {} and seen[1].first_s is None
    assert any(getattr(one, "code", "") == "NOT_AUTHORISED" for one in seen[1].events)


def test_just_works_is_not_enough_where_a_passkey_is_asked_for():
    seen: list[RadioHost] = []

    async def act(night: Night) -> None:
        central = await Central(night.air).on()
        await night.until(OPEN_S)
        seen.append(await night.host(central, 8.0))

    played(act, with_passkey())
    assert seen[0].first_s is None
    assert seen[0].blocks == {}


def test_a_host_with_changing_addresses_is_known_again_also_after_a_restart():
    seen: list[RadioHost] = []
    addresses: set[str] = set()

    async def act(night: Night) -> None:
        central = await Central(night.air).on()
        await night.until(OPEN_S)
        for turn in range(3):
            await central.hide()
            addresses.add(str(central.device.random_address))
            seen.append(await night.host(central))
            await night.until(CLOSED_S)
            if turn == 1:
                # Its peers' keys are asked for while the radio starts, and never again.
                night.firmware.cut_power()
                await asyncio.sleep(1.0)
                night.firmware.switch_on(actions=[])

    firmware = played(act)
    assert len(addresses) == 3
    assert [bool(host.blocks) for host in seen] == [True] * 3, [host.downs for host in seen]
    # One identity, not three, and its two secrets beside the stack's own.
    assert len([key for key, value in firmware.nvs.items() if key.startswith("bond") and len(value) > 2]) == 3


def test_the_ninth_host_takes_the_place_of_the_first():
    seen: dict[int, list[bool]] = {}

    async def act(night: Night) -> None:
        centrals = [await Central(night.air, address=f"C0:AA:AA:AA:AA:{number:02X}").on() for number in range(9)]
        await night.until(OPEN_S)
        for number, central in enumerate(centrals):
            seen[number] = [bool((await night.host(central, 4.0)).blocks)]
        await night.until(CLOSED_S)
        night.firmware.cut_power()
        await asyncio.sleep(1.0)
        night.firmware.switch_on(actions=[])
        for number in (8, 1, 0):
            seen[number].append(bool((await night.host(centrals[number], 4.0)).blocks))

    firmware = played(act)
    assert all(first for first, *_ in seen.values())
    assert (seen[8], seen[1], seen[0]) == ([True, True], [True, True], [True, False])
    bonds = [value for key, value in firmware.nvs.items() if key.startswith("bond") and value[:2] in ("01", "02")]
    assert len(bonds) == 16
