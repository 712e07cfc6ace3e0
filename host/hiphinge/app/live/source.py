"""Where samples come from, by what a user writes: ``virtual``, ``replay:FOLDER``, ``serial:PORT``, ``ble:NAME``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from hiphinge.files.names import JSON_NAME
from hiphinge.model import HiphingeError, SessionMeta
from hiphinge.transports.base import Transport
from hiphinge.transports.replay import ReplayTransport

KINDS = ("virtual", "replay:FOLDER", "serial", "serial:PORT", "ble", "ble:NAME")


@dataclass(frozen=True, slots=True)
class Source:
    """A transport and the clock its events are stamped by.

    Attributes
    ----------
    name : str
        As the user wrote it.
    transport : Transport or ReplayTransport
    clock : callable
        Host time in s.
    sleep : callable
        Sleeps in that time.
    replaying : bool
        Nothing can be sent.
    words : str
        For people.
    """

    name: str
    transport: Transport | ReplayTransport
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    replaying: bool
    words: str


def is_source(text: str) -> bool:
    """Whether that names a source at all."""
    kind, colon, rest = text.partition(":")
    device = kind in ("serial", "ble") and bool(rest) == bool(colon)
    return text == "virtual" or device or (kind == "replay" and bool(rest))


def opened(text: str, *, seed: int = 0, pace: float | None = 1.0) -> Source:
    """The source a user named; needs a running asyncio loop only once it is opened.

    Parameters
    ----------
    text : str
    seed : int
        Another wearer, for ``virtual``.
    pace : float or None
        How many times faster than real time a virtual or recorded session runs; None: as fast as it can.

    Raises
    ------
    HiphingeError
        There is no such kind of source.
    """
    if not is_source(text):
        raise HiphingeError(f'source "{text}" is not known; use {", ".join(KINDS)}')
    kind, _, rest = text.partition(":")
    if kind == "virtual":
        from hiphinge.simulate.quick import quick_scenario
        from hiphinge.transports.virtual import VirtualTransport

        # Two faults to be told: the third repetition rounds the back, the sixth arches it.
        scenario = quick_scenario(seed=seed, faults={3: "flexion", 6: "extension"})
        virtual = VirtualTransport(scenario, pace=pace)
        return Source(
            text, virtual, virtual.clock, virtual.sleep, False, "a virtual device: no hardware, a simulated wearer"
        )
    if kind == "replay":
        replay = ReplayTransport(Path(rest), pace)
        return Source(text, replay, time.monotonic, asyncio.sleep, True, f"the recording {rest}")
    if kind == "ble":
        from hiphinge.transports.ble import BleTransport
        from hiphinge.transports.ble_last import Memory, state_path

        words = f"Bluetooth {rest}".strip()
        ble = BleTransport(rest or None, memory=Memory(state_path()))
        return Source(text, ble, time.monotonic, asyncio.sleep, False, words)
    from hiphinge.transports.serial import SerialTransport

    words = f"serial {rest}".strip()
    return Source(text, SerialTransport(rest or None), time.monotonic, asyncio.sleep, False, words)


def own_meta(text: str) -> SessionMeta | None:
    """What a recording that is to be replayed says of itself; None where there is none, or another source.

    Raises
    ------
    SessionError
        Its `session.json` cannot be read.
    """
    kind, _, rest = text.partition(":")
    if kind != "replay":
        return None
    from hiphinge.files.session_json import read_meta

    folder = Path(rest)
    path = (folder if folder.is_dir() else folder.parent) / JSON_NAME
    return read_meta(path) if path.is_file() else None
