"""A virtual device of ours (`hiphinge.virtual`) behind a bumble peripheral: no firmware, and the same radio."""

import asyncio
import contextlib
import hashlib
from typing import Any

from bumble import hci
from bumble.core import UUID
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.host import Host
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import AsyncPipeSink
from radio_air import Air, RadioController
from radio_bleak import Adapter

from hiphinge.transports.ble_radio import Radio
from hiphinge.virtual.device import VirtualDevice
from hiphinge_wire import gatt
from hiphinge_wire.gatt import Advert, advertisement

HOST_ADDRESS = "C0:AA:AA:AA:AA:01"
DEVICE_ADDRESS = "24:6F:28:00:00:01"
# NimBLE's MSYS_1 pool: packets that wait at most.
_BUFFERS = 12


def made_device(name: str, address: str, air: Air, public: bool = True) -> Device:
    """A bumble device with a controller of its own on this air."""
    kind = hci.Address.PUBLIC_DEVICE_ADDRESS if public else hci.Address.RANDOM_DEVICE_ADDRESS
    controller = RadioController(name, air, public_address=hci.Address(address, kind) if public else None)
    host = Host(controller, AsyncPipeSink(controller))
    device = Device(name=name, address=hci.Address(address, kind), host=host)
    device.host.controller = controller  # type: ignore[attr-defined]
    return device


class Central:
    """The computer's side.

    Attributes
    ----------
    radio : Radio
        For `BleTransport`.
    """

    def __init__(self, air: Air, mtu: int = 517, address: str = HOST_ADDRESS, io: int | None = None) -> None:
        self.device = made_device("computer", address, air, public=False)
        self.controller: RadioController = self.device.host.controller  # type: ignore[attr-defined]
        self.adapter = Adapter(self.device, mtu)
        self.adapter.setting_up = air.hurry
        self.radio = Radio(self.adapter.scanner, self.adapter.client, self.adapter.connected)
        self.delegate = PairingDelegate(
            PairingDelegate.NO_OUTPUT_NO_INPUT if io is None else PairingDelegate.IoCapability(io)
        )
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True,
            mitm=io is not None,
            bonding=True,
            delegate=self.delegate,
            identity_address_type=PairingConfig.AddressType.RANDOM,
        )

    async def on(self) -> "Central":
        """Switch on."""
        await self.device.power_on()
        return self

    async def hide(self) -> None:
        """Take a new private address, as phones and laptops do each quarter of an hour; the first time with a key."""
        device = self.device
        if device.irk == bytes(16):
            device.irk = hashlib.sha256(str(device.static_address).encode()).digest()[:16]
        device.random_address = hci.Address.generate_private_address(device.irk)
        await device.send_sync_command(hci.HCI_LE_Set_Random_Address_Command(random_address=device.random_address))


class Carried:
    """A virtual device behind a radio.

    Parameters
    ----------
    air : Air
    device : VirtualDevice
        Its time is the loop's.
    name : str or bytes
        Told in the scan response.
    stack : (Device, RadioController), optional
        What it speaks with, where that is not to be made on this air.
    """

    def __init__(
        self,
        air: Air,
        device: VirtualDevice,
        *,
        mtu: int = 247,
        name: str = "hiphinge",
        address: str = DEVICE_ADDRESS,
        stack: tuple[Device, RadioController] | None = None,
    ) -> None:
        self.virtual = device
        self.name: bytes = name.encode()
        self.advert = Advert(flags=0, battery_percent=87, firmware=(0, 1, 0))
        self.connection: Connection | None = None
        self.speaks = True
        if stack is None:
            made = made_device("dowel", address, air)
            stack = made, made.host.controller  # type: ignore[attr-defined]
        self.device, self.controller = stack
        self.controller.sent = self._sent
        self.device.gatt_server.max_mtu = mtu
        self._under_way = 0
        notify, write = Characteristic.Properties.NOTIFY, Characteristic.Properties.WRITE
        readable, writable = Characteristic.Permissions.READABLE, Characteristic.Permissions.WRITEABLE
        self.data = Characteristic(UUID(gatt.DATA), notify, readable, b"")
        self.control = Characteristic(
            UUID(gatt.CONTROL),
            notify | write | Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
            writable,
            CharacteristicValue(write=self._written),
        )
        level = Characteristic(
            UUID.from_16_bits(gatt.BATTERY_LEVEL), Characteristic.Properties.READ, readable, bytes([87])
        )
        self.device.add_service(Service(UUID(gatt.SERVICE), [self.data, self.control]))
        self.device.add_service(Service(UUID.from_16_bits(gatt.BATTERY_SERVICE), [level]))
        self.device.on(Device.EVENT_CONNECTION, self._connected)
        self._task: asyncio.Task[None] | None = None

    async def on(self) -> "Carried":
        """Switch on."""
        await self.device.power_on()
        await self.advertise()
        self._task = asyncio.create_task(self._loop())
        return self

    async def off(self) -> None:
        """Switch off."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def advertise(self) -> None:
        """May be connected to."""
        if self.connection is None and not self.device.is_advertising:
            await self.device.start_advertising(
                advertising_data=advertisement(self.advert),
                scan_response_data=bytes((len(self.name) + 1, 9)) + self.name,
                advertising_interval_min=100,
                advertising_interval_max=100,
                auto_restart=False,
                own_address_type=hci.OwnAddressType.PUBLIC,
            )

    def _connected(self, connection: Connection) -> None:
        self.connection = connection
        self._under_way = 0
        if self.speaks:
            self.virtual.advance(asyncio.get_running_loop().time())
            self.virtual.connect(20)
        connection.on(connection.EVENT_DISCONNECTION, self._gone)
        connection.on(connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self._sized(connection))

    def _sized(self, connection: Connection) -> None:
        if self.speaks:
            self.virtual.connect(connection.att_mtu - 3)

    def _gone(self, _: int) -> None:
        self.connection = None
        self.virtual.disconnect()

    def _written(self, _: Any, value: bytes) -> None:
        if self.speaks:
            self.virtual.receive(bytes(value))

    def _sent(self, opcode: int) -> None:
        self._under_way -= opcode == 0x1B

    async def _loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0.005)
            self.virtual.advance(loop.time())
            if self.connection is None:
                await self.advertise()
            elif self.speaks:
                await self._push(self.connection)

    async def _push(self, connection: Connection) -> None:
        for channel, packet in self.virtual.outgoing(max(0, _BUFFERS - self._under_way)):
            await self.notify(connection, packet, channel == "data")

    async def notify(self, connection: Connection, packet: bytes, data: bool = True) -> None:
        """Send a packet, subscribed to or not."""
        self._under_way += 1
        with contextlib.suppress(Exception):
            attribute = self.data if data else self.control
            await self.device.gatt_server.notify_subscriber(connection, attribute, packet, force=True)
