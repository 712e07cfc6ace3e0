"""The label's passkey: asked for, not given away by guesses, and not to be passed by."""

import asyncio
import binascii
import contextlib
from typing import Any

import mpy_runner
import pytest
from bumble.pairing import PairingDelegate
from radio_night import (
    BUTTON,
    OPEN_S,
    PASSKEY,
    STRANGER,
    Attacker,
    Night,
    at_the_door,
    played,
)
from radio_session import RadioHost
from radio_virtual import Central

from hiphinge_wire.config import Config

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")


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
