"""Importing everything, and small parts that need no chip."""

import binascii
import gc

from rig_report import report


def everything(names):
    gc.collect()
    before = gc.mem_alloc()
    for name in names:
        __import__(name)
    gc.collect()
    report(used=gc.mem_alloc() - before)


def flags():
    from hiphinge_fw.drivers import imu, lsm6_fifo

    shared, own = (
        [getattr(module, name) for name in ("CLIPPED", "OVERFLOW", "BUS_ERROR", "RESYNC")]
        for module in (imu, lsm6_fifo)
    )
    report(shared=shared, lsm6=own)


def crc():
    from hiphinge_fw.core.crc import crc32_into

    data = bytearray((k * 37 + (k >> 3)) & 255 for k in range(600))
    out = bytearray(4)
    same = True
    for start, end in ((0, 0), (0, 1), (3, 599), (0, 600), (250, 251)):
        crc32_into(data, start, end, out)
        same = same and int.from_bytes(out, "little") == binascii.crc32(bytes(data[start:end]))
    report(same=same)
