"""Which of a folder's files are sessions. Pure: names, sizes and stamps in, sessions out.

The rule is that of ``analyse``: a folder with a `session.csv` is one session, with its `session.json`; its other files
belong to it. In any other folder every ``.csv`` is a session of its own. A folder with a `session.json` or `raw.bin`
but no `session.csv` is a broken session. Names that begin with a dot are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hiphinge.files.names import CSV_NAME, JSON_NAME, RAW_NAME

_ENDING = ".csv"

# A day at 100 Hz is 1.1 GB. What is larger is no session, and would fill a worker's disk or memory.
LARGEST_BYTES = 2_000_000_000

TOO_LARGE = f"is over {LARGEST_BYTES / 1e9:g} GB; cut the recording in parts"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a listing shows it.

    Attributes
    ----------
    name : str
        Without its folder.
    size_bytes : int or None
    stamp : str or None
        Changes whenever the file does (times, entity tags, ...); None where the storage tells nothing like it.
    regular : bool
        No pipe, device or link to nowhere: reading it ends.
    """

    name: str
    size_bytes: int | None = None
    stamp: str | None = None
    regular: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A session somewhere below the folder that is analysed.

    Attributes
    ----------
    folder : str
        Relative to that folder; empty for itself.
    csv : str or None
        The file's name in `folder`; None for `session.csv`, of which the folder is the session.
    has_json : bool
    stamp : str or None
        Of all its files; None where one of them has none.
    size_bytes : int or None
    problem : str or None
        Why it need not be read, in words: what, and what to do.
    """

    folder: str
    csv: str | None
    has_json: bool = False
    stamp: str | None = None
    size_bytes: int | None = None
    problem: str | None = None

    @property
    def path(self) -> str:
        """The session itself: a folder, or a lone CSV."""
        return self.folder if self.csv is None else joined(self.folder, self.csv)

    @property
    def csv_path(self) -> str:
        """Its samples."""
        return joined(self.folder, self.csv or CSV_NAME)

    @property
    def json_path(self) -> str | None:
        """What else is known of it, if there is such a file."""
        return joined(self.folder, JSON_NAME) if self.has_json else None


def joined(folder: str, name: str) -> str:
    """Join the parts of a relative path; either may be empty."""
    return f"{folder}/{name}" if folder and name else folder or name


def is_hidden(path: str) -> bool:
    """Whether a part of a relative path begins with a dot."""
    return any(part.startswith(".") for part in path.split("/"))


def sessions_in(folder: str, entries: Iterable[Entry]) -> list[Found]:
    """Find the sessions among the files of one folder.

    Parameters
    ----------
    folder : str
        Relative to the folder that is analysed.
    entries : iterable of Entry
        Its files.

    Returns
    -------
    list of Found
        In order of their names.
    """
    files = {entry.name: entry for entry in entries if not entry.name.startswith(".")}
    meta = files.get(JSON_NAME)
    if CSV_NAME in files:
        return [_session(folder, None, files[CSV_NAME], meta)]
    sessions: list[Found] = []
    if meta is not None or RAW_NAME in files:
        problem = f"is a session folder without {CSV_NAME}; put that file back or remove the folder"
        sessions.append(Found(folder, None, problem=problem))
    lone = sorted(name for name in files if name.lower().endswith(_ENDING))
    return sessions + [_session(folder, name, files[name], None) for name in lone]


def _session(folder: str, csv: str | None, entry: Entry, meta: Entry | None) -> Found:
    files = [entry] if meta is None else [entry, meta]
    if not all(one.regular for one in files):
        # Opening a pipe would wait for ever.
        return Found(folder, csv, problem="is no regular file (a pipe, a device, a broken link); give a CSV file")
    stamps = [one.stamp for one in files]
    sizes = [one.size_bytes for one in files]
    if any(size is not None and size > LARGEST_BYTES for size in sizes):
        return Found(folder, csv, problem=TOO_LARGE)
    return Found(
        folder=folder,
        csv=csv,
        has_json=meta is not None,
        stamp=None if None in stamps else " ".join(str(stamp) for stamp in stamps),
        size_bytes=None if None in sizes else sum(size for size in sizes if size is not None),
    )
