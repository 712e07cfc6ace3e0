"""I2C buses, and how a stuck one is freed."""

import machine
from micropython import const

# Half a clock of 100 kHz, in µs.
_HALF_US = const(5)


class I2cBus:
    """One bus.

    Parameters
    ----------
    number, scl, sda, frequency_hz : int
    sleep_us : callable
    """

    def __init__(self, number, scl, sda, frequency_hz, sleep_us):
        self._number = number
        self._scl = scl
        self._sda = sda
        self._frequency_hz = frequency_hz
        self._sleep_us = sleep_us
        self.i2c = self._open()
        self.recoveries = 0

    def _open(self):
        return machine.I2C(
            self._number, scl=machine.Pin(self._scl), sda=machine.Pin(self._sda), freq=self._frequency_hz, timeout=20000
        )

    def recover(self):
        """Nine clocks let a chip that holds SDA finish its byte (UM10204, 3.1.16), a STOP ends it; then set up anew.

        The bus object stays the same for those who hold it: `init` is that of `machine.I2C`.
        """
        self.recoveries += 1
        pin = machine.Pin
        sda = pin(self._sda, pin.OPEN_DRAIN, value=1)
        scl = pin(self._scl, pin.OPEN_DRAIN, value=1)
        for _ in range(9):
            scl.value(0)
            self._sleep_us(_HALF_US)
            scl.value(1)
            self._sleep_us(_HALF_US)
        scl.value(0)
        sda.value(0)
        self._sleep_us(_HALF_US)
        scl.value(1)
        self._sleep_us(_HALF_US)
        sda.value(1)
        # On the ESP32 making the bus again hands the pins back to its driver; the object is a singleton by number.
        self._open()
