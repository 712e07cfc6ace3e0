"""Whole sessions with packets smaller than one wants: main.py under MicroPython, the host's own LinkSession."""

import mpy_runner
import numpy as np
import pytest
from joined import Joined, planned, run
from session_checks import failures

from hiphinge_wire.constants import PROFILE_A

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")

# An older iPhone's packets.
AT_185 = {"errors_from": 5, "outages": [(20, 23), (40, 60)], "end": 100, "plan": {"mtu": 185}}
# What a central takes that never asks for more. At 4 packets in 30 ms, 18 bytes each, it carries three quarters of the
# orientations: the rest comes after STOP. This one has an event every 15 ms.
AT_23 = {"errors_from": 5, "outages": [(20, 23)], "end": 120, "plan": {"mtu": 23, "packets": 8}}


def test_at_an_mtu_of_185_everything_holds():
    assert failures(run(planned(AT_185), stop_s=90.0), AT_185) == []


@pytest.fixture(scope="module")
def smallest() -> Joined:
    return run(planned(AT_23), stop_s=60.0)


def test_at_the_smallest_mtu_orientations_arrive_whole(smallest: Joined):
    end = smallest.boots[0].end
    assert end["faults"] == 0
    assert not end["handler_dead"]
    assert end["kept_blocks"][0] == end["kept_blocks"][3], "all acknowledged"
    blocks = [smallest.blocks[key] for key in sorted(smallest.blocks)]
    assert {block.profile for block in blocks} == {PROFILE_A}
    assert [block.sequence for block in blocks] == list(range(end["kept_blocks"][3]))
    assert smallest.differing == 0
    for imu in (0, 1):
        counts = [block.counts[imu] for block in blocks if block.counts[imu]]
        firsts = [block.first_index[imu] for block in blocks if block.counts[imu]]
        # 60 s less the handshake; bus errors cost a sample here and there, which the indices jump over.
        assert sum(counts) > 0.97 * 58 * 120 * (1.023, 0.985)[imu]
        assert all(b >= a + n for a, b, n in zip(firsts, firsts[1:], counts, strict=False))
        norms = [
            np.linalg.norm(np.frombuffer(block.samples[imu], "<i2").reshape(-1, 4) / 32768, axis=1) for block in blocks
        ]
        assert np.abs(np.concatenate(norms) - 1).max() < 1e-3


def test_at_the_smallest_mtu_live_blocks_keep_up(smallest: Joined):
    origin_us = smallest.boots[0].origin_us
    late_s = [
        at_s - (smallest.blocks[boot, sequence].time_us + origin_us) * 1e-6
        for boot, sequence, at_s in smallest.order
        if 5 < at_s < 20
    ]
    # What was resent comes later.
    assert np.quantile(late_s, 0.8) < 0.5
