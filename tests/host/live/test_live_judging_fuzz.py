"""What a lying device sends goes through to the judge: its own errors only, in bounded time."""

import random

import pytest

from hiphinge.app.live.judging import Judging
from hiphinge.app.live.plan import planned
from hiphinge.engine import Inline
from hiphinge.link import LinkSession, Samples
from hiphinge.virtual import Faults, FaultyLink, VirtualDevice, step
from hiphinge.virtual.wearer import Still
from hiphinge_wire.fragment import Fragmenter

RATE_HZ = 100.0


def honest(seconds: float) -> list[bytes]:
    """Packets of a real session."""
    session = LinkSession("packets")
    session.start()
    packets: list[bytes] = []
    receive = session.receive

    def note(data: bytes, *rest: object) -> list:
        packets.append(data)
        return receive(data, *rest)  # type: ignore[arg-type]

    session.receive = note  # type: ignore[method-assign]
    link = FaultyLink(VirtualDevice(Still()), Faults())
    for tick in range(int(seconds / 0.02)):
        step(session, link, tick * 0.02)
    return packets


def lie(rng: random.Random, packets: list[bytes]) -> bytes:
    body = bytearray(rng.choice(packets)[1:] or b"\x01")
    for _ in range(rng.choice((1, 2, 4))):
        body[rng.randrange(len(body))] = rng.choice((0, 255, 128, 1, rng.randrange(256)))
    return Fragmenter(244).split(bytes(body))[0]


@pytest.mark.parametrize("seed", range(3))
def test_lies_are_judged_or_left_out_and_break_nothing(seed: int):
    rng, packets = random.Random(seed), honest(5.0)
    session, judging = LinkSession("packets"), Judging(planned(None), Inline(), lambda: 0.0)
    session.start()
    session.connected(0.0, 244)
    rows = 0
    for at in range(4000):
        data = packets[at] if at < 100 else lie(rng, packets)
        for event in session.receive(data, at * 0.02, rng.choice(("data", "data", "control"))):
            if isinstance(event, Samples):
                rows += len(event.time_s)
                list(judging.samples(event, at * 0.02))
    list(judging.finish(80.0))
    assert rows > 2 * RATE_HZ
