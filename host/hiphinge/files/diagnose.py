"""The slow, exact pass over a CSV: line by line, for files the fast reader refuses or doubts.

It knows line and column, and has the last word: what it can read is read.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from hiphinge.files.csv_text import CsvText, number_in, split_row
from hiphinge.files.errors import SessionError, shown
from hiphinge.model import Floats


def read_slowly(text: CsvText, wanted: Sequence[str]) -> Floats:
    """Read the wanted columns cell by cell; blank lines are passed over.

    Returns
    -------
    (N, len(wanted)) float
        NaN where missing.

    Raises
    ------
    SessionError
        The first row with too few or too many cells, or the first cell that is no number, with line and column.
    """
    width = len(text.header)
    places = [text.header.index(name) for name in wanted]
    values = array("d")
    for line_number, line in text.rows():
        cells = split_row(line)
        if len(cells) != width:
            raise _ragged(text, line_number, line, len(cells))
        for place in places:
            value = number_in(cells[place])
            if value is None:
                raise _not_a_number(text, line_number, text.header[place], cells[place])
            values.append(value)
    return np.array(values, dtype=np.float64).reshape(-1, len(places))


def _ragged(text: CsvText, line_number: int, line: bytes, found: int) -> SessionError:
    what = f"has {found} field{'s' if found != 1 else ''} where the header has {len(text.header)}"
    todo = "repair or delete this line"
    if (found == 1 and line.count(b";")) or line.count(b"\t") > 1:
        todo = "separate the cells with commas"
    elif line.count(b";") >= len(text.header) - 1:
        todo = "separate the cells with commas, and write numbers with points"
    return text.error(what, todo, line=line_number)


def _not_a_number(text: CsvText, line_number: int, column: str, cell: str) -> SessionError:
    what = f'"{shown(cell.strip())}" is not a number'
    return text.error(
        what, "write a number, or leave the cell empty if the value is missing", None, column, line_number
    )
