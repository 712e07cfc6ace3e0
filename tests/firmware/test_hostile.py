"""Requests nobody sane sends, faults of our own, worn flash, a person at the console: it goes on or says why."""

import random
from typing import Any

import pytest

from hiphinge_wire.codec import REQUESTS, decode_reply
from hiphinge_wire.config import _CHOICES, KEYS, Config, ConfigGet, ConfigSet
from hiphinge_wire.constants import EVENT_LOW_BATTERY, EVENT_STOPPED, START_STORE_ONLY, STATE_READY, STATE_STARTED
from hiphinge_wire.errors import BAD_VALUE, NOT_AUTHORISED, WireError
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.hello import hello_frame
from hiphinge_wire.layout import count_of
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Error, Started
from hiphinge_wire.requests import (
    IMU_MASK,
    CalibrateGyro,
    Cue,
    Identify,
    InfoGet,
    Nack,
    Range,
    Selftest,
    Start,
    Stop,
    StoreFetch,
)

BITS = {"B": 8, "H": 16, "I": 32, "Q": 64}
# Boots there may be: the running one, one of before, none.
BOOTS = (0, 1, 2, 16_777_217, 0xFFFFFFFF)
EDGES = (0, 1, 5, 70, 1 << 31, 0xFFFFFFFF)


def number(chance: random.Random, field: tuple[Any, ...]) -> int:
    code = field[1][-1]
    bits = BITS[code.upper()]
    wide = (0, (1 << bits) - 1) if code.isupper() else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    low, high = field[2:] if len(field) == 4 else wide
    return chance.choice([low, high, chance.randint(low, high), min(high, max(low, chance.choice(EDGES)))])


def request(chance: random.Random, kind: type[Message]) -> Message:
    out: Any = kind(request=chance.randrange(256))
    for field in kind.LAYOUT.fields:
        count = count_of(field[1])
        values = tuple(number(chance, field) for _ in range(count or 1))
        setattr(out, field[0], values if count else values[0])
    if hasattr(out, "boot") and chance.random() < 0.7:
        out.boot = chance.choice(BOOTS)
    if kind.LIST:
        pairs = [sorted(chance.choices(EDGES, k=2)) for _ in range(chance.randrange(kind.MAX_ENTRIES + 1))]
        setattr(out, kind.LIST, tuple(Range(boot=chance.choice(BOOTS[1:]), first=a, last=b) for a, b in pairs))
    if isinstance(out, ConfigSet):
        for name, code, low, high, _ in chance.sample(list(KEYS.values()), 3):
            allowed = _CHOICES.get(name, (low, high, chance.randint(low, high)))
            out.values[name] = chance.choice(["x", "Ü" * 12]) if code == "T" else chance.choice(allowed)
    return out


def spoilt(chance: random.Random, data: bytes) -> bytes:
    """The message, or what is left of it: a bit flipped, cut, or noise altogether."""
    what = chance.random()
    if what < 0.2:
        at = chance.randrange(len(data))
        return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]
    if what < 0.25:
        return data[: chance.randrange(1, len(data) + 1)]
    return chance.randbytes(chance.randrange(1, 300)) if what < 0.3 else data


def nonsense(seed: int, count: int) -> list[str]:
    """Messages in hexadecimal; those with a ``!`` are bare packets."""
    chance = random.Random(seed)
    out: list[str] = []
    kinds = list(REQUESTS.values())
    while len(out) < count:
        try:
            data = request(chance, chance.choice(kinds)).encode()
        except WireError:
            continue
        out.append(spoilt(chance, data).hex())
        if chance.random() < 0.03:
            out.append("!" + chance.randbytes(chance.randrange(1, 244)).hex())
    return out


@pytest.mark.parametrize("seed", [1, 9, 20])
def test_no_request_stops_the_device(on_device: Any, seed: int):
    (seen,) = on_device("hostile_cases", "endure", messages=nonsense(seed, 200), passes=3, heap="2M")
    assert seen["bad"] > 30, "much of it was refused"
    assert seen["unfed_us"] < 8_000_000


def test_ranges_that_together_are_half_of_all_sequences(on_device: Any):
    ranges = (Range(boot=1, first=1, last=1 << 31), Range(boot=1, first=5, last=(1 << 31) + 4))
    (seen,) = on_device(
        "hostile_cases", "endure", messages=[Nack(request=1, ranges=ranges).encode().hex()], passes=9, heap="900k"
    )
    assert seen["bad"] == 0


def test_a_fault_of_our_own_takes_no_samples_along(on_device: Any):
    (seen,) = on_device("hostile_cases", "fault", streams_s=3, heap="900k")
    assert seen["raised"]
    assert seen["before"][1] < seen["before"][2] - 50, "there was something to lose"
    assert seen["after"][1] == seen["after"][2] == seen["before"][2]


def test_the_console_has_an_hour(on_device: Any):
    (seen,) = on_device("hostile_cases", "interrupted", heap="900k")
    assert seen["alone_s"] == 50 * 60


def test_worn_flash_stops_no_boot_and_repeats_no_id(on_device: Any):
    (seen,) = on_device("hostile_cases", "worn")
    assert len(set(seen["boots"])) == 8
    assert all(1 << 24 < boot < 1 << 31 for boot in seen["boots"])


def test_erasing_everything_sets_the_chips_back_too(on_device: Any):
    change = ConfigSet(request=2, values={"acc_range_g": 2}).encode().hex()
    (seen,) = on_device("hostile_cases", "erased", changes=change, heap="900k")
    assert seen["rows"] == [[[2, 2], 2, 2, 0], [[8, 8], 3, 8, 0]]


# --- the passkey ----------------------------------------------------------------------------------------------------

SET = ConfigSet(request=2, values={"passkey": 123456, "passkey_pairing": 1})


def by_cable(on_device: Any, *requests: Message, radio: str = "") -> tuple[list[Message], list[Message]]:
    """What the cable's host and, asked after it, the radio's host are told."""
    steps: list[list[Any]] = [["plugged", 1], ["opened", 1], ["run", 1], ["send", hello_frame().hex()], ["run", 1]]
    for one in requests:
        steps += [["send", encode_frame(one.encode()).hex()], ["run", 1]]
    if radio:
        steps += [["radio", radio], ["run", 1]]
    *pieces, seen = on_device("whole_cases", "second_cdc", steps=steps, heap="900k")
    heard = [decode_reply(one) for one in Deframer().feed(bytes.fromhex("".join(one["heard"] for one in pieces)))]
    return [one for one in heard if getattr(one, "request", 0)], [
        decode_reply(bytes.fromhex(one)) for one in seen["radio"]
    ]


def test_the_passkey_is_set_by_cable(on_device: Any):
    told, _ = by_cable(on_device, SET, ConfigGet(request=3, keys=(17, 18)), Start(request=4))
    assert [one.values for one in told if isinstance(one, Config)] == [SET.values, SET.values]
    # The cable needs none.
    assert any(isinstance(one, Started) for one in told)


def test_a_passkey_is_asked_for_only_where_there_is_one(on_device: Any):
    told, _ = by_cable(on_device, ConfigSet(request=2, values={"passkey_pairing": 1}), SET)
    assert [one.code for one in told if isinstance(one, Error)] == [BAD_VALUE]
    told, _ = by_cable(on_device, SET, ConfigSet(request=3, values={"passkey": 0}))
    assert [one.code for one in told if isinstance(one, Error)] == [BAD_VALUE]


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        (InfoGet(request=9), True),
        (Start(request=9), False),
        (StoreFetch(request=9, boot=1, first=0, last=0), False),
        (ConfigGet(request=9), False),
        (Identify(request=9, duration_ms=100), False),
    ],
)
def test_who_paired_without_it_is_told_what_it_is_and_no_more(on_device: Any, asked: Message, done: bool):
    _, radio = by_cable(on_device, SET, radio=asked.encode().hex())
    (answer,) = [one for one in radio if getattr(one, "request", 0) == 9]
    assert (not isinstance(answer, Error)) == done
    assert done or answer.code == NOT_AUTHORISED


def test_by_radio_it_is_neither_set_nor_told(on_device: Any):
    set_it = ConfigSet(request=9, values={"passkey": 5}).encode().hex()
    _, radio = by_cable(on_device, ConfigSet(request=2, values={"passkey": 123456}), radio=set_it)
    (answer,) = [one for one in radio if getattr(one, "request", 0) == 9]
    assert isinstance(answer, Error)
    assert answer.code == NOT_AUTHORISED
    _, radio = by_cable(
        on_device,
        ConfigSet(request=2, values={"passkey": 123456}),
        radio=ConfigGet(request=9, keys=(18,)).encode().hex(),
    )
    (answer,) = [one for one in radio if getattr(one, "request", 0) == 9]
    assert isinstance(answer, Config)
    assert answer.values == {"passkey": 0}


# --- sensors and passes that take their time ------------------------------------------------------------------------


@pytest.mark.parametrize("errors", [0, 1, 2, 3])
def test_a_loose_contact_is_not_left_to_the_watchdog(on_device: Any, errors: int):
    (seen,) = on_device("hostile_cases", "loose_contact", errors=errors, heap="900k")
    assert seen["ended"] == 0
    # 120 Hz less 1.5 %, for 12 s less a second.
    assert seen["taken"] > 1250
    assert seen["resyncs"] == 1
    assert seen["unfed_us"] < 1_000_000


PLAYED = (
    Start(request=1, profile=3),
    Start(request=5, profile=1, flags=START_STORE_ONLY),
    Stop(request=2),
    Selftest(request=3),
    CalibrateGyro(request=4, duration_ms=800, imus=IMU_MASK),
    ConfigSet(request=6, values={"acc_range_g": 4}),
    Cue(request=8, pattern=2, strength_percent=50),
)


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_plugs_pulled_and_pushed_while_anything_is_asked(on_device: Any, seed: int, demo: bool):
    chance = random.Random(seed)
    steps: list[list[Any]] = []
    for _ in range(25):
        plug = f"{chance.choice(['pull', 'plug'])}{chance.randrange(2)}"
        what = chance.choice([plug, chance.choice(PLAYED).encode().hex()])
        steps.append([what, chance.choice([0, 0.03, 0.1, 0.5, 1.5])])
    start = Start(request=1, profile=3).encode().hex()
    steps += [["plug0", 0], ["plug1", 3], [Stop(request=2).encode().hex(), 6], [start, 2.5], ["", 1]]
    *_, before, after = on_device("whole_cases", "converse", steps=steps, demo=demo, heap="1500k")
    assert after["state"] == STATE_STARTED
    assert min(b - a for a, b in zip(before["samples"], after["samples"], strict=True)) > 80
    assert after["unfed_us"] < 2_000_000


def test_an_empty_cell_stops_is_said_and_puts_to_sleep_what_is_kept(on_device: Any):
    (seen,) = on_device("hostile_cases", "battery_ends", heap="1500k")
    assert seen["kinds"][-2:] == [EVENT_LOW_BATTERY, EVENT_STOPPED]
    assert seen["stopped"] == STATE_READY
    assert seen["refused"] == [1, STATE_READY]
    # As long as a host is there it may fetch what is kept; then it sleeps at once, with nothing left in RAM alone.
    assert seen["awake"] == 0
    assert seen["slept"] == [True]
    assert seen["unfed_us"] < 2_000_000


def test_free_memory_is_counted_when_it_is_collected_and_not_each_second(on_device: Any):
    # Counting looks at every block: with 8 MB of PSRAM that is a stall.
    (seen,) = on_device("hostile_cases", "free_memory", heap="2M")
    assert seen["at_once"] == 0
    assert seen["later"] > seen["kept"]
