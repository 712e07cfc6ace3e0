"""The orientation filter on recorded counts."""

from array import array

import micropython

from hiphinge_fw.core.fusion import BLOCK, Fusion
from rig_report import report


def run(source, target, rate_hz, gyr_scale_ndps, acc_scale_pg, learn_bias=False, chunk=4, later_hz=None):
    """Counts (int16, six a sample) in, quaternions (int16, four a sample) out, both files."""
    fusion = Fusion(rate_hz, gyr_scale_ndps, acc_scale_pg, learn_bias)
    raw = array("h", bytes(12 * chunk))
    quaternions = array("h", bytes(8 * chunk))
    total = 0
    rests = 0
    with open(source, "rb") as counts, open(target, "wb") as out:
        while True:
            got = counts.readinto(raw)
            n = (got or 0) // 12
            if not n:
                break
            fusion.update(raw, quaternions, n)
            out.write(memoryview(quaternions)[: 4 * n])
            total += n
            rests += fusion.at_rest
            if later_hz and total == 5 * int(rate_hz):
                fusion.set_rate(later_hz)
    report(
        total=total,
        rest_share=rests * chunk / total,
        settled=fusion.settled,
        bias_dps=[fusion.bias_udps(k) / 1e6 for k in range(3)],
        state=list(fusion._state),
    )


def no_allocation():
    fusion = Fusion(120.0, 35000000, 244000000)
    raw = array("h", [300, -200, 100, 0, 0, 4098] * 8)
    quaternions = array("h", bytes(64))
    for n in (1, 3, 4, 5, 8):
        micropython.heap_lock()
        fusion.update(raw, quaternions, n)
        micropython.heap_unlock()
    report(block=BLOCK, quaternion=list(quaternions[:4]))


def settling(acc):
    """First quaternion after the first block, for any attitude at the start."""
    fusion = Fusion(120.0, 35000000, 244000000)
    raw = array("h", ([0, 0, 0] + acc) * 8)
    quaternions = array("h", bytes(64))
    fusion.update(raw, quaternions, 8)
    before = fusion.settled
    for _ in range(60):
        fusion.update(raw, quaternions, 8)
    report(quaternion=list(quaternions[28:32]), before=before, settled=fusion.settled)
