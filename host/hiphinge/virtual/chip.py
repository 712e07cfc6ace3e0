"""One virtual IMU: a chip with a clock of its own, read as int16 counts."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hiphinge.model import Floats
from hiphinge.simulate.body import GRAVITY_MPS2
from hiphinge.simulate.errors import SensorErrors
from hiphinge.virtual.settings import DeviceSettings

_BATCH = 2048
_FULL = 32768


class Undergoing(Protocol):
    """What sensors undergo: a `Wearer`, or anything else that moves."""

    @property
    def errors(self) -> SensorErrors:
        """The sensors' own errors."""
        ...

    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:
        """Specific force m/s² and rate rad/s in the housing's axes."""
        ...


class Chip:
    """Samples at its own instants from `begin_s` on (host time; wearer's time counts from there, too).

    Attributes
    ----------
    period_s : float
        True, in host time.
    taken : int
        Samples read so far.
    """

    def __init__(self, imu: int, wearer: Undergoing, settings: DeviceSettings, begin_s: float, wearer_s: float) -> None:
        self._imu = imu
        self._wearer = wearer
        self._settings = settings
        self._rng = np.random.default_rng([settings.seed, imu, 7])
        self.period_s = 1 / (settings.rate_hz * (1 + settings.rate_errors[imu]))
        self._first_s = begin_s + float(self._rng.uniform(0, 1)) * self.period_s
        self._wearer_s = wearer_s
        self.taken = 0
        self._batch = b""
        self._batch_first = 0
        errors = wearer.errors
        dps, mg = np.pi / 180, 1e-3 * GRAVITY_MPS2
        self._acc_bias = self._rng.normal(0.0, errors.acc_bias_mg * mg, 3)
        self._gyr_bias = self._rng.normal(0.0, errors.gyr_bias_dps * dps, 3)
        band = np.sqrt(settings.rate_hz / 2)
        self._acc_noise = errors.acc_noise_ug_rthz * 1e-3 * mg * band
        self._gyr_noise = errors.gyr_noise_dps_rthz * dps * band

    def time_s(self, sample: int) -> float:
        """Host time at which sample number `sample` is taken."""
        return self._first_s + sample * self.period_s

    def due(self, now_s: float) -> int:
        """How many samples are in the FIFO."""
        return max(0, int((now_s - self._first_s) / self.period_s) + 1 - self.taken) if now_s >= self._first_s else 0

    def read(self, count: int) -> bytes:
        """The next samples, little-endian int16: gyroscope, accelerometer, in the chip's axes."""
        out = bytearray()
        while count:
            at = self.taken - self._batch_first
            if at * 12 >= len(self._batch):
                self._batch_first, at = self.taken, 0
                self._batch = self._made(self.taken)
            here = min(count, len(self._batch) // 12 - at)
            out += self._batch[at * 12 : (at + here) * 12]
            self.taken += here
            count -= here
        return bytes(out)

    def _made(self, first: int) -> bytes:
        taken_s = self._first_s + (first + np.arange(_BATCH, dtype=np.float64)) * self.period_s - self._wearer_s
        # A low-pass shows what was.
        acc = self._wearer.true(self._imu, taken_s - self._settings.acc_delay_s)[0]
        gyr = self._wearer.true(self._imu, taken_s - self._settings.gyr_delay_s)[1]
        acc = acc + self._acc_bias + self._acc_noise * self._rng.standard_normal(acc.shape)
        gyr = gyr + self._gyr_bias + self._gyr_noise * self._rng.standard_normal(gyr.shape)
        axes = self._settings.axes[self._imu]
        columns = [np.sign(a) * values[:, abs(a) - 1] for values in (gyr, acc) for a in axes]
        counts = np.stack(columns, axis=1)
        counts[:, :3] *= _FULL / np.radians(self._settings.gyr_range_dps)
        counts[:, 3:] *= _FULL / (self._settings.acc_range_g * 9.80665)
        # Never three at the lower rail: that means missing.
        return np.clip(np.rint(counts), -_FULL + 1, _FULL - 1).astype("<i2").tobytes()
