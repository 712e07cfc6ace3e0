"""A session folder whose recording was cut off: `session.csv` and `session.json` made anew from `raw.bin`.

`raw.bin` itself is never touched. A folder that cannot be written to, or is being recorded at this moment, is read all
the same: what is made anew then lies in a temporary folder.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from hiphinge.files.columns import TIME
from hiphinge.files.errors import SessionError, os_error, session_error
from hiphinge.files.names import CSV_NAME, JSON_NAME, RAW_NAME
from hiphinge.files.recording.lock import FolderLock
from hiphinge.files.recording.raw_format import GAP, RawRecord, read_gap
from hiphinge.files.recording.raw_reader import RawReader
from hiphinge.files.recording.rebuild import SamplesOf, link_samples, take_in
from hiphinge.files.recording.sample_csv import write_samples
from hiphinge.files.recording.state_json import (
    Progress,
    progress_of,
    read_values,
    validated,
    write_values,
)
from hiphinge.files.session_json import SCHEMA

# The last row's time is found in the file's end: 21 columns of 25 characters fit many times.
_TAIL_BYTES = 8192
# Below one row of the fastest session, above what writing a number as text can change.
_SAME_TIME_S = 1e-4


@contextlib.contextmanager
def opened(folder: Path, samples_of: SamplesOf = link_samples) -> Generator[tuple[Path, tuple[str, ...]]]:
    """Where to read a session folder's CSV and JSON, mended first if its recording was cut off.

    Parameters
    ----------
    folder : Path
    samples_of : callable
        Makes samples of the raw records.

    Yields
    ------
    place : Path
        The folder, or a temporary one that is gone after the ``with``.
    warnings : tuple of str
        What was done, in plain words.

    Raises
    ------
    SessionError
        Nothing can be made of it: no sample, an unreadable `raw.bin` and no CSV.
    """
    if not (folder / RAW_NAME).is_file():
        yield folder, ()
        return
    why = _why_mend(folder)
    if why is None:
        yield folder, _said_before(folder)
        return
    with contextlib.ExitStack() as leaving:
        lock, live = FolderLock(folder), False
        try:
            live = not lock.take()
            place = Path(leaving.enter_context(tempfile.TemporaryDirectory())) if live else folder
            leaving.callback(lock.release)
        except OSError:
            place = Path(leaving.enter_context(tempfile.TemporaryDirectory()))
        if place == folder:
            why = _why_mend(folder)
            if why is None:  # another program mended it while we waited
                yield folder, _said_before(folder)
                return
        why = "is being recorded now" if live else why
        try:
            try:
                warnings = _mend(folder, place, samples_of, why)
            except SessionError:
                if place != folder:
                    raise
                # A disk too full for the mended files: another may have room.
                place = Path(leaving.enter_context(tempfile.TemporaryDirectory()))
                warnings = _mend(folder, place, samples_of, why)
        except SessionError as error:
            if not (folder / CSV_NAME).is_file():
                raise
            place, warnings = folder, (f"session.csv is read as it is: {error}",)
        lock.release()
        yield place, warnings


def _mend(folder: Path, place: Path, samples_of: SamplesOf, why: str) -> tuple[str, ...]:
    """Write CSV and JSON anew into `place`; returns what to tell."""
    has_json = (folder / JSON_NAME).is_file()
    values = read_values(folder / JSON_NAME) if has_json else {"schema": SCHEMA}
    known = progress_of(values) if has_json else Progress("recording", None, None, None)
    gaps: list[int] = []
    with RawReader(folder) as raw:
        samples = samples_of(raw.header, _noting(raw, values, known.raw_bytes or 0, gaps))
        made_csv = place / f".{CSV_NAME}.anew"
        end_s = write_samples(made_csv, samples)
        if end_s is None:
            todo = "read it later" if "now" in why else "record again"
            raise session_error(str(folder), "holds no sample: the recording ended before the first one", todo)
        checked = validated(values, str(folder / JSON_NAME))
        progress = Progress("recovered", str(raw.header.session), raw.end, end_s)
        try:
            if place == folder and not (has_json and known.state == "recording"):
                _set_aside(folder / CSV_NAME)
            made_csv.replace(place / CSV_NAME)
        except OSError as error:
            raise os_error(str(place / CSV_NAME), error, "written") from None
        write_values(place / JSON_NAME, checked, progress)
        torn = raw.torn
    made = f"the session {why}: made anew from {RAW_NAME} up to {end_s:.2f} s"
    if place != folder:
        made += ", in memory only"
    warnings = [made]
    if torn is not None and "now" not in why:
        warnings.append(f"the last {torn.lost_bytes} bytes of {RAW_NAME} are no whole record and were left out")
    if gaps:
        warnings.append(f"{sum(gaps)} bytes are missing in {RAW_NAME}: the disk was full while they came")
    return tuple(warnings)


def _noting(raw: RawReader, values: dict[str, Any], from_byte: int, gaps: list[int]) -> Iterator[RawRecord]:
    """Pass records on; bring `values` up to date by those that `session.json` does not know yet."""
    for record in raw:
        if record.end > from_byte:
            take_in(values, record)
        if record.kind == GAP:
            gaps.append(read_gap(record)[1])
        yield record


def _why_mend(folder: Path) -> str | None:
    """Why the CSV must be made anew, as the rest of "the session ..."; None where all is well."""
    if not (folder / JSON_NAME).is_file():
        return "has no session.json"
    known = progress_of(read_values(folder / JSON_NAME))
    if known.state == "recording":
        return "was cut off"
    if known.csv_end_s is None:
        return None
    if not (folder / CSV_NAME).is_file():
        return "has no session.csv"
    last_s = _last_time_s(folder / CSV_NAME)
    if last_s is not None and last_s < known.csv_end_s - _SAME_TIME_S:
        return f"has a session.csv that ends at {last_s:.2f} s, before the recording's end"
    return None


def _said_before(folder: Path) -> tuple[str, ...]:
    known = progress_of(read_values(folder / JSON_NAME)) if (folder / JSON_NAME).is_file() else None
    if known is None or known.state != "recovered" or known.csv_end_s is None:
        return ()
    return (f"the recording was cut off; it was made anew from {RAW_NAME} up to {known.csv_end_s:.2f} s",)


def _last_time_s(path: Path) -> float | None:
    """Time of a CSV's last whole row; None where it is not to be told at a glance."""
    try:
        with path.open("rb") as file:
            first = file.readline(_TAIL_BYTES).split(b",")[0].strip()
            if first != TIME.encode():
                return None
            file.seek(max(file.tell(), file.seek(0, 2) - _TAIL_BYTES))
            rows = file.read().rpartition(b"\n")[0].splitlines()
    except OSError as error:
        raise os_error(str(path), error, "read") from None
    try:
        return float(rows[-1].split(b",")[0]) if rows else -1.0
    except ValueError:
        return None


def _set_aside(path: Path) -> None:
    """Keep a CSV that may have been edited by hand under another name."""
    if not path.is_file():
        return
    number = 1
    while (aside := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    path.replace(aside)
