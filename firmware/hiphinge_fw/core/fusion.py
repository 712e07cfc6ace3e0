"""Orientation of one IMU in fixed point: VQF's 6D filter with gyroscope-bias learning at rest, without allocation.

The method is that of Laidig & Seel, "VQF: Highly accurate IMU orientation estimation with bias estimation and magnetic
disturbance rejection", Information Fusion 91 (2023): integrate the gyroscope to a strapdown orientation, rotate the
accelerometer into that almost inertial frame, low-pass it there (second-order Butterworth, time constant tau), and turn
the whole so that the filtered specific force points up. Where this deviates, and why:

* fixed point, because a float is a heap block on an ESP32;
* the accelerometer's path runs once a block of two samples on their mean: it is a 0.08 Hz low-pass, so that costs
  0.01 degrees and saves a third of the work;
* the low-pass is a trapezoidal state-variable filter: the same transfer function, but its coefficients stay
  well away from 1, where 32 bits would not do;
* bias is learned at rest only (the paper's rest estimate), not in motion: a set of hinges has rests.
"""

import math
from array import array

from micropython import const

from hiphinge_fw.core.fusion_kernels import (
    A1,
    A2,
    A3,
    ACC_LIMIT,
    AGE,
    AT,
    BIAS,
    BIAS_LIMIT,
    BLOCK,
    GYR_LIMIT,
    IC2,
    MEAN_BLOCKS,
    QA,
    QG,
    REST,
    SCALE,
    SCALE_FRACTION,
    STATES,
    STILL_NEEDED,
    filter_block,
    integrate,
    level,
)

# The defaults of `vqf`: tauAcc 3 s; rest after 1.5 s within 2 deg/s and 0.5 m/s²; bias of up to 2 deg/s.
TAU_S = 3.0
_REST_S = 1.5
_REST_DPS = 2.0
_REST_G = 0.05
_BIAS_CLIP_DPS = 2.0
# Corrections that level any start, upside down included: each turns by at most 13 degrees.
_LEVEL_STEPS = const(64)


class Fusion:
    """Orientation filter of one IMU.

    Parameters
    ----------
    rate_hz : float
        Sample rate: nominal at first, then `set_rate` with what was measured.
    gyr_scale_ndps, acc_scale_pg : int
        One count of the gyroscope in ndeg/s, of the accelerometer in pg (1e-12 g), as INFO has them.
    learn_bias : bool
        Learn the gyroscope's bias at rest.
    """

    def __init__(self, rate_hz, gyr_scale_ndps, acc_scale_pg, learn_bias=True):
        self._state = array("i", bytes(4 * STATES))
        self._gyr_scale_ndps = gyr_scale_ndps
        self._acc_scale_pg = acc_scale_pg
        self._learn_bias = learn_bias
        self._rate_hz = rate_hz
        self.reset()

    def reset(self):
        """Forget everything but the scales and the rate: the next block starts the filter anew."""
        st = self._state
        for i in range(STATES):
            st[i] = 0
        st[QG] = st[QA] = 1 << 30
        self._fill = 0
        self.set_rate(self._rate_hz)

    def set_rate(self, rate_hz):
        """Take over a measured rate. Makes a few floats: call it when the rate is known better, not every pass."""
        st = self._state
        # The bias is an angle a sample: the same rate, spread over other samples.
        for k in range(3):
            st[BIAS + k] = int(st[BIAS + k] * (self._rate_hz / rate_hz))
        self._rate_hz = rate_hz
        half_angle = math.pi / 360 / rate_hz  # of 1 deg/s in one sample, rad
        scale = self._gyr_scale_ndps * 1e-9 * half_angle * (1 << 30)
        st[SCALE] = int(scale)
        st[SCALE_FRACTION] = int((scale - int(scale)) * 32768 + 0.5)
        # Butterworth with VQF's cut-off for a time constant, sqrt(2) / (2 pi tau), as a state-variable filter.
        g = math.tan(math.sqrt(2) / 2 / TAU_S * BLOCK / rate_hz)
        a1 = 1 / (1 + g * (g + math.sqrt(2)))
        st[A1] = int(a1 * 32768 + 0.5)
        st[A2] = int(a1 * g * (1 << 22) + 0.5)
        st[A3] = int(a1 * g * g * (1 << 30) + 0.5)
        q24 = half_angle * (1 << 24)
        st[GYR_LIMIT] = int(_REST_DPS * q24)
        st[BIAS_LIMIT] = int(_BIAS_CLIP_DPS * q24) if self._learn_bias else -1
        st[ACC_LIMIT] = int(_REST_G * 256e12 / self._acc_scale_pg)
        st[STILL_NEEDED] = int(_REST_S * rate_hz / BLOCK)
        st[MEAN_BLOCKS] = int(TAU_S * rate_hz / BLOCK)

    def update(self, raw, quaternions, count):
        """Take in samples; allocates nothing.

        Parameters
        ----------
        raw : array of int16
            Gyroscope x y z, accelerometer x y z of each sample, counts.
        quaternions : array of int16
            Receives sensor -> Earth (ENU) after each sample, w x y z, 1/32768.
        count : int
            Samples.
        """
        st = self._state
        if st[AGE] == 0 and self._fill == 0:
            # The first sample tells which way is up, as the first value of VQF's low-pass does.
            for k in range(3):
                st[IC2 + k] = raw[3 + k] << 12
            for _ in range(_LEVEL_STEPS):
                level(st)
        at = 0
        while at < count:
            n = BLOCK - self._fill
            if n > count - at:
                n = count - at
            st[AT] = at
            integrate(st, raw, quaternions, n)
            at += n
            self._fill += n
            if self._fill == BLOCK:
                self._fill = 0
                filter_block(st)
                level(st)

    @property
    def at_rest(self):
        """Whether nothing has moved for 1.5 s."""
        return self._state[REST] == 1

    @property
    def settled(self):
        """Whether the low-pass has seen one time constant since the start."""
        return self._state[AGE] > self._state[MEAN_BLOCKS]

    def bias_udps(self, axis):
        """Learned bias of an axis (0, 1, 2), udeg/s."""
        return int(self._state[BIAS + axis] / (1 << 30) * self._rate_hz * 360 / math.pi * 1e6)

    def set_bias_udps(self, axis, bias_udps):
        """Put in a bias known from before, udeg/s."""
        self._state[BIAS + axis] = int(bias_udps * 1e-6 * math.pi / 360 / self._rate_hz * (1 << 30))
