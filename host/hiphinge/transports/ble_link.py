"""One Bluetooth connection, from connecting to its end: encrypted, subscribed, written to at the radio's pace."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from hiphinge.transports.base import Channel, TransportError
from hiphinge.transports.ble_found import BleDevice
from hiphinge.transports.ble_pace import Turns, WindowsPace
from hiphinge.transports.ble_radio import ERRORS, Radio, in_words, library, told
from hiphinge_wire.constants import MIN_PAYLOAD
from hiphinge_wire.gatt import BATTERY_LEVEL, BATTERY_SERVICE, CONTROL, DATA, PREFERRED_MTU, SERVICE

# Connecting takes 0.1 to 3 s; BlueZ hangs after a loss of range, and its second attempt works (bleak issues 82, 713).
_CONNECT_S = 10.0
# Somebody may have to confirm it on the screen, or type a passkey.
_PAIR_S = 60.0
_CLOSE_S = 5.0
# ATT gives up after 30 s, nobody waits that long; radios after 2 to 6 s without a sign, and that is theirs to decide.
_WRITE_S = 8.0
# Some systems tell the MTU a moment after connecting (bleak issue 1497); a lower one than there is only costs packets.
_MTU_WAIT_S = 0.3
_MOST_PAYLOAD = PREFERRED_MTU - 3
# ATT carries no more; a fragment has a head and a byte.
_LONGEST, _SHORTEST = 512, 2
# Writes before one that is acknowledged; packets that may wait (the longest message at MTU 23 has 58).
_BURST = 4
_MOST_WAITING = 64
# Blocks come 30 times a second, STATUS at least every 10 s (SPEC, section 8). A question after 3 s tells whether the
# link still lives; notifications alone may have ended (bleak issue 842).
_ASK_S, _ANSWER_S, _SILENT_S = 3.0, 5.0, 12.0
_LOOK_S = 0.25
# Insufficient authentication, authorization, key size, encryption (Core Specification, ATT errors).
_UNPAIRED = (0x05, 0x08, 0x0C, 0x0F)


class BleLink:
    """A connection to a device.

    Parameters
    ----------
    radio : Radio
    device : BleDevice
    hear : callable
        Called with each packet and its channel.
    clock : callable
    known_services : bool
        The system may take the device's services from its memory, where it asks: they were right a moment ago.

    Attributes
    ----------
    heard : int
        Packets so far.
    odd : int
        Packets of a length no fragment has.
    """

    def __init__(
        self,
        radio: Radio,
        device: BleDevice,
        hear: Callable[[bytes, Channel], None],
        clock: Callable[[], float],
        *,
        known_services: bool = False,
    ) -> None:
        self.heard = self.odd = 0
        self._radio, self._device, self._hear, self._clock = radio, device, hear, clock
        self._place = str(device)
        self._known_services = known_services
        self._client: Any = None
        self._control: Any = None
        self._acknowledge_all = False
        self._turns = Turns()
        self._windows: WindowsPace | None = None
        self._reason = ""
        self._gone = asyncio.Event()
        self._waiting: deque[bytes] = deque()
        self._work, self._room = asyncio.Event(), asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._heard_s = 0.0

    @property
    def interval_s(self) -> float | None:
        """The connection interval: as Windows tells it, else an upper bound from arrivals, None while not known."""
        return (self._windows.interval_s if self._windows else None) or self._turns.at_most_s

    async def open(self) -> int:
        """Connect, encrypt, subscribe.

        Returns
        -------
        int
            Bytes a packet carries.

        Raises
        ------
        TransportError
            It did not come about.
        """
        bleak = library()
        with told(self._place):
            self._client = client = bleak.BleakClient(
                self._device.handle,
                self._on_gone,
                services=[SERVICE, f"{BATTERY_SERVICE:04x}"],
                timeout=_CONNECT_S,
                # The services of a device somebody is building change; Windows keeps old ones. Asking for them takes
                # forty turns of the radio: not at each reconnection.
                winrt={"use_cached_services": self._known_services},
                backend=self._radio.client,
            )
            async with asyncio.timeout(_CONNECT_S):
                await client.connect()
            self._acknowledge_all = client.backend_id == bleak.BleakBackend.CORE_BLUETOOTH
            self._windows = WindowsPace(client)
            self._windows.ask()
            self._control, data = (client.services.get_characteristic(one) for one in (CONTROL, DATA))
            if self._control is None or data is None:
                raise TransportError(f"{self._place}: advertises as a hiphinge but has not its services; update it")
            await self._encrypt()
            async with asyncio.timeout(_CONNECT_S):
                # Control first: what is lost before both are on is asked for anyway (bleak issue 1836).
                await self._unless_gone(client.start_notify(self._control, self._listener("control")))
                await self._unless_gone(client.start_notify(data, self._listener("data")))
            payload = await self._payload()
        if self._gone.is_set():
            raise TransportError(self._reason)
        self._heard_s = self._clock()
        self._writer = asyncio.create_task(self._write_all(), name="hiphinge BLE writer")
        return payload

    async def run(self) -> str:
        """Until the connection ends.

        Returns
        -------
        str
            Why, for people.
        """
        asking: asyncio.Task[None] | None = None
        try:
            while not self._gone.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._gone.wait()
                        break
                quiet_s = self._clock() - self._heard_s
                if quiet_s > _SILENT_S:
                    self._end(f"{self._place}: silent for {_SILENT_S:.0f} s; connecting anew")
                elif quiet_s < _ASK_S:
                    asking = await _dropped(asking)
                elif asking is None and self.heard:
                    asking = asyncio.create_task(self._ask(), name="hiphinge BLE question")
        finally:
            # Nor is anything asked of a connection that is no more.
            await _dropped(asking)
        return self._reason

    async def write(self, data: bytes) -> None:
        """Queue a packet; waits while too many do.

        Raises
        ------
        TransportError
            The connection is gone.
        """
        while len(self._waiting) >= _MOST_WAITING and not self._gone.is_set():
            self._room.clear()
            await self._room.wait()
        if self._gone.is_set():
            raise TransportError(f"{self._place}: not connected; wait until it is")
        self._waiting.append(data)
        self._work.set()

    async def close(self) -> None:
        """End the connection; returns when the system let go of it, or after 5 s."""
        self._end(f"{self._place}: disconnected")
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        if self._windows is not None:
            self._windows.close()
        if self._client is not None:
            with contextlib.suppress(library().exc.BleakError, *ERRORS):
                async with asyncio.timeout(_CLOSE_S):
                    await self._client.disconnect()

    async def forget(self) -> bool:
        """Take back the pairing: while it stands, the system will not pair again. False where it cannot (macOS)."""
        with contextlib.suppress(library().exc.BleakError, NotImplementedError, *ERRORS):
            async with asyncio.timeout(_CLOSE_S):
                await self._client.unpair()
            return True
        return False

    # --- inside -----------------------------------------------------------------------------------------------------

    async def _encrypt(self) -> None:
        # A bonded device is encrypted by the system as it connects. Pairing outside the window would bring a bond here
        # that the device does not keep.
        if not self._acknowledge_all and not self._device.pairing:
            return
        try:
            async with asyncio.timeout(_PAIR_S):
                await self._unless_gone(self._client.pair())
        except NotImplementedError:
            # macOS pairs by itself, when something that is kept from strangers is read.
            await self._ask(_PAIR_S)

    async def _unless_gone(self, call: Coroutine[Any, Any, None]) -> None:
        """Wait for a call of bleak's, but not beyond the connection's end: some never come back from it."""
        calling, gone = asyncio.ensure_future(call), asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({calling, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not calling.done():
                raise TransportError(self._reason)
            calling.result()
        finally:
            calling.cancel()
            gone.cancel()
            await asyncio.gather(calling, gone, return_exceptions=True)

    async def _payload(self) -> int:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MTU_WAIT_S):
                while self._control.max_write_without_response_size <= MIN_PAYLOAD:
                    await asyncio.sleep(_MTU_WAIT_S / 10)
        return max(MIN_PAYLOAD, min(int(self._control.max_write_without_response_size), _MOST_PAYLOAD))

    def _listener(self, channel: Channel) -> Callable[[Any, bytearray], None]:
        def heard(_: Any, data: bytearray) -> None:
            if not _SHORTEST <= len(data) <= _LONGEST:
                self.odd += 1
                return
            self.heard += 1
            self._heard_s = self._clock()
            self._turns.arrived(self._heard_s)
            self._hear(bytes(data), channel)

        return heard

    async def _ask(self, patience_s: float = _ANSWER_S) -> None:
        """Read the battery's level: any answer will do."""
        characteristic = self._client.services.get_characteristic(f"{BATTERY_LEVEL:04x}")
        if characteristic is None:
            return
        bleak = library()
        try:
            async with asyncio.timeout(patience_s):
                await self._client.read_gatt_char(characteristic)
        except bleak.exc.BleakGATTProtocolError:
            return
        except (bleak.exc.BleakError, *ERRORS):
            self._end(f"{self._place}: does not answer any more; connecting anew")

    async def _write_all(self) -> None:
        bleak = library()
        unacknowledged = 0
        while not self._gone.is_set():
            if not self._waiting:
                self._work.clear()
                await self._work.wait()
                continue
            data = self._waiting.popleft()
            self._room.set()
            # An acknowledged write takes two turns of the radio, and is never lost in a queue of the system's. So a
            # burst ends with one: its answer says that all of it has arrived. macOS drops others without a word.
            acknowledged = self._acknowledge_all or not self._waiting or unacknowledged >= _BURST
            unacknowledged = 0 if acknowledged else unacknowledged + 1
            try:
                async with asyncio.timeout(_WRITE_S):
                    write = self._client.write_gatt_char(self._control, data, response=acknowledged)
                    await self._unless_gone(write)
            except TransportError:
                return
            except bleak.exc.BleakGATTProtocolError as error:
                # Not paired: the device is about to hang up, which says so. Anything else: what matters is asked again.
                if int(error.code) not in _UNPAIRED:
                    self.odd += 1
            except (bleak.exc.BleakError, *ERRORS) as error:
                self._end(in_words(error, self._place))

    def _on_gone(self, _: Any) -> None:
        self._end(f"{self._place}: connection lost; looking for it")

    def _end(self, reason: str) -> None:
        if not self._gone.is_set():
            self._reason = reason
            self._gone.set()
            self._work.set()
            self._room.set()


async def _dropped(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
