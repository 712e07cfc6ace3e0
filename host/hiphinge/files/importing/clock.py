"""When each row was measured: by time stamps, by a counter and the rate, or by the rate alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hiphinge.files.importing.mapping import Stream
from hiphinge.files.importing.table import Table
from hiphinge.files.importing.text_file import rate_after
from hiphinge.model import Floats

ClockKind = Literal["time stamps", "counter", "rows"]

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
# Seconds since 1970 of 1980 and 2100: outside, the unit is another.
_EPOCH_S = (3.2e8, 4.1e9)


@dataclass(frozen=True, slots=True)
class RowTimes:
    """When the rows of a table were measured, on their file's clock.

    Attributes
    ----------
    kind : "time stamps", "counter" or "rows"
    start_s : float
        What the clock showed at the first row.
    time_s : (N,) float
        Since then; strictly increasing.
    period_s : float or None
        After which the clock begins anew.
    since_1970 : bool
        `start_s` counts from 1970.
    repeated : int
        Rows left out as they repeat the one before them.
    counted : int or None
        Samples from the first row to the last, by a counter, those lost included.
    """

    kind: ClockKind
    start_s: float
    time_s: Floats
    period_s: float | None = None
    since_1970: bool = False
    repeated: int = 0
    counted: int | None = None


def row_times(table: Table, stream: Stream, key: str, rate_hz: float | None = None) -> tuple[Table, RowTimes]:
    """Time of each row.

    Parameters
    ----------
    table : Table
    stream : Stream
    key : str
        What the mapping calls the stream, for messages.
    rate_hz : float, optional
        The rate somebody gave; else the mapping's or the file's own.

    Returns
    -------
    Table, RowTimes
        The table without rows that are sent twice.

    Raises
    ------
    SessionError
        Time runs backwards, repeats or is missing; no rate is known.
    """
    if stream.time is not None:
        place = table.find(stream.time.column)
        if place is None and not stream.time.optional:
            place = table.need(stream.time.column, f"{key}.time")
        stamps = None if place is None else table.numbers(place)
        if place is not None and stamps is not None and not (stream.time.optional and np.isnan(stamps).all()):
            return _by_stamps(table, stream, place, stamps)
    if stream.counter is not None:
        place = table.find(stream.counter.column)
        if place is None and not stream.counter.optional:
            place = table.need(stream.counter.column, f"{key}.counter")
        counts = None if place is None else table.numbers(place)
        if place is not None and counts is not None and not (stream.counter.optional and np.isnan(counts).all()):
            return _by_counter(table, stream, place, counts, _rate(table, stream, rate_hz))
    rate = _rate(table, stream, rate_hz)
    return table, RowTimes("rows", 0.0, np.arange(len(table)) / rate)


def _rate(table: Table, stream: Stream, rate_hz: float | None) -> float:
    if rate_hz is not None:
        return rate_hz
    if stream.rate_after is not None:
        found = rate_after(table.text.preface, stream.rate_after)
        if found is not None and found[0] > 0:
            return found[0]
    if stream.rate_hz is not None:
        return stream.rate_hz
    looked = f' (no "{stream.rate_after}" before its table)' if stream.rate_after else ""
    raise table.error(f"the sample rate is not known{looked}", "give it: --rate HZ, or rate_hz in the mapping")


def _by_stamps(table: Table, stream: Stream, place: int, stamps: Floats) -> tuple[Table, RowTimes]:
    assert stream.time is not None
    unit = _SECONDS[stream.time.unit.removeprefix("epoch_")]
    since_1970 = stream.time.unit.startswith("epoch_")
    _refuse_missing(table, place, stamps, "time")
    if since_1970 and not _EPOCH_S[0] < stamps[0] * unit < _EPOCH_S[1]:
        what = f"{stamps[0]:.10g} is no time in {stream.time.unit.removeprefix('epoch_')} since 1970"
        raise table.error(what, "correct time.unit in the mapping", 0, place)
    table, stamps, repeated = _without_repeated(table, stamps)
    steps = np.diff(stamps)
    wrap = stream.time.wrap
    if wrap is not None:
        _refuse_beyond(table, place, stamps, wrap, "time.wrap")
        steps = np.where(steps < -0.5 * wrap, steps + wrap, steps)
    _refuse_order(table, place, stamps, steps, "set time.wrap in the mapping if the clock begins anew")
    elapsed = np.concatenate([np.zeros(1), np.cumsum(steps)]) if wrap is not None else stamps - stamps[0]
    period = None if wrap is None else wrap * unit
    times = RowTimes("time stamps", float(stamps[0]) * unit, elapsed * unit, period, since_1970, repeated)
    return table, replace(times, counted=_counted_beside(table, stream))


def _by_counter(table: Table, stream: Stream, place: int, counts: Floats, rate_hz: float) -> tuple[Table, RowTimes]:
    assert stream.counter is not None
    _refuse_missing(table, place, counts, "counter")
    for row in np.flatnonzero((counts != np.rint(counts)) | (np.abs(counts) > 2.0**53))[:1]:
        todo = "check counter.column in the mapping"
        raise table.error(f"{counts[row]:.6g} is no whole number, so it counts no samples", todo, int(row), place)
    modulus = stream.counter.modulus
    table, counts, repeated = _without_repeated(table, counts)
    steps = np.diff(counts)
    if modulus is not None:
        _refuse_beyond(table, place, counts, float(modulus), "counter.modulus")
        # Falls by over half its range are its beginning anew; smaller ones are rows out of order.
        steps = np.where(steps < -0.5 * modulus, steps + modulus, steps)
    _refuse_order(table, place, counts, steps, "set counter.modulus in the mapping if it begins anew")
    elapsed = np.concatenate([np.zeros(1), np.cumsum(steps)])
    period = None if modulus is None else modulus / rate_hz
    times = RowTimes("counter", float(counts[0]) / rate_hz, elapsed / rate_hz, period)
    return table, replace(times, repeated=repeated, counted=int(elapsed[-1]) + 1)


def _counted_beside(table: Table, stream: Stream) -> int | None:
    """What a counter beside time stamps says; None where there is none or it makes no sense: the stamps lead."""
    place = None if stream.counter is None else table.find(stream.counter.column)
    if stream.counter is None or place is None:
        return None
    counts = table.numbers(place)
    steps = np.diff(counts)
    if stream.counter.modulus is not None:
        steps = np.where(steps < 0, steps + stream.counter.modulus, steps)
    sensible = np.all(steps >= 1) and np.all(counts == np.rint(counts)) and np.all(np.abs(counts) < 2.0**53)
    return int(steps.sum()) + 1 if sensible else None


def _without_repeated(table: Table, values: Floats) -> tuple[Table, Floats, int]:
    """Leave out rows that are the one before them once more, as radios send them."""
    lines = table.text.lines
    same = [at for at in (np.flatnonzero(np.diff(values) == 0.0) + 1).tolist() if lines[at] == lines[at - 1]]
    if not same:
        return table, values, 0
    kept = np.setdiff1d(np.arange(len(values)), same)
    return table.rows(kept), values[kept], len(same)


def _refuse_missing(table: Table, place: int, values: Floats, word: str) -> None:
    for row in np.flatnonzero(np.isnan(values))[:1]:
        raise table.error(f"the {word} is missing", "repair or delete this line", int(row), place)


def _refuse_beyond(table: Table, place: int, values: Floats, limit: float, key: str) -> None:
    for row in np.flatnonzero((values < 0) | (values >= limit))[:1]:
        what = f"{values[row]:.10g} is not between 0 and {key}, {limit:.10g}"
        raise table.error(what, f"correct {key} in the mapping", int(row), place)


def _refuse_order(table: Table, place: int, values: Floats, steps: Floats, hint: str) -> None:
    for at in np.flatnonzero(steps <= 0)[:1]:
        row = int(at) + 1
        told = f"({values[row]:.15g} after {values[row - 1]:.15g})"
        if steps[at] == 0:
            raise table.error(f"time repeats {told}", "give each sample its own time", row, place)
        raise table.error(f"time runs backwards {told}", f"sort the rows or cut the file there; {hint}", row, place)
