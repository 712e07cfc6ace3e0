"""Requests whose classes are not in memory: read for one use, the same as the codec's, and gone afterwards."""

from typing import Any

from hiphinge_wire.calibration import CalibrationSet
from hiphinge_wire.codec import REQUESTS
from hiphinge_wire.config import ConfigSet
from hiphinge_wire.errors import TRUNCATED, UNKNOWN_TYPE
from hiphinge_wire.hello import Hello
from hiphinge_wire.message import Message
from hiphinge_wire.requests import (
    Ack,
    CalibrateGyro,
    EventAck,
    ForgetBonds,
    Nack,
    Range,
    Reboot,
    StoreErase,
    StoreFetch,
)

_UNIT = (1_000_000_000, 0, 0, 0, 1_000_000_000, 0, 0, 0, 1_000_000_000)
# Those that may not be empty.
FILLED: dict[int, Message] = {
    one.TYPE: one
    for one in (
        Ack(boot=1, sequence=7),
        Nack(ranges=(Range(boot=1, first=2, last=3),)),
        ConfigSet(values={"profile": 1, "name": "Zoë"}),
        CalibrationSet(method=1, acc_matrix_nano=_UNIT, gyr_matrix_nano=_UNIT),
        StoreErase(scope=1, boot=9),
        EventAck(boot=1, number=1),
        ForgetBonds(scope=1),
        Reboot(mode=1),
        StoreFetch(boot=1, first=2, last=3),
        CalibrateGyro(imus=3, duration_ms=2000),
        Hello(major=1),
    )
}


def filled(kind: int) -> bytes:
    request = FILLED.get(kind) or REQUESTS[kind]()
    request.request = 5
    return request.encode()


def test_every_request_is_read_as_the_codec_reads_it(on_device: Any):
    whole = [filled(kind) for kind in sorted(REQUESTS)]
    (seen,) = on_device("message_cases", "kinds", requests=[one.hex() for one in whole])
    assert seen["seen"] == [[one[0], one.hex()] for one in whole]
    assert seen["stays"] == []


def test_what_is_no_request(on_device: Any):
    unknown = [kind for kind in range(256) if kind not in REQUESTS]
    requests = [bytes([kind, 1]).hex() for kind in unknown]
    (seen,) = on_device("message_cases", "kinds", requests=[*requests, "", "14", "1c"])
    assert seen["seen"][:-3] == [[-UNKNOWN_TYPE, kind] for kind in unknown]
    assert seen["seen"][-3:] == [[-TRUNCATED, 0], [-TRUNCATED, 0x14], [-TRUNCATED, 0x1C]]
    assert seen["stays"] == []


def test_a_module_there_was_no_memory_for_leaves_nothing(on_device: Any):
    (seen,) = on_device("message_cases", "half_read", name="hiphinge_wire.config")
    assert seen == {"raised": True, "stays": [], "then": "hiphinge_wire.config"}
