"""The data block: samples of both IMUs, and all that places them in time."""

from hiphinge_wire.constants import (
    IMUS,
    MAX_MESSAGE,
    PERIOD_PER_NS,
    PROFILE_A,
    PROFILE_B,
    PROFILE_C,
)
from hiphinge_wire.errors import TOO_LONG, UNKNOWN_TYPE, WireError
from hiphinge_wire.layout import Layout, check_number, need, room
from hiphinge_wire.message import Record, require

BLOCK = 0x01
HEADER_SIZE = 50
# int16 columns of a sample, per profile: quaternion w x y z, gyroscope x y z, accelerometer x y z.
COLUMNS = {PROFILE_A: 4, PROFILE_B: 10, PROFILE_C: 6}
ANCHOR_SIZE = 8
_LONGEST_PERIOD = 0xFFFFFFFF


class Block(Record):
    """A data block.

    Attributes
    ----------
    profile : int
        `PROFILE_A`, `PROFILE_B` or `PROFILE_C`.
    epoch : int
        Which INFO describes the samples.
    boot, sequence : int
        The block's key.
    time_lo, time_hi : int
        Halves of `time_us`.
    flags : int
        ``BLOCK_*``.
    header_size : int
        Where anchors or samples begin.
    counts : tuple of 2 int
        Samples per IMU (sacral, thoracic).
    first_index : tuple of 2 int
        Index of each IMU's first sample, counted since its chip was started.
    offset_us : tuple of 2 int
        Time of each IMU's first sample, from `time_us`.
    period : tuple of 2 int
        Measured sample period in 1/32 ns.
    imu_flags : tuple of 2 int
        ``IMU_*``.
    anchors : bytes or memoryview
        Profile C: orientation at each IMU's first sample, int16 w x y z twice; else empty.
    samples : tuple of 2 (bytes or memoryview)
        Each IMU's samples, little-endian int16, `columns` a sample: ready for ``numpy.frombuffer(..., "<i2")``.
    """

    LAYOUT = Layout(
        ("type", "B", BLOCK, BLOCK),
        ("profile", "B", PROFILE_A, PROFILE_C),
        ("epoch", "H", 1, 0xFFFF),
        ("boot", "I", 1, 0xFFFFFFFF),
        ("sequence", "I"),
        ("time_lo", "I"),
        ("time_hi", "I"),
        ("flags", "B"),
        ("header_size", "B", HEADER_SIZE, 255),
        ("counts", "2B"),
        ("first_index", "2I"),
        ("offset_us", "2i"),
        ("period", "2I", 1, _LONGEST_PERIOD),
        ("imu_flags", "2B"),
    )

    type: int
    profile: int
    epoch: int
    boot: int
    sequence: int
    time_lo: int
    time_hi: int
    flags: int
    header_size: int
    counts: tuple[int, int]
    first_index: tuple[int, int]
    offset_us: tuple[int, int]
    period: tuple[int, int]
    imu_flags: tuple[int, int]
    anchors: bytes | bytearray | memoryview
    samples: tuple[bytes | bytearray | memoryview, bytes | bytearray | memoryview]

    def __init__(self, **values: object) -> None:
        self.anchors = values.pop("anchors", b"")  # type: ignore[assignment]  # checked when it is sent
        self.samples = values.pop("samples", (b"", b""))  # type: ignore[assignment]
        values.setdefault("type", BLOCK)
        values.setdefault("header_size", HEADER_SIZE)
        super().__init__(**values)

    @property
    def time_us(self) -> int:
        """Device time of the block, microseconds since the device started."""
        return (self.time_hi << 32) | self.time_lo

    @property
    def columns(self) -> int:
        """How many int16 a sample has."""
        return COLUMNS[self.profile]

    def sample_time_ns(self, imu: int, sample: int) -> int:
        """Device time of one sample.

        Parameters
        ----------
        imu : int
            0 or 1.
        sample : int
            0 is the block's first of that IMU.

        Returns
        -------
        int
            Nanoseconds since the device started.
        """
        return (self.time_us + self.offset_us[imu]) * 1000 + sample * self.period[imu] // PERIOD_PER_NS

    def check(self) -> None:
        """Raise `WireError` where fields contradict each other."""
        require(self.counts[0] + self.counts[1] > 0, "a block has at least one sample")
        # An offset reaches back past the device's start only in a damaged block.
        for imu in range(IMUS):
            require(self.time_us + self.offset_us[imu] >= 0, "a sample before the device started")

    def plain(self) -> dict[str, object]:
        """Field names and values, ready for JSON; samples as hexadecimal text."""
        out = super().plain()
        out["anchors"] = _hex(self.anchors)
        out["samples"] = [_hex(area) for area in self.samples]
        return out


def _hex(data: bytes | bytearray | memoryview) -> str:
    # MicroPython 1.27 makes bytes, not text, of nothing.
    return bytes(data).hex() if len(data) > 0 else ""


def anchors_size(profile: int) -> int:
    """Bytes of anchor quaternions in a block of `profile`."""
    return ANCHOR_SIZE * IMUS if profile == PROFILE_C else 0


def block_size(profile: int, samples: int) -> int:
    """Bytes of a block with `samples` samples, both IMUs together."""
    return HEADER_SIZE + anchors_size(profile) + 2 * COLUMNS[profile] * samples


def samples_that_fit(profile: int, size: int = MAX_MESSAGE) -> int:
    """Most samples, both IMUs together, in a block of at most `size` bytes; negative where not even the header fits."""
    return (size - HEADER_SIZE - anchors_size(profile)) // (2 * COLUMNS[profile])


def encode_block(block: Block) -> bytes:
    """Bytes of `block`.

    Parameters
    ----------
    block : Block

    Returns
    -------
    bytes

    Raises
    ------
    WireError
        A value outside its range, sample areas that do not fit the counts, or more than `MAX_MESSAGE` bytes.
    """
    buffer = bytearray(MAX_MESSAGE)
    return bytes(memoryview(buffer)[: encode_block_into(buffer, 0, block)])


def encode_block_into(buffer: bytearray | memoryview, offset: int, block: Block) -> int:
    """Write `block` to ``buffer[offset:]``; returns where it ends.

    Parameters
    ----------
    buffer : bytearray
        Where to.
    offset : int
        Where the block begins.
    block : Block
        `header_size` must be `HEADER_SIZE`.

    Returns
    -------
    int

    Raises
    ------
    WireError
        As `encode_block`, or no room.
    """
    check_number("header_size", block.header_size, HEADER_SIZE, HEADER_SIZE)
    at = block.LAYOUT.pack_into(buffer, offset, block)
    block.check()
    sample_size = 2 * COLUMNS[block.profile]
    require(len(block.anchors) == anchors_size(block.profile), "anchors do not fit the profile")
    require(len(block.samples) == IMUS, "one area of samples per IMU")
    for imu in range(IMUS):
        require(len(block.samples[imu]) == block.counts[imu] * sample_size, "samples do not fit their count")
    for area in (block.anchors, block.samples[0], block.samples[1]):
        room(buffer, at, len(area))
        buffer[at : at + len(area)] = area
        at += len(area)
    if at - offset > MAX_MESSAGE:
        raise WireError(TOO_LONG, f"{at - offset} bytes; {MAX_MESSAGE} allowed")
    return at


def decode_block(data: bytes | bytearray | memoryview) -> Block:
    """Read a block; its anchors and samples are views into `data`, not copies.

    Parameters
    ----------
    data : bytes
        One whole block; bytes behind the samples are ignored.

    Returns
    -------
    Block

    Raises
    ------
    WireError
        No block, too short or too long, or a value outside its range.
    """
    need(data, 0, 1)
    if data[0] != BLOCK:
        raise WireError(UNKNOWN_TYPE, f"type {data[0]}; {BLOCK} expected")
    if len(data) > MAX_MESSAGE:
        raise WireError(TOO_LONG, f"{len(data)} bytes; {MAX_MESSAGE} allowed")
    block = Block()
    block.LAYOUT.unpack_from(data, 0, block)
    block.check()
    # A newer minor version may lengthen the header.
    at = block.header_size
    sizes = (
        anchors_size(block.profile),
        2 * COLUMNS[block.profile] * block.counts[0],
        2 * COLUMNS[block.profile] * block.counts[1],
    )
    need(data, at, sizes[0] + sizes[1] + sizes[2])
    view = memoryview(data)
    first = at + sizes[0]
    second = first + sizes[1]
    block.anchors = view[at:first]
    block.samples = (view[first:second], view[second : second + sizes[2]])
    return block
