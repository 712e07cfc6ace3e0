"""The whole chain without hardware: simulate, write, read, analyse, compare with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hiphinge.app.analyse import Request, Result, analyse_file
from hiphinge.app.simulation import write_simulation
from hiphinge.app.truth import rmse_deg
from hiphinge.simulate import Truth, default_scenario, simulate

SESSION_NAME = "simulated.csv"
TRUTH_NAME = "truth.csv"
REPORT_NAME = "report.html"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A simulated session analysed, what was really done, and the error of each angle in deg."""

    result: Result
    truth: Truth
    rmse_deg: dict[str, float]


def demonstrate(folder: Path, seed: int = 0) -> Demonstration:
    """Simulate a set with faults into `folder` and analyse it from there.

    Parameters
    ----------
    folder : Path
        Exists; gets `SESSION_NAME` and `TRUTH_NAME`.
    seed : int

    Returns
    -------
    Demonstration

    Raises
    ------
    HiphingeError
        A file could not be written.
    """
    made = simulate(default_scenario(seed))
    session = folder / SESSION_NAME
    write_simulation(made, session, seed, folder / TRUTH_NAME)
    result = analyse_file(session, Request())
    return Demonstration(result, made.truth, rmse_deg(result.analysis.angles, made.truth))


def report_demonstration(found: Demonstration, folder: Path, made_at: datetime) -> Path:
    """Write the report of a demonstration.

    Parameters
    ----------
    found : Demonstration
    folder : Path
        Exists; gets `REPORT_NAME`.
    made_at : datetime

    Returns
    -------
    Path
        The report.

    Raises
    ------
    HiphingeError
        The file could not be written.
    """
    from hiphinge.app.report import write_report  # loads matplotlib

    path = folder / REPORT_NAME
    write_report(path, [found.result], made_at, ["A simulated wearer, not a person"])
    return path
