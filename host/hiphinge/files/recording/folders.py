"""Session folders: a new one for each session, and their entries brought onto the disk."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path

from hiphinge.files.errors import os_error, session_error

# More sessions begun in one second than any clinic's: beyond it something else is wrong.
_MOST_ALIKE = 1000


def new_folder(root: Path, at: datetime) -> Path:
    """Make a folder named after the moment, never one that is there.

    Raises
    ------
    SessionError
        It cannot be made.
    """
    name = at.strftime("%Y-%m-%d_%H-%M-%S")
    try:
        root.mkdir(parents=True, exist_ok=True)
        for number in range(1, _MOST_ALIKE):
            folder = root / (name if number == 1 else f"{name}-{number}")
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder
    except FileExistsError:
        raise session_error(str(root), "is a file, not a folder", "choose another place to record to") from None
    except OSError as error:
        raise os_error(str(root), error, "written") from None
    except ValueError:
        raise session_error(str(root), "is no path", "check the path") from None
    raise session_error(str(root), f"holds {_MOST_ALIKE} sessions of {name}", "choose another place to record to")


def remove_new(folder: Path, names: tuple[str, ...]) -> None:
    """Take away a folder of ours in which no recording could be begun, and only what we put there."""
    for name in names:
        with contextlib.suppress(OSError):
            (folder / name).unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def flush_folder(folder: Path) -> None:
    """Bring a folder's entries onto the disk, where the system can: without it a power cut may take a new file."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
