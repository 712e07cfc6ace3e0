"""Every message there can be survives the way; every number that cannot be sent is refused."""

from typing import Any

import pytest
from golden_messages import messages
from hypothesis import given
from hypothesis import strategies as st

from hiphinge_wire import errors
from hiphinge_wire.codec import REPLIES, REQUESTS, decode_reply, decode_request, error_reply
from hiphinge_wire.config import KEYS, Config, ConfigGet, ConfigSet, check_value
from hiphinge_wire.constants import MAX_MESSAGE, ahead, u32
from hiphinge_wire.errors import WireError
from hiphinge_wire.info import ImuInfo
from hiphinge_wire.layout import Layout, count_of, read_text, text_bytes
from hiphinge_wire.message import Message, Record
from hiphinge_wire.requests import Ack, Nack, Range

KINDS = [*REQUESTS.values(), *REPLIES.values()]
BITS = {"B": 8, "H": 16, "I": 32, "Q": 64}

EVEN, ODD = ((1, 2, 3), (2, 3, 1), (3, 1, 2)), ((1, 3, 2), (3, 2, 1), (2, 1, 3))
RIGHT_HANDED = [
    (x * sx, y * sy, z * sx * sy * (1 if (x, y, z) in EVEN else -1))
    for x, y, z in EVEN + ODD
    for sx in (1, -1)
    for sy in (1, -1)
]


def limits(field: tuple[Any, ...]) -> tuple[int, int]:
    if len(field) == 4:
        return field[2], field[3]
    bits = BITS[field[1][-1].upper()]
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if field[1][-1].islower() else (0, (1 << bits) - 1)


def numbers(field: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    low, high = limits(field)
    # The ends, and both sides of 2^30, where MicroPython's small integers end on 32 bits.
    edges = [n for n in (low, high, 2**30 - 1, 2**30, -(2**30), -(2**30) - 1, 2**31) if low <= n <= high]
    one = st.one_of(st.integers(low, high), st.sampled_from(edges))
    count = count_of(field[1])
    return st.tuples(*[one] * count) if count else one


def fields(layout: Layout) -> dict[str, st.SearchStrategy[Any]]:
    return {field[0]: numbers(field) for field in layout.fields}


def valid(record: Record) -> bool:
    try:
        record.check()
    except WireError:
        return False
    return True


def entries(kind: type[Record]) -> st.SearchStrategy[Record]:
    parts = fields(kind.LAYOUT)
    if kind is ImuInfo:  # of random axes hardly any are a frame
        parts["axes"] = st.sampled_from(RIGHT_HANDED)
    return st.fixed_dictionaries(parts).map(lambda values: kind(**values)).filter(valid)


def texts(longest: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=longest).filter(
        lambda text: len(text.encode()) <= longest
    )


@st.composite
def config_values(draw: st.DrawFn) -> dict[str, int | str]:
    out: dict[str, int | str] = {}
    for name, code, low, high, default in draw(st.lists(st.sampled_from(list(KEYS.values())), min_size=1, unique=True)):
        value = draw(texts(high).filter(bool) if code == "T" else st.integers(low, high))
        try:
            check_value(name, value)
        except WireError:
            value = default
        out[name] = value
    return out


@st.composite
def any_message(draw: st.DrawFn) -> Message:
    kind = draw(st.sampled_from(KINDS))
    values: dict[str, Any] = {name: draw(strategy) for name, strategy in fields(kind.LAYOUT).items()}
    values["request"] = draw(st.integers(0, 255))
    if kind.LIST:
        fixed = {"imus": 2}.get(kind.LIST)
        least = fixed or (1 if kind.LIST == "ranges" else 0)
        values[kind.LIST] = draw(st.lists(entries(kind.ENTRY), min_size=least, max_size=fixed or kind.MAX_ENTRIES))
    for name, longest in kind.TEXTS:
        values[name] = draw(texts(longest))
    if kind in (Config, ConfigSet):
        values["values"] = draw(config_values())
    if kind is ConfigGet:
        values["keys"] = draw(st.lists(st.sampled_from(list(KEYS)), max_size=64))
    message = kind(**values)
    if not valid(message):  # the few whose fields must agree: the golden frames hold some of each
        message = next(one for _, one in messages() if isinstance(one, kind))
    return message


def decode(data: bytes) -> Any:
    return decode_request(data) if data[0] in REQUESTS else decode_reply(data)


@given(any_message(), st.binary(max_size=40))
def test_round_trip_and_bytes_a_newer_version_adds(message: Message, more: bytes):
    data = message.encode()
    assert data[0] == message.TYPE
    assert len(data) <= MAX_MESSAGE
    assert decode(data) == message
    assert decode((data + more)[:MAX_MESSAGE]) == message


@given(any_message(), st.data())
def test_a_message_cut_short_is_truncated(message: Message, data: st.DataObject):
    encoded = message.encode()
    cut = data.draw(st.integers(1, len(encoded) - 1))
    with pytest.raises(WireError) as caught:
        decode(encoded[:cut])
    assert errors.NAMES[caught.value.code] == "TRUNCATED"
    assert caught.value.of_type == message.TYPE


@given(any_message(), st.integers(0, 60))
def test_encoding_into_a_buffer_keeps_to_it(message: Message, offset: int):
    data = message.encode()
    exact = bytearray(offset + len(data))
    assert message.encode_into(exact, offset) == len(exact)
    assert exact == bytes(offset) + data
    with pytest.raises(WireError, match="do not fit"):
        message.encode_into(bytearray(offset + len(data) - 1), offset)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_refuses_what_lies_outside_its_range(kind: type[Message]):
    good = next(one for _, one in messages() if isinstance(one, kind))
    tried = 0
    for field in [("request", "B"), *kind.LAYOUT.fields]:
        name = field[0]
        low, high = limits(field)
        count = count_of(field[1])
        for value in (low - 1, high + 1, "1", None, 1.0):
            before = getattr(good, name)
            setattr(good, name, (value,) * count if count else value)
            with pytest.raises((WireError, TypeError)) as caught:
                good.encode()
            # Comparing fields may meet a wrong type before the range check does; a wrong number is always a WireError.
            assert isinstance(caught.value, WireError) or not isinstance(value, int)
            setattr(good, name, before)
            tried += 1
        if count:
            before = getattr(good, name)
            setattr(good, name, before[:-1])
            with pytest.raises(WireError, match="numbers, not"):
                good.encode()
            setattr(good, name, before)
    assert tried >= 5
    good.encode()


def test_unknown_fields_and_hashing_are_mistakes():
    with pytest.raises(TypeError, match="Ack has no sequense"):
        Ack(boot=1, sequense=2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ack())
    assert Ack(boot=1) != Ack(boot=2)
    assert Ack(boot=1) != Range(boot=1)
    assert repr(Ack(boot=1, sequence=2)) == "Ack(request=0, boot=1, sequence=2)"


def test_entries_a_newer_version_lengthened_are_read():
    ranges = (Range(boot=1, first=2, last=3), Range(boot=4, first=5, last=6))
    data = Nack(ranges=ranges).encode()
    longer = data[:3] + bytes([14]) + data[4:16] + b"\xff\xff" + data[16:28] + b"\xff\xff"
    assert decode_request(longer) == Nack(ranges=ranges)


def test_a_list_longer_than_allowed_is_not_sent():
    with pytest.raises(WireError, match="17 ranges; 16 allowed"):
        Nack(ranges=[Range(boot=1)] * 17).encode()


def test_keys_a_newer_version_added_are_skipped_by_the_host_only():
    known = Config(epoch=1, values={"rate_hz": 120, "led_percent": 5}).encode()
    newer = known[:4] + bytes([3]) + known[5:9] + bytes([200, 3, 1, 2, 3]) + known[9:]
    assert decode_reply(newer) == Config(epoch=1, values={"rate_hz": 120, "led_percent": 5})
    with pytest.raises(WireError, match="no configuration key 200"):
        decode_request(bytes([ConfigSet.TYPE, 1]) + newer[4:])


@pytest.mark.parametrize("key", KEYS)
def test_configuration_defaults_are_valid_and_limits_hold(key: int):
    name, code, low, high, default = KEYS[key]
    check_value(name, default)
    for bad in ("", "x" * (high + 1), 3) if code == "T" else (low - 1, high + 1, "3"):
        with pytest.raises(WireError):
            check_value(name, bad)
        with pytest.raises(WireError):
            ConfigSet(values={name: bad}).encode()
    with pytest.raises(WireError, match="no configuration key nonsense"):
        check_value("nonsense", 1)


@given(st.binary(max_size=8))
def test_clean_text_is_what_cpython_decodes_without_control_characters(raw: bytes):
    try:
        text = raw.decode()
        clean = not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text)
    except UnicodeDecodeError:
        clean = False
    framed = bytes([len(raw)]) + raw
    if clean:
        assert read_text(framed, 0, "name", 8) == (raw.decode(), len(framed))
    else:
        with pytest.raises(WireError, match="no clean UTF-8"):
            read_text(framed, 0, "name", 8)


@given(st.text(max_size=6))
def test_text_is_checked_before_it_is_sent(text: str):
    try:
        data = text_bytes("name", text, 24)
    except WireError:
        assert any(0xD800 <= ord(c) < 0xE000 or ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text)
    else:
        assert data.decode() == text


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1))
def test_counters_compare_across_their_wrap(b: int, step: int):
    assert ahead(u32(b + step), b) == step


@given(st.binary(max_size=300))
def test_every_error_can_be_answered(data: bytes):
    try:
        decode_request(data)
    except WireError as error:
        answer = decode_reply(error_reply(error).encode())
        assert (answer.code, answer.of_type, answer.request) == (error.code, *(data[:2] + b"\0\0")[:2])  # type: ignore[union-attr]
        assert answer.detail  # type: ignore[union-attr]
