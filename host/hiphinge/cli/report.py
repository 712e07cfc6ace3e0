"""``hiphinge report``: one HTML file about one session, or several side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hiphinge.cli.asked import one_of_each, read_request
from hiphinge.cli.options import EachProgramme, GivenCalibration, Live, OwnMaxFlexion, Person, Preset, Recalibrate, Rest


def report(
    sessions: Annotated[
        list[Path],
        typer.Argument(metavar="SESSION", help="Session folders or CSV files; several are compared with the first."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE.html",
            help="Default, or for a folder: named after the session; - is standard output.",
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", "-l", metavar="TEXT", help="How a session is called. Repeatable, one for each session."
        ),
    ] = None,
    programme: EachProgramme = None,
    preset: Preset = None,
    own_max_flexion: OwnMaxFlexion = None,
    person: Person = None,
    rest: Rest = None,
    live: Live = False,
    calibration: GivenCalibration = None,
    recalibrate: Recalibrate = False,
) -> None:
    """Write a report: one HTML file that needs nothing else, to read, print or send.

    \b
    Examples:
      hiphinge report session.csv
      hiphinge report session/ -o anna.html --programme unassisted
      hiphinge report march/ june/ -o anna.html --label "before treatment" --label "after treatment"
    """
    from hiphinge.app.analyse import Result, analyse_file
    from hiphinge.app.outputs import STDOUT, refuse_overwriting, session_names
    from hiphinge.cli.batch import put_report
    from hiphinge.cli.progress import LateProgress
    from hiphinge.cli.screen import say, talk_console

    one_of_each(own_max_flexion, person, calibration, recalibrate)
    if label is not None and len(label) != len(sessions):
        raise typer.BadParameter(
            f"{len(label)} --label for {len(sessions)} sessions; give one for each, in their order"
        )
    names = session_names(sessions)
    own_name = f"{names[0] if len(sessions) == 1 else 'comparison'}-report.html"
    target = out or Path(own_name)
    if target.is_dir():
        target /= own_name
    called = [text.strip() or name for text, name in zip(label or names, names, strict=True)]
    own_file = None if programme is None else Path(programme)
    kept = [path for path in (person, calibration, own_file) if path is not None and path.exists()]
    refuse_overwriting([] if target == STDOUT else [target], [*sessions, *kept])
    request = read_request(programme, preset, own_max_flexion, person, rest, live, calibration, recalibrate)
    results: list[Result] = []
    with LateProgress(talk_console(), len(sessions) + 1) as progress:
        for path in sessions:
            # Not without one of them: a comparison that lacks a session misleads.
            progress.doing(f"analysing {path.name}")
            results.append(analyse_file(path, request))
            progress.done()
        progress.doing("writing the report")
        put_report(target, results, called)
        progress.done()
    if target != STDOUT:
        say(f"wrote {target}")
