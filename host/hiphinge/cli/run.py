"""One place where every way to end is handled: exit code, one line for the user, never a traceback."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO, cast

from hiphinge.cli.errors import DONE_NOT, INTERRUPTED, say_error


def prepare_process() -> None:
    """Set what holds for the whole process."""
    # Our matrices are small: BLAS threads only wait for each other, ten times as long on a busy machine.
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    _reopen_closed()
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe that cannot show a character must not end the command.
        if hasattr(stream, "reconfigure"):
            cast("TextIO", stream).reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    if not sys.warnoptions:
        # Meant for programmers: a user has no use for them, and errors promise to be one line.
        warnings.simplefilter("ignore")


def _reopen_closed() -> None:
    """Put nothing where a standard stream was closed (``>&-``, a service).

    A recording's file would else take its number, and what C libraries say would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - lives as long as the process
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str
        Without the program's name.

    Returns
    -------
    int
        0: ok; 1: could not do it; 2: wrong usage; 130: interrupted.
    """
    code = _ended(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    except OSError as error:
        _forget_stdout()
        code = say_error(error, "standard output")
    return code


def _ended(arguments: Sequence[str]) -> int:
    try:
        from hiphinge.cli.commands import command

        # Not `app()`: that would replace the interpreter's hook for uncaught exceptions.
        command()(args=list(arguments), prog_name="hiphinge")
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(done.code is not None)
        # typer catches Ctrl-C within a command and leaves with this code, without a word.
        return _interrupted() if code == INTERRUPTED else code
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        # Whoever read has seen enough, as `head` does.
        _forget_stdout()
        return DONE_NOT
    except Exception as error:
        return say_error(error)
    return 0


def _interrupted() -> int:
    sys.stderr.write("interrupted\n")
    return INTERRUPTED


def _forget_stdout() -> None:
    # The interpreter flushes once more on its way out, and would complain.
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is closed, or no file of the system's
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - lives as long as the process
