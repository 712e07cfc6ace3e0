"""Nothing lost, nothing doubled: loss, outages, damage, restarts, kills, small packets."""

import numpy as np
import pytest
from virtual_runs import Run, Swinging, joined

from hiphinge.link import (
    EarlierSamples,
    LinkSession,
    Lost,
    Rebooted,
    Samples,
    SessionStarted,
    StoreContents,
    Unanswered,
)
from hiphinge.simulate import TYPICAL
from hiphinge.virtual import DeviceSettings, Faults, FaultyLink, VirtualDevice


def run(faults: Faults = Faults(), settings: DeviceSettings = DeviceSettings(), start: bool = True) -> Run:  # noqa: B008
    device = VirtualDevice(Swinging(TYPICAL), settings)
    session = LinkSession("packets" if faults.mtu else "stream")
    if start:
        session.start()
    return Run(FaultyLink(device, faults), session)


def again(before: Run) -> Run:
    """Another host process on the same device and link."""
    session = LinkSession("packets" if before.link.faults.mtu else "stream")
    session.start()
    before.link.drop()
    return Run(before.link, session, now_s=before.now_s)


def test_ten_minutes_with_loss_and_outages_equal_a_perfect_link():
    perfect = run().until(600).samples()
    outages = ((50.0, 1.0), (120.0, 10.0), (250.0, 60.0))
    bad = run(Faults(loss=0.01, jitter_s=0.003, outages=outages, from_s=1.0, seed=3)).until(600)
    health = bad.session.health(600)
    assert bad.link.lost > 100
    assert health.resent > 100
    assert health.lost_blocks == 0 and health.missing == 0 and health.waiting < 10
    assert bad.of(Lost) == []
    here = bad.samples()
    assert abs(len(here[0]) - len(perfect[0])) < 20
    least = min(len(here[0]), len(perfect[0]))
    assert least > 59_900
    assert np.isfinite(here[1]).all()
    np.testing.assert_array_equal(here[0][:least], perfect[0][:least])
    np.testing.assert_array_equal(here[1][:least], perfect[1][:least])


@pytest.mark.parametrize(("mtu", "packets"), [(23, 20), (185, 6), (0, 6)])
def test_any_packet_size_gives_the_same_samples(mtu: int, packets: int):
    perfect = run().until(20).samples()
    other = run(Faults(mtu=mtu, packets=packets, loss=0.003, from_s=1.5)).until(22).samples()
    np.testing.assert_allclose(other[1][:1900], perfect[1][:1900], atol=2e-3)
    assert np.isfinite(other[1]).all()


@pytest.mark.parametrize("mtu", [100, 0])
def test_damaged_bytes_are_noticed_and_sent_again(mtu: int):
    # Where a block is one fragment it has no CRC of its own: the radio's is what protects it.
    perfect = run(Faults(mtu=mtu)).until(30).samples()
    bad = run(Faults(mtu=mtu, damage=0.02, from_s=2.0, seed=4)).until(32)
    assert bad.session.health(32).damaged > 10
    if mtu == 0:
        here = bad.samples()
        np.testing.assert_array_equal(here[1][:2900], perfect[1][:2900])


def test_what_is_not_on_disk_is_never_acknowledged():
    one = run()
    one.durable = False
    one.until(10)
    assert one.link.device.store.oldest == 0
    one.durable = True
    one.until(12)
    assert one.link.device.store.oldest > 250


def test_a_killed_host_leaves_its_last_blocks_to_the_next_one():
    one = run().until(10)
    one.durable = False  # received, but the process dies before it is on disk
    one.until(13)
    left = one.link.device.store.oldest
    two = again(one).until(25)
    (started,) = two.of(SessionStarted)
    assert started.first_sequence > left
    earlier = two.of(EarlierSamples)
    assert {piece.time_known for piece in earlier} == {"exactly"}
    # What the first one knew durably, what came before the second one, and the second's own: without a hole.
    before = np.concatenate([piece.time_s for piece in earlier])
    assert np.allclose(np.diff(before), 0.01)
    assert 2.9 < before[-1] - before[0] < 4.2
    assert two.samples()[0][-1] > 11.5
    assert two.link.device.store.oldest > started.first_sequence, "and all of it was acknowledged"


def test_a_restart_in_mid_session_goes_on_in_the_same_session():
    one = run(Faults(loss=0.01, from_s=1.0, outages=((20.0, 5.0),))).until(24)
    one.link.device.restart(off_s=0.0)
    one.until(50)
    told = one.of(Rebooted)
    assert [event.boot for event in told] == [2, 2]
    assert told[-1].uncertainty_s is not None and told[-1].uncertainty_s < 0.1
    assert one.of(Lost) == []
    assert len(one.of(SessionStarted)) == 1
    time_s, columns = one.samples()
    assert time_s[-1] > 49
    empty = np.isnan(columns).any(axis=1)
    # Sampling ended with the restart at 24 s and began again with START after the reconnection at 25 s, or with the
    # next one where that was lost.
    assert 0.9 < empty.sum() / 100 < 3.5
    holes = time_s[empty]
    assert 23.5 < holes[0] < 24.5 and 24.9 < holes[-1] < 27.5
    # The wearer goes on moving in the same time: the second part fits the first one's clock.
    phase = 2 * np.pi * 0.5 * (time_s + start_of(one))
    rate = columns[:, 3]
    late = time_s > 30
    for part in (~empty & ~late, late):
        shifts = [np.mean((rate[part] - np.mean(rate[part]) - np.sin(phase[part] + np.pi * s)) ** 2) for s in SHIFTS]
        assert abs(SHIFTS[int(np.argmin(shifts))]) <= 0.06


SHIFTS = np.arange(-0.2, 0.2, 0.01)


def start_of(one: Run) -> float:
    """Wearer's time at session time 0: both sensors' first samples lie within a period of START."""
    del one
    return 0.008


def test_a_restart_that_loses_its_store_says_what_is_lost():
    one = run(Faults(outages=((20.0, 5.0),))).until(24)
    one.link.device.restart(keeps=False)
    one.until(40)
    assert {event.reason for event in one.of(Lost)} <= {"power_cut"}
    assert one.samples()[0][-1] > 38


def test_overwritten_blocks_are_counted_and_left_empty():
    one = run(Faults(outages=((10.0, 20.0),)), DeviceSettings(store_blocks=100)).until(60)
    lost = one.of(Lost)
    assert {event.reason for event in lost} == {"overwritten"}
    blocks = sum(event.blocks for event in lost)
    # What had arrived, but was not acknowledged yet when the link went, is no loss.
    assert 0 <= one.link.device.counters["dropped"] - blocks < 70
    samples = [sum(event.samples[imu] for event in lost if event.samples) for imu in (0, 1)]
    assert samples == pytest.approx([122.8 * 0.0333 * blocks, 118.2 * 0.0333 * blocks], rel=0.25)
    time_s, columns = one.samples()
    assert time_s[-1] > 58
    empty = np.isnan(columns).any(axis=1).sum() / 100
    assert 0.03 * blocks < empty < 0.045 * blocks


def test_an_earlier_boot_is_listed_fetched_and_placed():
    one = run(Faults(outages=((10.0, 4.0),))).until(13)
    one.link.device.restart()
    session = LinkSession("packets")
    two = Run(one.link, session, now_s=one.now_s)
    two.until(16)
    session.list_store()
    two.until(17)
    (contents,) = two.of(StoreContents)
    (stored,) = contents.stored
    assert stored.boot == 1 and stored.last > stored.first
    assert stored.time_known == "only_order" and stored.unix_s is None
    assert session.fetch(1)
    two.until(25)
    earlier = two.of(EarlierSamples)
    seconds = sum(len(piece.time_s) for piece in earlier) / 100
    assert abs(seconds - stored.duration_s) < 0.2
    assert earlier[0].time_known == "only_order" and earlier[0].uncertainty_s is None
    assert not one.link.device.boots[1].blocks, "acknowledged to the end"
    assert two.of(Samples) == []


def test_an_earlier_boot_whose_time_a_host_told_is_placed_by_the_clock():
    one = run(Faults(outages=((10.0, 4.0),)))
    one.session.connected = lambda now_s, payload: LinkSession.connected(one.session, now_s, payload, 1.7e9 + now_s)  # type: ignore[method-assign]
    one.until(13)
    one.link.device.restart()
    two = Run(one.link, LinkSession("packets"), now_s=one.now_s).until(16)
    two.session.list_store()
    two.until(17)
    (stored,) = two.of(StoreContents)[0].stored
    assert stored.time_known == "exchanged"
    assert stored.unix_s == pytest.approx(1.7e9, abs=0.05)
    assert stored.uncertainty_s is not None and stored.uncertainty_s < 0.1


def test_a_replay_of_the_bytes_gives_the_same_samples():
    outages = ((10.0, 3.0), (20.0, 5.0))
    one = run(Faults(loss=0.02, jitter_s=0.005, outages=outages, from_s=0.5, seed=8))
    heard: list[tuple] = []
    live = one.session
    receive, connected, disconnected = live.receive, live.connected, live.disconnected

    def noted(kind, method):
        def call(*arguments):
            heard.append((kind, arguments))
            return method(*arguments)

        return call

    live.receive = noted("receive", receive)  # type: ignore[method-assign]
    live.connected = noted("connected", connected)  # type: ignore[method-assign]
    live.disconnected = noted("disconnected", disconnected)  # type: ignore[method-assign]
    one.until(23)
    one.link.device.restart()
    one.until(40)
    replay = LinkSession("packets", replaying=True)
    events = [event for kind, arguments in heard for event in getattr(replay, kind)(*arguments)]
    assert replay.outgoing(40.0) == []
    time_s, columns = joined([event for event in events if isinstance(event, Samples)])
    expected_s, expected = one.samples()
    np.testing.assert_array_equal(time_s, expected_s)
    np.testing.assert_array_equal(columns, expected)


def test_a_device_that_never_answers_is_said():
    session = LinkSession("packets")
    session.connected(0.0, 244)
    session.identify()
    events = []
    for k in range(400):
        events += session.poll(k * 0.05)
        session.outgoing(k * 0.05)
    assert [event.what for event in events if isinstance(event, Unanswered)] == ["identify"]
