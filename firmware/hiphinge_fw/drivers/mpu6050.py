"""InvenSense MPU-6050 (GY-521 boards): DEMO GRADE. Good to try the software with, not to judge a back by.

Its gyroscope wanders with temperature, clones differ, its FIFO has neither tags nor time stamps: after an overflow or a
bus error the number of lost samples is an estimate from the time that passed, good to one sample each time, and says so
(`RESYNC`). Registers: RM-MPU-6000A revision 4.2; scales: PS-MPU-6000A. Same use as `lsm6.Lsm6`.
"""

from array import array

import micropython
from micropython import const

from hiphinge_fw.drivers.imu import BUS_ERROR, CLIPPED, OVERFLOW, RESYNC, ImuError, Registers

_SELF_TEST_X = const(0x0D)  # 13..16: XA_TEST, XG_TEST and so on
_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)  # DLPF_CFG
_GYRO_CONFIG = const(0x1B)  # XG_ST YG_ST ZG_ST, FS_SEL
_ACCEL_CONFIG = const(0x1C)  # XA_ST YA_ST ZA_ST, AFS_SEL
_FIFO_EN = const(0x23)
_INT_STATUS = const(0x3A)  # FIFO_OFLOW_INT
_ACCEL_XOUT_H = const(0x3B)
_TEMP_OUT_H = const(0x41)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_FIFO_COUNTH = const(0x72)
_FIFO_R_W = const(0x74)
_WHO_AM_I = const(0x75)

_ID = const(0x68)
_DEVICE_RESET = const(0x80)
_CLKSEL_PLL_X = const(0x01)  # the gyroscope's oscillator: better than the internal one
_DLPF_44_HZ = const(0x03)  # and 42 Hz for the gyroscope; samples are then 1 kHz / (1 + SMPLRT_DIV)
_DIV_100_HZ = const(9)
_GYRO_AND_ACCEL = const(0x78)  # XG_FIFO_EN, YG_FIFO_EN, ZG_FIFO_EN, ACCEL_FIFO_EN
_FIFO_ENABLE = const(0x40)
_FIFO_RESET = const(0x04)
_FIFO_OFLOW_INT = const(0x10)

_ACC = {2: (0x00, 61035156), 4: (0x08, 122070312), 8: (0x10, 244140625), 16: (0x18, 488281250)}  # 16384 .. 2048 LSB/g
_GYR = {
    250: (0x00, 7633588),
    500: (0x08, 15267176),
    1000: (0x10, 30487805),
    2000: (0x18, 60975610),
}  # 131 .. 16.4 LSB/dps
_SAMPLE = const(12)
_BURST = const(18)  # samples: 216 bytes
_PERIOD_US = const(10000)


@micropython.viper
def _parse(burst_, raw_, count: int) -> int:
    # Big-endian accelerometer, gyroscope to gyroscope, accelerometer; whether an axis is at a rail.
    burst = ptr8(burst_)
    raw = ptr16(raw_)
    clipped = 0
    i = 0
    while i < count * 6:
        v = (burst[2 * i] << 8) | burst[2 * i + 1]
        k = i % 6
        raw[i + 3 if k < 3 else i - 3] = v
        if v == 0x7FFF or v == 0x8000:
            clipped = 1
        i += 1
    return clipped


class Mpu6050(Registers):
    """One chip; attributes and methods are those of `lsm6.Lsm6`."""

    demo_grade = True
    name = "MPU-6050"
    who_am_i = _ID
    rate_hz = 100
    rate_millihz = 100000
    # RM-MPU-6000A, register 26, DLPF_CFG 3.
    gyr_delay_us = 4800
    acc_delay_us = 4900
    fifo_size = 1024 // _SAMPLE
    more = False

    def __init__(self, i2c, address, ticks_us, sleep_ms):
        super().__init__(i2c, address)
        self._ticks_us = ticks_us
        self.sleep_ms = sleep_ms
        self._burst = bytearray(_BURST * _SAMPLE)
        view = memoryview(self._burst)
        self._views = [view[: _SAMPLE * k] for k in range(_BURST + 1)]
        self._count = bytearray(2)
        self._interrupt = bytearray(1)
        self.raw = array("h", bytes(_SAMPLE * _BURST))
        self.bus_errors = self.overflows = self.tag_errors = self.dropped = self.resyncs = 0
        self.fifo_peak = self.error_run = self.status_us = 0
        self.first_index = self.next_index = self.flags = 0
        self.temperature_cdeg = -32768
        self.pair = False
        self._next_flags = 0
        self._lost_at = -1  # `next_index` when samples were lost; -1: none were
        self._last_us = 0

    def start(self, acc_range_g=8, gyr_range_dps=1000, rate_hz=0, next_index=0):
        """Reset, identify, configure, read back; see `Lsm6.start`. The only rate is 100 Hz."""
        seen = self.read_register(_WHO_AM_I)
        if seen != _ID:
            raise ImuError(self.address, "WHO_AM_I", _ID, seen)
        if acc_range_g not in _ACC or gyr_range_dps not in _GYR or rate_hz not in (0, 100):
            raise ImuError(self.address, "range or rate")
        self.acc_range_g = acc_range_g
        self.gyr_range_dps = gyr_range_dps
        self.reset()
        self.writes = (
            (_PWR_MGMT_1, _CLKSEL_PLL_X),
            (_SMPLRT_DIV, _DIV_100_HZ),
            (_CONFIG, _DLPF_44_HZ),
            (_GYRO_CONFIG, _GYR[gyr_range_dps][0]),
            (_ACCEL_CONFIG, _ACC[acc_range_g][0]),
            (_FIFO_EN, _GYRO_AND_ACCEL),
            (_USER_CTRL, _FIFO_ENABLE),
        )
        self.configure()
        self.next_index = next_index
        self._next_flags = RESYNC if next_index else 0
        self._lost_at = -1
        self._last_us = self._ticks_us()
        self.error_run = 0

    def reset(self):
        """Reset and wait for its end; 100 ms as the register map asks for, and 50 more."""
        self.write_register(_PWR_MGMT_1, _DEVICE_RESET)
        for _ in range(150):
            self.sleep_ms(1)
            try:
                if not self.i2c.readfrom_mem(self.address, _PWR_MGMT_1, 1)[0] & _DEVICE_RESET:
                    return
            except OSError:
                # It may not answer while it resets.
                pass
        raise ImuError(self.address, "DEVICE_RESET", 0, 1)

    def check_gravity(self, samples=8):
        """Length of gravity in mg."""
        total = [0, 0, 0]
        for _ in range(samples):
            self.sleep_ms(20)
            data = self.i2c.readfrom_mem(self.address, _ACCEL_XOUT_H, 6)
            for k in range(3):
                total[k] += ((data[2 * k + 1] | data[2 * k] << 8) ^ 0x8000) - 0x8000
        length = (total[0] ** 2 + total[1] ** 2 + total[2] ** 2) ** 0.5 / samples
        return int(length * self.acc_scale_pg * 1e-9 + 0.5)

    def poll(self):
        """Read one burst, at most; see `Lsm6.poll`."""
        self.more = False
        self.pair = False
        try:
            self.i2c.readfrom_mem_into(self.address, _INT_STATUS, self._interrupt)
            self.i2c.readfrom_mem_into(self.address, _FIFO_COUNTH, self._count)
            self.status_us = self._ticks_us()
            size = self._count[0] << 8 | self._count[1]
            if self._interrupt[0] & _FIFO_OFLOW_INT or size % _SAMPLE:
                # What is left has no frame: throw it away. (A count read inside a sample comes here as well; rare.)
                if self._interrupt[0] & _FIFO_OFLOW_INT:
                    self.overflows += 1
                    self._next_flags |= OVERFLOW
                else:
                    self.tag_errors += 1
                self._restart_fifo()
                return 0
            count = size // _SAMPLE
            if count > self.fifo_peak:
                self.fifo_peak = count
            burst = count if count < _BURST else _BURST
            if burst == 0:
                self.error_run = 0
                return 0
            self.i2c.readfrom_mem_into(self.address, _FIFO_R_W, self._views[burst])
        except OSError:
            # How much of the burst is gone cannot be known.
            self.bus_errors += 1
            self.error_run += 1
            self._next_flags |= BUS_ERROR
            self._lost_at = self.next_index
            return 0
        self.error_run = 0
        self.first_index = self.next_index
        if self._lost_at >= 0:
            self._estimate(count)
        self.flags = self._next_flags
        self._next_flags = 0
        if _parse(self._burst, self.raw, burst):
            self.flags |= CLIPPED
        self.next_index = self.first_index + burst
        self.more = burst < count
        if not self.more:
            self.pair = True
            self._last_us = self.status_us
        return burst

    def skip(self, samples):
        """Count on; see `Lsm6.skip`."""
        self.next_index += samples

    def _estimate(self, count):
        # Newest index by the time since the FIFO was last empty (30-bit ticks), rounded: an estimate without a bias.
        elapsed = (self.status_us - self._last_us) & 0x3FFFFFFF
        lost = (elapsed + _PERIOD_US // 2) // _PERIOD_US - count
        if lost > 0:
            self.first_index += lost
            self.dropped += lost
        self._next_flags |= RESYNC
        self.resyncs += 1
        self._lost_at = -1

    def _restart_fifo(self):
        self.i2c.writeto_mem(self.address, _USER_CTRL, b"\x04")
        self.i2c.writeto_mem(self.address, _USER_CTRL, b"\x40")
        self._lost_at = self.next_index

    def self_test(self):
        """Response to the test force against the factory's trim; [(step, low, high, seen)], per cent, one an axis.

        RM-MPU-6000A 4.1: within 14 per cent of the trim, at 8 g and 250 deg/s. Steps as in `lsm6_selftest`; a chip that
        stops answering fails step 1.
        """
        following = self.next_index
        try:
            self.start(self.acc_range_g, self.gyr_range_dps)
            steps = self._responses()
            self.start(self.acc_range_g, self.gyr_range_dps, 0, following)
        except (ImuError, OSError):
            steps = [(1, _ID, _ID, -1)]
            self.next_index = following
        return steps

    def _responses(self):
        trim = self.i2c.readfrom_mem(self.address, _SELF_TEST_X, 4)
        self.write_register(_ACCEL_CONFIG, 0x10)
        self.write_register(_GYRO_CONFIG, 0x00)
        without = self._average()
        self.write_register(_ACCEL_CONFIG, 0xF0)
        self.write_register(_GYRO_CONFIG, 0xE0)
        with_force = self._average()
        steps = []
        for k in range(6):
            code = trim[k % 3] & 0x1F
            if k < 3:
                code = (trim[k] >> 5) << 2 | trim[3] >> (4 - 2 * k) & 3
                factory = 4096 * 0.34 * (0.92 / 0.34) ** ((code - 1) / 30) if code else 0
            else:
                factory = (-1 if k == 4 else 1) * 25 * 131 * 1.046 ** (code - 1) if code else 0
            seen = int(((with_force[k] - without[k]) / factory - 1) * 100) if factory else 100
            steps.append((3 if k < 3 else 4, -14, 14, seen))
        return steps

    def _average(self):
        # Accelerometer x y z, gyroscope x y z over 20 samples, after 200 ms.
        self.sleep_ms(200)
        total = [0] * 6
        for _ in range(20):
            self.sleep_ms(11)
            data = self.i2c.readfrom_mem(self.address, _ACCEL_XOUT_H, 14)
            for k in range(6):
                at = 2 * k if k < 3 else 2 * k + 2  # the temperature lies between
                total[k] += ((data[at] << 8 | data[at + 1]) ^ 0x8000) - 0x8000
        return [value / 20 for value in total]

    def read_temperature(self):
        """Chip temperature to `temperature_cdeg`, 0.01 °C; a transfer of its own."""
        data = self.i2c.readfrom_mem(self.address, _TEMP_OUT_H, 2)
        # RM-MPU-6000A 4.18: counts / 340 + 36.53.
        self.temperature_cdeg = (((data[0] << 8 | data[1]) ^ 0x8000) - 0x8000) * 5 // 17 + 3653

    @property
    def acc_scale_pg(self):
        """One accelerometer count, 1e-12 g."""
        return _ACC[self.acc_range_g][1]

    @property
    def gyr_scale_ndps(self):
        """One gyroscope count, 1e-9 deg/s."""
        return _GYR[self.gyr_range_dps][1]
