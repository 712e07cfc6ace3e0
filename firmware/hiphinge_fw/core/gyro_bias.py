"""Gyroscope bias measured on request: mean over a stretch of rest (CALIBRATE_GYRO)."""

from micropython import const

from hiphinge_wire.constants import CAL_CANCELLED, CAL_DONE, CAL_MOVED, CAL_NO_SAMPLES, CAL_NOT_ASKED
from hiphinge_wire.replies import GyroBias

# Noise of a resting gyroscope is below 0.2 deg/s; a hand that holds still moves by more than 2.
_MOVED_NDPS = const(2000000000)
_LEAST_SAMPLES = const(50)


class GyroCalibration:
    """One measurement.

    Parameters
    ----------
    request : int
        Whose.
    imus : int
        Bit 0 sacral, bit 1 thoracic.
    duration_ms : int
    begun_ms : int
        Ticks.
    """

    def __init__(self, request, imus, duration_ms, begun_ms):
        self.request = request
        self.duration_ms = duration_ms
        self.begun_ms = begun_ms
        self.cancelled = False
        self._imus = imus
        self._count = [0, 0]
        self._sum = [[0] * 3, [0] * 3]
        self._squares = [[0.0] * 3, [0.0] * 3]
        self._low = [[32767] * 3, [32767] * 3]
        self._high = [[-32768] * 3, [-32768] * 3]

    def take(self, imu, raw, count):
        """Samples of one IMU, six counts each."""
        if not self._imus >> imu & 1:
            return
        self._count[imu] += count
        for axis in range(3):
            for i in range(count):
                value = raw[6 * i + axis]
                self._sum[imu][axis] += value
                self._squares[imu][axis] += value * value
                self._low[imu][axis] = min(self._low[imu][axis], value)
                self._high[imu][axis] = max(self._high[imu][axis], value)

    def result(self, imu, scale_ndps, temperature_cdeg):
        """What came of it, as GYRO_CALIBRATED has it; the bias counts only with CAL_DONE."""
        count = self._count[imu]
        if not self._imus >> imu & 1:
            return GyroBias(result=CAL_NOT_ASKED, temperature_cdeg=-32768)
        if self.cancelled:
            return GyroBias(result=CAL_CANCELLED, temperature_cdeg=temperature_cdeg, samples=count)
        if count < _LEAST_SAMPLES:
            return GyroBias(result=CAL_NO_SAMPLES, temperature_cdeg=temperature_cdeg, samples=count)
        spread = max(self._high[imu][k] - self._low[imu][k] for k in range(3))
        means = [self._sum[imu][k] / count for k in range(3)]
        variance = max(self._squares[imu][k] / count - means[k] * means[k] for k in range(3))
        return GyroBias(
            result=CAL_MOVED if spread * scale_ndps > _MOVED_NDPS else CAL_DONE,
            temperature_cdeg=temperature_cdeg,
            bias_udps=tuple(int(mean * scale_ndps / 1000) for mean in means),
            noise_udps=int((variance if variance > 0 else 0) ** 0.5 * scale_ndps / 1000),
            samples=count,
        )
