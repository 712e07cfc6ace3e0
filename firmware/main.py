"""Composition root: the board's parts are made here, joined, and run. Nothing is decided here."""

import gc
import time

import machine

from board import BOARD
from hiphinge_fw import VERSION
from hiphinge_fw.core.ring import BlockRing, bytes_for
from hiphinge_fw.shell import storage

# A loop that stands still for this long is restarted; the longest wait of ours is an erasure of 0.4 s.
_WATCHDOG_MS = 8000
# Somebody at the console has so long: nothing disarms a watchdog, and a soft restart, as `mpremote` begins with, ends
# whatever would feed it. On the ESP32 making it anew sets its time (ports/esp32/machine_wdt.c).
_CONSOLE_MS = 3600000
# After so many passes (a minute) the start counts as good.
_GOOD_PASSES = 2000
# The smallest blocks, of one pass, for longer than the ring's bytes last.
_RING_SLOTS = 400
# With so much free ten seconds stay in RAM as live blocks of 35 ms, too: 52 kB of ring and 210 kB of everything else in
# 32-bit words (tests/firmware/test_on_32_bits.py), and what collections have yet to find.
_PLENTY = 300000
_LIVE_BLOCKS = 286


class Ports:
    """What `core.device.Device` uses of the hardware."""

    def __init__(self, board, kept, bonds, ble):
        self.kept = kept
        self._bonds = bonds
        self._board = board
        self._ble = ble
        self._watchdog = None
        self.ticks_us = time.ticks_us
        self.ticks_ms = time.ticks_ms
        self.vibrate = None
        self._led = machine.PWM(machine.Pin(board.led), freq=1000, duty_u16=0)
        self._duty = 0
        self._button = machine.Pin(board.button, machine.Pin.IN, machine.Pin.PULL_UP)
        self._adc = None
        if board.battery_adc is not None:
            self._adc = machine.ADC(machine.Pin(board.battery_adc), atten=machine.ADC.ATTN_11DB)

    def arm(self):
        """From now on the watchdog bites."""
        self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)

    def feed(self):
        """All is well."""
        if self._watchdog is not None:
            self._watchdog.feed()

    def leave(self):
        """Somebody wants the console: an hour of it, and it was no crash."""
        storage.note_restart(storage.restarts()[0], 0)
        if self.vibrate is not None:
            self.vibrate(0)
        if self._watchdog is not None:
            self._watchdog = machine.WDT(timeout=_CONSOLE_MS)
            self.feed()

    def led(self, lit, percent):
        """The LED, dimmed."""
        duty = percent * 655 if lit else 0
        if duty != self._duty:
            self._duty = duty
            self._led.duty_u16(duty)

    def pressed(self):
        """Whether the button is."""
        return not self._button.value()

    def battery_mv(self):
        """0 where it is not measured."""
        return 0 if self._adc is None else self._adc.read_uv() * self._board.battery_divider // 1000

    @staticmethod
    def board_temperature_cdeg():
        """Of the processor; -32768 where it has no sensor."""
        import esp32

        read = getattr(esp32, "mcu_temperature", None)
        return read() * 100 if read is not None else -32768

    def advertise(self, device):
        """Show what the device is doing; write down new bonds while at it."""
        from hiphinge_wire.gatt import ADVERT_PAIRING, ADVERT_SAFE_MODE, ADVERT_STARTED, ADVERT_STORED, Advert

        flags = ADVERT_PAIRING if device.allowlist.window_open(device.clock.seconds()) else 0
        flags |= ADVERT_STARTED if device.states.sampling else 0
        flags |= ADVERT_STORED if device.delivery.unacknowledged or device.delivery.runs else 0
        flags |= ADVERT_SAFE_MODE if device.safe else 0
        self._ble.pairing = bool(flags & ADVERT_PAIRING)
        firmware = tuple(int(part) for part in VERSION.split("."))
        advert = Advert(flags=flags, battery_percent=device.battery.percent, firmware=firmware)
        self._ble.advertise(device.settings.get("name"), advert, device.battery.percent)
        if not self._ble.linked:
            # While one pairs its bond is there before its name is on the list.
            self._bonds.tidy(device.allowlist.known)
        try:
            self._bonds.flush()
        except OSError:
            pass

    def forget_bonds(self, spare):
        """The stack's bonds, that of the identity `spare` aside."""
        if spare is None:
            self._bonds.forget()
        else:
            self._bonds.forget_others([spare])
            self._bonds.flush()

    @staticmethod
    def selftest(sensor):
        """The chip's own test: (step, low, high, seen)."""
        if not sensor.present:
            return [(1, 1, 1, 0)]
        if sensor.driver.demo_grade:
            return sensor.driver.self_test()
        from hiphinge_fw.drivers.lsm6_selftest import self_test

        return self_test(sensor.driver)

    def restart(self, mode):
        """REBOOT: 1 normal, 2 safe mode, 3 boot loader."""
        count, _ = storage.restarts()
        # The next `boot` counts one more.
        storage.note_restart(count, storage.MANY_CRASHES if mode == 2 else 0)
        if mode == 3:
            machine.bootloader()
        machine.reset()

    def sleep(self):
        """Until the button is pressed."""
        import esp32

        esp32.wake_on_ext0(self._button, 0)
        machine.deepsleep()


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


def label_passkey(kept):
    """What is printed on the label, where pairing is to ask for it; None where not."""
    from hiphinge_fw.core.settings import Settings

    settings = Settings(kept)
    return settings.get("passkey") if settings.get("passkey_pairing") and settings.get("passkey") else None


def build():
    """Everything, ready to run; returns (device, ports)."""
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
    # The largest piece, before the imports leave their fragments.
    gc.collect()
    few = bytes_for(board.ring_blocks, 996, 1024)
    ring = BlockRing(bytes_for(_LIVE_BLOCKS, 174, 1024) if gc.mem_free() > _PLENTY else few, _RING_SLOTS)
    from hiphinge_fw.core.device import Device
    from hiphinge_fw.core.link import Link
    from hiphinge_fw.shell.buses import I2cBus

    ports = Ports(board, kept, bonds, ble)
    ports.ring = ring
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
    gc.collect()
    return device, ports


def make_motor(board, buses):
    """The vibration motor, None where there is none."""
    from hiphinge_fw.shell.motor import Drv2605, PwmMotor

    if board.drv2605_bus is not None:
        return Drv2605(buses[board.drv2605_bus].i2c)
    return None if board.motor is None else PwmMotor(board.motor)


def make_line(board):
    """The serial data line: a second CDC where the image has the modules for it, else the console's own; or None."""
    from hiphinge_fw.shell import usb

    line = usb.data_cdc(time.ticks_us) if board.usb_data else None
    if line is None:
        return usb.console_line(time.ticks_us)
    # The console keeps its own line, and Ctrl-C there ends the program.
    usb.give_back()
    return line


def run(device, ports):
    """The loop, for ever."""
    from hiphinge_fw.shell.clock import Pace

    pace = Pace(time.sleep_ms, time.ticks_us, time.ticks_diff)
    ports.arm()
    passes = 0
    try:
        while True:
            device.step()
            pace.wait()
            if passes <= _GOOD_PASSES:
                passes += 1
                if passes == _GOOD_PASSES:
                    storage.note_restart(storage.restarts()[0], 0)
    except KeyboardInterrupt:
        device.delivery.save()
        ports.leave()
        raise
    except Exception:
        # A fault of ours: the watchdog is about to restart the board. What is in RAM need not go with it.
        device.delivery.save()
        raise


def main():
    """Start, unless starting has failed again and again: then the console is all there is."""
    try:
        if storage.restarts()[1] <= storage.HOPELESS:
            device, ports = build()
            run(device, ports)
    finally:
        from hiphinge_fw.shell import usb

        usb.give_back()


if __name__ == "__main__":
    main()
