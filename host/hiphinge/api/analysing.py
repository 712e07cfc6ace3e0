"""One call from a recording to judged repetitions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from hiphinge.api.sessions import PathName, checked, path_name
from hiphinge.app.analyse import Request, analyse_recording
from hiphinge.app.person import read_person
from hiphinge.app.programme import DEFAULT_PROGRAMME, session_programme
from hiphinge.files.calibration_json import read_calibration
from hiphinge.files.errors import shown
from hiphinge.files.session import read_session
from hiphinge.model import Analysis, Calibration, HiphingeError, Recording
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.programmes.limits import NUMERIC_LIMITS, LearnedLimits, Limits, did_you_mean

Changes = Mapping[str, float | None]


def analyse(
    recording: Recording | PathName,
    programme: PathName | None = None,
    *,
    preset: str | None = None,
    limits: Limits | LearnedLimits | Changes | None = None,
    own_max_flexion_deg: float | None = None,
    person: PathName | None = None,
    rest_s: float | None = None,
    live: bool = False,
    calibration: Calibration | PathName | None = None,
    recalibrate: bool = False,
) -> Analysis:
    """Find every repetition of a session, measure it and judge it. What ``hiphinge analyse`` does.

    Parameters
    ----------
    recording : Recording, str or path-like
        From `read` or `simulate`, made by yourself, or a session's path. The sensors may sit in any direction.
    programme : str or path-like, optional
        "assisted", "unassisted", "loaded-split-rdl", or a TOML file. Not given: the session's own, else "assisted".
    preset : str, optional
        "strict" or "lenient", or one of your programme's; else the programme's own.
    limits : Limits, LearnedLimits or mapping, optional
        What differs from the programme, such as ``{"lumbar_flexion_max_deg": 14}`` (deg, or s for tempo; None: no such
        limit); or all limits (`Limits`); or those learned from a set a clinician approved
        (`hiphinge.programmes.learn_limits`). Not given: those saved with the session, unless a programme is given.
    own_max_flexion_deg : float, optional
        The wearer's own maximum lumbar flexion in deg, for presets whose limit is a share of it.
    person : str or path-like, optional
        A file of ``hiphinge assess`` to take that maximum from.
    rest_s : float, optional
        Attempts further apart are different sets; else the programme's.
    live : bool
        As it would have been shown live: from the past alone.
    calibration : Calibration, str or path-like, optional
        A saved one; not given, the session's own, else found in the movement.
    recalibrate : bool
        Leave aside a calibration saved with the session.

    Returns
    -------
    Analysis
        `attempts`: dataclasses, in order of time, isolated bends (`set` 0) included. `angles`: (N,) arrays in deg at
        the recording's own instants, each with its standard deviation; zero is the wearer's own quiet standing, frames
        and signs as in `Angles`; NaN where not known. `warnings`: what a user should know.

    Raises
    ------
    HiphingeError
        One line: the session cannot be read, has no usable standing or bend, or a programme or limit cannot be used.

    Examples
    --------
    >>> import hiphinge
    >>> made = hiphinge.simulate(repetitions=4, faults={2: "flexion", 4: "shallow"})
    >>> found = hiphinge.analyse(made.recording, "assisted", preset="strict")
    >>> [(one.verdict, [fault.kind for fault in one.faults]) for one in found.attempts]
    [('compliant', []), ('faulty', ['lumbar_flexion']), ('compliant', []), ('faulty', ['too_shallow'])]
    >>> found.angles.lumbar_flexion_deg.shape == made.recording.time_s.shape
    True
    >>> wider = hiphinge.analyse(made.recording, limits={"lumbar_flexion_max_deg": 25, "depth_min_deg": 30})
    >>> [one.verdict for one in wider.attempts]
    ['compliant', 'compliant', 'compliant', 'compliant']
    """
    if calibration is not None and recalibrate:
        raise HiphingeError("analyse: calibration and recalibrate contradict each other; give one of them")
    if isinstance(recording, Recording):
        session = checked(recording)
        session = session if session.source else replace(session, source="recording")
    else:
        session = read_session(path_name(recording, "analyse: recording", "a Recording or a session's path"))
    if limits is not None and not isinstance(cast("object", limits), Limits | LearnedLimits | Mapping):
        raise HiphingeError(
            f'analyse: limits {shown(repr(limits))} are none; give {{"lumbar_flexion_max_deg": 14}}, Limits or '
            'LearnedLimits, and the name of a preset as preset="strict"'
        )
    if rest_s is not None and not (_is_number(rest_s) and 0.0 < rest_s < math.inf):
        raise HiphingeError(f"analyse: rest_s {rest_s!r} is not possible; give seconds above 0")
    own_deg = _own_maximum(own_max_flexion_deg, person)
    request = Request(
        programme=None if programme is None else _programme_name(programme),
        preset=_preset_name(preset),
        own_max_flexion_deg=own_deg,
        learned=limits if isinstance(limits, LearnedLimits) else None,
        rest_s=rest_s,
        live=live,
        recalibrate=recalibrate,
    )
    if isinstance(calibration, Calibration):
        request = replace(request, calibration=calibration)
    elif calibration is not None:
        name = path_name(calibration, "analyse: calibration", "a Calibration or a file's path")
        request = replace(request, calibration=read_calibration(name), calibration_from=f"read from {name}")
    notes: tuple[str, ...] = ()
    if limits is not None and not isinstance(limits, LearnedLimits):
        session, request, notes = _with_limits(session, request, limits)
    result = analyse_recording(session, request)
    return replace(result.analysis, warnings=(*result.warnings, *notes))


def limits(
    programme: PathName = DEFAULT_PROGRAMME,
    preset: str | None = None,
    *,
    own_max_flexion_deg: float | None = None,
    changes: Changes | None = None,
) -> Limits:
    """What repetitions are judged by, and where each limit came from.

    Parameters
    ----------
    programme : str or path-like
        A name or a TOML file.
    preset : str, optional
        Else the programme's own.
    own_max_flexion_deg : float, optional
        For limits that are a share of it, deg.
    changes : mapping, optional
        Single limits by name; None for no such limit.

    Returns
    -------
    Limits
        Angles in deg, times in s; for `analyse`.

    Raises
    ------
    HiphingeError
        An unknown programme, preset or limit, or a value that is not possible.

    Examples
    --------
    >>> import hiphinge
    >>> found = hiphinge.limits("assisted", "lenient", own_max_flexion_deg=60)
    >>> round(found.lumbar_flexion_max_deg, 1), found.provenance["lumbar_flexion_max_deg"]
    (25.2, '42 % of own maximum 60 deg')
    >>> hiphinge.limits("assited")
    Traceback (most recent call last):
        ...
    hiphinge.programmes.limits.ProgrammeError: programme "assited" is not known; did you mean "assisted"? ...
    """
    chosen = load_programme(_programme_name(programme), _preset_name(preset))
    base = resolve_limits(chosen, own_max_flexion_deg)
    return _changed(base, changes or {})


def _own_maximum(own_max_flexion_deg: float | None, person: PathName | None) -> float | None:
    if own_max_flexion_deg is not None and not _is_number(own_max_flexion_deg):
        raise HiphingeError(f"analyse: own_max_flexion_deg {own_max_flexion_deg!r} is not a number; give deg")
    if person is None:
        return own_max_flexion_deg
    if own_max_flexion_deg is not None:
        raise HiphingeError("analyse: own_max_flexion_deg and person both give the own maximum; give one of them")
    return read_person(Path(path_name(person, "analyse: person", "a file's path"))).own_max_flexion_deg


def _programme_name(programme: PathName) -> str:
    return path_name(programme, "programme", 'a name such as "assisted", or a TOML file\'s path')


def _preset_name(preset: str | None) -> str | None:
    if isinstance(cast("object", preset), str | None):
        return preset
    raise HiphingeError(f'preset is a {type(preset).__name__}; give a name such as "strict"')


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _with_limits(
    session: Recording, request: Request, asked: Limits | Changes
) -> tuple[Recording, Request, tuple[str, ...]]:
    """The session as if recorded with these limits, the request without anything that would set others, and notes."""
    saved, own_deg = session.meta, request.own_max_flexion_deg
    name = request.programme or saved.programme or DEFAULT_PROGRAMME
    own = request.programme is None
    preset = request.preset or (saved.preset if own and saved.programme else None)
    notes: tuple[str, ...] = ()
    if isinstance(asked, Limits):
        if own_deg is not None:
            raise HiphingeError("analyse: limits are given whole, an own maximum has no use; leave one of them out")
        whole = asked
    else:
        of_session = {} if request.sets_limits else dict(saved.limits)
        if "depth_on" in of_session:
            base = Limits.from_dict(of_session)
        else:
            programme = session_programme(saved, preset) if own else load_programme(name, preset)
            base = resolve_limits(programme, own_deg, overrides=of_session)
            if own_deg is not None and programme.limits.lumbar_flexion.max_share_of_own is None:
                notes = (
                    f"own maximum flexion is not used: preset {programme.preset} has no limit that is a share of it",
                )
        whole = _changed(base, asked)
    kept: Mapping[str, Any] = saved.own_programme if own else {}
    meta = replace(saved, programme=name, preset=preset, limits=whole.to_dict(), own_programme=kept)
    request = replace(request, programme=None, preset=None, own_max_flexion_deg=None)
    return replace(session, meta=meta), request, notes


def _changed(base: Limits, changes: Changes) -> Limits:
    values: dict[str, float | None] = {}
    for name, value in changes.items():
        if name not in NUMERIC_LIMITS:
            raise HiphingeError(f"limit {did_you_mean(str(name), NUMERIC_LIMITS)}")
        try:
            if isinstance(value, bool):
                raise TypeError
            values[name] = None if value is None else float(value)
        except (TypeError, ValueError):
            raise HiphingeError(f"limit {name}: {value!r} is not a number; give deg, s for tempo, or None") from None
    provenance = {**base.provenance, **dict.fromkeys(values, "set for this analysis")}
    return Limits.from_dict({**base.to_dict(), **values, "provenance": provenance})
