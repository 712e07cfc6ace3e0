"""Requests without a file of their own: what the host asks of the device."""

from hiphinge_wire.constants import (
    BONDS_ALL,
    BONDS_OTHERS,
    CUE_OFF,
    CUE_RISING,
    ERASE_ALL,
    ERASE_BOOT,
    PROFILE_C,
    REBOOT_LOADER,
    REBOOT_NORMAL,
    START_LIVE_ONLY,
    START_STORE_ONLY,
    ahead,
)
from hiphinge_wire.layout import Layout
from hiphinge_wire.message import Message, Record, require

MAX_RANGES = 16
IMU_MASK = 3  # bit 0 sacral, bit 1 thoracic


class InfoGet(Message):
    """Ask for the INFO of an epoch; boot 0 and epoch 0 are the running ones."""

    TYPE = 0x10
    LAYOUT = Layout(("boot", "I"), ("epoch", "H"))
    boot: int
    epoch: int


class StatusGet(Message):
    """Ask for a STATUS now."""

    TYPE = 0x11


class Start(Message):
    """Begin sampling and sending; profile 0 is the configured one."""

    TYPE = 0x12
    LAYOUT = Layout(("profile", "B", 0, PROFILE_C), ("flags", "B", 0, START_LIVE_ONLY | START_STORE_ONLY))
    profile: int
    flags: int


class Stop(Message):
    """End sampling; the open block is closed and sent."""

    TYPE = 0x13


class Ack(Message):
    """All blocks of `boot` up to and with `sequence` are recorded durably: the device may free them."""

    TYPE = 0x14
    LAYOUT = Layout(("boot", "I", 1, 0xFFFFFFFF), ("sequence", "I"))
    boot: int
    sequence: int


class Range(Record):
    """Blocks `first` to `last`, both included, of one boot."""

    LAYOUT = Layout(("boot", "I", 1, 0xFFFFFFFF), ("first", "I"), ("last", "I"))
    boot: int
    first: int
    last: int

    def check(self) -> None:
        """Raise `WireError` where the range ends before it begins."""
        require(ahead(self.last, self.first) >= 0, "a range ends before it begins")


class Nack(Message):
    """These blocks did not arrive: send them again."""

    TYPE = 0x15
    LIST = "ranges"
    ENTRY = Range
    MAX_ENTRIES = MAX_RANGES
    ranges: tuple[Range, ...]

    def check(self) -> None:
        """Raise `WireError` where nothing is asked for."""
        require(len(self.ranges) > 0, "a NACK names at least one range")


class TimeExchange(Message):
    """One exchange of clocks; `unix_us` is 0 where the host does not know the time of day."""

    TYPE = 0x16
    LAYOUT = Layout(("t1_us", "Q"), ("unix_us", "Q"))
    t1_us: int
    unix_us: int


class Identify(Message):
    """Blink and buzz, so that the wearer finds the device."""

    TYPE = 0x19
    LAYOUT = Layout(
        ("duration_ms", "H", 0, 30000),
    )
    duration_ms: int


class Cue(Message):
    """Vibrate."""

    TYPE = 0x1A
    LAYOUT = Layout(
        ("pattern", "B", CUE_OFF, CUE_RISING), ("strength_percent", "B", 0, 100), ("duration_ms", "H", 0, 2000)
    )
    pattern: int
    strength_percent: int
    duration_ms: int


class CalibrateGyro(Message):
    """Measure the gyroscopes' bias while the device lies still; duration 0 cancels."""

    TYPE = 0x1B
    LAYOUT = Layout(("duration_ms", "H", 0, 60000), ("imus", "B", 1, IMU_MASK))
    duration_ms: int
    imus: int


class StoreList(Message):
    """Ask what is stored, from block (`from_boot`, `from_sequence`) on."""

    TYPE = 0x1C
    LAYOUT = Layout(("from_boot", "I"), ("from_sequence", "I"))
    from_boot: int
    from_sequence: int


class StoreFetch(Message):
    """Ask for stored blocks `first` to `last` of `boot`, as blocks."""

    TYPE = 0x1D
    LAYOUT = Range.LAYOUT
    boot: int
    first: int
    last: int

    def check(self) -> None:
        """Raise `WireError` where the range ends before it begins."""
        require(ahead(self.last, self.first) >= 0, "a range ends before it begins")


class StoreErase(Message):
    """Erase stored data; `boot` counts for ERASE_BOOT only and is 0 otherwise."""

    TYPE = 0x1E
    LAYOUT = Layout(("scope", "B", ERASE_BOOT, ERASE_ALL), ("boot", "I"))
    scope: int
    boot: int

    def check(self) -> None:
        """Raise `WireError` where scope and boot contradict each other."""
        require((self.scope == ERASE_BOOT) == (self.boot != 0), "a boot is named to erase one boot, and only then")


class ForgetBonds(Message):
    """Forget paired hosts."""

    TYPE = 0x1F
    LAYOUT = Layout(
        ("scope", "B", BONDS_OTHERS, BONDS_ALL),
    )
    scope: int


class CalibrationGet(Message):
    """Ask for the stored calibration of one IMU."""

    TYPE = 0x20
    LAYOUT = Layout(
        ("imu", "B", 0, 1),
    )
    imu: int


class Selftest(Message):
    """Run the self-test; only while not started."""

    TYPE = 0x22


class Reboot(Message):
    """Restart; only while not started."""

    TYPE = 0x23
    LAYOUT = Layout(
        ("mode", "B", REBOOT_NORMAL, REBOOT_LOADER),
    )
    mode: int


class EventAck(Message):
    """Events of `boot` up to and with `number` are recorded: the device need not repeat them."""

    TYPE = 0x24
    LAYOUT = Layout(("boot", "I", 1, 0xFFFFFFFF), ("number", "H", 1, 0xFFFF))
    boot: int
    number: int
