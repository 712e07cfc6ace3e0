"""When a sensor lies still, and what it read meanwhile; pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from hiphinge.model import Floats

WINDOW_S = 2.0
"""At 120 Hz the noise of an MPU-6050 (3 mg) averages to 0.2 mg, and nobody minds waiting so long."""

# Noise of the worst chip supported is 3 mg and 0.05 deg/s (MPU-6000/6050 datasheet, PS-MPU-6000A-00, at 60 Hz
# bandwidth); a hand at rest moves by several times these limits.
_ACC_SD_G = 0.008
_GYR_SD_DPS = 0.3
# A sensor that creeps or tips over: between the window's halves.
_ACC_DRIFT_G = 0.004


@dataclass(frozen=True, slots=True)
class Position:
    """What a sensor read while it lay still: means in the chip's own axes, uncorrected.

    Attributes
    ----------
    acc_g, gyr_dps : (3,) float
    samples : int
    """

    acc_g: Floats
    gyr_dps: Floats
    samples: int


class Stillness:
    """Watches one sensor.

    Parameters
    ----------
    rate_hz : float
    window_s : float

    Attributes
    ----------
    share : float
        How much of a still window there is, 0 to 1.
    """

    def __init__(self, rate_hz: float, window_s: float = WINDOW_S) -> None:
        self._need = max(8, round(rate_hz * window_s))
        self._acc: deque[Floats] = deque(maxlen=self._need)
        self._gyr: deque[Floats] = deque(maxlen=self._need)
        self.share = 0.0

    def feed(self, acc_g: Floats, gyr_dps: Floats) -> Position | None:
        """Take samples; a position when the newest window is still and whole, and watching begins anew.

        Parameters
        ----------
        acc_g, gyr_dps : (N, 3) float
            NaN where missing: skipped.
        """
        good = np.isfinite(acc_g).all(axis=1) & np.isfinite(gyr_dps).all(axis=1)
        self._acc.extend(acc_g[good])
        self._gyr.extend(gyr_dps[good])
        quarter = self._need // 4
        if len(self._acc) < max(4, quarter):
            return None
        acc, gyr = np.array(self._acc), np.array(self._gyr)
        if not _still(acc[-quarter:], gyr[-quarter:]):
            self._forget()
            return None
        self.share = min(1.0, len(acc) / self._need)
        if len(acc) < self._need:
            return None
        if not _still(acc, gyr):
            # Some of it moved: keep the newer half.
            for kept in (self._acc, self._gyr):
                for _ in range(self._need // 2):
                    kept.popleft()
            return None
        self._forget()
        return Position(acc.mean(axis=0), gyr.mean(axis=0), len(acc))

    def _forget(self) -> None:
        self._acc.clear()
        self._gyr.clear()
        self.share = 0.0


def _still(acc: Floats, gyr: Floats) -> bool:
    half = len(acc) // 2
    drift = np.abs(acc[:half].mean(axis=0) - acc[half:].mean(axis=0)).max()
    return bool(acc.std(axis=0).max() < _ACC_SD_G and gyr.std(axis=0).max() < _GYR_SD_DPS and drift < _ACC_DRIFT_G)
