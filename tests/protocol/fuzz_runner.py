"""Spoilt frames through every decoder; the same file runs on CPython and on MicroPython.

Prints how many were refused and a checksum of every outcome: both interpreters must print the same. Anything but a
`WireError` ends it with a traceback.

Usage: python|micropython fuzz_runner.py FOLDER_OF_THE_CODEC FOLDER_OF_VECTORS ROUNDS
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from hiphinge_wire.codec import decode_reply, decode_request
from hiphinge_wire.errors import WireError
from hiphinge_wire.framing import crc16


class Chance:
    """Xorshift, 32 bits (Marsaglia 2003): the same numbers on both interpreters."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        x = self.state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.state = x
        return x % limit


def spoil(data, chance, corpus):
    out = bytearray(data)
    kind = chance.below(6)
    if kind == 0:
        return bytes(out[: chance.below(len(out) + 1)])
    if kind == 1:
        return bytes(out) + bytes(chance.below(256) for _ in range(chance.below(40)))
    if kind == 2:  # the front of one, the back of another
        other = corpus[chance.below(len(corpus))]
        return bytes(out[: chance.below(len(out) + 1)]) + other[chance.below(len(other)) :]
    if kind == 3:
        return bytes(chance.below(256) for _ in range(chance.below(200)))
    for _ in range(1 + chance.below(4)):
        # Lengths, counts and limits stand in front.
        out[chance.below(min(len(out), 64) if kind == 4 else len(out))] = (0, 255, 127, 128, chance.below(256))[
            chance.below(5)
        ]
    return bytes(out)


def canonical(value):
    # Dictionaries keep no order on MicroPython.
    if isinstance(value, dict):
        return "{" + ",".join(str(key) + ":" + canonical(value[key]) for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(one) for one in value) + "]"
    return str(value)


def outcome(decode, data):
    try:
        return canonical(decode(data).plain())
    except WireError as error:
        return f"{error.code} {error.of_type} {error.request} {error}"


def main():
    corpus = []
    for name in ("requests.json", "replies.json", "blocks.json"):
        with open(sys.argv[2] + "/" + name) as file:  # noqa: PTH123  # MicroPython has no pathlib
            corpus += [bytes.fromhex(case["hex"]) for case in json.load(file)]
    chance = Chance(2463534242)
    refused = 0
    checksum = 0xFFFF
    rounds = int(sys.argv[3])
    for _ in range(rounds):
        data = spoil(corpus[chance.below(len(corpus))], chance, corpus)
        for decode in (decode_request, decode_reply):
            said = outcome(decode, data)
            refused += said[0] != "{"
            checksum = crc16(said.encode(), checksum)
    print("fuzzed", rounds, refused, checksum)


main()
