"""Composition root: the board's parts are made here, joined, and run. Nothing is decided here."""

import gc
import time

import machine

from hiphinge_fw import VERSION
from hiphinge_fw.core.seldom import seldom
from hiphinge_fw.shell import storage

# A loop that stands still for this long is restarted; the longest wait of ours is an erasure of 0.4 s.
_WATCHDOG_MS = 8000
# Somebody at the console has so long: nothing disarms a watchdog, and a soft restart, as `mpremote` begins with, ends
# whatever would feed it. On the ESP32 making it anew sets its time (ports/esp32/machine_wdt.c).
_CONSOLE_MS = 3600000
# After so many passes (a minute) the start counts as good.
_GOOD_PASSES = 2000
# With less free at the start memory is short: then garbage goes every so many bytes while all is imported. What is made
# for good fills its gaps, and the rest stays in one piece. That is up to 275 collections (64-bit words); with PSRAM,
# where each takes longest, there is no need of them.
_AMPLE = 500000
_COLLECT_EVERY = 4096


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
        return seldom("hiphinge_fw.drivers.lsm6_selftest").self_test(sensor.driver)

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


def build():
    """Everything, ready to run; returns (device, ports)."""
    import esp32

    # Python's memory grows by what the system has.
    free = gc.mem_free() + sum(region[1] for region in esp32.idf_heap_info(esp32.HEAP_DATA))
    gc.threshold(_COLLECT_EVERY if free < _AMPLE else -1)
    try:
        return seldom("hiphinge_fw.shell.building").build(Ports)
    finally:
        gc.threshold(-1)


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
