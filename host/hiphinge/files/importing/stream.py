"""One table read as its mapping says: times and values in our units, checked where line and column are still known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hiphinge.files.columns import KINDS, Group, Kind
from hiphinge.files.errors import Finding, SessionError, session_error
from hiphinge.files.importing.clock import RowTimes, row_times
from hiphinge.files.importing.mapping import Acceleration, AngularRate, Column, Euler, Matrix, Quaternion, Stream
from hiphinge.files.importing.table import Table
from hiphinge.files.importing.units import not_a_rotation, quaternions, vectors, with_gravity
from hiphinge.files.plausibility import check_samples, normalised
from hiphinge.files.time_checks import LEAST_DURATION_S, check_time
from hiphinge.kinematics.grid import measure_grid
from hiphinge.model import Floats, Segment

_Orientation = Quaternion | Matrix | Euler


@dataclass(frozen=True, slots=True)
class StreamData:
    """What one file holds of one sensor.

    Attributes
    ----------
    segment : Segment
    path : Path
    table : Table
        For messages about rows.
    times : RowTimes
    values : dict of Kind to (N, 3) or (N, 4) float
        m/s², rad/s, quaternions sensor to Earth (ENU); NaN where missing.
    rate_hz : float
        Measured.
    lost : int
        Samples that are not in the file, by its time stamps or counter.
    incomplete : int
        Rows with a missing value.
    warnings : tuple of str
    """

    segment: Segment
    path: Path
    table: Table
    times: RowTimes
    values: dict[Kind, Floats]
    rate_hz: float
    lost: int
    incomplete: int
    warnings: tuple[str, ...] = ()


def read_stream(
    table: Table, stream: Stream, segment: Segment, key: str, path: Path, rate_hz: float | None = None
) -> StreamData:
    """Read a table's rows as samples of one sensor.

    Parameters
    ----------
    table : Table
    stream : Stream
        What the mapping says.
    segment : Segment
    key : str
        What the mapping calls the stream, such as ``stream[1]``.
    path : Path
    rate_hz : float, optional
        The rate somebody gave.

    Returns
    -------
    StreamData

    Raises
    ------
    SessionError
        A column is missing, a cell is no number, time does not go forward, a value is none a sensor on a back can have.
    """
    table, times = row_times(table, stream, key, rate_hz)
    if len(table) < 2:
        raise table.error("has one row only", "give a recording of at least 2 s", 0)
    warnings: list[str] = list(table.warnings)
    values: dict[Kind, Floats] = {}
    places: dict[Kind, tuple[int, ...]] = {}
    orientation = _orientation(table, stream, key)
    if orientation is not None:
        how, where = orientation
        values["quat"], places["quat"] = _quat(table, how, where), where
    gyr = _vector(table, stream.gyr, f"{key}.gyr")
    if gyr is not None and stream.gyr is not None:
        values["gyr"], places["gyr"] = vectors(gyr[0], stream.gyr), gyr[1]
    acc = _vector(table, stream.acc, f"{key}.acc")
    if acc is not None and stream.acc is not None:
        force = vectors(acc[0], stream.acc)
        if stream.acc.kind == "free":
            if orientation is None:
                what = "gravity cannot be put back into free acceleration: the file has no orientation"
                raise table.error(what, "export quaternions, too, or take acc out of the mapping")
            force = with_gravity(force, values["quat"], stream.acc, orientation[0].earth)
        values["acc"], places["acc"] = force, acc[1]
    for kind in KINDS:
        if kind in values and np.isnan(values[kind]).all():
            warnings.append(f"{table.text.source}: the {Group(segment, kind).words} columns are empty")
            del values[kind]
    if not values:
        raise table.error("has none of the values the mapping speaks of", "check the mapping's columns")
    _check(table, times, segment, values, places)
    rate_hz, lost = _rate_and_lost(times)
    missing = np.zeros(len(table), bool)
    for one in values.values():
        missing |= np.isnan(one).any(axis=1)
    return StreamData(
        segment=segment,
        path=path,
        table=table,
        times=times,
        values=values,
        rate_hz=rate_hz,
        lost=lost,
        incomplete=int(np.count_nonzero(missing)),
        warnings=tuple(warnings),
    )


def _rate_and_lost(times: RowTimes) -> tuple[float, int]:
    """Samples a second, and how many are not in the file."""
    rows = len(times.time_s)
    if times.counted is not None:
        return (times.counted - 1) / float(times.time_s[-1]), times.counted - rows
    grid = measure_grid(times.time_s)
    return grid.rate_hz, grid.missing


def _places(table: Table, columns: tuple[Column, ...], key: str, optional: bool) -> tuple[int, ...] | None:
    found = [table.find(column) for column in columns]
    if optional and all(place is None for place in found):
        return None
    places = [table.need(column, key) for column in columns]
    for at, place in enumerate(places):
        if place in places[:at]:
            raise table.error(f"{key} wants the same column twice", "correct the mapping", None, place)
    return tuple(places)


def _vector(table: Table, how: Acceleration | AngularRate | None, key: str) -> tuple[Floats, tuple[int, ...]] | None:
    if how is None:
        return None
    places = _places(table, how.columns, key, how.optional)
    return None if places is None else (table.columns(places), places)


def _orientation(table: Table, stream: Stream, key: str) -> tuple[_Orientation, tuple[int, ...]] | None:
    for how in stream.orientations:
        name = {Quaternion: "quat", Matrix: "matrix", Euler: "euler"}[type(how)]
        places = _places(table, how.columns, f"{key}.{name}", how.optional)
        if places is not None:
            return how, places
    return None


def _quat(table: Table, how: _Orientation, places: tuple[int, ...]) -> Floats:
    raw = table.columns(places)
    for row in np.flatnonzero(not_a_rotation(raw, how))[:1]:
        if isinstance(how, Quaternion):
            size = float(np.linalg.norm(np.clip(raw[row], -1e6, 1e6)))
            what = f"the quaternion has length {size:.4g}, not 1"
        else:
            what = "the nine numbers are no rotation matrix" if isinstance(how, Matrix) else "no angle of a sensor"
        raise table.error(what, "check the columns in the mapping, or leave the cells empty", int(row), places[0])
    return normalised(quaternions(raw, how))


def _check(
    table: Table, times: RowTimes, segment: Segment, values: dict[Kind, Floats], places: dict[Kind, tuple[int, ...]]
) -> None:
    groups = {Group(segment, kind): one for kind, one in values.items()}
    finding = None
    # Whether it is long enough is asked of the sensors' common time.
    if times.time_s[-1] >= LEAST_DURATION_S:
        finding = check_time(times.time_s)
        if finding is not None:
            todo = "check the time's unit, or the rate, in the mapping"
            raise table.error(finding.what, todo, finding.row)
    finding = check_samples(times.time_s, groups)
    if finding is None:
        return
    place = None
    if finding.column is not None:
        group = next(group for group in groups if finding.column in group.names)
        own = places[group.kind]
        place = own[min(group.names.index(finding.column), len(own) - 1)]
    raise table.error(finding.what, mapping_todo(finding), finding.row, place)


def mapping_todo(finding: Finding) -> str:
    """What to do about something implausible in a vendor's file."""
    if "gravity seems to be taken out" in finding.what:
        return 'correct acc.unit in the mapping, or set acc.kind = "free" if gravity is out'
    if "where gravity alone is" in finding.what:
        return "correct acc.unit in the mapping"
    if "than its accelerometer tilts" in finding.what:
        return "correct gyr.unit in the mapping"
    return finding.todo


def located(source: str, finding: Finding, todo: str) -> SessionError:
    """An error about samples whose lines are no longer known."""
    return session_error(source, finding.what, todo, None, finding.column)
