"""The link to a device, pure: bytes and time in, events and bytes out.

`LinkSession` is all a transport, a recorder or a screen needs; `events` says what it tells them.
"""

from hiphinge.link.bridge import Bridge
from hiphinge.link.events import (
    ButtonPressed,
    Configured,
    DeviceEvent,
    DeviceInfo,
    DeviceLogged,
    DeviceStatus,
    Done,
    EarlierSamples,
    GyroBiasMeasured,
    LinkDown,
    LinkEvent,
    LinkUp,
    Lost,
    Rebooted,
    Refused,
    Samples,
    SelfTested,
    SessionStarted,
    StoreContents,
    StoredBlocks,
    TimeExchanged,
    Unanswered,
    Warned,
)
from hiphinge.link.health import LinkHealth
from hiphinge.link.session import Channel, Framing, LinkSession

__all__ = [
    "Bridge",
    "ButtonPressed",
    "Channel",
    "Configured",
    "DeviceEvent",
    "DeviceInfo",
    "DeviceLogged",
    "DeviceStatus",
    "Done",
    "EarlierSamples",
    "Framing",
    "GyroBiasMeasured",
    "LinkDown",
    "LinkEvent",
    "LinkHealth",
    "LinkSession",
    "LinkUp",
    "Lost",
    "Rebooted",
    "Refused",
    "Samples",
    "SelfTested",
    "SessionStarted",
    "StoreContents",
    "StoredBlocks",
    "TimeExchanged",
    "Unanswered",
    "Warned",
]
