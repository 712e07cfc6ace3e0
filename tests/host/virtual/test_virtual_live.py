"""A simulated wearer through device, bad link, session and engine: the same repetitions as over a perfect link."""

import numpy as np
import pytest
from virtual_runs import Run

from hiphinge.engine import Decided, LiveEngine
from hiphinge.link import Bridge, LinkSession, Samples
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.simulate import default_scenario
from hiphinge.virtual import DeviceSettings, Faults, FaultyLink, VirtualDevice, Wearer


@pytest.fixture(scope="module")
def wearer() -> Wearer:
    return Wearer(default_scenario())


def run(wearer: Wearer, faults: Faults) -> Run:
    # Chips that sit turned in the housing: INFO says how.
    settings = DeviceSettings(axes=((-2, 1, 3), (1, -3, 2)))
    session = LinkSession("packets")
    session.start()
    return Run(FaultyLink(VirtualDevice(wearer, settings), faults), session).until(wearer.duration_s + 12)


def judged(one: Run):
    engine, bridge = LiveEngine(100.0, resolve_limits(load_programme("assisted"))), Bridge(100.0)
    events = []
    for samples in one.of(Samples):
        ready = bridge.push(samples)
        if ready is not None:
            events += engine.push(*ready)
    rest = bridge.finish()
    events += engine.finish() if rest is None else [*engine.push(*rest), *engine.finish()]
    return [event.attempt for event in events if isinstance(event, Decided)]


def test_repetitions_over_a_bad_link_are_those_over_a_perfect_one(wearer: Wearer):
    perfect = judged(run(wearer, Faults()))
    outages = ((15.0, 1.0), (30.0, 5.0))
    bad = judged(run(wearer, Faults(loss=0.02, jitter_s=0.004, outages=outages, from_s=1.0, seed=2)))
    assert bad == perfect
    truth = wearer.simulation.truth.repetitions
    assert len(perfect) == len(truth) == 10
    for found, true in zip(perfect, truth, strict=True):
        assert found.hip_hinge_deg == pytest.approx(true.hip_hinge_deg, abs=1.5)


def test_aligned_samples_are_the_truth_at_their_instants(wearer: Wearer):
    """Against the simulator: what two clocks, int16, delays and resampling leave, noise and bias of the chips aside."""
    one = run(wearer, Faults())
    time_s, columns = one.samples()
    # The device began to sample at START; a few ms of the chips' phases lie between that and session time 0.
    begin_s = min(chip.time_s(0) for chip in one.link.device.assembly._chips)
    assert begin_s > 0
    inside = (time_s > 1) & (time_s < wearer.duration_s - 1)
    best = []
    for imu in (0, 1):
        gyr = columns[inside, 6 * imu + 3 : 6 * imu + 6]
        shifts = np.arange(-0.004, 0.02, 0.0005)
        rms = []
        for shift in shifts:
            true = wearer.true(imu, time_s[inside] + shift)[1]
            off = gyr - true
            rms.append(float(np.sqrt(np.mean((off - off.mean(axis=0)) ** 2))))
        best.append((shifts[int(np.argmin(rms))], min(rms)))
    # Both sensors agree on when it was, to half a ms; white noise of the chips is 0.04 deg/s = 0.0007 rad/s.
    assert abs(best[0][0] - best[1][0]) <= 0.0006
    assert max(rms for _, rms in best) < np.radians(0.15)
