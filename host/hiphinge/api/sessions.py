"""Sessions in and out of memory, and recordings that somebody made in memory, checked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from hiphinge.files.columns import Group, Kind
from hiphinge.files.csv_writer import write_csv
from hiphinge.files.errors import Finding, SessionError
from hiphinge.files.plausibility import check_samples, normalised
from hiphinge.files.session import read_session, write_session
from hiphinge.files.time_checks import check_time
from hiphinge.model import SEGMENTS, Floats, HiphingeError, ImuSamples, Recording, Segment

PathName = str | os.PathLike[str]


def read(path: PathName) -> Recording:
    """Read a session: a folder with `session.csv` and `session.json`, or a lone CSV.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    Recording
        `time_s` (N,) in s, strictly increasing. `sacral` and `thoracic` each hold, in the sensor's own axes,
        `acc_mps2` (N, 3) specific force in m/s² (+1 g up at rest), `gyr_radps` (N, 3) in rad/s, and `quat` (N, 4)
        w, x, y, z from sensor to Earth (east, north, up) or None. NaN where a sample is missing. `warnings` say what
        was noticed.

    Raises
    ------
    HiphingeError
        One line: what is wrong, where (file, line, column), and what to do.

    Examples
    --------
    >>> import hiphinge, tempfile
    >>> made = hiphinge.simulate(repetitions=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hiphinge.write(f"{folder}/session.csv", made.recording)
    ...     session = hiphinge.read(f"{folder}/session.csv")
    >>> session.thoracic.gyr_radps.shape == (len(session.time_s), 3)
    True
    >>> hiphinge.read("lost.csv")
    Traceback (most recent call last):
        ...
    hiphinge.files.errors.SessionError: lost.csv: no such file or folder; check the path
    """
    return read_session(path_name(path, "read: path", "a session folder or CSV file"))


def write(path: PathName, recording: Recording) -> None:
    """Write a session: a lone CSV where the name ends in .csv (samples only), else a folder with everything known.

    Parameters
    ----------
    path : str or path-like
        Each file is written whole or not at all; one that is there is replaced.
    recording : Recording

    Raises
    ------
    HiphingeError
        A recording that could not be read back, or a place that cannot be written to.

    Examples
    --------
    >>> import hiphinge, tempfile
    >>> made = hiphinge.simulate(repetitions=1, marks=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hiphinge.write(f"{folder}/monday", made.recording)
    ...     [event.kind for event in hiphinge.read(f"{folder}/monday").meta.events]
    ['set_start', 'set_end']
    """
    if not isinstance(cast("object", recording), Recording):
        raise HiphingeError("write: give the path first, then a Recording")
    name = path_name(path, "write: path", "a folder, or a name that ends in .csv")
    if Path(name).suffix.lower() == ".csv":
        write_csv(name, recording)
    else:
        write_session(name, recording)


def checked(recording: Recording) -> Recording:
    """The recording with plain float64 arrays; refused where no sensor on a back could have made it.

    A file was checked when it was read; this is for recordings made in memory, by the same rules.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    Recording

    Raises
    ------
    SessionError
        One line: which array, what is wrong, and what to do.
    """
    source = recording.source or "recording"
    time_s = _array(recording.time_s, None, f"{source}: time_s", "(N,)")
    finding = check_time(time_s)
    if finding is not None:
        raise _said(source, finding)
    groups: dict[Group, Floats] = {}
    for segment in SEGMENTS:
        imu: ImuSamples = getattr(recording, segment)
        if not isinstance(cast("object", imu), ImuSamples):
            raise SessionError(f"{source}: {segment} is no ImuSamples; give ImuSamples(acc_mps2, gyr_radps)")
        kinds: dict[Kind, Floats | None] = {"acc": imu.acc_mps2, "gyr": imu.gyr_radps, "quat": imu.quat}
        if imu.quat is None and (imu.acc_mps2 is None or imu.gyr_radps is None):
            raise SessionError(
                f"{source}: the {segment} sensor has neither raw data nor quaternions; "
                "give acc_mps2 and gyr_radps, or quat"
            )
        for kind, values in kinds.items():
            if values is not None:
                width = 4 if kind == "quat" else 3
                name = f"{source}: {segment} {kind}"
                groups[Group(segment, kind)] = _array(values, (len(time_s), width), name, f"(N, {width})")
    finding = check_samples(time_s, groups)
    if finding is not None:
        raise _said(source, finding)
    return replace(recording, time_s=time_s, sacral=_imu("sacral", groups), thoracic=_imu("thoracic", groups))


def path_name(path: object, what: str, wanted: str) -> str:
    """A path as text; refused in one line where it is none.

    Raises
    ------
    HiphingeError
    """
    kind = type(path).__name__
    name: object = os.fspath(cast("os.PathLike[str]", path)) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        raise HiphingeError(f"{what} is a {kind}; give {wanted}")
    return name


def _array(values: object, shape: tuple[int, int] | None, name: str, wanted: str) -> Floats:
    try:
        if np.iscomplexobj(np.asarray(values)):
            raise TypeError
        # What a mask hides is missing; numpy would bring it back.
        array = np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
    except (TypeError, ValueError):
        raise SessionError(f"{name} is not an array of numbers; give {wanted} float") from None
    if array.ndim != 1 if shape is None else array.shape != shape:
        fits = "" if shape is None else f" with N = {shape[0]}, one row for each of time_s"
        raise SessionError(f"{name} has shape {array.shape}; give {wanted}{fits}")
    return array


def _imu(segment: Segment, groups: dict[Group, Floats]) -> ImuSamples:
    acc, gyr, quat = (groups.get(Group(segment, kind)) for kind in ("acc", "gyr", "quat"))
    return ImuSamples(acc, gyr, None if quat is None else normalised(quat))


def _said(source: str, finding: Finding) -> SessionError:
    place = "" if finding.row is None else f"row {finding.row}: "
    column = "" if finding.column is None else f"{finding.column}: "
    return SessionError(f"{source}: {place}{column}{finding.what}; {finding.todo}")
