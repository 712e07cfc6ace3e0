"""Every counter's wrap in one short session."""

import numpy as np
from virtual_runs import Run, Swinging

from hiphinge.link import ButtonPressed, LinkSession, Lost, Rebooted
from hiphinge.simulate import TYPICAL
from hiphinge.virtual import DeviceSettings, Faults, FaultyLink, VirtualDevice


def test_wraps_of_sequence_index_time_requests_events_and_message_numbers_and_a_restart():
    near = DeviceSettings(
        boot=2**32 - 3,
        first_sequence=2**32 - 700,
        first_index=(2**32 - 3000, 2**32 - 2900),
        first_us=2**32 - 20_000_000,
    )
    device = VirtualDevice(Swinging(TYPICAL), near)
    device._event_number = 65533
    session = LinkSession("packets")
    session.start()
    one = Run(FaultyLink(device, Faults(loss=0.01, from_s=1.0, outages=((22.0, 6.0), (45.0, 2.0)), seed=6)), session)
    asked = 0

    def ask() -> None:
        nonlocal asked
        # Request ids wrap at 255, message numbers at 64.
        if one.now_s < 40 and round(one.now_s * 50) % 5 == 0:
            asked += session.identify() > 0
        if round(one.now_s * 50) % 250 == 100:
            device.press_button()

    one.until(46.0, ask)
    assert asked > 255
    assert device.store.next > 2**32, "the sequence wrapped"
    assert device.assembly.samples[0] < 2**31, "the indices wrapped"
    assert device.assembly.device_us(one.now_s) > 2**32
    device.restart()
    one.until(70.0, ask)
    assert one.of(Lost) == []
    assert [event.boot for event in one.of(Rebooted)] == [2**32 - 2] * 2
    pressed = one.of(ButtonPressed)
    assert len(pressed) == 14
    times = [event.time_s for event in pressed if event.time_s is not None]
    assert len(times) >= 12 and np.all(np.diff(times) > 4)
    time_s, columns = one.samples()
    assert time_s[-1] > 68
    empty = time_s[np.isnan(columns).any(axis=1)]
    assert len(empty) and empty[0] > 44 and empty[-1] < 52
