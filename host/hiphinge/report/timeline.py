"""Angles over time: tilt of pelvis and thorax above, lumbar flexion below, every attempt marked with its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hiphinge.model import Attempt, Floats
from hiphinge.report.axes import by_verdict, closings_s, even_ticks, lumbar_range, marks, shade, time_ticks
from hiphinge.report.content import ReportSession
from hiphinge.report.curves import between, min_max, unknown_spans, with_gaps
from hiphinge.report.style import FAINT, HINGE, INK, LUMBAR, RULE, SOFT, TARGET, TRUNK, VERDICT_COLOR, VERMILLION
from hiphinge.report.svg import inline_svg

WIDTH_IN, HEIGHT_IN = 8.2, 3.05
# The page shows a figure at about 1040 pixels: more columns than that show nothing.
COLUMNS = 1000
_LEFT, _WIDTH = 0.042, 0.855
# Numbers closer than this, in inches, would touch.
_NUMBER_IN = 0.16
# Sets that can be numbered side by side.
_NUMBERS = 30


def timeline(session: ReportSession, key: str, title: str, span_s: tuple[float, float], columns: int = COLUMNS) -> str:
    """Draw the angles of a part of a session.

    Parameters
    ----------
    session : ReportSession
    key : str
        Unique on the page.
    title : str
    span_s : (start, end)
    columns : int
        Pixel columns to draw for.

    Returns
    -------
    str
        An `svg` element.
    """
    attempts = [one for one in session.analysis.attempts if one.end_s > span_s[0] and one.start_s < span_s[1]]
    said = (
        f"From {span_s[0]:.0f} to {span_s[1]:.0f} s. Above, forward tilt of pelvis (hip hinge) and thorax (trunk) "
        "in degrees, with the target band; below, lumbar flexion with its limits. "
        f"{len(attempts)} bends are marked; the table of repetitions lists them."
    )

    def draw(figure: Any) -> None:
        upper = figure.add_axes((_LEFT, 0.455, _WIDTH, 0.395))
        lower = figure.add_axes((_LEFT, 0.08, _WIDTH, 0.275))
        _curves(upper, lower, session, span_s, columns)
        _attempts(upper, lower, attempts, span_s)
        places, labels = time_ticks(*span_s, 13)
        for axes in (upper, lower):
            axes.set_xlim(*span_s)
            axes.set_xticks(places, labels)
            axes.spines["left"].set_visible(False)
            axes.grid(axis="y")
        upper.tick_params(labelbottom=False)
        unit = ("s", "min:s", "h:min:s")[max((label.count(":") for label in labels), default=0)]
        _at_right(lower, lower.get_ylim()[0], unit, SOFT, down_pt=9 if unit == "s" else 14)

    return inline_svg(key, title, said, (WIDTH_IN, HEIGHT_IN), draw)


def _curves(upper: Any, lower: Any, session: ReportSession, span_s: tuple[float, float], columns: int) -> None:
    angles, limits = session.analysis.angles, session.limits
    rows = between(angles.time_s, *span_s)
    time_s, hinge, trunk, lumbar = with_gaps(
        angles.time_s[rows], angles.hip_hinge_deg[rows], angles.trunk_deg[rows], angles.lumbar_flexion_deg[rows]
    )

    def line(axes: Any, values: Floats, **more: Any) -> None:
        axes.plot(*min_max(time_s, values, columns), **more)

    top = max(_highest(hinge), _highest(trunk), limits.depth_max_deg + limits.depth_grace_deg)
    bottom = min(_lowest(hinge), _lowest(trunk), -3.0)
    low, high = 10 * np.floor((bottom - 1) / 10), 10 * np.ceil((top + 2) / 10)
    target(upper, session)
    line(upper, trunk, color=TRUNK, lw=0.9, dashes=(3, 1.2))
    line(upper, hinge, color=HINGE, lw=1.2)
    upper.set(ylim=(low, high), yticks=even_ticks(low, high, 6))
    upper.set_title("Forward tilt from standing (°)", x=-_LEFT / _WIDTH, y=1.195)
    lowest, highest = lumbar_range(limits, _lowest(lumbar), _highest(lumbar))
    neutral_zone(lower, session)
    line(lower, lumbar, color=LUMBAR, lw=1.1)
    lower.set(ylim=(lowest, highest), yticks=even_ticks(lowest, highest, 5))
    lower.set_title("Lumbar flexion (°): bent is positive, arched negative", x=-_LEFT / _WIDTH, pad=7)
    for axes in (upper, lower):
        shade(axes, unknown_spans(time_s, lumbar), facecolor=FAINT, edgecolor=SOFT, hatch="////", zorder=0.2)


def target(axes: Any, session: ReportSession) -> None:
    """Shade the depth asked for, its grace paler, and say so at the right."""
    limits = session.limits
    low, high, grace = limits.depth_min_deg, limits.depth_max_deg, limits.depth_grace_deg
    axes.axhspan(low - grace, high + grace, color=TARGET, alpha=0.09, lw=0, zorder=0.4)
    axes.axhspan(low, high, color=TARGET, alpha=0.16, lw=0, zorder=0.5)
    name = "trunk" if limits.depth_on == "trunk" else "hip hinge"
    _at_right(axes, (low + high) / 2, f"target {low:g}–{high:g}°\n({name})", TARGET)


def neutral_zone(axes: Any, session: ReportSession) -> None:
    """Shade lumbar flexion within the limits, with a line at either."""
    limits = session.limits
    bent, arched = limits.lumbar_flexion_max_deg, limits.lumbar_extension_max_deg
    if bent is not None and arched is not None:
        axes.axhspan(-arched, bent, color=INK, alpha=0.05, lw=0, zorder=0.3)
    axes.axhline(0, color=RULE, lw=0.8, zorder=0.6)
    for place, words in ((bent, "bend limit"), (None if arched is None else -arched, "arch limit")):
        if place is not None:
            axes.axhline(place, color=VERMILLION, lw=0.7, dashes=(4, 2), zorder=0.7)
            _at_right(axes, place, f"{words} {abs(place):g}°", "#A33F00")


def _at_right(axes: Any, y: float, words: str, color: str, down_pt: float = 0) -> None:
    axes.annotate(
        words,
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(4, -down_pt),
        textcoords="offset points",
        va="center",
        fontsize=7,
        color=color,
        annotation_clip=False,
    )


def _attempts(upper: Any, lower: Any, attempts: Sequence[Attempt], span_s: tuple[float, float]) -> None:
    pairs = list(zip(attempts, closings_s(attempts, span_s[1]), strict=True))
    strength = 0.10 if len(attempts) <= 60 else 0.18
    for verdict, color in (*VERDICT_COLOR.items(), (None, RULE)):
        spans = [(one.start_s, end_s) for one, end_s in pairs if (one.verdict if one.set else None) == verdict]
        for axes in (upper, lower):
            shade(axes, spans, facecolor=color, alpha=strength, zorder=0.1)
    if is_crowded(attempts):
        _mark_outside(upper, attempts)
    else:
        _mark_all(upper, lower, attempts)


def is_crowded(attempts: Sequence[Attempt]) -> bool:
    """Whether so many attempts stand in one figure that their marks would hide each other."""
    return len(attempts) * _NUMBER_IN > 0.9 * WIDTH_IN * _WIDTH


def _mark_outside(upper: Any, attempts: Sequence[Attempt]) -> None:
    """Where marks of all attempts would hide each other: those that are not within range, and the sets' numbers."""
    across = upper.get_xaxis_transform()
    for verdict, those in by_verdict([one for one in attempts if one.set and one.verdict != "compliant"]):
        middle_s = [(one.start_s + one.end_s) / 2 for one in those]
        marks(upper, middle_s, [1.045] * len(those), verdict, 3.5, transform=across, clip_on=False, zorder=6)
    sets = sorted({one.set for one in attempts} - {0})
    for number in (one for one in sets if len(sets) <= _NUMBERS or one % 5 == 0):
        members = [one for one in attempts if one.set == number]
        words = f"set {number}" if number == sets[0] else str(number)
        _number(upper, (members[0].start_s + members[-1].end_s) / 2, words)


def _mark_all(upper: Any, lower: Any, attempts: Sequence[Attempt]) -> None:
    """Every attempt's verdict and number above, and the moments at which the lower back left its limits below."""
    across = upper.get_xaxis_transform()
    for verdict, those in by_verdict([one for one in attempts if one.set]):
        middle_s = [(one.start_s + one.end_s) / 2 for one in those]
        marks(upper, middle_s, [1.045] * len(those), verdict, 5.0, transform=across, clip_on=False, zorder=6)
    lumbar = [f for one in attempts if one.set for f in one.faults if f.kind in ("lumbar_flexion", "lumbar_extension")]
    signed = [fault.value if fault.kind == "lumbar_flexion" else -fault.value for fault in lumbar]
    marks(lower, [fault.at_s for fault in lumbar], signed, "faulty", 4, zorder=6)
    numbers: dict[int, int] = {}
    for one in attempts:
        numbers[one.set] = numbers.get(one.set, 0) + 1
        if one.set:
            _number(upper, (one.start_s + one.end_s) / 2, str(numbers[one.set]))


def _number(upper: Any, at_s: float, words: str) -> None:
    across = upper.get_xaxis_transform()
    upper.text(at_s, 1.095, words, transform=across, ha="center", va="bottom", fontsize=7, color=SOFT)


def _highest(values: Floats) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else 0.0


def _lowest(values: Floats) -> float:
    return float(np.nanmin(values)) if np.isfinite(values).any() else 0.0
