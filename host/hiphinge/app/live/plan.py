"""What a live session is to be: where it is recorded, by what it is judged, who trains and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hiphinge.app.programme import DEFAULT_PROGRAMME, kept, session_programme
from hiphinge.model import Calibration, SessionMeta
from hiphinge.programmes import Limits, Programme, load_programme, resolve_limits

RATE_HZ = 100.0


@dataclass(frozen=True, slots=True)
class Wearer:
    """Who trains, and how: kept with the session, judged by nobody."""

    person: str | None = None
    stance: str | None = None
    side: str | None = None
    load_kg: float | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class LivePlan:
    """A live session.

    Attributes
    ----------
    root : Path or None
        Where its folder is made; None records nothing.
    programme : Programme
    limits : Limits
    rest_s : float
        Attempts further apart are different sets.
    calibration : Calibration or None
        A saved one to take; None finds one.
    judged : bool
        False records only.
    wearer : Wearer
    rate_hz : float
        Of the session.
    started_at : str or None
        When that was, for a session that is replayed; None: now.
    """

    root: Path | None
    programme: Programme
    limits: Limits
    rest_s: float
    calibration: Calibration | None = None
    judged: bool = True
    wearer: Wearer = field(default_factory=Wearer)
    rate_hz: float = RATE_HZ
    started_at: str | None = None

    def meta(self) -> SessionMeta:
        """What `session.json` says from the start: enough to judge the recording again exactly as live."""
        return SessionMeta(
            person=self.wearer.person,
            started_at=self.started_at,
            programme=self.programme.name,
            preset=self.programme.preset,
            limits=self.limits.to_dict(),
            own_programme=kept(self.programme),
            rest_s=self.rest_s,
            stance=self.wearer.stance,
            side=self.wearer.side,
            load_kg=self.wearer.load_kg,
            notes=self.wearer.notes,
            calibration=self.calibration,
        )


def planned(
    root: Path | None,
    programme: str | None = None,
    preset: str | None = None,
    *,
    own_max_flexion_deg: float | None = None,
    rest_s: float | None = None,
    calibration: Calibration | None = None,
    judged: bool = True,
    wearer: Wearer | None = None,
    like: SessionMeta | None = None,
) -> LivePlan:
    """A plan from what a user names; what is not named is as in the recorded session `like`.

    Raises
    ------
    HiphingeError
        An unknown programme or preset.
    """
    limits: Mapping[str, Any] = {}
    chosen: Programme | None = None
    if like is not None:
        calibration = calibration or like.calibration
        rest_s = like.rest_s if rest_s is None else rest_s
        if programme is None and preset is None:
            chosen = session_programme(like)
            limits = like.limits if own_max_flexion_deg is None else {}
    chosen = chosen or load_programme(programme or DEFAULT_PROGRAMME, preset)
    return LivePlan(
        root=root,
        programme=chosen,
        limits=Limits.from_dict(limits) if "depth_on" in limits else resolve_limits(chosen, own_max_flexion_deg),
        rest_s=chosen.rest_s if rest_s is None else rest_s,
        calibration=calibration,
        judged=judged,
        wearer=wearer or Wearer(),
        started_at=None if like is None else like.started_at,
    )
