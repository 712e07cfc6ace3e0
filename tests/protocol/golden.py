"""Golden frames: builds what `protocol/vectors/*.json` holds; ``python tests/protocol/golden.py --write`` writes it.

A test compares the files with this and never writes: a changed byte is a decision, seen in review.
"""

import json
import sys
from pathlib import Path
from typing import Any

from golden_blocks import blocks
from golden_invalid import invalid
from golden_messages import messages

from hiphinge_wire.block import decode_block, encode_block
from hiphinge_wire.codec import REQUESTS
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.framing import encode_frame
from hiphinge_wire.gatt import Advert, advertisement, encode_advert
from hiphinge_wire.hello import hello_frame

FOLDER = Path(__file__).resolve().parents[2] / "protocol/vectors"


def message_vectors(requests: bool) -> list[dict[str, Any]]:
    return [
        {"name": name, "message": type(message).__name__, "hex": message.encode().hex(), "decoded": message.plain()}
        for name, message in messages()
        if (message.TYPE in REQUESTS) == requests
    ]


def block_vectors() -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for name, block in blocks():
        encoded = encode_block(block)
        out.append({"name": name, "hex": encoded.hex(), "decoded": decode_block(encoded).plain()})
    return out


def packet_vectors() -> dict[str, Any]:
    """The same messages at three MTUs, and as frames."""
    short = next(message for name, message in messages() if name == "ACK typical").encode()
    block = encode_block(next(block for name, block in blocks() if name == "profile C, 4 + 4"))
    largest = encode_block(next(block for name, block in blocks() if name == "profile C, largest"))
    cases = [("ACK", short), ("block", block), ("largest block", largest)]
    fragments: list[dict[str, Any]] = []
    for mtu in (23, 185, 247):
        fragmenter = Fragmenter(mtu - 3)
        # One fragmenter an MTU: the numbers go on from message to message.
        for name, message in cases:
            packets = [packet.hex() for packet in fragmenter.split(message)]
            fragments.append(
                {"name": f"{name} at MTU {mtu}", "payload": mtu - 3, "hex": message.hex(), "packets": packets}
            )
    frames = [{"name": name, "hex": message.hex(), "frame": encode_frame(message).hex()} for name, message in cases]
    adverts = [
        Advert(),
        Advert(flags=15, battery_percent=100, firmware=(255, 255, 255)),
        Advert(flags=2, battery_percent=64, firmware=(0, 1, 0)),
    ]
    return {
        "fragments": fragments,
        "frames": frames,
        "hello_frame": hello_frame().hex(),
        "adverts": [
            {"hex": encode_advert(a).hex(), "decoded": a.plain(), "payload": advertisement(a).hex()} for a in adverts
        ],
    }


def build() -> dict[str, str]:
    """File names and their content."""
    contents: dict[str, Any] = {
        "requests.json": message_vectors(True),
        "replies.json": message_vectors(False),
        "blocks.json": block_vectors(),
        "packets.json": packet_vectors(),
        "invalid.json": invalid(),
    }
    # Not escaped: MicroPython's json does not join the two halves of an escaped surrogate pair.
    return {name: json.dumps(content, indent=1, ensure_ascii=False) + "\n" for name, content in contents.items()}


def main() -> int:
    stale = 0
    for name, content in build().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        stale += 1
        if "--write" in sys.argv[1:]:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
            print(f"wrote {path}")
        else:
            print(f"{path} differs; --write writes it")
    return int(stale > 0 and "--write" not in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
