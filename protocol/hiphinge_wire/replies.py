"""What the device says: answers, and what nobody asked for."""

from hiphinge_wire.constants import (
    CAL_CANCELLED,
    EVENT_BUTTON_SHORT,
    EVENT_SLEEP,
    GONE_ACKNOWLEDGED,
    GONE_OVERWRITTEN,
    IMUS,
    LOG_ERROR,
    LOG_INFO,
    PROFILE_A,
    PROFILE_C,
    START_LIVE_ONLY,
    START_STORE_ONLY,
    TEST_SKIPPED,
    TIME_BOUNDED,
    TIME_UNKNOWN,
    ahead,
)
from hiphinge_wire.layout import Layout
from hiphinge_wire.message import Message, Record, require
from hiphinge_wire.requests import MAX_RANGES, Range

MAX_STORED = 14
MAX_STEPS = 32


class Event(Message):
    """Something happened on the device; repeated with each STATUS until EVENT_ACK."""

    TYPE = 0x02
    LAYOUT = Layout(
        ("kind", "B", EVENT_BUTTON_SHORT, EVENT_SLEEP),
        ("number", "H", 1, 0xFFFF),
        ("boot", "I", 1, 0xFFFFFFFF),
        ("time_us", "Q"),
        ("value", "I"),
    )
    kind: int
    number: int
    boot: int
    time_us: int
    value: int


class Gone(Message):
    """These blocks will never come: do not ask again."""

    TYPE = 0x03
    LAYOUT = Layout(
        ("reason", "B", GONE_OVERWRITTEN, GONE_ACKNOWLEDGED),
    )
    LIST = "ranges"
    ENTRY = Range
    MAX_ENTRIES = MAX_RANGES
    reason: int
    ranges: tuple[Range, ...]

    def check(self) -> None:
        """Raise `WireError` where nothing is gone."""
        require(len(self.ranges) > 0, "a GONE names at least one range")


class Log(Message):
    """A line for the host's log."""

    TYPE = 0x04
    LAYOUT = Layout(("level", "B", LOG_INFO, LOG_ERROR), ("code", "H"), ("time_us", "Q"))
    TEXTS = (("text", 80),)
    level: int
    code: int
    time_us: int
    text: str


class Error(Message):
    """A request could not be done, or was none."""

    TYPE = 0x05
    LAYOUT = Layout(("code", "B", 1, 255), ("of_type", "B"))
    TEXTS = (("detail", 80),)
    code: int
    of_type: int
    detail: str


class Ok(Message):
    """Done."""

    TYPE = 0x06
    LAYOUT = Layout(
        ("of_type", "B"),
    )
    of_type: int


class Started(Message):
    """Answer to START: what was started, and what is to come."""

    TYPE = 0x92
    LAYOUT = Layout(
        ("profile", "B", PROFILE_A, PROFILE_C),
        ("flags", "B", 0, START_LIVE_ONLY | START_STORE_ONLY),
        ("epoch", "H", 1, 0xFFFF),
        ("boot", "I", 1, 0xFFFFFFFF),
        ("next_sequence", "I"),
        ("oldest_sequence", "I"),
        ("time_us", "Q"),
    )
    profile: int
    flags: int
    epoch: int
    boot: int
    next_sequence: int
    oldest_sequence: int
    time_us: int


class TimeReply(Message):
    """Device clock when the request came (t2) and when this was sent (t3)."""

    TYPE = 0x96
    LAYOUT = Layout(("t1_us", "Q"), ("t2_us", "Q"), ("t3_us", "Q"), ("boot", "I", 1, 0xFFFFFFFF))
    t1_us: int
    t2_us: int
    t3_us: int
    boot: int

    def check(self) -> None:
        """Raise `WireError` where the answer left before the request came."""
        require(self.t3_us >= self.t2_us, "answered before it was asked")


class GyroBias(Record):
    """Gyroscope bias of one IMU."""

    LAYOUT = Layout(
        ("result", "B", 0, CAL_CANCELLED),
        ("reserved", "B"),
        ("temperature_cdeg", "h"),
        ("bias_udps", "3i"),
        ("noise_udps", "I"),
        ("samples", "I"),
    )
    result: int
    reserved: int
    temperature_cdeg: int
    bias_udps: tuple[int, int, int]
    noise_udps: int
    samples: int


class GyroCalibrated(Message):
    """Result of CALIBRATE_GYRO, with its request id, when the measurement has ended."""

    TYPE = 0x9B
    LIST = "imus"
    ENTRY = GyroBias
    MAX_ENTRIES = IMUS
    imus: tuple[GyroBias, ...]

    def check(self) -> None:
        """Raise `WireError` unless both IMUs are reported."""
        require(len(self.imus) == IMUS, "both IMUs are reported")


class Stored(Record):
    """Stored blocks of one boot and epoch, without a gap in their sequence."""

    LAYOUT = Layout(
        ("boot", "I", 1, 0xFFFFFFFF),
        ("epoch", "H", 1, 0xFFFF),
        ("profile", "B", PROFILE_A, PROFILE_C),
        ("time_known", "B", TIME_UNKNOWN, TIME_BOUNDED),
        ("first_sequence", "I"),
        ("last_sequence", "I"),
        ("bytes", "I"),
        ("samples", "2I"),
        ("first_us", "Q"),
        ("last_us", "Q"),
        ("unix_us", "Q"),
        ("uncertainty_ms", "I"),
    )
    boot: int
    epoch: int
    profile: int
    time_known: int
    first_sequence: int
    last_sequence: int
    bytes: int
    samples: tuple[int, int]
    first_us: int
    last_us: int
    unix_us: int
    uncertainty_ms: int

    def check(self) -> None:
        """Raise `WireError` where an end lies before its beginning."""
        require(ahead(self.last_sequence, self.first_sequence) >= 0, "sequences end before they begin")
        require(self.last_us >= self.first_us, "times end before they begin")


class StoreListed(Message):
    """What is stored; (`next_boot`, `next_sequence`) is where to go on asking, boot 0 at the end."""

    TYPE = 0x9C
    LAYOUT = Layout(("next_boot", "I"), ("next_sequence", "I"))
    LIST = "entries"
    ENTRY = Stored
    MAX_ENTRIES = MAX_STORED
    next_boot: int
    next_sequence: int
    entries: tuple[Stored, ...]


class Step(Record):
    """One step of the self-test."""

    LAYOUT = Layout(
        ("step", "B"), ("imu", "B"), ("result", "B", 0, TEST_SKIPPED), ("low", "i"), ("high", "i"), ("seen", "i")
    )
    step: int
    imu: int
    result: int
    low: int
    high: int
    seen: int


class SelftestResult(Message):
    """What the self-test expected and saw."""

    TYPE = 0xA2
    LIST = "steps"
    ENTRY = Step
    MAX_ENTRIES = MAX_STEPS
    steps: tuple[Step, ...]
