"""From a file's bytes to a header and a body of rows: marks, comments, line ends, a cut at the end."""

from __future__ import annotations

import csv
import io
import signal
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from hiphinge.files.errors import SessionError, os_error, session_error, shown
from hiphinge.model import HiphingeError

_BOM = b"\xef\xbb\xbf"
# Comment or header lines beyond this are no session CSV: 5000 columns of 20 characters make 100 kB.
_LONGEST_LINE = 1_000_000
_MOST_COMMENT_LINES = 10_000
_MISSING = frozenset(("", "nan", "+nan", "-nan", "na"))


@dataclass(frozen=True, slots=True)
class CsvText:
    """A CSV file taken apart, its cells not read yet.

    Attributes
    ----------
    source : str
        For messages.
    header : tuple of str
        Column names without surrounding blanks.
    header_line : int
        Its line in the file, from 1; comments and blank lines count.
    body : bytes
        The rows, ending in a line feed unless `unterminated`; line ends are LF or CRLF.
    unterminated : bool
        The last row has no line end: whole, perhaps, or cut within a number.
    cut_line : int or None
        Line of a cut last row which was left out of `body`.
    """

    source: str
    header: tuple[str, ...]
    header_line: int
    body: bytes
    unterminated: bool = False
    cut_line: int | None = None

    def error(
        self, what: str, todo: str, row: int | None = None, column: str | None = None, line: int | None = None
    ) -> SessionError:
        """Make an error which names this file and, for a row, its line."""
        return session_error(self.source, what, todo, line if row is None else self.line_of_row(row), column)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Lines of the body which are not blank, with their line numbers."""
        for number, line in enumerate(self.body.split(b"\n"), self.header_line + 1):
            if line.strip():
                yield number, line

    def line_of_row(self, row: int) -> int:
        """Line number of the sample `row` (from 0)."""
        for index, (number, _) in enumerate(self.rows()):
            if index == row:
                return number
        return self.header_line

    def cell(self, row: int, column: str) -> str:
        """Text of one cell, for a message."""
        for index, (_, line) in enumerate(self.rows()):
            if index == row:
                return shown(split_row(line)[self.header.index(column)].strip())
        return ""

    def without_last_row(self) -> CsvText:
        """Leave out an unterminated last row, remembering that it was cut."""
        end = self.body.rfind(b"\n") + 1
        line = self.header_line + 1 + self.body.count(b"\n")
        return replace(self, body=self.body[:end], unterminated=False, cut_line=line)


def split_row(line: bytes) -> list[str]:
    """Cells of one row; quotes are obeyed, and taken as ordinary characters where they do not close."""
    text = line.decode("utf-8", errors="replace").removesuffix("\r")
    if '"' in text:
        try:
            return next(csv.reader([text], strict=True), [""])
        except csv.Error:
            pass
    return text.split(",")


def number_in(cell: str) -> float | None:
    """Value of a cell: NaN where missing (empty, NaN, NA), None where it is no number.

    Examples
    --------
    >>> number_in(" 1.5e3 "), number_in("NA"), number_in("1_000")
    (1500.0, nan, None)
    """
    text = cell.strip()
    try:
        # float() also takes 1_000 and the digits of other scripts, which no other reader of CSV does.
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return float("nan") if text.lower() in _MISSING else None


def read_csv_text(path: Path, source: str) -> CsvText:
    """Read a CSV file and take it apart.

    Raises
    ------
    SessionError
        Missing, unreadable, no file, empty, binary, not not UTF-8.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise session_error(source, "is a folder, not a file", "give a CSV file or a session folder")
        # Pipes are welcome (they end); /dev/zero would not.
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise session_error(source, "is a device, not a file", "give a CSV file or a session folder")
        if stat.S_ISFIFO(mode):
            _let_reads_be_interrupted()
        with path.open("rb") as file:
            return take_apart(file, source)
    except OSError as error:
        raise os_error(source, error, "read") from None
    except HiphingeError:
        raise
    except ValueError as error:  # a NUL in the path
        raise session_error(source, f"is no path ({shown(str(error))})", "check the path") from None
    except MemoryError:
        raise session_error(source, "is too large for this computer's memory", "split it") from None


def _let_reads_be_interrupted() -> None:
    """Let Ctrl-C end a read that waits for a writer: polars, once imported, has the system go on with it instead."""
    if hasattr(signal, "siginterrupt"):  # not on Windows
        signal.siginterrupt(signal.SIGINT, True)


def take_apart(file: BinaryIO, source: str) -> CsvText:
    """As `read_csv_text`, from an open binary file at its start."""
    first = file.readline(_LONGEST_LINE)
    if b"\r" in first.removesuffix(b"\n").removesuffix(b"\r"):
        # Lone carriage returns end the lines (or all is one line of rubbish, which is found below).
        whole = (first + file.read()).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        file = io.BytesIO(whole)
        first = file.readline(_LONGEST_LINE)
    header_line = 1
    named_in_comment = False
    line = first.removeprefix(_BOM)
    while line and (not line.strip() or line.startswith(b"#")):
        if len(line) >= _LONGEST_LINE or header_line >= _MOST_COMMENT_LINES:
            raise session_error(source, "begins with no header row but endless comments", "give a session CSV")
        named_in_comment |= b"time_s" in line
        line = file.readline(_LONGEST_LINE)
        header_line += 1
    if not line:
        if header_line == 1 and not first:
            raise session_error(source, "is empty", "give a session CSV with a header row and one row a sample")
        raise session_error(source, "holds comments or blank lines only", "give a session CSV with a header row")
    _refuse_binary(first + line, source)
    if len(line) >= _LONGEST_LINE:
        raise session_error(source, f"is over {len(line)} characters long", "give a session CSV", header_line)
    header = tuple(name.strip() for name in split_row(line.strip()))
    if named_in_comment and "time_s" not in header:
        raise session_error(source, "the header row is a comment", 'remove its "#"', header_line - 1)
    return _checked_body(CsvText(source, header, header_line, _rest(file)))


def wants_last_row_cut(text: CsvText, wanted: Sequence[str]) -> bool:
    """Whether an unterminated last row was cut in mid-line.

    It was if it has too few cells or an open quote, or if only its last cell is unreadable, or is empty though a value
    is wanted there.
    """
    if not text.unterminated:
        return False
    row = text.body[text.body.rfind(b"\n") + 1 :]
    if row.count(b'"') % 2:
        return True
    cells = split_row(row)
    names = text.header[: len(cells)]
    if any(name in wanted and number_in(cell) is None for name, cell in zip(names[:-1], cells[:-1], strict=False)):
        return False
    if len(cells) != len(text.header):
        return len(cells) < len(text.header)
    last = number_in(cells[-1])
    return names[-1] in wanted and (last is None or not cells[-1].strip())


def _rest(file: BinaryIO) -> bytes:
    raw: object = getattr(file, "raw", None)
    if isinstance(raw, io.FileIO) and raw.seekable():
        # Straight from the system: the buffered reader would copy an hour's 45 MB once more.
        raw.seek(file.tell())
        return raw.readall()
    return file.read()


def _refuse_binary(data: bytes, source: str) -> None:
    todo = "give a session CSV: text in UTF-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise session_error(source, "is UTF-16 text", "save it as CSV in UTF-8")
    if b"\0" in data:
        raise session_error(source, "is binary, not text", todo)
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = data[error.start]
            raise session_error(source, f"is not UTF-8 text (byte 0x{byte:02x})", todo) from None


def _checked_body(text: CsvText) -> CsvText:
    body = text.body
    if body.endswith(b"\0"):
        # A recorder that lost power leaves zeros behind the last row.
        body = body.rstrip(b"\0")
    if body.endswith((b"\n\n", b"\n\r\n")):
        body = body.rstrip(b"\r\n") + b"\n"
    end = body.rfind(b"\n") + 1
    if not body[end:].strip():
        body = body[:end]  # no copy where nothing follows
    if body.isspace():
        body = b""
    if b"\0" in body:
        number = text.header_line + 1 + body[: body.index(b"\0")].count(b"\n")
        raise text.error("holds zero bytes: binary or damaged", "record again or cut the file there", line=number)
    if not body.isascii():
        try:
            # A cut may also go through a letter of several bytes: the unterminated last row is judged later.
            body[:end].decode("utf-8")
        except UnicodeDecodeError as error:
            number = text.header_line + 1 + body[: error.start].count(b"\n")
            what = f"is not UTF-8 text (byte 0x{body[error.start]:02x})"
            raise text.error(what, "give a session CSV: text in UTF-8", line=number) from None
    return replace(text, body=body, unterminated=end < len(body))
