"""Which file belongs to which sensor: by what was said on the command line, or by the mapping's globs."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hiphinge.files.errors import SessionError, os_error, session_error, shown
from hiphinge.files.importing.mapping import ImportMapping, Stream
from hiphinge.model import SEGMENTS, Segment

# A folder with more is no recording but a disk.
_MOST_FILES = 20_000
# A message is one line: so much of a name, so many names.
_SHOWN, _SHOWN_NAMES = 50, 4


@dataclass(frozen=True, slots=True)
class Source:
    """What somebody gave to be imported.

    Attributes
    ----------
    text : str
        As given, for messages.
    role : Segment or None
        Whose it is, where that was said.
    files : tuple of (Path, str)
        Each file and its path within the source, with slashes.
    is_file : bool
        It names one file, no folder.
    """

    text: str
    role: Segment | None
    files: tuple[tuple[Path, str], ...]
    is_file: bool


def open_sources(texts: Sequence[str]) -> tuple[Source, ...]:
    """Look up files and folders: ``PATH``, ``sacral=PATH`` or ``thoracic=PATH``, where PATH may hold ``*``.

    Raises
    ------
    SessionError
        Nothing there, or a role that is none.
    """
    return tuple(_open(text) for text in texts)


def find_file(mapping: ImportMapping, stream: Stream, segment: Segment, sources: Sequence[Source]) -> Path | None:
    """Find the one file of a sensor that holds a stream.

    Parameters
    ----------
    mapping : ImportMapping
    stream : Stream
    segment : Segment
    sources : sequence of Source

    Returns
    -------
    Path or None
        None for an optional stream without a file.

    Raises
    ------
    SessionError
        None or several, with what to do.
    """
    own = [source for source in sources if source.role == segment]
    globs: tuple[str, ...] = getattr(mapping.segments, segment)
    if own:
        candidates = [one for source in own for one in source.files]
        streams = [one for one in mapping.stream if one.segment in (None, segment)]
        if len(streams) == 1 and len(own) == 1 and own[0].is_file:
            return candidates[0][0]  # somebody said so: its name does not matter
    else:
        candidates = [one for source in sources if source.role is None for one in source.files]
        if globs:
            chosen = [one for one in candidates if _belongs(one, globs)]
            if not chosen and not stream.optional:
                what = f"no file or folder of the {segment} sensor: none is called {_quoted(globs)}"
                raise _not_found(what, candidates, f"say which it is: {segment}=PATH", sources)
            candidates = chosen
        elif stream.segment is None:
            what = f"which files are the {segment} sensor's is not known: this format does not tell it"
            raise session_error(_named(sources), what, "write sacral=PATH thoracic=PATH")
    found = [one for one in candidates if _fits(one, stream.files)]
    if not found:
        if stream.optional:
            return None
        what = f"no file of the {segment} sensor is called {_quoted(stream.files)}"
        raise _not_found(what, candidates, "check the folder, or stream.files in the mapping", sources)
    if len(found) > 1:
        names = _listed(found)
        what = f"{len(found)} files could be the {segment} sensor's ({names})"
        raise session_error(_named(sources), what, f"give one recording's files, such as {segment}=PATH")
    return found[0][0]


def _open(text: str) -> Source:
    role, path_text = _role(text)
    if not path_text:
        raise session_error(f'"{shown(text)}"', "names no file or folder", "give a path")
    path = Path(path_text)
    try:
        if path.is_dir():
            return Source(text, role, _walk(path, text), is_file=False)
        if path.exists():
            return Source(text, role, ((path, path.name),), is_file=True)
        if glob.has_magic(path_text):
            return _matching(text, role, path_text)
    except OSError as error:
        raise os_error(text, error, "read") from None
    except ValueError:
        raise session_error(text, "is no path", "check the path") from None
    head = text.partition("=")[0]
    if "=" in text and head.isalpha():
        raise session_error(text, f'"{shown(head)}" is no sensor', "write sacral=PATH or thoracic=PATH")
    raise session_error(text, "no such file or folder", "check the path")


def _role(text: str) -> tuple[Segment | None, str]:
    head, sign, rest = text.partition("=")
    return (head, rest) if sign and head in SEGMENTS else (None, text)


def _matching(text: str, role: Segment | None, pattern: str) -> Source:
    found = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - takes absolute ones
    if not found:
        raise session_error(text, "matches no file or folder", "check the path; * stands for any characters")
    if len(found) == 1 and found[0].is_file():
        return Source(text, role, ((found[0], found[0].name),), is_file=True)
    files: list[tuple[Path, str]] = []
    for path in found:
        files += (
            [(path, path.name)] if path.is_file() else [(one, f"{path.name}/{rel}") for one, rel in _walk(path, text)]
        )
    return Source(text, role, tuple(files), is_file=False)


def _walk(folder: Path, text: str) -> tuple[tuple[Path, str], ...]:
    found: list[tuple[Path, str]] = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            # The folder's own name may tell whose it is, as in "pelvis 64F0EDBF/Inertial.csv".
            found.append((path, Path(folder.resolve().name, path.relative_to(folder)).as_posix()))
        if len(found) > _MOST_FILES:
            raise session_error(text, f"holds over {_MOST_FILES} files", "give the folder of one recording")
    if not found:
        raise session_error(text, "is an empty folder", "give the folder of a recording")
    return tuple(found)


def _belongs(candidate: tuple[Path, str], globs: Sequence[str]) -> bool:
    parts = candidate[1].split("/")
    return any(_like(part, pattern) for pattern in globs for part in (candidate[1], *parts))


def _fits(candidate: tuple[Path, str], globs: Sequence[str]) -> bool:
    name = candidate[1].rpartition("/")[2]
    return any(_like(candidate[1] if "/" in pattern else name, pattern) for pattern in globs)


def _like(name: str, pattern: str) -> bool:
    # The same on every system: not every disk tells upper from lower case.
    return fnmatchcase(name.casefold(), pattern.casefold())


def _quoted(globs: Sequence[str]) -> str:
    return " or ".join(f'"{shown(one)}"' for one in globs)


def _listed(candidates: Sequence[tuple[Path, str]]) -> str:
    # The end of a path tells files apart.
    names = [name if len(name) <= _SHOWN else f"...{name[-_SHOWN:]}" for _, name in candidates[:_SHOWN_NAMES]]
    more = len(candidates) - len(names)
    return ", ".join(shown(name, 2 * _SHOWN) for name in names) + (f" and {more} more" if more else "")


def _not_found(what: str, candidates: Sequence[tuple[Path, str]], todo: str, sources: Sequence[Source]) -> SessionError:
    there = f" (there: {_listed(candidates)})" if candidates else " (there are no files)"
    return session_error(_named(sources), what + there, todo)


def _named(sources: Sequence[Source]) -> str:
    return ", ".join(shown(source.text, 200) for source in sources[:3]) or "import"
