"""Self-tests of the drivers on chips that are well and chips that are not."""

import time

import machine
import sim_board as board
from hiphinge_fw.drivers.lsm6 import Lsm6
from hiphinge_fw.drivers.lsm6_selftest import self_test
from hiphinge_fw.drivers.mpu6050 import Mpu6050
from rig_report import report
from sim_lsm6 import Lsm6Chip
from sim_mpu6050 import Mpu6050Chip
from sim_sources import Rest


def lsm6(kind, acc_g=(0, 0, 1), gyr_dps=(0.3, -0.2, 0.1), **changes):
    chip = Lsm6Chip(kind, Rest(tuple(acc_g), tuple(gyr_dps)), rate_error=0.02)
    for name, value in changes.items():
        setattr(chip, name, value)
    board.buses[0].chips[0x6A] = chip
    imu = Lsm6(machine.I2C(0), 0x6A, time.ticks_us, time.sleep_ms)
    imu.start(8, 1000)
    steps = self_test(imu)
    report(
        steps=steps, restored=imu.mismatch() is None, test_off=chip.registers[imu.family.self_test_register] & 15 == 0
    )


def mpu6050(response):
    chip = Mpu6050Chip(Rest((0, 0.6, 0.8), (1, 2, 3)))
    chip.response = response
    board.buses[0].chips[0x68] = chip
    imu = Mpu6050(machine.I2C(0), 0x68, time.ticks_us, time.sleep_ms)
    imu.start(8, 1000)
    report(steps=imu.self_test(), gravity=imu.check_gravity(), restored=imu.mismatch() is None, demo=imu.demo_grade)
