"""A session written in another tool's format: analysed, built, and put where it may go. Never over what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from hiphinge.app.analyse import Request, Result, analyse_recording
from hiphinge.app.outputs import STDOUT, refuse_existing, refuse_overwriting, session_names
from hiphinge.app.programme import DEFAULT_PROGRAMME
from hiphinge.files.atomic import replacing
from hiphinge.files.errors import os_error, session_error, shown
from hiphinge.files.export import attempts_csv, fhir, motion_bids, opensim, parquet
from hiphinge.files.export.content import Content
from hiphinge.files.export.segments import segment_orientations
from hiphinge.files.session import read_session
from hiphinge.kinematics.calibration import CalibrationError
from hiphinge.model import HiphingeError, Recording
from hiphinge.programmes import load_programme, resolve_limits

Format = Literal["sto", "mot", "motion-bids", "parquet", "attempts", "fhir"]
FORMATS: tuple[Format, ...] = get_args(Format)

_ENDINGS: dict[Format, str] = {
    "sto": ".sto",
    "mot": ".mot",
    "motion-bids": "",
    "parquet": ".parquet",
    "attempts": ".csv",
    "fhir": ".json",
}
# One text file each: these may go to standard output.
TEXT_FORMATS: tuple[Format, ...] = ("attempts", "fhir")
# Samples are worth having where no bend or standing was found.
_WITHOUT_ANALYSIS: tuple[Format, ...] = ("parquet", "motion-bids")


@dataclass(frozen=True, slots=True)
class Export:
    """What is asked for.

    Attributes
    ----------
    session : Path
    format : str
        One of `FORMATS`.
    out : Path
        A file, or a folder to put it in; the data set's folder for ``motion-bids``; `STDOUT` for `TEXT_FORMATS`.
    force : bool
        Replace files that are there.
    subject : str or None
        Label in a Motion-BIDS data set; None takes the person's letters and digits.
    """

    session: Path
    format: Format
    out: Path
    force: bool = False
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what a user should know of it. `text` is for standard output."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    text: str | None = None


def export_session(wanted: Export, request: Request, kept: Sequence[Path] = ()) -> Exported:
    """Read, analyse and write one session.

    Parameters
    ----------
    wanted : Export
    request : Request
    kept : sequence of Path
        What else was read and must not be overwritten.

    Returns
    -------
    Exported

    Raises
    ------
    HiphingeError
        One line: the session cannot be read or analysed, or an output is there already or cannot be written.
    """
    # Before the work: a user need not wait to be told.
    targets = _targets(wanted, kept)
    recording = read_session(wanted.session)
    content = session_content(recording, request, wanted.format in _WITHOUT_ANALYSIS)
    if wanted.format == "motion-bids":
        return _write_bids(wanted, content, kept)
    if wanted.out == STDOUT:
        return Exported((), content.warnings, "".join(_texts(wanted.format, content)))
    if wanted.format == "parquet":
        parquet.write(targets[0], content)
    else:
        # All are built before any is written.
        for target, text in zip(targets, list(_texts(wanted.format, content)), strict=True):
            with replacing(target) as file:
                file.write(text.encode())
    return Exported(tuple(targets), content.warnings)


def session_content(recording: Recording, request: Request, samples_will_do: bool = False) -> Content:
    """Analyse a recording for an export.

    Parameters
    ----------
    recording : Recording
    request : Request
    samples_will_do : bool
        Go on without an analysis where no standing or no bend can be found.

    Raises
    ------
    HiphingeError
        One line that names the session.
    """
    try:
        return content_of(analyse_recording(recording, request))
    except HiphingeError as error:
        # The analysis names the session in an error of its own, whose context is what went wrong.
        if not samples_will_do or not isinstance(error.__context__, CalibrationError):
            raise
        warning = f"not analysed, so samples only: {error}"
    programme = load_programme(request.programme or DEFAULT_PROGRAMME, request.preset)
    limits = resolve_limits(programme, request.own_max_flexion_deg, request.learned)
    return Content(
        recording=recording,
        analysis=None,
        programme=programme.name,
        preset=programme.preset,
        limits=limits,
        rest_s=programme.rest_s,
        calibration_from="none",
        warnings=(*recording.warnings, warning),
    )


def content_of(result: Result) -> Content:
    """What the builders of `hiphinge.files.export` take, from an analysis."""
    return Content(
        recording=result.recording,
        analysis=result.analysis,
        programme=result.programme.name,
        preset=result.programme.preset,
        limits=result.limits,
        rest_s=result.rest_s,
        calibration_from=result.calibration_from,
        warnings=result.warnings,
    )


def _texts(format: Format, content: Content) -> tuple[str, ...]:
    """The text of every file of a format, in the order of `_targets`."""
    if format == "sto":
        segments = segment_orientations(content.recording, content.analysed.calibration)
        return opensim.sto(content, segments), opensim.sto_neutral(content)
    if format == "mot":
        return opensim.mot(content), opensim.mot_sd(content)
    if format == "attempts":
        return (attempts_csv.attempts_csv(content),)
    return (json.dumps(fhir.bundle(content), indent=1, allow_nan=False) + "\n",)


def _targets(wanted: Export, kept: Sequence[Path]) -> list[Path]:
    """The files of a format but Motion-BIDS, checked."""
    if wanted.out == STDOUT:
        if wanted.format not in TEXT_FORMATS:
            raise HiphingeError(f"{wanted.format} cannot go to standard output; give -o a name")
        return []
    if wanted.format == "motion-bids":
        return []
    first = wanted.out
    if first.is_dir():
        first = first / f"{session_names([wanted.session])[0]}{_ENDINGS[wanted.format]}"
    beside: dict[Format, Callable[[Path], list[Path]]] = {
        "sto": lambda path: [path, path.with_name(f"{path.stem}_neutral.sto")],
        "mot": lambda path: [path, path.with_name(f"{path.stem}_sd.sto")],
    }
    targets = beside.get(wanted.format, lambda path: [path])(first)
    _refuse(targets, wanted, kept)
    return targets


def _write_bids(wanted: Export, content: Content, kept: Sequence[Path]) -> Exported:
    subject = wanted.subject or motion_bids.subject_label(content.recording.meta.person)
    files = motion_bids.dataset(content, subject)
    folder = wanted.out
    try:
        entries = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    except OSError as error:
        raise os_error(str(folder), error, "read") from None
    # participants.tsv and the description would be replaced, and others' rows lost.
    others = sorted(name for name in entries if name.startswith("sub-") and name != f"sub-{subject}")
    if others:
        raise session_error(str(folder), f"holds other subjects ({shown(others[0])})", "give a folder of its own")
    targets = [folder / name for name in files]
    _refuse(targets, wanted, kept)
    motion_bids.write(folder, files)
    return Exported(tuple(targets), content.warnings)


def _refuse(targets: Sequence[Path], wanted: Export, kept: Sequence[Path]) -> None:
    """Refuse outputs that are inputs, and files that are there already unless they may be replaced."""
    refuse_overwriting(targets, [wanted.session, *kept])
    if not wanted.force:
        refuse_existing(targets)
