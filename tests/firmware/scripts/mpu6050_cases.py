"""Cases of the MPU-6050 driver against the simulated chip."""

import time

import micropython

import machine
import sim_board as board
from hiphinge_fw.drivers.imu import ImuError
from hiphinge_fw.drivers.mpu6050 import Mpu6050
from rig_report import report
from sim_clock import clock
from sim_mpu6050 import Mpu6050Chip
from sim_sources import Numbered


def make(**options):
    chip = Mpu6050Chip(Numbered(5), **options)
    board.buses[0].chips[0x68] = chip
    return chip, Mpu6050(machine.I2C(0), 0x68, time.ticks_us, time.sleep_ms)


def image(acc, gyr):
    chip, imu = make()
    imu.start(acc, gyr)
    imu.read_temperature()
    report(
        registers={"%02X" % k: v for k, v in enumerate(chip.registers) if v and not 0x0D <= k <= 0x10},
        scales=[imu.acc_scale_pg, imu.gyr_scale_ndps],
        chip_scales=[chip.acc_pg(), chip.gyr_ndps()],
        temperature=imu.temperature_cdeg,
    )


def stream(seconds, faults=None, stall=0, rate_error=0.0):
    chip, imu = make(rate_error=rate_error)
    imu.start()
    bus = board.buses[0]
    for name, rate in (faults or {}).items():
        bus.per_million[name] = rate
    end = clock.now_us + seconds * 1000000
    seen = damaged = 0
    off = 0
    last = -1
    doubled = 0
    flagged = 0
    while clock.now_us < end:
        if stall and seen > 300:
            time.sleep_ms(stall)
            stall = 0
        for _ in range(20):
            n = imu.poll()
            for k in range(n):
                number = chip.source.number(imu.raw, 6 * k)
                index = imu.first_index + k
                doubled += index <= last
                last = index
                seen += 1
                if number is None:
                    damaged += 1
                else:
                    off = max(off, abs(number - index))
            flagged |= imu.flags if n else 0
            if not imu.more:
                break
        time.sleep_ms(28)
    report(
        seen=seen,
        made=chip._made,
        damaged=damaged,
        off=off,
        doubled=doubled,
        dropped=imu.dropped,
        overflows=imu.overflows,
        bus_errors=imu.bus_errors,
        tag_errors=imu.tag_errors,
        resyncs=imu.resyncs,
        flagged=flagged,
        pair=imu.pair,
    )


def refusals():
    for name in ("other", "absent", "stuck"):
        chip, imu = make()
        if name == "other":
            chip.registers[0x75] = 0x70
        elif name == "absent":
            chip.powered = False
        else:
            chip.write = lambda register, data: None
            chip.registers[0x6B] = 0x80
        try:
            imu.start()
            report(case=name, error=None)
        except ImuError as error:
            report(case=name, error=[error.what, error.expected, error.seen])


def no_allocation():
    _, imu = make()
    imu.start()
    time.sleep_ms(100)
    imu.poll()

    class Quiet:
        def readfrom_mem_into(self, address, register, buffer):
            k = 0
            while k < len(buffer):
                buffer[k] = 0
                k += 1
            if register == 0x72:
                buffer[1] = 36

    imu.i2c = Quiet()
    micropython.heap_lock()
    n = imu.poll()
    micropython.heap_unlock()
    report(n=n)
