import struct
from typing import Any

import numpy as np
import pytest
from golden_blocks import block
from hypothesis import given
from hypothesis import strategies as st

from hiphinge_wire.block import (
    COLUMNS,
    HEADER_SIZE,
    Block,
    anchors_size,
    block_size,
    decode_block,
    encode_block,
    encode_block_into,
    samples_that_fit,
)
from hiphinge_wire.constants import MAX_MESSAGE, PROFILE_A, PROFILE_B, PROFILE_C
from hiphinge_wire.errors import WireError

PROFILES = (PROFILE_A, PROFILE_B, PROFILE_C)
u8, u32 = st.integers(0, 255), st.integers(0, 2**32 - 1)


@st.composite
def any_block(draw: st.DrawFn) -> Block:
    profile = draw(st.sampled_from(PROFILES))
    total = draw(st.integers(1, samples_that_fit(profile)))
    sacral = draw(st.integers(0, total))
    size = 2 * COLUMNS[profile]
    samples = draw(st.binary(min_size=16, max_size=16)) * (total * size // 16 + 1)
    return Block(
        profile=profile, epoch=draw(st.integers(1, 65535)), boot=draw(st.integers(1, 2**32 - 1)), sequence=draw(u32),
        time_lo=draw(u32), time_hi=draw(st.integers(1, 2**32 - 1)), flags=draw(u8), counts=(sacral, total - sacral),
        first_index=draw(st.tuples(u32, u32)), offset_us=draw(st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 2)),
        period=draw(st.tuples(*[st.integers(1, 2**32 - 1)] * 2)), imu_flags=draw(st.tuples(u8, u8)),
        anchors=samples[: anchors_size(profile)],
        samples=(samples[: sacral * size], samples[sacral * size : total * size]),
    )  # fmt: skip


@given(any_block(), st.binary(max_size=30))
def test_round_trip_with_trailing_bytes(one: Block, more: bytes):
    data = encode_block(one)
    assert len(data) == block_size(one.profile, sum(one.counts))
    assert decode_block((data + more)[:MAX_MESSAGE]) == one


@given(any_block(), st.data())
def test_a_block_cut_anywhere_is_truncated(one: Block, data: st.DataObject):
    encoded = encode_block(one)
    with pytest.raises(WireError, match="needed"):
        decode_block(encoded[: data.draw(st.integers(0, len(encoded) - 1))])


def test_samples_are_views_that_numpy_takes_as_they_are():
    rows = np.arange(-24, 24, dtype="<i2").reshape(8, 6)
    data = encode_block(block(PROFILE_C, 5, 3, samples=(rows[:5].tobytes(), rows[5:].tobytes())))
    one = decode_block(data)
    for imu, part in enumerate((rows[:5], rows[5:])):
        got = np.frombuffer(one.samples[imu], "<i2").reshape(-1, one.columns)
        assert np.array_equal(got, part)
        assert isinstance(one.samples[imu], memoryview)
        assert one.samples[imu].obj is data  # type: ignore[union-attr]
    assert np.array_equal(np.frombuffer(one.anchors, "<i2"), [32767, 0, 0, 0, 23170, -23170, 0, 0])


def test_header_written_by_struct_alone():
    # The layout once more, by hand, so that codec and SPEC cannot be wrong together.
    data = struct.pack(
        "<BBHIIIIBB2B2I2i2I2B", 1, 1, 258, 7, 9, 0x89ABCDEF, 0x01234567, 1, 50, 1, 1, 1000, 2000, -5, 6, 261_000_000,
        270_000_000, 3, 16,
    ) + struct.pack("<8h", 1, 2, 3, 4, -1, -2, -3, -4)  # fmt: skip
    one = decode_block(data)
    assert one.time_us == 0x0123456789ABCDEF
    assert (one.epoch, one.boot, one.sequence, one.counts, one.first_index) == (258, 7, 9, (1, 1), (1000, 2000))
    assert (one.offset_us, one.period, one.imu_flags, one.flags) == ((-5, 6), (261_000_000, 270_000_000), (3, 16), 1)
    assert bytes(one.samples[1]) == struct.pack("<4h", -1, -2, -3, -4)
    assert encode_block(one) == data


def test_a_longer_header_of_a_newer_version_is_skipped():
    data = encode_block(block(PROFILE_C, 2, 1))
    newer = data[:21] + bytes([HEADER_SIZE + 4]) + data[22:HEADER_SIZE] + b"\xff\xff\xff\xff" + data[HEADER_SIZE:]
    old, new = decode_block(data), decode_block(newer)
    assert (new.anchors, new.samples) == (old.anchors, old.samples)


def test_sample_times_keep_their_resolution_over_long_blocks_and_late_in_life():
    # 120 Hz in 1/32 ns, on a device that has run for 100 days.
    day_us = 86_400_000_000
    start = 100 * day_us
    one = block(
        PROFILE_A, 100, 1, period=(8_333_333_333 * 32 // 1000, 1), time_lo=start & 0xFFFFFFFF, time_hi=start >> 32,
        offset_us=(-3, 4),
    )  # fmt: skip
    assert one.sample_time_ns(0, 0) == (start - 3) * 1000
    assert abs(one.sample_time_ns(0, 99) - ((start - 3) * 1000 + 99 * 8_333_333.333)) < 4
    assert one.sample_time_ns(1, 0) == (start + 4) * 1000


def test_period_serves_an_hour_of_samples():
    # What rounding to 1/32 ns may cost over an hour at 120 Hz: SPEC promises 14 us.
    rate_hz = 120
    worst_s = 3600 * rate_hz * 0.5 / 32e9
    assert worst_s < 14e-6


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("size", [181, 243, 1024])
def test_as_many_samples_fit_as_is_said_and_no_more(profile: int, size: int):
    most = samples_that_fit(profile, size)
    assert block_size(profile, most) <= size < block_size(profile, most + 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"samples": (bytes(24), bytes(36))}, "samples do not fit"),
        ({"samples": (bytes(36), bytes(25))}, "samples do not fit"),
        ({"samples": (bytes(36),)}, "one area of samples per IMU"),
        ({"anchors": bytes(8)}, "anchors"),
        ({"header_size": 54}, "header_size"),
        ({"counts": (3, 256)}, "counts"),
        ({"counts": (3,)}, "counts needs 2 numbers"),
        ({"period": (0, 1)}, "period"),
        ({"offset_us": (2**31, 0)}, "offset_us"),
        ({"sequence": 2**32}, "sequence"),
        ({"boot": 0}, "boot"),
        ({"type": 2}, "type"),
        ({"time_lo": 0, "offset_us": (-1, 0)}, "before the device started"),
        ({"counts": (0, 0), "samples": (b"", b"")}, "at least one sample"),
    ],
)
def test_what_no_block_can_say_is_not_sent(change: dict[str, Any], reason: str):
    with pytest.raises(WireError, match=reason):
        encode_block(block(PROFILE_C, 3, 3, **change))


def test_too_large_a_block_is_not_sent_and_a_buffer_too_short_is_noticed():
    one = block(PROFILE_C, 40, 40)
    with pytest.raises(WireError, match="do not fit"):
        encode_block(one)
    with pytest.raises(WireError, match="bytes; 1024 allowed"):
        encode_block_into(bytearray(3000), 0, one)
    fits = block(PROFILE_C, 1, 1)
    with pytest.raises(WireError, match="do not fit"):
        encode_block_into(bytearray(block_size(PROFILE_C, 2)), 1, fits)


def test_another_message_is_no_block():
    with pytest.raises(WireError, match="type 2"):
        decode_block(b"\x02" + bytes(100))
