"""Console and data on one line (protocol/SPEC.md, 2.2)."""

from typing import Any

import pytest

from hiphinge_wire.codec import decode_reply
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.hello import Leave, hello_frame
from hiphinge_wire.requests import InfoGet, StatusGet


def kinds(back: str) -> list[str]:
    return [type(decode_reply(one)).__name__ for one in Deframer().feed(bytes.fromhex(back))]


def test_hello_enters_data_mode_and_leave_ends_it(on_device: Any):
    steps = [
        [0, b"print(1)\r\n".hex()],
        [0, hello_frame().hex()],
        [0, (encode_frame(InfoGet(request=2).encode()) + encode_frame(b"\x7f\x03")).hex()],
        [0, "00ff0102030400"],
        [0, encode_frame(Leave(request=4).encode()).hex()],
        [0, b"print(2)\r\n".hex()],
    ]
    seen = on_device("line_cases", "converse", steps=steps, heap="700k")
    assert seen[0] == {"back": "", "quiet": []}
    assert kinds(seen[1]["back"])[0] == "HelloReply"
    assert seen[1]["quiet"] == [True]
    assert {"Info", "Error"} <= set(kinds(seen[2]["back"]))
    assert "Error" in kinds(seen[3]["back"])
    assert "Ok" in kinds(seen[4]["back"])
    assert seen[4]["quiet"] == [True, False]
    assert seen[5]["back"] == ""


def test_silence_gives_the_console_back(on_device: Any):
    status = encode_frame(StatusGet(request=0).encode()).hex()
    steps = [[0, hello_frame().hex()], [3, status], [3, status], [6, ""]]
    seen = on_device("line_cases", "converse", steps=steps, heap="700k")
    assert [one["quiet"] for one in seen] == [[True], [True], [True], [True, False]]


UP, DATA = 1, 5


@pytest.mark.parametrize(
    ("passes", "noted", "ended", "left"),
    [
        ([b"\x03"], [], 0, b""),
        # As mpremote does: what follows is the prompt's.
        ([b"\r\x03\r\x01"], [], 0, b"\r\x01"),
        ([b"help()\r", b"", b"\x03"], [], 2, b""),
        # The rest of a frame, and whole ones: of a host that does not know of the restart.
        ([b"\x11\x22\x03\x44", b"", b""], [], -1, b""),
        ([b"\x11\x22", b"\x03", b"\x03\x05\x00", b""], [UP, DATA], -1, b""),
        ([b"\x00\x03\x01\x00"], [UP, DATA, DATA], -1, b""),
        ([hello_frame(), b"\x03", b"\r\x03"], [UP, DATA, DATA, DATA], -1, b""),
    ],
)
def test_ctrl_c_is_a_key_alone_and_a_byte_in_a_frame(on_device: Any, passes, noted, ended, left):
    (seen,) = on_device("line_cases", "keys", passes=[one.hex() for one in passes], heap="700k")
    assert seen == {"noted": noted, "ended": ended, "left": left.hex()}
