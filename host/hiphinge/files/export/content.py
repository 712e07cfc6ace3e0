"""What an export is made of, and what every format says about where its numbers come from. Pure."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from hiphinge import __version__
from hiphinge.files.calibration_json import calibration_to_dict
from hiphinge.files.errors import SessionError, session_error
from hiphinge.model import Analysis, Recording
from hiphinge.programmes.limits import Limits

SCHEMA = "hiphinge.export/1"

SIGNS = (
    "Positive: hip_hinge (pelvis) and trunk (thorax) tilt forward; lumbar_flexion = trunk - hip_hinge, flexion +, "
    "extension -; side bend to the right; rotation to the left. Zero is the wearer's own quiet standing. "
    "*_sd is one standard deviation."
)
SCOPE = (
    "Two inertial sensors, on the sacrum and the thoracic spine; the thighs are not measured, so the hip hinge is the "
    "pelvis' tilt. Verdicts compare with set limits; this is no medical device."
)


@dataclass(frozen=True, slots=True)
class Content:
    """One session, analysed, with everything that led to its numbers.

    Attributes
    ----------
    recording : Recording
    analysis : Analysis or None
        None where the session could not be analysed: formats of samples do without.
    programme, preset : str
    limits : Limits
        What the attempts were judged by; of no use without an analysis, as are the two above.
    rest_s : float
    calibration_from : str
        Where the calibration came from, in words.
    warnings : tuple of str
    """

    recording: Recording
    analysis: Analysis | None
    programme: str
    preset: str
    limits: Limits
    rest_s: float
    calibration_from: str
    warnings: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Where the session was read from, fit for any text file."""
        return clean(self.recording.source)

    @property
    def analysed(self) -> Analysis:
        """The analysis, for formats that hold nothing else.

        Raises
        ------
        SessionError
            There is none.
        """
        if self.analysis is None:
            raise session_error(self.recording.source, "could not be analysed", "export it as parquet or motion-bids")
        return self.analysis


def provenance(content: Content) -> dict[str, Any]:
    """Give versions, limits, calibration and session data as strict JSON, numbers at full precision.

    Parameters
    ----------
    content : Content

    Returns
    -------
    dict
    """
    analysis, meta = content.analysis, content.recording.meta
    session: dict[str, Any] = {
        item.name: getattr(meta, item.name) for item in fields(meta) if item.name not in ("calibration", "events")
    }
    session |= {name: dict(session[name]) for name in ("device", "source_rates_hz", "limits")}
    session["events"] = [asdict(event) for event in meta.events]
    about: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "source": content.source,
        "session": session,
        "analysed": analysis is not None,
    }
    if analysis is not None:
        about |= {
            "programme": content.programme,
            "preset": content.preset,
            "limits": content.limits.to_dict(),
            "rest_s": content.rest_s,
            "calibration": calibration_to_dict(analysis.calibration),
            "calibration_from": clean(content.calibration_from),
            "neutrals_from_s": list(analysis.neutrals_from_s),
            "rate_hz": known(analysis.rate_hz),
            "missing_samples": analysis.missing_samples,
        }
    return about | {
        "warnings": [clean(one) for one in content.warnings],
        "signs": SIGNS,
        "scope": SCOPE,
    }


def clean(text: str) -> str:
    """Text as every encoder takes it: names of files may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def known(value: float | None) -> float | None:
    """The number, or None for what is missing or not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def measured_rate_hz(content: Content) -> float:
    """The session's rate: as analysed, else from the median step of its times."""
    if content.analysis is not None and math.isfinite(content.analysis.rate_hz):
        return content.analysis.rate_hz
    times = content.recording.time_s
    if len(times) < 2:
        raise SessionError(f"{content.source}: holds one sample only; its rate is not known, export a longer session")
    return float(1.0 / np.median(np.diff(times)))


def moment(content: Content, at_s: float) -> datetime | None:
    """When that time of the session was, by its `started_at`; None where that is not known."""
    started = content.recording.meta.started_at
    if started is None:
        return None
    try:
        return datetime.fromisoformat(started) + timedelta(seconds=at_s)
    except (ValueError, OverflowError):  # no moment, or past the last year there is
        return None
