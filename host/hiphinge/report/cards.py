"""Small figures, all to one scale: one per attempt, or one per set where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiphinge.model import Attempt, Floats
from hiphinge.report.axes import closings_s, even_ticks, marks
from hiphinge.report.content import ReportSession
from hiphinge.report.curves import between, min_max, with_gaps
from hiphinge.report.style import HINGE, INK, LUMBAR, RULE, TARGET, VERMILLION
from hiphinge.report.svg import inline_svg

SIZE_IN = (2.3, 1.35)
# A card is shown at about 230 pixels.
COLUMNS = 110
# Up to here a figure an attempt; beyond, one a set: nobody reads hundreds, and the page would grow past a megabyte.
MANY = 60
_LEAD_S = 0.4
# Attempts drawn singly over the range of their set, whatever the number of sets.
_SINGLES = 80
# Share of a set's attempts that the median needs.
_MOST = 0.8
# Points across all sets' figures together, to keep the page small, and what a curve needs to look smooth.
_ALL_COLUMNS, _LEAST_COLUMNS = 1800, 36


@dataclass(frozen=True, slots=True)
class Scale:
    """What the small figures of a page share: longest attempt in s, range of the angles in deg."""

    length_s: float
    low_deg: float
    high_deg: float


def scale_of(session: ReportSession) -> Scale:
    """Find the scale that holds every counted attempt of a session."""
    angles = session.analysis.angles
    low, high, length_s = -10.0, session.limits.depth_max_deg + session.limits.depth_grace_deg, 2.0
    for one, closed_s in _spans(session):
        rows = between(angles.time_s, one.start_s, closed_s)
        both = np.concatenate([angles.hip_hinge_deg[rows], angles.lumbar_flexion_deg[rows]])
        if np.isfinite(both).any():
            low, high = min(low, float(np.nanmin(both))), max(high, float(np.nanmax(both)))
        length_s = max(length_s, closed_s - one.start_s + _LEAD_S)
    return Scale(length_s, float(5 * np.floor((low - 1) / 5)), float(5 * np.ceil((high + 2) / 5)))


def attempt_card(session: ReportSession, one: Attempt, scale: Scale, key: str, title: str) -> str:
    """Draw one attempt: hip hinge and lumbar flexion over its own time, the moments of its faults marked.

    Returns
    -------
    str
        An `svg` element.
    """
    closed_s = next(closed_s for other, closed_s in _spans(session) if other is one)
    said = (
        f"Hip hinge {one.hip_hinge_deg:.0f} degrees at the bottom, lumbar flexion up to {one.lumbar_flexion_deg:.0f}, "
        f"extension up to {one.lumbar_extension_deg:.0f} degrees, over {closed_s - one.start_s:.1f} seconds."
    )

    def draw(figure: Any) -> None:
        axes = _axes(figure, session, scale)
        time_s, hinge, lumbar = _cut(session, one.start_s - _LEAD_S, closed_s)
        since_s = time_s - one.start_s + _LEAD_S
        axes.plot(*min_max(since_s, lumbar, COLUMNS), color=LUMBAR, lw=1.0)
        axes.plot(*min_max(since_s, hinge, COLUMNS), color=HINGE, lw=1.3)
        for fault in one.faults:
            curve = lumbar if fault.kind in ("lumbar_flexion", "lumbar_extension", "asymmetry") else hinge
            row = int(np.clip(np.searchsorted(time_s, fault.at_s), 0, len(time_s) - 1))
            if np.isfinite(curve[row]):
                marks(axes, [float(since_s[row])], [float(curve[row])], "faulty", 4.5, zorder=6, clip_on=False)

    return inline_svg(key, title, said, SIZE_IN, draw)


def set_card(session: ReportSession, number: int, scale: Scale, key: str, title: str) -> str:
    """Draw one set: the range and the mean of its attempts, laid over each other at their bottoms, and those outside.

    Returns
    -------
    str
        An `svg` element.
    """
    members = [pair for pair in _spans(session) if pair[0].set == number]
    outside = [one for one, _ in members if one.verdict == "faulty"]
    every = max(1, round(sum(one.verdict == "faulty" for one, _ in _spans(session)) / _SINGLES))
    said = f"{len(members)} repetitions laid over each other at their deepest points; {len(outside)} outside the range."

    def draw(figure: Any) -> None:
        axes = _axes(figure, session, scale)
        middle_s = scale.length_s / 2
        even_s = np.linspace(-middle_s, middle_s, _columns(session))
        laid = [_laid(session, one, closed_s, even_s) for one, closed_s in members]
        for curves, color in ((np.array([pair[1] for pair in laid]), LUMBAR), (np.array([p[0] for p in laid]), HINGE)):
            seen = np.isfinite(curves).any(axis=0)
            if seen.any():
                at_s, part = even_s[seen] + middle_s, curves[:, seen]
                low, high = np.nanmin(part, axis=0), np.nanmax(part, axis=0)
                axes.fill_between(at_s, low, high, color=color, alpha=0.18, lw=0)
                # Where some have not begun or are over, the middle of the others would jump.
                most = np.isfinite(part).mean(axis=0) >= _MOST
                axes.plot(at_s[most], np.nanmedian(part[:, most], axis=0), color=color, lw=1.2)
        for at, one in enumerate(outside):
            if at % every == 0:
                own = laid[[pair[0] for pair in members].index(one)]
                for curve in own:
                    axes.plot(even_s + middle_s, curve, color=VERMILLION, lw=0.5, alpha=0.8)

    return inline_svg(key, title, said, SIZE_IN, draw)


def _columns(session: ReportSession) -> int:
    """Points across a set's figure: fewer where there are many figures."""
    sets = len({one.set for one, _ in _spans(session)})
    return max(_LEAST_COLUMNS, min(COLUMNS, _ALL_COLUMNS // max(1, sets)))


def _axes(figure: Any, session: ReportSession, scale: Scale) -> Any:
    axes = figure.add_axes((0.09, 0.135, 0.895, 0.845))
    limits = session.limits
    if limits.depth_on == "hip_hinge":
        axes.axhspan(limits.depth_min_deg, limits.depth_max_deg, color=TARGET, alpha=0.16, lw=0, zorder=0.5)
    bent, arched = limits.lumbar_flexion_max_deg, limits.lumbar_extension_max_deg
    if bent is not None and arched is not None:
        axes.axhspan(-arched, bent, color=INK, alpha=0.05, lw=0, zorder=0.3)
    for place in (bent, None if arched is None else -arched):
        if place is not None:
            axes.axhline(place, color=VERMILLION, lw=0.5, dashes=(4, 2), zorder=0.7)
    axes.axhline(0, color=RULE, lw=0.6, zorder=0.6)
    step_s = 1 if scale.length_s <= 7 else 2 if scale.length_s <= 14 else 5
    places = [float(at) for at in np.arange(0, scale.length_s, step_s)]
    axes.set(xlim=(0, scale.length_s), ylim=(scale.low_deg, scale.high_deg))
    axes.set_yticks(even_ticks(scale.low_deg, scale.high_deg, 5))
    axes.set_xticks(places, [*(f"{place:g}" for place in places[:-1]), f"{places[-1]:g} s"])
    axes.tick_params(length=0, pad=1.5, labelsize=7)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.grid(axis="y")
    return axes


def _spans(session: ReportSession) -> list[tuple[Attempt, float]]:
    """Counted attempts, and when each is over."""
    time_s = session.analysis.angles.time_s
    closes_s = closings_s(session.analysis.attempts, float(time_s[-1]) if len(time_s) else 0.0)
    return [pair for pair in zip(session.analysis.attempts, closes_s, strict=True) if pair[0].set]


def _cut(session: ReportSession, start_s: float, end_s: float) -> tuple[Floats, ...]:
    angles = session.analysis.angles
    rows = between(angles.time_s, start_s, end_s)
    return with_gaps(angles.time_s[rows], angles.hip_hinge_deg[rows], angles.lumbar_flexion_deg[rows])


def _laid(session: ReportSession, one: Attempt, closed_s: float, even_s: Floats) -> tuple[Floats, Floats]:
    """Hip hinge and lumbar flexion at even instants around the bottom; NaN outside the attempt."""
    time_s, hinge, lumbar = _cut(session, one.start_s, closed_s)
    since_s = time_s - one.bottom_s

    def at(values: Floats) -> Floats:
        return (
            np.interp(even_s, since_s, values, left=np.nan, right=np.nan)
            if len(since_s)
            else np.full(len(even_s), np.nan)
        )

    return at(hinge), at(lumbar)


def counted(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts of sets."""
    return [one for one in attempts if one.set]
