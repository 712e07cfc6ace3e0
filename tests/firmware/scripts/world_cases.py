"""The simulated world looked at from inside."""

import time

import esp32
import machine
import sim_board as board
from rig_report import report
from sim_clock import clock
from sim_flash import Flash, PowerCut
from sim_lsm6 import Lsm6Chip
from sim_sources import Rest


def ticks():
    first = time.ticks_us()
    first_ms = time.ticks_ms()
    time.sleep_ms(6000)
    later = time.ticks_us()
    later_ms = time.ticks_ms()
    board.buses[0].chips[0x6A] = Lsm6Chip("dso", Rest())
    start = clock.now_us
    machine.I2C(0).readfrom_mem(0x6A, 0x0F, 6)
    report(
        first=first,
        first_ms=first_ms,
        wrapped_us=later,
        wrapped_ms=later_ms,
        diff_us=time.ticks_diff(later, first),
        asking_us=2 * clock.call_us,
        transfer_us=clock.now_us - start,
    )


def flash():
    part = Flash(2)
    board.partitions["log"] = part
    found = esp32.Partition.find(1, label="log")[0]
    out = bytearray(1)
    found.writeblocks(0, b"\x0c", 7)
    found.writeblocks(0, b"\x35", 7)
    found.readblocks(0, out, 7)
    anded = out[0]
    before = clock.now_us
    found.ioctl(6, 0)
    erase_ms = (clock.now_us - before) // 1000
    found.readblocks(0, out, 7)
    erased = out[0]
    part.budget = 3
    kept = 0
    try:
        found.writeblocks(1, bytes(8), 0)
    except PowerCut:
        kept = 7
    part.budget = None
    torn = bytearray(8)
    found.readblocks(1, torn, 0)
    report(
        anded=anded,
        impossible=part.impossible,
        erased=erased,
        erase_ms=erase_ms,
        torn_prefix=list(torn[:3]),
        torn_rest=sorted(set(torn[4:])),
        kept=kept,
    )


def parts():
    board.buses[0].chips[0x6A] = Lsm6Chip("dso", Rest())
    i2c = machine.I2C(0, scl=machine.Pin(9), sda=machine.Pin(8))
    scan = i2c.scan()
    board.buses[0].stuck = True
    board.scl_pins[0] = 9
    try:
        i2c.readfrom_mem(0x6A, 0x0F, 1)
        error = None
    except OSError as failure:
        error = failure.errno
    scl = machine.Pin(9, machine.Pin.OUT)
    for _ in range(9):
        scl.off()
        scl.on()
    freed = i2c.scan()
    keys = esp32.NVS("app")
    keys.set_i32("boots", 5)
    keys.commit()
    motor = machine.PWM(machine.Pin(4), freq=200, duty_u16=32768)
    motor.deinit()
    board.adc_uv[1] = 1900000
    dog = machine.WDT(timeout=8000)
    time.sleep_ms(7000)
    dog.feed()
    try:
        time.sleep_ms(9000)
        bitten = None
    except board.Reset as reset:
        bitten = reset.cause
    report(
        watchdog=bitten,
        stuck=[error, freed],
        nvs=esp32.NVS("app").get_i32("boots"),
        pwm=[change[3] for change in board.pwm_changes],
        adc=machine.ADC(machine.Pin(1)).read_uv(),
        scan=scan,
    )
