"""Control: what is asked, answered, refused; what the session tells of the device."""

import numpy as np
import pytest

from hiphinge.link import (
    ButtonPressed,
    Channel,
    Configured,
    DeviceInfo,
    DeviceStatus,
    Done,
    GyroBiasMeasured,
    LinkDown,
    LinkSession,
    LinkUp,
    Refused,
    Samples,
    SelfTested,
    TimeExchanged,
    Unanswered,
    Warned,
)
from hiphinge.virtual import DeviceSettings, Faults, FaultyLink, VirtualDevice, step
from hiphinge.virtual.wearer import Still
from hiphinge_wire.calibration import METHOD_SIX_POSITIONS, Calibration
from hiphinge_wire.codec import decode_request
from hiphinge_wire.errors import WireError
from hiphinge_wire.info import Info
from hiphinge_wire.requests import Nack


class Bench:
    def __init__(self, mtu: int = 247, settings: DeviceSettings | None = None, **options) -> None:
        self.device = VirtualDevice(Still(), settings)
        self.link = FaultyLink(self.device, Faults(mtu=mtu))
        self.session = LinkSession("packets" if mtu else "stream", **options)
        self.now_s = 0.0

    def run(self, seconds: float) -> list:
        events = []
        for _ in range(round(seconds / 0.02)):
            self.now_s += 0.02
            events += step(self.session, self.link, self.now_s)
        return events


def of(events: list, kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("mtu", [247, 23, 0])
def test_a_connection_tells_who_is_there(mtu: int):
    bench = Bench(mtu)
    events = bench.run(3.0)
    (up,), (info,) = of(events, LinkUp), of(events, DeviceInfo)
    assert up.payload == max(20, mtu - 3)
    assert (info.serial, info.profile, info.imus[0].rate_hz, info.imus[1].gyr_delay_s) == ("V0001", "C", 120.0, 0.004)
    status = of(events, DeviceStatus)[-1]
    assert status.state == "ready" and status.battery_percent == 87 and status.temperature_degc == (31.0, 30.5)
    assert status.battery_v == pytest.approx(4.06, abs=0.05)
    exchange = of(events, TimeExchanged)[-1]
    assert exchange.uncertainty_s < 0.05
    assert exchange.device_s == pytest.approx(exchange.at_s, abs=exchange.uncertainty_s + 0.01)
    assert of(events, Samples) == [], "nothing without START"


def test_every_request_is_answered_by_its_event():
    bench = Bench()
    bench.run(1.0)
    ask = bench.session
    asked = {
        ask.cue(1): Done,
        ask.identify(): Done,
        ask.get_config(): Configured,
        ask.set_config({"name": "Anna", "gyr_range_dps": 500}): Configured,
        ask.calibrate_gyro(): GyroBiasMeasured,
        ask.self_test(): SelfTested,
        ask.forget_bonds(): Done,
    }
    events = bench.run(1.0)
    for number, kind in asked.items():
        assert [event for event in of(events, kind) if event.request == number], kind
    assert [event.values for event in of(events, Configured)][1] == {"name": "Anna", "gyr_range_dps": 500}
    assert of(events, Unanswered) == []


def test_what_cannot_be_is_refused():
    bench = Bench()
    bench.session.start()
    bench.run(1.0)
    number = bench.session.self_test()
    (refused,) = of(bench.run(0.5), Refused)
    assert (refused.request, refused.what, refused.code) == (number, "self-test", "BAD_STATE")
    with pytest.raises(WireError):
        bench.session.set_config({"gyr_range_dps": 333})


def test_stop_ends_the_stream_and_start_resumes_the_same_session():
    bench = Bench()
    bench.session.start()
    bench.run(3.0)
    number = bench.session.stop()
    events = bench.run(2.0)
    assert [event.request for event in of(events, Done)] == [number]
    bench.session.start()
    events = bench.run(3.0)
    samples = of(events, Samples)
    assert samples[-1].time_s[-1] > 7.5
    assert np.isinf(np.concatenate([one.sacral.gap_s for one in samples])).sum() == pytest.approx(200, abs=20)


def test_the_button_is_told_once_with_session_time():
    bench = Bench()
    bench.session.start()
    bench.run(2.0)
    bench.device.press_button()
    pressed = of(bench.run(4.0), ButtonPressed)
    assert [event.kind for event in pressed] == ["short"]
    assert pressed[0].time_s == pytest.approx(2.0 - 0.06, abs=0.05)
    assert not bench.device.events, "acknowledged"


def test_a_stored_calibration_is_fetched_before_the_first_sample():
    unit = (10**9, 0, 0, 0, 10**9, 0, 0, 0, 10**9)
    stored = Calibration(
        imu=1,
        method=METHOD_SIX_POSITIONS,
        acc_offset_ug=(0, 0, 500_000),
        acc_matrix_nano=unit,
        gyr_matrix_nano=unit,
    )
    bench = Bench(settings=DeviceSettings(calibrations=(None, stored)))
    bench.session.start()
    samples = of(bench.run(3.0), Samples)
    assert samples[0].sacral.acc_mps2[0, 2] == pytest.approx(9.80665, abs=0.01)
    assert samples[0].thoracic.acc_mps2[0, 2] == pytest.approx(9.80665 / 2, abs=0.01)


def test_profile_a_gives_orientations_only():
    bench = Bench(settings=DeviceSettings(profile=1))
    bench.session.start()
    samples = of(bench.run(3.0), Samples)
    assert samples[0].sacral.acc_mps2 is None and samples[0].sacral.gyr_radps is None
    quat = np.concatenate([one.sacral.quat for one in samples])
    np.testing.assert_allclose(quat, np.tile([1.0, 0, 0, 0], (len(quat), 1)), atol=1e-6)


def test_losing_the_link_says_what_will_not_be_answered():
    bench = Bench()
    bench.run(1.0)
    number = bench.session.identify()
    events = bench.session.disconnected(bench.now_s)
    assert of(events, LinkDown) and [event.request for event in of(events, Unanswered)] == [number]
    assert bench.session.outgoing(bench.now_s) == []


def test_another_major_version_is_said_once():
    session = LinkSession("stream")
    session.connected(0.0)
    bench = Bench(0)
    info: Info = bench.device.store.info
    info.wire_major = 2
    from hiphinge_wire.framing import encode_frame

    events = [event for _ in range(3) for event in session.receive(encode_frame(info.encode()), 0.1)]
    (warned,) = of(events, Warned)
    assert "update this program" in warned.words


def test_console_text_on_the_line_is_no_frame_and_said():
    session = LinkSession("stream")
    session.connected(0.0)
    events = session.receive(b"MicroPython v1.28\r\n>>> \r\n" * 40, 0.1)
    assert events == []
    assert session.outgoing(0.2) == []
    session.poll(0.2)
    assert b"hiphinge wire" in b"".join(session.outgoing(0.2))


def test_resend_requests_are_paced():
    bench = Bench()
    bench.session.start()
    bench.run(2.0)
    sent: list[float] = []
    take, receive, heard = bench.device.control.take, bench.session.receive, [0]

    def deaf(data: bytes) -> None:
        if isinstance(decode_request(data), Nack):
            sent.append(bench.now_s)
        else:
            take(data)

    def lossy(data: bytes, now_s: float, channel: Channel = "data") -> list:
        heard[0] += channel == "data"
        return [] if channel == "data" and heard[0] % 3 == 0 else receive(data, now_s, channel)

    bench.device.control.take = deaf  # type: ignore[method-assign]
    bench.session.receive = lossy  # type: ignore[method-assign]
    bench.run(6.0)
    assert 20 < len(sent) <= 61, "at most ten a second"
    assert bench.session.health(bench.now_s).missing > 40
    bench.device.control.take = take  # type: ignore[method-assign]
    bench.session.receive = receive  # type: ignore[method-assign]
    events = bench.run(4.0)
    assert bench.session.health(bench.now_s).missing == 0
    assert of(events, Samples)[-1].time_s[-1] > 11.5
