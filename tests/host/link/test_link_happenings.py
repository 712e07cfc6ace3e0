"""Events of the device: each once, in order, none waited for that cannot come; acknowledged until that is heard."""

import pytest

from hiphinge.link import ButtonPressed, LinkSession, Warned
from hiphinge.link.happenings import Happenings
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Event


def press(number: int, boot: int = 1) -> Event:
    return Event(kind=1, number=number, boot=boot, time_us=number * 1_000_000, value=0)


def told(happenings: Happenings, numbers: list[int]) -> list[int]:
    return [one.number for number in numbers for one in happenings.take(press(number))]


@pytest.mark.parametrize(
    ("rounds", "expected", "passed_over"),
    [
        ([[1, 2, 3], [1, 2, 3]], [1, 2, 3], 0),
        ([[1], [3], [2, 3]], [1, 2, 3], 0),
        ([[1, 2, 3], list(range(8, 24)), list(range(8, 24))], [1, 2, 3, *range(8, 24)], 4),
        ([[1, 2, 3], list(range(8, 24)), list(range(9, 25))], [1, 2, 3, *range(8, 25)], 4),
        ([[1], [5], [6], [5, 6, 7]], [1, 5, 6, 7], 3),
        ([[65534], [1], [65535, 1]], [65534, 65535, 1], 0),
        ([[65534], [2], [2]], [65534, 2], 2),
        ([[1], [30], [40], [50], *([n] for n in range(60, 78))], [1, 30, 40, 50, *range(60, 78)], 55),
    ],
)
def test_each_event_is_told_once_and_in_order(rounds: list[list[int]], expected: list[int], passed_over: int):
    happenings = Happenings()
    assert told(happenings, [number for one in rounds for number in one]) == expected
    assert happenings.passed_over == passed_over


def test_a_button_works_after_more_presses_than_the_device_keeps():
    session = LinkSession("packets")
    session.connected(0.0, 244)
    events = []
    fragmenter = Fragmenter(244)

    def heard(message: Message, at_s: float) -> None:
        for packet in fragmenter.split(message.encode()):
            events.extend(session.receive(packet, at_s, "control"))

    for at_s, numbers in ((1.0, range(1, 4)), (60.0, range(8, 24)), (61.0, range(8, 24)), (70.0, range(24, 25))):
        for number in numbers:
            heard(press(number), at_s)
    assert len([event for event in events if isinstance(event, ButtonPressed)]) == 3 + 16 + 1
    (warned,) = [event for event in events if isinstance(event, Warned)]
    assert "lost" in warned.words


def test_an_acknowledgement_is_said_again_when_the_event_is_repeated_or_the_link_was_new():
    happenings = Happenings()
    told(happenings, [1, 2])
    assert happenings.acks() == [], "not on disk"
    happenings.durable(happenings.received())
    assert [(one.boot, one.number) for one in happenings.acks()] == [(1, 2)]
    assert happenings.acks() == []
    told(happenings, [1])
    assert [one.number for one in happenings.acks()] == [2]
    happenings.connected()
    assert [one.number for one in happenings.acks()] == [2]


def test_boots_without_end_fill_no_memory_and_stop_nothing():
    happenings = Happenings()
    for boot in range(1, 1000):
        assert happenings.take(press(1, boot))
    assert len(happenings.received()) <= 16
