"""What `main` runs, put together: read from flash at the start, and gone after it."""

import gc
import time

import machine

from board import BOARD
from hiphinge_fw import VERSION
from hiphinge_fw.core.ring import BlockRing, bytes_for
from hiphinge_fw.core.seldom import Room, seldom
from hiphinge_fw.shell import storage

# A block has its slot in the ring's tables; one of a pass in profile A has 96 bytes and more.
_SLOT_BYTES = 96
# With so much free ten seconds stay in RAM as live blocks of 35 ms, too.
_PLENTY = 300000
_LIVE_BLOCKS = 286
# What a session takes beside the ring, in 64-bit words: filters and clocks of both IMUs, 7 kB, and for a moment what is
# asked seldom, 10 to 20 kB in one stretch, which free memory seldom is (tests/firmware/test_memory.py).
_SESSION = 28000
# The longest block twice, and as much again: less than this is no ring.
_LEAST = 4096


def label_passkey(kept):
    """What is printed on the label, where pairing is to ask for it; None where not."""
    from hiphinge_fw.core.settings import Settings

    settings = Settings(kept)
    return settings.get("passkey") if settings.get("passkey_pairing") and settings.get("passkey") else None


def build(make_ports):
    """Everything, ready to run; returns (device, ports). `make_ports`: main's."""
    board = BOARD
    kept = storage.Kept()
    bonds = storage.Bonds(kept)
    # The radio first: it takes its memory from what the heap has not grown into yet.
    from hiphinge_fw.shell.ble import BlePort

    ble = BlePort(bonds, time.ticks_us, label_passkey(kept))
    unique = machine.unique_id()
    serial = "".join("%02X" % byte for byte in unique)
    ble.start("hiphinge", serial, board.name, VERSION)
    machine.freq(board.cpu_hz)
    from hiphinge_fw.core.device import Device
    from hiphinge_fw.core.link import Link
    from hiphinge_fw.shell.buses import I2cBus

    ports = make_ports(board, kept, bonds, ble)
    ports.ring = BlockRing(0, 0)
    ports.log, ports.runs = storage.open_log()
    buses = {number: I2cBus(number, scl, sda, board.i2c_hz, time.sleep_us) for number, scl, sda in board.buses}
    ports.sensors = make_sensors(board, buses)
    ports.links = [Link(ble)]
    line = make_line(board)
    if line is not None:
        ports.links.append(Link(line))
    ports.vibrate = make_motor(board, buses)
    restarts, crashes = storage.restarts()
    device = Device(board, ports, kept.next_boot(), serial, restarts, crashes > storage.MANY_CRASHES)
    fill_memory(ports.ring, board.ring_blocks)
    return device, ports


def fill_memory(ring, blocks):
    """Let the ring have what is left, up to so many long blocks, or ten seconds of live ones where there is plenty."""
    gc.collect()
    session = _left_free(_SESSION)
    capacity = bytes_for(blocks, 996, 1024)
    if gc.mem_free() > _PLENTY:
        capacity = bytes_for(_LIVE_BLOCKS, 174, 1024)
    while True:
        try:
            ring.hold(capacity, capacity // _SLOT_BYTES)
            break
        except MemoryError:
            # What does not fit into RAM goes to flash the sooner.
            Room.short = True
            capacity -= 1024
            if capacity < _LEAST:
                raise
    del session
    gc.collect()


def _left_free(count):
    while True:
        try:
            return bytearray(count)
        except MemoryError:
            count //= 2


def make_sensors(board, buses):
    """Both IMUs with their drivers."""
    from hiphinge_fw.core.sensor import Sensor
    from hiphinge_fw.drivers.imu import ImuError

    if board.mpu6050:
        from hiphinge_fw.drivers.mpu6050 import Mpu6050 as Driver
    else:
        from hiphinge_fw.drivers.lsm6 import Lsm6 as Driver
    sensors = []
    for bus, address, _ in board.places:
        driver = Driver(buses[bus].i2c, address, time.ticks_us, time.sleep_ms)
        sensors.append(Sensor(driver, buses[bus].recover, ImuError))
    return sensors


def make_motor(board, buses):
    """The vibration motor, None where there is none."""
    motor = seldom("hiphinge_fw.shell.motor")
    if board.drv2605_bus is not None:
        return motor.Drv2605(buses[board.drv2605_bus].i2c)
    return None if board.motor is None else motor.PwmMotor(board.motor)


def make_line(board):
    """The serial data line: a second CDC where the image has the modules for it, else the console's own; or None."""
    from hiphinge_fw.shell import usb

    line = seldom("hiphinge_fw.shell.cdc").data_cdc(time.ticks_us) if board.usb_data else None
    if line is None:
        return seldom("hiphinge_fw.shell.console").console_line(time.ticks_us)
    # The console keeps its own line, and Ctrl-C there ends the program.
    usb.give_back()
    return line
