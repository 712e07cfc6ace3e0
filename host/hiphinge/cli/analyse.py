"""``hiphinge analyse``: options and their checks; `batch` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.asked import one_of_each, read_request
from hiphinge.cli.options import GivenCalibration, Live, OwnMaxFlexion, Person, Preset, Recalibrate, Rest

if TYPE_CHECKING:
    from hiphinge.cli.batch import Targets


def analyse(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Session folders or CSV files.")],
    programme: Annotated[
        str | None,
        typer.Option(
            metavar="P",
            help="assisted, unassisted, loaded-split-rdl, or your own TOML file."
            " Default: the session's own, else assisted.",
        ),
    ] = None,
    preset: Preset = None,
    own_max_flexion: OwnMaxFlexion = None,
    person: Person = None,
    limits_from: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A session whose repetitions a clinician approved: limits are learned."),
    ] = None,
    rest: Rest = None,
    live: Live = False,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="F", help="Write JSON; - is standard output, a folder for several files."),
    ] = None,
    angles: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Write angles as CSV; - is standard output, a folder for several files."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="F.html", help="Write a report; one for all files, side by side. - is standard output."),
    ] = None,
    calibration: GivenCalibration = None,
    recalibrate: Recalibrate = False,
    save_calibration: Annotated[
        Path | None, typer.Option(metavar="F", help="Save the calibration, for --calibration.")
    ] = None,
) -> None:
    """Find, measure and judge every repetition of recorded sessions.

    \b
    Examples:
      hiphinge analyse session.csv
      hiphinge analyse session.csv --json result.json --angles angles.csv
      hiphinge analyse session.csv --report report.html
      hiphinge analyse monday/ tuesday.csv --json results/ --programme unassisted
      hiphinge analyse session.csv --preset lenient --person anna.json
    """
    from hiphinge.cli.batch import Targets, analyse_all

    targets = Targets(json, angles, save_calibration, report)
    _check(files, targets, own_max_flexion, person, calibration, recalibrate)
    request = read_request(programme, preset, own_max_flexion, person, rest, live, calibration, recalibrate)
    if limits_from is not None:
        from dataclasses import replace

        from hiphinge.app.analyse import learn_from

        request = replace(request, learned=learn_from(limits_from, request))
    own_file = None if programme is None else Path(programme)
    kept = [path for path in (limits_from, person, calibration, own_file) if path is not None and path.exists()]
    code = analyse_all(files, request, targets, kept)
    if code:
        raise typer.Exit(code)


def _check(
    files: list[Path],
    targets: Targets,
    own_max_flexion: float | None,
    person: Path | None,
    calibration: Path | None,
    recalibrate: bool,
) -> None:
    """Refuse options that contradict each other: wrong usage, exit code 2."""
    from hiphinge.app.outputs import STDOUT

    if len(files) > 1:
        if STDOUT in (targets.json, targets.angles):
            raise typer.BadParameter("with several files, --json and --angles take a folder, not -")
        if targets.calibration is not None:
            raise typer.BadParameter("--save-calibration takes one session; give one file")
    if [targets.json, targets.angles, targets.report].count(STDOUT) > 1:
        raise typer.BadParameter("only one of --json, --angles and --report can go to standard output")
    one_of_each(own_max_flexion, person, calibration, recalibrate)
