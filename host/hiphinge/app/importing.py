"""Vendors' files to a session, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hiphinge.app.outputs import refuse_existing, refuse_overwriting
from hiphinge.files.csv_writer import write_csv
from hiphinge.files.importing.assemble import FileReport, Imported, import_recording
from hiphinge.files.importing.mapping_file import load_mapping, ready_mappings
from hiphinge.files.names import CSV_NAME, JSON_NAME
from hiphinge.files.session import write_session
from hiphinge.kinematics.grid import measure_grid
from hiphinge.model import SEGMENTS


def import_session(
    mapping_name: str,
    sources: Sequence[str],
    out: Path,
    rate_hz: float | None = None,
    offset_s: float | None = None,
    doing: Callable[[str], None] | None = None,
    force: bool = False,
) -> Imported:
    """Import vendors' files and write them as a session.

    Parameters
    ----------
    mapping_name : str
        A ready mapping's name, or a TOML file.
    sources : sequence of str
        ``PATH``, ``sacral=PATH`` or ``thoracic=PATH``; files, folders or patterns.
    out : Path
        A CSV by its ending, else a session folder.
    rate_hz : float, optional
        For files that do not tell their rate.
    offset_s : float, optional
        By how much the thoracic clock shows more than the sacral one.
    doing : callable, optional
        Told what is being done.
    force : bool
        Replace a session that is there.

    Returns
    -------
    Imported

    Raises
    ------
    HiphingeError
        One line: what is wrong, where, and what to do. Nothing is written then.
    """
    as_csv = out.suffix.lower() == ".csv"
    targets = [out] if as_csv else [out / CSV_NAME, out / JSON_NAME]
    mapping = load_mapping(mapping_name)
    imported = import_recording(mapping, mapping_name, sources, rate_hz, offset_s, doing)
    inputs = [one.path for one in imported.files]
    if mapping_name not in ready_mappings():
        inputs.append(Path(mapping_name))
    refuse_overwriting(targets, inputs)
    # A session in that place may be a recording that exists nowhere else.
    if not force:
        refuse_existing(targets)
    if doing is not None:
        doing(f"writing {out.name}")
    if as_csv:
        write_csv(out, imported.recording)
    else:
        write_session(out, imported.recording)
    return imported


def told(imported: Imported) -> list[str]:
    """What was read and made, a line each, without the warnings.

    Parameters
    ----------
    imported : Imported

    Returns
    -------
    list of str
    """
    recording = imported.recording
    grid = measure_grid(recording.time_s)
    neither = f", {grid.missing} more at which neither sensor has a sample" if grid.missing else ""
    lines = [_file_line(one) for one in imported.files]
    missing = ", ".join(f"{imported.missing[segment]} {segment}" for segment in SEGMENTS)
    lines.append(
        f"session: {recording.time_s[-1]:.1f} s at {grid.rate_hz:.4g} Hz, {len(recording.time_s)} instants{neither}; "
        f"without a complete sample: {missing}"
    )
    return lines


def _file_line(one: FileReport) -> str:
    parts = [f"{one.rows} rows", f"{one.rate_hz:.4g} Hz", f"{one.lost} samples lost"]
    if one.incomplete:
        parts.append(f"{one.incomplete} rows with missing values")
    if one.repeated:
        parts.append(f"{one.repeated} repeated rows left out")
    return f"{one.segment}: {one.path}: {', '.join(parts)}"
