"""Curves made small without losing what they show: gaps stay gaps, no peak is lost."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.grid import INTERPOLATE_S
from hiphinge.model import Floats

# As the analysis interpolates no further, a curve must not pretend to know. Stamps are rounded: a microsecond more.
GAP_S = INTERPOLATE_S + 1e-6


def with_gaps(time_s: Floats, *values: Floats) -> tuple[Floats, ...]:
    """Put a NaN into every hole between instants, so that a line drawn through them breaks there.

    Parameters
    ----------
    time_s : (N,) float
        Strictly increasing.
    *values : (N,) float

    Returns
    -------
    tuple of (M,) float
        Times and values; M is N plus one for each hole over `GAP_S` (or two and a half sampling intervals, if longer).
    """
    if len(time_s) < 2:
        return (time_s, *values)
    steps_s = np.diff(time_s)
    holes = np.flatnonzero(steps_s > max(GAP_S, 2.5 * float(np.median(steps_s))))
    filled = np.insert(time_s, holes + 1, (time_s[holes] + time_s[holes + 1]) / 2)
    return (filled, *(np.insert(one, holes + 1, np.nan) for one in values))


def min_max(time_s: Floats, values: Floats, columns: int) -> tuple[Floats, Floats]:
    """Keep of every pixel column the lowest and the highest value, in their order.

    What is drawn at `columns` pixels is what all samples would have drawn.

    Parameters
    ----------
    time_s : (N,) float
        Increasing.
    values : (N,) float
        NaN where not known: breaks the line.
    columns : int

    Returns
    -------
    time_s, values : (M,) float
        At most three rows a column and two for the ends; the input itself if it is shorter than two a column.
    """
    if len(time_s) <= 2 * columns:
        return time_s, values
    edges = np.linspace(0, len(time_s), columns + 1).astype(int)[:-1]
    known = np.isfinite(values)
    broken = np.flatnonzero(~np.logical_and.reduceat(known, edges))
    stops = np.append(edges[1:], len(time_s))
    keep = {0, len(time_s) - 1}
    low, high = _extremes(values, known, edges, stops)
    keep.update(low.tolist(), high.tolist())
    # One unknown sample of a broken column is enough to break the line there.
    keep.update(int(edges[at] + np.argmin(known[edges[at] : stops[at]])) for at in broken)
    rows = np.array(sorted(keep))
    return time_s[rows], values[rows]


def _extremes(values: Floats, known: np.ndarray, edges: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    below, above = np.where(known, values, np.inf), np.where(known, values, -np.inf)
    spans = list(zip(edges.tolist(), stops.tolist(), strict=True))
    low = np.array([start + int(np.argmin(below[start:stop])) for start, stop in spans])
    high = np.array([start + int(np.argmax(above[start:stop])) for start, stop in spans])
    return low, high


def between(time_s: Floats, start_s: float, end_s: float) -> slice:
    """The rows from `start_s` to `end_s`, both included."""
    return slice(int(np.searchsorted(time_s, start_s)), int(np.searchsorted(time_s, end_s, side="right")))


def unknown_spans(time_s: Floats, values: Floats) -> list[tuple[float, float]]:
    """From when to when nothing is known: runs of NaN and holes between instants, in seconds."""
    time_s, values = with_gaps(time_s, values)
    unknown = np.isnan(values).astype(np.int8)
    steps = np.diff(unknown, prepend=0, append=0)
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    last = len(time_s) - 1
    return [
        (float(time_s[max(0, start - 1)]), float(time_s[min(stop, last)]))
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
    ]
