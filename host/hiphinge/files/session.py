"""A session: a folder with `session.csv` and `session.json`, or a lone CSV."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hiphinge.files.csv_writer import write_csv
from hiphinge.files.errors import listed, os_error, session_error
from hiphinge.files.names import CSV_NAME, JSON_NAME, RAW_NAME
from hiphinge.files.session_csv import read_csv
from hiphinge.files.session_json import read_meta, write_meta
from hiphinge.model import Recording


def read_session(path: Path | str) -> Recording:
    """Read a session folder or a lone CSV.

    A folder whose recording was cut off is mended first: what `raw.bin` holds is written to `session.csv` and
    `session.json`, and a warning says so.

    Parameters
    ----------
    path : Path or str
        A folder holding `session.csv` (and `session.json`, if there is one), that `session.csv` itself, or any other
        CSV, which is read alone.

    Returns
    -------
    Recording
        `source` is the path as given; `warnings` say in plain words what was noticed.

    Raises
    ------
    SessionError
        The only error: one line which says what is wrong, where (file, line, column), and what to do.
    """
    given, source = Path(path), str(path)
    try:
        is_folder = given.is_dir()
        csv_path = given / CSV_NAME if is_folder else given
        has_raw = csv_path.name == CSV_NAME and csv_path.with_name(RAW_NAME).is_file()
        if is_folder and not has_raw and not csv_path.exists():
            raise _no_session(given, source)
        json_path = csv_path.with_name(JSON_NAME) if csv_path.name == CSV_NAME else None
        has_json = json_path is not None and json_path.exists()
    except OSError as error:
        raise os_error(source, error, "read") from None
    except ValueError:
        raise session_error(source, "is no path", "check the path") from None
    if not has_raw:
        return _read(csv_path, json_path if has_json else None, str(csv_path), source)
    # Only here, so that a plain file is read without it.
    from hiphinge.files.recording.recovery import opened

    with opened(csv_path.parent) as (place, warnings):
        recording = _read(place / CSV_NAME, place / JSON_NAME, str(csv_path), source)
    return replace(recording, warnings=warnings + recording.warnings)


def _read(csv_path: Path, json_path: Path | None, name: str, source: str) -> Recording:
    recording = replace(read_csv(csv_path, name), source=source)
    if json_path is None:
        return recording
    meta = read_meta(json_path)
    # A file cut short keeps its marks: they are worth a word, not a refusal.
    outside = [e for e in meta.events if not recording.time_s[0] - 1.0 <= e.time_s <= recording.time_s[-1] + 1.0]
    warnings = recording.warnings
    if outside:
        first = outside[0]
        warnings += (
            f"{len(outside)} of {len(meta.events)} marks lie outside the samples, the first at {first.time_s:.2f} s",
        )
    return replace(recording, meta=meta, warnings=warnings)


def write_session(folder: Path | str, recording: Recording) -> None:
    """Write `session.csv` and `session.json` into `folder`, which is made if need be.

    Each file is written whole or not at all. Samples are rounded as `csv_writer.as_written` says.

    Raises
    ------
    SessionError
        A recording which could not be read back, or a folder which cannot be written to.
    """
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise session_error(str(folder), "is a file, not a folder", "choose another name") from None
    except OSError as error:
        raise os_error(str(folder), error, "written") from None
    except ValueError:
        raise session_error(str(folder), "is no path", "check the path") from None
    write_csv(place / CSV_NAME, recording)
    write_meta(place / JSON_NAME, recording.meta)


def _no_session(folder: Path, source: str) -> Exception:
    others = sorted(entry.name for entry in folder.iterdir() if entry.suffix.lower() == ".csv")
    if others:
        todo = f"give one of its CSV files by name ({listed(others, 3)})"
    else:
        todo = "give a session folder or a CSV file"
    return session_error(source, f"is a folder without {CSV_NAME}", todo)
