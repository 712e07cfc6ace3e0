"""One writer to a session folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_NAME = ".recording.lock"


class FolderLock:
    """The right to write into a session folder; the system takes it back from a process that is killed.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_NAME
        # Not bound to a thread: a recorder is closed from whichever thread ends the session.
        self._lock = FileLock(self._path, timeout=0, thread_local=False)

    def take(self) -> bool:
        """Whether the folder is ours now.

        Raises
        ------
        OSError
            The lock file could not be made.
        """
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def release(self) -> None:
        """Give the folder free and leave no file behind."""
        if self._lock.is_locked:
            # While still held: filelock makes whoever opened the file before look again.
            with contextlib.suppress(OSError):
                self._path.unlink()
            with contextlib.suppress(OSError):
                self._lock.release()
