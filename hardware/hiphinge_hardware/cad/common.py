"""Shapes both pods share."""

from build123d import (
    Align,
    Axis,
    Box,
    Cylinder,
    Part,
    Polygon,
    Pos,
    Rectangle,
    RectangleRounded,
    Rot,
    Sketch,
    Text,
    extrude,
    fillet,
)

from hiphinge_hardware.cad import dimensions as d
from hiphinge_hardware.cad.dimensions import Pod

ON_FLOOR = (Align.CENTER, Align.CENTER, Align.MIN)


def block(width: float, length: float, height: float, x: float = 0, y: float = 0, z: float = 0) -> Part:
    """A box standing on `z`, its middle at (x, y)."""
    return Pos(x, y, z) * Box(width, length, height, align=ON_FLOOR)


def column(diameter: float, height: float, x: float = 0, y: float = 0, z: float = 0) -> Part:
    """A cylinder standing on `z`."""
    return Pos(x, y, z) * Cylinder(diameter / 2, height, align=ON_FLOOR)


def tub(pod: Pod, hooks: tuple[tuple[float, float, int], ...], bosses_y: int) -> Part:
    """A pod's shell: floor, walls, flanges, two screw bosses at one end and hooks for the lid at the other.

    Parameters
    ----------
    hooks : tuple
        (x, width, side) of each hook; side +1 or -1: at the upper or lower wall.
    bosses_y : int
        +1 or -1: bosses at the upper or lower wall.
    """
    width, length, _ = pod.outer
    shell = extrude(RectangleRounded(width, length, d.CORNER), pod.lid_z)
    flange = extrude(RectangleRounded(pod.flange_width, pod.flange_length, 1.9), d.FLANGE_THICKNESS)
    shell = shell + flange
    # The side of the body: nothing sharper than the radius.
    shell = fillet(shell.faces().sort_by(Axis.Z)[0].outer_wire().edges(), d.ROUND)
    shell -= Pos(0, 0, d.FLOOR) * extrude(RectangleRounded(pod.width, pod.length, d.CORNER - d.WALL), pod.height + 1)
    for x in boss_places(pod):
        boss = column(d.BOSS, pod.height, x, bosses_y * (pod.length - d.BOSS) / 2, d.FLOOR)
        fill = block(
            d.BOSS / 2 + 0.5,
            d.BOSS / 2 + 0.5,
            pod.height,
            x + (1 if x > 0 else -1) * (d.BOSS / 4 + 0.2),
            bosses_y * ((pod.length - d.BOSS) / 2 + d.BOSS / 4 + 0.2),
            d.FLOOR,
        )
        corner = extrude(RectangleRounded(width - 1, length - 1, d.CORNER - 0.5), pod.lid_z)
        shell += (boss + fill) & corner
    for x, hook_width, side in hooks:
        shell += block(hook_width, d.HOOK, d.HOOK_THICK, x, side * (pod.length - d.HOOK) / 2, pod.lid_z - d.HOOK_THICK)
    depth = min(10.0, pod.height - 0.5)
    for x in boss_places(pod):
        shell -= column(d.PILOT, depth + 1, x, bosses_y * (pod.length - d.BOSS) / 2, pod.lid_z - depth)
    return shell


def boss_places(pod: Pod) -> tuple[float, float]:
    """x of both screws."""
    x = (pod.width - d.BOSS) / 2
    return -x, x


def lid(pod: Pod, hooks: tuple[tuple[float, float, int], ...], bosses_y: int) -> Part:
    """The lid: plate, tongues under the hooks, screw holes, and the sensor's axes engraved."""
    width, length, _ = pod.outer
    plate = Pos(0, 0, pod.lid_z) * extrude(RectangleRounded(width, length, d.CORNER), d.FLOOR)
    plate = fillet(plate.faces().sort_by(Axis.Z)[-1].outer_wire().edges(), d.ROUND)
    for x, hook_width, side in hooks:
        tongue_width = hook_width - 2 * d.GAP
        reach = side * (pod.length / 2 - d.GAP - d.HOOK)
        # Down beside the hook, then a foot under it.
        leg = block(tongue_width, 2.0, d.TONGUE + 0.2, x, reach - side * (1.0 + d.GAP), pod.lid_z - d.TONGUE)
        foot = block(tongue_width, 4.0, d.FOOT_THICK, x, reach - side * 0.2, pod.lid_z - d.TONGUE)
        inside = extrude(
            RectangleRounded(pod.width - 2 * d.GAP, pod.length - 2 * d.GAP, d.CORNER - d.WALL), pod.lid_z + d.FLOOR
        )
        plate += (leg + foot) & inside
    for x in boss_places(pod):
        plate -= column(d.SCREW_HOLE, 10, x, bosses_y * (pod.length - d.BOSS) / 2, pod.lid_z - 1)
    return plate


def axes_mark(x: float, y: float, top_z: float) -> Part:
    """X up, Y to the left, Z out of the lid: the directions printed on the breakout as it lies in the pod."""
    shaft, head = 9.0, 3.2
    mark = extrude(Pos(x, y, 0) * _bar(1.0, shaft), 2 * d.ENGRAVED) + extrude(
        Pos(x, y, 0) * _bar_left(1.0, shaft), 2 * d.ENGRAVED
    )
    for px, py, turn in ((x, y + shaft, 0), (x - shaft, y, 90)):
        mark += extrude(Pos(px, py, 0) * _arrow(head, turn), 2 * d.ENGRAVED)
    for letter, px, py in (("X", x, y + shaft + 4.6), ("Y", x - shaft - 4.6, y), ("Z", x + 3.8, y - 3.2)):
        mark += extrude(Pos(px, py, 0) * Text(letter, font_size=5, font="DejaVu Sans"), 2 * d.ENGRAVED)
    ring = column(4.4, 2 * d.ENGRAVED, x, y) - column(2.8, 2 * d.ENGRAVED, x, y)
    mark = mark - column(4.4, 2 * d.ENGRAVED, x, y) + ring + column(1.2, 2 * d.ENGRAVED, x, y)
    return Pos(0, 0, top_z - d.ENGRAVED) * mark


def words(text: str, x: float, y: float, top_z: float, size: float = 4.5) -> Part:
    """Engraved writing."""
    return Pos(0, 0, top_z - d.ENGRAVED) * extrude(
        Pos(x, y, 0) * Text(text, font_size=size, font="DejaVu Sans"), 2 * d.ENGRAVED
    )


def _bar(width: float, length: float) -> Sketch:
    return Rectangle(width, length, align=(Align.CENTER, Align.MIN))


def _bar_left(width: float, length: float) -> Sketch:
    return Rectangle(length, width, align=(Align.MAX, Align.CENTER))


def _arrow(size: float, turn: float) -> Sketch:
    return Rot(0, 0, turn) * Polygon((-size / 2, 0), (size / 2, 0), (0, size), align=None)


def imu_posts(at: tuple[float, float]) -> Part:
    """Four posts for a breakout, pins through its three holes: melted over with a soldering iron."""
    posts = Part()
    holes = d.imu_holes()
    for x, y in ((10.16, 10.16), (-10.16, 10.16), (-10.16, -10.16), (10.16, -10.16)):
        posts += column(5.0, d.IMU_POST + 0.2, at[0] + x, at[1] + y, d.FLOOR - 0.2)
        if any(abs(x - hx) < 0.01 and abs(y - hy) < 0.01 for hx, hy in holes):
            posts += column(2.8, d.IMU_POST + d.IMU[2] + 1.6, at[0] + x, at[1] + y, d.FLOOR)
    return posts


def imu_room(at: tuple[float, float]) -> Part:
    """A breakout with its sockets, and the room of the plug in the lower one."""
    z = d.FLOOR + d.IMU_POST
    room = block(*d.IMU, at[0], at[1], z) + block(d.IMU[0] - 9, d.IMU[1] - 0.4, d.ABOVE_IMU, at[0], at[1], z + d.IMU[2])
    for x, y in d.imu_holes():
        room -= column(3.2, d.IMU[2] + 0.2, at[0] + x, at[1] + y, z - 0.1)
    return room + block(6, d.PLUG_ROOM, d.ABOVE_IMU, at[0], at[1] - d.IMU[1] / 2 - d.PLUG_ROOM / 2, z + d.IMU[2])
