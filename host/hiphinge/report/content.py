"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.model import Analysis, Recording
from hiphinge.programmes.limits import Limits


@dataclass(frozen=True, slots=True)
class ReportSession:
    """One analysed session as a report takes it.

    Texts may come from anybody's files: the page escapes them.

    Attributes
    ----------
    name : str
        How the session is called on the page.
    recording : Recording
    analysis : Analysis
    limits : Limits
    programme, programme_title, preset : str
    rest_s : float
        Attempts further apart were taken for different sets.
    live : bool
        Analysed from the past alone, as it would have been shown live.
    calibration_from : str
        Where the calibration came from, in words.
    progress : str
        What the programme's rule for moving on says.
    warnings : tuple of str
    calibrated_here : bool
        The calibration is of this recording, so that its times are this recording's, too.
    """

    name: str
    recording: Recording
    analysis: Analysis
    limits: Limits
    programme: str
    programme_title: str
    preset: str
    rest_s: float
    live: bool
    calibration_from: str
    progress: str
    warnings: tuple[str, ...] = ()
    calibrated_here: bool = True
