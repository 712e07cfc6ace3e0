"""The device's settings: what a user writes, checked by the codec's own table."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import cast

from hiphinge.device.asking import Conversation
from hiphinge.device.errors import DeviceError
from hiphinge.link.events import Configured
from hiphinge_wire.config import IDS, KEYS, ConfigGet, ConfigSet, check_value
from hiphinge_wire.errors import WireError


def parsed(assignments: Sequence[str]) -> dict[str, int | str]:
    """``KEY=VALUE`` pairs as values that may be set.

    Raises
    ------
    DeviceError
        No such key, no such value, or a key twice: one line that says which and what would do.
    """
    values: dict[str, int | str] = {}
    for one in assignments:
        name, equals, text = (part.strip() for part in one.partition("="))
        if not equals:
            raise DeviceError(f'"{one}" sets nothing; write KEY=VALUE, such as led_percent=10')
        if name not in IDS:
            close = difflib.get_close_matches(name, IDS, 1)
            hint = f"is it {close[0]}?" if close else f"there are {', '.join(IDS)}"
            raise DeviceError(f'no setting is called "{name}"; {hint}')
        if name in values:
            raise DeviceError(f"{name} is set twice; once is enough")
        _, code, low, high, _ = KEYS[IDS[name]]
        value: int | str = text
        if code != "T":
            try:
                value = int(text)
            except ValueError:
                raise DeviceError(f'{name}: "{text}" is no whole number; {low} to {high}') from None
        try:
            check_value(name, value)
        except WireError as error:
            raise DeviceError(f"{name}={text} cannot be: {error}; see hiphinge device config") from None
        values[name] = value
    return values


async def configure(device: Conversation, values: Mapping[str, int | str]) -> dict[str, int | str]:
    """Set values, if any, and read all back.

    Raises
    ------
    DeviceError
        Refused, or the device keeps other values than it was given.
    """
    if values:
        await device.ask(ConfigSet(values=dict(values)))
    now = dict(cast("Configured", await device.ask(ConfigGet())).values)
    other = [name for name, value in values.items() if now.get(name) != value]
    if other:
        raise DeviceError(f"{device.place}: {other[0]} is still {now.get(other[0])}; run hiphinge device selftest")
    return now
