"""SPEC.md's tables, and a reader of frames that knows nothing but them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPEC = (Path(__file__).resolve().parents[2] / "protocol/SPEC.md").read_text(encoding="utf-8")

# name: bytes, signed
TYPES = {"u8": (1, False), "i8": (1, True), "u16": (2, False), "i16": (2, True), "u32": (4, False), "i32": (4, True),
         "u64": (8, False)}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of a byte table: offset and size are None where they depend on what stands before."""

    offset: int | None
    size: str
    type: str
    count: int
    name: str
    range: str

    def limits(self) -> tuple[int, int]:
        """What the range column allows."""
        size, signed = TYPES[self.type]
        bits = 8 * size
        lowest, highest = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        if self.range == "all":
            return lowest, highest
        low, _, high = self.range.partition("..")
        return int(low), highest if high == "max" else int(high or low)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows_under(heading: str) -> list[list[str]]:
    """Body rows of the first table below a heading, whatever its level."""
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", SPEC, re.MULTILINE | re.DOTALL)
    assert match, heading
    table = re.search(r"^\|.*?(?=\n[^|]|\n?\Z)", match.group(1), re.MULTILINE | re.DOTALL)
    assert table, heading
    return [cells(line) for line in table.group().splitlines()[2:]]


def rows_headed(*names: str) -> list[list[str]]:
    """Body rows of the table with this head."""
    head = "| " + " | ".join(names) + " |\n"
    assert SPEC.count(head) == 1, head
    lines = SPEC.split(head)[1].splitlines()[1:]
    return [cells(line) for line in lines[: next(k for k, line in enumerate(lines) if not line.startswith("|"))]]


def layout(heading: str) -> list[Row]:
    out: list[Row] = []
    for offset, size, kind, name, limits, *_ in rows_under(heading):
        array = re.fullmatch(r"(\w+)\[(\d+)\]", kind)
        out.append(
            Row(
                int(offset) if offset.isdigit() else None,
                size,
                array.group(1) if array else kind,
                int(array.group(2)) if array else 0,
                name.strip("`"),
                limits,
            )
        )
    return out


def headings() -> dict[int, str]:
    """Headings of messages by type."""
    found = re.findall(r"^#### ((0x[0-9A-F]{2}) [A-Z_]+)$", SPEC, re.MULTILINE)
    return {int(number, 16): heading for heading, number in found}


class Reader:
    """Reads a frame by the tables alone."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, kind: str) -> int:
        size, signed = TYPES[kind]
        assert self.at + size <= len(self.data)
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "little", signed=signed)

    def field(self, row: Row) -> Any:
        if row.offset is not None:
            assert row.offset == self.at
        value = [self.number(row.type) for _ in range(row.count)] if row.count else self.number(row.type)
        low, high = row.limits()
        assert all(low <= one <= high for one in (value if isinstance(value, list) else [value])), row
        return value

    def text(self) -> str:
        size = self.number("u8")
        self.at += size
        return self.data[self.at - size : self.at].decode()

    def values(self, count: int, keys: dict[int, tuple[str, str]]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for _ in range(count):
            name, kind = keys[self.number("u8")]
            if kind == "text":
                out[name] = self.text()
            else:
                assert self.number("u8") == TYPES[kind][0]
                out[name] = self.number(kind)
        return out


def read_message(data: bytes, keys: dict[int, tuple[str, str]]) -> dict[str, Any]:
    """Decoded fields, `type` left out, as the vectors have them."""
    reader = Reader(data)
    out: dict[str, Any] = {}
    count = 0
    entry = ""
    for row in layout(headings()[data[0]]):
        if row.name == "count":
            count = reader.field(row)
        elif row.name == "entry_size":
            entry = row.range
            assert reader.field(row) == int(entry.split("..")[0])
        elif row.name == "keys":
            out["keys"] = [reader.number("u8") for _ in range(count)]
        elif row.name == "values":
            out["values"] = reader.values(count, keys)
        elif row.type == "list":
            (kind,) = re.findall(rf"`{row.name}` \| \| \| (\w+) each", SPEC.split(headings()[data[0]] + "\n")[1])[:1]
            rows = layout(f"Entry {kind}")
            start = reader.at
            entries: list[dict[str, Any]] = []
            for k in range(count):
                inner = Reader(data[start + k * int(entry.split("..")[0]) :])
                entries.append({one.name: inner.field(one) for one in rows})
                reader.at += inner.at
            out[row.name] = entries
        elif row.type == "text":
            out[row.name] = reader.text()
        elif row.type == "chars":
            size = int(row.size)
            text = data[reader.at : reader.at + size].decode()
            reader.at += size
            if row.name in ("major", "minor"):
                out[row.name] = int(text)
        else:
            out[row.name] = reader.field(row)
    assert reader.at == len(data)
    assert out.pop("type") == data[0]
    return out


def read_block(data: bytes) -> dict[str, Any]:
    """A block by the tables alone, as the vectors have it."""
    reader = Reader(data)
    rows = layout("0x01 DATA")
    out = {row.name: reader.field(row) for row in rows if row.name not in ("anchors", "samples")}
    columns = {1: 4, 2: 10, 3: 6}[out["profile"]]
    at = out["header_size"] + (16 if out["profile"] == 3 else 0)
    out["anchors"] = data[out["header_size"] : at].hex()
    sizes = [2 * columns * count for count in out["counts"]]
    out["samples"] = [data[at : at + sizes[0]].hex(), data[at + sizes[0] : at + sum(sizes)].hex()]
    assert at + sum(sizes) == len(data)
    return out
