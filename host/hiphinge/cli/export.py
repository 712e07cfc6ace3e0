"""``hiphinge export``: a session in the formats of other tools."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.asked import read_request
from hiphinge.cli.options import GivenCalibration, Person, Preset

if TYPE_CHECKING:
    from hiphinge.app.analyse import Request
    from hiphinge.app.exporting import Export

# The exporter knows these words, too, but loads numpy; a test holds the two together.


class Format(StrEnum):
    """What other tools read."""

    STO = "sto"
    MOT = "mot"
    MOTION_BIDS = "motion-bids"
    PARQUET = "parquet"
    ATTEMPTS = "attempts"
    FHIR = "fhir"


def export(
    session: Annotated[Path, typer.Argument(metavar="SESSION", help="A session folder or CSV file.")],
    format: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            help="sto: OpenSense orientations; mot: OpenSim angles; motion-bids: a data set folder; "
            "parquet: samples and angles; attempts: CSV, one row an attempt; fhir: a Bundle of Observations.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="OUT", help="A file or folder; - is standard output, for attempts and fhir."
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    subject: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="motion-bids: the subject's label. Default: from the session's person."),
    ] = None,
    programme: Annotated[
        str | None, typer.Option(metavar="P", help="As in analyse. Default: the session's own, else assisted.")
    ] = None,
    preset: Preset = None,
    person: Person = None,
    calibration: GivenCalibration = None,
) -> None:
    """Write a session in another tool's format.

    \b
    sto also writes OUT_neutral.sto, for OpenSense's IMUPlacer; mot also OUT_sd.sto,
    the standard deviations. Nothing missing is filled in.

    \b
    Examples:
      hiphinge export session.csv --format attempts -o attempts.csv
      hiphinge export monday/ --format mot -o monday.mot
      hiphinge export monday/ --format motion-bids -o dataset/ --subject 07
      hiphinge export session.csv --format fhir -o - | less
    """
    from hiphinge.app.exporting import TEXT_FORMATS, Export
    from hiphinge.app.outputs import STDOUT

    if out == STDOUT and format.value not in TEXT_FORMATS:
        raise typer.BadParameter(f"--format {format.value} writes files; give -o a name instead of -")
    if subject is not None and format is not Format.MOTION_BIDS:
        raise typer.BadParameter("--subject belongs to --format motion-bids; leave it out")
    if subject is not None and not (subject.isascii() and subject.isalnum()):
        raise typer.BadParameter("--subject takes letters and digits only, such as 07")
    request = read_request(programme, preset, None, person, calibration=calibration)
    own_file = None if programme is None else Path(programme)
    kept = [path for path in (person, calibration, own_file) if path is not None and path.exists()]
    _run(Export(session, format.value, out, force, subject), request, kept)


def _run(wanted: Export, request: Request, kept: list[Path]) -> None:
    import sys

    from hiphinge.app.exporting import export_session
    from hiphinge.cli.progress import LateProgress
    from hiphinge.cli.screen import say, talk_console

    with LateProgress(talk_console(), 1) as progress:
        progress.doing(f"exporting {wanted.session.name}")
        done = export_session(wanted, request, kept)
        progress.done()
    for warning in done.warnings:
        say(f"{wanted.session}: warning: {warning}")
    if done.text is not None:
        sys.stdout.write(done.text)
    elif wanted.format == "motion-bids":
        say(f"wrote {wanted.out}: {len(done.files)} files")
    else:
        say(f"wrote {' and '.join(str(path) for path in done.files)}")
