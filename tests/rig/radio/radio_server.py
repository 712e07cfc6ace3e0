"""The peripheral of the firmware: a bumble device, steered by what the `bluetooth` shim asks for."""

import asyncio
import contextlib
from typing import Any

from bumble import att, core, hci
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.pairing import PairingConfig, PairingDelegate
from radio_air import Air, RadioController
from radio_keys import FirmwareKeys
from radio_virtual import DEVICE_ADDRESS, made_device

CONNECT, DISCONNECT, WRITE, MTU, ENCRYPTION, PASSKEY, SENT = 1, 2, 3, 21, 28, 31, 100
_DISPLAY = 3
_NOTIFICATION = 0x1B
# MicroPython's characteristic flags above the property bits, and what bumble calls them.
_PERMISSIONS = {0x0200: 0x04, 0x0400: 0x10, 0x1000: 0x08, 0x2000: 0x20}


class Server:
    """What the firmware's `bluetooth` talks to.

    Attributes
    ----------
    events : list
        For the firmware, in order.
    bytes_sent : int
        Of notifications handed to the stack.
    """

    def __init__(self, air: Air, address: str = DEVICE_ADDRESS) -> None:
        self.events: list[list[Any]] = []
        self.bytes_sent = 0
        self.device: Device = made_device("firmware", address, air)
        self.controller: RadioController = self.device.host.controller  # type: ignore[attr-defined]
        self.controller.sent = self._sent
        self.keys = FirmwareKeys(self._happened, self._bonding)
        self._air = air
        self._values: dict[int, bytes] = {}
        self._attributes: dict[int, Any] = {}
        self._config: dict[str, Any] = {"bond": False, "mitm": False, "io": 3, "le_secure": False}
        self._pairing = False
        self._passkey: asyncio.Queue[int] = asyncio.Queue()
        self.device.on(Device.EVENT_CONNECTION, self._connected)
        self.device.pairing_config_factory = self._pairing_config

    def vanish(self) -> None:
        """Its supply is cut: nothing more is heard of it, and no goodbye."""
        self.controller.le_legacy_advertiser.stop()
        self._air.leave(self.controller, for_good=True)

    async def perform(self, operation: list[Any]) -> Any:
        """Do what the shim asks; a negative number is an errno."""
        name, *rest = operation
        try:
            return await getattr(self, f"_do_{name}")(*rest)
        except OSError as error:
            return -(error.errno or 22)

    # --- operations -------------------------------------------------------------------------------------------------

    async def _do_active(self, on: bool, heard: bool) -> None:
        if on:
            await self.device.power_on()
            self.device.keystore = self.keys
            self._asking = asyncio.ensure_future(self.keys.begin(self.device, heard))

    async def _do_config(self, values: dict[str, Any]) -> None:
        self._config.update(values)
        if "mtu" in values:
            self.device.gatt_server.max_mtu = values["mtu"]

    async def _do_services(self, table: list[Any]) -> list[list[int]]:
        handles: list[list[int]] = []
        for uuid, characteristics in table:
            made = [self._characteristic(*one) for one in characteristics]
            self.device.add_service(Service(core.UUID.from_bytes(bytes.fromhex(uuid)), made))
            handles.append([one.handle for one in made])
            self._attributes.update((one.handle, one) for one in made)
        return handles

    def _characteristic(self, uuid: str, flags: int) -> Characteristic[Any]:
        permissions = (1 if flags & 0x02 else 0) | (2 if flags & 0x0C else 0)
        for flag, bit in _PERMISSIONS.items():
            permissions |= bit if flags & flag else 0

        def read(_: Any) -> bytes:
            return self._values.get(made.handle, b"")

        def write(connection: Any, value: bytes) -> None:
            self._happened(WRITE, connection.handle, made.handle, bytes(value).hex())

        made: Characteristic[Any] = Characteristic(
            core.UUID.from_bytes(bytes.fromhex(uuid)),
            Characteristic.Properties(flags & 0xFF),
            att.Attribute.Permissions(permissions),
            CharacteristicValue(read=read, write=write),
        )
        return made

    async def _do_value(self, handle: int, value: str) -> None:
        self._values[handle] = bytes.fromhex(value)

    async def _do_update(self, handle: int, value: str) -> None:
        await self._do_value(handle, value)
        await self.device.notify_subscribers(self._attributes[handle], bytes.fromhex(value))

    async def _do_notify(self, handle: int, attribute: int, value: str) -> None:
        connection = self.device.lookup_connection(handle)
        if connection is not None:
            data = bytes.fromhex(value)
            self.bytes_sent += len(data)
            # NimBLE does not look who subscribed.
            with contextlib.suppress(core.BaseBumbleError):
                server = self.device.gatt_server
                await server.notify_subscriber(connection, self._attributes[attribute], data, force=True)

    async def _do_advertise(self, interval_us: int, data: str, answer: str) -> None:
        await self._do_quiet()
        interval_ms = interval_us / 1000 * 0.625  # bumble takes its multiples of 0.625 ms for milliseconds
        await self.device.start_advertising(
            advertising_data=bytes.fromhex(data),
            scan_response_data=bytes.fromhex(answer),
            advertising_interval_min=interval_ms,
            advertising_interval_max=interval_ms,
            auto_restart=False,
            own_address_type=hci.OwnAddressType.PUBLIC,
        )

    async def _do_quiet(self) -> None:
        if self.device.is_advertising:
            await self.device.stop_advertising()

    async def _do_disconnect(self, handle: int) -> None:
        connection = self.device.lookup_connection(handle)
        if connection is not None:
            with contextlib.suppress(core.BaseBumbleError):
                await connection.disconnect()

    async def _do_pair(self, handle: int) -> None:
        connection = self.device.lookup_connection(handle)
        if connection is not None:
            self.device.request_pairing(connection)

    async def _do_passkey(self, _: int, passkey: int) -> None:
        self._passkey.put_nowait(passkey)

    async def _do_secret(self, number: int, value: Any) -> None:
        self.keys.answered(number, value)

    # --- what happens -----------------------------------------------------------------------------------------------

    def _happened(self, *event: Any) -> None:
        self.events.append(list(event))

    def _sent(self, opcode: int) -> None:
        if opcode == _NOTIFICATION:
            self._happened(SENT, 1)

    def _connected(self, connection: Connection) -> None:
        handle = connection.handle
        address = bytes(reversed(bytes(connection.peer_address)))
        who = (handle, int(connection.peer_address.is_random), address.hex())
        self._pairing = False
        # One that waited on an earlier connection must not have this one's.
        self._passkey = asyncio.Queue()
        self._happened(CONNECT, *who)
        connection.on(connection.EVENT_DISCONNECTION, lambda _: self._happened(DISCONNECT, *who))
        connection.on(
            connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self._happened(MTU, handle, connection.att_mtu)
        )
        connection.on(connection.EVENT_CONNECTION_ENCRYPTION_CHANGE, lambda: self._encrypted(connection))
        connection.on(connection.EVENT_PAIRING_START, lambda: self._pairing_began(connection))
        connection.on(connection.EVENT_PAIRING, lambda keys: self._paired(connection, keys))

    def _bonding(self) -> bool:
        return any(session.bonding for session in self.device.smp_manager.sessions.values())

    def _pairing_began(self, connection: Connection) -> None:
        self._pairing = True
        self._forgetting = asyncio.ensure_future(self.keys.forget(str(connection.peer_address)))

    def _encrypted(self, connection: Connection) -> None:
        # In a pairing the keys are handed over first, then NimBLE tells.
        if not self._pairing:
            self._restoring = asyncio.ensure_future(self._restored(connection))

    async def _restored(self, connection: Connection) -> None:
        keys = await self.keys.get(str(connection.peer_address))
        authenticated = bool(keys and keys.ltk and keys.ltk.authenticated)
        self._happened(ENCRYPTION, connection.handle, bool(connection.is_encrypted), authenticated, True, 16)

    def _paired(self, connection: Connection, keys: Any) -> None:
        self._pairing = False
        authenticated = bool(keys.ltk and keys.ltk.authenticated)
        encrypted = bool(connection.is_encrypted)
        self._happened(ENCRYPTION, connection.handle, encrypted, authenticated, self._bonding(), 16)

    def _pairing_config(self, connection: Connection) -> PairingConfig:
        server = self

        class Delegate(PairingDelegate):
            async def generate_passkey(self) -> int:
                server._happened(PASSKEY, connection.handle, _DISPLAY, 0)
                return await server._passkey.get()

        return PairingConfig(
            sc=bool(self._config["le_secure"]),
            mitm=bool(self._config["mitm"]),
            bonding=bool(self._config["bond"]),
            delegate=Delegate(PairingDelegate.IoCapability(self._config["io"])),
            identity_address_type=PairingConfig.AddressType.PUBLIC,
        )
