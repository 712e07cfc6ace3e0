"""What options ask for, checked and read once, before any session: a slip is one error, not one per session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hiphinge.app.analyse import Request


def one_of_each(
    own_max_flexion: float | None, person: Path | None, calibration: Path | None = None, recalibrate: bool = False
) -> None:
    """Refuse options that contradict each other: wrong usage, exit code 2."""
    if own_max_flexion is not None and person is not None:
        raise typer.BadParameter("--own-max-flexion and --person both give the own maximum; give one of them")
    if calibration is not None and recalibrate:
        raise typer.BadParameter("--calibration and --recalibrate contradict each other; give one of them")


def read_request(
    programme: str | None,
    preset: str | None,
    own_max_flexion: float | None,
    person: Path | None,
    rest: float | None = None,
    live: bool = False,
    calibration: Path | None = None,
    recalibrate: bool = False,
) -> Request:
    """Read what the options name.

    Raises
    ------
    HiphingeError
        An unknown programme or preset, or a file that cannot be read.
    """
    from hiphinge.app.analyse import Request
    from hiphinge.app.person import read_person
    from hiphinge.files.calibration_json import read_calibration
    from hiphinge.programmes import load_programme

    if programme is not None:
        load_programme(programme, preset)
    return Request(
        programme=programme,
        preset=preset,
        own_max_flexion_deg=own_max_flexion if person is None else read_person(person).own_max_flexion_deg,
        rest_s=rest,
        live=live,
        calibration=None if calibration is None else read_calibration(calibration),
        calibration_from="given" if calibration is None else f"read from {calibration}",
        recalibrate=recalibrate,
    )
