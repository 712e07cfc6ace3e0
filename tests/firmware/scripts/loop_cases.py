"""The loop's pass: no allocation, and what it costs."""

import gc
import time

import micropython

import sim_board as board
from rig_report import report
from sim_flash import Flash
from sim_lsm6 import Lsm6Chip
from sim_radio import radio
from sim_sources import Rest

LOCKED = [False]


def leave():
    if LOCKED[0]:
        micropython.heap_unlock()


def enter():
    if LOCKED[0]:
        micropython.heap_lock()


def outside(function, count):
    """`function` of so many arguments, which may allocate though the firmware may not."""

    def none():
        leave()
        value = function()
        enter()
        return value

    def one(a):
        leave()
        value = function(a)
        enter()
        return value

    def two(a, b):
        leave()
        value = function(a, b)
        enter()
        return value

    def three(a, b, c):
        leave()
        value = function(a, b, c)
        enter()
        return value

    return (none, one, two, three)[count]


def started(sectors=16, mtu=247, numbers=None):
    """A device that streams to a host which acknowledges nothing but what it is told to."""
    from hiphinge_wire.requests import Start

    from hiphinge_fw.core.settings import sealed

    for bus in range(2):
        board.buses[bus].chips[0x6A] = Lsm6Chip("dsv16x", Rest(), (0.023, -0.015)[bus])
    board.adc_uv[4] = 1950000
    board.partitions["hiplog"] = Flash(sectors)
    board.partitions["hiplog"].erase_us = (45, 400)
    board.nvs["hiphinge"] = {"allowed": sealed(radio.identity + b"\x01")}
    radio.mtu = mtu
    import main

    device, _ = main.build()
    got = []
    asked = []

    def exchange(at_us, up, packets):
        got.extend(packets)
        out = list(asked)
        del asked[:]
        return out

    radio.exchange = exchange
    radio.begin()
    for _ in range(60):
        device.step()
        time.sleep_ms(30)
    asked.append(b"\xc0" + Start(request=1, profile=3).encode())
    for _ in range(60):
        device.step()
        time.sleep_ms(30)
    assert device.states.code == 3, device.states.code
    return device, got, asked


def _wrap(device):
    # What is not the firmware's own.
    for imu in device.sensors:
        i2c = imu.driver.i2c
        outer = Reader(i2c)
        imu.driver.i2c = outer
    ports = device.ports
    device.ticks_us = outside(time.ticks_us, 0)
    ports.ticks_ms = outside(time.ticks_ms, 0)
    for one in device.sensors:
        one.driver._ticks_us = device.ticks_us
    ports.battery_mv = outside(ports.battery_mv, 0)
    ports.feed = outside(ports.feed, 0)
    ports.pressed = outside(ports.pressed, 0)
    ports.led = outside(ports.led, 2)
    ports.vibrate = outside(ports.vibrate, 1)
    ble = device.links[0].port._ble
    device.links[0].port._ble = Notifier(ble)


def no_allocation(passes):
    """Passes under a locked heap. Once a second STATUS makes its message: that pass is unlocked, and counted."""
    device, _, _ = started()
    _wrap(device)
    locked = unlocked = 0
    blocks = device.delivery.sent
    for _ in range(passes):
        slow = time.ticks_diff(time.ticks_us(), device._slow_us) > 200000
        gc.collect()
        if slow:
            unlocked += 1
            # What the host has: decoding its ACK would make objects, as every request does.
            device.delivery.acknowledge(device.boot, device.delivery.live_next - 1)
            device.step()
        else:
            locked += 1
            micropython.heap_lock()
            LOCKED[0] = True
            try:
                device.step()
            finally:
                LOCKED[0] = False
                micropython.heap_unlock()
        time.sleep_ms(30)
    report(locked=locked, unlocked=unlocked, blocks=device.delivery.sent - blocks)


class Reader:
    """An I2C bus that may allocate."""

    def __init__(self, i2c):
        self.readfrom_mem_into = outside(i2c.readfrom_mem_into, 3)
        self.readfrom_mem = i2c.readfrom_mem
        self.writeto_mem = i2c.writeto_mem


class Notifier:
    """The radio's side of a notification may allocate."""

    def __init__(self, ble):
        self.gatts_notify = outside(ble.gatts_notify, 3)
        self.gatts_write = ble.gatts_write
        self.gap_advertise = ble.gap_advertise
        self.gap_disconnect = ble.gap_disconnect


def reference():
    """The fixed loop: integer sums in bytecode."""
    total = 0
    for k in range(1000):
        total += k & 7
    return total


def cost(passes):
    """A pass in microseconds of this interpreter, and the reference loop; the simulated world's time is taken out."""
    import utime

    device, got, _ = started()
    spent = [0]
    calls = [0]

    def timed(function, count):
        def any_number(*values):
            calls[0] += 1
            begun = utime.ticks_us()
            value = function(*values)
            spent[0] += utime.ticks_diff(utime.ticks_us(), begun)
            return value

        return any_number

    def nothing(value):
        return value

    # What it costs to look at the clock around each call.
    watched = timed(nothing, 1)
    extra = []
    for _ in range(200):
        spent[0] = 0
        begun = utime.ticks_us()
        for k in range(20):
            watched(k)
        with_us = utime.ticks_diff(utime.ticks_us(), begun) - spent[0]
        begun = utime.ticks_us()
        for k in range(20):
            nothing(k)
        extra.append((with_us - utime.ticks_diff(utime.ticks_us(), begun)) / 20)
    extra.sort()
    extra_us = extra[100]

    global outside
    outside = timed
    _wrap(device)
    blocks = device.delivery.sent
    before = sum(device.assembly.samples)
    took = []
    for _ in range(passes):
        gc.collect()
        spent[0] = calls[0] = 0
        begun = utime.ticks_us()
        device.step()
        took.append(utime.ticks_diff(utime.ticks_us(), begun) - spent[0] - calls[0] * extra_us)
        time.sleep_ms(30)
        del got[:]
    samples = sum(device.assembly.samples) - before
    loops = []
    for _ in range(50):
        begun = utime.ticks_us()
        reference()
        loops.append(utime.ticks_diff(utime.ticks_us(), begun))
    loops.sort()
    took.sort()
    # One of the quick ones, of both: whatever else the machine does is not in them.
    report(
        pass_us=took[passes // 10],
        quickest_us=took[0],
        slow_us=took[passes * 19 // 20],
        reference_us=loops[5],
        samples=samples / passes,
        blocks=(device.delivery.sent - blocks) / passes,
    )


def ages(passes):
    """How old the oldest sample of a live block is when it closes, us; the chip's own count is the truth."""
    device, got, _ = started()
    from sim_clock import clock

    assembly = device.assembly
    plain = assembly.close
    seen = []
    chips = [board.buses[bus].chips[0x6A] for bus in range(2)]

    def close():
        oldest = 0
        for imu in range(2):
            count = assembly._words[6 + imu]
            chip = chips[imu]
            # The FIFO was emptied just now: what it took last came last.
            taken = chip._made - len(chip.in_fifo())
            made_us = chip._start_us + (taken - count + 1) * chip._period_us
            oldest = max(oldest, clock.now_us - made_us)
        seen.append(int(oldest))
        return plain()

    assembly.close = close
    from hiphinge_fw.shell.clock import Pace

    pace = Pace(time.sleep_ms, time.ticks_us, time.ticks_diff)
    for _ in range(passes):
        device.step()
        pace.wait()
        del got[:]
    seen.sort()
    report(ages=seen)
