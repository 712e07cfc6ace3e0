"""What the host asks the device of itself: one description and one calibration at a time.

One at a time, so that a replay, which knows the answers only, finds what an ERROR (it names the type asked for, no
more) was about.
"""

from __future__ import annotations

from hiphinge.link.book import Book, Key
from hiphinge_wire.constants import CURRENT
from hiphinge_wire.errors import NOT_FOUND, UNSUPPORTED
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Error
from hiphinge_wire.requests import CalibrationGet, InfoGet

# Only these say that asking again is in vain.
_NEVER = (NOT_FOUND, UNSUPPORTED)


class Inquiries:
    """What is asked next, and what an ERROR means for it.

    Parameters
    ----------
    book : Book
    replaying : bool
        Errors answer what would be asked now, as nothing was.
    """

    def __init__(self, book: Book, replaying: bool) -> None:
        self._book = book
        self._replaying = replaying
        self._asked: Key | None = None
        self._later: set[Key] = set()

    def info(self, wanted: set[Key], boot: int | None) -> Key | None:
        """The description to ask for: of the running boot first, and the same until it was answered."""
        open_ = {key for key in wanted if self._book.info(key) is None}
        if self._asked not in open_:
            self._later &= open_
            first = open_ - self._later or open_
            self._asked = min(first, key=lambda key: (key[0] != boot, key), default=None)
        return self._asked

    def refused(self, error: Error, asked: Message | None) -> str:
        """Act on an ERROR; returns the key of what a user should know (`warned`), or nothing."""
        if error.of_type == InfoGet.TYPE:
            key = self._asked if self._replaying else None
            if isinstance(asked, InfoGet) and asked.boot != CURRENT:
                key = asked.boot, asked.epoch
            if key is not None and error.code in _NEVER:
                self._book.never(key)
            elif key is not None:
                # Something else is wrong with this one: the others have their turn.
                self._later.add(key)
                self._asked = None
        elif error.of_type == CalibrationGet.TYPE:
            imu = self._book.next_uncalibrated() if self._replaying else None
            if isinstance(asked, CalibrationGet):
                imu = asked.imu
            if imu is not None:
                if error.code in _NEVER:
                    self._book.calibrations.setdefault(imu, None)
                return "uncalibrated"
        return ""
