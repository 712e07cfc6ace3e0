"""Draw the README's figures: ``python host/docs/figures.py [FOLDER] [NAME...]``; needs matplotlib besides the package.

The errors in `accuracy` come from accuracy.json beside this file: an hour's computing is not repeated to draw them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_figure import accuracy_figure
from drawing import (
    BLUE,
    GREEN,
    INK,
    LUMBAR,
    PELVIS,
    SOFT,
    THORAX,
    VERMILLION,
    WOOD,
    YELLOW,
    Canvas,
    Person,
    backward,
    blank_figure,
    direction,
    off,
    save,
)

from hiphinge.analysis import analyse
from hiphinge.model import Attempt
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.simulate import default_scenario, simulate


def hinge_figure() -> Any:
    """Draw the product in one picture: neutral, a good hinge, and a bent lower back with the same trunk tilt."""
    figure = blank_figure(10, 5.5)
    canvas = Canvas.over(figure, 4.2, -0.70, -0.25)
    standing, good, bent = Person(0.02, 0, 0), Person(1.12, 47, 51), Person(2.52, 29, 51)
    for person, title in ((standing, "standing: zero"), (good, "hinged at the hips"), (bent, "bent in the lower back")):
        canvas.line([[person.x_m - 0.45, 0.0], [person.x_m + 0.45, 0.0]], 0.006, SOFT, 1)
        person.draw(canvas)
        person.draw_dowel(canvas)
        canvas.text((person.x_m, -0.12), title, INK, 12.5, weight="bold")
    canvas.text(off(standing.neck, -0.2, 0.24), "virtual dowel:\ntouches head,\nback and butt", WOOD, 10, ha="right")
    for at, words, color in ((standing.t12, "pod at T12", THORAX), (standing.s2, "pod at S2", PELVIS)):
        canvas.text(off(at, -0.08, 0), words, color, 10, ha="right", weight="bold")
    for person in (good, bent):
        _draw_tilts(canvas, person)
    gap = bent.hip + 0.06 * direction(bent.hinge_deg) + 0.15 * backward(bent.hinge_deg)
    canvas.text(off(gap, -0.1, -0.25), "the dowel\nleaves the butt", WOOD, 10, ha="right", va="top")
    canvas.arrow(off(gap, -0.14, -0.23), off(gap, -0.01, 0.0), WOOD, 1.2)
    return figure


def _draw_tilts(canvas: Canvas, person: Person) -> None:
    """Draw the three angles with their values."""
    radius, reach = 0.30, 0.56
    for at, tilt, color in ((person.s2, person.hinge_deg, PELVIS), (person.t12, person.trunk_deg, THORAX)):
        canvas.line([at, at + (radius + 0.06) * direction(0)], 0.005, INK, 8, linestyle=":")
        canvas.line([at, at + (radius + 0.04) * direction(tilt)], 0.008, color, 8)
        canvas.angle(at, 0, tilt, radius, color)
    for tilt, color, style in ((person.hinge_deg, PELVIS, "--"), (person.trunk_deg, THORAX, "-")):
        ray = [person.t12, person.t12 + (reach + 0.05) * direction(tilt)]
        canvas.line(ray, 0.007, color, 9, linestyle=style)
    canvas.angle(person.t12, person.hinge_deg, person.trunk_deg, reach, LUMBAR)
    lumbar_deg = person.trunk_deg - person.hinge_deg
    middle = person.t12 + reach * direction(person.hinge_deg + lumbar_deg / 2)
    bold = {"weight": "bold", "linespacing": 1.15}
    canvas.text(off(person.s2, -0.02, 0.44), f"hip hinge\n{person.hinge_deg:.0f}°", PELVIS, 11.5, ha="right", **bold)
    canvas.text(off(person.t12, -0.02, 0.44), f"trunk\n{person.trunk_deg:.0f}°", THORAX, 11.5, **bold)
    canvas.text(off(middle, 0.07, 0.06), f"lumbar\nflexion {lumbar_deg:.0f}°", LUMBAR, 11.5, ha="left", **bold)


def axes_figure() -> Any:
    """Draw the frames and the sign of every angle."""
    figure = blank_figure(10.5, 4.7)
    canvas = Canvas.over(figure, 5.6, -0.44, -0.30)
    titles = (
        "segment frame\n(ISB)",
        "bending\nforward: +",
        "side bend to\nthe right: +",
        "rotation to\nthe left: +",
        "other\nframes",
    )
    seen = ("seen from the right", "seen from the right", "seen from behind", "seen from above", "")
    for x_m, title, note in zip((0.05, 1.08, 2.34, 3.42, 4.53), titles, seen, strict=True):
        canvas.text((x_m, 2.09), title, INK, 12, weight="bold", va="top")
        canvas.text((x_m, -0.14), note, SOFT, 10, style="italic")
    _draw_segment_axes(canvas)
    _draw_forward(canvas, Person(1.0, 24, 44))
    _draw_side_bend(canvas, 2.34)
    _draw_rotation(canvas, np.array([3.42, 0.85]))
    _draw_other_frames(canvas, 4.53)
    return figure


def _draw_segment_axes(canvas: Canvas) -> None:
    person = Person(-0.05, 0, 0)
    person.draw(canvas, arm=False)
    for origin in (person.hip, off(person.waist, 0, 0.26)):
        canvas.arrow(origin, off(origin, 0.36, 0), VERMILLION)
        canvas.arrow(origin, off(origin, 0, 0.22), GREEN)
        canvas.text(off(origin, 0.4, 0.01), "x", VERMILLION, 12, weight="bold")
        canvas.text(off(origin, 0.05, 0.19), "y", GREEN, 12, weight="bold")
        # A circle with a dot: an arrow that points at the reader.
        canvas.axes.plot(*origin, "o", ms=11, mfc="white", mec=BLUE, mew=2, zorder=9)
        canvas.axes.plot(*origin, "o", ms=3.5, color=BLUE, zorder=10)
        canvas.text(off(origin, -0.06, -0.07), "z", BLUE, 12, weight="bold")
    canvas.text((0.06, 0.62), "x forward", VERMILLION, 10.5, ha="left")
    canvas.text((0.06, 0.51), "y up", GREEN, 10.5, ha="left")
    canvas.text((0.06, 0.40), "z right", BLUE, 10.5, ha="left")


def _draw_forward(canvas: Canvas, person: Person) -> None:
    person.draw(canvas, arm=False)
    for at, tilt, color in ((person.s2, person.hinge_deg, PELVIS), (person.t12, person.trunk_deg, THORAX)):
        canvas.line([at, at + 0.36 * direction(0)], 0.006, INK, 8, linestyle=":")
        canvas.line([at, at + 0.36 * direction(tilt)], 0.01, color, 8)
        canvas.angle(at, 0, tilt, 0.3, color)
    canvas.text(off(person.s2, -0.03, 0.33), "hip\nhinge +", PELVIS, 10.5, ha="right", weight="bold")
    canvas.text(off(person.t12, 0.0, 0.42), "trunk +", THORAX, 10.5, weight="bold")
    canvas.text(
        (person.x_m + 0.2, 0.80), "lumbar flexion\n= trunk − hip hinge\nflexion +\nextension −", LUMBAR, 10, ha="left"
    )


def _draw_side_bend(canvas: Canvas, x_m: float) -> None:
    lean = 17.0
    base = np.array([x_m, 0.98])
    along, across = direction(lean), direction(lean + 90)
    waist = off(base, 0.0, 0.14)
    neck = waist + 0.40 * along
    for side in (-1, 1):
        canvas.limb([[x_m + side * 0.09, 0.05], [x_m + side * 0.09, 0.88]], 0.13)
        shoulder = neck - 0.06 * along + side * 0.19 * across
        canvas.limb([shoulder, off(shoulder, side * 0.05, -0.5)], 0.07, 3)
    canvas.limb([neck, neck + 0.14 * along], 0.09)
    canvas.limb([neck + 0.16 * along, neck + 0.161 * along], 0.19)
    canvas.limb([off(base, -0.08, -0.06), off(base, 0.08, -0.06)], 0.19)
    canvas.limb([base, waist, neck - 0.08 * along], 0.27)
    canvas.limb([neck - 0.07 * along - 0.15 * across, neck - 0.07 * along + 0.15 * across], 0.10)
    canvas.line([base, waist, neck - 0.08 * along], 0.265, "#D9E0E7", 2.6)
    canvas.pod(base, 0, PELVIS)
    canvas.pod(waist + 0.12 * along, lean, THORAX)
    start = waist + 0.05 * along
    canvas.line([base, off(base, 0.0, 0.72)], 0.006, INK, 8, linestyle=":")
    canvas.angle(start, 0, lean, 0.50, LUMBAR)
    canvas.text((x_m - 0.3, 1.68), "left", SOFT, 10)
    canvas.text((x_m + 0.42, 1.68), "right", SOFT, 10)


def _draw_rotation(canvas: Canvas, at: Any) -> None:
    """Draw hips and shoulders from above, forward up in the picture."""
    turn_deg = 24.0
    left = np.array([-np.cos(np.radians(turn_deg)), -np.sin(np.radians(turn_deg))])
    ahead = np.array([-np.sin(np.radians(turn_deg)), np.cos(np.radians(turn_deg))])
    canvas.limb([off(at, -0.12, 0), off(at, 0.12, 0)], 0.20)
    canvas.limb([at - 0.24 * left, at + 0.24 * left], 0.13, 3)
    canvas.limb([at + 0.05 * ahead, at + 0.12 * ahead], 0.05, 4)
    canvas.limb([at, at + 0.001], 0.17, 4)
    canvas.line([at, off(at, 0.0, 0.55)], 0.006, INK, 8, linestyle=":")
    canvas.line([at, at + 0.55 * ahead], 0.01, LUMBAR, 8)
    canvas.angle(at, -turn_deg, 0, 0.5, LUMBAR)
    canvas.text(off(at, 0.02, 0.63), "pelvis' forward", SOFT, 10, ha="center")
    canvas.text(off(at, -0.36, 0.30), "left", SOFT, 10)
    canvas.text(off(at, 0.36, 0.30), "right", SOFT, 10)
    canvas.text(off(at, 0.0, -0.38), "thorax turned\non the pelvis", INK, 10)


def _draw_other_frames(canvas: Canvas, x_m: float) -> None:
    sensor = np.array([x_m - 0.1, 1.36])
    canvas.pod(sensor, 33, THORAX)
    for to, name in (((0.30, 0.12), "x"), ((-0.12, 0.27), "y"), ((0.13, -0.22), "z")):
        canvas.arrow(sensor, sensor + to, SOFT, 1.6)
        canvas.text(sensor + 1.2 * np.array(to), name, SOFT, 11, weight="bold")
    canvas.text((x_m, 0.93), "sensor: its own axes,\nmounted any way", INK, 10)
    earth = np.array([x_m - 0.12, 0.32])
    for to, name in (((0.34, 0.0), "E"), ((0.22, 0.16), "N"), ((0.0, 0.34), "U")):
        canvas.arrow(earth, earth + to, INK, 1.6)
        canvas.text(earth + 1.19 * np.array(to), name, INK, 11, weight="bold")
    canvas.text((x_m, 0.16), "Earth: east, north, up", INK, 10)


def set_figure() -> Any:
    """Draw a simulated set as the pipeline sees it."""
    limits = resolve_limits(load_programme("assisted"))
    made = simulate(default_scenario())
    found = analyse(made.recording, limits)
    angles = found.angles
    figure = blank_figure(10.5, 5.4)
    upper, lower = (figure.add_axes((0.085, y, 0.885, h)) for y, h in ((0.445, 0.37), (0.125, 0.25)))
    upper.axhspan(limits.depth_min_deg, limits.depth_max_deg, color=PELVIS, alpha=0.30, lw=0, zorder=0.5)
    grace = limits.depth_grace_deg
    upper.axhspan(
        limits.depth_min_deg - grace, limits.depth_max_deg + grace, color=PELVIS, alpha=0.16, lw=0, zorder=0.4
    )
    upper.plot(angles.time_s, angles.trunk_deg, color=THORAX, lw=1.4, label="trunk")
    upper.plot(angles.time_s, angles.hip_hinge_deg, color=PELVIS, lw=1.8, label="hip hinge")
    upper.fill_between([], [], color=PELVIS, alpha=0.30, lw=0, label="target band 45–50°, paler: 3° of grace")
    lower.plot(angles.time_s, angles.lumbar_flexion_deg, color=LUMBAR, lw=1.8, label="lumbar flexion")
    for limit in (limits.lumbar_flexion_max_deg, -(limits.lumbar_extension_max_deg or 0)):
        lower.axhline(limit, color=VERMILLION, lw=1.3, ls="--")
    lower.plot([], [], color=VERMILLION, lw=1.3, ls="--", label="limits: 10° flexion, 8° extension")
    # Over-arching at lock-out belongs to the attempt: it closes with its decision, or as the next begins.
    begins_s = [*(one.start_s for one in found.attempts[1:]), angles.time_s[-1]]
    closes_s = [min(one.decided_s, begins) for one, begins in zip(found.attempts, begins_s, strict=True)]
    for axes, name, top in ((upper, "tilt (deg)", 75), (lower, "lumbar (deg)", 26)):
        for attempt, closed_s in zip(found.attempts, closes_s, strict=True):
            axes.axvspan(attempt.start_s, closed_s, color=_SHADE[attempt.verdict], alpha=0.15, lw=0, zorder=0)
        axes.set(xlim=(0, angles.time_s[-1]), ylim=(-17, top), ylabel=name)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#E4E7EB", lw=0.8)
        axes.set_axisbelow(True)
    upper.tick_params(labelbottom=False)
    lower.set_xlabel("time (s)")
    upper.legend(loc="lower right", bbox_to_anchor=(1.01, 1.24), ncols=3, frameon=False, fontsize=10)
    lower.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=2, frameon=False, fontsize=10)
    for attempt in found.attempts:
        _name_verdict(upper, attempt)
    figure.text(0.085, 0.94, "Simulated wearer", fontsize=13, weight="bold", va="center")
    return figure


_SHADE = {"compliant": GREEN, "faulty": VERMILLION, "uncertain": YELLOW}
_WORDS = {
    "lumbar_flexion": "lower back\nbent",
    "lumbar_extension": "over-arched\nat the top",
    "too_shallow": "too\nshallow",
    "too_deep": "too\ndeep",
    "too_fast": "down\ntoo fast",
    "asymmetry": "to one\nside",
}


def _name_verdict(axes: Any, attempt: Attempt) -> None:
    mark = {"compliant": "✓", "faulty": "✗", "uncertain": "?"}[attempt.verdict]
    words = "\n".join(_WORDS[fault.kind] for fault in attempt.faults[:1])
    middle_s = (attempt.start_s + attempt.end_s) / 2
    color = {"compliant": "#006B4F", "faulty": "#A64600", "uncertain": INK}[attempt.verdict]
    axes.text(
        middle_s, 77, f"{mark} {attempt.index}", color=color, fontsize=11, weight="bold", ha="center", va="bottom"
    )
    axes.text(middle_s, 84.5, words, color=color, fontsize=8.5, ha="center", va="bottom", linespacing=1.05)


FIGURES: dict[str, Callable[[], Any]] = {
    "hinge": hinge_figure,
    "axes": axes_figure,
    "set": set_figure,
    "accuracy": lambda: accuracy_figure(Path(__file__).with_name("accuracy.json")),
}


def main(folder: Path, names: Sequence[str]) -> None:
    """Write the figures of those names into `folder`, or all of them."""
    for name in names or FIGURES:
        save(FIGURES[name](), folder / f"{name}.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent, sys.argv[2:])
