"""Pictures of the parts by hidden-line removal, as SVG."""

import re
from collections.abc import Mapping
from pathlib import Path

from build123d import Compound, ExportSVG, Pos, Shape, Vector

from hiphinge_hardware.cad import build, clips, jig, pods

# From the right, below and outside, y up.
_EYE = Vector(80, -140, 190)
_SMALLEST = 0.4


Label = tuple[str, Shape]
Callout = tuple[str, Vector]


def _flat(point: Vector, middle: Vector, eye: Vector) -> tuple[float, float]:
    """Where a point appears: to the right and down, mm (far away, so that all of it has one scale)."""
    towards = eye.normalized()
    right = Vector(0, 1, 0).cross(towards).normalized()
    return (point - middle).dot(right), -(point - middle).dot(towards.cross(right))


def _written(labels: list[Label], middle: Vector, eye: Vector, size: float) -> tuple[str, float]:
    """Names under their parts, and how far down they reach."""
    lines, lowest = [], -1e9
    for name, shape in labels:
        box = shape.bounding_box()
        corners = [
            _flat(Vector(x, y, z), middle, eye)
            for x in (box.min.X, box.max.X)
            for y in (box.min.Y, box.max.Y)
            for z in (box.min.Z, box.max.Z)
        ]
        x = (min(c[0] for c in corners) + max(c[0] for c in corners)) / 2
        y = max(c[1] for c in corners) + 1.4 * size
        lowest = max(lowest, y + size)
        lines.append(f'<text x="{x:.1f}" y="{y:.1f}">{name}</text>')
    style = f'font-family="DejaVu Sans, sans-serif" font-size="{size:.1f}" text-anchor="middle"'
    return f"<g {style}>" + "".join(lines) + "</g>", lowest


def _front(shape: Shape, right: float = 0.0, up: float = 0.0) -> Vector:
    """The middle of a part's outward side, or a place beside it."""
    box = shape.bounding_box()
    return Vector((box.min.X + box.max.X) / 2 + right, (box.min.Y + box.max.Y) / 2 + up, box.max.Z)


def _pointed(callouts: list[Callout], middle: Vector, eye: Vector, size: float, edge: float) -> tuple[str, float]:
    """Names in a column at the right `edge`, a line to the front of each part; and how far to the right they reach."""
    rows: list[tuple[float, float, str]] = []
    for name, place in callouts:
        x, y = _flat(place, middle, eye)
        rows.append((y, x, name))
    out: list[str] = []
    text_y = -1e9
    for y, x, name in sorted(rows):
        text_y = max(text_y + 1.5 * size, y)
        out.append(f'<path d="M{x:.1f} {y:.1f}L{edge:.1f} {text_y:.1f}" stroke="#14505c" stroke-width="0.25"/>')
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="0.7" fill="#14505c"/>')
        out.append(f'<text x="{edge + 1:.1f}" y="{text_y + 0.35 * size:.1f}" fill="#111">{name}</text>')
    style = f'font-family="DejaVu Sans, sans-serif" font-size="{size:.1f}" fill="none"'
    # DejaVu is at most 0.64 of its size a letter.
    longest = max(len(name) for name, _ in callouts)
    return f"<g {style}>" + "".join(out) + "</g>", edge + 2 + 0.64 * size * longest


def draw(
    shapes: list[Shape],
    path: Path,
    eye: Vector = _EYE,
    title: str = "",
    labels: list[Label] | None = None,
    callouts: list[Callout] | None = None,
) -> None:
    """Draw solids as seen from the direction `eye`, the long axis upright, with names under some or beside them."""
    whole = Compound(children=[Pos(0, 0, 0) * shape for shape in shapes])
    middle = whole.bounding_box().center()
    visible, _ = whole.project_to_viewport(middle + eye * 1000, (0, 1, 0), middle)
    exporter = ExportSVG(margin=6, line_weight=0.35)
    exporter.add_layer("visible", line_weight=0.35)
    exporter.add_shape([edge for edge in visible if edge.length > _SMALLEST / 4], layer="visible")
    exporter.write(path)
    head, text = path.read_text(encoding="utf-8").split("\n", 1)
    text = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found.group()):.2f}".rstrip("0").rstrip("."), text)
    found = re.search(r'<svg[^>]*viewBox="([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+)"[^>]*>', text)
    if found is None:
        raise ValueError(f"{path}: no viewBox")
    x, y, width, height = (float(number) for number in found.groups())
    written, lowest = _written(labels or [], middle, eye, max(width, height) / 45)
    height = max(height, lowest - y + 2)
    over = ""
    if callouts:
        over, right = _pointed(callouts, middle, eye, max(width, height) / 30, x + width - 3)
        width = max(width, right - x)
    # White ground: the lines must be seen on a dark page too.
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x:g} {y:g} {width:g} {height:g}" width="{8 * width:.0f}" '
        f'height="{8 * height:.0f}" role="img" aria-label="{title}"><title>{title}</title>'
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="white"/>{written}'
    )
    text = text.replace(found.group(0), opening, 1)
    # Lines to parts lie over the drawing.
    path.write_text(head + "\n" + text.replace("</svg>", over + "</svg>"), encoding="utf-8")


def _apart(shapes: Mapping[str, Shape], heights: Mapping[str, float]) -> dict[str, Shape]:
    return {name: Pos(0, 0, heights[name]) * shape for name, shape in shapes.items() if name in heights}


def all_pictures(folder: Path) -> list[Path]:
    """Every picture of the README."""
    made, clipped, sacral = pods.pieces(), clips.pieces(), pods.sacral_rooms()
    thoracic = pods.thoracic_rooms()
    sideways, below = Vector(200, -110, 120), Vector(120, -150, -230)
    spread = _apart(
        {**made, **sacral, "belt_clip": clipped["belt_clip"]},
        {
            "belt_clip": -30,
            "sacral_tub": 0,
            "battery": 36,
            "sensor": 36,
            "motor": 36,
            "sacral_tray": 62,
            "controller": 88,
            "strip": 84,
            "button": 84,
            "LED": 84,
            "button_cap": 112,
            "light_pipe": 112,
            "sacral_lid": 132,
        },
    )
    open_ = _apart(
        {**made, "sensor": thoracic["sensor"], "clip": clipped["thoracic_strap_clip"]},
        {"clip": -22, "thoracic_tub": 0, "sensor": 22, "thoracic_lid": 44},
    )
    laid = {
        "belt": Pos(-46, 44, 0) * clipped["belt_clip"],
        "sacral strap": Pos(46, 44, 0) * clipped["sacral_strap_clip"],
        "clothing": Pos(-46, -44, 0) * clipped["clothing_clip"],
        "thoracic strap": Pos(46, -44, 0) * clipped["thoracic_strap_clip"],
    }
    at_45 = build.jig_positions()["jig at 45"] | {"jig_base": jig.base()}
    level_1 = {name: sacral[name] for name in ("battery", "sensor", "motor")}
    level_2 = {name: sacral[name] for name in ("controller", "strip", "button", "LED", "switch", "socket")}
    pictures: dict[str, tuple[list[Shape], Vector, str, list[Label]]] = {
        "sacral-apart": (
            list(spread.values()),
            sideways,
            "Sacral pod taken apart: belt clip, tub, cell with sensor and motor, tray, controller and strip, lid",
            [
                ("belt clip", spread["belt_clip"]),
                ("tub", spread["sacral_tub"]),
                ("cell", spread["battery"]),
                ("tray", spread["sacral_tray"]),
                ("controller", spread["controller"]),
                ("lid", spread["sacral_lid"]),
            ],
        ),
        "sacral-level-1": (
            [made["sacral_tub"], *level_1.values()],
            _EYE,
            "Sacral pod, first level: cell below, sensor and motor above",
            [],
        ),
        "sacral-level-2": (
            [made["sacral_tub"], made["sacral_tray"], *level_2.values()],
            _EYE,
            "Sacral pod, second level: controller and strip with button and LED on the tray",
            [],
        ),
        "sacral-closed": (
            [made[name] for name in ("sacral_tub", "sacral_lid", "button_cap", "light_pipe")],
            _EYE,
            "Sacral pod, closed, with the sensor's axes on the lid",
            [],
        ),
        "thoracic-apart": (
            list(open_.values()),
            sideways,
            "Thoracic pod taken apart: strap clip, tub with pegs for the cable, sensor, lid",
            [
                ("strap clip", open_["clip"]),
                ("tub", open_["thoracic_tub"]),
                ("sensor", open_["sensor"]),
                ("lid", open_["thoracic_lid"]),
            ],
        ),
        "jig": (
            list(at_45.values()),
            Vector(110, 60, 160),
            "Protractor jig at 45 deg: disc with holes on a foot, arm, and a pod on its shelf",
            [],
        ),
        "clips": (list(laid.values()), below, "Clips from the side of the body", list(laid.items())),
    }
    # Where the middle of a part is hidden, beside it.
    aside = {"motor": (-4.0, -2.0), "strip": (-4.0, 4.5)}
    level_1_named, level_2_named = (
        [(name, _front(part, *aside.get(name, (0.0, 0.0)))) for name, part in level.items()]
        for level in (level_1, level_2)
    )
    lid_named = [("button", _front(made["button_cap"])), ("light", _front(made["light_pipe"]))]
    # On the jig's arm and disc, in the picture's frame.
    jig_named = [("pod", _front(at_45["pod"])), ("arm", Vector(25, 25, 12)), ("disc", Vector(62, 2, 6))]
    callouts = {
        "sacral-level-1": level_1_named,
        "sacral-level-2": level_2_named,
        "sacral-closed": lid_named,
        "jig": jig_named,
    }
    for name, (shapes, eye, title, labels) in pictures.items():
        draw(shapes, folder / f"{name}.svg", eye, title, labels, callouts.get(name))
    return [folder / f"{name}.svg" for name in pictures]
