"""What the figures share: axes with calm ticks, times as people write them, verdict marks."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from hiphinge.model import Attempt, Verdict
from hiphinge.programmes.limits import Limits
from hiphinge.report.style import VERDICT_COLOR, VERDICT_MARKER

_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MINUTES_FROM_S = 120.0


def time_ticks(start_s: float, end_s: float, at_most: int) -> tuple[list[float], list[str]]:
    """Places and labels for a time axis: seconds, or minutes:seconds for long ones.

    Parameters
    ----------
    start_s, end_s : float
    at_most : int
        Ticks.

    Returns
    -------
    places : list of float
    labels : list of str

    Examples
    --------
    >>> time_ticks(0, 300, 6)
    ([0.0, 60.0, 120.0, 180.0, 240.0, 300.0], ['0:00', '1:00', '2:00', '3:00', '4:00', '5:00'])
    """
    span_s = end_s - start_s
    fitting = [step for step in _STEPS_S if span_s / step <= at_most - 1]
    step_s = fitting[0] if fitting else float(np.ceil(span_s / (at_most - 1) / 3600) * 3600)
    first = np.ceil(start_s / step_s - 1e-9)
    places = [float(at * step_s) for at in range(int(first), int(np.floor(end_s / step_s + 1e-9)) + 1)]
    return places, [clock(place) if end_s > _MINUTES_FROM_S else f"{place:g}" for place in places]


def clock(time_s: float) -> str:
    """A time as minutes:seconds, with hours where there are any.

    Examples
    --------
    >>> clock(75.2), clock(3725)
    ('1:15', '1:02:05')
    """
    sign, whole = ("-", -round(time_s)) if round(time_s) < 0 else ("", round(time_s))
    minutes, seconds = divmod(whole, 60)
    if minutes < 60:
        return f"{sign}{minutes}:{seconds:02d}"
    return f"{sign}{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def lumbar_range(limits: Limits, lowest_deg: float, highest_deg: float) -> tuple[float, float]:
    """A range for lumbar flexion that holds the limits and the data, with air around both."""
    low = min(lowest_deg, -(limits.lumbar_extension_max_deg or 0.0), -8.0)
    high = max(highest_deg, limits.lumbar_flexion_max_deg or 0.0, 10.0)
    return float(5 * np.floor((low - 2.5) / 5)), float(5 * np.ceil((high + 2.5) / 5))


def tick_step(span: float, at_most: int) -> float:
    """A round step that puts no more than `at_most` ticks on `span`."""
    steps = (1, 2, 5, 10, 20, 50, 100)
    return next((step for step in steps if span / step <= at_most), 200)


def even_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Round places from `low` to `high`."""
    step = tick_step(high - low, at_most)
    return [float(at * step) for at in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def marks(axes: Any, x: Sequence[float], y: Sequence[float], verdict: Verdict, size: float = 5, **more: Any) -> None:
    """Draw verdict marks: a disc, a cross, a diamond; each with a white rim that parts it from lines."""
    if not x:
        return
    axes.plot(
        x,
        y,
        linestyle="none",
        marker=VERDICT_MARKER[verdict],
        markersize=size * {"compliant": 0.9, "faulty": 1.2, "uncertain": 0.9}[verdict],
        color=VERDICT_COLOR[verdict],
        markeredgecolor="white",
        markeredgewidth=0.5,
        **more,
    )


def shade(axes: Any, spans_s: Sequence[tuple[float, float]], **more: Any) -> None:
    """Shade stretches of the horizontal axis, as one shape: hundreds of their own would make a page large."""
    if not spans_s:
        return
    path: Any = import_module("matplotlib.path").Path
    patch: Any = import_module("matplotlib.patches").PathPatch
    corners = np.array([[(a, 0), (a, 1), (b, 1), (b, 0), (a, 0)] for a, b in spans_s], dtype=float)
    whole = path.make_compound_path(*(path(five, closed=True) for five in corners))
    axes.add_patch(patch(whole, transform=axes.get_xaxis_transform(), lw=0, **more))


def by_verdict(attempts: Sequence[Attempt]) -> list[tuple[Verdict, list[Attempt]]]:
    """Attempts by verdict, what matters most last (and so on top)."""
    order: tuple[Verdict, ...] = ("compliant", "uncertain", "faulty")
    return [(verdict, [one for one in attempts if one.verdict == verdict]) for verdict in order]


def closings_s(attempts: Sequence[Attempt], end_s: float) -> list[float]:
    """When each attempt is over: with its decision, or as the next begins.

    Arching at lock-out belongs to it.
    """
    if not attempts:
        return []
    begins_s = [*(one.start_s for one in attempts[1:]), end_s]
    return [
        max(one.end_s, min(one.decided_s, begins, one.end_s + 2.0))
        for one, begins in zip(attempts, begins_s, strict=True)
    ]
