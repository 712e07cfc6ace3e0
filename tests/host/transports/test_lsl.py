"""Lab Streaming Layer with real outlets and inlets, on this machine's loopback."""

import time
import uuid
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from hiphinge.engine import AnglesKnown, Decided, Disturbed, LiveEngine, LiveEvent, Rezeroed
from hiphinge.kinematics.disturbances import Disturbance
from hiphinge.kinematics.grid import grid_times, measure_grid, put_on_grid
from hiphinge.model import Angles, Event, HiphingeError, ImuSamples, Recording
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.simulate import quick_scenario, simulate
from hiphinge.transports import lsl
from hiphinge.transports.lsl import ANGLE_CHANNELS, SAMPLE_CHANNELS, LslPublisher, lsl_clock_s
from hiphinge.transports.lsl_marks import MarkInlet

pylsl: Any = pytest.importorskip("pylsl", reason='Lab Streaming Layer is an extra: pip install "hiphinge[lsl]"')
pytestmark = pytest.mark.usefixtures("lsl_on_loopback")

# Beyond what a busy computer needs; nobody waits that long where all is well.
WAIT_S = 60.0
ALL = ("samples", "angles", "markers")


@pytest.fixture
def name() -> str:
    return f"test {uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return simulate(quick_scenario(repetitions=2, faults={2: "flexion"}, marks=True)).recording


class Reader:
    """An inlet as any other program has one."""

    def __init__(self, name: str) -> None:
        (found,) = pylsl.resolve_byprop("name", name, 1, WAIT_S)
        self._inlet = pylsl.StreamInlet(found)
        self._inlet.open_stream(WAIT_S)
        self.info: Any = self._inlet.info(WAIT_S)
        self.rows: list[list[Any]] = []
        self.stamps: list[float] = []

    def read(self, count: int) -> None:
        """Fetch `count` rows in all, and whatever else is there."""
        until_s = time.monotonic() + WAIT_S
        while len(self.rows) < count and time.monotonic() < until_s:
            rows, stamps = self._inlet.pull_chunk(timeout=0.2, max_samples=1024, min_samples=1)
            self.rows += rows
            self.stamps += stamps
        rows, stamps = self._inlet.pull_chunk(timeout=0.2)
        self.rows += rows
        self.stamps += stamps

    def close(self) -> None:
        self._inlet.close_stream()


@pytest.fixture
def readers() -> Iterator[list[Reader]]:
    opened: list[Reader] = []
    yield opened
    for reader in opened:
        reader.close()


def until_all_are_read(publisher: LslPublisher, kinds: AbstractSet[str] = frozenset(ALL)) -> None:
    """A reader is known to the outlet a moment after its own side is open; what is sent before never reaches it."""
    until_s = time.monotonic() + WAIT_S
    while publisher.read_now() < kinds and time.monotonic() < until_s:
        time.sleep(0.01)
    assert publisher.read_now() == kinds


def rows_of(imu: ImuSamples, part: slice) -> ImuSamples:
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    return ImuSamples(imu.acc_mps2[part], imu.gyr_radps[part])


def test_channels_are_the_columns_of_a_session_and_every_angle():
    labels = [channel.label for channel in SAMPLE_CHANNELS]
    assert len(labels) == len(set(labels)) == 12
    assert labels[:4] == ["sacral_acc_x", "sacral_acc_y", "sacral_acc_z", "sacral_gyr_x"]
    assert [channel.label for channel in ANGLE_CHANNELS] == [item.name for item in fields(Angles)][1:]


def test_a_replayed_recording_arrives_complete_in_order_with_its_stamps(
    recording: Recording, name: str, readers: list[Reader]
):
    grid = measure_grid(recording.time_s)
    time_s = grid_times(recording.time_s, grid)
    sacral, thoracic = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    engine = LiveEngine(grid.rate_hz, resolve_limits(load_programme("assisted")))
    offset_s = lsl_clock_s() - time_s[-1]
    said: list[LiveEvent] = []
    with LslPublisher(grid.rate_hz, lambda at_s: at_s + offset_s, name, about={"programme": "assisted"}) as publisher:
        readers += [Reader(f"{name} {kind}") for kind in ALL]
        samples, angles, markers = readers
        until_all_are_read(publisher)
        for event in recording.meta.events:
            publisher.mark(event)
        for first in range(0, grid.size, 37):  # pieces as a radio brings them, no multiple of anything
            part = slice(first, min(first + 37, grid.size))
            lower, upper = sacral.rows(part), thoracic.rows(part)
            publisher.samples(time_s[part], lower, upper)
            events = engine.push(time_s[part], lower, upper)
            publisher.events(events)
            said += events
        last = engine.finish()
        publisher.events(last)
        said += last
        shown = [event for event in said if isinstance(event, AnglesKnown)]
        attempts = [event.attempt for event in said if isinstance(event, Decided)]
        samples.read(grid.size)
        angles.read(sum(len(event.angles.time_s) for event in shown))
        markers.read(len(recording.meta.events) + 3 * len(attempts) + 1)

    expected = np.hstack([recording.sacral.acc_mps2, recording.sacral.gyr_radps,
                          recording.thoracic.acc_mps2, recording.thoracic.gyr_radps])  # fmt: skip
    np.testing.assert_array_equal(np.array(samples.rows), expected)
    np.testing.assert_allclose(samples.stamps, time_s + offset_s, rtol=0, atol=1e-9)

    sent = np.vstack([np.column_stack([getattr(one.angles, c.label) for c in ANGLE_CHANNELS]) for one in shown])
    np.testing.assert_array_equal(np.array(angles.rows), sent)
    at_s = np.concatenate([one.angles.time_s for one in shown])
    np.testing.assert_allclose(angles.stamps, at_s + offset_s, rtol=0, atol=1e-9)

    texts = dict(zip([row[0] for row in markers.rows], markers.stamps, strict=False))
    assert len(attempts) == 2
    for one in attempts:
        assert texts[f"attempt/start/{one.index}"] == pytest.approx(one.start_s + offset_s, abs=1e-9)
        assert texts[f"attempt/bottom/{one.index}"] == pytest.approx(one.bottom_s + offset_s, abs=1e-9)
    assert "attempt/end/1/compliant" in texts and "attempt/end/2/faulty/lumbar_flexion" in texts
    assert [text for text in texts if text.startswith("calibrated")] == ["calibrated/found"]
    assert len(recording.meta.events) == 2
    for event in recording.meta.events:
        assert texts[f"{event.kind}/{event.note}"] == pytest.approx(event.time_s + offset_s, abs=1e-9)


def test_streams_say_what_they_hold(name: str, readers: list[Reader]):
    with LslPublisher(62.5, lambda at_s: at_s, name, source_id="dowel 7", about={"firmware": "1.2"}) as publisher:
        assert publisher.read_now() == set()
        readers += [Reader(f"{name} {kind}") for kind in ALL]
        samples, angles, markers = (reader.info for reader in readers)
    assert (samples.type(), angles.type(), markers.type()) == ("IMU", "Angles", "Markers")
    assert (samples.nominal_srate(), angles.nominal_srate(), markers.nominal_srate()) == (62.5, 62.5, 0.0)
    assert samples.source_id() == "dowel 7-samples"
    assert samples.get_channel_labels() == [channel.label for channel in SAMPLE_CHANNELS]
    assert samples.get_channel_units() == (["m/s^2"] * 3 + ["rad/s"] * 3) * 2
    assert angles.get_channel_labels()[:3] == ["hip_hinge_deg", "trunk_deg", "lumbar_flexion_deg"]
    assert set(angles.get_channel_units()) == {"deg"}
    assert samples.desc().child("hiphinge").child_value("firmware") == "1.2"


def test_missing_samples_and_sensors_without_raw_data_arrive_as_nan(name: str, readers: list[Reader]):
    acc = np.array([[0.0, 9.8, 0.0], [np.nan] * 3])
    raw, fused = ImuSamples(acc, np.zeros((2, 3))), ImuSamples(None, None, np.tile([1.0, 0, 0, 0], (2, 1)))
    with LslPublisher(100.0, lambda at_s: at_s, name) as publisher:
        readers.append(Reader(f"{name} samples"))
        until_all_are_read(publisher, {"samples"})
        publisher.samples(np.array([1.0, 1.01]), raw, fused)
        publisher.samples(np.empty(0), rows_of(raw, slice(0)), rows_of(raw, slice(0)))  # nothing: no sample goes out
        readers[0].read(2)
    got = np.array(readers[0].rows)
    np.testing.assert_array_equal(np.isnan(got), [[False] * 6 + [True] * 6, [True] * 3 + [False] * 3 + [True] * 6])


def test_a_disturbance_goes_out_as_a_marker_of_its_moment(name: str, readers: list[Reader]):
    slip = Disturbance("slip", "thoracic", 3.0, 4.0, 3.5, 6.0, "deg", 2.0)
    with LslPublisher(100.0, lambda at_s: at_s + 10.0, name) as publisher:
        readers.append(Reader(f"{name} markers"))
        until_all_are_read(publisher, {"markers"})
        publisher.events([Disturbed(slip), Rezeroed(5.0)])
        readers[0].read(2)
    assert readers[0].rows == [["disturbed/slip/thoracic"], ["rezeroed"]]
    assert readers[0].stamps == [13.5, 15.0]


@pytest.mark.parametrize("stamps", [[0.0, 1.0], [1.0, np.nan], [-1.0, 1.0], [1.0]])
def test_times_lsl_would_take_for_something_else_are_refused(name: str, stamps: list[float]):
    imu = ImuSamples(np.zeros((2, 3)), np.zeros((2, 3)))
    with (
        LslPublisher(100.0, lambda _: np.array(stamps), name) as publisher,
        pytest.raises(HiphingeError, match="stamp"),
    ):
        publisher.samples(np.array([0.0, 0.01]), imu, imu)


def test_after_the_end_nothing_is_sent(name: str):
    publisher = LslPublisher(100.0, lambda at_s: at_s, name)
    publisher.close()
    with pytest.raises(HiphingeError, match="closed"):
        publisher.mark(Event(1.0, "mark"))


def marker_outlet(name: str, channel_format: int, channels: int = 1) -> Any:
    return pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", channels, 0.0, channel_format, f"id of {name}"))


@pytest.mark.parametrize(
    ("channel_format", "row", "text"),
    [("cf_string", ["trigger ä"], "trigger ä"), ("cf_int32", [7], "7"), ("cf_string", ["a", "b"], "a, b")],
)
def test_marks_of_others_become_events_at_device_time(name: str, channel_format: str, row: list[Any], text: str):
    other = marker_outlet(name, getattr(pylsl, channel_format), len(row))
    started_s = lsl_clock_s()
    inlet = MarkInlet(lambda stamp_s: stamp_s - started_s, name, WAIT_S)
    assert inlet.poll() == []
    other.push_sample(row, started_s + 1.5)
    other.push_sample(row, started_s + 2.5)
    got: list[Event] = []
    until_s = time.monotonic() + WAIT_S
    while len(got) < 2 and time.monotonic() < until_s:
        got += inlet.poll()
        time.sleep(0.01)
    inlet.close()
    assert [(event.kind, event.note) for event in got] == [("sync", text)] * 2
    # Compared over the loopback: under a millisecond apart, some tens on a busy machine; a wrong clock is days off.
    assert [event.time_s for event in got] == pytest.approx([1.5, 2.5], abs=0.3)


def test_the_one_stream_there_is_needs_no_name_and_is_never_our_own(name: str, monkeypatch: pytest.MonkeyPatch):
    with LslPublisher(100.0, lambda at_s: at_s, name, source_id="some device"):
        with pytest.raises(HiphingeError, match="was not found within 1 s"):
            MarkInlet(float, wait_s=1.0)
        first = marker_outlet(f"{name} camera", pylsl.cf_string)
        MarkInlet(float, wait_s=WAIT_S).close()
        second = marker_outlet(f"{name} metronome", pylsl.cf_string)
        # Two are there: it is waited only until both have answered, on a busy computer longer than for a user.
        monkeypatch.setattr("hiphinge.transports.lsl_marks._OTHERS_S", WAIT_S)
        with pytest.raises(HiphingeError, match=r"there are 2 .*camera on .*metronome on"):
            MarkInlet(float, wait_s=WAIT_S)
        del first, second


def test_a_stream_that_ends_does_not_end_the_session(name: str):
    # Without a source_id it cannot be found again: LSL calls it lost.
    other = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0.0, pylsl.cf_string, ""))
    inlet = MarkInlet(float, name, WAIT_S)
    assert not inlet.lost
    del other
    until_s = time.monotonic() + 2 * WAIT_S
    while not inlet.lost and time.monotonic() < until_s:
        assert inlet.poll() == []
        time.sleep(0.05)
    assert inlet.lost and inlet.poll() == []


def test_a_stream_that_is_not_there_is_named():
    with pytest.raises(HiphingeError, match=r'called "lost" was not found within 0\.5 s'):
        MarkInlet(float, "lost", wait_s=0.5)


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pylsl", None)
    with pytest.raises(HiphingeError, match=r'^Lab Streaming Layer needs pylsl: pip install "hiphinge\[lsl\]"$'):
        lsl.library()


def test_the_mapping_of_time_may_improve_while_a_session_runs(name: str, readers: list[Reader]):
    imu = ImuSamples(np.zeros((1, 3)), np.zeros((1, 3)))
    offset_s = [100.0]
    with LslPublisher(100.0, lambda at_s: at_s + offset_s[0], name) as publisher:
        readers.append(Reader(f"{name} samples"))
        until_all_are_read(publisher, {"samples"})
        publisher.samples(np.array([1.0]), imu, imu)
        offset_s[0] = 100.25
        publisher.samples(np.array([2.0]), imu, imu)
        readers[0].read(2)
    assert readers[0].stamps == [101.0, 102.25]
