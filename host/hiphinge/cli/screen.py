"""Consoles: data to stdout, talk to stderr; widths, colours and signs that work everywhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from hiphinge.model import Verdict

# Blue and orange are told apart with every common colour blindness; the word and the sign say the same.
_STYLES: dict[Verdict, str] = {"compliant": "blue", "faulty": "bold dark_orange", "uncertain": "magenta"}
_SIGNS: dict[Verdict, str] = {"compliant": "✓", "faulty": "✗", "uncertain": "?"}
_PLAIN_SIGNS: dict[Verdict, str] = {"compliant": "+", "faulty": "x", "uncertain": "?"}


def data_console() -> Console:
    """The console on stdout."""
    # File names are shown as they are: no markup, no emoji codes, no colouring of numbers.
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)


def talk_console() -> Console:
    """The console on stderr."""
    return Console(file=sys.stderr, markup=False, emoji=False, highlight=False)


def say(line: str) -> None:
    """Say something that is no data."""
    sys.stderr.write(line + "\n")


def shows(console: Console, characters: str) -> bool:
    """Whether the console's encoding has these characters."""
    try:
        characters.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def verdict_text(console: Console, verdict: Verdict) -> Text:
    """A verdict as sign and word, coloured where there are colours."""
    signs = _SIGNS if shows(console, "✓✗") else _PLAIN_SIGNS
    return Text(f"{signs[verdict]} {verdict}", style=_STYLES[verdict])


def give_or_take(console: Console, value: float, sd: float) -> str:
    """A value and two standard deviations of it."""
    sign = "±" if shows(console, "±") else "+-"
    return f"{one_decimal(value)} {sign}{one_decimal(2 * sd)}"


def one_decimal(value: float) -> str:
    """A number with one decimal; a dash where it is not known. Never "-0.0"."""
    return "-" if value != value else f"{round(value, 1) + 0.0:.1f}"


def print_labelled(console: Console, rows: Sequence[tuple[str | Text, str]]) -> None:
    """Print labels with their sentences, wrapped beside the label."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, sentence in rows:
        grid.add_row(label, Text(sentence))
    print_trimmed(console, grid)


def print_columns(
    console: Console, headings: Sequence[tuple[str, str, bool]], rows: Sequence[tuple[str | Text, ...]]
) -> None:
    """Print a table as one text: an hour of training has hundreds of rows, on which rich's own table takes its time.

    Parameters
    ----------
    console : Console
    headings : sequence of (first line, second line, flush right)
    rows : sequence of tuple
        A cell per heading; an empty tuple is an empty line.
    """
    widths = [
        max(len(first), len(second), *(len(row[at]) for row in rows if row))
        for at, (first, second, _) in enumerate(headings)
    ]

    def line(cells: Sequence[str | Text]) -> Text:
        written = Text()
        for cell, width, (_, _, right) in zip(cells, widths, headings, strict=True):
            blanks = " " * (width - len(cell))
            written.append(blanks if right else "").append(cell).append("" if right else blanks).append(" ")
        written.rstrip()
        return written

    lines = [line([first for first, _, _ in headings]), line([second for _, second, _ in headings])]
    for heading in lines:
        heading.stylize("bold")
    lines += [line(row) if row else Text() for row in rows]
    console.print(Text("\n").join(lines), soft_wrap=True)


def print_trimmed(console: Console, shown: RenderableType) -> None:
    """Print; into a file or pipe without the blanks that fill lines."""
    if console.is_terminal:
        console.print(shown)
        return
    with console.capture() as captured:
        console.print(shown)
    console.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def count(number: int, noun: str) -> str:
    """A number and its noun.

    Examples
    --------
    >>> count(1, "set"), count(2, "set")
    ('1 set', '2 sets')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
