"""One boot's blocks, put in order and placed on a time base."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.link.align import Aligner, Piece, SampleClock
from hiphinge.link.events import LossReason
from hiphinge.link.units import Units
from hiphinge.link.window import Window
from hiphinge_wire.block import Block
from hiphinge_wire.constants import IMU_ABSENT, IMU_RESYNC, PERIOD_PER_NS

# Both IMUs of a block are read in one pass; a block may be open for seconds while the link refuses packets. Further
# apart is damage: the bytes are kept, the samples are not believed.
_CONTRADICTS_US = 5_000_000


@dataclass(slots=True)
class Acknowledged:
    """How far blocks are durably recorded and what of it was told (unwrapped, exclusive), when and how often."""

    first: int
    durable: int
    told: int
    at_s: float = 0.0
    repeats: int = 0


class Stream:
    """Blocks of one boot, from one sequence on.

    Parameters
    ----------
    window : Window
    rate_hz : float
    aligner : Aligner, optional
        The session's; a stream of its own makes one with its first block.

    Attributes
    ----------
    offset_s : float or None
        Session (or own) time of device time 0; None before the first block.
    listed : bool
        Whether the device's list of what it stored has told where an earlier boot ends.
    passed_over : str or None
        Why blocks just before the next one will never come.
    """

    def __init__(self, window: Window, rate_hz: float, aligner: Aligner | None = None) -> None:
        self.window = window
        self.rate_hz = rate_hz
        self.aligner = aligner
        self.offset_s: float | None = None
        self.ack = Acknowledged(window.next, window.next, window.next)
        self.listed = False
        self.passed_over: LossReason | None = None
        self._whole: int | None = None
        self._clocks = (SampleClock(), SampleClock())

    @property
    def following(self) -> int:
        """What may be acknowledged, exclusive: what is put in order, but nothing behind what was given up."""
        return self.window.next if self._whole is None else min(self.window.next, self._whole)

    def give_up(self) -> None:
        """Nobody tells where this boot ended: go on with what is here. What is not is not acknowledged."""
        self.listed = True
        window = self.window
        window.close(window.seen - 1, "unlisted")
        whole = window.next
        while window.holds(whole):
            whole += 1
        self._whole = whole
        window.gone(window.next, window.seen - 1, "unlisted")

    def own_start_s(self, block: Block, units: tuple[Units, Units]) -> float:
        """Device time from which on both sensors of this first block are known: the start of a time base."""
        starts = [
            block.sample_time_ns(imu, 0) * 1e-9 - min(unit.gyr_delay_s, unit.acc_delay_s)
            for imu, unit in enumerate(units)
            if block.counts[imu]
        ]
        # Half a step more: the first grid value is the mean around its instant.
        return max(starts) + 0.5 / self.rate_hz

    def pieces(
        self, block: Block, units: tuple[Units, Units]
    ) -> tuple[tuple[Piece | None, Piece | None], tuple[int, int]]:
        """A block's samples on the stream's time, and how many samples its indices say were lost before it."""
        assert self.offset_s is not None
        if all(block.counts) and abs(block.offset_us[0] - block.offset_us[1]) > _CONTRADICTS_US:
            return (None, None), (0, 0)
        found: list[Piece | None] = [None, None]
        lost = [0, 0]
        for imu, unit in enumerate(units):
            if not block.counts[imu] or block.imu_flags[imu] & IMU_ABSENT:
                continue
            placed = self._clocks[imu].place(
                block.first_index[imu],
                block.counts[imu],
                block.sample_time_ns(imu, 0) * 1e-9 + self.offset_s,
                block.period[imu] / PERIOD_PER_NS * 1e-9,
                bool(block.imu_flags[imu] & IMU_RESYNC),
            )
            if placed is None:
                continue
            times_s, broken = placed
            # A jump over what is more than an hour of samples is no count of losses.
            lost[imu] = self._clocks[imu].jumped if self._clocks[imu].jumped < 1_000_000 else 0
            found[imu] = Piece(times_s, unit.read(block, imu), broken, unit.gyr_delay_s, unit.acc_delay_s)
        return (found[0], found[1]), (lost[0], lost[1])


def newest_sample_s(block: Block) -> float:
    """Device time of a block's newest sample: it was not sent before."""
    return max(block.sample_time_ns(imu, block.counts[imu] - 1) * 1e-9 for imu in (0, 1) if block.counts[imu])
