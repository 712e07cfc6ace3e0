"""The report of a session that was just done: analysed from its folder as it was shown live, strikes heeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from hiphinge.app.analyse import Request, Result, analyse_file
from hiphinge.app.report import report_text
from hiphinge.dashboard.strikes import struck
from hiphinge.model import Event
from hiphinge.programmes import progress


def session_report(folder: Path, name: str) -> str:
    """Write the report of a recorded session; takes seconds, so not for the loop.

    Parameters
    ----------
    folder : Path
    name : str
        How the session is called on it.

    Returns
    -------
    str
        A whole HTML page.

    Raises
    ------
    HiphingeError
        The recording cannot be read or analysed.
    """
    # Through the live path: the same repetitions and verdicts as the page has shown.
    result = analyse_file(folder, Request(live=True))
    return report_text([heeding(result, result.recording.meta.events)], datetime.now().astimezone(), [name])


def heeding(result: Result, events: Sequence[Event]) -> Result:
    """The result without repetitions that were struck out: they stay, belong to no set, and it is said why."""
    attempts = result.analysis.attempts
    out = struck(attempts, events)
    if not out:
        return result
    kept = tuple(replace(one, set=0) if one.index in out else one for one in attempts)
    words = tuple(f"repetition {index} was struck out: {reason}" for index, reason in sorted(out.items()))
    return replace(
        result,
        analysis=replace(result.analysis, attempts=kept),
        progress=progress(result.programme, kept),
        warnings=(*result.warnings, *words),
    )
