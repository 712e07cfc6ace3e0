"""`raw.bin`, byte by byte: everything received and sent, with its time.

Numbers are little-endian, without padding; texts UTF-8; `f64` is IEEE 754, so that a replay gets the very times the
live session got. One header, then records to the end of the file.

Header, 64 bytes:

====== ======= ============ =========================================================================
offset type    name         meaning
====== ======= ============ =========================================================================
0      u8[8]   magic        ``89 48 48 52 41 57 0D 0A``: "HHRAW" between what a text transfer would spoil
8      u16     version      1
10     u16     header_size  64: the first record begins here
12     u8      framing      1 packets (BLE), 2 stream (serial)
13     u8      profile      asked of the device: 1 A, 2 B, 3 C
14     u16     reserved     0
16     u8[16]  session      UUID of the session, also in `session.json`
32     f64     rate_hz      of the session's grid
40     f64     started_s    host clock (monotonic) at the start
48     f64     started_unix wall clock at that moment, seconds since 1970 UTC
56     u32     reserved     0
60     u32     crc          CRC-32 of bytes 0 to 59
====== ======= ============ =========================================================================

Record, 18 bytes and its payload:

====== ======= ============ =========================================================================
offset type    name         meaning
====== ======= ============ =========================================================================
0      u8      kind         see below; a reader passes over kinds it does not know
1      u8      channel      kinds 1 and 2: 0 data (the one stream of a serial line), 1 control; else 0
2      u32     size         of the payload, at most 1 MiB
6      f64     at_s         host clock: when it arrived, was sent, or happened; never NaN
14     u8[]    payload
14+n   u32     crc          CRC-32 of bytes 0..59 of the header, then this record up to here
====== ======= ============ =========================================================================

CRC-32 is the one of zlib, PNG and Ethernet. It begins with the header, so that what a power cut leaves of another file
is no record of this one.

==== ============ ==================================================================================
kind name         payload
==== ============ ==================================================================================
1    received     the bytes, cut as they came
2    sent         the bytes handed to the transport
3    connected    u32 bytes to a packet (0: a stream), u8 framing, f64 wall clock (NaN: not known)
4    disconnected text: why
5    event        JSON ``{"time_s", "kind", "note"}`` as in `session.json`
6    meta         JSON: fields of `session.json` that changed, each whole (the first: all of them)
7    gap          u64 records, u64 bytes that the disk did not take and memory could not keep
8    closed       none: the recording ended as it should
==== ============ ==================================================================================

Records are in the order in which things were done. A record whose size, time or CRC is wrong ends the file: it and all
behind it is *torn*, counted and left alone.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

Framing = Literal["packets", "stream"]
Channel = Literal["data", "control"]

MAGIC = b"\x89HHRAW\r\n"
VERSION = 1

RECEIVED, SENT, CONNECTED, DISCONNECTED, EVENT, META, GAP, CLOSED = range(1, 9)

LARGEST_PAYLOAD = 1 << 20
"""Far beyond what a transport hands over at once; keeps a damaged size from asking for gigabytes."""

_HEADER = struct.Struct("<8sHHBBH16sdddII")
_HEAD = struct.Struct("<BBId")
_CRC = struct.Struct("<I")
_CONNECTED = struct.Struct("<IBd")
_GAP = struct.Struct("<QQ")

HEADER_SIZE = _HEADER.size
HEAD_SIZE = _HEAD.size
OVERHEAD = _HEAD.size + _CRC.size

_FRAMINGS: tuple[Framing, Framing] = ("packets", "stream")
_CHANNELS: tuple[Channel, Channel] = ("data", "control")


class RawFormatError(ValueError):
    """Bytes that are no header of a `raw.bin` this version reads."""


@dataclass(frozen=True, slots=True)
class RawHeader:
    """What a recording was begun with.

    Attributes
    ----------
    session : UUID
    framing : str
    profile : int
        1 A, 2 B, 3 C.
    rate_hz : float
        Of the session's grid.
    started_s, started_unix_s : float
        Host clock, and the wall clock at that moment.
    """

    session: UUID
    framing: Framing
    profile: int
    rate_hz: float
    started_s: float
    started_unix_s: float


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record; `end` is where the next one begins in the file."""

    kind: int
    at_s: float
    payload: bytes
    channel: Channel = "data"
    end: int = 0


@dataclass(frozen=True, slots=True)
class Torn:
    """The file's end is no record: `lost_bytes` from `offset` on were left out."""

    offset: int
    lost_bytes: int


def encode_header(header: RawHeader) -> bytes:
    """Header for the file, its CRC at the end."""
    data = _HEADER.pack(
        MAGIC,
        VERSION,
        HEADER_SIZE,
        1 + _FRAMINGS.index(header.framing),
        header.profile,
        0,
        header.session.bytes,
        header.rate_hz,
        header.started_s,
        header.started_unix_s,
        0,
        0,
    )[: -_CRC.size]
    return data + _CRC.pack(zlib.crc32(data))


def decode_header(data: bytes) -> RawHeader:
    """Undo `encode_header`.

    Raises
    ------
    RawFormatError
        Too short, another kind of file, another version, a CRC or a value that does not fit.
    """
    if not data.startswith(MAGIC):
        raise RawFormatError("is no raw.bin of hiphinge" if len(data) >= len(MAGIC) else "is too short for a header")
    if len(data) < HEADER_SIZE:
        raise RawFormatError("is cut off within its header")
    fields = _HEADER.unpack(data[:HEADER_SIZE])
    _, version, size, framing, profile, _, session, rate_hz, started_s, started_unix_s, _, crc = fields
    if crc != zlib.crc32(data[: HEADER_SIZE - _CRC.size]):
        raise RawFormatError("has a damaged header")
    if version != VERSION or size != HEADER_SIZE:
        raise RawFormatError(f"is of version {version}, this program reads version {VERSION}")
    sound = framing in (1, 2) and 0.0 < rate_hz < math.inf and math.isfinite(started_s + started_unix_s)
    if not sound or not 1 <= profile <= 3:
        raise RawFormatError("has impossible values in its header")
    return RawHeader(UUID(bytes=session), _FRAMINGS[framing - 1], profile, rate_hz, started_s, started_unix_s)


def crc_seed(header: bytes) -> int:
    """What every record's CRC begins with; `header` is the encoded one."""
    return zlib.crc32(header[: HEADER_SIZE - _CRC.size])


def encode_record(seed: int, kind: int, at_s: float, payload: bytes = b"", channel: Channel = "data") -> bytes:
    """One record for the file.

    Parameters
    ----------
    seed : int
        `crc_seed` of the header.
    kind : int
    at_s : float
        Host clock.
    payload : bytes
        At most `LARGEST_PAYLOAD`.
    channel : str

    Raises
    ------
    ValueError
        A payload too large, a time that is none.
    """
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"a record takes {LARGEST_PAYLOAD} bytes, not {len(payload)}")
    if not math.isfinite(at_s):
        raise ValueError("a record needs a time")
    data = _HEAD.pack(kind, _CHANNELS.index(channel), len(payload), at_s) + payload
    return data + _CRC.pack(zlib.crc32(data, seed))


def payload_size(head: bytes) -> int | None:
    """Size of the payload behind these `HEAD_SIZE` bytes; None where they cannot begin a record."""
    kind, channel, size, at_s = _HEAD.unpack(head)
    if kind == 0 or channel > 1 or size > LARGEST_PAYLOAD or not math.isfinite(at_s):
        return None
    return size


def decode_record(seed: int, data: bytes, end: int) -> RawRecord | None:
    """Undo `encode_record`; None where the CRC does not fit. `end` is passed on."""
    body = data[: -_CRC.size]
    if _CRC.unpack(data[-_CRC.size :])[0] != zlib.crc32(body, seed):
        return None
    kind, channel, _, at_s = cast("tuple[int, int, int, float]", _HEAD.unpack(body[:HEAD_SIZE]))
    return RawRecord(kind, at_s, body[HEAD_SIZE:], _CHANNELS[channel], end)


def connected_payload(payload: int, framing: Framing, unix_s: float | None) -> bytes:
    """Payload of a `CONNECTED` record."""
    return _CONNECTED.pack(payload, 1 + _FRAMINGS.index(framing), math.nan if unix_s is None else unix_s)


def read_connected(record: RawRecord) -> tuple[int, Framing, float | None]:
    """Undo `connected_payload`: bytes to a packet, framing, wall clock."""
    payload, framing, unix_s = _CONNECTED.unpack_from(record.payload)
    return payload, _FRAMINGS[1 if framing == 2 else 0], None if math.isnan(unix_s) else unix_s


def gap_payload(records: int, size: int) -> bytes:
    """Payload of a `GAP` record."""
    return _GAP.pack(records, size)


def read_gap(record: RawRecord) -> tuple[int, int]:
    """Undo `gap_payload`: records and bytes that are missing here."""
    records, size = _GAP.unpack_from(record.payload)
    return records, size
