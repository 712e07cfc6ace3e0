"""CRC-32 (ISO-HDLC: the one of zip and `binascii.crc32`) without allocation.

`binascii.crc32` returns numbers above 2**30, which are heap objects on an ESP32; this one leaves four bytes instead.
"""

from array import array

import micropython


def _table():
    # One entry a nibble: 64 bytes instead of a kilobyte, at twice the steps.
    entries = array("I", bytes(64))
    for nibble in range(16):
        value = nibble
        for _ in range(4):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        entries[nibble] = value
    return entries


_TABLE = _table()


@micropython.viper
def crc32_into(data_, start: int, end: int, out_):
    """Write the CRC-32 of ``data[start:end]``, little-endian, to ``out[0:4]``."""
    data = ptr8(data_)
    table = ptr32(_TABLE)
    # All ones. `>>` keeps the sign, so every shift is masked: the same bits on 32 and 64 bits.
    crc = 0 - 1
    while start < end:
        byte = data[start]
        crc = ((crc >> 4) & 0x0FFFFFFF) ^ table[(crc ^ byte) & 15]
        crc = ((crc >> 4) & 0x0FFFFFFF) ^ table[(crc ^ (byte >> 4)) & 15]
        start += 1
    crc = crc ^ (0 - 1)
    out = ptr8(out_)
    out[0] = crc
    out[1] = crc >> 8
    out[2] = crc >> 16
    out[3] = crc >> 24
