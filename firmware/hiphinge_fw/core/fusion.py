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

Number formats. Qn: the integer divided by 2**n. Quaternions are Q30, half the rotation angle of a sample is Q30 too.
Every product is kept inside 32 signed bits by splitting one factor into a high and a low part (`>> 15`, `& 0x7fff`), so
the 32-bit viper of an ESP32 and the 64-bit one of a desktop compute the same bits, saturated inputs included.

A trick stands in every function: `(st[i] ^ S) - S` with S = 1 << 31. Viper on a 64-bit machine loads 32 bits without
their sign; this puts it back, and does nothing on a 32-bit machine.
"""

import math
from array import array

import micropython
from micropython import const

# Samples of a correction block, as a power of two.
_BLOCK_LOG2 = const(1)
BLOCK = 1 << _BLOCK_LOG2

# State: int32 each.
_QG = const(0)  # 4: strapdown quaternion, sensor -> almost inertial, Q30
_QA = const(4)  # 4: inclination quaternion, almost inertial -> Earth, Q30
_BIAS = const(8)  # 3: gyroscope bias as half angle a sample, Q30
_SCALE = const(11)  # half angle a count, Q30: whole part
_SCALE_FRACTION = const(12)  # and its fraction, Q15
_AT = const(13)  # first sample of `raw` to take
_ACC_SUM = const(14)  # 3: sum over the block of the rotated accelerometer, counts * 2**8
_GYR_SUM = const(17)  # 3: sum over the block of half angles, Q24
_IC1 = const(20)  # 3: low-pass state, counts * 2**12
_IC2 = const(23)  # 3: low-pass output, counts * 2**12
_A1 = const(26)  # low-pass coefficients: Q15,
_A2 = const(27)  # Q22,
_A3 = const(28)  # Q30
_GYR_SLOW = const(29)  # 3: slow mean of the half angle a sample, Q24
_ACC_SLOW = const(32)  # 3: slow mean of the rotated accelerometer, counts * 2**8
_STILL = const(35)  # blocks without motion
_STILL_NEEDED = const(36)  # blocks until it is called rest
_GYR_LIMIT = const(37)  # largest deviation at rest, Q24
_ACC_LIMIT = const(38)  # counts * 2**8
_BIAS_LIMIT = const(39)  # largest rate a bias may have, Q24; negative: learn nothing
_REST = const(40)  # 1 at rest
_AGE = const(41)  # blocks since the start
_MEAN_BLOCKS = const(42)  # blocks whose running mean starts the low-pass
_STATES = const(43)

# The defaults of `vqf`: tauAcc 3 s; rest after 1.5 s within 2 deg/s and 0.5 m/s²; bias of up to 2 deg/s.
TAU_S = 3.0
_REST_S = 1.5
_REST_DPS = 2.0
_REST_G = 0.05
_BIAS_CLIP_DPS = 2.0
# Corrections that level any start, upside down included: each turns by at most 13 degrees.
_LEVEL_STEPS = const(64)


@micropython.viper
def _integrate(st_, raw_, out_, count: int):
    # Strapdown integration of `count` samples from raw[6 * AT] on; fills the same samples of `out` with w x y z.
    st = ptr32(st_)
    raw = ptr16(raw_)
    out = ptr16(out_)
    one = 1
    S = one << 31
    w = (st[_QG] ^ S) - S
    x = (st[_QG + 1] ^ S) - S
    y = (st[_QG + 2] ^ S) - S
    z = (st[_QG + 3] ^ S) - S
    b0 = (st[_BIAS] ^ S) - S
    b1 = (st[_BIAS + 1] ^ S) - S
    b2 = (st[_BIAS + 2] ^ S) - S
    scale = st[_SCALE]
    fraction = st[_SCALE_FRACTION]
    sx = (st[_ACC_SUM] ^ S) - S
    sy = (st[_ACC_SUM + 1] ^ S) - S
    sz = (st[_ACC_SUM + 2] ^ S) - S
    g0 = (st[_GYR_SUM] ^ S) - S
    g1 = (st[_GYR_SUM + 1] ^ S) - S
    g2 = (st[_GYR_SUM + 2] ^ S) - S
    aw = ((st[_QA] ^ S) - S) >> 15
    ax = ((st[_QA + 1] ^ S) - S) >> 15
    ay = ((st[_QA + 2] ^ S) - S) >> 15
    az = ((st[_QA + 3] ^ S) - S) >> 15
    i = st[_AT] * 6
    o = st[_AT] * 4
    while count > 0:
        count -= 1
        # Half the rotation vector of this sample, Q30. int16 comes without its sign, too.
        t = (raw[i] ^ 0x8000) - 0x8000
        hx = t * scale + ((t * fraction) >> 15) - b0
        t = (raw[i + 1] ^ 0x8000) - 0x8000
        hy = t * scale + ((t * fraction) >> 15) - b1
        t = (raw[i + 2] ^ 0x8000) - 0x8000
        hz = t * scale + ((t * fraction) >> 15) - b2
        g0 += hx >> 6
        g1 += hy >> 6
        g2 += hz >> 6
        # Its sine (h - |h|² h / 6) and one minus its cosine (|h|²/2 - |h|⁴/24): 2000 deg/s at 104 Hz is 0.17 rad.
        xh = hx >> 15
        yh = hy >> 15
        zh = hz >> 15
        n2 = xh * xh + yh * yh + zh * zh
        t = (n2 >> 15) * 10923 >> 16
        hx -= xh * t
        hy -= yh * t
        hz -= zh * t
        t = n2 >> 15
        e = (n2 >> 1) - ((t * t) * 43 >> 10)
        # q += q * (-e, h): high times high, high times low, low times high; low times low is below the last bit.
        xh = hx >> 15
        yh = hy >> 15
        zh = hz >> 15
        eh = e >> 15
        xl = hx & 0x7FFF
        yl = hy & 0x7FFF
        zl = hz & 0x7FFF
        el = e & 0x7FFF
        wq = w >> 15
        xq = x >> 15
        yq = y >> 15
        zq = z >> 15
        wr = w & 0x7FFF
        xr = x & 0x7FFF
        yr = y & 0x7FFF
        zr = z & 0x7FFF
        dw = xq * xh + yq * yh + zq * zh + wq * eh
        dw += ((xq * xl >> 1) + (yq * yl >> 1) + (zq * zl >> 1) + (wq * el >> 1)) >> 14
        dw += (xr * xh + yr * yh + zr * zh + wr * eh) >> 15
        dx = wq * xh - xq * eh + yq * zh - zq * yh
        dx += ((wq * xl >> 1) - (xq * el >> 1) + (yq * zl >> 1) - (zq * yl >> 1)) >> 14
        dx += (wr * xh - xr * eh + yr * zh - zr * yh) >> 15
        dy = wq * yh - yq * eh + zq * xh - xq * zh
        dy += ((wq * yl >> 1) - (yq * el >> 1) + (zq * xl >> 1) - (xq * zl >> 1)) >> 14
        dy += (wr * yh - yr * eh + zr * xh - xr * zh) >> 15
        dz = wq * zh - zq * eh + xq * yh - yq * xh
        dz += ((wq * zl >> 1) - (zq * el >> 1) + (xq * yl >> 1) - (yq * xl >> 1)) >> 14
        dz += (wr * zh - zr * eh + xr * yh - yr * xh) >> 15
        w -= dw
        x += dx
        y += dy
        z += dz
        # The accelerometer in the almost inertial frame: rotation matrix in Q14 times counts.
        wq = w >> 15
        xq = x >> 15
        yq = y >> 15
        zq = z >> 15
        p0 = (raw[i + 3] ^ 0x8000) - 0x8000
        p1 = (raw[i + 4] ^ 0x8000) - 0x8000
        p2 = (raw[i + 5] ^ 0x8000) - 0x8000
        xx = xq * xq
        yy = yq * yq
        zz = zq * zq
        xy = xq * yq
        xz = xq * zq
        yz = yq * zq
        t = wq * zq
        sx += ((16384 - ((yy + zz) >> 15)) * p0 + ((xy - t) >> 15) * p1 + ((xz + wq * yq) >> 15) * p2) >> 6
        sy += (((xy + t) >> 15) * p0 + (16384 - ((xx + zz) >> 15)) * p1 + ((yz - wq * xq) >> 15) * p2) >> 6
        sz += (((xz - wq * yq) >> 15) * p0 + ((yz + wq * xq) >> 15) * p1 + (16384 - ((xx + yy) >> 15)) * p2) >> 6
        # Sensor -> Earth is QA * QG, as int16 of Q15; 32767 stands for 1. Lengths stray by 3e-5, so both ends are
        # clamped: beyond them the sign would flip.
        t = (aw * wq - ax * xq - ay * yq - az * zq + 16384) >> 15
        t = t if t < 32768 else 32767
        out[o] = t if t > -32769 else -32768
        t = (aw * xq + ax * wq + ay * zq - az * yq + 16384) >> 15
        t = t if t < 32768 else 32767
        out[o + 1] = t if t > -32769 else -32768
        t = (aw * yq - ax * zq + ay * wq + az * xq + 16384) >> 15
        t = t if t < 32768 else 32767
        out[o + 2] = t if t > -32769 else -32768
        t = (aw * zq + ax * yq - ay * xq + az * wq + 16384) >> 15
        t = t if t < 32768 else 32767
        out[o + 3] = t if t > -32769 else -32768
        i += 6
        o += 4
    st[_QG] = w
    st[_QG + 1] = x
    st[_QG + 2] = y
    st[_QG + 3] = z
    st[_ACC_SUM] = sx
    st[_ACC_SUM + 1] = sy
    st[_ACC_SUM + 2] = sz
    st[_GYR_SUM] = g0
    st[_GYR_SUM + 1] = g1
    st[_GYR_SUM + 2] = g2


@micropython.viper
def _filter(st_):
    # Once a block: low-pass of the rotated accelerometer, rest detection, bias.
    st = ptr32(st_)
    one = 1
    S = one << 31
    a1 = st[_A1]
    a2 = st[_A2]
    a3 = st[_A3]
    age = st[_AGE] + 1
    st[_AGE] = age
    k = 0
    while k < 3:
        v = ((st[_ACC_SUM + k] ^ S) - S) << (4 - _BLOCK_LOG2)
        st[_ACC_SUM + k] = 0
        c2 = (st[_IC2 + k] ^ S) - S
        if age <= st[_MEAN_BLOCKS]:
            # As VQF starts: the running mean, from which the low-pass goes on.
            st[_IC2 + k] = c2 + (v - c2) // age
        else:
            c1 = (st[_IC1 + k] ^ S) - S
            d = v - c2
            dh = d >> 15
            dl = d & 0x7FFF
            ch = c1 >> 15
            cl = c1 & 0x7FFF
            v1 = ch * a1 + (cl * a1 >> 15) + ((dh * a2 + (dl * a2 >> 15)) >> 7)
            v2 = ((ch * a2 + (cl * a2 >> 15)) >> 7) + ((dh * a3 + (dl * a3 >> 15)) >> 15)
            st[_IC1 + k] = 2 * v1 - c1
            st[_IC2 + k] = c2 + 2 * v2
        # Rest: how far block means stray from slow means. 1/32 a block of two is a time constant of half a second.
        m = (st[_ACC_SLOW + k] ^ S) - S
        d = (v >> 4) - m
        st[_ACC_SLOW + k] = m + (d >> 5)
        if d < 0:
            d = 0 - d
        if d > st[_ACC_LIMIT]:
            st[_STILL] = 0
        v = ((st[_GYR_SUM + k] ^ S) - S) >> _BLOCK_LOG2
        st[_GYR_SUM + k] = 0
        m = (st[_GYR_SLOW + k] ^ S) - S
        d = v - m
        st[_GYR_SLOW + k] = m + (d >> 5)
        if d < 0:
            d = 0 - d
        if d > st[_GYR_LIMIT]:
            st[_STILL] = 0
        # The rate itself, bias put back, must be one a bias can have.
        m = v + (((st[_BIAS + k] ^ S) - S) >> 6)
        if m < 0:
            m = 0 - m
        if m > ((st[_BIAS_LIMIT] ^ S) - S):
            st[_STILL] = 0
        k += 1
    still = st[_STILL] + 1
    st[_STILL] = still
    st[_REST] = 0
    if still > st[_STILL_NEEDED]:
        st[_STILL] = st[_STILL_NEEDED] + 1
        st[_REST] = 1
        k = 0
        while k < 3:
            # What is left of the rate at rest is bias: move 1/64 of it over (and Q24 to Q30 is 64).
            d = (st[_GYR_SLOW + k] ^ S) - S
            st[_BIAS + k] = ((st[_BIAS + k] ^ S) - S) + d
            st[_GYR_SLOW + k] = d - (d >> 6)
            k += 1


@micropython.viper
def _level(st_):
    # Once a block: turn QA so that the low-passed accelerometer points up; bring both quaternions back to length one.
    st = ptr32(st_)
    one = 1
    S = one << 31
    w = (st[_QA] ^ S) - S
    x = (st[_QA + 1] ^ S) - S
    y = (st[_QA + 2] ^ S) - S
    z = (st[_QA + 3] ^ S) - S
    wq = w >> 15
    xq = x >> 15
    yq = y >> 15
    zq = z >> 15
    c0 = (st[_IC2] ^ S) - S
    c1 = (st[_IC2 + 1] ^ S) - S
    c2 = (st[_IC2 + 2] ^ S) - S
    # Its rotation matrix, Q14, times the vector in two halves of 14 bits.
    xx = xq * xq
    yy = yq * yq
    zz = zq * zq
    m0 = 16384 - ((yy + zz) >> 15)
    m1 = (xq * yq - wq * zq) >> 15
    m2 = (xq * zq + wq * yq) >> 15
    m3 = (xq * yq + wq * zq) >> 15
    m4 = 16384 - ((xx + zz) >> 15)
    m5 = (yq * zq - wq * xq) >> 15
    m6 = (xq * zq - wq * yq) >> 15
    m7 = (yq * zq + wq * xq) >> 15
    m8 = 16384 - ((xx + yy) >> 15)
    h0 = c0 >> 14
    h1 = c1 >> 14
    h2 = c2 >> 14
    l0 = c0 & 0x3FFF
    l1 = c1 & 0x3FFF
    l2 = c2 & 0x3FFF
    ex = m0 * h0 + m1 * h1 + m2 * h2 + ((m0 * l0 + m1 * l1 + m2 * l2) >> 14)
    ey = m3 * h0 + m4 * h1 + m5 * h2 + ((m3 * l0 + m4 * l1 + m5 * l2) >> 14)
    ez = m6 * h0 + m7 * h1 + m8 * h2 + ((m6 * l0 + m7 * l1 + m8 * l2) >> 14)
    h0 = ex >> 13
    h1 = ey >> 13
    h2 = ez >> 13
    n2 = h0 * h0 + h1 * h1 + h2 * h2
    # Below 1/32 of full scale (free fall) the direction is noise: wait.
    if n2 > 4096:
        # Length by Newton's square root.
        r = one << 15
        k = 0
        while k < 24:
            t = (r + n2 // r) >> 1
            if t == r or t == r + 1:
                k = 24
            else:
                r = t
                k += 1
        # Half the rotation vector that takes it up is (ey, -ex, 0) / 2 / length: Q30 from Q28 twice over.
        t = ey // r
        hx = ((t << 15) + (((ey - t * r) << 15) // r)) << 1
        t = ex // r
        hy = 0 - (((t << 15) + (((ex - t * r) << 15) // r)) << 1)
        if ez < 0:
            # Upside down, as only a start can be: the sine shrinks towards 180 degrees, so push.
            hx = hx << 1
            hy = hy << 1
            if hx > 0 - 4000000 and hx < 4000000 and hy > 0 - 4000000 and hy < 4000000:
                hx = 120000000
        limit = 120000000
        if hx > limit:
            hx = limit
        if hx < 0 - limit:
            hx = 0 - limit
        if hy > limit:
            hy = limit
        if hy < 0 - limit:
            hy = 0 - limit
        # QA = (1 - e, hx, hy, 0) * QA.
        xh = hx >> 15
        yh = hy >> 15
        xl = hx & 0x7FFF
        yl = hy & 0x7FFF
        e = (xh * xh + yh * yh) >> 1
        eh = e >> 15
        wr = w & 0x7FFF
        xr = x & 0x7FFF
        yr = y & 0x7FFF
        zr = z & 0x7FFF
        dw = xq * xh + yq * yh + wq * eh + (((xq * xl >> 1) + (yq * yl >> 1)) >> 14) + ((xr * xh + yr * yh) >> 15)
        dx = wq * xh + zq * yh - xq * eh + (((wq * xl >> 1) + (zq * yl >> 1)) >> 14) + ((wr * xh + zr * yh) >> 15)
        dy = wq * yh - zq * xh - yq * eh + (((wq * yl >> 1) - (zq * xl >> 1)) >> 14) + ((wr * yh - zr * xh) >> 15)
        dz = yq * xh - xq * yh - zq * eh + (((yq * xl >> 1) - (xq * yl >> 1)) >> 14) + ((yr * xh - xr * yh) >> 15)
        w -= dw
        x += dx
        y += dy
        z += dz
    k = 0
    while k < 2:
        # Length one again, first order: q += q * (1 - |q|²) / 2.
        wq = (w + 16384) >> 15
        xq = (x + 16384) >> 15
        yq = (y + 16384) >> 15
        zq = (z + 16384) >> 15
        t = ((one << 29) - ((wq * wq >> 1) + (xq * xq >> 1) + (yq * yq >> 1) + (zq * zq >> 1))) >> 15
        o = _QA - 4 * k
        st[o] = w + wq * t
        st[o + 1] = x + xq * t
        st[o + 2] = y + yq * t
        st[o + 3] = z + zq * t
        w = (st[_QG] ^ S) - S
        x = (st[_QG + 1] ^ S) - S
        y = (st[_QG + 2] ^ S) - S
        z = (st[_QG + 3] ^ S) - S
        k += 1


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
        self._state = array("i", bytes(4 * _STATES))
        self._gyr_scale_ndps = gyr_scale_ndps
        self._acc_scale_pg = acc_scale_pg
        self._learn_bias = learn_bias
        self._rate_hz = rate_hz
        self.reset()

    def reset(self):
        """Forget everything but the scales and the rate: the next block starts the filter anew."""
        st = self._state
        for i in range(_STATES):
            st[i] = 0
        st[_QG] = st[_QA] = 1 << 30
        self._fill = 0
        self.set_rate(self._rate_hz)

    def set_rate(self, rate_hz):
        """Take over a measured rate. Makes a few floats: call it when the rate is known better, not every pass."""
        st = self._state
        # The bias is an angle a sample: the same rate, spread over other samples.
        for k in range(3):
            st[_BIAS + k] = int(st[_BIAS + k] * (self._rate_hz / rate_hz))
        self._rate_hz = rate_hz
        half_angle = math.pi / 360 / rate_hz  # of 1 deg/s in one sample, rad
        scale = self._gyr_scale_ndps * 1e-9 * half_angle * (1 << 30)
        st[_SCALE] = int(scale)
        st[_SCALE_FRACTION] = int((scale - int(scale)) * 32768 + 0.5)
        # Butterworth with VQF's cut-off for a time constant, sqrt(2) / (2 pi tau), as a state-variable filter.
        g = math.tan(math.sqrt(2) / 2 / TAU_S * BLOCK / rate_hz)
        a1 = 1 / (1 + g * (g + math.sqrt(2)))
        st[_A1] = int(a1 * 32768 + 0.5)
        st[_A2] = int(a1 * g * (1 << 22) + 0.5)
        st[_A3] = int(a1 * g * g * (1 << 30) + 0.5)
        q24 = half_angle * (1 << 24)
        st[_GYR_LIMIT] = int(_REST_DPS * q24)
        st[_BIAS_LIMIT] = int(_BIAS_CLIP_DPS * q24) if self._learn_bias else -1
        st[_ACC_LIMIT] = int(_REST_G * 256e12 / self._acc_scale_pg)
        st[_STILL_NEEDED] = int(_REST_S * rate_hz / BLOCK)
        st[_MEAN_BLOCKS] = int(TAU_S * rate_hz / BLOCK)

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
        if st[_AGE] == 0 and self._fill == 0:
            # The first sample tells which way is up, as the first value of VQF's low-pass does.
            for k in range(3):
                st[_IC2 + k] = raw[3 + k] << 12
            for _ in range(_LEVEL_STEPS):
                _level(st)
        at = 0
        while at < count:
            n = BLOCK - self._fill
            if n > count - at:
                n = count - at
            st[_AT] = at
            _integrate(st, raw, quaternions, n)
            at += n
            self._fill += n
            if self._fill == BLOCK:
                self._fill = 0
                _filter(st)
                _level(st)

    @property
    def at_rest(self):
        """Whether nothing has moved for 1.5 s."""
        return self._state[_REST] == 1

    @property
    def settled(self):
        """Whether the low-pass has seen one time constant since the start."""
        return self._state[_AGE] > self._state[_MEAN_BLOCKS]

    def bias_udps(self, axis):
        """Learned bias of an axis (0, 1, 2), udeg/s."""
        return int(self._state[_BIAS + axis] / (1 << 30) * self._rate_hz * 360 / math.pi * 1e6)

    def set_bias_udps(self, axis, bias_udps):
        """Put in a bias known from before, udeg/s."""
        self._state[_BIAS + axis] = int(bias_udps * 1e-6 * math.pi / 360 / self._rate_hz * (1 << 30))
