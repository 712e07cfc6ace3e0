"""Both pods: printed parts, and the boards and the cell as solids nothing may cut into."""

from build123d import Part, Pos, RectangleRounded, Rot, extrude

from hiphinge_hardware.cad import dimensions as d
from hiphinge_hardware.cad.common import axes_mark, block, column, imu_posts, imu_room, lid, tub, words

_S = d.SACRAL
_SACRAL_HOOKS = ((-_S.width / 2 + 1.7, 3.4, -1), (11.5, 10.0, -1))
_T = d.THORACIC
_THORACIC_HOOKS = ((-8.0, 7.0, 1), (8.0, 7.0, 1))


def sacral_tub() -> Part:
    """Shell of the sacral pod."""
    part = tub(_S, _SACRAL_HOOKS, 1)
    rib_length = d.SACRAL_IMU_AT[1] - d.IMU[1] / 2 + _S.length / 2 + 8
    for side in (-1, 1):
        x = side * (_S.width - d.RIB) / 2
        part += block(
            d.RIB + 0.2, rib_length, d.TRAY_Z - d.FLOOR + 0.2, x, -_S.length / 2 + rib_length / 2, d.FLOOR - 0.2
        )
    part += imu_posts(d.SACRAL_IMU_AT)
    ring = column(d.MOTOR[0] + 2 * d.GAP + 3.2, 1.6, *d.MOTOR_AT, d.FLOOR - 0.2)
    ring -= column(d.MOTOR[0] + 2 * d.GAP, 2.0, *d.MOTOR_AT, d.FLOOR - 0.3)
    part += ring & block(16, d.MOTOR[0], 4, d.MOTOR_AT[0], d.MOTOR_AT[1], 0) - block(99, 99, d.FLOOR - 0.2, 0, 0, 0)
    wall_y = _S.outer[1] / 2
    part -= block(d.USB_WINDOW[0], 3 * d.WALL, 9, d.CONTROLLER_AT[0], -wall_y, _S.lid_z - d.USB_WINDOW[1])
    part -= block(
        d.BREAKAWAY[0] + d.GAP,
        3 * d.WALL,
        d.BREAKAWAY[1] + d.GAP,
        d.SOCKET_AT[0],
        wall_y,
        d.SOCKET_AT[1] - d.BREAKAWAY[1] / 2,
    )
    part -= block(3 * d.WALL, 6.0, 3.6, _S.outer[0] / 2, d.SWITCH_AT[1], d.SWITCH_Z + d.SWITCH[2] / 2 - 1.8)
    return part


def sacral_tray() -> Part:
    """Bridges the cell: nothing of the controller can reach it, and the controller and the strip lie on it."""
    length = d.CONTROLLER[1] + 1.6
    y = -_S.length / 2 + 0.2 + length / 2
    part = Pos(0, y, d.TRAY_Z) * extrude(RectangleRounded(_S.width - 2 * d.GAP, length, d.CORNER - d.WALL), d.TRAY)
    # Wires to the sensor and the motor pass beside the cell's end.
    part -= block(10, 9, 9, d.MOTOR_AT[0] - 1, d.MOTOR_AT[1] + 3, d.TRAY_Z - 1)
    cx, cy = d.CONTROLLER_AT
    half_x, half_y = d.CONTROLLER[0] / 2, d.CONTROLLER[1] / 2
    for sx in (-1, 1):
        for sy in (-1, 1):
            x, post_y = cx + sx * (half_x - 1.2), cy + sy * (half_y - 1.5)
            part += block(2.4, 3.0, d.BELOW_CONTROLLER + 0.2, x, post_y, d.TRAY_Z + d.TRAY - 0.2)
        # A guard beside the board at its upper end; on the left the wall guards it.
    part += block(
        1.6,
        6.0,
        d.BELOW_CONTROLLER + d.CONTROLLER[2],
        cx + half_x + d.GAP + 0.8,
        cy + half_y - 3,
        d.TRAY_Z + d.TRAY - 0.2,
    )
    part += block(
        8.0, 1.6, d.BELOW_CONTROLLER + d.CONTROLLER[2], cx, cy + half_y + d.GAP + 0.8, d.TRAY_Z + d.TRAY - 0.2
    )
    for sx in (-1, 1):
        for sy in (-1, 1):
            part += block(
                3.0,
                3.0,
                d.STRIP_SOLDER + 0.2,
                d.STRIP_AT[0] + sx * 6.0,
                d.STRIP_AT[1] + sy * 13.5,
                d.TRAY_Z + d.TRAY - 0.2,
            )
    return part


def sacral_lid(marks: bool = True) -> Part:
    """Lid of the sacral pod: button, light, axes, and ribs that hold the controller down."""
    part = lid(_S, _SACRAL_HOOKS, 1)
    top = _S.lid_z + d.FLOOR
    part -= column(9.0, 9, *d.BUTTON_AT, _S.lid_z - 1)
    part -= column(4.0, 9, *d.LED_AT, _S.lid_z - 1)
    cx, cy = d.CONTROLLER_AT
    for sx, sy in ((1, -1), (-1, 1), (1, 1)):
        x, y = cx + sx * (d.CONTROLLER[0] / 2 - 1.0), cy + sy * (d.CONTROLLER[1] / 2 - 1.5)
        part += block(2.0, 3.0, d.ABOVE_CONTROLLER + 0.2, x, y, _S.lid_z - d.ABOVE_CONTROLLER)
    if marks:
        part -= axes_mark(-4.0, 4.0, top) + words("UP", -4.0, 27.0, top) + words("hiphinge S2", -7.0, -26.0, top, 4.0)
    return part


def button_cap() -> Part:
    """Cap of the button, captive under the lid."""
    bottom = d.STRIP_Z + d.STRIP[2] + d.BUTTON[2] + 0.1
    part = column(11.0, 1.6, *d.BUTTON_AT, bottom)
    return part + column(8.4, _S.lid_z + d.FLOOR + 0.7 - bottom, *d.BUTTON_AT, bottom)


def light_pipe() -> Part:
    """Light pipe, printed in clear filament: from the LED through the lid."""
    bottom = d.STRIP_Z + d.STRIP[2] + d.LED_HEIGHT + 0.3
    return column(6.0, _S.lid_z - 0.1 - bottom, *d.LED_AT, bottom) + column(
        3.7, _S.lid_z + d.FLOOR - bottom, *d.LED_AT, bottom
    )


def sacral_rooms() -> dict[str, Part]:
    """Boards, cell and what else lies in the sacral pod."""
    cx, cy = d.CONTROLLER_AT
    z = d.CONTROLLER_Z
    # Parts on the board keep off its corners, where posts and ribs hold it; the board's middle has it all.
    controller = block(*d.CONTROLLER, cx, cy, z)
    controller += block(d.CONTROLLER[0] - 4.8, d.CONTROLLER[1] - 0.4, d.ABOVE_CONTROLLER, cx, cy, z + d.CONTROLLER[2])
    controller += block(d.CONTROLLER[0] - 5.2, d.CONTROLLER[1] - 2, d.BELOW_CONTROLLER, cx, cy, z - d.BELOW_CONTROLLER)
    strip_z = d.STRIP_Z + d.STRIP[2]
    return {
        "controller": controller,
        "battery": block(d.BATTERY[1], d.BATTERY[0], d.BATTERY[2], *d.BATTERY_AT, d.FLOOR),
        "sensor": imu_room(d.SACRAL_IMU_AT),
        "motor": column(*d.MOTOR, *d.MOTOR_AT, d.FLOOR),
        "strip": block(*d.STRIP, *d.STRIP_AT, d.STRIP_Z),
        "button": block(*d.BUTTON, *d.BUTTON_AT, strip_z),
        "LED": column(3.2, d.LED_HEIGHT, *d.LED_AT, strip_z),
        "switch": block(d.SWITCH[1], d.SWITCH[0], d.SWITCH[2], *d.SWITCH_AT, d.SWITCH_Z),
        "socket": block(
            d.BREAKAWAY[0],
            d.BREAKAWAY[2],
            d.BREAKAWAY[1],
            d.SOCKET_AT[0],
            _S.outer[1] / 2 - d.BREAKAWAY[2] / 2,
            d.SOCKET_AT[1] - d.BREAKAWAY[1] / 2 + d.GAP / 2,
        ),
    }


def thoracic_tub() -> Part:
    """Shell of the thoracic pod, its cable led around three pegs."""
    part = tub(_T, _THORACIC_HOOKS, -1)
    part += imu_posts(d.THORACIC_IMU_AT)
    bottom = -_T.length / 2
    for x, y in ((-d.CABLE * 1.35, bottom + 3.2), (d.CABLE * 1.35, bottom + 3.2), (0.0, bottom + 8.4)):
        part += column(d.PEG, _T.height - 0.4, x, y, d.FLOOR - 0.2)
    part -= block(d.CABLE + 0.2, 3 * d.WALL, _T.height + 1, 0, -_T.outer[1] / 2, d.FLOOR + 1.0)
    return part


def thoracic_lid(marks: bool = True) -> Part:
    """Lid of the thoracic pod, with the sensor's axes."""
    part = lid(_T, _THORACIC_HOOKS, -1)
    top = _T.lid_z + d.FLOOR
    if marks:
        part -= axes_mark(3.0, -4.0, top) + words("UP", 0.0, 18.0, top) + words("T12", 7.5, -12.5, top, 4.0)
    return part


def thoracic_rooms() -> dict[str, Part]:
    """The sensor of the thoracic pod."""
    return {"sensor": imu_room(d.THORACIC_IMU_AT)}


def plug_shell() -> Part:
    """Half of the shell of the magnetic plug; two are glued around plug, ESD part and cable."""
    width, length, height = d.BREAKAWAY[0] + 5.0, 26.0, d.BREAKAWAY[1] / 2 + 2.4
    part = block(width, length, height)
    part -= block(d.BREAKAWAY[0] + d.GAP, 3.4, 9, 0, length / 2 - 1.7, 2.0)
    part -= block(d.BREAKAWAY[0] - 3, length - 7.4, 9, 0, 0.9, 2.0)
    part -= block(d.CABLE + 1.4, 12, 9, 0, -length / 2, height - (d.CABLE + 0.4) / 2)
    for x, y in ((-3.4, -6.0), (3.4, -6.0)):
        part += column(3.2, height - 1.9, x, y, 1.9)
    return part


def pieces() -> dict[str, Part]:
    """The pods' printed parts, where they sit when put together."""
    return {
        "sacral_tub": sacral_tub(),
        "sacral_tray": sacral_tray(),
        "sacral_lid": sacral_lid(),
        "button_cap": button_cap(),
        "light_pipe": light_pipe(),
        "thoracic_tub": thoracic_tub(),
        "thoracic_lid": thoracic_lid(),
    }


def laid_flat(name: str, part: Part) -> Part:
    """The part as it is printed: lids lie on their outside."""
    turned = Rot(180, 0, 0) * part if name.endswith(("_lid", "light_pipe")) else part
    low = turned.bounding_box().min
    return Pos(-turned.bounding_box().center().X, -turned.bounding_box().center().Y, -low.Z) * turned
