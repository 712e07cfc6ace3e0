"""What a virtual device keeps: blocks by boot, freed by acknowledgement only, the oldest first when space ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from hiphinge_wire.block import Block, decode_block
from hiphinge_wire.calibration import METHOD_NONE, CalibrationSet
from hiphinge_wire.constants import (
    GONE_ACKNOWLEDGED,
    GONE_NEVER,
    GONE_OVERWRITTEN,
    TIME_EXCHANGED,
    TIME_UNKNOWN,
    ahead,
    u32,
)
from hiphinge_wire.info import INFO_IMU_CALIBRATED, Info
from hiphinge_wire.replies import Stored


@dataclass(slots=True)
class BootStore:
    """Blocks of one boot: `oldest` up to before `next` (unwrapped) are kept."""

    info: Info
    first: int
    next: int
    oldest: int
    acknowledged: int
    unix_us: int = 0
    blocks: dict[int, bytes] = field(default_factory=dict[int, bytes])

    def unwrapped(self, sequence: int) -> int:
        """A sequence from the wire."""
        return self.next + ahead(sequence, u32(self.next))

    def add(self, block: bytes, most: int) -> int:
        """Keep the next block; returns how many old ones had to go."""
        self.blocks[self.next] = block
        self.next += 1
        dropped = 0
        while len(self.blocks) > most:
            self.blocks.pop(self.oldest, None)
            self.oldest += 1
            dropped += 1
        return dropped

    def describe_calibration(self, one: CalibrationSet) -> None:
        """A sensor of the running epoch was calibrated, or no longer is: INFO says so from now on."""
        imu = self.info.imus[one.imu]
        here = one.method != METHOD_NONE
        imu.flags = (imu.flags & ~INFO_IMU_CALIBRATED) | (INFO_IMU_CALIBRATED if here else 0)
        imu.residual_ug = one.residual_ug if here else 0
        imu.calibrated_unix_s = one.made_unix_s if here else 0

    def acknowledge(self, last: int) -> None:
        """Free up to and with `last` (unwrapped)."""
        for at in range(self.oldest, min(last + 1, self.next)):
            self.blocks.pop(at, None)
        self.oldest = max(self.oldest, min(last + 1, self.next))
        self.acknowledged = max(self.acknowledged, min(last + 1, self.next))

    def why_gone(self, at: int) -> int | None:
        """Why a block is not here; None where it is."""
        if at in self.blocks:
            return None
        if at < self.acknowledged and at >= self.first:
            return GONE_ACKNOWLEDGED
        return GONE_OVERWRITTEN if self.first <= at < self.next else GONE_NEVER

    def listed(self) -> Stored | None:
        """One entry for STORE_LISTED."""
        if not self.blocks:
            return None
        first, last = _block(self.blocks[self.oldest]), _block(self.blocks[self.next - 1])
        return Stored(
            boot=self.info.boot,
            epoch=self.info.epoch,
            profile=first.profile,
            time_known=TIME_EXCHANGED if self.unix_us else TIME_UNKNOWN,
            first_sequence=u32(self.oldest),
            last_sequence=u32(self.next - 1),
            bytes=sum(len(one) for one in self.blocks.values()),
            samples=(
                u32(last.first_index[0] + last.counts[0] - first.first_index[0]),
                u32(last.first_index[1] + last.counts[1] - first.first_index[1]),
            ),
            first_us=first.time_us,
            last_us=last.time_us,
            unix_us=self.unix_us,
            uncertainty_ms=50 if self.unix_us else 0xFFFFFFFF,
        )


def _block(data: bytes) -> Block:
    return decode_block(data)
