"""How the measures change over a session: a point an attempt, two standard deviations, the mean of each set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiphinge.model import Attempt
from hiphinge.report.axes import by_verdict, even_ticks, marks
from hiphinge.report.content import ReportSession
from hiphinge.report.style import INK, RULE, SESSION_STYLE, SOFT, TARGET, VERMILLION
from hiphinge.report.svg import inline_svg

SIZE_IN = (8.2, 4.5)
_NAN = float("nan")
_LEFT, _WIDTH = 0.042, 0.445


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure: its title, value and standard deviation of an attempt (NaN where there is none)."""

    title: str
    value: Callable[[Attempt], float]
    sd: Callable[[Attempt], float]


def _none(_: Attempt) -> float:
    return _NAN


PANELS = (
    Panel("Hip hinge at the bottom (°)", lambda a: a.hip_hinge_deg, lambda a: a.hip_hinge_sd_deg),
    Panel("Largest lumbar flexion (°)", lambda a: a.lumbar_flexion_deg, lambda a: a.lumbar_flexion_sd_deg),
    Panel("Way down (s)", lambda a: _NAN if a.tempo_s[0] is None else a.tempo_s[0], _none),
    Panel("Smoothness (nearer to 0 is smoother)", lambda a: a.smoothness_sal, _none),
)


def trend(session: ReportSession, key: str, title: str) -> str:
    """Draw four measures over the attempts of a session.

    Returns
    -------
    str
        An `svg` element.
    """
    attempts = [one for one in session.analysis.attempts if one.set]
    said = (
        "Hip hinge, lumbar flexion, time of the way down and smoothness of each of "
        f"{len(attempts)} repetitions, with the mean of each set."
    )

    def draw(figure: Any) -> None:
        for panel, axes in zip(PANELS, _grid(figure), strict=True):
            _limits(axes, panel, session, VERMILLION)
            _sets(axes, panel, attempts)
            _points(axes, panel, attempts)
            _finish(axes, panel, [attempts], _places(panel, session))

    return inline_svg(key, title, said, SIZE_IN, draw)


def trends_together(sessions: Sequence[ReportSession], key: str, title: str) -> str:
    """Draw the measures of several sessions over each other, told apart by colour, mark and dashes.

    Returns
    -------
    str
        An `svg` element.
    """
    rows = [[one for one in session.analysis.attempts if one.set] for session in sessions]
    said = f"The same four measures of {len(sessions)} sessions over each other, repetition by repetition."

    def draw(figure: Any) -> None:
        for panel, axes in zip(PANELS, _grid(figure), strict=True):
            alike = len({session.limits for session in sessions}) == 1
            if alike:
                _limits(axes, panel, sessions[0], SOFT)
            for at, attempts in enumerate(rows):
                color, marker, dashes = SESSION_STYLE[at % len(SESSION_STYLE)]
                x, y = np.arange(1, len(attempts) + 1), np.array([panel.value(one) for one in attempts])
                size = 3.6 if len(attempts) <= 60 else 2
                axes.plot(x, y, color=color, lw=0.6, ls=dashes, alpha=0.6)
                axes.plot(
                    x, y, ls="none", marker=marker, ms=size, color=color, markeredgecolor="white", markeredgewidth=0.4
                )
                if np.isfinite(y).any():
                    mean = float(np.nanmean(y))
                    axes.axhline(mean, color=color, lw=1.1, ls=dashes, zorder=1.2)
            _finish(axes, panel, rows, _places(panel, sessions[0]) if alike else [])

    return inline_svg(key, title, said, SIZE_IN, draw)


def _grid(figure: Any) -> list[Any]:
    left, width, height = (_LEFT, 0.5 + _LEFT), _WIDTH, 0.355
    return [figure.add_axes((x, y, width, height)) for y in (0.575, 0.085) for x in left]


def _limits(axes: Any, panel: Panel, session: ReportSession, color: str) -> None:
    limits, places = session.limits, _places(panel, session)
    if panel is PANELS[0] and places:
        (low, high), grace = places, limits.depth_grace_deg
        axes.axhspan(low - grace, high + grace, color=TARGET, alpha=0.09, lw=0, zorder=0.2)
        axes.axhspan(low, high, color=TARGET, alpha=0.16, lw=0, zorder=0.3)
    else:
        for place in places:
            axes.axhline(place, color=color, lw=0.7, dashes=(4, 2), zorder=0.4)


def _places(panel: Panel, session: ReportSession) -> list[float]:
    """Where a panel's limits stand: both ends of the target, or one limit, or none."""
    limits = session.limits
    if panel is PANELS[0]:
        return [limits.depth_min_deg, limits.depth_max_deg] if limits.depth_on == "hip_hinge" else []
    place = {1: limits.lumbar_flexion_max_deg, 2: limits.eccentric_min_s}.get(PANELS.index(panel))
    return [] if place is None else [place]


def _sets(axes: Any, panel: Panel, attempts: Sequence[Attempt]) -> None:
    """Part the sets, name them where there is room, and draw each one's mean."""
    numbers = [one.set for one in attempts]
    shown = sorted(set(numbers))
    edges: list[float] = []
    means: list[tuple[float, float]] = []
    for number in shown:
        first, last = numbers.index(number) + 1, len(numbers) - numbers[::-1].index(number)
        values = np.array([panel.value(one) for one in attempts if one.set == number])
        if number != shown[0]:
            edges.append(first - 0.5)
        if len(shown) > 1 and (len(shown) <= 12 or number % _every(len(shown)) == 0 or number == 1):
            words = f"set {number}" if len(shown) <= 6 else str(number)
            axes.annotate(
                words, ((first + last) / 2, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
                textcoords="offset points", ha="center", fontsize=7, color=SOFT,
            )  # fmt: skip
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else _NAN
        means += [(first - 0.4, mean), (last + 0.4, mean), (_NAN, _NAN)]
    # One line with breaks each: hundreds of their own would make the page large.
    x = [place for edge in edges for place in (edge, edge, _NAN)]
    axes.plot(x, [0.0, 1.0, _NAN] * len(edges), color=RULE, lw=0.6, zorder=0.5, transform=axes.get_xaxis_transform())
    axes.plot([x for x, _ in means], [y for _, y in means], color=INK, lw=1.1, zorder=3, alpha=0.7)


def _every(sets: int) -> int:
    """Which sets are numbered, where not all can be."""
    return 5 if sets <= 60 else 10 if sets <= 120 else 50


def _points(axes: Any, panel: Panel, attempts: Sequence[Attempt]) -> None:
    place = {one.index: at for at, one in enumerate(attempts, 1)}
    many = len(attempts) > 60
    sds = np.array([panel.sd(one) for one in attempts])
    if np.isfinite(sds).any():
        values = np.array([panel.value(one) for one in attempts])
        places = np.arange(1.0, len(attempts) + 1)
        # One line with breaks: hundreds of their own would make the page large.
        x = np.column_stack([places, places, np.full(len(places), _NAN)]).ravel()
        y = np.column_stack([values - 2 * sds, values + 2 * sds, np.full(len(places), _NAN)]).ravel()
        axes.plot(x, y, color=SOFT, lw=0.4 if many else 0.7, zorder=1.5)
    for verdict, those in by_verdict(attempts):
        marks(
            axes, [place[a.index] for a in those], [panel.value(a) for a in those], verdict, 3 if many else 5, zorder=6
        )


def _finish(axes: Any, panel: Panel, rows: Sequence[Sequence[Attempt]], places: Sequence[float]) -> None:
    """Ranges that hold every value, its bar and the limits; ticks and words."""
    every = [one for attempts in rows for one in attempts]
    middle = np.array([panel.value(one) for one in every])
    bars = 2 * np.nan_to_num(np.array([panel.sd(one) for one in every]))
    values = np.concatenate([middle - bars, middle + bars, places])
    longest = max((len(attempts) for attempts in rows), default=1)
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(values).any() else (0.0, 1.0)
    air = 0.12 * max(high - low, 1.0)
    floor = 0.0 if panel in PANELS[1:3] else low - air
    axes.set(xlim=(0.3, longest + 0.7), ylim=(floor, max(high + air, floor + 1)))
    axes.set_xticks([at for at in even_ticks(0, longest, 10) if at >= 1 and at == int(at)])
    axes.yaxis.get_major_locator().set_params(nbins=5)
    axes.set_title(
        panel.title, x=-_LEFT / _WIDTH, pad=12 if len({one.set for one in rows[0]}) > 1 and len(rows) == 1 else 8
    )
    axes.set_xlabel("repetition", loc="right", labelpad=1)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y")
