"""The orientation filter's arithmetic in viper, on an array of state words: what it computes, `fusion` says.

Number formats. Qn: the integer divided by 2**n. Quaternions are Q30, half the rotation angle of a sample is Q30 too.
Every product is kept inside 32 signed bits by splitting one factor into a high and a low part (`>> 15`, `& 0x7fff`), so
the 32-bit viper of an ESP32 and the 64-bit one of a desktop compute the same bits, saturated inputs included.

A trick stands in every function: `(st[i] ^ S) - S` with S = 1 << 31. Viper on a 64-bit machine loads 32 bits without
their sign; this puts it back, and does nothing on a 32-bit machine.
"""

import micropython
from micropython import const

# Samples of a correction block, as a power of two.
_BLOCK_LOG2 = const(1)
BLOCK = 1 << _BLOCK_LOG2

# State: int32 each.
QG = const(0)  # 4: strapdown quaternion, sensor -> almost inertial, Q30
QA = const(4)  # 4: inclination quaternion, almost inertial -> Earth, Q30
BIAS = const(8)  # 3: gyroscope bias as half angle a sample, Q30
SCALE = const(11)  # half angle a count, Q30: whole part
SCALE_FRACTION = const(12)  # and its fraction, Q15
AT = const(13)  # first sample of `raw` to take
_ACC_SUM = const(14)  # 3: sum over the block of the rotated accelerometer, counts * 2**8
_GYR_SUM = const(17)  # 3: sum over the block of half angles, Q24
_IC1 = const(20)  # 3: low-pass state, counts * 2**12
IC2 = const(23)  # 3: low-pass output, counts * 2**12
A1 = const(26)  # low-pass coefficients: Q15,
A2 = const(27)  # Q22,
A3 = const(28)  # Q30
_GYR_SLOW = const(29)  # 3: slow mean of the half angle a sample, Q24
_ACC_SLOW = const(32)  # 3: slow mean of the rotated accelerometer, counts * 2**8
_STILL = const(35)  # blocks without motion
STILL_NEEDED = const(36)  # blocks until it is called rest
GYR_LIMIT = const(37)  # largest deviation at rest, Q24
ACC_LIMIT = const(38)  # counts * 2**8
BIAS_LIMIT = const(39)  # largest rate a bias may have, Q24; negative: learn nothing
REST = const(40)  # 1 at rest
AGE = const(41)  # blocks since the start
MEAN_BLOCKS = const(42)  # blocks whose running mean starts the low-pass
STATES = const(43)


@micropython.viper
def integrate(st_, raw_, out_, count: int):
    """Strapdown integration of `count` samples from raw[6 * AT] on; fills the same samples of `out` with w x y z."""
    st = ptr32(st_)
    raw = ptr16(raw_)
    out = ptr16(out_)
    one = 1
    S = one << 31
    w = (st[QG] ^ S) - S
    x = (st[QG + 1] ^ S) - S
    y = (st[QG + 2] ^ S) - S
    z = (st[QG + 3] ^ S) - S
    b0 = (st[BIAS] ^ S) - S
    b1 = (st[BIAS + 1] ^ S) - S
    b2 = (st[BIAS + 2] ^ S) - S
    scale = st[SCALE]
    fraction = st[SCALE_FRACTION]
    sx = (st[_ACC_SUM] ^ S) - S
    sy = (st[_ACC_SUM + 1] ^ S) - S
    sz = (st[_ACC_SUM + 2] ^ S) - S
    g0 = (st[_GYR_SUM] ^ S) - S
    g1 = (st[_GYR_SUM + 1] ^ S) - S
    g2 = (st[_GYR_SUM + 2] ^ S) - S
    aw = ((st[QA] ^ S) - S) >> 15
    ax = ((st[QA + 1] ^ S) - S) >> 15
    ay = ((st[QA + 2] ^ S) - S) >> 15
    az = ((st[QA + 3] ^ S) - S) >> 15
    i = st[AT] * 6
    o = st[AT] * 4
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
    st[QG] = w
    st[QG + 1] = x
    st[QG + 2] = y
    st[QG + 3] = z
    st[_ACC_SUM] = sx
    st[_ACC_SUM + 1] = sy
    st[_ACC_SUM + 2] = sz
    st[_GYR_SUM] = g0
    st[_GYR_SUM + 1] = g1
    st[_GYR_SUM + 2] = g2


@micropython.viper
def filter_block(st_):
    """Once a block: low-pass of the rotated accelerometer, rest detection, bias."""
    st = ptr32(st_)
    one = 1
    S = one << 31
    a1 = st[A1]
    a2 = st[A2]
    a3 = st[A3]
    age = st[AGE] + 1
    st[AGE] = age
    k = 0
    while k < 3:
        v = ((st[_ACC_SUM + k] ^ S) - S) << (4 - _BLOCK_LOG2)
        st[_ACC_SUM + k] = 0
        c2 = (st[IC2 + k] ^ S) - S
        if age <= st[MEAN_BLOCKS]:
            # As VQF starts: the running mean, from which the low-pass goes on.
            st[IC2 + k] = c2 + (v - c2) // age
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
            st[IC2 + k] = c2 + 2 * v2
        # Rest: how far block means stray from slow means. 1/32 a block of two is a time constant of half a second.
        m = (st[_ACC_SLOW + k] ^ S) - S
        d = (v >> 4) - m
        st[_ACC_SLOW + k] = m + (d >> 5)
        if d < 0:
            d = 0 - d
        if d > st[ACC_LIMIT]:
            st[_STILL] = 0
        v = ((st[_GYR_SUM + k] ^ S) - S) >> _BLOCK_LOG2
        st[_GYR_SUM + k] = 0
        m = (st[_GYR_SLOW + k] ^ S) - S
        d = v - m
        st[_GYR_SLOW + k] = m + (d >> 5)
        if d < 0:
            d = 0 - d
        if d > st[GYR_LIMIT]:
            st[_STILL] = 0
        # The rate itself, bias put back, must be one a bias can have.
        m = v + (((st[BIAS + k] ^ S) - S) >> 6)
        if m < 0:
            m = 0 - m
        if m > ((st[BIAS_LIMIT] ^ S) - S):
            st[_STILL] = 0
        k += 1
    still = st[_STILL] + 1
    st[_STILL] = still
    st[REST] = 0
    if still > st[STILL_NEEDED]:
        st[_STILL] = st[STILL_NEEDED] + 1
        st[REST] = 1
        k = 0
        while k < 3:
            # What is left of the rate at rest is bias: move 1/64 of it over (and Q24 to Q30 is 64).
            d = (st[_GYR_SLOW + k] ^ S) - S
            st[BIAS + k] = ((st[BIAS + k] ^ S) - S) + d
            st[_GYR_SLOW + k] = d - (d >> 6)
            k += 1


@micropython.viper
def level(st_):
    """Once a block: turn QA so that the low-passed accelerometer points up; both quaternions back to length one."""
    st = ptr32(st_)
    one = 1
    S = one << 31
    w = (st[QA] ^ S) - S
    x = (st[QA + 1] ^ S) - S
    y = (st[QA + 2] ^ S) - S
    z = (st[QA + 3] ^ S) - S
    wq = w >> 15
    xq = x >> 15
    yq = y >> 15
    zq = z >> 15
    c0 = (st[IC2] ^ S) - S
    c1 = (st[IC2 + 1] ^ S) - S
    c2 = (st[IC2 + 2] ^ S) - S
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
        o = QA - 4 * k
        st[o] = w + wq * t
        st[o + 1] = x + xq * t
        st[o + 2] = y + yq * t
        st[o + 3] = z + zq * t
        w = (st[QG] ^ S) - S
        x = (st[QG + 1] ^ S) - S
        y = (st[QG + 2] ^ S) - S
        z = (st[QG + 3] ^ S) - S
        k += 1
