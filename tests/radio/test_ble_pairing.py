"""Who may speak to the real firmware: pairing in the window and outside, spoofed and changing addresses, strangers."""

import asyncio

import mpy_runner
import pytest
from bumble.pairing import PairingConfig, PairingDelegate
from radio_night import (
    CLOSED_S,
    OPEN_S,
    STRANGER,
    Night,
    at_the_door,
    just_works,
    nothing,
    played,
)
from radio_session import RadioHost
from radio_virtual import Central

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")


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
