"""INFO: what turns counts into units, and who made them. One per boot and configuration epoch."""

from hiphinge_wire.constants import IMUS, PROFILE_A, PROFILE_C
from hiphinge_wire.layout import Layout
from hiphinge_wire.message import Message, Record, require

CHIP_OTHER = 0
CHIP_LSM6DSV16X = 1
CHIP_LSM6DSV = 2
CHIP_LSM6DSV32X = 3
CHIP_LSM6DSO = 4
CHIP_LSM6DSOX = 5
CHIP_LSM6DSR = 6
CHIP_MPU6050 = 7
CHIP_SIMULATED = 255

INFO_IMU_PRESENT = 0x01
INFO_IMU_DEMO_GRADE = 0x02
INFO_IMU_CALIBRATED = 0x04


class ImuInfo(Record):
    """One IMU: chip, scales, rate, filter delays, axes."""

    LAYOUT = Layout(
        ("chip", "B"),
        ("flags", "B"),
        ("bus", "B"),
        ("address", "B", 0, 127),
        ("who_am_i", "B"),
        ("revision", "B"),
        ("acc_range_g", "H"),
        ("gyr_range_dps", "H"),
        ("gyr_delay_us", "H"),
        ("acc_delay_us", "H"),
        ("residual_ug", "H"),
        ("acc_scale_pg", "I"),
        ("gyr_scale_ndps", "I"),
        ("rate_millihz", "I"),
        ("calibrated_unix_s", "I"),
        ("axes", "3b", -3, 3),
        ("reserved", "B"),
    )
    chip: int
    flags: int
    bus: int
    address: int
    who_am_i: int
    revision: int
    acc_range_g: int
    gyr_range_dps: int
    gyr_delay_us: int
    acc_delay_us: int
    residual_ug: int
    acc_scale_pg: int
    gyr_scale_ndps: int
    rate_millihz: int
    calibrated_unix_s: int
    axes: tuple[int, int, int]
    reserved: int

    def check(self) -> None:
        """Raise `WireError` where the axes are no right-handed frame."""
        a, b, c = self.axes
        sizes = abs(a) * 100 + abs(b) * 10 + abs(c)
        even = sizes in (123, 231, 312)
        require(even or sizes in (132, 213, 321), "axes name each of 1, 2, 3 once")
        require((a * b * c > 0) == even, "axes are mirrored")


class Info(Message):
    """The device and its two IMUs, in one epoch."""

    TYPE = 0x90
    LAYOUT = Layout(
        ("wire_major", "B"),
        ("wire_minor", "B"),
        ("boot", "I", 1, 0xFFFFFFFF),
        ("epoch", "H", 1, 0xFFFF),
        ("profile", "B", PROFILE_A, PROFILE_C),
        ("battery_cells", "B"),
        ("max_message", "H"),
        ("started_unix_us", "Q"),
        ("store_bytes", "I"),
    )
    LIST = "imus"
    ENTRY = ImuInfo
    MAX_ENTRIES = IMUS
    TEXTS = (
        ("name", 24),
        ("serial", 24),
        ("firmware", 24),
        ("board", 32),
        ("interpreter", 32),
        ("sacral_chip", 16),
        ("thoracic_chip", 16),
    )
    wire_major: int
    wire_minor: int
    boot: int
    epoch: int
    profile: int
    battery_cells: int
    max_message: int
    started_unix_us: int
    store_bytes: int
    imus: tuple[ImuInfo, ...]
    name: str
    serial: str
    firmware: str
    board: str
    interpreter: str
    sacral_chip: str
    thoracic_chip: str

    def check(self) -> None:
        """Raise `WireError` unless both IMUs are described."""
        require(len(self.imus) == IMUS, "INFO describes two IMUs")
