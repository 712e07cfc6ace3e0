"""What the README's figures share: colours, a canvas in metres, arrows, arcs, and a person seen from the right."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.model import Floats

# Untyped, and no dependency of the package: loaded by name, so that type checks do without it.
matplotlib: Any = import_module("matplotlib")
plt: Any = import_module("matplotlib.pyplot")
patches: Any = import_module("matplotlib.patches")

# Okabe & Ito's colours: told apart with any colour vision.
ORANGE, BLUE, GREEN, VERMILLION, YELLOW = "#D98200", "#0072B2", "#009E73", "#D55E00", "#F0E442"
INK, SOFT, BODY, SKIN_EDGE, WOOD = "#1F2933", "#616E7C", "#D9E0E7", "#AEBAC6", "#8A6F4E"
PELVIS, THORAX, LUMBAR = ORANGE, BLUE, GREEN

matplotlib.rcParams.update(
    {
        "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
        "font.size": 11,
        "text.color": INK,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "svg.hashsalt": "hiphinge",  # ids without chance: the same input gives the same file
        "svg.fonttype": "path",
    }
)

HALF_TRUNK_M, DOWEL_M = 0.105, 0.145  # from the spine's axis to the back, and to the dowel's middle


def blank_figure(width_in: float, height_in: float) -> Any:
    """Make a figure with a white rounded card behind everything: readable on light and on dark pages."""
    figure = plt.figure(figsize=(width_in, height_in))
    figure.patch.set_alpha(0)
    card = patches.FancyBboxPatch(
        (0.08, 0.08),
        width_in - 0.16,
        height_in - 0.16,
        boxstyle="round,pad=0,rounding_size=0.18",
        transform=figure.dpi_scale_trans,
        facecolor="white",
        edgecolor="#D0D7DE",
        linewidth=1,
        zorder=-10,
    )
    figure.add_artist(card)
    return figure


@dataclass(frozen=True)
class Canvas:
    """Axes in metres, y up, without frame; `pt_per_m` turns widths in m into line widths."""

    axes: Any
    pt_per_m: float

    @classmethod
    def over(cls, figure: Any, width_m: float, x0_m: float = 0.0, y0_m: float = 0.0) -> Canvas:
        """Cover a whole figure."""
        width_in, height_in = figure.get_size_inches()
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(x0_m, x0_m + width_m)
        axes.set_ylim(y0_m, y0_m + width_m * height_in / width_in)
        return cls(axes, 72 * width_in / width_m)

    def line(self, points: Any, width_m: float, color: str, z: float = 2, **more: Any) -> None:
        """Draw a line with round ends through `points`, (N, 2) m."""
        xy = np.asarray(points)
        more = {"solid_capstyle": "round", "solid_joinstyle": "round", **more}
        self.axes.plot(xy[:, 0], xy[:, 1], color=color, lw=width_m * self.pt_per_m, zorder=z, **more)

    def limb(self, points: Any, width_m: float, z: float = 2) -> None:
        """Draw a body part: filled, with a thin edge."""
        self.line(points, width_m + 0.012, SKIN_EDGE, z)
        self.line(points, width_m, BODY, z + 0.1)

    def arrow(self, start: Any, end: Any, color: str, width_pt: float = 2, z: float = 8, bend: float = 0) -> None:
        """Draw an arrow between two points, (2,) m; `bend` curves it."""
        style = {"arrowstyle": "-|>,head_length=0.45,head_width=0.22", "connectionstyle": f"arc3,rad={bend}"}
        more = {"mutation_scale": 18, "color": color, "lw": width_pt, "shrinkA": 0, "shrinkB": 0, "zorder": z}
        self.axes.add_patch(patches.FancyArrowPatch(tuple(start), tuple(end), **style, **more))

    def text(self, at: Any, words: str, color: str = INK, size: float = 11, **more: Any) -> None:
        """Write `words` at a point, (2,) m."""
        more = {"ha": "center", "va": "center", "zorder": 12, **more}
        self.axes.text(at[0], at[1], words, color=color, fontsize=size, **more)

    def angle(self, at: Floats, from_deg: float, to_deg: float, radius_m: float, color: str) -> None:
        """Draw a wedge between two tilts from the vertical, forward positive."""
        low, high = sorted((90 - from_deg, 90 - to_deg))
        wedge = {"facecolor": color, "alpha": 0.28, "zorder": 7}
        self.axes.add_patch(patches.Wedge(tuple(at), radius_m, low, high, **wedge))
        arc = {"theta1": low, "theta2": high, "color": color, "lw": 2, "zorder": 8}
        self.axes.add_patch(patches.Arc(tuple(at), 2 * radius_m, 2 * radius_m, **arc))

    def pod(self, at: Floats, tilt_deg: float, color: str) -> None:
        """Draw a sensor, its long side along a segment tilted forward by `tilt_deg`."""
        box = patches.FancyBboxPatch(
            (-0.018, -0.045), 0.036, 0.09, boxstyle="round,pad=0,rounding_size=0.012", facecolor=color, zorder=9
        )
        box.set(edgecolor="white", linewidth=1.2)
        turned = matplotlib.transforms.Affine2D().rotate_deg(-tilt_deg).translate(*at)
        box.set_transform(turned + self.axes.transData)
        self.axes.add_patch(box)


def off(at: Floats, right_m: float, up_m: float) -> Floats:
    """Give a point moved in the picture, (2,) m."""
    return at + np.array([right_m, up_m])


def direction(tilt_deg: float) -> Floats:
    """Give the unit vector tilted forward (to the right of the picture) from the vertical, (2,)."""
    return np.array([np.sin(np.radians(tilt_deg)), np.cos(np.radians(tilt_deg))])


def backward(tilt_deg: float) -> Floats:
    """Give the unit vector that points out of the back of a segment tilted forward, (2,)."""
    return direction(tilt_deg - 90)


@dataclass(frozen=True)
class Person:
    """Somebody seen from the right, feet at `x_m`: pelvis and thorax tilted forward, in degrees."""

    x_m: float
    hinge_deg: float
    trunk_deg: float

    @property
    def hip(self) -> Floats:
        """Hip joint, (2,) m: it travels back as the pelvis tilts."""
        share = np.sin(np.radians(self.hinge_deg))
        return np.array([self.x_m - 0.22 * share, 0.93 - 0.05 * share])

    @property
    def waist(self) -> Floats:
        """Where pelvis and thorax meet in this drawing, (2,) m."""
        return self.hip + 0.17 * direction(self.hinge_deg)

    @property
    def neck(self) -> Floats:
        """Top of the trunk, (2,) m."""
        return self.waist + 0.43 * direction(self.trunk_deg)

    @property
    def s2(self) -> Floats:
        """Where the sacral sensor sits, (2,) m."""
        return self.hip + 0.10 * direction(self.hinge_deg) + (HALF_TRUNK_M + 0.01) * backward(self.hinge_deg)

    @property
    def t12(self) -> Floats:
        """Where the thoracic sensor sits, (2,) m."""
        return self.waist + 0.14 * direction(self.trunk_deg) + (HALF_TRUNK_M + 0.01) * backward(self.trunk_deg)

    def draw(self, canvas: Canvas, arm: bool = True) -> None:
        """Draw body and sensors."""
        knee = np.array([self.x_m + 0.07 * np.sin(np.radians(self.hinge_deg)), 0.48])
        ankle = np.array([self.x_m, 0.07])
        canvas.limb([off(ankle, -0.04, -0.02), off(ankle, 0.17, -0.03)], 0.07)
        canvas.limb([ankle, knee], 0.10)
        canvas.limb([knee, self.hip], 0.15)
        up, along = direction(self.hinge_deg), direction(self.trunk_deg)
        s = np.linspace(0, 1, 25)[:, None]
        bend = (
            (1 - s) ** 2 * (self.waist - 0.10 * up) + 2 * s * (1 - s) * self.waist + s**2 * (self.waist + 0.10 * along)
        )
        spine = np.vstack([self.hip, bend, self.neck - 0.06 * along])
        head = self.neck + 0.14 * along + 0.03 * backward(self.trunk_deg)
        canvas.limb([self.neck - 0.06 * along, head], 0.09)
        canvas.limb(np.vstack([head, head + 0.001]), 0.20)
        canvas.limb(spine, 2 * HALF_TRUNK_M)
        # Pelvis and trunk as one shape: the buttock's edge would cut it in two.
        canvas.line(np.vstack([self.hip, self.hip + 0.001]), 0.262, SKIN_EDGE, 1.9)
        canvas.line(np.vstack([self.hip, self.hip + 0.001]), 0.25, BODY, 2.15)
        if arm:
            shoulder = self.neck - 0.07 * along
            canvas.limb([shoulder, off(shoulder, 0.01, -0.28), off(shoulder, 0.05, -0.54)], 0.07, 3)
        canvas.pod(self.s2, self.hinge_deg, PELVIS)
        canvas.pod(self.t12, self.trunk_deg, THORAX)

    def draw_dowel(self, canvas: Canvas) -> None:
        """Draw the virtual dowel: along the thorax, as the hands would hold it."""
        along, off = direction(self.trunk_deg), DOWEL_M * backward(self.trunk_deg)
        ends = np.array([self.waist - 0.42 * along + off, self.neck + 0.30 * along + off])
        canvas.line(ends, 0.022, WOOD, 8.5, alpha=0.85, dashes=(3.2, 1.2), dash_capstyle="butt")


def save(figure: Any, path: Path) -> None:
    """Write an SVG without a date in it."""
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": "host/docs/figures.py"})
    plt.close(figure)
