"""Hip hinge against lumbar flexion: how each repetition shares its bend between hips and lower back."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiphinge.model import Attempt, Floats
from hiphinge.report.axes import by_verdict, closings_s, even_ticks, lumbar_range, marks
from hiphinge.report.content import ReportSession
from hiphinge.report.curves import between
from hiphinge.report.style import HINGE, INK, RULE, TARGET, VERDICT_COLOR, VERMILLION
from hiphinge.report.svg import inline_svg

SIZE_IN = (4.7, 3.7)
# Points of one loop: smooth to the eye at this size. Shared out where many loops are drawn, to keep the page small.
_LOOP_POINTS, _ALL_POINTS, _LEAST_POINTS = 90, 10000, 18

Ranges = tuple[tuple[float, float], tuple[float, float]]


def angle_angle(session: ReportSession, key: str, title: str, ranges: Ranges | None = None) -> str:
    """Draw lumbar flexion over hip hinge, a loop an attempt, its verdict at its bottom.

    Parameters
    ----------
    session : ReportSession
    key : str
        Unique on the page.
    title : str
    ranges : ((low, high), (low, high)), optional
        Of hip hinge and lumbar flexion in deg, for sessions side by side; the session's own if not given.

    Returns
    -------
    str
        An `svg` element.
    """
    counted = [one for one in session.analysis.attempts if one.set]
    said = (
        f"One loop for each of {len(counted)} repetitions: hip hinge to the right, lumbar flexion upwards, in degrees. "
        "A hinge that keeps the lower back neutral stays in the shaded zone between the two limits."
    )

    def draw(figure: Any) -> None:
        axes = figure.add_axes((0.085, 0.115, 0.89, 0.81))
        across, upwards = ranges or own_ranges(session)
        _zones(axes, session)
        _loops(axes, session, counted)
        axes.set(xlim=across, ylim=upwards, xticks=even_ticks(*across, 8), yticks=even_ticks(*upwards, 7))
        axes.grid()
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
        axes.set_title("Lumbar flexion (°)", x=-0.085 / 0.89, pad=8)
        axes.set_xlabel("hip hinge: forward tilt of the pelvis (°)", loc="right")

    return inline_svg(key, title, said, SIZE_IN, draw)


def own_ranges(session: ReportSession) -> Ranges:
    """The ranges that hold a session's attempts and limits, in deg."""
    hinge, lumbar = [0.0, session.limits.depth_max_deg + session.limits.depth_grace_deg], [0.0]
    attempts = [one for one in session.analysis.attempts if one.set]
    for loop in _paths(session, attempts, _LEAST_POINTS):
        hinge += [float(np.nanmin(loop[:, 0])), float(np.nanmax(loop[:, 0]))]
        lumbar += [float(np.nanmin(loop[:, 1])), float(np.nanmax(loop[:, 1]))]
    low, high = float(5 * np.floor((min(hinge) - 1) / 5)), float(5 * np.ceil((max(hinge) + 1) / 5))
    return (low, high), lumbar_range(session.limits, min(lumbar), max(lumbar))


def _zones(axes: Any, session: ReportSession) -> None:
    limits = session.limits
    bent, arched = limits.lumbar_flexion_max_deg, limits.lumbar_extension_max_deg
    if bent is not None and arched is not None:
        axes.axhspan(-arched, bent, color=INK, alpha=0.055, lw=0, zorder=0.3)
        axes.annotate(
            "neutral zone", (0, -arched), xycoords=("axes fraction", "data"), xytext=(4, 4), textcoords="offset points",
            fontsize=7, color=INK, alpha=0.75,
        )  # fmt: skip
    for place in (bent, None if arched is None else -arched):
        if place is not None:
            axes.axhline(place, color=VERMILLION, lw=0.7, dashes=(4, 2), zorder=0.7)
    axes.axhline(0, color=RULE, lw=0.8, zorder=0.6)
    if limits.depth_on == "hip_hinge":
        low, high, grace = limits.depth_min_deg, limits.depth_max_deg, limits.depth_grace_deg
        axes.axvspan(low - grace, high + grace, color=TARGET, alpha=0.07, lw=0, zorder=0.4)
        axes.axvspan(low, high, color=TARGET, alpha=0.13, lw=0, zorder=0.5)
        axes.annotate(
            "target", ((low + high) / 2, 1), xycoords=("data", "axes fraction"), xytext=(0, -9),
            textcoords="offset points", ha="center", fontsize=7, color=HINGE,
        )  # fmt: skip


def _loops(axes: Any, session: ReportSession, attempts: list[Attempt]) -> None:
    points = int(np.clip(_ALL_POINTS / max(1, len(attempts)), _LEAST_POINTS, _LOOP_POINTS))
    width = 0.8 if len(attempts) <= 60 else 0.4
    for verdict, those in by_verdict(attempts):
        loops = _paths(session, those, points)
        # One line with breaks instead of many lines: as it looks, and far quicker.
        if loops:
            joined = np.vstack([np.vstack([loop, [[np.nan, np.nan]]]) for loop in loops])
            weight = width if verdict == "compliant" else 1.3 * width
            axes.plot(joined[:, 0], joined[:, 1], color=VERDICT_COLOR[verdict], lw=weight, alpha=0.75)
    for verdict, those in by_verdict(attempts):
        at = [_at_bottom(session, one) for one in those]
        marks(axes, [x for x, _ in at], [y for _, y in at], verdict, 5 if len(attempts) <= 60 else 3, zorder=6)


def _paths(session: ReportSession, attempts: list[Attempt], points: int) -> list[Floats]:
    """Loops of attempts: (N, 2) hip hinge and lumbar flexion, about `points` rows, the extremes always kept."""
    angles = session.analysis.angles
    if not attempts or not len(angles.time_s):
        return []
    closes_s = dict(zip((one.index for one in session.analysis.attempts), _closes(session), strict=True))
    found: list[Floats] = []
    for one in attempts:
        rows = between(angles.time_s, one.start_s, closes_s[one.index])
        loop = np.column_stack([angles.hip_hinge_deg[rows], angles.lumbar_flexion_deg[rows]])
        if len(loop) and np.isfinite(loop).all(axis=1).any():
            found.append(_thinned(loop, points))
    return found


def _closes(session: ReportSession) -> list[float]:
    return closings_s(session.analysis.attempts, float(session.analysis.angles.time_s[-1]))


def _thinned(loop: Floats, points: int) -> Floats:
    """About `points` rows evenly along the path, and its extremes."""
    known = np.isfinite(loop[:, 0] + loop[:, 1])
    steps = np.linalg.norm(np.diff(loop, axis=0), axis=1)
    along: Floats = np.zeros(len(loop))
    along[1:] = np.cumsum(np.nan_to_num(steps))
    rows = np.minimum(np.searchsorted(along, np.linspace(0.0, float(along[-1]), points)), len(loop) - 1)
    extremes = np.concatenate([np.nanargmin(loop, axis=0), np.nanargmax(loop, axis=0)])
    breaks = np.flatnonzero(~known)
    return loop[np.unique(np.concatenate([rows, extremes, breaks]))]


def _at_bottom(session: ReportSession, one: Attempt) -> tuple[float, float]:
    """Where the loop is deepest; for a fault of the lower back, where that was."""
    angles = session.analysis.angles
    lumbar = [fault.at_s for fault in one.faults if fault.kind in ("lumbar_flexion", "lumbar_extension")]
    at_s = lumbar[0] if lumbar else one.bottom_s
    row = int(np.clip(np.searchsorted(angles.time_s, at_s), 0, len(angles.time_s) - 1))
    return float(angles.hip_hinge_deg[row]), float(angles.lumbar_flexion_deg[row])
