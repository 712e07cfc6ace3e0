"""A protractor jig for `hiphinge bench record tilt`: a quarter disc with a hole every 15 deg, an arm with a shelf.

Frame of the base: X forward, Y up, Z along the axis the arm turns about, away from the disc; the pivot is the origin.
Both parts are printed as they stand here, plate down. A 4 mm pin (a drill's shank) is pivot, another one the detent.
"""

from math import cos, radians, sin

from build123d import Circle, Part, Pos, Rectangle, RectangleRounded, Text, extrude

from hiphinge_hardware.cad import dimensions as d
from hiphinge_hardware.cad.common import block, column


def hole_at(angle_deg: float, radius_mm: float = d.JIG_RADIUS) -> tuple[float, float]:
    """Where the detent of an angle is: 0 is upright, forward counts."""
    return radius_mm * sin(radians(angle_deg)), radius_mm * cos(radians(angle_deg))


def base(marks: bool = True) -> Part:
    """Quarter disc on a foot."""
    plate, low, back, front = d.JIG_PLATE, -d.JIG_PIVOT_HEIGHT, -d.JIG_BACK, d.JIG_FRONT
    rim = d.JIG_RADIUS + 20.0
    sector = Circle(rim) & (Pos(rim / 2 - 12, rim / 2 - 12) * Rectangle(rim + 24, rim + 24))
    below = Pos((back + front) / 2, low / 2) * Rectangle(front - back, -low + 24)
    part = extrude(sector + below, plate)
    foot = block(front - back, plate, d.JIG_FOOT, (back + front) / 2, low - 12 - plate / 2)
    # Behind the pods at 0, below the shelf at 90: keeps the foot square to the disc.
    rib = block(plate, -low, 0.6 * d.JIG_FOOT, back + plate / 2, low / 2 - 12)
    part += foot + rib
    part -= column(d.JIG_HOLE, 3 * plate, 0, 0, -plate)
    for angle in d.JIG_DEG:
        x, y = hole_at(angle)
        part -= column(d.JIG_HOLE, 3 * plate, x, y, -plate)
    if marks:
        for angle in d.JIG_DEG:
            x, y = hole_at(angle, d.JIG_RADIUS + 12.5)
            figure = Text(f"{angle:.0f}", font_size=6, font="DejaVu Sans")
            part -= Pos(x, y, plate - d.ENGRAVED) * extrude(figure, 2 * d.ENGRAVED)
    return part


def arm() -> Part:
    """Arm with a shelf on which a pod is strapped, its back to the shelf."""
    plate, shelf = d.JIG_PLATE, d.JIG_SHELF
    length = shelf[1]
    back = -d.JIG_SHELF_BACK
    bar = Pos(0, d.JIG_RADIUS / 2) * RectangleRounded(20.0, d.JIG_RADIUS + 16.0, 6.0)
    wing = Pos((back - shelf[2]) / 2, 4.0 + length / 2) * Rectangle(-back + shelf[2], length)
    part = extrude(bar + wing, plate)
    part += block(shelf[2], length, shelf[0] + plate, back - shelf[2] / 2, 4.0 + length / 2)
    part -= block(3 * shelf[2], d.STRAP + 2, d.STRAP_SLOT, back - shelf[2] / 2, 4.0 + length / 2, plate + 3.0)
    for y in (0.0, d.JIG_RADIUS):
        part -= column(d.JIG_HOLE, 3 * plate, 0, y, -plate)
    return part


def pieces() -> dict[str, Part]:
    """Both parts."""
    return {"jig_base": base(), "jig_arm": arm()}
