"""Ask a device something: open a transport, shake hands, send a request, wait for its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Self

from hiphinge.device.errors import DeviceError
from hiphinge.link.decoder import Decoder
from hiphinge.link.events import (
    Configured,
    DeviceInfo,
    DeviceStatus,
    Done,
    GyroBiasMeasured,
    LinkEvent,
    Refused,
    SelfTested,
    StoreContents,
    Unanswered,
)
from hiphinge.link.session import LinkSession
from hiphinge.transports.base import Chunk, Down, Transport, TransportError, Up
from hiphinge_wire import WIRE_MAJOR
from hiphinge_wire.block import Block
from hiphinge_wire.calibration import Calibration
from hiphinge_wire.config import ConfigGet, ConfigSet
from hiphinge_wire.info import Info
from hiphinge_wire.message import Message
from hiphinge_wire.requests import CalibrateGyro, CalibrationGet, InfoGet, Selftest, StatusGet, StoreList

PATIENCE_S = 10.0
"""Three tries 2 s apart (link.requests); a board that restarts as its port is opened takes 4 s more."""

LONG_S = 20.0
"""SELFTEST takes up to 10 s (protocol/SPEC.md), asked again twice."""

_TICK_S = 0.02
# What each request is answered with; all others with `Done`.
_ANSWERS: dict[type[Message], type[LinkEvent]] = {
    ConfigGet: Configured,
    ConfigSet: Configured,
    StatusGet: DeviceStatus,
    StoreList: StoreContents,
    Selftest: SelfTested,
    CalibrateGyro: GyroBiasMeasured,
}
# Their result follows an OK of the same id, which has closed the request by then.
_LATE = (Selftest, CalibrateGyro)
_HINTS = {
    "BAD_STATE": "stop the session first",
    "BUSY": "try again in a moment",
    "NOT_AUTHORISED": "pair with the passkey on the label",
    "UNSUPPORTED": "this hardware cannot",
    "HARDWARE": "run hiphinge device selftest",
    "STORAGE": "run hiphinge device selftest",
    "UNKNOWN_TYPE": "update its firmware",
    "UNKNOWN_KEY": "update its firmware",
}

Heard = LinkEvent | Message | Block
Listener = Callable[[Heard], None]


class Conversation:
    """A transport with a `LinkSession` on it, for a few questions; use it with ``async with``.

    Parameters
    ----------
    transport : Transport
    clock, sleep : callable
        Host time in s, that of the transport's events, and how to sleep in it.
    wall_clock : callable
        Time of day; the device then knows when its boot was.
    patience_s : float
        How long the handshake may take.

    Attributes
    ----------
    session : LinkSession
    info, status : DeviceInfo, DeviceStatus
        As the device told them last.
    told : Info
        INFO as it stands on the wire.
    keeps : bool
        Whether received blocks count as recorded, so that the device forgets them.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        wall_clock: Callable[[], float] = time.time,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._transport, self._clock, self._sleep, self._wall_clock = transport, clock, sleep, wall_clock
        self._patience_s = patience_s
        self.session = LinkSession(transport.framing)
        self._tap = Decoder(transport.framing)
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._place = "the device"
        self._info: DeviceInfo | None = None
        self._status: DeviceStatus | None = None
        self._told: Info | None = None
        self._down = ""
        self._failed: BaseException | None = None
        self.keeps = False

    @property
    def info(self) -> DeviceInfo:
        """What the device is."""
        assert self._info is not None, "not open"
        return self._info

    @property
    def status(self) -> DeviceStatus:
        """How it fares."""
        assert self._status is not None, "not open"
        return self._status

    @property
    def told(self) -> Info:
        """INFO."""
        assert self._told is not None, "not open"
        return self._told

    @property
    def place(self) -> str:
        """Port or address, for people."""
        return self._place

    async def __aenter__(self) -> Self:
        """Open the transport and shake hands.

        Raises
        ------
        TransportError
            It cannot be opened.
        DeviceError
            Nobody answers, or in another major version.
        """
        await self._transport.open()
        self._place = str(getattr(self._transport, "place", self._place))
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._speak())]
        try:
            await self.until(
                lambda: self._info is not None and self._status is not None and self._told is not None,
                self._patience_s,
                "no hiphinge answers there; check the port and the firmware",
            )
            theirs = self.info.wire[0]
            if theirs != WIRE_MAJOR:
                what = "run hiphinge device update" if theirs < WIRE_MAJOR else "update hiphinge"
                raise DeviceError(f"{self._place}: speaks version {theirs} of the wire, not {WIRE_MAJOR}; {what}")
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give the device back."""
        await self._end()

    def listen(self, listener: Listener) -> None:
        """Have events and messages from now on."""
        self._listeners.append(listener)

    async def ask(self, request: Message, patience_s: float | None = None) -> LinkEvent:
        """Send one request and wait for the event that answers it.

        Raises
        ------
        DeviceError
            Refused (with the device's code and reason), or not answered in time.
        """
        kind, late = _ANSWERS.get(type(request), Done), isinstance(request, _LATE)
        name = type(request).__name__
        number = self.session.outbox.ask(request, f"ask {name}")
        found: list[LinkEvent] = []

        def heard(one: Heard) -> None:
            mine = getattr(one, "request", None) == number
            if isinstance(one, (Refused, Unanswered)):
                if mine:
                    found.append(one)
            elif isinstance(one, kind) and (mine or late or isinstance(one, DeviceStatus)):
                found.append(one)  # type: ignore[arg-type]

        self.listen(heard)
        try:
            patience_s = patience_s or (LONG_S if late else PATIENCE_S)
            await self.until(lambda: bool(found), patience_s, f"{name} was not answered; restart the device")
        finally:
            self._listeners.remove(heard)
        answer = found[0]
        if isinstance(answer, Refused):
            hint = _HINTS.get(answer.code, "see protocol/SPEC.md")
            raise DeviceError(
                f"{self._place}: refused {name}: {answer.code}, {answer.detail or 'no reason given'}; {hint}"
            )
        if isinstance(answer, Unanswered):
            raise DeviceError(f"{self._place}: {name} was not answered; restart the device")
        return answer

    async def calibration(self, imu: int) -> Calibration:
        """The calibration stored for an IMU; `method` 0 where there is none."""
        found: list[Calibration] = []

        def heard(one: Heard) -> None:
            if isinstance(one, Calibration) and one.imu == imu:
                found.append(one)

        self.listen(heard)
        try:
            self.session.outbox.ask(CalibrationGet(imu=imu), "ask calibration")
            await self.until(lambda: bool(found), PATIENCE_S, "its calibration was not told; restart the device")
        finally:
            self._listeners.remove(heard)
        return found[0]

    async def until(self, true: Callable[[], bool], patience_s: float, words: str) -> None:
        """Wait until something holds.

        Raises
        ------
        DeviceError
            It does not within `patience_s`, or the link is lost: with `words`, or why.
        """
        end_s = self._clock() + patience_s
        while not true():
            if self._failed is not None:
                raise self._failed
            if self._down:
                raise DeviceError(self._down)
            if self._clock() >= end_s:
                raise DeviceError(f"{self._place}: {words}")
            await self._sleep(_TICK_S)

    async def _listen(self) -> None:
        try:
            async for event in self._transport:
                match event:
                    case Up():
                        self._place = event.place or self._place
                        self._tap.restart()
                        self._tell(*self.session.connected(event.at_s, event.payload, event.unix_s))
                    case Chunk():
                        self._tell(*self._tap.feed(event.data, event.channel))
                        self._tell(*self.session.receive(event.data, event.arrival_s, event.channel))
                    case Down():
                        self._tell(*self.session.disconnected(event.at_s))
                        self._down = event.reason
            self._down = self._down or f"{self._place}: the link has ended"
        except Exception as error:
            self._failed = error

    async def _speak(self) -> None:
        try:
            while True:
                now_s = self._clock()
                self._tell(*self.session.poll(now_s))
                if self.keeps:
                    self.session.durable()
                for data in self.session.outgoing(now_s):
                    try:
                        await self._transport.write(data)
                    except TransportError:
                        break  # `Down` says why
                await self._sleep(_TICK_S)
        except Exception as error:
            self._failed = error

    def _tell(self, *heard: Heard) -> None:
        for one in heard:
            match one:
                case DeviceInfo():
                    self._info = one
                case DeviceStatus():
                    self._status = one
                case Info():
                    self._told = one
                case _:
                    pass
            for listener in tuple(self._listeners):
                listener(one)

    async def _end(self) -> None:
        await self._transport.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def ask(
    transport: Transport,
    request: Message,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    patience_s: float | None = None,
) -> LinkEvent:
    """Ask a device one thing: the event that answers it.

    Parameters
    ----------
    transport : Transport
        Not yet open; closed at the end.
    request : Message
        InfoGet gives the `DeviceInfo` of the handshake.
    clock, sleep : callable
        The transport's.
    patience_s : float, optional

    Raises
    ------
    DeviceError, TransportError
        One line: no such port, nobody answers, refused.
    """
    async with Conversation(transport, clock=clock, sleep=sleep, patience_s=patience_s or PATIENCE_S) as device:
        if isinstance(request, InfoGet):
            return device.info
        return await device.ask(request, patience_s)
