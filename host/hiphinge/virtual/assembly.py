"""Samples to blocks, as the firmware closes them."""

from __future__ import annotations

import struct

import numpy as np

from hiphinge.virtual.chip import Chip, Undergoing
from hiphinge.virtual.settings import DeviceSettings
from hiphinge_wire.block import COLUMNS, Block, encode_block, samples_that_fit
from hiphinge_wire.constants import IMU_RESYNC, PERIOD_PER_NS, PROFILE_A, PROFILE_C, u32

# Anchors say "not known": this device fuses nothing.
_NO_ANCHORS = bytes(16)
_LEVEL = struct.pack("<4h", 32767, 0, 0, 0)


class Assembly:
    """Both chips of one boot, read in turn; blocks closed when full or when their oldest sample is old enough."""

    def __init__(self, settings: DeviceSettings, wearer: Undergoing, boot: int, boot_s: float) -> None:
        self.settings = settings
        self.boot = boot
        self.profile = settings.profile
        self._boot_s = boot_s
        self._wearer = wearer
        self._chips: list[Chip] = []
        self._open: list[bytes] = [b"", b""]
        self._size = 2 * COLUMNS[settings.profile]
        self._first = [0, 0]
        self._oldest_s = np.inf
        self._anew = [False, False]
        self._counted = list(settings.first_index)
        self._rng = np.random.default_rng([settings.seed, boot, 11])

    @property
    def samples(self) -> tuple[int, int]:
        """Taken in this boot so far."""
        taken = [chip.taken for chip in self._chips] or [0, 0]
        return u32(self._counted[0] + taken[0]), u32(self._counted[1] + taken[1])

    @property
    def running(self) -> bool:
        """Whether the chips sample."""
        return bool(self._chips)

    def start(self, now_s: float, wearer_s: float) -> None:
        """Sample from now on; `wearer_s` is the host time at which the wearer began to move."""
        self._chips = [Chip(imu, self._wearer, self.settings, now_s, wearer_s) for imu in (0, 1)]
        self._anew = [True, True]

    def stop(self, now_s: float, sequence: int) -> list[bytes]:
        """End sampling; the open block is closed."""
        blocks = self.collect(now_s, sequence)
        blocks += self._close(sequence + len(blocks))
        self._counted = list(self.samples)
        self._chips = []
        return blocks

    def device_us(self, host_s: float) -> int:
        """The device's own clock."""
        return self.settings.first_us + round((host_s - self._boot_s) * (1 + self.settings.clock_ppm * 1e-6) * 1e6)

    def collect(self, now_s: float, sequence: int) -> list[bytes]:
        """One pass of the device's loop: read both FIFOs; returns the blocks that were closed, from `sequence` on."""
        blocks: list[bytes] = []
        fits = samples_that_fit(self.profile, self.settings.block_bytes)
        while self._chips:
            room = fits - sum(len(part) for part in self._open) // self._size
            due = [chip.due(now_s) for chip in self._chips]
            if not any(due):
                break
            # The earlier sample first, so that a full block holds both alike.
            imu = min((0, 1), key=lambda one: self._chips[one].time_s(self._chips[one].taken) if due[one] else np.inf)
            chip = self._chips[imu]
            if not self._open[imu]:
                self._first[imu] = chip.taken
                self._oldest_s = min(self._oldest_s, chip.time_s(chip.taken))
            self._open[imu] += self._record(chip.read(1))
            if room <= 1:
                blocks += self._close(sequence + len(blocks))
        if now_s - self._oldest_s >= self.settings.close_after_s:
            blocks += self._close(sequence + len(blocks))
        return blocks

    def _record(self, raw: bytes) -> bytes:
        if self.profile == PROFILE_C:
            return raw
        return _LEVEL if self.profile == PROFILE_A else _LEVEL + raw

    def _close(self, sequence: int) -> list[bytes]:
        if not any(self._open):
            return []
        counts = [len(part) // self._size for part in self._open]
        jitter_us = self._rng.normal(0.0, self.settings.stamp_jitter_s * 1e6, 2)
        ppm = 1 + self.settings.clock_ppm * 1e-6
        firsts = [
            self.device_us(chip.time_s(first)) + round(off)
            for chip, first, off in zip(self._chips, self._first, jitter_us, strict=True)
        ]
        base = min(first for first, count in zip(firsts, counts, strict=True) if count)
        block = Block(
            profile=self.profile,
            epoch=1,
            boot=self.boot,
            sequence=u32(sequence),
            time_lo=u32(base),
            time_hi=u32(base >> 32),
            counts=(counts[0], counts[1]),
            first_index=tuple(u32(counted + first) for counted, first in zip(self._counted, self._first, strict=True)),
            offset_us=tuple(first - base if count else 0 for first, count in zip(firsts, counts, strict=True)),
            period=tuple(round(chip.period_s * ppm * 1e9 * PERIOD_PER_NS) for chip in self._chips),
            imu_flags=tuple(
                IMU_RESYNC if anew and count else 0 for anew, count in zip(self._anew, counts, strict=True)
            ),
            anchors=_NO_ANCHORS if self.profile == PROFILE_C else b"",
            samples=(self._open[0], self._open[1]),
        )
        self._anew = [anew and not count for anew, count in zip(self._anew, counts, strict=True)]
        self._open, self._oldest_s = [b"", b""], np.inf
        return [encode_block(block)]
