"""bleak's scanner, client and adapter on a bumble central: what runs in tests instead of the system's Bluetooth.

It behaves as BlueZ does: a bonded device is encrypted as it connects, an ATT security error leads to pairing, and the
services of a bonded device are discovered once and then known (BlueZ, main.conf, [GATT] Cache).
"""

# ruff: noqa: ARG002 (the signatures are bleak's)

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID as PyUuid

import bumble.core
from bleak.assigned_numbers import AdvertisementDataType as Ad
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_16
from bumble import att, hci
from bumble.device import Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy, DescriptorProxy, ServiceProxy

_SECURITY = (0x05, 0x0C, 0x0F)  # ATT errors: authentication, key size, encryption


# UUID, handle, end; of each characteristic also its properties and its descriptors' handles and types.
_KnownCharacteristic = tuple[bumble.core.UUID, int, int, int, list[tuple[int, bumble.core.UUID]]]
_KnownService = tuple[bumble.core.UUID, int, int, list[_KnownCharacteristic]]


def _as_it_is(_: bool) -> None:
    pass


def _text(uuid: bumble.core.UUID) -> str:
    return str(PyUuid(bytes=bytes(reversed(uuid.to_bytes(force_128=True)))))


def _address(address: hci.Address) -> str:
    return address.to_string(with_type_qualifier=False).upper()


class Adapter:
    """One virtual Bluetooth adapter; hands out backends bound to it.

    Parameters
    ----------
    device : bumble.device.Device
        A central, powered on.
    mtu : int
        Asked for after connecting; 23 asks for none.
    encrypts : bool
        Whether bonded devices are encrypted as they connect.

    Attributes
    ----------
    caches : bool
        Whether services of bonded devices are kept.
    windows_cached : list
        At each connection, whether Windows may use the services it remembers: bleak's `use_cached_services`.
    setting_up : callable
        Told True before connecting and pairing, False behind them: some centrals take a short interval for that.
    """

    def __init__(self, device: Device, mtu: int = 517, encrypts: bool = True) -> None:
        self.device, self.mtu, self.encrypts = device, mtu, encrypts
        self.caches = True
        self.setting_up: Callable[[bool], None] = _as_it_is
        self.known: dict[str, list[_KnownService]] = {}
        self.windows_cached: list[bool | None] = []
        self.scanners: set[BumbleScanner] = set()
        self.clients: set[BumbleClient] = set()
        self.names: dict[str, str | None] = {}
        self.refusal: BaseException | None = None  # raised by whatever is begun
        self.keeps_links = False  # a disconnect that never arrives: the program was killed
        device.on(Device.EVENT_ADVERTISEMENT, self._heard)
        self.scanner = type("Scanner", (BumbleScanner,), {"adapter": self})
        self.client = type("Client", (BumbleClient,), {"adapter": self})
        self.connected = type("Connected", (BumbleAdapter,), {"adapter": self})

    def _heard(self, advertisement: Any) -> None:
        for scanner in list(self.scanners):
            scanner.heard(advertisement)

    async def scan(self, scanner: "BumbleScanner") -> None:
        """One more listens."""
        if self.refusal:
            raise self.refusal
        if not self.scanners:
            await self.device.start_scanning(active=True, filter_duplicates=False)
        self.scanners.add(scanner)

    async def end_scan(self, scanner: "BumbleScanner") -> None:
        """One less."""
        self.scanners.discard(scanner)
        if not self.scanners and self.device.is_scanning:
            await self.device.stop_scanning()


class BumbleAdapter(BaseBleakAdapter):
    """What is connected."""

    adapter: Adapter

    @classmethod
    async def get(cls, **_: Any) -> "BumbleAdapter":
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        connections = self.adapter.device.connections.values()
        names = self.adapter.names
        return [
            BLEDevice(_address(one.peer_address), names.get(_address(one.peer_address)), one.peer_address)
            for one in connections
        ]


class BumbleScanner(BaseBleakScanner):
    """A scan."""

    adapter: Adapter

    def __init__(self, detection_callback: Any, service_uuids: Any, scanning_mode: Any, **_: Any) -> None:
        super().__init__(detection_callback, service_uuids)
        self._fields: dict[str, dict[int, list[bytes]]] = {}

    async def start(self) -> None:
        self.seen_devices = {}
        self._fields = {}
        await self.adapter.scan(self)

    async def stop(self) -> None:
        await self.adapter.end_scan(self)

    def heard(self, advertisement: Any) -> None:
        address = _address(advertisement.address)
        # As BlueZ does: fields of advertisement and scan response are merged.
        fields = self._fields.setdefault(address, {})
        fresh: dict[int, list[bytes]] = {}
        for kind, value in advertisement.data.ad_structures:
            fresh.setdefault(int(kind), []).append(bytes(value))
        fields.update(fresh)
        names = fields.get(Ad.COMPLETE_LOCAL_NAME) or fields.get(Ad.SHORTENED_LOCAL_NAME) or []
        uuids = [
            str(PyUuid(bytes=value[at : at + 16][::-1]))
            for value in fields.get(Ad.COMPLETE_LIST_SERVICE_UUID128, [])
            for at in range(0, len(value) - 15, 16)
        ]
        uuids += [
            normalize_uuid_16(int.from_bytes(value[at : at + 2], "little"))
            for value in fields.get(Ad.COMPLETE_LIST_SERVICE_UUID16, [])
            for at in range(0, len(value) - 1, 2)
        ]
        made = fields.get(Ad.MANUFACTURER_SPECIFIC_DATA, [])
        data = AdvertisementData(
            local_name=names[-1].decode("utf-8", "replace") if names else None,
            manufacturer_data={int.from_bytes(value[:2], "little"): value[2:] for value in made},
            service_data={},
            service_uuids=uuids,
            tx_power=None,
            rssi=advertisement.rssi,
            platform_data=(advertisement,),
        )
        device = self.create_or_update_device(address, address, data.local_name, advertisement.address, data)
        self.adapter.names[address] = data.local_name
        if self.is_allowed_uuid(data.service_uuids):
            self.call_detection_callbacks(device, data)


class BumbleClient(BaseBleakClient):
    """A connection."""

    adapter: Adapter

    def __init__(self, address_or_ble_device: Any, *, services: Any = None, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._wanted = services
        self.adapter.windows_cached.append(kwargs.get("winrt", {}).get("use_cached_services"))
        self._peer_address = address_or_ble_device.details if isinstance(address_or_ble_device, BLEDevice) else None
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._subscriptions: dict[int, Any] = {}
        self._gone = asyncio.Event()

    @property
    def name(self) -> str:
        return self.address

    @property
    def mtu_size(self) -> int:
        return self._connection.att_mtu if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        adapter = self.adapter
        if adapter.refusal:
            raise adapter.refusal
        if self._peer_address is None:
            raise BleakDeviceNotFoundError(self.address, "not found")
        try:
            adapter.setting_up(True)
            known = adapter.device.connections.values()
            held = next((one for one in known if one.peer_address == self._peer_address), None)
            connection = held or await adapter.device.connect(self._peer_address, timeout=self._timeout)
        except bumble.core.TimeoutError as error:
            raise TimeoutError from error
        except bumble.core.BaseBumbleError as error:
            raise BleakError(str(error)) from error
        self._connection, self._peer = connection, Peer(connection)
        connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)
        adapter.clients.add(self)
        try:
            if adapter.mtu > 23 and connection.att_mtu == 23:
                await self._guard(self._peer.request_mtu(adapter.mtu))
            if pair:
                await self.pair()
            elif adapter.encrypts and await self._bonded():
                with contextlib.suppress(BleakError):
                    await self._guard(connection.encrypt())
            await self._discover()
        except BaseException:
            await self.disconnect()
            raise
        finally:
            adapter.setting_up(False)

    def _disconnected(self, reason: int) -> None:
        self._connection = self._peer = None
        self.services = None
        self._subscriptions.clear()
        self.adapter.clients.discard(self)
        self._gone.set()
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is None or self.adapter.keeps_links:
            return
        with contextlib.suppress(bumble.core.BaseBumbleError):
            await self._connection.disconnect()
        async with asyncio.timeout(5):
            await self._gone.wait()

    async def _bonded(self) -> bool:
        keystore = self.adapter.device.keystore
        return bool(keystore and self._peer_address and await keystore.get(str(self._peer_address)))

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        connection = self._require()
        if connection.is_encrypted:
            return
        bonded = await self._bonded()
        self.adapter.setting_up(True)
        try:
            await self._guard(connection.encrypt() if bonded else connection.pair())
        except BleakError as error:
            raise BleakError(f"pairing failed: {error}") from error
        finally:
            self.adapter.setting_up(False)

    async def unpair(self) -> None:
        self.adapter.known.pop(self.address, None)
        keystore = self.adapter.device.keystore
        if keystore is not None and self._peer_address is not None:
            with contextlib.suppress(KeyError):
                await keystore.delete(str(self._peer_address))
        await self.disconnect()

    def _require(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    async def _guard(self, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except asyncio.CancelledError:
            # bumble cancels what was pending when the connection ends; a caller's own time limit does so, too.
            task = asyncio.current_task()
            if not self.is_connected and task is not None and not task.cancelling():
                raise BleakError("disconnected") from None
            raise
        except (bumble.core.BaseBumbleError, asyncio.InvalidStateError) as error:
            raise BleakError(str(error) or type(error).__name__) from error

    async def _secured(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self._require()
        try:
            return await self._guard(call())
        except BleakGATTProtocolError as error:
            if error.code not in _SECURITY:
                raise
        await self.pair()
        return await self._guard(call())

    async def _discover(self) -> None:
        assert self._peer is not None
        known = self.adapter.known.get(self.address) if self.adapter.caches and await self._bonded() else None
        if known is None:
            known = self.adapter.known[self.address] = await self._asked()
        client = self._peer.gatt_client
        collection = BleakGATTServiceCollection()
        for uuid, handle, end, characteristics in known:
            found = ServiceProxy(client, handle, end, uuid)
            service = BleakGATTService(found, handle, _text(uuid))
            collection.add_service(service)
            for kind, at, last, properties, descriptors in characteristics:
                one: CharacteristicProxy[bytes] = CharacteristicProxy(client, at, last, kind, properties)
                # Or bumble would ask for them again.
                one.descriptors_discovered = True
                names = list(gatt_char_props_to_strs(properties))
                characteristic = BleakGATTCharacteristic(
                    one, at, _text(kind), names, lambda: self.mtu_size - 3, service
                )
                collection.add_characteristic(characteristic)
                for where, of_type in descriptors:
                    each = DescriptorProxy(client, where, of_type)
                    one.descriptors.append(each)
                    collection.add_descriptor(BleakGATTDescriptor(each, where, _text(of_type), characteristic))
        self.services = collection

    async def _asked(self) -> list[_KnownService]:
        assert self._peer is not None
        services: list[_KnownService] = []
        await self._guard(self._peer.discover_services())
        for found in self._peer.services:
            if self._wanted and _text(found.uuid) not in self._wanted:
                continue
            characteristics: list[_KnownCharacteristic] = []
            for one in await self._guard(self._peer.discover_characteristics(service=found)):
                descriptors = [
                    (each.handle, each.type) for each in await self._guard(self._peer.discover_descriptors(one))
                ]
                characteristics.append((one.uuid, one.handle, one.end_group_handle, int(one.properties), descriptors))
            services.append((found.uuid, found.handle, found.end_group_handle, characteristics))
        return services

    async def read_gatt_char(self, characteristic: Any, *, use_cached: bool = False, **kwargs: Any) -> bytearray:
        return bytearray(await self._secured(characteristic.obj.read_value))

    async def read_gatt_descriptor(self, descriptor: Any, *, use_cached: bool = False, **kwargs: Any) -> bytearray:
        return bytearray(await self._secured(descriptor.obj.read_value))

    async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:
        data = bytes(data)
        if not response and len(data) > self.mtu_size - 3:
            raise BleakError("data too long for a write without response")
        await self._secured(lambda: characteristic.obj.write_value(data, with_response=response))

    async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
        await self._secured(lambda: descriptor.obj.write_value(bytes(data), with_response=True))

    async def start_notify(self, characteristic: Any, callback: Any, **kwargs: Any) -> None:
        def on_value(value: bytes) -> None:
            callback(bytearray(value))

        await self._secured(lambda: characteristic.obj.subscribe(on_value))
        self._subscriptions[characteristic.handle] = on_value

    async def stop_notify(self, characteristic: Any) -> None:
        on_value = self._subscriptions.pop(characteristic.handle, None)
        if on_value is not None:
            await self._secured(lambda: characteristic.obj.unsubscribe(on_value))
