"""bumble's key store, kept by the firmware: what NimBLE asks of MicroPython's handler, in NimBLE's order and keys.

Keys are seven bytes, type and address with the low byte first; an old bond is deleted as its owner pairs again, before
anything is agreed (modbluetooth_nimble.c, ble_sm.c); a refusal to keep keys changes nothing for the link.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any

from bumble import hci
from bumble.keys import KeyStore, PairingKeys

OUR_SECRET, PEER_SECRET = 1, 2
# MicroPython's own (modbluetooth_nimble.c, `load_irk`).
_OUR_IRK, _IRK_KEY = 10, b"irk"
GET_SECRET, SET_SECRET = 29, 30
_VALUE = struct.Struct("<7sB16sBB16s")  # peer, key size, LTK, authenticated, has an IRK, IRK


def peer_key(name: str) -> bytes:
    """NimBLE's key of a peer, from bumble's text of its address."""
    public = name.endswith("/P")
    return bytes([not public]) + bytes(hci.Address(name.removesuffix("/P")))


def _read(value: str) -> tuple[bytes, PairingKeys]:
    peer, _, ltk, authenticated, has_irk, irk = _VALUE.unpack(bytes.fromhex(value))
    keys = PairingKeys()
    keys.address_type = hci.AddressType(peer[0])
    keys.ltk = PairingKeys.Key(ltk, bool(authenticated))
    keys.irk = PairingKeys.Key(irk) if has_irk else None
    return peer, keys


class FirmwareKeys(KeyStore):
    """Asks the firmware.

    Parameters
    ----------
    happened : callable
        Sends it an event.
    bonds : callable
        Whether a connection's pairing is one that bonds.
    """

    def __init__(self, happened: Callable[..., None], bonds: Callable[[], bool]) -> None:
        self._happened, self._bonds = happened, bonds
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self.refused = 0
        self.own_kept = False

    def answered(self, number: int, value: Any) -> None:
        """What the handler returned."""
        future = self._asked.pop(number)
        if not future.done():
            future.set_result(value)

    async def _ask(self, event: int, *rest: Any) -> Any:
        self._number += 1
        future = self._asked[self._number] = asyncio.get_running_loop().create_future()
        self._happened(event, self._number, *rest)
        return await future

    async def get(self, name: str) -> PairingKeys | None:
        value = await self._ask(GET_SECRET, OUR_SECRET, 0, peer_key(name).hex())
        return None if value is None else _read(value)[1]

    async def begin(self, device: Any, heard: bool) -> None:
        """What NimBLE asks while it starts, and only then: its own identity key, and those of all bonded peers.

        Parameters
        ----------
        device : bumble.device.Device
        heard : bool
            The handler was there already; nobody answers otherwise, and no changing address is known again.
        """
        if not heard:
            return
        kept = await self._ask(GET_SECRET, _OUR_IRK, 0, _IRK_KEY.hex())
        if kept is None:
            self.own_kept = bool(await self._ask(SET_SECRET, _OUR_IRK, _IRK_KEY.hex(), device.irk.hex()))
        else:
            device.irk = bytes.fromhex(kept)
            self.own_kept = True
        await device.refresh_resolving_list()

    async def get_all(self) -> list[tuple[str, PairingKeys]]:
        found: list[tuple[str, PairingKeys]] = []
        while (value := await self._ask(GET_SECRET, PEER_SECRET, len(found), None)) is not None:
            peer, keys = _read(value)
            found.append((str(hci.Address(peer[1:], hci.AddressType(peer[0]))), keys))
        return found

    async def forget(self, name: str) -> None:
        """Before its owner pairs again."""
        if await self._ask(GET_SECRET, PEER_SECRET, 0, peer_key(name).hex()) is not None:
            for kind in (OUR_SECRET, PEER_SECRET):
                await self._ask(SET_SECRET, kind, peer_key(name).hex(), None)

    async def update(self, name: str, keys: PairingKeys) -> None:
        if not self._bonds() or keys.ltk is None:
            return
        irk = keys.irk.value if keys.irk else bytes(16)
        value = _VALUE.pack(peer_key(name), 16, keys.ltk.value, keys.ltk.authenticated, keys.irk is not None, irk)
        for kind in (OUR_SECRET, PEER_SECRET):
            self.refused += not await self._ask(SET_SECRET, kind, peer_key(name).hex(), value.hex())
