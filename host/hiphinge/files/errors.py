"""What goes wrong with a file, said in one line: what, where, and what to do."""

from __future__ import annotations

import os
from dataclasses import dataclass

from hiphinge.model import HiphingeError

# A message is one line on a terminal: enough of a strange cell to find it, never all of it.
_SHOWN_CHARACTERS = 40


class SessionError(HiphingeError):
    """A session could not be read or written. The message names the file, the place, and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the samples, before it is known on which line of which file.

    Attributes
    ----------
    what, todo : str
        Plain words; together they make the message.
    row : int or None
        Index of the sample, from 0.
    column : str or None
        Name of the column.
    """

    what: str
    todo: str
    row: int | None = None
    column: str | None = None


def session_error(
    source: str, what: str, todo: str, line: int | None = None, column: str | None = None
) -> SessionError:
    """Make the one-line message ``file: line L, column C: what; what to do``."""
    place = [f"line {line}"] if line is not None else []
    if column is not None:
        place.append(f"column {shown(column)}")
    where = f"{', '.join(place)}: " if place else ""
    return SessionError(f"{shown(source, 400)}: {where}{what}; {todo}")


def os_error(source: str, error: OSError, doing: str) -> SessionError:
    """Put an operating system's refusal into the one-line form."""
    if isinstance(error, FileNotFoundError):
        return session_error(source, "no such file or folder", "check the path")
    if isinstance(error, PermissionError):
        return session_error(
            source, f"may not be {doing}", "check its permissions, or whether another program holds it"
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return session_error(source, f"could not be {doing} ({shown(reason, 120)})", "check the path and the disk")


def shown(text: str, limit: int = _SHOWN_CHARACTERS) -> str:
    """Make any text fit for a one-line message: printable and short.

    Examples
    --------
    >>> shown("a\\tb\\x00")
    'a\\\\tb\\\\x00'
    """
    # Cut first: a cell may be megabytes long.
    cut = text if len(text) <= limit else text[:limit] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def listed(names: list[str], limit: int = 6) -> str:
    """Join names for a message; the rest beyond `limit` are counted only."""
    text = ", ".join(shown(name) for name in names[:limit])
    return text if len(names) <= limit else f"{text} and {len(names) - limit} more"
