"""CRC-16 and COBS of `hiphinge_wire.framing`, in viper: the codec's own take 4 to 10 ms for a block on an ESP32."""

import micropython


@micropython.viper
def crc16(data_, start: int, end: int, crc: int) -> int:
    """CRC-16/CCITT-FALSE of ``data[start:end]``, going on from `crc` (0xFFFF to begin with)."""
    data = ptr8(data_)
    while start < end:
        x = (crc >> 8) ^ data[start]
        x = x ^ (x >> 4)
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xFFFF
        start += 1
    return crc


@micropython.viper
def cobs(data_, length: int, out_, start: int) -> int:
    """Write the COBS encoding of ``data[:length]`` to ``out[start:]``; returns where it ends."""
    data = ptr8(data_)
    out = ptr8(out_)
    code_at = start
    write = start + 1
    code = 1
    i = 0
    while i < length:
        byte = data[i]
        # A run of 254 is closed only when more follows.
        if code == 255:
            out[code_at] = code
            code_at = write
            write += 1
            code = 1
        if byte == 0:
            out[code_at] = code
            code_at = write
            write += 1
            code = 1
        else:
            out[write] = byte
            write += 1
            code += 1
        i += 1
    out[code_at] = code
    return write
