"""SPEC.md and the codec say the same; every golden frame is read by SPEC.md alone."""

import json
import re

import golden
import pytest
import spec_tables
from spec_tables import SPEC, TYPES, headings, layout, read_block, read_message, rows_headed

from hiphinge_wire import WIRE_MAJOR, WIRE_MINOR, constants, errors, gatt
from hiphinge_wire.block import BLOCK, COLUMNS, Block, samples_that_fit
from hiphinge_wire.codec import REPLIES, REQUESTS
from hiphinge_wire.config import KEYS
from hiphinge_wire.hello import hello_frame
from hiphinge_wire.layout import Layout, count_of
from hiphinge_wire.message import Record

CODES = {"B": "u8", "b": "i8", "H": "u16", "h": "i16", "I": "u32", "i": "i32", "Q": "u64"}
ALL = {**REQUESTS, **REPLIES}
ENTRIES = {kind.ENTRY.__name__: kind.ENTRY for kind in ALL.values() if kind.LIST}


def expected(fields: Layout, start: int) -> list[tuple[int, str, str, int, str, tuple[int, int]]]:
    """Offset, size, type, count, name and limits of each field, as the codec has them."""
    out: list[tuple[int, str, str, int, str, tuple[int, int]]] = []
    at = start
    for field in fields.fields:
        name, code = field[0], field[1]
        kind, count = CODES[code[-1]], count_of(code)
        size = TYPES[kind][0] * (count or 1)
        bits = 8 * TYPES[kind][0]
        natural = (-(1 << bits - 1), (1 << bits - 1) - 1) if TYPES[kind][1] else (0, (1 << bits) - 1)
        out.append((at, str(size), kind, count, name, (field[2], field[3]) if len(field) == 4 else natural))
        at += size
    assert at - start == fields.size
    return out


def stated(rows: list[spec_tables.Row]) -> list[tuple[int | None, str, str, int, str, tuple[int, int]]]:
    return [(row.offset, row.size, row.type, row.count, row.name, row.limits()) for row in rows]


def test_every_message_has_a_table_and_every_table_a_message():
    assert set(headings()) == set(ALL) | {BLOCK}
    assert not set(REQUESTS) & set(REPLIES)


@pytest.mark.parametrize("number", sorted(ALL))
def test_tables_of_messages_are_the_layouts(number: int):
    kind = ALL[number]
    rows = layout(headings()[number])
    assert stated(rows[:2]) == [(0, "1", "u8", 0, "type", (number, number)), (1, "1", "u8", 0, "request", (0, 255))]
    fixed = 2 + len(kind.LAYOUT.fields)
    assert stated(rows[2:fixed]) == expected(kind.LAYOUT, 2)
    rest = rows[fixed:]
    if kind.LIST:
        end = 2 + kind.LAYOUT.size
        assert stated(rest[:2]) == [
            (end, "1", "u8", 0, "count", (0, kind.MAX_ENTRIES)),
            (end + 1, "1", "u8", 0, "entry_size", (kind.ENTRY.LAYOUT.size, 255)),
        ]
        assert (rest[2].offset, rest[2].type, rest[2].name) == (end + 2, "list", kind.LIST)
        rest = rest[3:]
    if kind.TEXTS:
        assert [(row.name, row.type, row.range) for row in rest] == [
            (name, "text", f"0..{longest} bytes") for name, longest in kind.TEXTS
        ]


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_tables_of_entries_are_the_layouts(name: str):
    kind: type[Record] = ENTRIES[name]
    assert stated(layout(f"Entry {name}")) == expected(kind.LAYOUT, 0)


def test_no_entry_is_described_that_does_not_exist():
    assert set(re.findall(r"^#### Entry (\w+)$", SPEC, re.MULTILINE)) == set(ENTRIES)


def test_table_of_the_block_is_its_layout():
    rows = layout("0x01 DATA")
    assert stated(rows[:-2]) == expected(Block.LAYOUT, 0)
    assert [row.name for row in rows[-2:]] == ["anchors", "samples"]


def test_table_of_the_advertisement_is_its_layout():
    assert stated(layout("Advert")) == expected(gatt.Advert.LAYOUT, 0)


def test_tables_of_errors_and_keys():
    assert [(int(code), name) for code, name, _ in rows_headed("code", "name", "meaning")] == list(
        enumerate(errors.NAMES)
    )[1:]
    assert [errors.NAMES[getattr(errors, name)] for name in errors.NAMES[1:]] == list(errors.NAMES[1:])
    keys = rows_headed("key", "name", "type", "range", "default", "meaning")
    wanted = [
        [str(key), f"`{name}`", "text" if code == "T" else CODES[code],
         f"{low}..{high}" + (" bytes" if code == "T" else ""), str(default)]
        for key, (name, code, low, high, default) in KEYS.items()
    ]  # fmt: skip
    assert [row[:5] for row in keys] == wanted
    assert all(row[5] for row in keys)


def test_error_names_in_the_text_exist():
    for line in re.findall(r"^Errors: (.*)$", SPEC, re.MULTILINE):
        named = set(re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)*\b", line)) - {"IMU", "UTF"}
        assert named
        assert named <= set(errors.NAMES), line


def test_figures_in_the_text():
    head = (
        "profile",
        "bytes a sample",
        "MTU 23 (19 bytes)",
        "MTU 185 (181)",
        "MTU 247 (243)",
        "largest message (1024)",
    )
    for name, size, *counts in rows_headed(*head):
        profile = "ABC".index(name) + 1
        assert int(size) == 2 * COLUMNS[profile]
        fits = [samples_that_fit(profile, room) for room in (19, 181, 243, 1024)]
        assert counts == [str(fit) if fit > 0 else "-" for fit in fits]
    assert f"version {WIRE_MAJOR}.{WIRE_MINOR}\n" in SPEC
    assert f"1 to {constants.MAX_MESSAGE} bytes" in SPEC
    assert f"`{hello_frame().hex()}`" in SPEC
    for uuid in (gatt.SERVICE, gatt.DATA, gatt.CONTROL):
        assert f"| `{uuid}` |" in SPEC
    states = {int(row[0].split()[0]): row[0].split()[1] for row in rows_headed("state", "what holds", "leaves to")}
    assert states == {getattr(constants, f"STATE_{name.upper()}"): name for name in states.values()}
    assert len(states) == 6


def test_every_golden_frame_reads_the_same_by_spec_alone():
    keys = {key: (name, "text" if code == "T" else CODES[code]) for key, (name, code, *_) in KEYS.items()}
    for file in ("requests.json", "replies.json"):
        for case in json.loads((golden.FOLDER / file).read_text(encoding="utf-8")):
            assert read_message(bytes.fromhex(case["hex"]), keys) == case["decoded"], case["name"]
    for case in json.loads((golden.FOLDER / "blocks.json").read_text(encoding="utf-8")):
        assert read_block(bytes.fromhex(case["hex"])) == case["decoded"], case["name"]
