"""Erase what a device keeps of its wearers; over the radio also this computer's half of the pairing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from hiphinge.app.device.reach import VIRTUAL, reach
from hiphinge.device.asking import Conversation
from hiphinge.device.errors import DeviceError
from hiphinge.transports.ble import BleTransport
from hiphinge.transports.ble_last import Memory, state_path
from hiphinge_wire.constants import ERASE_ALL, ERASE_STORE
from hiphinge_wire.requests import Stop, StoreErase

# It looks for the device first (10 s), and somebody may have to confirm a pairing.
_RADIO_PATIENCE_S = 90.0
# protocol/SPEC.md, section 5: STORE_ERASE takes up to 30 s, asked again twice.
_ERASE_PATIENCE_S = 100.0
# Of 16 sectors: eight times the largest store there is (8 MiB of 4 KiB sectors).
_MOST_PARTS = 1024
_STOP_PATIENCE_S = 10.0
_SAMPLING = ("started", "outage", "recording")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done.

    Attributes
    ----------
    device : str
        Name, serial number and where it is.
    everything : bool
        Pairings and settings, too.
    unpaired : bool or None
        This computer forgot its pairing with it; None where it has none to forget (a cable) or was not asked to.
    """

    device: str
    everything: bool
    unpaired: bool | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A device that is to be erased, not opened yet.

    Attributes
    ----------
    conversation : Conversation
    radio : BleTransport or None
        What it speaks through, where that is Bluetooth.
    memory : Memory or None
        Where this computer remembers it.
    """

    conversation: Conversation
    radio: BleTransport | None = None
    memory: Memory | None = None


def reached(source: str) -> Reached:
    """The device a user means.

    Parameters
    ----------
    source : str
        ``serial``, ``serial:PORT``, ``ble``, ``ble:NAME`` or ``virtual``.

    Raises
    ------
    DeviceError
        No such source.
    """
    kind, colon, rest = source.partition(":")
    whole = bool(rest) == bool(colon)
    if kind == "ble" and whole:
        memory = Memory(state_path())
        radio = BleTransport(rest or None, memory=memory)
        conversation = Conversation(radio, clock=time.monotonic, sleep=asyncio.sleep, patience_s=_RADIO_PATIENCE_S)
        return Reached(conversation, radio, memory)
    if source == VIRTUAL or (kind == "serial" and whole):
        return Reached(reach(VIRTUAL if source == VIRTUAL else rest or None))
    raise DeviceError(f'source "{source}" is not known; use serial, serial:PORT, ble, ble:NAME or virtual')


async def _erase(device: Conversation, scope: int) -> None:
    """Ask until all of it is erased: the device does some at a time, and says BUSY until nothing is left."""
    for _ in range(_MOST_PARTS):
        try:
            await device.ask(StoreErase(scope=scope, boot=0), _ERASE_PATIENCE_S)
            return
        except DeviceError as error:
            if ": BUSY, " not in str(error):
                raise
    raise DeviceError(f"{device.place}: its flash cannot be erased; run hiphinge device selftest")


async def erase(it: Reached, *, everything: bool) -> Erased:
    """Stop it where it samples, then erase: stored samples, or these and pairings, name and settings.

    Parameters
    ----------
    it : Reached
    everything : bool

    Raises
    ------
    HiphingeError
        It cannot be reached, or refuses.
    """
    async with it.conversation as device:
        said = f"{device.info.name} {device.info.serial} at {device.place}"
        if device.status.state in _SAMPLING:
            # Left behind by a session that was cut off: it samples on into its flash.
            await device.ask(Stop(), _STOP_PATIENCE_S)
        await _erase(device, ERASE_ALL if everything else ERASE_STORE)
        unpaired = None
        if everything and it.radio is not None:
            unpaired = await it.radio.forget()
            if it.memory is not None:
                it.memory.forget()
    return Erased(said, everything, unpaired)
