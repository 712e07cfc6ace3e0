"""Whatever the bytes, the reader gives a recording or its own error in one line."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from session_samples import bending, csv_of, with_quats

from hiphinge.files import session_csv
from hiphinge.files.columns import present_groups
from hiphinge.files.csv_text import take_apart
from hiphinge.files.diagnose import read_slowly
from hiphinge.files.errors import SessionError
from hiphinge.files.session_csv import recording_from
from hiphinge.model import Floats, Recording

RAW = csv_of(bending(2.2, rate_hz=20.0))
QUATS = csv_of(with_quats(bending(2.2, rate_hz=20.0)))
HEADER = RAW.split(b"\n")[0] + b"\n"


def read(data: bytes) -> Recording | str:
    try:
        recording = recording_from(take_apart(io.BytesIO(data), "fuzz.csv"))
    except SessionError as error:
        message = str(error)
        assert message.isprintable() and message.startswith("fuzz.csv: ")
        return message
    assert_sound(recording)
    return recording


def assert_sound(recording: Recording) -> None:
    count = len(recording.time_s)
    assert np.isfinite(recording.time_s).all() and (np.diff(recording.time_s) > 0.0).all()
    for imu in (recording.sacral, recording.thoracic):
        for values, width in ((imu.acc_mps2, 3), (imu.gyr_radps, 3), (imu.quat, 4)):
            if values is not None:
                assert values.shape == (count, width)
                assert not np.isinf(values).any()


@given(st.binary(max_size=400))
@example(b"x^")  # looks like a compressed stream to some readers
@example(b"\x1f\x8b\x08\x00")
@example(b"time_s\n")
@example(b'"')
@example(b"\r")
@example(b"#\r#")
@settings(max_examples=300)
def test_any_bytes(data: bytes) -> None:
    assert isinstance(read(data), str)


@given(st.binary(max_size=300))
@example(b"x^\x00")
@example(b"\n\n\n")
@example(b",,,,,,,,,,,,\n" * 50)
@example(b'"\n' * 50)
@example(b"\n\x01")
@settings(max_examples=300)
def test_any_bytes_below_a_good_header(data: bytes) -> None:
    assert isinstance(read(HEADER + data), str)


ODD_NUMBERS = ["0", "1", "-1", "1e308", "-1e308", "1e-320", "1e999", "nan", "NaN", "inf", "-inf", "NA"]
NO_NUMBERS = ["", " ", "-", "+", "e", "1e", "0x10", "1_0", "١", "1,2", "1;2", '"', '""', "#", "x^"]
CELLS = st.sampled_from([*ODD_NUMBERS, *NO_NUMBERS])


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from([RAW, QUATS]))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["cut", "delete", "insert", "replace", "cell", "repeat line", "swap"]))
        if kind == "cut":
            data = data[:at]
        elif kind == "delete":
            data = data[:at] + data[at + draw(st.integers(1, 30)) :]
        elif kind == "insert":
            data = data[:at] + draw(st.binary(min_size=1, max_size=6)) + data[at:]
        elif kind == "replace":
            new = draw(st.sampled_from([b",", b"\n", b"\r", b'"', b".", b"-", b"e", b"9", b"\0", b"\xff", b"#", b" "]))
            data = data[:at] + new + data[at + 1 :]
        elif kind == "cell":
            comma = data.find(b",", at)
            data = data[: comma + 1] + draw(CELLS).encode() + data[max(data.find(b",", comma + 1), 0) :]
        elif kind == "repeat line":
            end = data.find(b"\n", at) + 1
            data = data[:end] + data[data.rfind(b"\n", 0, at) + 1 : end] + data[end:]
        else:
            line = data[: data.find(b"\n", at) + 1]
            data = data[len(line) :] + line
    return data


@given(spoilt())
@settings(max_examples=400)
def test_spoilt_files(data: bytes) -> None:
    read(data)


@given(spoilt())
@example(RAW[:-1] + b",")  # a row with an empty cell too many at the very end
@example(QUATS[:-1] + b",1")
@settings(max_examples=200)
def test_the_fast_and_the_slow_reader_agree(data: bytes) -> None:
    fast = read(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_csv, "_read_fast", lambda *_: None)
        slow = read(data)
    if isinstance(fast, str) or isinstance(slow, str):
        assert fast == slow
        return
    assert fast.warnings == slow.warnings
    np.testing.assert_array_equal(fast.time_s, slow.time_s)
    for a, b in ((fast.sacral, slow.sacral), (fast.thoracic, slow.thoracic)):
        for x, y in ((a.acc_mps2, b.acc_mps2), (a.gyr_radps, b.gyr_radps), (a.quat, b.quat)):
            assert (x is None) == (y is None)
            if x is not None:
                np.testing.assert_array_equal(x, y)


@given(st.integers(1, len(RAW)))
@settings(max_examples=200)
def test_a_cut_anywhere_keeps_every_whole_row(cut: int) -> None:
    data = RAW[:cut]
    got = read(data)
    rows = max(data.count(b"\n") - 1, 0)
    if isinstance(got, str):
        # 2 s at 20 samples a second are 41 samples.
        assert rows < 41
    else:
        assert rows <= len(got.time_s) <= rows + 1


def test_the_slow_reader_reads_a_good_file() -> None:
    text = take_apart(io.BytesIO(RAW), "a.csv")
    wanted = ("time_s", *(name for group in present_groups(text.header, "a.csv", 1) for name in group.names))
    table: Floats = read_slowly(text, wanted)
    assert table.shape == (44, 13)
    assert table[1, 0] == 0.05
