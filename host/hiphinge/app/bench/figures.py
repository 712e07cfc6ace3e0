"""Figures of a bench report, with the pieces of the session report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hiphinge.app.bench.drift import Drift
from hiphinge.app.bench.findings import Findings
from hiphinge.app.bench.pair import Pair
from hiphinge.app.bench.reach import Reach
from hiphinge.app.bench.tilt import Tilt
from hiphinge.report.axes import time_ticks
from hiphinge.report.curves import min_max, with_gaps
from hiphinge.report.style import BLUE, GREEN, INK, SKY, SOFT, VERMILLION
from hiphinge.report.svg import inline_svg

_SIZE_IN = (8.2, 2.9)
_COLUMNS = 700
_COLOURS = {"sacral": BLUE, "thoracic": VERMILLION, "lumbar": INK}
_MARKS = {"sacral": "o", "thoracic": "s", "lumbar": "D"}


def figure(found: Findings, key: str) -> str:
    """The figure of a bench session, an `svg` element."""
    said = " ".join(found.sentences[:1])
    return inline_svg(key, found.title, said, _SIZE_IN, lambda made: _DRAWN[found.bench.kind](made, found.results))


def _axes(figure: Any, left: str, below: str) -> Any:
    axes = figure.add_axes((0.075, 0.17, 0.76, 0.76))
    axes.set_ylabel(left)
    axes.set_xlabel(below)
    axes.grid(axis="y")
    axes.axhline(0, color=SOFT, linewidth=0.8)
    return axes


def _legend(axes: Any) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False, borderaxespad=0.0, handlelength=1.4)


def _tilt(figure: Any, found: list[Tilt]) -> None:
    axes = _axes(figure, "measured − known (°)", "known angle (°)")
    for one in found:
        # The difference of both has no angle of its own: drawn where the jig was.
        at = found[0].known_deg
        order = np.arange(len(at))
        errors = (one.measured_deg - one.known_deg)[order]
        axes.plot(at, errors, _MARKS[one.name], color=_COLOURS[one.name], markersize=4.5, label=one.name)
        axes.axhline(one.errors.bias_deg, color=_COLOURS[one.name], linewidth=0.7, linestyle=":")
    _roomy(axes, 1.0)
    _legend(axes)


def _pair(figure: Any, found: list[Pair]) -> None:
    axes = _axes(figure, "lumbar angle shown (°)", "board (°)")
    for one, colour in zip(found, (BLUE, SKY), strict=False):
        known = np.isfinite(one.lumbar_deg) & np.isfinite(one.board_deg)
        thin = slice(None, None, max(1, int(known.sum()) // 1500))
        label = "live" if one.live else "whole recording"
        board, lumbar = one.board_deg[known][thin], one.lumbar_deg[known][thin]
        axes.plot(board, lumbar, ".", color=colour, markersize=2.2, label=label, zorder=1 if one.live else 2)
    limits = [value for value in found[0].peak.limits_deg if np.isfinite(value)]
    for value in limits:
        axes.axhline(value, color=VERMILLION, linewidth=0.8, linestyle="--", zorder=3)
    if limits:
        axes.plot([], [], "--", color=VERMILLION, linewidth=0.8, label="95 % limits\nat peak (whole)")
    _roomy(axes, 1.0)
    _legend(axes)


def _drift(figure: Any, found: list[Drift]) -> None:
    axes = _axes(figure, "tilt from the start (°)", "time (min)")
    for one in found:
        time_s, tilt = with_gaps(one.time_s - one.time_s[0], one.tilt_deg)
        time_s, tilt = min_max(time_s, tilt, _COLUMNS)
        style = "-" if one.name == "sacral" else "--"
        axes.plot(time_s, tilt, style, color=_COLOURS[one.name], linewidth=1.2, label=one.name)
    end_s = max(float(one.time_s[-1] - one.time_s[0]) for one in found)
    places, labels = time_ticks(0.0, end_s, 8)
    axes.set_xticks(places, labels)
    _roomy(axes, 0.05)
    _legend(axes)


def _range(figure: Any, found: list[Reach]) -> None:
    axes = _axes(figure, "share (%)", "distance (m)")
    at = np.arange(len(found), dtype=float)
    # Not counted is no bar and no number.
    resent = [np.nan if one.resent_share is None else 100 * one.resent_share for one in found]
    missing = [100 * one.missing_share for one in found]
    axes.bar(at - 0.2, resent, 0.38, color=SKY, label="sent again")
    axes.bar(at + 0.2, missing, 0.38, color=VERMILLION, label="missing")
    for x, value in [*zip(at - 0.2, resent, strict=True), *zip(at + 0.2, missing, strict=True)]:
        if not np.isfinite(value):
            continue
        axes.annotate(
            f"{value:.1f}",
            (x, value),
            (0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=GREEN if value == 0 else INK,
        )
    axes.set_xticks(at, [f"{one.distance_m:g}" for one in found])
    axes.set_ylim(0, max(5.0, 1.18 * float(np.nanmax([*resent, *missing]))))
    _legend(axes)


def _roomy(axes: Any, least: float) -> None:
    """Never a scale so fine that noise looks like a finding."""
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -least), max(high, least))


_DRAWN: dict[str, Callable[[Any, Any], None]] = {"tilt": _tilt, "pair": _pair, "drift": _drift, "range": _range}
