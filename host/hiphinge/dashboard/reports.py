"""The report of a session that was just done: analysed from its folder as it was shown live, strikes heeded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hiphinge.app.analyse import Request, analyse_file
from hiphinge.app.report import report_text


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
    return report_text([result], datetime.now().astimezone(), [name])
