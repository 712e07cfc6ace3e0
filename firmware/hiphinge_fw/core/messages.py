"""Messages of the wire in little memory: classes of a session stay, any other is there while it is used.

Forty classes with their tables take 50 kB in 64-bit words, and a session needs a third of them. The rest are read from
flash again each time somebody asks for what they are for (files of 1 to 3 kB; not timed on a board).
"""

import sys

from micropython import const

import hiphinge_wire.replies as _replies
import hiphinge_wire.requests as _requests
from hiphinge_fw.core.seldom import Room, let_go, seldom
from hiphinge_wire.message import decode_as

# Types of requests (protocol/SPEC.md, section 5).
INFO_GET = const(0x10)
STATUS_GET = const(0x11)
START = const(0x12)
STOP = const(0x13)
ACK = const(0x14)
NACK = const(0x15)
TIME_EXCHANGE = const(0x16)
CONFIG_GET = const(0x17)
CONFIG_SET = const(0x18)
IDENTIFY = const(0x19)
CUE = const(0x1A)
CALIBRATE_GYRO = const(0x1B)
STORE_LIST = const(0x1C)
STORE_FETCH = const(0x1D)
STORE_ERASE = const(0x1E)
FORGET_BONDS = const(0x1F)
CALIBRATION_GET = const(0x20)
CALIBRATION_SET = const(0x21)
SELFTEST = const(0x22)
REBOOT = const(0x23)
EVENT_ACK = const(0x24)
HELLO = const(0x48)
LEAVE = const(0x4C)

Range = _requests.Range
Error = _replies.Error
Event = _replies.Event
Gone = _replies.Gone
Ok = _replies.Ok
Started = _replies.Started
TimeReply = _replies.TimeReply

_OFTEN = {
    one.TYPE: one
    for one in (
        _requests.InfoGet,
        _requests.StatusGet,
        _requests.Start,
        _requests.Stop,
        _requests.Ack,
        _requests.Nack,
        _requests.TimeExchange,
        _requests.EventAck,
    )
}
# Where the others are, requests of which nothing is said here in the first.
_SELDOM = "hiphinge_wire.requests"
_ELSEWHERE = {
    CONFIG_GET: "hiphinge_wire.config",
    CONFIG_SET: "hiphinge_wire.config",
    CALIBRATION_SET: "hiphinge_wire.calibration",
    HELLO: "hiphinge_wire.hello",
    LEAVE: "hiphinge_wire.hello",
}


def _weed(module, wanted):
    # A method keeps its module's names alive, and they all the classes.
    for name in dir(module):
        one = getattr(module, name)
        if isinstance(one, type) and one not in wanted and name[:2] != "__" and not issubclass(one, Exception):
            delattr(module, name)


def _whole(name):
    # All of it, though it is here for what others import from it, weeded.
    weeded = let_go(name) if name in sys.modules else None
    try:
        return seldom(name)
    finally:
        if weeded is not None:
            sys.modules[name] = weeded


def decode_request(data):
    """Read what a host sent; raises WireError with `code`, `of_type` and `request` for `error_reply`."""
    kind = data[0] if data else 0
    if kind in _OFTEN or kind < INFO_GET or (kind > EVENT_ACK and kind not in _ELSEWHERE):
        return decode_as(_OFTEN, data)
    elsewhere = _ELSEWHERE.get(kind)
    module = seldom(elsewhere) if elsewhere else _whole(_SELDOM)
    for name in dir(module):
        one = getattr(module, name)
        if getattr(one, "TYPE", 0) == kind:
            if elsewhere:
                # Its answer is there, too.
                Room.lent = (elsewhere, module)
            else:
                _weed(module, (one,))
            return decode_as({kind: one}, data)
    return decode_as(_OFTEN, data)


def error_reply(error):
    """The ERROR that answers a request; `error` has `of_type` and `request` set."""
    # Details are our own English words with numbers: ASCII, so that cutting them cannot split a character.
    return Error(
        request=error.request, code=error.code, of_type=error.of_type, detail=str(error)[: dict(Error.TEXTS)["detail"]]
    )


_weed(_requests, tuple(_OFTEN.values()) + (Range,))
_weed(_replies, (Error, Event, Gone, Ok, Started, TimeReply))
let_go("hiphinge_wire.replies")
del _replies, _requests
