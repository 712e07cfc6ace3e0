"""Which devices hang on this computer's serial ports, and how they fare."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hiphinge.app.device.reach import reach
from hiphinge.device.asking import Conversation
from hiphinge.model import HiphingeError
from hiphinge.transports.ports import USB_IDS, SerialPort

# A board that restarts as its port is opened answers after 4 s.
PATIENCE_S = 6.0


@dataclass(frozen=True, slots=True)
class Found:
    """One port that looks like ours; what the device said is None where none answered.

    Attributes
    ----------
    port, description : str
    name, serial, firmware, board : str or None
    battery_percent : int or None
    state : str or None
    why_not : str
        Why nobody could be asked; empty where somebody answered.
    """

    port: str
    description: str
    name: str | None = None
    serial: str | None = None
    firmware: str | None = None
    board: str | None = None
    battery_percent: int | None = None
    state: str | None = None
    why_not: str = ""


def find_devices(
    ports: Sequence[SerialPort],
    every: bool = False,
    conversation: Callable[[str], Conversation] | None = None,
) -> list[Found]:
    """Ask at every port that looks like ours, all at once.

    Parameters
    ----------
    ports : sequence of SerialPort
    every : bool
        At the others, too.
    conversation : callable, optional
        How a port is reached.

    Returns
    -------
    list of Found
        In the ports' order.
    """
    candidates = [port for port in ports if every or (port.vid, port.pid) in USB_IDS]

    async def everyone() -> list[Found]:
        reached = conversation or _reached
        return list(await asyncio.gather(*(_one(port, reached) for port in candidates)))

    return asyncio.run(everyone())


def _reached(port: str) -> Conversation:
    return reach(port, PATIENCE_S)


async def _one(port: SerialPort, conversation: Callable[[str], Conversation]) -> Found:
    try:
        async with conversation(port.device) as device:
            info, status = device.info, device.status
            return Found(
                port.device,
                port.description,
                info.name,
                info.serial,
                info.firmware,
                info.board,
                status.battery_percent,
                status.state,
            )
    except HiphingeError as error:
        return Found(port.device, port.description, why_not=str(error))
