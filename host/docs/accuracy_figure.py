"""The README's picture of accuracy, from what ``python tests/bench/accuracy --out host/docs/accuracy.json`` wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawing import BLUE, GREEN, INK, ORANGE, SOFT, VERMILLION, blank_figure

SKY, PURPLE = "#56B4E9", "#CC79A7"

SCENARIOS = {
    "symmetrical": "slow hinges",
    "fast 0.45 s": "fast hinges, 0.45 s",
    "after walking": "after 20 s of walking",
    "any mounting": "worn any way round",
    "50 Hz": "at 50 Hz",
    "200 Hz": "at 200 Hz",
    "swings 60-75": "swings of 60–75°",
    "asymmetry 12": "crooked, 12° at random",
    "cheap sensors": "cheap sensors",
    "walks about": "walking between hinges",
    "rides": "riding a bus",
    "shuffles": "small steps between",
}
AXIS_DEG = (0.012, 12.0)


@dataclass(frozen=True)
class Series:
    """One path in the picture; every path but ours is shown at its best setting, with the default as a ring."""

    path: str
    words: str
    color: str
    marker: str = "o"


SERIES = (
    Series("offline", "hiphinge, whole recording", BLUE),
    Series("live", "hiphinge, live", SKY),
    Series("vqf", "VQF, whole recording", INK, "s"),
    Series("vqf live", "VQF, live", SOFT, "s"),
    Series("madgwick", "Madgwick", GREEN, "D"),
    Series("mahony", "Mahony", ORANGE, "^"),
    Series("imufusion", "Fusion (x-io)", PURPLE, "v"),
)

Figures = dict[str, dict[str, list[dict[str, Any]]]]
"""Rows by scenario and path."""


def read(path: Path) -> tuple[Figures, int]:
    """The block without skin, and the number of seeds."""
    file: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    (block,) = [one for one in file["blocks"] if one["skin_deg"] == 0]
    figures: Figures = {}
    for scenario in block["scenarios"]:
        paths = figures.setdefault(scenario["name"], {})
        for row in scenario["rows"]:
            paths.setdefault(row["path"], []).append(row)
    return figures, int(file["seeds"])


def accuracy_figure(path: Path) -> Any:
    """Draw tilt and lumbar errors, median with a whisker to the worst session, one row a scenario."""
    figures, seeds = read(path)
    names = [name for name in SCENARIOS if name in figures]
    height_in = 1.65 + 0.62 * len(names)
    figure = blank_figure(10.5, height_in)
    bottom, top = 0.62 / height_in, 1 - 1.06 / height_in
    tilt, lumbar = (figure.add_axes((x, bottom, 0.365, top - bottom)) for x in (0.205, 0.6))
    for axes, key, title in (
        (tilt, "tilt_deg", "tilt of pelvis or thorax, the worse"),
        (lumbar, "lumbar_deg", "lumbar flexion"),
    ):
        _frame(axes, names, title)
        for at, name in enumerate(names):
            _draw_scenario(axes, at, figures[name], key)
    tilt.set_yticks(range(len(names)), [SCENARIOS[name] for name in names], fontsize=10.5)
    lumbar.set_yticks([])
    _legend(figure, height_in)
    words = f"Simulated wearers: RMSE within repetitions, median and (whisker) worst of {seeds} sessions"
    figure.text(0.03, 1 - 0.32 / height_in, words, fontsize=12.5, weight="bold", va="center")
    return figure


def _frame(axes: Any, names: Sequence[str], title: str) -> None:
    axes.set_xscale("log")
    axes.set(xlim=AXIS_DEG, ylim=(len(names) - 0.5, -0.5))
    axes.set_xlabel(f"{title} (deg)")
    ticks = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", color="#E4E7EB", lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    for at in range(0, len(names), 2):
        axes.axhspan(at - 0.5, at + 0.5, color="#F5F7FA", lw=0, zorder=0)


def _draw_scenario(axes: Any, at: int, paths: dict[str, list[dict[str, Any]]], key: str) -> None:
    for number, series in enumerate(SERIES):
        y = at + (number - (len(SERIES) - 1) / 2) * 0.115
        for row in paths.get(series.path, []):
            median, worst = row[key]
            if median is None:
                continue
            style = {"marker": series.marker, "color": series.color, "ms": 4.6, "zorder": 4}
            if row["best"]:
                axes.plot([median, min(worst, AXIS_DEG[1])], [y, y], color=series.color, lw=1.5, zorder=3)
                axes.plot(min(median, AXIS_DEG[1]), y, clip_on=False, **style)
            else:
                axes.plot(min(median, AXIS_DEG[1]), y, mfc="white", mew=0.9, clip_on=False, **style)
            if row["best"] and row["failed"]:
                words = f"no standing found in {row['failed']}"
                axes.text(min(worst, 4) * 1.12, y, words, color=series.color, fontsize=7, va="center", zorder=5)
            # What lies off the axis is told by an arrow head, not hidden.
            if worst > AXIS_DEG[1] and row["best"]:
                axes.plot(AXIS_DEG[1], y, marker=">", color=series.color, ms=4, clip_on=False, zorder=4)
    for row in paths.get("floor", []):
        axes.plot([row[key][0]] * 2, [at - 0.42, at + 0.42], color=VERMILLION, lw=1.2, ls=(0, (2, 1.5)), zorder=2)


def _legend(figure: Any, height_in: float) -> None:
    canvas = figure.add_axes((0, 0, 1, 1))
    canvas.set_axis_off()
    for series in SERIES:
        canvas.plot([], [], color=series.color, marker=series.marker, ms=5, lw=1.5, label=series.words)
    canvas.plot([], [], color=SOFT, marker="o", mfc="white", ms=5, lw=0, label="with default gains")
    canvas.plot([], [], color=VERMILLION, lw=1.2, ls=(0, (2, 1.5)), label="true orientation, same calibration")
    canvas.legend(
        loc="upper left",
        bbox_to_anchor=(0.022, 1 - 0.42 / height_in),
        ncols=5,
        frameon=False,
        fontsize=9.5,
        columnspacing=1.4,
        handlelength=1.6,
    )
