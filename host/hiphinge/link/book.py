"""What the device said of itself: INFO per boot and epoch, calibrations. Needed to read its blocks."""

from __future__ import annotations

from hiphinge.link.units import Units
from hiphinge_wire.block import Block
from hiphinge_wire.calibration import Calibration
from hiphinge_wire.info import INFO_IMU_CALIBRATED, Info

# Boots and epochs kept: a day's worth of restarts.
_MOST = 64

Key = tuple[int, int]


class Book:
    """Descriptions as they came.

    Attributes
    ----------
    calibrations : dict
        By IMU; None where the device has none to give.
    """

    def __init__(self) -> None:
        self.calibrations: dict[int, Calibration | None] = {}
        self._infos: dict[Key, Info] = {}
        self._unknown: set[Key] = set()
        self._units: dict[Key, tuple[Units, Units]] = {}

    def add(self, info: Info) -> bool:
        """Note an INFO; returns whether it is news."""
        key = info.boot, info.epoch
        self._unknown.discard(key)
        if self._infos.get(key) == info:
            return False
        if len(self._infos) >= _MOST:
            oldest = next(iter(self._infos))
            del self._infos[oldest]
            self._units.pop(oldest, None)
        self._infos[key] = info
        self._units.pop(key, None)
        return True

    def info(self, key: Key) -> Info | None:
        """The INFO of a boot and epoch."""
        return self._infos.get(key)

    def never(self, key: Key) -> None:
        """The device knows nothing of that epoch."""
        if len(self._unknown) < _MOST and key not in self._infos:
            self._unknown.add(key)

    def is_never(self, key: Key) -> bool:
        """Whether asking is in vain."""
        return key in self._unknown

    def uncalibrated(self, info: Info) -> list[int]:
        """IMUs whose calibration is still to be asked for."""
        return [
            imu for imu, one in enumerate(info.imus) if one.flags & INFO_IMU_CALIBRATED and imu not in self.calibrations
        ]

    def next_uncalibrated(self) -> int | None:
        """The first IMU whose calibration some INFO tells of and is not here."""
        return min((imu for info in self._infos.values() for imu in self.uncalibrated(info)), default=None)

    def units(self, block: Block) -> tuple[Units, Units] | None:
        """How to read a block; None where its INFO, or a calibration INFO tells of, is not here yet."""
        key = block.boot, block.epoch
        if key not in self._units:
            info = self._infos.get(key)
            if info is None or self.uncalibrated(info):
                return None
            found = [Units(one, self.calibrations.get(imu)) for imu, one in enumerate(info.imus)]
            self._units[key] = (found[0], found[1])
        return self._units[key]
