"""Whatever arrives: no error but its own, bounded memory, and the session is still of use afterwards."""

import random
import resource

import pytest

from hiphinge.link import LinkSession
from hiphinge.simulate import PERFECT
from hiphinge.virtual import Faults, FaultyLink, VirtualDevice, step
from hiphinge.virtual.wearer import Still
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.framing import encode_frame

assert PERFECT


def heard(seconds: float, mtu: int) -> list[bytes]:
    """Packets of a real session: what the fuzz begins from."""
    session = LinkSession("packets" if mtu else "stream")
    session.start()
    session.list_store()
    session.get_config()
    session.calibrate_gyro()
    link = FaultyLink(VirtualDevice(Still()), Faults(mtu=mtu))
    packets: list[bytes] = []
    receive = session.receive

    def note(data: bytes, *rest):
        packets.append(data)
        return receive(data, *rest)

    session.receive = note  # type: ignore[method-assign]
    for k in range(int(seconds / 0.02)):
        if k == 50:
            link.device.press_button()
        step(session, link, k * 0.02)
    return packets


def spoilt(rng: random.Random, packets: list[bytes]) -> bytes:
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(260))
    data = bytearray(rng.choice(packets))
    if kind < 0.3 or not data:
        return bytes(data)
    if kind < 0.4:
        return bytes(data[: rng.randrange(len(data))])
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] = rng.choice((0, 255, 128, rng.randrange(256)))
    return bytes(data)


def messages(rng: random.Random, packets: list[bytes], stream: bool) -> bytes:
    """Damage behind the checks of the link: what decodes, but lies."""
    from hiphinge_wire.framing import Deframer

    if stream:
        found = Deframer().feed(rng.choice(packets))
        body = bytearray(found[0] if found else b"\x01")
    else:
        body = bytearray(rng.choice(packets)[1:] or b"\x01")
    for _ in range(rng.choice((1, 2, 4))):
        body[rng.randrange(len(body))] = rng.choice((0, 255, 128, 1, rng.randrange(256)))
    return encode_frame(bytes(body)) if stream else Fragmenter(244).split(bytes(body))[0]


@pytest.mark.parametrize("mtu", [247, 0])
def test_fifty_thousand_inputs_each(mtu: int):
    rng = random.Random(mtu)
    packets = heard(3.0, mtu)
    session = LinkSession("packets" if mtu else "stream")
    session.start()
    session.connected(0.0, 244)
    now_s = 0.0
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for at in range(50_000):
        now_s += 0.003
        data = spoilt(rng, packets) if rng.random() < 0.5 else messages(rng, packets, mtu == 0)
        session.receive(data, now_s, rng.choice(("data", "control")))
        if at % 50 == 0:
            session.poll(now_s)
            session.durable()
            session.outgoing(now_s)
            session.health(now_s)
        if at % 997 == 0:
            session.disconnected(now_s)
            session.connected(now_s, rng.choice((20, 182, 244)))
    # The fills of a long silence (60 000 rows) are the largest thing there is.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 150_000
