"""Read a session CSV into a `Recording`: polars for speed, `diagnose` where it stumbles, checks on what came out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from hiphinge.files.columns import TIME, Group, present_groups
from hiphinge.files.csv_text import CsvText, read_csv_text, wants_last_row_cut
from hiphinge.files.diagnose import read_slowly
from hiphinge.files.errors import Finding, SessionError
from hiphinge.files.plausibility import check_samples, normalised, quat_is_off, stuck_warnings
from hiphinge.files.time_checks import check_time
from hiphinge.model import SEGMENTS, Floats, ImuSamples, Recording, Segment


def read_csv(path: Path, source: str) -> Recording:
    """Read a session CSV (DESIGN, "Session"); what belongs to it besides its samples is not looked for.

    Parameters
    ----------
    path : Path
        UTF-8 with or without byte order mark; LF, CRLF or CR; leading ``#`` lines are passed over.
    source : str
        What messages call the file.

    Returns
    -------
    Recording
        Arrays (N, 3) and (N, 4), C order; NaN where missing; quaternions at unit norm.

    Raises
    ------
    SessionError
        One line: what is wrong, where, and what to do.
    """
    return recording_from(read_csv_text(path, source))


def recording_from(text: CsvText) -> Recording:
    """As `read_csv`, from a CSV taken apart."""
    groups = present_groups(text.header, text.source, text.header_line)
    if not text.body:
        raise text.error("has a header but no rows", "give a recording of at least 2 s", line=text.header_line)
    wanted = (TIME, *(name for group in groups for name in group.names))
    if wants_last_row_cut(text, wanted):
        text = text.without_last_row()
    if not text.body or text.body.isspace():
        raise text.error("has no complete row", "give a recording of at least 2 s", line=text.header_line)
    time_s, samples = _read_samples(text, groups, wanted)
    if text.unterminated and _last_row_is_odd(time_s, samples):
        text = text.without_last_row()
        time_s, samples = time_s[:-1], {group: values[:-1] for group, values in samples.items()}
    finding = check_time(time_s)
    if finding is not None:
        raise _located(text, finding)
    samples, warnings = _without_empty_groups(samples)
    finding = check_samples(time_s, samples)
    if finding is not None:
        raise _located(text, finding)
    if text.cut_line is not None:
        cut = f"the last line ({text.cut_line}) is cut off; read up to {time_s[-1]:.3f} s"
        warnings = (cut, *warnings)
    return Recording(
        time_s=time_s,
        sacral=_imu("sacral", samples),
        thoracic=_imu("thoracic", samples),
        source=text.source,
        warnings=warnings + stuck_warnings(time_s, samples),
    )


def _read_samples(
    text: CsvText, groups: tuple[Group, ...], wanted: tuple[str, ...]
) -> tuple[Floats, dict[Group, Floats]]:
    frame = _read_fast(text, frozenset(wanted))
    if frame is None:
        frame = pl.DataFrame(read_slowly(text, wanted), schema=dict.fromkeys(wanted, pl.Float64))
    time_s = frame.get_column(TIME).to_numpy()
    return time_s, {group: frame.select(group.names).to_numpy(order="c") for group in groups}


def _read_fast(text: CsvText, wanted: frozenset[str]) -> pl.DataFrame | None:
    """Parse with polars; None where it refuses, or may have read something else than what is written.

    Polars fills short rows and blank lines with nulls, and does so in silence: both show as a null in the last column.
    """
    if b'"' in text.body:
        return None
    # Positions, since foreign columns may repeat a name. All columns are parsed: only so are long rows refused.
    schema = {
        name if name in wanted else f"#{index}": pl.Float64() if name in wanted else pl.String()
        for index, name in enumerate(text.header)
    }
    # Without its line end, polars lets a row end in one comma too many.
    body = text.body + b"\n" if text.unterminated else text.body
    try:
        frame = pl.read_csv(body, has_header=False, schema=schema, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    if frame.get_column(TIME).null_count():
        return None
    if frame.get_column(frame.columns[-1]).null_count():
        commas = np.count_nonzero(np.frombuffer(text.body, np.uint8) == ord(","))
        if commas != frame.height * (len(text.header) - 1):
            return None
    return frame


def _last_row_is_odd(time_s: Floats, samples: Mapping[Group, Floats]) -> bool:
    """Whether a last row without a line end betrays a cut within its last number."""
    last_s = time_s[-1]
    if not np.isfinite(last_s) or (len(time_s) > 1 and last_s <= time_s[-2]):
        return True
    return any(bool(quat_is_off(values[-1:])[0]) for group, values in samples.items() if group.kind == "quat")


def _without_empty_groups(samples: dict[Group, Floats]) -> tuple[dict[Group, Floats], tuple[str, ...]]:
    """Take out a sensor's raw columns, or its quaternions, where they are empty and the other is there."""
    kept = dict(samples)
    warnings: list[str] = []
    for segment in SEGMENTS:
        raw = [Group(segment, "acc"), Group(segment, "gyr")]
        quat = [Group(segment, "quat")]
        empty = [group for group in (*raw, *quat) if group in samples and _is_empty(samples[group])]
        there = [group for group in (*raw, *quat) if group in samples and group not in empty]
        if empty and (set(raw) <= set(there) or (set(quat) <= set(there) and set(there) == set(quat))):
            warnings += [f"the {group.words} columns are empty" for group in empty]
            for group in empty:
                del kept[group]
    return kept, tuple(warnings)


def _is_empty(values: Floats) -> bool:
    return bool(np.isnan(values[0]).all() and np.isnan(values).all())


def _imu(segment: Segment, samples: Mapping[Group, Floats]) -> ImuSamples:
    quat = samples.get(Group(segment, "quat"))
    return ImuSamples(
        acc_mps2=samples.get(Group(segment, "acc")),
        gyr_radps=samples.get(Group(segment, "gyr")),
        quat=None if quat is None else normalised(quat),
    )


def _located(text: CsvText, finding: Finding) -> SessionError:
    """Give a finding its line; the cell as written says more than the number it became."""
    what = finding.what
    if what == "is infinite" and finding.row is not None and finding.column is not None:
        what = f'"{text.cell(finding.row, finding.column)}" is infinite'
    return text.error(what, finding.todo, finding.row, finding.column)
