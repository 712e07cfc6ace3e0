"""A vendor's text file taken apart: what stands before the table, its header, its rows as text."""

from __future__ import annotations

import csv
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hiphinge.files.errors import SessionError, os_error, session_error, shown
from hiphinge.files.importing.mapping import TableLook

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|", "blanks": " "}
# In this order: names hold blanks ("x-axis (g)"), and numbers may hold commas.
_LIKELY = ("\t", ";", ",", "|", " ")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# An hour of a full-body suit's exports has a tenth of it; more would not fit the memory as text.
_LARGEST_BYTES = 1_000_000_000
_MOST_COLUMNS = 5000
_EXCEL_HINT = re.compile(r"^sep=(.)$", re.IGNORECASE)
# Odd letters stand in names and remarks, once or twice each; binary data has one in every line.
_MOST_ODD_LETTERS, _LOOKED_AT = 100, 100_000
# Rows looked at to tell whether numbers have commas or points.
_ROWS_FOR_DECIMAL = 50
_COMMA_NUMBER = re.compile(r"^[+-]?\d*,\d+([eE][+-]?\d+)?$")


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table's rows, not split yet.

    Attributes
    ----------
    source : str
        For messages.
    preface : tuple of str
        Lines before the table.
    names : tuple of str
        The header's cells; empty without a header.
    header_line : int or None
        From 1.
    lines : list of str
        Rows without line ends; none is blank.
    numbers : list of int
        Their lines in the file, from 1.
    delimiter : str
    decimal_comma : bool
    unterminated : bool
        The last row has no line end.
    """

    source: str
    preface: tuple[str, ...]
    names: tuple[str, ...]
    header_line: int | None
    lines: list[str]
    numbers: list[int]
    delimiter: str
    decimal_comma: bool
    unterminated: bool


def read_text_table(path: Path, look: TableLook) -> TextTable:
    """Read a file and find its table.

    Raises
    ------
    SessionError
        Unreadable, empty, binary, in another encoding, or without the header the mapping speaks of.
    """
    source = str(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise session_error(source, "is no file", "give a text file")
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise os_error(source, error, "read") from None
    except ValueError:
        raise session_error(source, "is no path", "check the path") from None
    if len(data) > _LARGEST_BYTES:
        raise session_error(source, "is over 1 GB", "export the recording in parts")
    return take_apart(data, look, source)


def take_apart(data: bytes, look: TableLook, source: str) -> TextTable:
    """As `read_text_table`, from the file's bytes."""
    text = _decoded(data, look, source)
    if not text.strip():
        raise session_error(source, "is empty", "export the recording again")
    every = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first, names_line, hint = _table_start(every, look, source)
    preface = tuple(every[: names_line if names_line is not None else first])
    kept = [at for at in range(first, len(every)) if every[at].strip() and not _is_comment(every[at], look)]
    if not kept:
        line = None if names_line is None else names_line + 1
        raise session_error(source, "has a header but no rows", "export the recording again", line)
    lines = [every[at] for at in kept]
    delimiter = _delimiter(every[names_line] if names_line is not None else lines[0], look, hint)
    if look.delimiter == "blanks":
        lines = [" ".join(line.split()) for line in lines]
    names: tuple[str, ...] = ()
    if names_line is not None:
        header = every[names_line] if look.delimiter != "blanks" else " ".join(every[names_line].split())
        names = tuple(name.strip() for name in split_line(header, delimiter))
    if max(len(names), lines[0].count(delimiter)) > _MOST_COLUMNS:
        raise session_error(source, f"has over {_MOST_COLUMNS} columns", "check table.delimiter in the mapping")
    return TextTable(
        source=source,
        preface=preface,
        names=names,
        header_line=None if names_line is None else names_line + 1,
        lines=lines,
        numbers=[at + 1 for at in kept],
        delimiter=delimiter,
        decimal_comma=_decimal_comma(lines, delimiter, look),
        unterminated=kept[-1] == len(every) - 1,
    )


def split_line(line: str, delimiter: str) -> list[str]:
    """Cells of a line; quotes are obeyed, and taken as ordinary characters where they do not close."""
    if '"' in line:
        try:
            return next(csv.reader([line], delimiter=delimiter, strict=True), [""])
        except csv.Error:
            pass
    return line.split(delimiter)


def _decoded(data: bytes, look: TableLook, source: str) -> str:
    encoding: str = look.encoding
    for mark, name in _BOMS:
        if data.startswith(mark):
            # A byte order mark says what the file is, whatever the mapping holds of others of its kind.
            encoding = name
            data = data if name == "utf-16" else data[len(mark) :]
            break
    if encoding != "utf-16" and b"\0" in data.rstrip(b"\0"):
        raise session_error(source, "is binary, not text", "give the vendor's text export")
    # A recorder that lost power leaves zeros behind the last row.
    data = data if encoding == "utf-16" else data.rstrip(b"\0")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise session_error(source, "is not UTF-16 text", "set table.encoding in the mapping") from None
        return _with_odd_letters(data, error.start, look, source)


def _with_odd_letters(data: bytes, start: int, look: TableLook, source: str) -> str:
    """Text of a file whose wrong bytes are few: a copyright sign before the table, a degree sign in a name.

    Among the numbers they are found when the cell is read.
    """
    text = data.decode(look.encoding, errors="replace")
    controls = sum(c < " " and c not in "\t\n\r\f" for c in text[:_LOOKED_AT])
    if controls or text.count("\ufffd") > _MOST_ODD_LETTERS:
        line = data[:start].count(b"\n") + 1
        todo = "give the vendor's text export, or set table.encoding in the mapping"
        raise session_error(source, f"is binary, or no {look.encoding} text (byte 0x{data[start]:02x})", todo, line)
    return text


def _table_start(every: Sequence[str], look: TableLook, source: str) -> tuple[int, int | None, str | None]:
    """Index of the first row, of the header (None without), and the delimiter a ``sep=`` line gives."""
    hint: str | None = None
    for at, line in enumerate(every):
        excel = _EXCEL_HINT.match(line.rstrip("\n")) if at == 0 else None
        if excel is not None:
            hint = excel[1]
            continue
        if at < look.skip_lines or not line.strip() or _is_comment(line, look):
            continue
        if not look.header:
            return at, None, hint
        if look.header_starts_with and not line.lstrip(' "').startswith(look.header_starts_with):
            continue
        return at + 1, at, hint
    if look.header_starts_with and look.header:
        wanted = " or ".join(f'"{shown(one)}"' for one in look.header_starts_with)
        what = f"has no header line that begins with {wanted}"
        raise session_error(source, what, "check that it is the right kind of file, or table.header_starts_with")
    raise session_error(source, "has no table below its comments", "check table.skip_lines and table.comment")


def _is_comment(line: str, look: TableLook) -> bool:
    return bool(look.comment) and line.lstrip().startswith(look.comment)


def _delimiter(line: str, look: TableLook, hint: str | None) -> str:
    if look.delimiter != "auto":
        return _DELIMITERS[look.delimiter]
    if hint is not None:
        return hint
    return next((one for one in _LIKELY if one in line.strip()), ",")


def _decimal_comma(lines: Sequence[str], delimiter: str, look: TableLook) -> bool:
    if look.decimal != "auto":
        return look.decimal == ","
    if delimiter == ",":
        # Only quotes could tell a decimal comma from a delimiter.
        cells = [cell for line in lines[:_ROWS_FOR_DECIMAL] if '"' in line for cell in split_line(line, delimiter)]
    else:
        cells = [cell for line in lines[:_ROWS_FOR_DECIMAL] for cell in split_line(line, delimiter)]
    return any(_COMMA_NUMBER.match(cell.strip()) for cell in cells)


def rate_after(preface: Sequence[str], words: str) -> tuple[float, int] | None:
    """The number behind some words before the table, and its line; None where they are not.

    Examples
    --------
    >>> rate_after(["// Update Rate: 100.0Hz"], "Update Rate:")
    (100.0, 1)
    """
    for number, line in enumerate(preface, 1):
        before, found, behind = line.partition(words)
        del before
        value = re.match(r"[\s,;:=\"]*(\d{1,6}(?:[.,]\d{1,9})?)", behind) if found else None
        if value is not None:
            return float(value[1].replace(",", ".")), number
    return None


def row_error(text: TextTable, what: str, todo: str, row: int | None = None, column: str | None = None) -> SessionError:
    """Make an error which names this file and, for a row, its line."""
    return session_error(text.source, what, todo, None if row is None else text.numbers[row], column)
