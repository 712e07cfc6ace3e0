"""A device over Bluetooth Low Energy: found, connected, and connected again into the same session until closed.

What is known of each system's radio, and what is done about it: host/docs/ble.md. bleak works in the loop it was first
used in, so all of this runs in one asyncio loop; on macOS and Windows that must be the main thread's, or bleak's
callbacks never come (bleak docs, troubleshooting).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from hiphinge.transports.base import Channel, Chunk, Down, Framing, Inbox, TransportError, TransportEvent, Up
from hiphinge.transports.ble_found import BleDevice, choose_device, fitting, is_address, same_address
from hiphinge.transports.ble_last import LastUsed, Memory
from hiphinge.transports.ble_link import BleLink
from hiphinge.transports.ble_radio import Radio, Sightings, connected_already, list_devices, scanning

__all__ = ["BleDevice", "BleTransport", "Radio", "list_devices"]

# It advertises every 0.15 s; a radio busy with other things (a mouse, Wi-Fi) hears a tenth of it.
_FIND_S = 10.0
# The one used last gets this long before any other is taken for it.
_LAST_S = 3.0
# Two of one name are told apart only when both have been heard.
_SETTLE_S = 1.5
# A link that a killed program left behind keeps the device from advertising.
_LEFT_BEHIND_S = 3.0
_BACK_OFF_S = (0.0, 0.25, 0.5, 1.0, 2.0)
# Scans are begun anew now and then: some systems' fall silent.
_SCAN_ANEW_S = 30.0
# The device hangs up on strangers after 5 s (protocol/SPEC.md, section 3).
_STRANGER_S = 4.0


class BleTransport:
    """`Transport` over Bluetooth Low Energy.

    Parameters
    ----------
    wanted : str, optional
        Name, beginning of a name, address, or macOS's UUID; any device where not given.
    last : str, optional
        Address of the device used last: taken where several fit. What `memory` says where not given.
    memory : Memory, optional
        Where the device that is used is remembered for the next time.
    find_s : float
        How long `open` looks for it.
    radio : Radio, optional
        Which Bluetooth: the computer's where not given.
    clock, wall_clock : callable
        Host clock and time of day, in s.

    Attributes
    ----------
    place : str
        Name and address, for people.
    device : BleDevice or None
        As last advertised: keep its `address` for the next time.
    connections : int
        How many there have been.
    """

    def __init__(
        self,
        wanted: str | None = None,
        *,
        last: str | None = None,
        memory: Memory | None = None,
        find_s: float = _FIND_S,
        radio: Radio | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.place = wanted or "Bluetooth"
        self.device: BleDevice | None = None
        self.connections = 0
        self._wanted, self._last, self._find_s = wanted, last, find_s
        self._memory, self._remembered = memory, False
        self._radio, self._clock, self._wall_clock = radio or Radio(), clock, wall_clock
        self._inbox: Inbox | None = None
        self._task: asyncio.Task[None] | None = None
        self._link: BleLink | None = None
        self._told = ""

    @property
    def framing(self) -> Framing:
        """Packets."""
        return "packets"

    @property
    def dropped_bytes(self) -> int:
        """Bytes nobody fetched in time."""
        return self._inbox.dropped_bytes if self._inbox else 0

    @property
    def interval_s(self) -> float | None:
        """Connection interval of the present link, or an upper bound of it; None while not known."""
        return self._link.interval_s if self._link else None

    @property
    def rssi_dbm(self) -> int | None:
        """Signal strength when it was last heard advertising: no system tells it of a connected device."""
        return self.device.rssi_dbm if self.device else None

    async def open(self) -> None:
        """Find the device; `Up` comes once it is connected.

        Raises
        ------
        TransportError
            No adapter, switched off, not permitted; no such device in range, or more than one.
        """
        inbox = self._inbox = Inbox()
        used = self._memory.recall() if self._memory and self._wanted is None and self._last is None else None
        if used is not None:
            self._last = used.address
        try:
            self.device = await self._find()
        except TransportError as error:
            raise error if used is None else TransportError(f"{error}; {used}, used last, was not heard") from None
        self.place = str(self.device)
        self._task = asyncio.create_task(self._run(inbox, self.device), name="hiphinge BLE")

    def __aiter__(self) -> AsyncIterator[TransportEvent]:
        """Events in order, until `close`."""
        if self._inbox is None:
            raise TransportError("Bluetooth was not opened; open it first")
        return self._inbox.__aiter__()

    async def write(self, data: bytes) -> None:
        """Send one packet to the control characteristic; waits while too many wait for the radio.

        Raises
        ------
        TransportError
            Not connected.
        """
        if self._link is None:
            raise TransportError(f"{self.place}: not connected; wait until it is")
        await self._link.write(data)

    async def forget(self) -> bool:
        """Take back this computer's pairing with the connected device, which disconnects; False where it cannot."""
        return self._link is not None and await self._link.forget()

    async def close(self) -> None:
        """Disconnect and look for it no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._inbox is not None:
            self._inbox.end()

    # --- finding it -------------------------------------------------------------------------------------------------

    async def _find(self) -> BleDevice:
        exact = self._wanted if self._wanted is not None and is_address(self._wanted) else None
        begun_s = self._clock()
        left_behind = False
        async with scanning(self._radio) as seen:
            if exact is None and self._wanted is None and self._last is not None:
                await seen.until(lambda found: _has(found, self._last), min(_LAST_S, self._find_s))
            while not fitting(self._wanted, list(seen.found.values())):
                left_s = self._find_s - (self._clock() - begun_s)
                if left_s <= 0:
                    break
                wait_s = left_s if left_behind else min(left_s, _LEFT_BEHIND_S)
                fits = await seen.until(lambda found: bool(fitting(self._wanted, found)), wait_s)
                if not fits and not left_behind:
                    left_behind = True
                    await self._let_go()
            sure = _has(list(seen.found.values()), exact or (self._last if self._wanted is None else None))
            if seen.found and not sure:
                await asyncio.sleep(_SETTLE_S)
            return choose_device(self._wanted, self._last, list(seen.found.values()))

    async def _let_go(self) -> None:
        """End a link no program holds any more: packets are numbered anew only with a connection."""
        for device in fitting(self._wanted or self._last, await connected_already(self._radio)):
            link = BleLink(self._radio, device, _deaf, self._clock)
            try:
                with contextlib.suppress(TransportError):
                    await link.open()
            finally:
                # Also where nobody waits any more: it would hold the device for ever.
                await link.close()

    async def _find_again(self, device: BleDevice) -> BleDevice:
        """Wait until it advertises, however long that takes: connecting to what is not there hangs on some systems."""

        def heard(found: list[BleDevice]) -> bool:
            return _has(found, device.address)

        while True:
            async with scanning(self._radio) as seen:
                if await seen.until(heard, _SCAN_ANEW_S):
                    return _the(seen, device)

    # --- connected, again and again ---------------------------------------------------------------------------------

    async def _run(self, inbox: Inbox, device: BleDevice) -> None:
        def hear(data: bytes, channel: Channel) -> None:
            if not self._remembered:
                # Whom it speaks with, not whom it only found.
                self._remembered = True
                if self._memory is not None:
                    self._memory.keep(LastUsed(device.address, device.name))
            inbox.put(Chunk(data, self._clock(), channel))

        tries, known = 0, False
        while True:
            # A link that brought nothing may have been made of services that are no more.
            link = BleLink(self._radio, device, hear, self._clock, known_services=known)
            up_s: float | None = None
            try:
                payload = await link.open()
                up_s = self._clock()
                self._link = link
                self.connections += 1
                inbox.put(Up(payload, "packets", up_s, self._wall_clock(), self.place))
                reason = await link.run()
            except TransportError as error:
                reason = str(error)
            finally:
                self._link = None
                await link.close()
            if up_s is not None and not link.heard and self._clock() - up_s > _STRANGER_S:
                reason = _stranger(device)
                if device.pairing:
                    await link.forget()
            tries = 0 if link.heard else tries + 1
            known = bool(link.heard)
            self._down(inbox, reason, up_s is not None)
            while True:
                await asyncio.sleep(_BACK_OFF_S[min(tries, len(_BACK_OFF_S) - 1)])
                try:
                    device = self.device = await self._find_again(device)
                    break
                except TransportError as error:
                    # Bluetooth was switched off, or its dongle pulled out.
                    tries += 1
                    self._down(inbox, str(error), False)

    def _down(self, inbox: Inbox, reason: str, was_up: bool) -> None:
        # The same line each two seconds would bury all others.
        if was_up or reason != self._told:
            inbox.put(Down(reason, self._clock()))
        self._told = reason


def _stranger(device: BleDevice) -> str:
    return (
        f"{device}: does not know this computer; hold its button for 3 s until the light blinks, which lets it pair "
        "for a minute (if it was paired before, first forget it in the computer's Bluetooth settings)"
    )


def _has(found: list[BleDevice], address: str | None) -> bool:
    return address is not None and any(same_address(one.address, address) for one in found)


def _the(seen: Sightings, device: BleDevice) -> BleDevice:
    return next(one for one in seen.found.values() if same_address(one.address, device.address))


def _deaf(data: bytes, channel: Channel) -> None:
    pass
