"""The device's clock against arrivals: what a radio adds does not move it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.link.clock import DeviceClock, Envelope


def arrivals(seconds: float, seed: int, ppm: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Blocks every 33 ms on a link that delivers every 30 ms, with stalls: device and arrival times."""
    rng = np.random.default_rng(seed)
    made = np.arange(int(seconds * 30)) / 30 + rng.uniform(0, 0.01, int(seconds * 30))
    host = 100.0 + made * (1 + ppm * 1e-6)
    arrived = np.ceil((host + 0.003) / 0.03) * 0.03 + rng.exponential(0.004, len(made))
    arrived[rng.random(len(made)) < 0.02] += rng.uniform(0.1, 0.5)
    return made, np.maximum.accumulate(arrived)


@pytest.mark.parametrize(("seconds", "most_s"), [(10.0, 0.006), (60.0, 0.003), (600.0, 0.002)])
def test_the_envelope_finds_the_shortest_delay(seconds: float, most_s: float):
    for seed in range(5):
        clock = DeviceClock()
        for device_s, arrival_s in zip(*arrivals(seconds, seed), strict=True):
            clock.arrived(float(device_s), float(arrival_s))
        true = 100.0 + seconds * (1 + 40e-6) + 0.003
        assert abs(clock.host_s(seconds) - true) < most_s
        if seconds >= 600:
            assert clock.ppm == pytest.approx(40.0, abs=5.0)


def test_a_day_needs_no_more_memory_than_an_hour():
    envelope = Envelope()
    rng = np.random.default_rng(2)
    most = 0
    for k in range(200_000):
        envelope.push(k * 0.4, k * 0.4 * (1 + 2e-5) + float(rng.exponential(0.02)))
        most = max(most, len(envelope._corners))
    assert most < 130
    origin, at, slope = envelope.line()
    assert at + slope * (80_000 - origin) == pytest.approx(80_000 * (1 + 2e-5), abs=0.002)


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e3)), min_size=1, max_size=60))
def test_no_kept_point_lies_below_the_line(points: list[tuple[float, float]]):
    envelope = Envelope()
    for device_s, delay_s in points:
        envelope.push(device_s, device_s + delay_s)
    origin, at, slope = envelope.line()
    assert all(y - (at + slope * (x - origin)) > -1e-6 for x, y in envelope._corners)


def test_exchanges_bound_the_offset():
    clock = DeviceClock()
    rng = np.random.default_rng(3)
    for k in range(20):
        sent = 50.0 + k
        up, down = 0.002 + rng.exponential(0.01), 0.002 + rng.exponential(0.01)
        device = sent + up - 42.0
        assert clock.exchanged(sent, device, device + 0.001, sent + up + down + 0.001) is not None
    assert abs(clock.device_s(80.0) - 38.0) <= clock.uncertainty_s + 1e-9
    assert clock.uncertainty_s < 0.02
    assert clock.exchanged(10.0, 5.0, 4.0, 9.0) is None, "contradicts itself"


def test_a_time_from_the_future_is_not_believed():
    clock = DeviceClock()
    for k in range(100):
        clock.arrived(k * 0.1, 10 + k * 0.1)
    assert clock.believable(10.0, 20.0)
    assert not clock.believable(5000.0, 20.1)
    assert clock.believable(10.1, 20.2)
    assert [clock.believable(5000.0 + k, 21.0 + k) for k in range(11)] == [False] * 10 + [True]
