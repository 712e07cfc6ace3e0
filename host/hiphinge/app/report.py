"""Sessions analysed, and one report of them written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hiphinge import __version__
from hiphinge.app.analyse import FOUND_HERE, Result
from hiphinge.app.outputs import session_names
from hiphinge.files.atomic import replacing
from hiphinge.report.content import ReportSession
from hiphinge.report.page import report_html

# What the numbers rest on: another version of these may move a last digit.
_BEHIND = ("numpy", "scipy", "vqf", "matplotlib")


def report_text(results: Sequence[Result], made_at: datetime, names: Sequence[str] | None = None) -> str:
    """Write a report of analysed sessions.

    Parameters
    ----------
    results : sequence of Result
        In the order of the page; several are compared with the first.
    made_at : datetime
    names : sequence of str, optional
        How the sessions are called on the page; by their files if not given.

    Returns
    -------
    str
        A whole HTML page.
    """
    called = session_names([Path(one.recording.source) for one in results]) if names is None else names
    sessions = [_session(one, name) for one, name in zip(results, called, strict=True)]
    return report_html(sessions, made_at, {"hiphinge": __version__, **_versions()})


def write_report(path: Path, results: Sequence[Result], made_at: datetime, names: Sequence[str] | None = None) -> None:
    """Write a report of analysed sessions into a file, whole or not at all.

    Parameters
    ----------
    path : Path
    results : sequence of Result
    made_at : datetime
    names : sequence of str, optional

    Raises
    ------
    SessionError
        The file could not be written.
    """
    text = report_text(results, made_at, names)
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


def _session(result: Result, name: str) -> ReportSession:
    return ReportSession(
        name=name,
        recording=result.recording,
        analysis=result.analysis,
        limits=result.limits,
        programme=result.programme.name,
        programme_title=result.programme.title,
        preset=result.programme.preset,
        rest_s=result.rest_s,
        live=result.live,
        calibration_from=result.calibration_from,
        progress=result.progress.sentence,
        warnings=result.warnings,
        calibrated_here=result.calibration_from == FOUND_HERE,
    )


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _BEHIND:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # bundled into one file, without the packages' own records
            found[name] = "of unknown version"
    return found
