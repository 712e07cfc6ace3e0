"""Console and data on one line (protocol/SPEC.md, 2.2)."""

from typing import Any

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
