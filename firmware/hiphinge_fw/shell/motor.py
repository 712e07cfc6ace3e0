"""The vibration motor: on a transistor (PWM), or behind a DRV2605L."""

import machine
from micropython import const

# Above what is heard, below what a small MOSFET switches badly.
_PWM_HZ = const(20000)
# DRV2605L, SLOS854: MODE real-time playback, its input register.
_ADDRESS = const(0x5A)
_MODE = const(0x01)
_RTP_INPUT = const(0x02)
_REAL_TIME = const(0x05)
_STANDBY = const(0x40)


class PwmMotor:
    """A motor on a pin."""

    def __init__(self, pin):
        self._pwm = machine.PWM(machine.Pin(pin), freq=_PWM_HZ, duty_u16=0)
        self._percent = 0

    def __call__(self, percent):
        """Run at so many per cent."""
        if percent != self._percent:
            self._percent = percent
            self._pwm.duty_u16(percent * 65535 // 100)


class Drv2605:
    """A DRV2605L in real-time playback; what a bus error kept from it is said again with the next pass."""

    def __init__(self, i2c):
        self._i2c = i2c
        self._percent = -1
        self._value = bytearray(1)

    def __call__(self, percent):
        """Run at so many per cent."""
        # Signed full scale is 127.
        if percent != self._percent and (
            self._write(_MODE, _REAL_TIME if percent else _STANDBY) and self._write(_RTP_INPUT, percent * 127 // 100)
        ):
            self._percent = percent

    def _write(self, register, value):
        self._value[0] = value
        try:
            self._i2c.writeto_mem(_ADDRESS, register, self._value)
            return True
        except OSError:
            return False
