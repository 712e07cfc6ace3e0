"""A session left open over a weekend: it goes on an hour later, and says so."""

import itertools

import pytest

from hiphinge.link import LinkSession, Samples, Warned
from hiphinge.virtual import Faults, FaultyLink, VirtualDevice, step
from hiphinge.virtual.wearer import Still

HOUR_S = 3600.0


@pytest.mark.parametrize(("away_h", "kept_h"), [(2.0, 2.0), (60.0, 1.0)])
def test_a_very_long_pause_is_kept_as_one_of_an_hour(away_h: float, kept_h: float):
    link, session = FaultyLink(VirtualDevice(Still()), Faults()), LinkSession("packets")
    session.start()
    told: list = []
    for tick in range(150):
        told += step(session, link, tick * 0.02)
    session.stop()
    for tick in range(150, 250):
        told += step(session, link, tick * 0.02)
    link.drop()
    told += session.disconnected(5.0)
    link.device.now_s += away_h * HOUR_S
    link._next_s += away_h * HOUR_S
    session.start()
    for tick in range(250, 500):
        told += step(session, link, tick * 0.02 + away_h * HOUR_S)
    samples = [one for one in told if isinstance(one, Samples)]
    jumps_s = [float(b.time_s[0] - a.time_s[-1]) for a, b in itertools.pairwise(samples)]
    assert max(jumps_s) == pytest.approx(kept_h * HOUR_S, abs=10.0)
    assert all(jump > 0 for jump in jumps_s)
    said = [one for one in told if isinstance(one, Warned)]
    assert len(said) == (away_h != kept_h)
    if said:
        assert said[0].words == "nothing came for 60 hours: kept as a pause of one hour"
        assert samples[0].time_s[0] < said[0].session_s < samples[-1].time_s[0]
    # Both sensors go on: no row is without either.
    assert len(samples[-1].time_s) and sum(len(one.time_s) for one in samples) > 500
