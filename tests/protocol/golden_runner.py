"""Checks the golden frames; the same file runs on CPython and on MicroPython. Prints one line, raises on failure.

Usage: python|micropython golden_runner.py FOLDER_OF_THE_CODEC FOLDER_OF_VECTORS
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from hiphinge_wire import errors
from hiphinge_wire.block import Block, encode_block, encode_block_into
from hiphinge_wire.codec import REPLIES, REQUESTS, decode_reply, decode_request
from hiphinge_wire.fragment import Fragmenter, Reassembler
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.gatt import Advert, advertisement, decode_advert, encode_advert
from hiphinge_wire.hello import hello_frame


def load(name):
    with open(sys.argv[2] + "/" + name) as file:  # noqa: PTH123  # MicroPython has no pathlib
        return json.load(file)


def same(got, expected, what):
    if got != expected:
        raise AssertionError(f"{what}: {got!r} instead of {expected!r}")


def plain(thing):
    # As JSON has it: tuples are lists.
    return json.loads(json.dumps(thing.plain()))


def message_of(case, classes):
    (kind,) = [one for one in classes.values() if one.__name__ == case["message"]]
    values = dict(case["decoded"])
    if kind.LIST:
        values[kind.LIST] = [kind.ENTRY(**entry) for entry in values[kind.LIST]]
    return kind(**values)


def block_of(case):
    values = dict(case["decoded"])
    values["anchors"] = bytes.fromhex(values["anchors"])
    values["samples"] = tuple(bytes.fromhex(area) for area in values["samples"])
    return Block(**values)


def raises(case):
    data = bytes.fromhex(case["hex"])
    request = case["as"] == "request"
    # What the answer says it is about, as far as it was there to read; a block has no request id.
    about = tuple(data[:2] + b"\0\0")
    about = about[:2] if request or about[0] != 1 else (1, 0)
    try:
        (decode_request if request else decode_reply)(data)
    except errors.WireError as error:
        same(errors.NAMES[error.code], case["error"], case["name"])
        same((error.of_type, error.request), about, case["name"])
        return
    raise AssertionError(case["name"] + ": decoded")


def both_ways(case, data, decode, encoded, encode_into):
    """Whole, in views, with trailing bytes, cut anywhere; and back."""
    what = case["name"]
    same(encoded.hex(), case["hex"], what)
    room = bytearray(b"\xaa" * (len(data) + 6))
    same(encode_into(room, 3), len(data) + 3, what)
    same(bytes(room), b"\xaa" * 3 + data + b"\xaa" * 3, what)
    for given in (data, bytearray(data), memoryview(data)):
        same(plain(decode(given)), case["decoded"], what)
    if len(data) + 5 <= 1024:
        same(plain(decode(data + b"\xff\x00\x01\x80\x7f")), case["decoded"], what + " with trailing bytes")
    for cut in range(len(data)):
        try:
            decode(data[:cut])
        except errors.WireError:
            continue
        raise AssertionError(f"{what}: {cut} bytes of {len(data)} decoded")


def run_streams(messages):
    """Every message byte by byte through a serial line, all in one chunk, and through fragments."""
    line = b"".join(encode_frame(data) for data in messages)
    same(Deframer().feed(line), messages, "frames in one chunk")
    for step in (1, 7, 300):
        deframer = Deframer()
        got = []
        for at in range(0, len(line), step):
            got += deframer.feed(line[at : at + step])
        same(got, messages, f"frames in steps of {step}")
        same(deframer.damaged, 0, "damaged frames")
    for payload in (20, 182, 244):
        fragmenter = Fragmenter(payload)
        reassembler = Reassembler()
        got = []
        for data in messages:
            for packet in fragmenter.split(data):
                if len(packet) > payload:
                    raise AssertionError("a packet is too long")
                message = reassembler.feed(packet)
                if message is not None:
                    got.append(message)
        same(got, messages, f"fragments of {payload}")
        same((reassembler.damaged, reassembler.overlong, reassembler.lost), (0, 0, 0), "counters")


def run_packets():
    packets = load("packets.json")
    fragmenters = {}
    reassemblers = {}
    for case in packets["fragments"]:
        payload = case["payload"]
        fragmenter = fragmenters.setdefault(payload, Fragmenter(payload))
        message = bytes.fromhex(case["hex"])
        same([packet.hex() for packet in fragmenter.split(message)], case["packets"], case["name"])
        reassembler = reassemblers.setdefault(payload, Reassembler())
        got = [reassembler.feed(bytes.fromhex(packet)) for packet in case["packets"]]
        same(got, [None] * (len(got) - 1) + [message], case["name"])
    for case in packets["frames"]:
        same(encode_frame(bytes.fromhex(case["hex"])).hex(), case["frame"], case["name"])
        same(Deframer().feed(bytes.fromhex(case["frame"])), [bytes.fromhex(case["hex"])], case["name"])
    same(hello_frame().hex(), packets["hello_frame"], "HELLO frame")
    for case in packets["adverts"]:
        data = bytes.fromhex(case["hex"])
        advert = decode_advert(data)
        same(plain(advert), case["decoded"], "advert")
        same(plain(decode_advert(data + b"\x01")), case["decoded"], "advert of a newer device")
        same(encode_advert(Advert(**case["decoded"])), data, "advert")
        same(advertisement(advert).hex(), case["payload"], "advertising payload")
    return len(packets["fragments"]) + len(packets["frames"]) + len(packets["adverts"]) + 1


def main():
    count = 0
    everything = []
    for file, classes, decode in (("requests.json", REQUESTS, decode_request), ("replies.json", REPLIES, decode_reply)):
        for case in load(file):
            data = bytes.fromhex(case["hex"])
            message = message_of(case, classes)
            both_ways(case, data, decode, message.encode(), message.encode_into)
            everything.append(data)
            count += 1
    for case in load("blocks.json"):
        block = block_of(case)
        into = lambda buffer, offset, block=block: encode_block_into(buffer, offset, block)  # noqa: E731
        both_ways(case, bytes.fromhex(case["hex"]), decode_reply, encode_block(block), into)
        everything.append(bytes.fromhex(case["hex"]))
        count += 1
    run_streams(everything)
    for case in load("invalid.json"):
        raises(case)
        count += 1
    count += run_packets()
    print("golden", count)


main()
