"""Registers, fields and codes of ST's LSM6 chips, and what differs between them.

From lsm6dsv16x_reg.h and lsm6dso_reg.h of ST's driver repositories (lsm6dsv16x-pid, lsm6dso-pid); the LSM6DSOX and
LSM6DSR have the LSM6DSO's. Names are the data sheets' (DS13510, DS12140, DS12814, DS12899). Sizes of the FIFOs: 3 kB in
512 words without compression (LSM6DSO); half as much in the LSM6DSV16X, whose counter has one bit less.
"""

from micropython import const

FIFO_CTRL1 = const(0x07)  # WTM: no watermark pin is used
FIFO_CTRL2 = const(0x08)  # FIFO_COMPR_RT_EN: off, for a compressed word needs those before it
FIFO_CTRL3 = const(0x09)  # BDR_GY, BDR_XL: rates of batching
FIFO_CTRL4 = const(0x0A)  # DEC_TS_BATCH (DSO: ODR_TS_BATCH), ODR_T_BATCH, FIFO_MODE
WHO_AM_I = const(0x0F)
CTRL1 = const(0x10)  # DSV: OP_MODE_XL, ODR_XL; DSO, CTRL1_XL: ODR_XL, FS_XL
CTRL2 = const(0x11)  # DSV: OP_MODE_G, ODR_G; DSO, CTRL2_G: ODR_G, FS_G with FS_125
CTRL3 = const(0x12)  # BDU, IF_INC, SW_RESET at the same places in both
_CTRL6 = const(0x15)  # DSV: LPF1_G_BW, FS_G
_CTRL8 = const(0x17)  # DSV: FS_XL
_CTRL9_XL = const(0x18)  # DSO: I3C_DISABLE
_CTRL10_C = const(0x19)  # DSO: TIMESTAMP_EN
STATUS_REG = const(0x1E)  # XLDA, GDA
_FUNCTIONS_ENABLE = const(0x50)  # DSV: TIMESTAMP_EN
OUTX_L_G = const(0x22)  # gyroscope x y z, accelerometer x y z
FIFO_DATA_OUT_TAG = const(0x78)

SW_RESET = const(0x01)
BDU_IF_INC = const(0x44)
FIFO_STREAM = const(6)  # FIFO_MODE: continuous, the oldest goes first
TS_EVERY_SAMPLE = const(0x40)
TEMPERATURE_SLOWEST = const(0x10)  # 1.875 Hz (DSV), 1.6 Hz (DSO)
_DSV_TIMESTAMP_EN = const(0x40)
_DSO_TIMESTAMP_EN = const(0x20)
_DSO_CTRL9_XL = const(0xE2)  # reset value E0, with I3C_DISABLE
FIFO_OVR_LATCHED = const(0x08)  # in FIFO_STATUS2; DSO: OVER_RUN_LATCHED

# Sensitivities are the same in the whole family (tables "Mechanical characteristics"): pg and ndeg/s a count.
ACC_SCALE_PG = {2: 61000000, 4: 122000000, 8: 244000000, 16: 488000000, 32: 976000000}
GYR_SCALE_NDPS = {125: 4375000, 250: 8750000, 500: 17500000, 1000: 35000000, 2000: 70000000}


class Dsv:
    """LSM6DSV16X and LSM6DSV."""

    # FIFO_STATUS1 with DIFF_FIFO[8] in FIFO_STATUS2; 256 words.
    status, level_mask, fifo_words = 0x1B, 0x01, 256
    rates = {120: 6, 240: 7, 480: 8}  # ODR_XL, ODR_G, BDR_XL, BDR_GY
    acc = {2: 0, 4: 1, 8: 2, 16: 3}  # FS_XL
    gyr = {125: 0, 250: 1, 500: 2, 1000: 3, 2000: 4}  # FS_G
    name = "LSM6DSV16X"
    # What the self-test of the family sets: register, FS_XL 4 g, FS_G 2000 deg/s.
    self_test_register = 0x19  # CTRL10: ST_G, ST_XL

    @staticmethod
    def writes(rate, acc, gyr):
        """Registers that set rate and ranges, by their codes."""
        return (
            (_CTRL6, gyr),
            (_CTRL8, acc),
            (_FUNCTIONS_ENABLE, _DSV_TIMESTAMP_EN),
            (CTRL1, rate),  # OP_MODE 0: high performance
            (CTRL2, rate),
        )


class Dsv32(Dsv):
    """LSM6DSV32X."""

    acc = {4: 0, 8: 1, 16: 2, 32: 3}
    name = "LSM6DSV32X"


class Dso:
    """LSM6DSO and LSM6DSOX."""

    # DIFF_FIFO[9:8] in FIFO_STATUS2; 512 words.
    status, level_mask, fifo_words = 0x3A, 0x03, 512
    rates = {104: 4, 208: 5, 416: 6}
    acc = {2: 0, 4: 2, 8: 3, 16: 1}
    gyr = {125: 1, 250: 0, 500: 2, 1000: 4, 2000: 6}  # FS_G and, lowest, FS_125
    name = "LSM6DSO"
    self_test_register = 0x14  # CTRL5_C: ST_G, ST_XL

    @staticmethod
    def writes(rate, acc, gyr):
        """Registers that set rate and ranges, by their codes."""
        return (
            (_CTRL9_XL, _DSO_CTRL9_XL),
            (_CTRL10_C, _DSO_TIMESTAMP_EN),
            (CTRL1, rate << 4 | acc << 2),
            (CTRL2, rate << 4 | gyr << 1),
        )


class Dsr(Dso):
    """LSM6DSR."""

    name = "LSM6DSR"


# WHO_AM_I. 0x6C is the LSM6DSOX as well: the same registers.
FAMILY = {0x70: Dsv, 0x6C: Dso, 0x6B: Dsr}

# Time stamps of 25 µs (DSO) or 21.7 µs (DSV) at 104 or 120 Hz: 384 steps a sample; at twice the rate half as many.
TS_STEPS_HZ = {Dsv: 46080, Dsv32: 46080, Dso: 40000, Dsr: 40000}
# Rates as they are (DSO: 6667 Hz / 64), not as they are called.
TRUE_MILLIHZ = {120: 120000, 240: 240000, 480: 480000, 104: 104167, 208: 208333, 416: 416667}
