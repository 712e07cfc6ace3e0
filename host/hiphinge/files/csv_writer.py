"""Write session and angle CSVs: UTF-8, commas, LF, one header row, empty cells for what is missing."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import IO, cast

import numpy as np
import polars as pl

from hiphinge.files.atomic import replacing
from hiphinge.files.columns import TIME, Group, Kind
from hiphinge.files.errors import SessionError
from hiphinge.files.plausibility import normalised, quat_is_off
from hiphinge.model import SEGMENTS, Angles, Floats, ImuSamples, Recording

Target = Path | str | IO[str] | IO[bytes]

TIME_DECIMALS = 9
"""Nanoseconds: finer than any device clock, coarse enough to print 0.1 + 0.2 as 0.3."""

DECIMALS: dict[Kind, int] = {"acc": 6, "gyr": 7, "quat": 7}
"""Below 1/70 of the finest step common 16-bit sensors resolve (6e-4 m/s² at 2 g, 8e-5 rad/s at 125 deg/s, 3e-5).

Rounded to decimals, then written with as few digits as bring the same number back: reading what was written gives
exactly `as_written`.
"""

ANGLE_DECIMALS = 4
"""A ten-thousandth of a degree: far below any angle's uncertainty."""


def as_written(recording: Recording) -> Recording:
    """Give the recording which comes back when `recording` is written and read: rounded, quaternions at unit norm.

    Whoever needs to compute the same from memory and from the file computes from this.

    Raises
    ------
    SessionError
        Shapes that do not fit, values that are infinite, times that do not increase.
    """
    time_s = np.round(_checked(recording.time_s, (len(recording.time_s),), TIME), TIME_DECIMALS)
    # Adding zero turns -0.0, which rounding makes of small negative numbers, into 0.0.
    time_s = time_s + 0.0
    if not np.all(np.isfinite(time_s)) or np.any(np.diff(time_s) <= 0.0):
        raise SessionError("cannot write the session: time_s is not strictly increasing; sort or repair its samples")
    sacral, thoracic = (_rounded(getattr(recording, segment), segment, len(time_s)) for segment in SEGMENTS)
    return dataclasses.replace(recording, time_s=time_s, sacral=sacral, thoracic=thoracic)


def write_csv(target: Target, recording: Recording) -> None:
    """Write a recording's samples as a session CSV.

    Parameters
    ----------
    target : Path, str, or an open text or binary file
        A path is written beside its place first and then moved there, so that no half a file remains.
    recording : Recording
        At least accelerometer and gyroscope, or quaternions, of both sensors.

    Raises
    ------
    SessionError
        A recording which could not be read back, or a file which could not be written.
    """
    written = as_written(recording)
    columns: dict[str, Floats] = {TIME: written.time_s}
    for segment in SEGMENTS:
        imu: ImuSamples = getattr(written, segment)
        if imu.quat is None and (imu.acc_mps2 is None or imu.gyr_radps is None):
            raise SessionError(f"cannot write the session: the {segment} sensor has neither raw data nor quaternions")
        for kind, values in _kinds(imu).items():
            if values is not None:
                names = Group(segment, kind).names
                columns |= {name: values[:, axis] for axis, name in enumerate(names)}
    _write_columns(target, columns)


def write_angles_csv(target: Target, angles: Angles) -> None:
    """Write angles and their standard deviations, one row an instant; empty where not known.

    Raises
    ------
    SessionError
        The file could not be written.
    """
    columns: dict[str, Floats] = {}
    for field in dataclasses.fields(angles):
        values: Floats = getattr(angles, field.name)
        columns[field.name] = np.round(values, TIME_DECIMALS if field.name == TIME else ANGLE_DECIMALS) + 0.0
    _write_columns(target, columns)


def _write_columns(target: Target, columns: dict[str, Floats]) -> None:
    # nan_to_null: an empty cell is how every reader of CSV writes a missing value.
    frame = pl.DataFrame(columns, nan_to_null=True)
    if isinstance(target, Path | str):
        with replacing(Path(target)) as file:
            frame.write_csv(file, line_terminator="\n")
        return
    text = frame.write_csv(line_terminator="\n")
    if isinstance(target, io.TextIOBase):
        cast("IO[str]", target).write(text)
    else:
        cast("IO[bytes]", target).write(text.encode("utf-8"))


def _kinds(imu: ImuSamples) -> dict[Kind, Floats | None]:
    return {"acc": imu.acc_mps2, "gyr": imu.gyr_radps, "quat": imu.quat}


def _rounded(imu: ImuSamples, segment: str, count: int) -> ImuSamples:
    rounded: dict[Kind, Floats | None] = {}
    for kind, values in _kinds(imu).items():
        if values is None:
            rounded[kind] = None
            continue
        width = 4 if kind == "quat" else 3
        checked = _checked(values, (count, width), f"{segment}_{kind}")
        rounded[kind] = np.round(checked, DECIMALS[kind]) + 0.0
    quat = rounded["quat"]
    if quat is not None and quat_is_off(quat).any():
        raise SessionError(f"cannot write the session: {segment}_quat holds rows not of unit length; normalise them")
    return ImuSamples(rounded["acc"], rounded["gyr"], None if quat is None else normalised(quat))


def _checked(values: Floats, shape: tuple[int, ...], name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise SessionError(f"cannot write the session: {name} has shape {array.shape}, not {shape}; repair the data")
    if np.isinf(array).any():
        raise SessionError(f"cannot write the session: {name} holds infinite values; mark them as missing (NaN)")
    return array
