"""Live gaps are bridged as a recording's are, so that the engine sees the same."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.kinematics.grid import GriddedImu, measure_grid, put_on_grid
from hiphinge.link.bridge import Bridge
from hiphinge.link.events import Samples
from hiphinge.model import ImuSamples


@given(
    missing=st.lists(st.booleans(), min_size=10, max_size=120),
    cuts=st.lists(st.integers(1, 15), min_size=1, max_size=20),
    seed=st.integers(0, 99),
)
def test_equal_to_put_on_grid(missing: list[bool], cuts: list[int], seed: int):
    empty = np.array(missing)
    empty[5] = False
    rng = np.random.default_rng(seed)
    size = len(empty)
    values = rng.normal(size=(2, size, 3))
    values[:, empty] = np.nan
    time_s = np.arange(size) / 100
    expected = put_on_grid(ImuSamples(values[0], values[1]), measure_grid(time_s))
    other = rng.normal(size=(2, size, 3))
    bridge = Bridge(100.0)
    found, first = [], 0
    for cut in [*cuts, size]:
        part = slice(first, min(size, first + cut))
        if part.start >= part.stop:
            continue
        gap_s = np.where(empty[part], np.inf, 0.0)
        lower = GriddedImu(values[0][part], values[1][part], None, gap_s)
        upper = GriddedImu(other[0][part], other[1][part], None, np.zeros(len(gap_s)))
        found.append(bridge.push(Samples(first, time_s[part], lower, upper)))
        first = part.stop
    found.append(bridge.finish())
    given_s = np.concatenate([one[0] for one in found if one is not None])
    np.testing.assert_array_equal(given_s, time_s)
    lower = [one[1] for one in found if one is not None]
    np.testing.assert_allclose(np.concatenate([one.gap_s for one in lower]), expected.gap_s, rtol=1e-12)
    np.testing.assert_allclose(np.concatenate([one.acc_mps2 for one in lower]), expected.acc_mps2, atol=1e-12)
    np.testing.assert_allclose(np.concatenate([one.gyr_radps for one in lower]), expected.gyr_radps, atol=1e-12)
    upper = np.concatenate([one[2].acc_mps2 for one in found if one is not None])
    np.testing.assert_array_equal(upper, other[0])
