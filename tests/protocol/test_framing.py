import binascii
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreters import micropython, output

import hiphinge_wire
from hiphinge_wire import framing
from hiphinge_wire.errors import WireError
from hiphinge_wire.framing import Deframer, cobs_decode, cobs_encode, crc16, decode_frame, encode_frame

WIRE_FOLDER = Path(hiphinge_wire.__file__).parent

payloads = st.binary(min_size=1, max_size=600)
# Runs of one byte reach the 254-byte border that random bytes, with a zero every 256, almost never do.
runs = st.lists(st.tuples(st.sampled_from([0, 1, 255]), st.integers(1, 600)), max_size=4).map(
    lambda parts: b"".join(bytes([value]) * count for value, count in parts)
)
any_bytes = st.one_of(st.binary(max_size=600), runs)

COBS_TABLE = [
    # Cheshire & Baker 1999, figure 3: a real packet (its closing zero is implied by the encoding's end).
    ("4500002c4c79000040064f37", "024501042c4c79010540064f37"),
    # The borders the paper's code table defines: a lone zero, zeros at either end, none, 254 and 255 bytes without one.
    ("", "01"),
    ("00", "0101"),
    ("0000", "010101"),
    ("110022", "02110222"),
    ("00112233", "0104112233"),
    ("11223300", "0411223301"),
    (bytes(range(1, 255)).hex(), "ff" + bytes(range(1, 255)).hex()),
    (bytes(range(1, 256)).hex(), "ff" + bytes(range(1, 255)).hex() + "02ff"),
    (bytes(range(255)).hex(), "01ff" + bytes(range(1, 255)).hex()),
    ((bytes(range(1, 255)) + b"\0").hex(), "ff" + bytes(range(1, 255)).hex() + "0101"),
]


@pytest.mark.parametrize(("plain", "encoded"), COBS_TABLE)
def test_cobs_table_holds_in_both_directions(plain: str, encoded: str):
    assert cobs_encode(bytes.fromhex(plain)).hex() == encoded
    assert cobs_decode(bytes.fromhex(encoded)).hex() == plain


@given(any_bytes)
def test_cobs_round_trip_has_no_zero_and_bounded_overhead(data: bytes):
    encoded = cobs_encode(data)
    assert 0 not in encoded
    assert len(data) < len(encoded) <= framing.encoded_size(len(data))
    assert cobs_decode(encoded) == data


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [("", "empty"), ("00", "zero"), ("0200", "zero"), ("05112233", "inside a run"), ("ff11", "inside a run")],
)
def test_cobs_refuses_what_no_encoder_writes(encoded: str, reason: str):
    with pytest.raises(WireError, match=reason):
        cobs_decode(bytes.fromhex(encoded))


def test_crc_has_the_published_check_value():
    # Catalogue of parametrised CRC algorithms, CRC-16/IBM-3740 (CCITT-FALSE): check = 0x29b1.
    assert crc16(b"123456789") == 0x29B1


@given(any_bytes, any_bytes)
def test_crc_agrees_with_the_standard_library_whole_and_in_pieces(a: bytes, b: bytes):
    assert crc16(a + b) == binascii.crc_hqx(a + b, 0xFFFF) == crc16(b, crc16(a))


@given(payloads)
def test_frame_round_trip(payload: bytes):
    frame = encode_frame(payload)
    assert frame[0] == frame[-1] == 0
    assert decode_frame(frame[1:-1]) == payload


@pytest.mark.parametrize("size", [0, framing.MAX_PAYLOAD + 1])
def test_payload_size_is_checked_on_both_sides(size: int):
    payload = bytes(size)
    with pytest.raises(WireError, match="bytes, not"):
        encode_frame(payload)
    with pytest.raises(WireError, match="bytes, not"):
        decode_frame(cobs_encode(payload + crc16(payload).to_bytes(2, "little")))


@given(st.binary(max_size=300))
def test_corrupt_bytes_raise_only_the_named_error(data: bytes):
    for function in (cobs_decode, decode_frame):
        try:
            function(data)
        except WireError as error:
            assert isinstance(error, ValueError)


@given(payloads, st.data())
def test_damage_to_the_bytes_the_crc_sees_is_found(payload: bytes, data: st.DataObject):
    body = bytearray(payload + crc16(payload).to_bytes(2, "little"))
    # A CRC of degree 16 finds every burst of at most 16 bits: here any change within two neighbouring bytes.
    at = data.draw(st.integers(0, len(body) - 2))
    change = data.draw(st.integers(1, 0xFFFF))
    body[at] ^= change >> 8
    body[at + 1] ^= change & 0xFF
    with pytest.raises(WireError, match="CRC"):
        decode_frame(cobs_encode(body))


@given(st.lists(payloads, max_size=5), st.lists(st.integers(0, 3000), max_size=8))
def test_deframer_gives_the_same_however_the_stream_is_cut(messages: list[bytes], cuts: list[int]):
    stream = b"boot text\r\n" + b"".join(encode_frame(message) for message in messages)
    deframer = Deframer()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    got = [payload for a, b in pairwise(edges) for payload in deframer.feed(stream[a:b])]
    assert got == messages
    assert deframer.damaged == (1 if messages else 0)  # the text, once a delimiter has ended it


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_deframer_raises_nothing_and_finds_the_next_frame(junk: list[bytes]):
    deframer = Deframer()
    for piece in junk:
        deframer.feed(piece)
    assert deframer.feed(encode_frame(b"still here"))[-1] == b"still here"


def test_deframer_drops_an_endless_frame_without_keeping_it():
    deframer = Deframer()
    for _ in range(100):
        deframer.feed(b"\x01" * 1000)
    assert len(deframer._buffer) == 0
    assert deframer.feed(encode_frame(b"next")) == [b"next"]
    assert deframer.damaged == 1


MICROPYTHON_CHECK = """
import sys
import micropython
sys.path.insert(0, {path!r})
from hiphinge_wire.framing import Deframer, cobs_encode_into, crc16, encode_frame
for plain, encoded in {table!r}:
    out = bytearray(2 * len(plain) + 2)
    plain = bytes.fromhex(plain)
    micropython.heap_lock()
    end = cobs_encode_into(plain, len(plain), out)
    crc16(plain)
    micropython.heap_unlock()
    assert bytes(out[:end]).hex() == encoded, plain
assert crc16(b"123456789") == 0x29B1
deframer = Deframer()
assert deframer.feed(b"text" + encode_frame(b"hi") + b"\\x05damaged\\x00" + encode_frame(b"\\x00")) == [b"hi", b"\\x00"]
assert deframer.damaged == 2
print("same on", sys.implementation.name)
"""


def test_micropython_agrees_and_encodes_without_the_heap():
    script = MICROPYTHON_CHECK.format(path=str(WIRE_FOLDER.parent), table=COBS_TABLE)
    assert output(micropython(), "-c", script) == "same on micropython"
