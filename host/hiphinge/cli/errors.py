"""Errors in one line on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback

DONE_NOT = 1
INTERRUPTED = 130  # as shells have it: 128 + SIGINT
TRACEBACK = "HIPHINGE_TRACEBACK"


def say_error(error: Exception, where: str = "") -> int:
    """Say on stderr what went wrong, in one line, and give the exit code for it.

    Parameters
    ----------
    error : Exception
    where : str
        The file it happened with, for errors that do not know.

    Returns
    -------
    int
    """
    # A terminal that is gone takes no last word either.
    with contextlib.suppress(OSError):
        if os.environ.get(TRACEBACK):
            traceback.print_exception(error)
        sys.stderr.write(one_line(error, where) + "\n")
    return DONE_NOT


def one_line(error: Exception, where: str = "") -> str:
    """Put any error into one line.

    Parameters
    ----------
    error : Exception
    where : str
        The file it happened with, for errors that do not know.

    Returns
    -------
    str
        What is wrong, where, and what to do; of a fault of ours, how to report it.
    """
    from hiphinge.model import HiphingeError  # not above: it loads numpy, which --help does without

    if isinstance(error, HiphingeError):
        return _joined(str(error))
    if isinstance(error, MemoryError):
        return _joined(f"{where or 'hiphinge'}: not enough memory; close other programs or cut the recording in parts")
    if isinstance(error, OSError):
        place = str(error.filename) if error.filename is not None else where or "hiphinge"
        reason = error.strerror or str(error) or type(error).__name__
        return _joined(f"{place}: {reason}; check the path, its permissions and the disk")
    what = f"{type(error).__name__}: {error}"
    place = f"{where}: " if where else ""
    return _joined(
        f"{place}hiphinge has a fault ({what[:200]}); please report it, with what {TRACEBACK}=1 shows when set"
    )


def _joined(text: str) -> str:
    return " ".join(text.split())
