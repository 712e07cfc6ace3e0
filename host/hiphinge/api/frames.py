"""Recordings and analyses as polars tables; `.to_pandas()` or `.to_numpy()` lead on from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import polars as pl

from hiphinge.files.export.table import TEMPO, angle_columns, sample_columns
from hiphinge.model import Analysis, Attempt, Fault, Recording
from hiphinge.reps.words import reason, reasons

_SCHEMA: Mapping[str, type[pl.DataType]] = {"str": pl.String, "Verdict": pl.String, "int": pl.Int64}
_FINDING: dict[str, type[pl.DataType]] = {
    "index": pl.Int64,
    "set": pl.Int64,
    "certain": pl.Boolean,
    "advisory": pl.Boolean,
    "kind": pl.String,
    "value": pl.Float64,
    "limit": pl.Float64,
    "sd": pl.Float64,
    "at_s": pl.Float64,
    "phase": pl.String,
    "words": pl.String,
}


def samples_frame(recording: Recording) -> pl.DataFrame:
    """What the sensors measured, with the columns of a session CSV.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    polars.DataFrame
        N rows. `time_s` in s; `sacral_acc_x` ... in m/s², `sacral_gyr_x` ... in rad/s, `sacral_quat_w` ... where there
        are any, the same for `thoracic`; each sensor in its own axes. null where missing.

    Examples
    --------
    >>> import hiphinge
    >>> frame = hiphinge.samples_frame(hiphinge.simulate(repetitions=1).recording)
    >>> frame.columns[:4], frame.width
    (['time_s', 'sacral_acc_x', 'sacral_acc_y', 'sacral_acc_z'], 13)
    """
    return pl.DataFrame(sample_columns(recording), nan_to_null=True)


def angles_frame(analysis: Analysis) -> pl.DataFrame:
    """The angles over time.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    polars.DataFrame
        N rows, at the recording's own instants: `time_s` in s, the angles of `Angles` in deg (zero: the wearer's quiet
        standing), and their standard deviations. null where not known.

    Examples
    --------
    >>> import hiphinge, polars as pl
    >>> made = hiphinge.simulate(repetitions=2)
    >>> frame = hiphinge.angles_frame(hiphinge.analyse(made.recording))
    >>> frame.columns[:4]
    ['time_s', 'hip_hinge_deg', 'trunk_deg', 'lumbar_flexion_deg']
    >>> 40 < frame["hip_hinge_deg"].max() < 55
    True
    """
    return pl.DataFrame(angle_columns(analysis.angles), nan_to_null=True)


def attempts_frame(analysis: Analysis) -> pl.DataFrame:
    """The attempts, one row each.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    polars.DataFrame
        The fields of `Attempt` (s, deg); its tempo as `eccentric_s`, `pause_bottom_s`, `concentric_s`, `pause_top_s`;
        `faults` and `doubts` as lists of kinds; `reasons` in words. null where not known. Isolated bends have `set` 0.

    Examples
    --------
    >>> import hiphinge
    >>> made = hiphinge.simulate(repetitions=3, faults={2: "flexion"})
    >>> frame = hiphinge.attempts_frame(hiphinge.analyse(made.recording))
    >>> frame.select("index", "verdict", "faults").rows()
    [(1, 'compliant', []), (2, 'faulty', ['lumbar_flexion']), (3, 'compliant', [])]
    """
    plain = [item for item in fields(Attempt) if item.name not in ("tempo_s", "faults", "doubts")]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        **{item.name: _SCHEMA.get(str(item.type), pl.Float64) for item in plain},
        **dict.fromkeys(TEMPO, pl.Float64),
        "faults": pl.List(pl.String),
        "doubts": pl.List(pl.String),
        "reasons": pl.String,
    }
    rows = [
        {item.name: getattr(one, item.name) for item in plain}
        | dict(zip(TEMPO, one.tempo_s, strict=True))
        | {"faults": [fault.kind for fault in one.faults], "doubts": [doubt.kind for doubt in one.doubts]}
        | {"reasons": reasons(one)}
        for one in analysis.attempts
    ]
    return pl.DataFrame(rows, schema=schema).fill_nan(None)


def findings_frame(analysis: Analysis) -> pl.DataFrame:
    """The faults and doubts of all attempts, one row each.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    polars.DataFrame
        `index` and `set` of the attempt; `certain` (a fault) or not (a doubt); `advisory`; `kind`; `value`, `limit` and
        `sd` in deg (s for `too_fast`); `at_s`; `phase`; and all of it in `words`.

    Examples
    --------
    >>> import hiphinge
    >>> made = hiphinge.simulate(repetitions=3, faults={2: "shallow"})
    >>> frame = hiphinge.findings_frame(hiphinge.analyse(made.recording))
    >>> frame.select("index", "certain", "kind", "limit").rows()
    [(2, True, 'too_shallow', 42.0)]
    """
    rows = [
        _finding(one, finding, certain)
        for one in analysis.attempts
        for findings, certain in ((one.faults, True), (one.doubts, False))
        for finding in findings
    ]
    return pl.DataFrame(rows, schema=_FINDING)


def _finding(one: Attempt, finding: Fault, certain: bool) -> dict[str, object]:
    return {
        "index": one.index,
        "set": one.set,
        "certain": certain,
        **{item.name: getattr(finding, item.name) for item in fields(Fault)},
        "words": reason(finding),
    }
