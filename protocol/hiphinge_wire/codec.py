"""Any message in either direction. A device imports `REQUESTS` and what it sends; a host needs the whole."""

from hiphinge_wire.block import BLOCK, Block, decode_block
from hiphinge_wire.calibration import Calibration, CalibrationSet
from hiphinge_wire.config import Config, ConfigGet, ConfigSet
from hiphinge_wire.errors import WireError
from hiphinge_wire.hello import Hello, HelloReply, Leave
from hiphinge_wire.info import Info
from hiphinge_wire.message import Message, decode_as
from hiphinge_wire.replies import (
    Error,
    Event,
    Gone,
    GyroCalibrated,
    Log,
    Ok,
    SelftestResult,
    Started,
    StoreListed,
    TimeReply,
)
from hiphinge_wire.requests import (
    Ack,
    CalibrateGyro,
    CalibrationGet,
    Cue,
    EventAck,
    ForgetBonds,
    Identify,
    InfoGet,
    Nack,
    Reboot,
    Selftest,
    Start,
    StatusGet,
    Stop,
    StoreErase,
    StoreFetch,
    StoreList,
    TimeExchange,
)
from hiphinge_wire.status import Status


def _by_type(*classes: type[Message]) -> dict[int, type[Message]]:
    return {one.TYPE: one for one in classes}


# Host to device.
REQUESTS = _by_type(
    InfoGet,
    StatusGet,
    Start,
    Stop,
    Ack,
    Nack,
    TimeExchange,
    ConfigGet,
    ConfigSet,
    Identify,
    Cue,
    CalibrateGyro,
    StoreList,
    StoreFetch,
    StoreErase,
    ForgetBonds,
    CalibrationGet,
    CalibrationSet,
    Selftest,
    Reboot,
    EventAck,
    Hello,
    Leave,
)
# Device to host, blocks aside.
REPLIES = _by_type(
    Event,
    Gone,
    Log,
    Error,
    Ok,
    Info,
    Status,
    Started,
    TimeReply,
    Config,
    GyroCalibrated,
    StoreListed,
    Calibration,
    SelftestResult,
    HelloReply,
)


def decode_request(data: bytes | bytearray | memoryview) -> Message:
    """Read what a host sent.

    Parameters
    ----------
    data : bytes
        One whole message.

    Returns
    -------
    Message
        One of `REQUESTS`.

    Raises
    ------
    WireError
        With `code`, `of_type` and `request` for `error_reply`.
    """
    return decode_as(REQUESTS, data)


def decode_reply(data: bytes | bytearray | memoryview) -> Message | Block:
    """Read what a device sent.

    Parameters
    ----------
    data : bytes
        One whole message.

    Returns
    -------
    Message or Block
        One of `REPLIES`, or a block.

    Raises
    ------
    WireError
    """
    if len(data) > 0 and data[0] == BLOCK:
        try:
            return decode_block(data)
        except WireError as error:
            error.of_type = BLOCK
            raise
    return decode_as(REPLIES, data)


def error_reply(error: WireError) -> Error:
    """The ERROR a device answers with.

    Parameters
    ----------
    error : WireError
        What `decode_request` raised, or a handler, with `of_type` and `request` set.

    Returns
    -------
    Error
    """
    # Details are our own English words with numbers: ASCII, so that cutting them cannot split a character.
    detail = str(error)[: dict(Error.TEXTS)["detail"]]
    return Error(request=error.request, code=error.code, of_type=error.of_type, detail=detail)
