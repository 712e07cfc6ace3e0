"""Columns of a text table as numbers; what is none is found with its line and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from hiphinge.files.csv_text import number_in
from hiphinge.files.errors import SessionError, listed, session_error, shown
from hiphinge.files.importing.mapping import Column, TableLook
from hiphinge.files.importing.mapping_file import near
from hiphinge.files.importing.text_file import TextTable, read_text_table, row_error, split_line
from hiphinge.model import Floats


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of a table, as text.

    Attributes
    ----------
    text : TextTable
        Where they come from.
    cells : polars.DataFrame
        Columns ``0``, ``1``, ...; all are strings.
    missing : frozenset of str
        What marks a missing value, in small letters.
    missing_values : tuple of float
        Numbers that mark one.
    warnings : tuple of str
    """

    text: TextTable
    cells: pl.DataFrame
    missing: frozenset[str]
    missing_values: tuple[float, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        """Rows."""
        return self.cells.height

    def error(self, what: str, todo: str, row: int | None = None, place: int | None = None) -> SessionError:
        """Make an error which names the file and, where they are known, line and column."""
        return row_error(self.text, what, todo, row, None if place is None else self.called(place))

    def called(self, place: int) -> str:
        """A column's name, else its number."""
        name = self.text.names[place] if place < len(self.text.names) else ""
        return name or str(place + 1)

    def find(self, column: Column) -> int | None:
        """Index of a column, or None where it is not there.

        Raises
        ------
        SessionError
            A name which several columns have.
        """
        for one in column:
            if isinstance(one, int):
                if one <= self.cells.width:
                    return one - 1
                continue
            places = [at for at, name in enumerate(self.text.names) if name == one]
            places = places or [at for at, name in enumerate(self.text.names) if name.casefold() == one.casefold()]
            if len(places) > 1:
                what = f"{len(places)} columns are called so"
                raise row_error(self.text, what, "give the column's number in the mapping", None, one)
            if places:
                return places[0]
        return None

    def need(self, column: Column, key: str) -> int:
        """Index of a column that must be there; `key` of the mapping asks for it.

        Raises
        ------
        SessionError
            With the names that are there, the likest first.
        """
        place = self.find(column)
        if place is not None:
            return place
        wanted = " or ".join(f'"{shown(one)}"' if isinstance(one, str) else f"number {one}" for one in column)
        if not self.text.names:
            what = f"has {self.cells.width} columns, {key} wants {wanted}"
            raise self.error(what, "count the columns from 1, and check table.delimiter in the mapping")
        close = near(next((one for one in column if isinstance(one, str)), ""), self.text.names)
        there = listed(close or [name for name in self.text.names if name], 6) or "none"
        hint = f"the likest are {there}" if close else f"there are {there}"
        what = f"has no column {wanted}, which {key} wants"
        if any("\ufffd" in name for name in self.text.names):
            hint += "; some letters are unreadable, so check table.encoding, too"
        raise session_error(self.text.source, what, f"correct the mapping: {hint}", self.text.header_line)

    def numbers(self, place: int) -> Floats:
        """A column's values, (N,); NaN where missing.

        Raises
        ------
        SessionError
            The first cell that is no finite number.
        """
        cells = self.cells.get_column(str(place)).str.strip_chars()
        if self.text.decimal_comma:
            cells = cells.str.replace(",", ".", literal=True)
        values = cells.cast(pl.Float64, strict=False)
        marked = cells.str.to_lowercase().is_in(list(self.missing))
        for value in self.missing_values:
            marked = marked | (values == value).fill_null(False)
        array = values.to_numpy().astype(np.float64)
        gone = marked.to_numpy().astype(bool)
        wrong = ~gone & ~np.isfinite(array)
        for row in np.flatnonzero(wrong)[:1]:
            raise self._no_number(int(row), place)
        array[gone] = np.nan
        return array

    def columns(self, places: Sequence[int]) -> Floats:
        """Several columns, (N, len(places))."""
        return np.column_stack([self.numbers(place) for place in places])

    def rows(self, chosen: Sequence[int] | np.ndarray) -> Table:
        """Some of its rows."""
        text = replace(
            self.text,
            lines=[self.text.lines[int(at)] for at in chosen],
            numbers=[self.text.numbers[int(at)] for at in chosen],
        )
        return replace(self, text=text, cells=self.cells[[int(at) for at in chosen]])

    def _no_number(self, row: int, place: int) -> SessionError:
        cell = cast("str", self.cells.get_column(str(place))[row]).strip()
        if number_in(cell.replace(",", ".")) is not None and "," in cell:
            todo = 'set table.decimal = "," in the mapping'
            return self.error(f'"{shown(cell)}" is written with a comma', todo, row, place)
        value = number_in(cell)
        if value is not None and np.isinf(value):
            return self.error(f'"{shown(cell)}" is infinite', "correct it, or leave the cell empty", row, place)
        what = f'"{shown(cell)}" is not a number'
        return self.error(what, "correct it, or add it to table.missing in the mapping", row, place)


def read_table(path: Path, look: TableLook) -> Table:
    """Read a text file as a table.

    Raises
    ------
    SessionError
        As `text_file.read_text_table`, or a row with too few or too many cells.
    """
    return split_cells(read_text_table(path, look), look)


def split_cells(text: TextTable, look: TableLook) -> Table:
    """Split a table's rows into cells.

    Raises
    ------
    SessionError
        The first row with too few or too many cells.
    """
    width = len(text.names) or len(split_line(text.lines[0], text.delimiter))
    if any('"' in line for line in text.lines):
        rows = [split_line(line, text.delimiter) for line in text.lines]
        counts = np.array([len(row) for row in rows])
        columns = {str(at): [row[at] if at < len(row) else "" for row in rows] for at in range(width)}
        cells = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
        extra = [text.delimiter.join(row[width:]) for row in rows]
    else:
        series = pl.Series("line", text.lines, dtype=pl.String)
        counts = series.str.count_matches(text.delimiter, literal=True).to_numpy().astype(np.int64) + 1
        split = series.str.splitn(text.delimiter, width + 1).struct.unnest().fill_null("")
        extra = split.to_series(width).to_list() if counts.max() > width else [""] * len(text.lines)
        cells = split.select(pl.all().exclude(f"field_{width}")).rename({f"field_{at}": str(at) for at in range(width)})
    missing = frozenset(one.strip().casefold() for one in look.missing)
    values = tuple(value for one in missing if (value := number_in(one)) is not None and np.isfinite(value))
    table = Table(text, cells, missing, values)
    short = counts < width
    if text.unterminated and short[-1] and len(text.lines) > 1:
        cut = f"{text.source}: the last line ({text.numbers[-1]}) is cut off and left out"
        table = replace(table.rows(range(len(text.lines) - 1)), warnings=(cut,))
        short, counts, extra = short[:-1], counts[:-1], extra[:-1]
    if short.any():
        raise _ragged(table, int(np.argmax(short)), int(counts[np.argmax(short)]), width)
    if not look.extra_cells:
        for row in np.flatnonzero(counts > width):
            # A delimiter at the end of each line is a habit of many exports.
            if extra[int(row)].strip(f' \t"{text.delimiter}'):
                raise _ragged(table, int(row), int(counts[row]), width)
    return table


def _ragged(table: Table, row: int, found: int, width: int) -> SessionError:
    where = "the header has" if table.text.names else "the first row has"
    what = f"has {found} field{'s' if found != 1 else ''} where {where} {width}"
    todo = "repair or delete this line"
    if found > width:
        todo += ", or set table.extra_cells = true in the mapping"
    elif row == 0:
        todo = "check table.delimiter and table.skip_lines in the mapping"
    return table.error(what, todo, row)
