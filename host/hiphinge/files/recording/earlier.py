"""A session before this one that was cut off: a computer that lost power, a program that was killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from hiphinge.files.names import JSON_NAME, RAW_NAME
from hiphinge.files.recording.lock import FolderLock

# Of sessions that are being recorded at this moment there may be a class; what lies further back was told before.
_MOST_LOOKED_AT = 16


def newest_cut_off(root: Path) -> Path | None:
    """The newest session in a place, if its recording was cut off and nobody has read it since; never raises.

    Sessions that are being recorded now are passed over.

    Parameters
    ----------
    root : Path
        Where session folders lie.
    """
    try:
        folders = sorted((one for one in root.iterdir() if (one / RAW_NAME).is_file()), reverse=True)
        for folder in folders[:_MOST_LOOKED_AT]:
            if not _recording(folder):
                return None
            lock = FolderLock(folder)
            if lock.take():
                lock.release()
                return folder
    except OSError:
        pass  # whether it can be written to is found out, and told, by whoever records
    return None


def _recording(folder: Path) -> bool:
    """Whether its metadata say that the recording has not ended."""
    try:
        said: object = json.loads((folder / JSON_NAME).read_bytes())
    except FileNotFoundError:
        return True
    except ValueError:
        return False
    return isinstance(said, dict) and cast("dict[str, object]", said).get("state") == "recording"
