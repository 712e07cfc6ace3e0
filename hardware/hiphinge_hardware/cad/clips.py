"""What holds the pods on the body: belt clip, strap clips, clothing clip. All slide onto a pod's flange."""

from build123d import Axis, Part, Pos, Rectangle, RectangleRounded, Sketch, extrude, fillet

from hiphinge_hardware.cad import dimensions as d
from hiphinge_hardware.cad.common import block
from hiphinge_hardware.cad.dimensions import Pod

# The clip's frame is the pod's: its plate lies under the pod, z from -CARRIER to 0; the body is below.
_CUT = 1.8  # of the slots around a latch


def _plate_length(pod: Pod) -> float:
    return pod.flange_length + 2 * 6.0


def _plate(pod: Pod, width: float, length: float, slots: Sketch | None = None) -> Part:
    """The plate under a pod, with the fingers of its latches cut free; rounded where it touches the body."""
    outline = RectangleRounded(width, length, 3.0)
    if slots is not None:
        outline -= slots
    latch = d.LATCH
    tip = -pod.flange_length / 2 - 2.4
    for side in (-1, 1):
        outline -= Pos(side * (pod.flange_width / 2 - d.LATCH["width"] / 2), tip) * _latch_slot(
            latch["width"], latch["length"]
        )
    part = Pos(0, 0, -d.CARRIER) * extrude(outline, d.CARRIER)
    return fillet(part.faces().sort_by(Axis.Z)[0].edges(), d.ROUND)


def _latch_slot(width: float, length: float) -> Sketch:
    """The slot around a finger that points down, its tip at the origin."""
    slot = Pos(0, (length - _CUT) / 2) * Rectangle(width + 2 * _CUT, length + _CUT)
    slot -= Pos(0, length / 2) * Rectangle(width, length)
    tip = [corner for corner in slot.vertices() if abs(corner.Y) < 0.01]
    slot = fillet(tip, 1.2)
    rest = [corner for corner in slot.vertices() if corner.Y < 0.01 - _CUT or length - 0.01 < corner.Y]
    return fillet(rest, 0.85)


def carrier(pod: Pod, plate: Part | None = None) -> Part:
    """The plate with its lips: slides onto the flange from below, a latch on each side holds it."""
    width = pod.flange_width + 2 * (d.GAP + d.LIP)
    part = _plate(pod, width, _plate_length(pod)) if plate is None else plate
    reach = pod.outer[0] / 2 + d.GAP  # how far inwards the lip may come
    over = width / 2 - reach
    height = d.FLANGE_THICKNESS + d.GAP
    for side in (-1, 1):
        middle = side * (reach + over / 2)
        part += block(d.LIP, pod.flange_length, height + 1.8, side * (width - d.LIP) / 2, 0, -0.2)
        part += block(over, pod.flange_length, 1.8, middle, 0, height)
        # The stop at the upper end: a block the flange comes up against.
        part += block(over, 2.6, height + 2.0, middle, pod.flange_length / 2 + d.GAP + 1.3, -0.2)
        # The bump of the latch stands behind the flange's lower end.
        x = side * (pod.flange_width / 2 - 1.0)
        part += block(1.6, 1.9, d.LATCH["travel"] + 0.2, x, -pod.flange_length / 2 - d.GAP - 1.0, -0.2)
    return part


def tongue(pod: Pod, shape: dict[str, float]) -> Part:
    """A carrier with a tongue on the side of the body, open downwards: belt or clothes go between."""
    part = carrier(pod)
    root = 4.0
    top = _plate_length(pod) / 2 - 3.0
    low = -d.CARRIER - shape["gap"] - shape["thickness"]
    length = shape["length"] + root + 1.0
    body = Pos(0, top - length / 2, low) * extrude(RectangleRounded(shape["width"], length, 3.0), shape["thickness"])
    body = fillet(body.faces().sort_by(Axis.Z)[0].outer_wire().edges(), min(d.ROUND, shape["thickness"] / 2))
    # Narrower than the tongue all around: its rounding stays whole.
    post = Pos(0, top - 1.0 - root / 2, low + 0.4) * extrude(
        RectangleRounded(shape["width"] - 2.0, root, 1.5), shape["gap"] + shape["thickness"]
    )
    bump = block(shape["width"] - 6, 3.0, shape["bump"] + 0.2, 0, top - length + 4.5, low + shape["thickness"] - 0.2)
    return part + body + post + bump


def strap(pod: Pod) -> Part:
    """A carrier with a slot on each side for a strap of 40 mm."""
    width = pod.flange_width + 2 * (d.GAP + d.LIP)
    whole = width + 2 * (d.STRAP_LAND + d.STRAP_SLOT + d.STRAP_BAR)
    slots = Sketch()
    for side in (-1, 1):
        slots += Pos(side * (width / 2 + d.STRAP_LAND + d.STRAP_SLOT / 2), 0) * RectangleRounded(
            d.STRAP_SLOT, d.STRAP + 2, 2.0
        )
    height = max(d.STRAP + 2 + 2 * d.STRAP_BAR, _plate_length(pod))
    return carrier(pod, _plate(pod, whole, height, slots))


def pieces() -> dict[str, Part]:
    """Every clip."""
    return {
        "belt_clip": tongue(d.SACRAL, d.BELT_TONGUE),
        "sacral_strap_clip": strap(d.SACRAL),
        "thoracic_strap_clip": strap(d.THORACIC),
        "clothing_clip": tongue(d.THORACIC, d.CLOTHES_TONGUE),
    }
