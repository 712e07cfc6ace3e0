"""One session analysed as somebody asked for it: which programme, limits, calibration and path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hiphinge.analysis import analyse
from hiphinge.app.programme import session_programme
from hiphinge.app.strikes import heeding
from hiphinge.files.errors import shown
from hiphinge.files.session import read_session
from hiphinge.model import Analysis, Calibration, HiphingeError, Recording, SessionMeta
from hiphinge.programmes import LearnedLimits, Limits, Programme, load_programme, progress, resolve_limits
from hiphinge.programmes.looks_good import Progress
from hiphinge.replay import analyse_live

FOUND_HERE = "found in the recording"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to have analysed, and by what.

    Attributes
    ----------
    programme : str or None
        A name or a TOML file; None takes the session's own, else `DEFAULT_PROGRAMME`.
    preset : str or None
        None takes the programme's own.
    own_max_flexion_deg : float or None
        The wearer's own maximum lumbar flexion.
    learned : LearnedLimits or None
        From a set the clinician approved.
    rest_s : float or None
        Attempts further apart are different sets; None takes the programme's.
    live : bool
        Through the live path.
    calibration : Calibration or None
        A saved one to take.
    calibration_from : str
        Where that was read, in words.
    recalibrate : bool
        Leave aside a calibration saved with the session.
    read : Programme or None
        A programme that was read elsewhere, of its preset: in place of `programme` and `preset`.
    """

    programme: str | None = None
    preset: str | None = None
    own_max_flexion_deg: float | None = None
    learned: LearnedLimits | None = None
    rest_s: float | None = None
    live: bool = False
    calibration: Calibration | None = None
    calibration_from: str = "given"
    recalibrate: bool = False
    read: Programme | None = None

    @property
    def sets_limits(self) -> bool:
        """Whether the session's saved limits are to be left aside."""
        chosen = (self.read, self.programme, self.preset, self.own_max_flexion_deg, self.learned)
        return any(one is not None for one in chosen)


@dataclass(frozen=True, slots=True)
class Result:
    """An analysis with everything that led to it.

    Attributes
    ----------
    recording : Recording
    analysis : Analysis
    programme : Programme
    limits : Limits
    rest_s : float
    live : bool
    calibration_from : str
        Where the calibration came from, in words.
    progress : Progress
        The programme's rule for "looks good: move on", applied.
    warnings : tuple of str
        The analysis' and those about the request.
    """

    recording: Recording
    analysis: Analysis
    programme: Programme
    limits: Limits
    rest_s: float
    live: bool
    calibration_from: str
    progress: Progress
    warnings: tuple[str, ...]


def analyse_file(path: Path, request: Request) -> Result:
    """Read and analyse one session.

    Raises
    ------
    HiphingeError
        One line that names the session.
    """
    return analyse_recording(read_session(path), request)


def analyse_recording(recording: Recording, request: Request) -> Result:
    """Analyse a recording that is already in memory.

    Raises
    ------
    HiphingeError
        One line that names the recording's source.
    """
    programme = _programme(recording, request)
    limits = _limits(recording, programme, request)
    rest_s = _rest_s(recording.meta, programme, request)
    calibration, calibration_from = _calibration(recording.meta, request)
    run = analyse_live if request.live else analyse
    try:
        analysis = run(recording, limits, rest_s, calibration)
    except HiphingeError as error:
        # The chain knows samples, not files.
        raise HiphingeError(f"{shown(recording.source, 400)}: {error}") from None
    # What was struck out on the page or by hand counts nowhere.
    attempts, struck = heeding(analysis.attempts, recording.meta.events)
    return Result(
        recording=recording,
        analysis=replace(analysis, attempts=attempts),
        programme=programme,
        limits=limits,
        rest_s=rest_s,
        live=request.live,
        calibration_from=calibration_from,
        progress=progress(programme, attempts),
        warnings=(*analysis.warnings, *struck, *_unused(programme, request)),
    )


def learn_from(path: Path, request: Request) -> LearnedLimits:
    """Limits from a session whose repetitions a clinician approved.

    It is a recording of its own: a given calibration is not used for it, as its sensors were put on anew.

    Raises
    ------
    HiphingeError
        The session cannot be analysed, or holds too few repetitions.
    """
    from hiphinge.programmes.learn import learn_limits  # loads scipy.special, 0.15 s that few analyses need

    found = analyse_file(path, replace(request, learned=None, calibration=None, live=False))
    try:
        return learn_limits(found.analysis.attempts)
    except HiphingeError as error:
        raise HiphingeError(f"{shown(str(path), 400)}: {error}") from None


def _programme(recording: Recording, request: Request) -> Programme:
    if request.read is not None:
        return request.read
    if request.programme is not None:
        return load_programme(request.programme, request.preset)
    try:
        return session_programme(recording.meta, request.preset)
    except HiphingeError as error:
        if recording.meta.programme is None:
            raise
        raise HiphingeError(
            f"{shown(recording.source, 400)}: its own programme cannot be used ({error}); name one with --programme"
        ) from None


def _limits(recording: Recording, programme: Programme, request: Request) -> Limits:
    saved = recording.meta.limits
    if not saved or request.sets_limits:
        return resolve_limits(programme, request.own_max_flexion_deg, request.learned)
    try:
        if "depth_on" in saved:
            return Limits.from_dict(saved)
        # Some only: those differ from the programme's.
        return resolve_limits(programme, overrides=saved)
    except HiphingeError as error:
        raise HiphingeError(
            f"{shown(recording.source, 400)}: its own limits cannot be used ({error}); "
            "name a programme with --programme"
        ) from None


def _rest_s(meta: SessionMeta, programme: Programme, request: Request) -> float:
    if request.rest_s is not None:
        return request.rest_s
    own = request.read is None and request.programme is None
    return programme.rest_s if meta.rest_s is None or not own else meta.rest_s


def _calibration(meta: SessionMeta, request: Request) -> tuple[Calibration | None, str]:
    if request.calibration is not None:
        return request.calibration, request.calibration_from
    if meta.calibration is not None and not request.recalibrate:
        return meta.calibration, "saved with the session"
    return None, FOUND_HERE


def _unused(programme: Programme, request: Request) -> tuple[str, ...]:
    if request.own_max_flexion_deg is None or programme.limits.lumbar_flexion.max_share_of_own is not None:
        return ()
    shares = [name for name, one in programme.presets.items() if one.lumbar_flexion.max_share_of_own is not None]
    instead = f"; preset {' or '.join(shares)} has one" if shares else ""
    return (
        f"own maximum flexion is not used: preset {programme.preset} of {programme.name} "
        f"has no limit that is a share of it{instead}",
    )
