"""One sensor live: mending samples that came is as if they had come mended."""

import numpy as np
import pytest

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.stream import SensorStream, reoriented

RATE_HZ, STRIDE, KEEP = 100.0, 4, 2000


def samples(blocks: int, knocked: bool, knock_row: int) -> GriddedImu:
    count, rng = blocks * STRIDE, np.random.default_rng(4)
    acc = np.array([0.0, 6.0, 7.8]) + rng.normal(0, 0.05, (count, 3))
    gyr = rng.normal(0, 0.1, (count, 3))
    if knocked:
        acc[knock_row : knock_row + 4] += [60.0, -40.0, 0.0]
    return GriddedImu(acc, gyr, None, np.zeros(count))


def streamed(imu: GriddedImu) -> SensorStream:
    stream = SensorStream(RATE_HZ, STRIDE, KEEP)
    for first in range(0, len(imu.gap_s), STRIDE):
        stream.push(imu.rows(slice(first, first + STRIDE)))
    return stream


@pytest.mark.parametrize("ago", [12, 30, 45, 59])
@pytest.mark.parametrize("blocks", [40, 100, 101, 700])
def test_mended_samples_are_as_if_they_had_come_so(blocks: int, ago: int) -> None:
    row = blocks * STRIDE - ago
    clean, struck = streamed(samples(blocks, False, row)), streamed(samples(blocks, True, row))
    before = struck.fine.everything()
    assert np.abs(before.up - clean.fine.everything().up).max() > 0.003
    force = samples(blocks, False, row).acc_mps2
    assert force is not None
    struck.mend(row, force[row:])
    assert not struck.mended
    for mended, spared in ((struck.fine, clean.fine), (struck.coarse, clean.coarse)):
        assert (mended.start, mended.stop) == (spared.start, spared.stop)
        np.testing.assert_allclose(mended.everything().quat, spared.everything().quat, atol=1e-12)
        np.testing.assert_allclose(mended.everything().up, spared.everything().up, atol=1e-12)
    # And it goes on so.
    more = samples(blocks + 3, False, row).rows(slice(blocks * STRIDE, None))
    for stream in (struck, clean):
        for first in range(0, 3 * STRIDE, STRIDE):
            stream.push(more.rows(slice(first, first + STRIDE)))
    np.testing.assert_allclose(struck.fine.everything().up, clean.fine.everything().up, atol=1e-12)


@pytest.mark.parametrize("since", [0, 2])
def test_a_knock_before_the_past_was_oriented_anew_is_taken_out_too(since: int) -> None:
    row = 400 - 20
    clean, struck = streamed(samples(100, False, row)), streamed(samples(100, True, row))
    for stream, knocked in ((clean, False), (struck, True)):
        anew = reoriented(stream.past(), None)
        for first in range(400, 400 + since * STRIDE, STRIDE):
            stream.push(samples(102, knocked, row).rows(slice(first, first + STRIDE)))
        stream.adopt(anew)
    force = clean.read(row).acc_mps2
    assert force is not None
    struck.mend(row, force)
    assert not struck.mended
    np.testing.assert_allclose(struck.fine.everything().up, clean.fine.everything().up, atol=1e-12)
    np.testing.assert_allclose(struck.coarse.everything().up, clean.coarse.everything().up, atol=1e-12)


def test_what_the_filter_no_longer_remembers_is_left_to_the_next_study() -> None:
    row = 100
    struck, force = streamed(samples(100, True, row)), samples(100, False, row).acc_mps2
    assert force is not None
    before = struck.fine.everything().up.copy()
    struck.mend(row, force[row:])
    assert struck.mended
    np.testing.assert_array_equal(struck.fine.everything().up, before)
    assert struck.read(0).acc_mps2 is not None
    np.testing.assert_array_equal(struck.read(0).acc_mps2, force)
