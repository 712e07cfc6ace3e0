"""Folders by path or fsspec URL: listing what is in them, and reading a session out of them."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hiphinge.app.cohort.errors import CohortError
from hiphinge.app.cohort.found import LARGEST_BYTES, TOO_LARGE, Entry, Found, is_hidden, joined, sessions_in
from hiphinge.files.errors import session_error, shown
from hiphinge.files.names import CSV_NAME, JSON_NAME

_CHUNK_BYTES = 1 << 20
# What the file systems of fsspec call the things that change with a file: times, entity tags, checksums.
_STAMPS = (
    "mtime", "created", "ino", "modified", "updated", "LastModified", "last_modified", "date_time",
    "ETag", "etag", "e_tag", "CRC", "md5Hash", "content_md5", "checksum", "sha", "generation",
)  # fmt: skip
_USER = re.compile(r"(?<=://)[^/@]*@")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder somewhere.

    Attributes
    ----------
    url : str
        As users know it, without user names and passwords.
    fs : AbstractFileSystem
    root : str
        The folder as `fs` knows it.
    local : bool
    """

    url: str
    fs: Any
    root: str
    local: bool

    def path(self, relative: str) -> str:
        """A path in the folder, as `fs` knows it."""
        return joined(self.root.rstrip("/"), relative) if relative else self.root

    def name(self, relative: str) -> str:
        """A path in the folder, as users know it, made fit for a table."""
        first, chain, rest = self.url.partition("::")
        text = f"{joined(first.rstrip('/') or first, relative) if first != '/' else '/' + relative}{chain}{rest}"
        # Names may hold bytes that are no UTF-8: shown by their codes, which keeps different names different.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def absolute(text: str) -> str:
    """A path made absolute, so that it means the same in another process; a URL as it is."""
    if "://" in text or "::" in text:
        return text
    return Path(text).expanduser().absolute().as_posix()


def open_place(url: str) -> Place:
    """Find the file system of a path or URL.

    Raises
    ------
    CohortError
        An unknown protocol, a package that is missing for it, or a store that does not answer.
    """
    try:
        import fsspec.core  # type: ignore[import-untyped]
        from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]
    except ImportError:
        raise missing_dask() from None
    shown_url = _USER.sub("", url)
    # Untyped.
    core: Any = fsspec.core
    try:
        fs, root = core.url_to_fs(url)
    except ImportError as error:
        raise CohortError(f"{shown_url}: {shown(str(error), 200)} (pip install), or use a local folder") from None
    except Exception as error:
        raise CohortError(f"{shown_url}: cannot be opened ({shown(str(error), 200)}); check the URL") from None
    local = isinstance(fs, LocalFileSystem)
    return Place(str(root) if local else shown_url, fs, str(root), local)


def missing_dask() -> CohortError:
    """What to say where the extra is not installed."""
    return CohortError('cohort needs Dask, which is not installed; pip install "hiphinge[cohort]"')


def list_sessions(place: Place) -> Iterator[Found]:
    """Find all sessions in a folder and below it (`found` has the rule), folder by folder.

    Raises
    ------
    CohortError
        There is no such folder, or it cannot be listed.
    """
    try:
        yield from _walked(place) if place.local else _listed(place)
    except CohortError:
        raise
    except Exception as error:
        reason = shown(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200)
        raise CohortError(f"{place.url}: cannot be listed ({reason}); check the path and its permissions") from None


def _walked(place: Place) -> Iterator[Found]:
    """A local folder. Linked files are read; linked folders are passed over, as they may lead in circles."""
    if Path(place.root).is_file():
        raise _is_a_file(place)
    folders = [""]
    while folders:
        folder = folders.pop()
        files: list[Entry] = []
        below: list[str] = []
        try:
            entries = list(os.scandir(place.path(folder)))
        except OSError as error:
            if not folder:
                raise
            # A row that says so; the others are not to wait for it.
            problem = f"is a folder that cannot be listed ({error.strerror}); check its permissions"
            yield Found(folder, None, problem=problem)
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    below.append(joined(folder, entry.name))
            elif not entry.is_dir():
                files.append(_local_entry(entry))
        yield from sessions_in(folder, files)
        folders += sorted(below, reverse=True)


def _is_a_file(place: Place) -> CohortError:
    return CohortError(f"{place.url}: is a file; give the folder it is in, or use: hiphinge analyse")


def _local_entry(entry: os.DirEntry[str]) -> Entry:
    with suppress(OSError):
        found = entry.stat()
        # The time of the last change of the inode too: who copies an old time onto a new content cannot set that.
        stamp = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
        return Entry(entry.name, found.st_size, stamp, entry.is_file())
    return Entry(entry.name, regular=False)


def _listed(place: Place) -> Iterator[Found]:
    """A folder elsewhere: one listing of everything, as object stores give it in thousands a request."""
    every: dict[str, dict[str, Any]] = place.fs.find(place.root, detail=True)
    # Nothing else is in need of the listing; a million of them should not be kept twice.
    place.fs.invalidate_cache()
    if not every and not place.fs.exists(place.root):
        raise CohortError(f"{place.url}: no such folder; check the URL")
    folders: dict[str, list[Entry]] = defaultdict(list)
    root = place.root.rstrip("/")
    if every.keys() == {root}:
        raise _is_a_file(place)
    while every:
        path, info = every.popitem()
        relative = path.removeprefix(root).lstrip("/")
        if relative and not is_hidden(relative):
            folder, _, name = relative.rpartition("/")
            folders[folder].append(_remote_entry(name, info))
    for folder in sorted(folders):
        yield from sessions_in(folder, folders.pop(folder))


def _remote_entry(name: str, info: dict[str, Any]) -> Entry:
    size = info.get("size")
    size = size if isinstance(size, int) else None
    marks = [f"{key}={info[key]}" for key in _STAMPS if info.get(key) is not None]
    stamp = " ".join([str(size), *marks]) if marks else None
    return Entry(name, size, stamp, info.get("type", "file") == "file")


def content_of(place: Place, found: Found) -> tuple[str, str | None]:
    """SHA-256 of a session's files, its CSV and its JSON (None without one), in hexadecimal."""
    return (
        _pass(place, found.csv_path, None),
        None if found.json_path is None else _pass(place, found.json_path, None),
    )


def fetch(place: Place, found: Found, folder: Path) -> tuple[Path, str, str | None]:
    """Bring a session to where it can be read as a local one.

    Parameters
    ----------
    place : Place
    found : Found
    folder : Path
        Empty; copies are put there under names of ours, whatever they are called elsewhere.

    Returns
    -------
    path : Path
        For `read_session`. Of a local session the session itself, not a copy.
    csv_sha256 : str
    json_sha256 : str or None
    """
    if place.local:
        return Path(place.path(found.path)), *content_of(place, found)
    csv_path = folder / (CSV_NAME if found.csv is None else "recording.csv")
    with csv_path.open("wb") as copy:
        csv_sha256 = _pass(place, found.csv_path, copy)
    json_sha256 = None
    if found.json_path is not None:
        with (folder / JSON_NAME).open("wb") as copy:
            json_sha256 = _pass(place, found.json_path, copy)
    return (folder if found.csv is None else csv_path), csv_sha256, json_sha256


def _pass(place: Place, relative: str, copy: IO[bytes] | None) -> str:
    """Read a file once, in pieces; give its digest, and write it to `copy`."""
    digest, size_bytes = hashlib.sha256(), 0
    with place.fs.open(place.path(relative), "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            size_bytes += len(chunk)
            # Listings may not say it, and an archive's member may grow a thousandfold.
            if size_bytes > LARGEST_BYTES:
                what, _, todo = TOO_LARGE.partition("; ")
                raise session_error(place.name(relative), what, todo)
            digest.update(chunk)
            if copy is not None:
                copy.write(chunk)
    return digest.hexdigest()
