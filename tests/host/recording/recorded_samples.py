"""A made-up device for tests of the recorder: chunks that carry samples, and what makes samples of them.

The bytes are not the wire format: what recording does must not depend on what the bytes mean.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from hiphinge.files.recording.raw_format import RECEIVED, RawHeader, RawRecord
from hiphinge.files.recording.recorder import Start
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.link.events import Samples

RATE_HZ = 100.0
ROWS = 4  # one block each 40 ms
SESSION = UUID(int=0x1234)
START = Start(datetime(2025, 3, 1, 9, 30, tzinfo=UTC), 1000.0, SESSION, "packets")


def values_of(first: int, count: int = ROWS) -> np.ndarray:
    """(n, 12) of a wearer who stands and sways: a pure function of the row number."""
    row = np.arange(first, first + count)[:, None]
    wave = np.sin(row * np.linspace(0.01, 0.05, 12)[None, :])
    values = 0.2 * wave
    values[:, [1, 7]] += 9.80665  # y up
    return values


def chunk(number: int, rows: int = ROWS) -> bytes:
    """What the device sends as its block `number`."""
    return struct.pack("<II", number * rows, rows) + values_of(number * rows, rows).tobytes()


def samples_in(data: bytes) -> Samples:
    first, rows = struct.unpack_from("<II", data)
    values = np.frombuffer(data, np.float64, offset=8).reshape(rows, 12)
    return samples_at(first, values)


def samples_at(first: int, values: np.ndarray) -> Samples:
    gap_s = np.where(np.isnan(values[:, 0]), np.inf, 0.0)
    return Samples(
        first=first,
        time_s=(first + np.arange(len(values))) / RATE_HZ,
        sacral=GriddedImu(values[:, 0:3], values[:, 3:6], None, gap_s),
        thoracic=GriddedImu(values[:, 6:9], values[:, 9:12], None, gap_s),
    )


def samples_of(header: RawHeader, records: Iterable[RawRecord]) -> Iterator[Samples]:
    assert header.rate_hz == RATE_HZ
    for record in records:
        if record.kind == RECEIVED:
            yield samples_in(record.payload)
