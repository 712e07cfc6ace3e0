"""Small files of our own, read whole but never more than they can be."""

from __future__ import annotations

from pathlib import Path

from hiphinge.files.errors import os_error, session_error


def read_small(path: Path, most_bytes: int, what: str, instead_of_folder: str) -> bytes:
    """Read a file of at most so many bytes.

    Parameters
    ----------
    path : Path
    most_bytes : int
    what : str
        What the file should be, for the message: "a mapping".
    instead_of_folder : str
        What to do where the path is a folder.

    Raises
    ------
    SessionError
        Missing, unreadable, a folder, or larger.
    """
    source = str(path)
    try:
        if path.is_dir():
            raise session_error(source, "is a folder", instead_of_folder)
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise os_error(source, error, "read") from None
    except ValueError:
        raise session_error(source, "is no path", "check the path") from None
    if len(data) > most_bytes:
        raise session_error(source, f"is too large for {what}", "check that it is the right file")
    return data
