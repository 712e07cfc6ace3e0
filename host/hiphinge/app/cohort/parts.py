"""The output: two folders of Parquet parts, which also say what is done.

``OUT/sessions/part-KEY.parquet`` and ``OUT/attempts/part-KEY.parquet`` are of the same sessions. Workers write parts
into ``OUT/_staging`` (readers of data sets pass over names with ``_``); only the one process that leads the run moves
them to their places, attempts first. So a part that can be seen is whole, no session has two rows however often a
worker was started again, and a session counts as done only when its attempts are there.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from hiphinge.app.cohort.errors import CohortError
from hiphinge.app.cohort.places import Place
from hiphinge.app.cohort.plan import Done
from hiphinge.app.cohort.schema import ATTEMPTS, KEY, SCHEMA, SESSIONS, TABLES, Row, metadata
from hiphinge.files.atomic import replacing
from hiphinge.files.errors import shown

STAGING = "_staging"
_PREFIX, _ENDING = "part-", ".parquet"
_DONE_COLUMNS = ("session", "status", "stamp", "csv_sha256", "json_sha256", "parameters_id", "attempts_count")


def part_path(table: str, key: str) -> str:
    """Where a part lies in the output."""
    return f"{table}/{_PREFIX}{key}{_ENDING}"


def staged_path(table: str, key: str) -> str:
    """Where a part waits until it is published."""
    return f"{STAGING}/{table}-{key}{_ENDING}"


def refuse_input(out: Place, root: Place) -> None:
    """Refuse an output whose folders would lie where the sessions are.

    Raises
    ------
    CohortError
    """
    if out.local != root.local:
        return
    ends = root.root.rstrip("/") + "/"
    for table in (*TABLES, STAGING):
        if ends.startswith(out.path(table).rstrip("/") + "/"):
            raise CohortError(f"{out.name(table)}: the sessions are here, and so would be the output; change -o")


def prepare(out: Place) -> None:
    """Make the output's folders, and clear what an earlier run left half done.

    Raises
    ------
    CohortError
        They cannot be made, or hold other files.
    """
    try:
        for table in TABLES:
            out.fs.makedirs(out.path(table), exist_ok=True)
            strange = [name for name in _names(out, table) if not _is_ours(name)]
            if strange:
                raise CohortError(
                    f"{out.name(table)}: holds other files ({shown(strange[0])}); give -o a folder of its own"
                )
        if out.fs.exists(out.path(STAGING)):
            out.fs.rm(out.path(STAGING), recursive=True)
        out.fs.makedirs(out.path(STAGING), exist_ok=True)
    except CohortError:
        raise
    except Exception as error:
        raise _not_written(out, out.url, error) from None


def stage(out: Place, key: str, sessions: list[Row], attempts: list[Row]) -> None:
    """Write a part's two files to where they wait; twice the same is once.

    Raises
    ------
    CohortError
        They cannot be written.
    """
    for table, rows, columns in (("attempts", attempts, ATTEMPTS), ("sessions", sessions, SESSIONS)):
        _write(out, staged_path(table, key), table, pl.DataFrame(rows, schema=columns, orient="row"))


def publish(out: Place, key: str) -> None:
    """Move a part to its place; only the process that leads the run does so.

    Raises
    ------
    CohortError
        It cannot be moved.
    """
    try:
        for table in ("attempts", "sessions"):
            out.fs.mv(out.path(staged_path(table, key)), out.path(part_path(table, key)))
    except Exception as error:
        raise _not_written(out, out.name(part_path("sessions", key)), error) from None


def inventory(out: Place) -> tuple[dict[str, Done], int]:
    """Find out what is done, and remove what is not whole: parts of which one half is missing or cannot be read.

    Parameters
    ----------
    out : Place

    Returns
    -------
    done : dict of name to Done
    removed : int
        Sessions and parts that were damaged and are to be done anew.

    Raises
    ------
    CohortError
        The output is of another version of the schema, or cannot be read.
    """
    done: dict[str, Done] = {}
    removed = 0
    keys = {table: {_key(name) for name in _names(out, table) if _is_ours(name)} for table in TABLES}
    for key in sorted(keys["sessions"] | keys["attempts"]):
        sessions = _read(out, "sessions", key, _DONE_COLUMNS) if key in keys["sessions"] else None
        attempts = _read(out, "attempts", key, ("session",)) if key in keys["attempts"] else None
        if sessions is None or attempts is None:
            # Attempts alone are what an end between the two moves leaves.
            removed += 1
            _remove(out, key)
            continue
        whole = _whole(sessions, attempts, done)
        lost = set(sessions["session"]) | set(attempts["session"])
        lost -= whole.keys()
        if lost or len(whole) < sessions.height:
            removed += len(lost) or 1
            _rewrite(out, key, whole.keys())
        for name, row in whole.items():
            content = (row["csv_sha256"], row["json_sha256"])
            done[name] = Done(key, row["status"], row["stamp"], content, row["parameters_id"])
    return done, removed


def drop(out: Place, done: Mapping[str, Done], names: Iterable[str]) -> None:
    """Take the rows of sessions out of the data sets.

    Parameters
    ----------
    out : Place
    done : mapping of name to Done
    names : iterable of str
        All of them in `done`.

    Raises
    ------
    CohortError
        A part cannot be written.
    """
    leaving: dict[str, set[str]] = {}
    for name in names:
        leaving.setdefault(done[name].part, set()).add(name)
    if not leaving:
        return
    staying: dict[str, set[str]] = {key: set() for key in leaving}
    for name, one in done.items():
        if one.part in leaving and name not in leaving[one.part]:
            staying[one.part].add(name)
    for key, names_left in staying.items():
        if names_left:
            _rewrite(out, key, names_left)
        else:
            _remove(out, key)


def _whole(sessions: pl.DataFrame, attempts: pl.DataFrame, done: Mapping[str, Done]) -> dict[str, Row]:
    """The rows of a part that have all their attempts, and no row in another part."""
    counts = dict(attempts.group_by("session").len().iter_rows())
    rows = {row["session"]: row for row in sessions.iter_rows(named=True)}
    return {
        name: row for name, row in rows.items() if name not in done and counts.get(name, 0) == row["attempts_count"]
    }


def _rewrite(out: Place, key: str, names: Collection[str]) -> None:
    """Leave only these sessions in a part.

    Sessions first: an end between the two leaves attempts without their session, which `inventory` takes out.
    """
    kept = pl.Series("session", sorted(names), pl.String()).implode()
    for table in ("sessions", "attempts"):
        frame = pl.read_parquet(io.BytesIO(_bytes(out, part_path(table, key))))
        frame = frame.filter(pl.col("session").is_in(kept))
        if table == "sessions":
            frame = frame.unique("session", keep="first", maintain_order=True)
        _write(out, part_path(table, key), table, frame)


def _remove(out: Place, key: str) -> None:
    for table in ("sessions", "attempts"):
        with suppress(FileNotFoundError):
            out.fs.rm(out.path(part_path(table, key)))


def _read(out: Place, table: str, key: str, columns: tuple[str, ...]) -> pl.DataFrame | None:
    """Some columns of a part; None where it is damaged.

    Raises
    ------
    CohortError
        It is no part of this version's.
    """
    path = part_path(table, key)
    data = _bytes(out, path)
    try:
        about = pl.read_parquet_metadata(io.BytesIO(data))
        frame = pl.read_parquet(io.BytesIO(data), columns=list(columns))
    except (pl.exceptions.PolarsError, OSError):
        # Cut off, or overwritten with something else.
        return None
    if f'"{SCHEMA}"' not in about.get(KEY, ""):
        raise CohortError(f"{out.name(path)}: is not of {SCHEMA}, this version's; give -o another folder")
    return frame


def _bytes(out: Place, path: str) -> bytes:
    try:
        return bytes(out.fs.cat_file(out.path(path)))
    except Exception as error:
        reason = shown(str(getattr(error, "strerror", None) or error or type(error).__name__), 200)
        raise CohortError(f"{out.name(path)}: could not be read ({reason}); check its permissions") from None


def _write(out: Place, path: str, table: str, frame: pl.DataFrame) -> None:
    """Write a file whole or not at all."""
    target = out.path(path)
    try:
        if out.local:
            with replacing(Path(target)) as file:
                frame.write_parquet(file, metadata=metadata(table))
            return
        data = io.BytesIO()
        frame.write_parquet(data, metadata=metadata(table))
        # Object stores show an object only when it is whole; others need the detour.
        waiting = out.path(f"{STAGING}/{secrets.token_hex(8)}.tmp")
        out.fs.pipe_file(waiting, data.getvalue())
        out.fs.mv(waiting, target)
    except CohortError:
        raise
    except Exception as error:
        raise _not_written(out, out.name(path), error) from None


def _names(out: Place, table: str) -> list[str]:
    out.fs.invalidate_cache()
    try:
        paths: list[Any] = out.fs.ls(out.path(table), detail=False)
    except FileNotFoundError:  # object stores know no empty folders
        return []
    names = [str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths]
    # A write that was cut off leaves a hidden file, which readers pass over; some stores list the folder itself.
    return [name for name in names if name and not name.startswith(".") and name != table]


def _is_ours(name: str) -> bool:
    return name.startswith(_PREFIX) and name.endswith(_ENDING)


def _key(name: str) -> str:
    return name.removeprefix(_PREFIX).removesuffix(_ENDING)


def _not_written(out: Place, where: str, error: Exception) -> CohortError:
    reason = shown(str(getattr(error, "strerror", None) or error or type(error).__name__), 200)
    store = "check the path, its permissions and the disk" if out.local else "check the URL and your rights to write"
    return CohortError(f"{where}: could not be written ({reason}); {store}")
