"""What stops a whole cohort, and how any session's error becomes one line of a row. Pure."""

from __future__ import annotations

from hiphinge.files.errors import shown
from hiphinge.model import HiphingeError

# A row's error is read in a table: two terminal lines are enough for what, where and what to do.
_LONGEST = 1000


class CohortError(HiphingeError):
    """A cohort could not be started or gone on with. One line: what is wrong, where, and what to do."""


def error_line(error: BaseException, name: str) -> str:
    """Put what went wrong with a session into one line: what, where, what to do.

    Parameters
    ----------
    error : BaseException
    name : str
        The session.

    Returns
    -------
    str
    """
    if isinstance(error, HiphingeError):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = f"{name}: not enough memory; give the workers more with --memory, or cut the recording in parts"
    else:
        what = shown(f"{type(error).__name__}: {error}", 200)
        text = f"{name}: hiphinge has a fault ({what}); please report it with the file"
    return shown(" ".join(text.split()), _LONGEST)


def unreadable_line(error: Exception, name: str) -> str:
    """One line for a file the storage would not give, which may succeed another time."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    what = shown(" ".join(str(reason).split()), 200)
    return f"{name}: could not be read ({what}); check the path, its permissions and the network, and run again"


def killed_line(name: str) -> str:
    """One line for a session whose worker processes did not survive it."""
    return (
        f"{name}: each worker process that analysed it died (out of memory, or a crash in a library); "
        "run again with more --memory, or analyse it alone: hiphinge analyse"
    )
