"""A serial line that falls silent may end in a Python prompt: nothing goes there that a prompt would act on."""

import pytest

from hiphinge.link import LinkSession
from hiphinge.virtual import DeviceSettings, Faults, FaultyLink, VirtualDevice, step
from hiphinge.virtual.wearer import Still
from hiphinge_wire.framing import encode_frame
from hiphinge_wire.hello import HelloReply, hello_frame


def sent(session: LinkSession, from_s: float, until_s: float) -> bytes:
    """All that is sent over a time in which nothing arrives."""
    data = b""
    for tick in range(round(from_s * 20), round(until_s * 20)):
        session.poll(tick / 20)
        data += b"".join(session.outgoing(tick / 20))
    return data


def greeted(now_s: float = 0.0) -> LinkSession:
    session = LinkSession("stream")
    session.connected(now_s)
    session.poll(now_s)
    session.outgoing(now_s)
    session.receive(encode_frame(HelloReply(request=0, wire_major=1, max_message=1024, boot=7).encode()), now_s)
    return session


def only_hello(data: bytes) -> bool:
    return data.replace(hello_frame(), b"") == b""


@pytest.mark.parametrize("wish", ["self_test", "identify", "get_config"])
def test_before_it_is_answered_only_hello_is_said_and_requests_wait(wish: str):
    session = LinkSession("stream")
    session.connected(0.0)
    getattr(session, wish)()
    data = sent(session, 0.0, 10.0)
    assert data.count(hello_frame()) == 10 and only_hello(data)
    session.receive(encode_frame(HelloReply(request=0, wire_major=1, max_message=1024, boot=7).encode()), 10.0)
    assert not only_hello(sent(session, 10.0, 10.1))


def test_after_a_silence_only_hello_is_said_until_it_is_answered():
    session = greeted()
    assert not only_hello(sent(session, 0.0, 1.4))
    data = sent(session, 1.6, 30.0)
    assert data and only_hello(data)
    # A prompt acts on Ctrl-A to Ctrl-E, tabs and line ends; zeros it leaves alone.
    assert min(set(data) - {0}) >= 0x20


def test_a_device_that_speaks_is_never_taken_for_a_prompt():
    device = VirtualDevice(Still(), DeviceSettings())
    link, session = FaultyLink(device, Faults(mtu=0)), LinkSession("stream")
    hellos = 0
    for tick in range(1, 1000):
        step(session, link, tick * 0.02)
        hellos += sum(hello_frame() in data for data in link._to_device)
    assert hellos == 1


def test_a_board_that_restarted_behind_its_usb_chip_is_greeted_and_goes_on():
    device = VirtualDevice(Still(), DeviceSettings())
    link, session = FaultyLink(device, Faults(mtu=0)), LinkSession("stream")
    session.start()
    told: list[object] = []
    for tick in range(1, 600):
        if tick == 250:
            device.restart(off_s=3.0)
        if tick == 400:  # its main.py runs; the port never went away
            device.connect(0, stream=True)
        told += step(session, link, tick * 0.02)
    names = [type(event).__name__ for event in told]
    assert "Rebooted" in names and "Samples" in names[names.index("Rebooted") :]
