"""A simulation's truth as files, and how far an analysis is from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hiphinge import __version__
from hiphinge.files.atomic import replacing
from hiphinge.files.csv_writer import ANGLE_DECIMALS, TIME_DECIMALS
from hiphinge.model import Angles, Floats
from hiphinge.simulate import Truth

SCHEMA = "hiphinge.truth/1"
ANGLE_NAMES = ("hip_hinge_deg", "trunk_deg", "lumbar_flexion_deg", "lumbar_side_bend_deg", "lumbar_rotation_deg")


def write_truth_csv(path: Path, truth: Truth) -> None:
    """Write the true angles, one row a sample instant: `time_s` and `ANGLE_NAMES`.

    Raises
    ------
    SessionError
        The file could not be written.
    """
    columns = {"time_s": np.round(truth.time_s, TIME_DECIMALS) + 0.0}
    columns |= {name: np.round(getattr(truth, name), ANGLE_DECIMALS) + 0.0 for name in ANGLE_NAMES}
    with replacing(path) as file:
        pl.DataFrame(columns).write_csv(file, line_terminator="\n")


def truth_dict(truth: Truth, seed: int) -> dict[str, Any]:
    """Give what was really done: every repetition with its true measures and intended fault, and what was none.

    Parameters
    ----------
    truth : Truth
    seed : int

    Returns
    -------
    dict
        Times in s, angles in deg; strict JSON.
    """
    return {
        "schema": SCHEMA,
        "version": __version__,
        "seed": seed,
        "swapped": truth.swapped,
        "neutral_s": [[round(at, 4) for at in span] for span in truth.neutral_s],
        "repetitions": [_rounded(asdict(one)) for one in truth.repetitions],
        "distractors": [_rounded(asdict(one)) for one in truth.distractors],
    }


def rmse_deg(angles: Angles, truth: Truth) -> dict[str, float]:
    """Root mean square error of each angle while the wearer was at it, in deg.

    Parameters
    ----------
    angles : Angles
    truth : Truth
        At the same instants.

    Returns
    -------
    dict
        By `ANGLE_NAMES`: from the first repetition's onset to the last one's end, instants without an angle left out;
        NaN where none is left.
    """
    first_s, last_s = truth.repetitions[0].start_s, truth.repetitions[-1].end_s
    during = (truth.time_s >= first_s) & (truth.time_s <= last_s)
    return {name: _rms((getattr(angles, name) - getattr(truth, name))[during]) for name in ANGLE_NAMES}


def _rms(errors: Floats) -> float:
    known = errors[np.isfinite(errors)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) + 0.0 if isinstance(value, float) else value for key, value in values.items()}
