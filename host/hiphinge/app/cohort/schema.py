"""The two tables of a cohort: columns, types and units, fixed and versioned. Pure.

Columns may be added, never renamed, as in the JSON of ``analyse``; a change of meaning is another version. Quantities
carry their unit in their name; shares, qualities and `smoothness_sal` have none; counts end in `_count`.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from hiphinge import __version__
from hiphinge.programmes.limits import NUMERIC_LIMITS

SCHEMA = "hiphinge.cohort/1"
KEY = "hiphinge"
"""The Parquet metadata's key; its value is JSON."""

Row = dict[str, Any]
Columns = dict[str, pl.DataType]

# The limits of the attempts CSV, in its order and under its names.
CHECKS = (
    "lumbar_flexion", "lumbar_extension", "too_shallow", "too_deep", "too_fast_down", "too_fast_up",
    "side_bend", "rotation",
)  # fmt: skip

_TEXT, _TEXTS, _NUMBER, _COUNT, _YES = pl.String(), pl.List(pl.String()), pl.Float64(), pl.Int32(), pl.Boolean()

# What attempts are grouped by most, repeated in both tables: a join of two large ones is seldom needed then.
ABOUT: Columns = {
    "session": _TEXT,
    "person": _TEXT,
    "started_at": _TEXT,
    "stance": _TEXT,
    "side": _TEXT,
    "load_kg": _NUMBER,
    "pain_0_10": _COUNT,
    "programme": _TEXT,
    "preset": _TEXT,
}

SESSIONS: Columns = {
    **ABOUT,
    "status": _TEXT,
    "error": _TEXT,
    "warnings": _TEXTS,
    "duration_s": _NUMBER,
    "rate_hz": _NUMBER,
    "missing_samples_count": pl.Int64(),
    "attempts_count": _COUNT,
    "compliant_count": _COUNT,
    "faulty_count": _COUNT,
    "uncertain_count": _COUNT,
    "sets_count": _COUNT,
    "isolated_count": _COUNT,
    "calibration_from": _TEXT,
    "neutral_start_s": _NUMBER,
    "neutral_end_s": _NUMBER,
    "flexion_axis_quality": _NUMBER,
    "swapped": _YES,
    "rest_s": _NUMBER,
    "live": _YES,
    **{f"limit_{name}": _NUMBER for name in NUMERIC_LIMITS},
    "limit_depth_on": _TEXT,
    "limit_advisory": _TEXTS,
    "stamp": _TEXT,
    "csv_sha256": _TEXT,
    "json_sha256": _TEXT,
    "parameters_id": _TEXT,
    "hiphinge_version": _TEXT,
}


def _check_columns(name: str) -> Columns:
    unit = "s" if name.startswith("too_fast") else "deg"
    return {
        f"{name}_finding": _TEXT,
        f"{name}_finding_value_{unit}": _NUMBER,
        f"{name}_finding_limit_{unit}": _NUMBER,
        f"{name}_finding_sd_{unit}": _NUMBER,
        f"{name}_finding_at_s": _NUMBER,
        f"{name}_finding_phase": _TEXT,
    }


ATTEMPTS: Columns = {
    **ABOUT,
    "index": _COUNT,
    "set": _COUNT,
    "repetition": _COUNT,
    "verdict": _TEXT,
    "faults": _TEXTS,
    "doubts": _TEXTS,
    "start_s": _NUMBER,
    "bottom_s": _NUMBER,
    "end_s": _NUMBER,
    "decided_s": _NUMBER,
    "hip_hinge_deg": _NUMBER,
    "hip_hinge_sd_deg": _NUMBER,
    "trunk_deg": _NUMBER,
    "trunk_sd_deg": _NUMBER,
    "lumbar_flexion_deg": _NUMBER,
    "lumbar_flexion_sd_deg": _NUMBER,
    "lumbar_extension_deg": _NUMBER,
    "lumbar_extension_sd_deg": _NUMBER,
    "lumbar_side_bend_deg": _NUMBER,
    "lumbar_rotation_deg": _NUMBER,
    "lumbar_share": _NUMBER,
    "eccentric_s": _NUMBER,
    "pause_bottom_s": _NUMBER,
    "concentric_s": _NUMBER,
    "pause_top_s": _NUMBER,
    "smoothness_sal": _NUMBER,
    **{column: kind for name in CHECKS for column, kind in _check_columns(name).items()},
}

TABLES: dict[str, Columns] = {"sessions": SESSIONS, "attempts": ATTEMPTS}


def unit(column: str) -> str | None:
    """The unit in a column's name; None for text, counts and what has none.

    Examples
    --------
    >>> unit("trunk_sd_deg"), unit("rest_s"), unit("lumbar_share")
    ('deg', 's', None)
    """
    for ending in ("deg", "s", "hz", "kg", "0_10"):
        if column.endswith(f"_{ending}"):
            return ending
    return None


def metadata(table: str) -> dict[str, str]:
    """The key-value metadata of a part: schema, version, table and the units of its columns."""
    units = {column: unit(column) for column in TABLES[table] if unit(column) is not None}
    about = {"schema": SCHEMA, "version": __version__, "table": table, "units": units}
    return {KEY: json.dumps(about, sort_keys=True)}
