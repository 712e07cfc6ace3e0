"""From words on a command line to a simulated session, and its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast, get_args

from hiphinge.app.truth import truth_dict, write_truth_csv
from hiphinge.files.csv_writer import write_csv
from hiphinge.files.json_text import write_json
from hiphinge.files.session import write_session
from hiphinge.model import HiphingeError
from hiphinge.simulate import IntendedFault, Simulation
from hiphinge.simulate.quick import SENSORS, FaultAt, with_sets

__all__ = ["SENSORS", "FaultAt", "is_csv", "parse_fault", "with_sets", "write_simulation"]

_FAULT = re.compile(
    r"^(?:(?P<set>\d{1,4})\.)?(?P<repetition>\d{1,4}):(?P<kind>[a-z]+)(?::(?P<deg>\d{1,3}(?:\.\d+)?))?$"
)


def parse_fault(text: str) -> FaultAt:
    """Read ``N:KIND``, ``N:KIND:DEG`` or ``SET.N:KIND``.

    Parameters
    ----------
    text : str

    Returns
    -------
    FaultAt

    Raises
    ------
    HiphingeError
        The text is none of these.

    Examples
    --------
    >>> parse_fault("2.4:flexion:18")
    FaultAt(set=2, repetition=4, kind='flexion', deg=18.0)
    """
    kinds = get_args(IntendedFault)
    found = _FAULT.match(text)
    if found is None or found["kind"] not in kinds:
        raise HiphingeError(
            f'"{text}" is no fault; write N:KIND, such as 4:flexion (or 4:flexion:18 for its size in deg, '
            f"2.4:flexion for set 2 only); kinds are {', '.join(kinds)}"
        )
    return FaultAt(
        set=int(found["set"]) if found["set"] else None,
        repetition=int(found["repetition"]),
        kind=cast("IntendedFault", found["kind"]),
        deg=float(found["deg"]) if found["deg"] else None,
    )


def write_simulation(
    made: Simulation, out: Path, seed: int, truth_csv: Path | None = None, truth_json: Path | None = None
) -> None:
    """Write a simulated session and its truth.

    Parameters
    ----------
    made : Simulation
    out : Path
        A CSV by its ending, else a session folder.
    seed : int
    truth_csv, truth_json : Path, optional
        The true angles; the true repetitions.

    Raises
    ------
    SessionError
        A file could not be written.
    """
    if is_csv(out):
        write_csv(out, made.recording)
    else:
        write_session(out, made.recording)
    if truth_csv is not None:
        write_truth_csv(truth_csv, made.truth)
    if truth_json is not None:
        write_json(truth_json, truth_dict(made.truth, seed))


def is_csv(out: Path) -> bool:
    """Whether a session is to be a lone CSV; a folder otherwise."""
    return out.suffix.lower() == ".csv"
