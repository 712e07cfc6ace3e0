"""Parquet: samples, angles and their standard deviations in one table; all else as key-value metadata."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import cast

import polars as pl

from hiphinge.files.atomic import replacing
from hiphinge.files.columns import TIME, Kind
from hiphinge.files.export.content import Content, known, provenance
from hiphinge.files.export.table import angle_columns, sample_columns

KEY = "hiphinge"
"""The metadata's key; its value is JSON."""

UNITS: dict[Kind, str] = {"acc": "m/s^2", "gyr": "rad/s", "quat": "1"}


def frame(content: Content) -> pl.DataFrame:
    """Give the table: one row an instant, columns as in the session CSV and in `analyse --angles`.

    Parameters
    ----------
    content : Content

    Returns
    -------
    polars.DataFrame
        float64 as recorded, nothing rounded; null where missing.
    """
    columns = sample_columns(content.recording)
    if content.analysis is not None:
        # Time comes twice: an analysis has the recording's own instants.
        columns |= angle_columns(content.analysis.angles)
    return pl.DataFrame(columns, nan_to_null=True)


def metadata(content: Content) -> dict[str, str]:
    """Give what is known besides the table: units of the columns, attempts, limits, calibration, versions.

    Parameters
    ----------
    content : Content

    Returns
    -------
    dict
        One key, `KEY`, with strict JSON.
    """
    about = provenance(content)
    about["units"] = {name: unit(name) for name in frame(content).columns}
    attempts = [] if content.analysis is None else [asdict(one) for one in content.analysis.attempts]
    about["attempts"] = _strict(attempts)
    return {KEY: json.dumps(about, allow_nan=False)}


def unit(column: str) -> str:
    """The unit of a column by its name."""
    if column == TIME:
        return "s"
    if column.endswith("_deg"):
        return "deg"
    kind: Kind
    for kind, one in UNITS.items():
        if f"_{kind}_" in column:
            return one
    raise ValueError(f"no unit for column {column}")


def write(path: Path, content: Content) -> None:
    """Write the table with its metadata, whole or not at all.

    Raises
    ------
    SessionError
        The file could not be written.
    """
    with replacing(path) as file:
        frame(content).write_parquet(file, metadata=metadata(content))


def _strict(value: object) -> object:
    """The same value with None for numbers that are not finite, which JSON cannot hold."""
    if isinstance(value, float):
        return known(value)
    if isinstance(value, dict):
        return {key: _strict(one) for key, one in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_strict(one) for one in cast("list[object]", value)]
    return value
