"""Devices whose every message is well made and not true: counts, boots, epochs, names; recorded into a folder."""

import asyncio
import json
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from radio_air import Air
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Carried, Central

from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import LiveUpdate, Notice
from hiphinge.engine import Inline
from hiphinge.transports.ble import BleTransport
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.wearer import Still
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.message import Message, Record
from hiphinge_wire.replies import Event, Gone, Log, Started, Stored, StoreListed
from hiphinge_wire.requests import Range
from hiphinge_wire.status import Status

M = TypeVar("M", bound=Record)

_MOST = {"B": 0xFF, "b": 0x7F, "H": 0xFFFF, "h": 0x7FFF, "I": 0xFFFFFFFF, "i": 0x7FFFFFFF, "Q": 1 << 63, "q": 1 << 62}
# 24 bytes at most; the codec refuses control characters, so these are what is left to do harm with.
NAME = "../../../etc/x\u202eab"


def lie(rng: random.Random, kind: type[M], **kept: Any) -> M:
    """A message with numbers from anywhere in their ranges, the ends above all."""
    made = kind()
    for name, code, *limits in made.LAYOUT.fields:
        low, high = limits if limits else (0, _MOST[code[-1]])
        count = int(code[:-1] or 1) if len(code) > 1 else 0
        values = [rng.choice((low, high, rng.randint(low, high))) for _ in range(max(1, count))]
        setattr(made, name, kept.get(name, tuple(values) if count else values[0]))
    for name in set(kept) - {field[0] for field in made.LAYOUT.fields}:
        setattr(made, name, kept[name])
    return made


def ranges(rng: random.Random) -> tuple[Range, ...]:
    firsts = [rng.choice((0, rng.randrange(1 << 32))) for _ in range(16)]
    spans = [rng.choice((0, 1 << 20, (1 << 31) - 1)) for _ in range(16)]
    pairs = zip(firsts, spans, strict=True)
    return tuple(Range(boot=rng.randrange(1, 1 << 32), first=a, last=(a + b) & 0xFFFFFFFF) for a, b in pairs)


LIES: dict[str, Callable[[random.Random, int], Message]] = {
    "a boot each time": lambda rng, _: lie(rng, Status, last_event=0),
    "the same boot, absurd counts": lambda rng, boot: lie(rng, Status, boot=boot),
    "started again and again": lambda rng, _: lie(rng, Started, request=0),
    "events from the future": lambda rng, boot: lie(rng, Event, boot=boot),
    "everything is gone": lambda rng, _: lie(rng, Gone, ranges=ranges(rng)),
    "a list without end": lambda rng, _: lie(
        rng, StoreListed, request=rng.randrange(256), entries=(lie(rng, Stored, first_sequence=0, first_us=0),)
    ),
    "a log without end": lambda rng, _: lie(rng, Log, text="\u202e" + "x" * 70),
}


class Liar:
    """A virtual device between whose packets lies are told."""

    def __init__(self, dowel: Carried, lies: list[Callable[[random.Random, int], Message]], per_s: int = 150) -> None:
        self._dowel, self._lies, self._per_s = dowel, lies, per_s
        self._rng = random.Random(11)
        self.told = 0

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(1 / self._per_s)
            connection = self._dowel.connection
            if connection is None:
                continue
            message = self._rng.choice(self._lies)(self._rng, self._dowel.virtual.boot)
            try:
                packets = Fragmenter(244).split(message.encode())
            except ValueError:
                continue  # contradicts itself: its own codec refuses it
            for packet in packets:
                await self._dowel.notify(connection, packet, False)
            self.told += 1


def recorded(folder: Path, lies: list[Callable[[random.Random, int], Message]]) -> tuple[Liar, list[LiveUpdate]]:
    """A live session of four seconds with such a device."""

    async def main() -> tuple[Liar, list[LiveUpdate]]:
        loop = asyncio.get_running_loop()
        air = Air(0.0075)
        central = await Central(air).on()
        virtual = VirtualDevice(Still(), now_s=loop.time())
        virtual.store.info.name = virtual.store.info.serial = NAME
        dowel = await Carried(air, virtual, name=NAME).on()
        transport = BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)
        plan = planned(folder / "sessions")
        session = LiveSession(plan, transport, clock=loop.time, sleep=asyncio.sleep, executor=Inline())
        told: list[LiveUpdate] = []
        session.listen(told.append)
        running = asyncio.ensure_future(session.run())
        await asyncio.sleep(2.0)
        liar = Liar(dowel, lies)
        lying = asyncio.ensure_future(liar.run())
        await asyncio.sleep(2.0)
        lying.cancel()
        session.end()
        async with asyncio.timeout(120):
            await running
        await dowel.off()
        return liar, told

    return simulated(main())


@pytest.mark.parametrize("kind", [*LIES, "all of them"])
def test_lies_are_outlived_in_bounded_memory_and_one_folder(tmp_path: Path, kind: str):
    lies = list(LIES.values()) if kind == "all of them" else [LIES[kind]]
    tracemalloc.start()
    try:
        liar, told = recorded(tmp_path, lies)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert liar.told > 100
    # What bumble and its log keep is in it.
    assert peak < 60 << 20
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.parent for path in written} == {tmp_path / "sessions"}
    assert len({path.parent for path in written}) == 1
    assert all("etc" not in path.name for path in written)
    # A notice is a line, and the same one is not said over and over.
    notices = [str(one) for one in told if isinstance(one, Notice)]
    assert all("\n" not in one and "\x1b" not in one for one in notices)
    assert len(notices) < 100, notices[:5]
    (meta,) = tmp_path.rglob("session.json")
    json.loads(meta.read_text())
