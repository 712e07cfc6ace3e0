"""Every dimension of the printed parts, mm; no CAD library needed to read them.

Pod frame: seen from behind the wearer, x to the right, y up, z away from the body; z = 0 is the side on the body.
Pods sit on the frame's origin.
"""

from dataclasses import dataclass
from typing import cast

from hiphinge_hardware.figures import load

_FIGURES = load()


def _mm(name: str) -> tuple[float, ...]:
    value = _FIGURES[name].value
    return tuple(cast("list[float]", value)) if isinstance(value, list) else (float(value),)


WALL = 2.0
FLOOR = 2.6  # body side and lid: stiff enough that weight on them does not reach the cell (mechanics.py)
GAP = 0.3  # between parts that are put together, for a 0.4 mm nozzle
CORNER = 4.0
ROUND = 0.8  # smallest radius on the side of the body
ENGRAVED = 0.4
BOSS = 6.4
PILOT = 2.1  # an M2.5 screw forms its own thread
SCREW_HOLE = 2.8
HOOK = 2.2
HOOK_THICK = 1.7
FOOT_THICK = 1.6
TONGUE = HOOK_THICK + FOOT_THICK + 0.2

CONTROLLER = _mm("controller.board_mm")
ABOVE_CONTROLLER = _mm("controller.above_board_mm")[0]
BELOW_CONTROLLER = _mm("controller.below_board_mm")[0]
IMU = _mm("imu.board_mm")
ABOVE_IMU = _mm("imu.above_board_mm")[0]
PLUG_ROOM = _mm("imu.plug_room_mm")[0]
BATTERY = _mm("battery.room_mm")
MOTOR = _mm("motor.size_mm")
BREAKAWAY = _mm("breakaway.size_mm")
BUTTON = _mm("button.size_mm")
SWITCH = _mm("switch.size_mm")
IMU_POST = 1.5
TRAY = 1.6
STRIP = (15.0, 30.0, 1.6)
STRIP_SOLDER = 1.5
LED_HEIGHT = 5.0


def imu_holes() -> list[tuple[float, float]]:
    """Holes of a breakout from its middle, turned by -90 deg: its sockets face up and down, its X points up."""
    middle_x, middle_y = IMU[0] / 2, IMU[1] / 2
    return [(y - middle_y, -(x - middle_x)) for x, y in _FIGURES["imu.holes_mm"].value]


@dataclass(frozen=True)
class Pod:
    """Inside of a pod (width, length, height) and its flange, by which the clips hold it."""

    width: float
    length: float
    height: float
    flange_length: float

    @property
    def outer(self) -> tuple[float, float, float]:
        """Outside without flange: width, length, height with lid."""
        return self.width + 2 * WALL, self.length + 2 * WALL, self.height + 2 * FLOOR

    @property
    def flange_width(self) -> float:
        """From edge to edge of the flange."""
        return self.outer[0] + 2 * FLANGE

    @property
    def lid_z(self) -> float:
        """Underside of the lid."""
        return FLOOR + self.height


FLANGE = 2.0
FLANGE_THICKNESS = 2.0

# Sacral pod: battery and sensor lie on the floor, a tray bridges them, the controller and a strip lie on the tray.
_LEVEL = max(BATTERY[2], IMU_POST + IMU[2] + ABOVE_IMU) + 0.2
TRAY_Z = FLOOR + _LEVEL
CONTROLLER_Z = TRAY_Z + TRAY + BELOW_CONTROLLER
SACRAL = Pod(
    width=42.0,
    length=67.0,
    height=round(CONTROLLER_Z + CONTROLLER[2] + ABOVE_CONTROLLER + 0.1 - FLOOR, 3),
    flange_length=46.0,
)
BATTERY_AT = (0.0, -SACRAL.length / 2 + 0.3 + BATTERY[0] / 2)
MOTOR_AT = (13.4, BATTERY_AT[1] + BATTERY[0] / 2 + 0.4 + MOTOR[0] / 2)
SACRAL_IMU_AT = (0.0, SACRAL.length / 2 - 0.4 - IMU[1] / 2)
CONTROLLER_AT = (-SACRAL.width / 2 + 1.3 + CONTROLLER[0] / 2, -SACRAL.length / 2 + 0.2 + CONTROLLER[1] / 2)
STRIP_AT = (11.5, -SACRAL.length / 2 + HOOK + 0.5 + STRIP[1] / 2)
STRIP_Z = TRAY_Z + TRAY + STRIP_SOLDER
BUTTON_AT = (STRIP_AT[0], STRIP_AT[1] - 6.0)
LED_AT = (STRIP_AT[0], STRIP_AT[1] + 9.0)
SWITCH_AT = (SACRAL.width / 2 - SWITCH[1] / 2, 12.0)
SWITCH_Z = 15.0
SOCKET_AT = (3.2, 17.0)  # x and z in the upper wall
USB_WINDOW = (13.0, 6.6)
RIB = 2.2

# Thoracic pod: one sensor, its cable leaves downwards.
THORACIC = Pod(width=28.0, length=51.4, height=round(IMU_POST + IMU[2] + ABOVE_IMU + 0.4, 3), flange_length=32.0)
THORACIC_IMU_AT = (0.0, THORACIC.length / 2 - 4.8 - IMU[1] / 2)
PEG = 4.0
CABLE = 2.4  # a Qwiic cable's four wires side by side

# Clips, held to strain by tests: thickness, free length and working travel of what bends.
CARRIER = 2.4
LIP = 3.4  # leaves a full wall outside the latch's slot
LATCH = {"thickness": 2.4, "length": 22.0, "travel": 1.2, "width": 5.0}
BELT_TONGUE = {"thickness": 2.4, "length": 42.0, "travel": 3.0, "gap": 5.0, "width": 26.0, "bump": 1.5}
CLOTHES_TONGUE = {"thickness": 2.0, "length": 36.0, "travel": 2.5, "gap": 2.0, "width": 20.0, "bump": 1.0}
STRAP = 40.0
STRAP_SLOT = 4.5
STRAP_BAR = 4.0
STRAP_LAND = 2.0

# What the pods may grow to: smaller than what one forgets one wears. Width, length, height; g with all but the clip.
SACRAL_MOST_MM = (50.5, 72.0, 26.0)
SACRAL_MOST_G = 75.0
THORACIC_MOST_MM = (36.5, 56.0, 12.5)
THORACIC_MOST_G = 22.0

# Protractor jig (jig.py). Holes on a radius of 60 mm: a tenth of a millimetre is a tenth of a degree.
JIG_DEG = (0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0)
JIG_RADIUS = 60.0
JIG_PIN = 4.0
JIG_HOLE = 4.1  # drilled out to fit if the print is tight
JIG_PLATE = 6.0
JIG_PIVOT_HEIGHT = 18.0
JIG_BACK, JIG_FRONT, JIG_FOOT = 46.0, 90.0, 96.0
JIG_SHELF = (86.0, 76.0, 5.0)  # wide enough for a pod on its strap clip, long enough for the sacral pod
JIG_SHELF_BACK = 13.0  # leaves the pin free
JIG_PRINTED = 0.1  # where a printer puts a hole
