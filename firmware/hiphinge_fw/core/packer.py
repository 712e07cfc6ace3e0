"""Samples into data blocks, byte for byte as `hiphinge_wire.block` encodes them, without allocation.

The codec's encoder takes 10 to 15 ms for a block on an ESP32: it looks up every field by its name. This one is told the
fields as numbers in an array; a test holds it against the codec for every profile. Layout: protocol/SPEC.md, section 4.
"""

import micropython
from micropython import const

# A staged sample: quaternion w x y z, gyroscope x y z, accelerometer x y z. Profile A is its beginning, B all of it, C
# its end.
COLUMNS = const(10)
_QUATERNION = const(4)

# Words of a block's header, int32 each. The time is put in by `Clock.put` at `TIME_AT`.
PROFILE = const(0)
EPOCH = const(1)
BOOT_LOW = const(2)  # 16 bits each: boot ids do not fit a small integer
BOOT_HIGH = const(3)
SEQUENCE = const(4)
FLAGS = const(5)
COUNTS = const(6)
FIRST = const(8)
OFFSET = const(10)
PERIOD = const(12)
IMU_FLAGS = const(14)
WORDS = const(16)

HEADER = const(50)
TIME_AT = const(12)


@micropython.viper
def stage(stage_, at: int, raw_, quaternions_, start: int, count: int):
    """Put `count` samples, from `start` of `raw` and `quaternions` on, behind the `at` staged ones."""
    staged = ptr16(stage_)
    raw = ptr16(raw_)
    quaternions = ptr16(quaternions_)
    o = at * COLUMNS
    r = start * 6
    q = start * 4
    while count > 0:
        k = 0
        while k < 4:
            staged[o + k] = quaternions[q + k]
            k += 1
        k = 0
        while k < 6:
            staged[o + 4 + k] = raw[r + k]
            k += 1
        o += COLUMNS
        r += 6
        q += 4
        count -= 1


@micropython.viper
def pack(buffer_, place: int, words_, stage0_, stage1_) -> int:
    """Write a block to ``buffer[place:]``, but for its time; `place` is even. Returns its length."""
    out = ptr8(buffer_)
    words = ptr32(words_)
    out[place] = 1
    out[place + 1] = words[PROFILE]
    out[place + 2] = words[EPOCH]
    out[place + 3] = words[EPOCH] >> 8
    out[place + 4] = words[BOOT_LOW]
    out[place + 5] = words[BOOT_LOW] >> 8
    out[place + 6] = words[BOOT_HIGH]
    out[place + 7] = words[BOOT_HIGH] >> 8
    k = 0
    while k < 4:
        shift = 8 * k
        out[place + 8 + k] = words[SEQUENCE] >> shift
        out[place + 24 + k] = words[FIRST] >> shift
        out[place + 28 + k] = words[FIRST + 1] >> shift
        out[place + 32 + k] = words[OFFSET] >> shift
        out[place + 36 + k] = words[OFFSET + 1] >> shift
        out[place + 40 + k] = words[PERIOD] >> shift
        out[place + 44 + k] = words[PERIOD + 1] >> shift
        k += 1
    out[place + 20] = words[FLAGS]
    out[place + 21] = HEADER
    out[place + 22] = words[COUNTS]
    out[place + 23] = words[COUNTS + 1]
    out[place + 48] = words[IMU_FLAGS]
    out[place + 49] = words[IMU_FLAGS + 1]
    out16 = ptr16(buffer_)
    o = (place + HEADER) >> 1
    profile = words[PROFILE]
    begin = 0
    end = COLUMNS
    if profile == 1:
        end = _QUATERNION
    imu = 0
    if profile == 3:
        begin = _QUATERNION
        while imu < 2:
            staged = ptr16(stage0_)
            if imu == 1:
                staged = ptr16(stage1_)
            k = 0
            while k < _QUATERNION:
                # An IMU without samples has no orientation: four zeros.
                out16[o] = staged[k] if words[COUNTS + imu] > 0 else 0
                o += 1
                k += 1
            imu += 1
    imu = 0
    while imu < 2:
        staged = ptr16(stage0_)
        if imu == 1:
            staged = ptr16(stage1_)
        left = words[COUNTS + imu]
        i = 0
        while left > 0:
            k = begin
            while k < end:
                out16[o] = staged[i + k]
                o += 1
                k += 1
            i += COLUMNS
            left -= 1
        imu += 1
    return (o << 1) - place
