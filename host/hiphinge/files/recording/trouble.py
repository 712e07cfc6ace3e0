"""What a recorder has to tell: each trouble once when it comes, once when it is over."""

from __future__ import annotations

import threading
from pathlib import Path


class Troubles:
    """Lines for the user, collected until they are taken. Methods may be called from different threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._there: dict[str, str] = {}
        self._lines: list[str] = []
        self._lost_told = 0
        self._lock = threading.Lock()

    def there(self, what: str) -> bool:
        """Whether this trouble was told and is not over."""
        return what in self._there

    def say(self, what: str, line: str) -> None:
        """Tell a trouble, unless it was told in the same words."""
        with self._lock:
            self._say(what, line)

    def over(self, what: str) -> None:
        """It is no more; it will be told again when it comes back."""
        with self._lock:
            self._there.pop(what, None)

    def raw(self, what: str | None, pending_bytes: int, lost_bytes: int) -> None:
        """How `raw.bin` fares; `what` is the matter with it, None where it is written."""
        with self._lock:
            if what is not None:
                self._say("raw.bin", f"{what}; not recorded at present, the session goes on in memory")
                if lost_bytes > self._lost_told:
                    self._say("lost", f"{self._folder}: memory is full too: from now on what comes is not recorded")
            elif self._there.pop("raw.bin", None) is not None and not pending_bytes:
                self._there.pop("lost", None)
                lost = lost_bytes - self._lost_told
                end = f"{lost} bytes are lost" if lost else "nothing is lost"
                self._lost_told = lost_bytes
                self._lines.append(f"{self._folder}: recording again, {end}")

    def take(self) -> list[str]:
        """The lines since the last call."""
        with self._lock:
            lines, self._lines = self._lines, []
            return lines

    def _say(self, what: str, line: str) -> None:
        if self._there.get(what) != line:
            self._there[what] = line
            self._lines.append(line)
