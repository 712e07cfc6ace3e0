"""`raw.bin`: what is written comes back; a torn tail is found at every byte, and never guessed."""

import dataclasses
import math
import struct
import zlib
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.files.errors import SessionError
from hiphinge.files.recording.raw_format import (
    CONNECTED,
    HEADER_SIZE,
    LARGEST_PAYLOAD,
    RECEIVED,
    SENT,
    RawFormatError,
    RawHeader,
    RawRecord,
    Torn,
    connected_payload,
    crc_seed,
    decode_header,
    encode_header,
    encode_record,
    read_connected,
)
from hiphinge.files.recording.raw_reader import RawReader

HEADER = RawHeader(UUID(int=7), "packets", 3, 100.0, 12.5, 1.7e9)
HEAD = encode_header(HEADER)
SEED = crc_seed(HEAD)


def read(path: Path, data: bytes) -> tuple[list[RawRecord], Torn | None]:
    path.write_bytes(data)
    with RawReader(path) as raw:
        return list(raw), raw.torn


def test_header_is_the_documented_bytes():
    # Byte by byte from the table in `raw_format`, not by its code.
    body = (
        bytes.fromhex("89484852 41570d0a 0100 4000 01 03 0000")
        + UUID(int=7).bytes
        + struct.pack("<ddd", 100.0, 12.5, 1.7e9)
        + bytes(4)
    )
    assert body + struct.pack("<I", zlib.crc32(body)) == HEAD
    assert len(HEAD) == HEADER_SIZE == 64
    assert decode_header(HEAD) == HEADER
    stream = dataclasses.replace(HEADER, framing="stream", profile=1)
    assert decode_header(encode_header(stream)) == stream


def test_record_is_the_documented_bytes():
    body = bytes([2, 1]) + struct.pack("<Id", 3, 0.1) + b"abc"
    crc = zlib.crc32(HEAD[:60] + body)
    assert encode_record(SEED, SENT, 0.1, b"abc", "control") == body + struct.pack("<I", crc)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 255),
            st.floats(allow_nan=False, allow_infinity=False),
            st.binary(max_size=300),
            st.sampled_from(["data", "control"]),
        ),
        max_size=20,
    )
)
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, said: list):
    data = HEAD + b"".join(encode_record(SEED, *one) for one in said)
    records, torn = read(tmp_path_factory.mktemp("raw") / "raw.bin", data)
    assert torn is None
    assert [(r.kind, r.at_s, r.payload, r.channel) for r in records] == said
    assert not records or records[-1].end == len(data)


def test_torn_tail_is_found_at_every_byte_of_the_last_records(tmp_path: Path):
    parts = [encode_record(SEED, RECEIVED, 1.0 + n, bytes(range(n + 1)) * 3) for n in range(4)]
    ends = [HEADER_SIZE + sum(map(len, parts[: n + 1])) for n in range(4)]
    whole = HEAD + b"".join(parts)
    for cut in range(ends[0], len(whole) + 1):
        records, torn = read(tmp_path / "raw.bin", whole[:cut])
        good = sum(end <= cut for end in ends)
        assert len(records) == good
        lost = cut - ends[good - 1]
        assert torn == (None if lost == 0 else Torn(ends[good - 1], lost))


def test_a_flipped_bit_anywhere_ends_the_file_there(tmp_path: Path):
    parts = [encode_record(SEED, RECEIVED, float(n), b"hello") for n in range(3)]
    whole = HEAD + b"".join(parts)
    second = HEADER_SIZE + len(parts[0])
    for at in range(second, second + len(parts[1])):
        for bit in range(8):
            spoilt = bytearray(whole)
            spoilt[at] ^= 1 << bit
            records, torn = read(tmp_path / "raw.bin", bytes(spoilt))
            assert len(records) == 1
            assert torn == Torn(second, len(whole) - second)


@pytest.mark.parametrize("tail", [bytes(4096), b"\xff" * 100, encode_record(crc_seed(bytes(64)), RECEIVED, 1.0, b"x")])
def test_zeros_rubbish_and_another_files_records_are_no_records(tmp_path: Path, tail: bytes):
    records, torn = read(tmp_path / "raw.bin", HEAD + encode_record(SEED, RECEIVED, 1.0, b"x") + tail)
    assert len(records) == 1
    assert torn is not None
    assert torn.lost_bytes == len(tail)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "too short"),
        (HEAD[:40], "cut off within its header"),
        (b"time_s,sacral_acc_x\n", "no raw.bin"),
        (HEAD[:20] + b"\x77" + HEAD[21:], "damaged header"),
        (HEAD[:8] + b"\x02" + HEAD[9:60] + struct.pack("<I", zlib.crc32(HEAD[:8] + b"\x02" + HEAD[9:60])), "version 2"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, data: bytes, said: str):
    path = tmp_path / "raw.bin"
    path.write_bytes(data)
    with pytest.raises(SessionError, match=said) as caught:
        RawReader(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(RawFormatError):
        decode_header(data)


def test_what_cannot_be_a_record_is_not_written():
    with pytest.raises(ValueError, match="takes"):
        encode_record(SEED, RECEIVED, 0.0, bytes(LARGEST_PAYLOAD + 1))
    with pytest.raises(ValueError, match="time"):
        encode_record(SEED, RECEIVED, math.nan)


@pytest.mark.parametrize("unix_s", [None, 1.7e9])
def test_connection_comes_back(unix_s: float | None):
    record = RawRecord(CONNECTED, 0.0, connected_payload(244, "packets", unix_s))
    assert read_connected(record) == (244, "packets", unix_s)
