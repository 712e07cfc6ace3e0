"""What is added to a session when its recording is closed: only `session.json` changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hiphinge.files.errors import session_error
from hiphinge.files.session import JSON_NAME
from hiphinge.files.session_json import read_meta, write_meta
from hiphinge.model import Event, SessionMeta


def add_event(folder: Path, event: Event) -> None:
    """Add a mark.

    Raises
    ------
    SessionError
        `session.json` cannot be read or written.
    """
    meta = read_meta(folder / JSON_NAME)
    write_meta(folder / JSON_NAME, replace(meta, events=(*meta.events, event)))


def amend(folder: Path, **fields: object) -> None:
    """Change fields of `SessionMeta`.

    Raises
    ------
    SessionError
        An impossible value, or `session.json` cannot be read or written.
    """
    path = folder / JSON_NAME
    meta = read_meta(path)
    pain = fields.get("pain_0_10", meta.pain_0_10)
    if pain is not None and not (isinstance(pain, int) and 0 <= pain <= 10):
        raise session_error(str(path), f"pain {pain} is not possible", "give 0 to 10")
    changed: SessionMeta = replace(meta, **fields)  # pyright: ignore[reportArgumentType]
    write_meta(path, changed)
