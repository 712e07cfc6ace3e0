"""A sensor's calibration (six positions), kept on the device and applied by the host: request and reply alike."""

from hiphinge_wire.layout import Layout
from hiphinge_wire.message import Message

# One layout in both directions. A corrected reading is matrix * (reading - offset).
CALIBRATION = Layout(
    ("imu", "B", 0, 1),
    ("method", "B", 0, 1),
    ("residual_ug", "H"),
    ("made_unix_s", "I"),
    ("acc_offset_ug", "3i"),
    ("acc_matrix_nano", "9i"),
    ("gyr_offset_udps", "3i"),
    ("gyr_matrix_nano", "9i"),
)
METHOD_NONE = 0
METHOD_SIX_POSITIONS = 1


class _Calibration(Message):
    LAYOUT = CALIBRATION
    imu: int
    method: int
    residual_ug: int
    made_unix_s: int
    acc_offset_ug: tuple[int, int, int]
    acc_matrix_nano: tuple[int, int, int, int, int, int, int, int, int]
    gyr_offset_udps: tuple[int, int, int]
    gyr_matrix_nano: tuple[int, int, int, int, int, int, int, int, int]


class CalibrationSet(_Calibration):
    """Store a calibration."""

    TYPE = 0x21


class Calibration(_Calibration):
    """A stored calibration; method 0 where there is none."""

    TYPE = 0xA0
