"""``analyse`` at work: session after session, results written and printed, one broken file not stopping the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hiphinge.app.analyse import Request, Result, analyse_recording
from hiphinge.app.outputs import STDOUT, plan_outputs, refuse_overwriting
from hiphinge.app.results import analysis_dict
from hiphinge.cli.attempt_table import print_result, summary_sentence
from hiphinge.cli.errors import DONE_NOT, say_error
from hiphinge.cli.progress import LateProgress
from hiphinge.cli.screen import data_console, talk_console
from hiphinge.files.calibration_json import write_calibration
from hiphinge.files.csv_writer import write_angles_csv
from hiphinge.files.json_text import write_json
from hiphinge.files.session import read_session

_STEPS = 3  # read, analyse, write


@dataclass(frozen=True, slots=True)
class Targets:
    """Where `--json`, `--angles`, `--save-calibration` and `--report` point; None: not asked for.

    The report is one for all sessions; the others are one a session.
    """

    json: Path | None = None
    angles: Path | None = None
    calibration: Path | None = None
    report: Path | None = None

    @property
    def to_stdout(self) -> bool:
        """Whether standard output is taken by a file's content, so that nothing else may go there."""
        return STDOUT in (self.json, self.angles, self.report)


def analyse_all(paths: Sequence[Path], request: Request, targets: Targets, kept: Sequence[Path] = ()) -> int:
    """Analyse sessions one after the other.

    Parameters
    ----------
    paths : sequence of Path
    request : Request
    targets : Targets
    kept : sequence of Path
        What else was read and must not be overwritten: a person, a calibration, a programme, ...

    Returns
    -------
    int
        0, or 1 if any session could not be analysed.

    Raises
    ------
    HiphingeError
        The targets do not fit the sessions.
    """
    json_outs = plan_outputs(targets.json, ".json", paths)
    angles_outs = plan_outputs(targets.angles, ".csv", paths)
    planned = [targets.calibration, targets.report, *json_outs, *angles_outs]
    refuse_overwriting([out for out in planned if out is not None and out != STDOUT], [*paths, *kept])
    code = 0
    for_report: list[Result] = []
    with LateProgress(talk_console(), _STEPS * len(paths) + (targets.report is not None)) as progress:
        for at, path in enumerate(paths):
            try:
                each = Targets(json_outs[at], angles_outs[at], targets.calibration, targets.report)
                result = _analyse_one(path, request, each, progress)
            except BrokenPipeError:
                raise
            except Exception as error:
                with progress.paused():
                    code = say_error(error, str(path)) or DONE_NOT
                continue
            with progress.paused():
                _show(result, len(paths) > 1, each)
            if targets.report is not None:
                for_report.append(result)
        if targets.report is not None and for_report:
            progress.doing("writing the report")
            put_report(targets.report, for_report)
            progress.done()
    return code


def put_report(target: Path, results: Sequence[Result], names: Sequence[str] | None = None) -> None:
    """Write one report of sessions, to a file or standard output.

    Parameters
    ----------
    target : Path
    results : sequence of Result
    names : sequence of str, optional
        How the sessions are called; by their files if not given.

    Raises
    ------
    SessionError
        The file could not be written.
    """
    from hiphinge.app.report import report_text, write_report  # loads matplotlib, half a second few analyses need

    made_at = datetime.now()
    if target == STDOUT:
        # Whatever a pipe's encoding is, the page says UTF-8; a stream without bytes behind it is a test's.
        text = report_text(results, made_at, names)
        if hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(text.encode("utf-8"))
        else:
            sys.stdout.write(text)
        return
    write_report(target, results, made_at, names)


def _analyse_one(path: Path, request: Request, targets: Targets, progress: LateProgress) -> Result:
    progress.doing(f"reading {path.name}")
    recording = read_session(path)
    progress.done()
    progress.doing(f"analysing {path.name}")
    result = analyse_recording(recording, request)
    progress.done()
    progress.doing(f"writing results of {path.name}")
    _write(result, targets)
    progress.done()
    return result


def _write(result: Result, targets: Targets) -> None:
    if targets.calibration is not None:
        write_calibration(targets.calibration, result.analysis.calibration)
    if targets.json is not None:
        values = analysis_dict(result)
        if targets.json == STDOUT:
            # ASCII: whatever a pipe's encoding is, JSON is the same.
            sys.stdout.write(json.dumps(values, indent=1, allow_nan=False) + "\n")
        else:
            write_json(targets.json, values)
    if targets.angles is not None:
        write_angles_csv(sys.stdout if targets.angles == STDOUT else targets.angles, result.analysis.angles)


def _show(result: Result, several: bool, targets: Targets) -> None:
    if targets.to_stdout:
        # Data has taken stdout; only what a user should not miss is said.
        for warning in result.warnings:
            sys.stderr.write(f"{result.recording.source}: warning: {warning}\n")
        return
    console = data_console()
    if not several:
        print_result(console, result)
        return
    console.print(f"{result.recording.source}: {summary_sentence(result.analysis)}", soft_wrap=True)
    for warning in result.warnings:
        console.print(f"  warning: {warning}", soft_wrap=True)
