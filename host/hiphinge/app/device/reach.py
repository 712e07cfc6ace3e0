"""A conversation with the device a user means."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hiphinge.device.asking import PATIENCE_S, Conversation
from hiphinge.transports.base import Transport

T = TypeVar("T")

VIRTUAL = "virtual"
"""A port's name that means a simulated device: to try a command with no hardware."""

Open = Callable[[str | None], Conversation]


def reach(port: str | None, patience_s: float = PATIENCE_S) -> Conversation:
    """A conversation, still to be opened.

    Parameters
    ----------
    port : str or None
        A serial port as `transports.ports.choose_port` takes it, or `VIRTUAL`.
    patience_s : float
        For the handshake.
    """
    if port == VIRTUAL:
        from hiphinge.simulate.quick import quick_scenario
        from hiphinge.transports.virtual import VirtualTransport

        # As fast as it can: nobody watches it but the one who asks.
        virtual = VirtualTransport(quick_scenario(), pace=None, ends=False)
        return Conversation(virtual, clock=virtual.clock, sleep=virtual.sleep, patience_s=patience_s)
    from hiphinge.transports.serial import SerialTransport

    transport: Transport = SerialTransport(port)
    return Conversation(transport, clock=time.monotonic, sleep=asyncio.sleep, patience_s=patience_s)


def run(conversation: Conversation, what: Callable[[Conversation], Awaitable[T]]) -> T:
    """Open it, do something in it, close it.

    Raises
    ------
    HiphingeError
        Whatever went wrong, in one line.
    """

    async def whole() -> T:
        async with conversation as device:
            return await what(device)

    return asyncio.run(whole())
