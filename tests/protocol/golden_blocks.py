"""Blocks of the golden frames: every profile, every limit."""

import struct

from hiphinge_wire.block import COLUMNS, Block, samples_that_fit
from hiphinge_wire.constants import (
    BLOCK_MOTOR,
    IMU_ABSENT,
    IMU_BUS_ERROR,
    IMU_CLIPPED,
    IMU_OVERFLOW,
    IMU_REST,
    IMU_RESYNC,
    MISSING,
    PROFILE_A,
    PROFILE_B,
    PROFILE_C,
)

# 120 Hz with the rate errors the firmware's long test has: +2.3 % and -1.5 %.
PERIOD = (round(32e9 / 122.76), round(32e9 / 118.2))
ANCHORS = struct.pack("<8h", 32767, 0, 0, 0, 23170, -23170, 0, 0)


def ramp(profile: int, count: int, start: int) -> bytes:
    """Samples in which every number differs from its neighbours, both signs."""
    numbers = [((start + 257 * k) % 65536) - 32768 for k in range(count * COLUMNS[profile])]
    return struct.pack(f"<{len(numbers)}h", *numbers)


def block(profile: int, sacral: int, thoracic: int, **values: object) -> Block:
    fixed: dict[str, object] = {
        "profile": profile,
        "epoch": 1,
        "boot": 7,
        "sequence": 1234,
        "time_lo": 61_500_000,
        "time_hi": 0,
        "counts": (sacral, thoracic),
        "first_index": (7380, 7269),
        "offset_us": (0, 4100),
        "period": PERIOD,
        "anchors": ANCHORS if profile == PROFILE_C else b"",
        "samples": (ramp(profile, sacral, 1), ramp(profile, thoracic, 31000)),
    }
    fixed.update(values)
    return Block(**fixed)


def blocks() -> list[tuple[str, Block]]:
    largest = 2**32 - 1
    rails = struct.pack("<12h", 32767, -32768, 0, 1, -1, 32766, MISSING, MISSING, MISSING, 0, 0, 4096)
    found = [
        ("profile A, 12 + 12", block(PROFILE_A, 12, 12)),
        ("profile B, 4 + 5", block(PROFILE_B, 4, 5)),
        ("profile C, 4 + 4", block(PROFILE_C, 4, 4)),
        ("profile C, a packet at MTU 247: 7 + 7", block(PROFILE_C, 7, 7)),
        ("one sacral sample", block(PROFILE_C, 1, 0, imu_flags=(0, IMU_ABSENT), offset_us=(0, 0))),
        ("one thoracic sample", block(PROFILE_C, 0, 1, imu_flags=(IMU_ABSENT, 0), offset_us=(0, 0))),
        (
            "clipped, missing, motor running",
            block(PROFILE_C, 2, 0, samples=(rails, b""), flags=BLOCK_MOTOR, imu_flags=(IMU_CLIPPED, IMU_ABSENT)),
        ),
        (
            "after a gap",
            block(PROFILE_C, 1, 1, imu_flags=(IMU_OVERFLOW | IMU_RESYNC, IMU_BUS_ERROR | IMU_RESYNC | IMU_REST)),
        ),
        ("first of a boot", block(PROFILE_C, 3, 3, sequence=0, first_index=(0, 0), time_lo=52_000, boot=1)),
        (
            "every number at its largest",
            block(
                PROFILE_A,
                1,
                1,
                epoch=65535,
                boot=largest,
                sequence=largest,
                time_lo=largest,
                time_hi=largest,
                flags=255,
                first_index=(largest, largest),
                offset_us=(2**31 - 1, -(2**31)),
                period=(largest, largest),
                imu_flags=(255, 255),
            ),
        ),
        (
            "every number at its smallest",
            block(PROFILE_A, 1, 0, boot=1, sequence=0, time_lo=0, first_index=(0, 0), offset_us=(0, 0), period=(1, 1)),
        ),
        (
            "offset before the block's time, above 2^30 and 2^32 us",
            block(PROFILE_C, 1, 1, time_lo=2**31 + 5, time_hi=1, offset_us=(-20_000, 1_100_000_000), sequence=2**31),
        ),
        ("255 sacral samples would not fit: 121 in profile A", block(PROFILE_A, 121, 0)),
    ]
    for name, profile in (("A", PROFILE_A), ("B", PROFILE_B), ("C", PROFILE_C)):
        most = samples_that_fit(profile)
        found.append((f"profile {name}, largest", block(profile, most // 2, most - most // 2)))
    return found
