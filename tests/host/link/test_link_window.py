"""Blocks in order, each once, whatever the order of arrival; what is asked for again and when."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.link.delivery import Delivery
from hiphinge.link.gone import Gone
from hiphinge.link.window import MOST_HELD, Gap, Window
from hiphinge_wire.block import Block
from hiphinge_wire.constants import u32
from hiphinge_wire.replies import Stored


def block(sequence: int) -> Block:
    return Block(boot=1, sequence=u32(sequence))


def taken(window: Window) -> list[int | Gap]:
    out: list[int | Gap] = []
    while (one := window.step()) is not None:
        out.append(one.sequence if isinstance(one, Block) else one)
    return out


@given(
    first=st.sampled_from([0, 5, 2**31 - 3, 2**32 - 4]),
    arrivals=st.lists(st.integers(0, 30), max_size=80),
)
def test_any_order_comes_out_in_order_and_once(first: int, arrivals: list[int]):
    window = Window(1, first)
    out: list[int | Gap] = []
    for at in arrivals:
        window.put(block(first + at), 0.0)
        out += taken(window)
    known = set(arrivals)
    run = next(at for at in range(40) if at not in known)
    assert out == [u32(first + at) for at in range(run)]
    assert window.doubled == len(arrivals) - len(known)
    last = max(known, default=-1)
    assert set(window.missing) == {first + at for at in range(last) if at not in known}


@given(
    here=st.sets(st.integers(0, 40), max_size=30),
    gone=st.lists(st.tuples(st.integers(0, 45), st.integers(0, 10)), max_size=6),
)
def test_what_is_gone_is_passed_over_and_counted(here: set[int], gone: list[tuple[int, int]]):
    window = Window(1, 0)
    for at in sorted(here):
        window.put(block(at), 0.0)
    for first, length in gone:
        window.gone(first, first + length, "overwritten")
    out = taken(window)
    blocks = [one for one in out if not isinstance(one, Gap)]
    assert blocks == [at for at in sorted(here) if at < window.next]
    assert len(blocks) + sum(one.blocks for one in out if isinstance(one, Gap)) == window.next
    lost = {at for first, length in gone for at in range(first, first + length + 1)} - here
    assert not lost & set(window.missing)


def test_the_same_block_is_asked_for_after_growing_pauses():
    window = Window(1, 0)
    window.put(block(1), 0.0)
    asked = [k / 100 for k in range(1000) if window.to_ask(k / 100, 16)]
    assert asked == [0.0, 0.25, 0.75, 1.75, 3.75, 5.75, 7.75, 9.75]


def test_neighbours_are_asked_for_as_one_range():
    window = Window(1, 2**32 - 2)
    for at in (0, 1, 5, 9):
        window.put(block(2**32 - 2 + at), 0.0)
    taken(window)
    base = 2**32 - 2
    assert window.to_ask(0.0, 16) == [(base + 2, base + 4), (base + 6, base + 8)]
    assert window.to_ask(0.1, 16) == []


def test_memory_ends_and_newest_blocks_come_again():
    window = Window(1, 0)
    tracemalloc.start()
    for at in range(1, MOST_HELD + 3000):
        window.put(block(at), 0.0)
    assert window.held <= MOST_HELD
    assert tracemalloc.get_traced_memory()[0] < 60e6
    tracemalloc.stop()
    window.put(block(0), 1.0)
    out = taken(window)
    assert out == list(range(len(out))) and len(out) >= MOST_HELD - 1
    # What was dropped is asked for, and comes.
    for first, last in window.to_ask(10.0, 16):
        for at in range(first, last + 1):
            window.put(block(at), 10.0)
    out += taken(window)
    assert out == list(range(MOST_HELD + 3000))


def test_an_absurd_leap_is_not_believed():
    window = Window(1, 0)
    assert not window.put(block(10_000_000), 0.0)
    assert not window.missing
    assert window.put(block(0), 0.0)


def test_live_blocks_and_backlog_are_rows_of_their_own():
    window = Window(1, 0)
    for at in range(10):
        window.put(block(at), 0.0)
    taken(window)
    window.split(100, 1.0)  # a reconnection: 10..99 are backlog, 100.. live
    for at in (100, 101, 103, 10, 11):
        window.put(block(at), 1.0)
    assert set(window.missing) == {102}, "backlog that has not been sent yet is not missing"
    window.put(block(14), 1.1)
    assert set(window.missing) == {102, 12, 13}


def test_a_block_lost_before_a_gone_that_overtakes_it_is_asked_for():
    window = Window(1, 0)
    window.split(1000, 0.0)
    for at in range(100):
        window.put(block(at), 0.0)
    taken(window)
    window.gone(105, 105, "damaged")
    assert not window.missing, "100..104 are on their way"
    for at in (100, 101, 103, 104, 106, 107):
        window.put(block(at), 0.0)
    taken(window)
    assert window.next == 102
    assert window.to_ask(0.0, 16) == [(102, 102)]
    window.put(block(102), 1.0)
    assert taken(window)[-3:] == [Gap(1, "damaged"), 106, 107]


def test_a_list_with_a_hole_hides_no_loss_and_gives_up_nothing_it_holds():
    delivery = Delivery(100.0)
    first = delivery.begin(7, 0)
    assert first is not None
    window = first.window
    delivery.put(Block(boot=7, sequence=180), 0.0)
    delivery.begin(8, 0)
    entries = tuple(Stored(boot=7, first_sequence=low, last_sequence=high) for low, high in ((0, 100), (150, 200)))
    delivery.listed(entries, False, 1.0)
    arrive = [*range(50), *range(51, 101), *range(150, 180), *range(181, 201)]
    for at in arrive:
        delivery.put(Block(boot=7, sequence=at), 1.0)
    window.exists(200, 5.0)
    assert 50 in window.missing and set(window.missing) <= {50, *range(150, 180)}
    delivery.put(Block(boot=7, sequence=50), 6.0)
    assert taken(window) == [*range(101), Gap(49, "overwritten"), *range(150, 201)]
    assert window.finished


@given(
    gone=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 10), st.sampled_from(["damaged", "overwritten"]))),
    start=st.integers(0, 70),
    length=st.integers(0, 30),
)
def test_stretches_answer_like_a_table_of_every_block(gone: list, start: int, length: int):
    stretches, table = Gone(), {}
    for first, more, reason in gone:
        assert stretches.add(first, first + more, reason)
        table.update(dict.fromkeys(range(first, first + more + 1), reason))
    for at in range(75):
        found = stretches.at(at)
        assert (found and found[2]) == table.get(at)
        assert found is None or found[0] <= at <= found[1]
    rest = [at for low, high in stretches.between(start, start + length) for at in range(low, high)]
    assert rest == [at for at in range(start, start + length) if at not in table]


@pytest.mark.parametrize(("apart", "length"), [(3, 1), (1, 1), (0, 16000)])
def test_a_hostile_flood_of_gone_costs_little(apart: int, length: int):
    window = Window(1, 0)
    window.exists(16000, 0.0)
    began = time.process_time()
    for k in range(20_000):
        window.gone(100 + apart * k % 15000, 99 + length + apart * k % 15000, "damaged")
    window.exists(16300, 0.0)
    for at in range(100):
        window.put(block(at), 0.0)
    taken(window)
    # A fifth of a millisecond each: room for a slow machine, none for a scan of all stretches.
    assert time.process_time() - began < 4.0
