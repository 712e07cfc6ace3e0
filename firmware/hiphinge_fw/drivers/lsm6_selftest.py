"""Self-test of an LSM6 chip, as ST prescribes it.

`*_self_test.c` in ST's STMems_Standard_C_drivers: average five samples, switch the test force on, wait 100 ms, average
five more, compare.

The sensor must lie still. Limits are those of the data sheets' tables "Mechanical characteristics": 50 to 1700 mg,
and 150 to 700 deg/s at 2000 deg/s full scale; they hold for the whole family.
"""

from micropython import const

from hiphinge_fw.drivers.imu import ImuError
from hiphinge_fw.drivers.lsm6_chips import CTRL1, CTRL2, CTRL3, OUTX_L_G, STATUS_REG

# Numbers of the steps, as the wire format has them.
IDENTITY = const(1)
GRAVITY = const(2)
ACCELEROMETER = const(3)
GYROSCOPE = const(4)
FIFO = const(6)

# 1 g with the sensitivity tolerance (1 %), an offset of up to 40 mg an axis, and some for soldering.
_GRAVITY_MG = (920, 1080)
_ACC_MG = (50, 1700)
_GYR_DPS = (150, 700)
_BDU_IF_INC = const(0x44)
_ST_XL_POSITIVE = const(0x01)
_ST_G_POSITIVE = const(0x04)
_AVERAGED = const(5)
# From a reset until the filters have settled: 100 ms, as ST's own tests wait.
_SETTLING_MS = const(100)


def self_test(imu):
    """Run every step; the chip is configured as before when it ends.

    Parameters
    ----------
    imu : Lsm6
        Was started once, and lies still.

    Returns
    -------
    list of (step, low, high, seen)
        Passed where low <= seen <= high. Gravity and accelerometer in mg, gyroscope in deg/s, one entry an axis;
        identity as WHO_AM_I; FIFO in words of 200 ms. `seen` is -1 where the sensor did not rest or the chip stopped
        answering.
    """
    ranges = imu.acc_range_g, imu.gyr_range_dps, imu.rate_hz
    # Samples to come are counted on: those of the test are nobody's.
    following = imu.next_index
    steps = []
    try:
        steps.append((IDENTITY, imu.who_am_i, imu.who_am_i, imu.read_register(0x0F)))
        imu.start(*ranges)
        imu.sleep_ms(_SETTLING_MS)
        gravity = imu.check_gravity()
        steps.append((GRAVITY,) + _GRAVITY_MG + (-1 if gravity is None else gravity,))
        for seen in _response(imu, 6, _accelerometer_on, 122):
            steps.append((ACCELEROMETER,) + _ACC_MG + (seen // 1000,))
        for seen in _response(imu, 0, _gyroscope_on, 70):
            steps.append((GYROSCOPE,) + _GYR_DPS + (seen // 1000,))
        imu.start(*ranges)
        imu.sleep_ms(200)
        # Three words a sample, and one in 64 samples; oscillators are off by up to 5 %, filters start late.
        words = imu.rate_hz * 3 // 5
        steps.append((FIFO, words * 3 // 4, words * 5 // 4, _level(imu)))
        imu.start(*ranges, following)
    except ImuError:
        steps.append((GRAVITY,) + _GRAVITY_MG + (-1,) if steps else (IDENTITY, imu.who_am_i, imu.who_am_i, -1))
        # Whoever starts it next says from where.
        imu.skip(following - imu.next_index)
    return steps


def _accelerometer_on(imu):
    # 60 Hz (DSV) or 52 Hz (DSO), 4 g; the gyroscope stays off.
    family = imu.family
    half = min(family.rates.values()) - 1
    imu.reset()
    imu.write_register(CTRL3, _BDU_IF_INC)
    for register, value in family.writes(half, family.acc[4], 0):
        if register != CTRL2:
            imu.write_register(register, value)
    return _ST_XL_POSITIVE


def _gyroscope_on(imu):
    # 240 Hz (DSV) or 208 Hz (DSO), 2000 deg/s; the accelerometer stays off.
    family = imu.family
    double = min(family.rates.values()) + 1
    imu.reset()
    imu.write_register(CTRL3, _BDU_IF_INC)
    for register, value in family.writes(double, 0, family.gyr[2000]):
        if register != CTRL1:
            imu.write_register(register, value)
    return _ST_G_POSITIVE


def _response(imu, at, switch_on, milli_units):
    # |with - without| of the three axes, in thousandths of mg or deg/s.
    force = switch_on(imu)
    without = _average(imu, at)
    imu.write_register(imu.family.self_test_register, force)
    with_force = _average(imu, at)
    imu.write_register(imu.family.self_test_register, 0)
    return [abs(a - b) * milli_units // _AVERAGED for a, b in zip(with_force, without)]


def _average(imu, at):
    # Sum of five samples, after 100 ms and one to throw away.
    imu.sleep_ms(100)
    bit = 1 if at else 2  # XLDA, GDA
    total = [0, 0, 0]
    for turn in range(_AVERAGED + 1):
        for _ in range(100):
            if imu.read_register(STATUS_REG) & bit:
                break
            imu.sleep_ms(1)
        else:
            raise ImuError(imu.address, "STATUS_REG", bit, 0)
        data = imu.i2c.readfrom_mem(imu.address, OUTX_L_G + at, 6)
        if turn:
            for k in range(3):
                total[k] += ((data[2 * k] | data[2 * k + 1] << 8) ^ 0x8000) - 0x8000
    return total


def _level(imu):
    data = imu.i2c.readfrom_mem(imu.address, imu.family.status, 2)
    return data[0] | (data[1] & imu.family.level_mask) << 8
