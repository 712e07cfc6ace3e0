from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge_wire.constants import MAX_MESSAGE
from hiphinge_wire.errors import WireError
from hiphinge_wire.fragment import FIRST, LAST, Fragmenter, Reassembler, fragment_count, fragment_into
from hiphinge_wire.framing import crc16

PAYLOADS = (20, 182, 244)  # MTU 23, 185, 247

payloads = st.one_of(st.sampled_from(PAYLOADS), st.integers(20, 512))
# The start of each message is its number, so that no two are the same: a mixture of two would be seen.
message_lists = st.lists(st.integers(1, MAX_MESSAGE - 2), min_size=1, max_size=12).map(
    lambda sizes: [k.to_bytes(2, "little") + bytes((k * 31 + i) % 251 for i in range(n)) for k, n in enumerate(sizes)]
)


def packets_of(messages: list[bytes], payload: int) -> list[bytes]:
    fragmenter = Fragmenter(payload)
    return [packet for message in messages for packet in fragmenter.split(message)]


def received(packets: list[bytes]) -> tuple[list[bytes], Reassembler]:
    reassembler = Reassembler()
    return [message for packet in packets if (message := reassembler.feed(packet)) is not None], reassembler


@given(message_lists, payloads)
def test_a_good_link_brings_every_message_once_and_in_order(messages: list[bytes], payload: int):
    packets = packets_of(messages, payload)
    assert all(1 <= len(packet) <= payload for packet in packets)
    assert len(packets) == sum(fragment_count(len(message), payload) for message in messages)
    got, reassembler = received(packets)
    assert got == messages
    assert (reassembler.damaged, reassembler.overlong, reassembler.lost) == (0, 0, 0)


@given(message_lists, payloads, st.data())
def test_what_arrives_over_a_bad_link_was_sent(messages: list[bytes], payload: int, data: st.DataObject):
    packets = packets_of(messages, payload)
    for _ in range(data.draw(st.integers(1, 6))):
        if not packets:
            break
        at = data.draw(st.integers(0, len(packets) - 1))
        match data.draw(st.sampled_from(["lose", "double", "swap", "delay", "lose many"])):
            case "lose":
                del packets[at]
            case "double":
                packets.insert(at, packets[at])
            case "swap":
                packets[at : at + 2] = packets[at : at + 2][::-1]
            case "delay":
                packets.insert(data.draw(st.integers(0, len(packets) - 1)), packets.pop(at))
            case _:
                del packets[at : at + data.draw(st.integers(1, 100))]
    got, _ = received(packets)
    assert set(got) <= set(messages)


@given(message_lists, payloads, st.data())
def test_losing_packets_costs_their_messages_only(messages: list[bytes], payload: int, data: st.DataObject):
    fragmenter = Fragmenter(payload)
    expected: list[bytes] = []
    packets: list[bytes] = []
    for message in messages:
        split = fragmenter.split(message)
        lost = data.draw(st.sets(st.integers(0, len(split) - 1), max_size=2)) if data.draw(st.booleans()) else set()
        expected += [] if lost else [message]
        packets += [packet for k, packet in enumerate(split) if k not in lost]
    got, reassembler = received(packets)
    assert got == expected
    # Each message is missed once, as damaged or as lost, but for those at either end that left no trace.
    assert reassembler.damaged + reassembler.lost <= len(messages) - len(expected)


@given(message_lists, payloads, st.data())
def test_a_repeated_packet_changes_nothing_within_a_message(messages: list[bytes], payload: int, data: st.DataObject):
    packets = packets_of(messages, payload)
    # A message of one fragment comes twice: what to do about that is for who reads it (sequence, request id).
    at = data.draw(st.integers(0, len(packets) - 1))
    if packets[at][0] & LAST:
        return
    got, reassembler = received([*packets[: at + 1], *packets[at:]])
    assert got == messages
    assert reassembler.damaged == 0


@given(message_lists, payloads, st.data())
def test_a_flipped_bit_in_a_long_message_is_found(messages: list[bytes], payload: int, data: st.DataObject):
    long = [message for message in messages if fragment_count(len(message), payload) > 1]
    packets = packets_of(long, payload)
    if not packets:
        return
    at = data.draw(st.integers(0, len(packets) - 1))
    spoilt = bytearray(packets[at])
    bit = data.draw(st.integers(8, 8 * len(spoilt) - 1))  # not the head, whose change makes it another kind of fragment
    spoilt[bit // 8] ^= 1 << bit % 8
    got, reassembler = received([*packets[:at], bytes(spoilt), *packets[at + 1 :]])
    assert len(got) == len(long) - 1
    assert set(got) < set(long)
    assert reassembler.damaged + reassembler.overlong == 1


def test_numbers_that_come_round_again_do_not_join_two_messages():
    # The worst loss there is: from the middle of one message to the same place in the one 64 later.
    messages = [bytes([k]) * 60 for k in range(65)]
    fragmenter = Fragmenter(40)
    split = [fragmenter.split(message) for message in messages]
    assert split[0][1][0] == split[64][1][0]
    got, reassembler = received([split[0][0], split[64][1]])
    assert got == []
    assert reassembler.damaged == 1


def test_the_number_alone_keeps_two_messages_apart():
    # Of two equal messages, as two STOPs might be, the CRC cannot tell the halves apart.
    fragmenter = Fragmenter(40)
    first, second = fragmenter.split(bytes(60)), fragmenter.split(bytes(60))
    got, reassembler = received([first[0], second[1], *fragmenter.split(b"next")])
    assert got == [b"next"]
    assert reassembler.damaged == 2


def test_lost_messages_are_counted_by_their_numbers():
    packets = packets_of([bytes([k]) for k in range(200)], 20)
    for a, b in pairwise((0, 3, 4, 20, 50, 70, 100)):
        got, reassembler = received([packets[a], packets[b]])
        assert len(got) == 2
        assert reassembler.lost == b - a - 1
    # A step back is no loss of 62.
    assert received([packets[5], packets[4]])[1].lost == 0


@pytest.mark.parametrize("payload", PAYLOADS)
def test_overhead_is_one_byte_where_one_packet_is_enough(payload: int):
    message = bytes(range(payload - 1))
    (packet,) = Fragmenter(payload).split(message)
    assert packet == bytes([FIRST | LAST]) + message
    assert len(Fragmenter(payload).split(message + b"x")) == 2


def test_the_largest_message_takes_58_packets_at_mtu_23():
    assert fragment_count(MAX_MESSAGE, 20) == 58  # SPEC.md says so


@pytest.mark.parametrize(("length", "payload"), [(0, 20), (MAX_MESSAGE + 1, 244), (1, 19)])
def test_impossible_sizes_are_refused(length: int, payload: int):
    with pytest.raises(WireError):
        fragment_count(length, payload)
    with pytest.raises(WireError):
        Fragmenter(payload).split(bytes(length))


def test_a_fragment_that_does_not_exist_or_has_no_room_is_refused():
    message = bytes(50)
    for index, out in ((3, bytearray(20)), (-1, bytearray(20)), (0, bytearray(19))):
        with pytest.raises(WireError, match="no fragment"):
            fragment_into(out, message, 50, crc16(message), 0, index, 20)
    with pytest.raises(WireError, match="no fragment"):
        fragment_into(bytearray(20), message, 51, 0, 0, 0, 20)


def test_a_message_longer_than_the_receiver_takes_is_dropped_and_the_next_one_arrives():
    fragmenter = Fragmenter(20)
    reassembler = Reassembler(longest=30)
    for size, wanted in ((31, None), (30, bytes(30)), (100, None), (19, bytes(19))):
        got = [reassembler.feed(packet) for packet in fragmenter.split(bytes(size))]
        assert got[-1] == wanted
    assert (reassembler.overlong, reassembler.damaged) == (2, 0)
    assert Reassembler(longest=5).feed(bytes([FIRST | LAST]) + bytes(6)) is None


@pytest.mark.parametrize(
    "packet", [b"", bytes([FIRST | LAST]), bytes([FIRST]), bytes([FIRST, 1, 0, 0, 0]), b"\x07", b"\x47"]
)
def test_fragments_that_say_nothing_are_damage(packet: bytes):
    reassembler = Reassembler()
    assert reassembler.feed(packet) is None
    assert reassembler.damaged == 1
    assert reassembler.feed(bytes([FIRST | LAST | 8]) + b"next") == b"next"


@given(st.lists(st.binary(max_size=300), max_size=60), st.integers(1, MAX_MESSAGE))
def test_memory_is_bounded_whatever_arrives(junk: list[bytes], longest: int):
    reassembler = Reassembler(longest)
    for packet in junk:
        message = reassembler.feed(packet)
        assert message is None or 0 < len(message) <= longest
    assert len(reassembler._buffer) == longest
    # It comes round: whatever stood there before, the next whole message arrives.
    assert reassembler.feed(bytes([FIRST | LAST]) + b"x") == b"x"


def test_an_endless_message_fills_nothing():
    reassembler = Reassembler()
    assert reassembler.feed(bytes([FIRST]) + (1024).to_bytes(2, "little") + bytes(2) + bytes(200)) is None
    for k in range(1, 1000):
        assert reassembler.feed(bytes([0, k % 256]) + bytes(200)) is None
    assert len(reassembler._buffer) == MAX_MESSAGE
    assert reassembler.damaged == 1
