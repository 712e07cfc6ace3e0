"""Where results go: one file, a folder with one file per session, or standard output. Never over an input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hiphinge.files.errors import os_error, session_error, shown
from hiphinge.files.names import CSV_NAME, JSON_NAME, RAW_NAME
from hiphinge.model import HiphingeError

STDOUT = Path("-")


def session_names(paths: Sequence[Path]) -> list[str]:
    """Name each session, so that results of several can lie in one folder.

    A CSV is called by its name without the ending, a session folder (and the `session.csv` in it) by the folder's.
    A name that is taken gets ``-2``, ``-3``, ... in the order given; upper and lower case are the same, as on the disks
    of Windows and macOS.

    Parameters
    ----------
    paths : sequence of Path

    Returns
    -------
    list of str

    Examples
    --------
    >>> session_names([Path("a/one.csv"), Path("b/One.csv"), Path("c/session.csv")])
    ['one', 'One-2', 'c']
    """
    taken: set[str] = set()
    names: list[str] = []
    for path in paths:
        base = _plain_name(path)
        name, count = base, 1
        while name.casefold() in taken:
            count += 1
            name = f"{base}-{count}"
        taken.add(name.casefold())
        names.append(name)
    return names


def plan_outputs(target: Path | None, ending: str, paths: Sequence[Path]) -> list[Path | None]:
    """Where the result of each session goes.

    Parameters
    ----------
    target : Path or None
        A file, a folder, or `STDOUT`; a folder for several sessions, made if need be.
    ending : str
        Of files in a folder, such as ``.json``.
    paths : sequence of Path
        The sessions.

    Returns
    -------
    list of Path or None
        One for each session; None without a target.

    Raises
    ------
    HiphingeError
        A folder is needed and this is none, or an output would overwrite an input.
    """
    if target is None:
        return [None] * len(paths)
    if target == STDOUT and len(paths) == 1:
        return [STDOUT]
    if len(paths) > 1 or target.is_dir():
        _make_folder(target)
        planned = [target / f"{name}{ending}" for name in session_names(paths)]
    else:
        planned = [target]
    refuse_overwriting(planned, paths)
    return list(planned)


def refuse_overwriting(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Refuse outputs that are one of the inputs, or twice the same.

    Raises
    ------
    HiphingeError
    """
    kept = {_real(member) for path in inputs for member in _members(path)}
    seen: set[Path] = set()
    for output in outputs:
        real = _real(output)
        if real in kept:
            raise HiphingeError(
                f"{shown(str(output), 400)}: is one of the inputs and will not be overwritten; choose another name"
            )
        # Devices and pipes may be written to twice.
        if real in seen and (output.is_file() or not output.exists()):
            raise HiphingeError(f"{shown(str(output), 400)}: is asked for twice; give each output its own name")
        seen.add(real)


def refuse_existing(outputs: Sequence[Path]) -> None:
    """Refuse outputs that are there already. Devices and pipes are written to, never replaced.

    Raises
    ------
    HiphingeError
    """
    for output in outputs:
        if output.is_file():
            raise session_error(str(output), "is there already", "choose another name, or replace it with --force")


def _plain_name(path: Path) -> str:
    # Resolved: "." and ".." have no name of their own.
    if path.name == CSV_NAME or path.name in ("", "..") or path.is_dir():
        folder = path.parent if path.name == CSV_NAME else path
        return folder.resolve().name or "session"
    return path.stem or path.name


def _members(path: Path) -> tuple[Path, ...]:
    if path.name != CSV_NAME and not path.is_dir():
        return (path,)
    folder = path.parent if path.name == CSV_NAME else path
    return (path, *(folder / name for name in (CSV_NAME, JSON_NAME, RAW_NAME)))


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # loops of links, zero bytes: reading or writing will say it
        return path


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise session_error(str(folder), "is a file", "with several sessions, name a folder") from None
    except OSError as error:
        raise os_error(str(folder), error, "made") from None
