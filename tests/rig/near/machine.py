"""MicroPython's `machine` of an ESP32, as far as the firmware uses it, on the simulated board."""

from far import call

PWRON_RESET = 1
DEEPSLEEP_RESET = 4
SOFT_RESET = 5


def freq(hz):
    """Accepted."""


def unique_id():
    """MAC address."""
    return b"\x24\x6f\x28\x00\x00\x01"


def reset():
    """Restart."""
    call(10)


def reset_cause():
    """Why it started."""
    return call(11)


def deepsleep():
    """Sleep; waking is a reset."""
    call(12)


class Pin:
    """A pin."""

    IN = 1
    OPEN_DRAIN = 7
    PULL_UP = 2

    def __init__(self, id, mode=-1, pull=0, *, value=None):
        self.id = id
        self._pull = pull
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """Read or drive."""
        return call(13, self.id, self._pull) if level is None else call(14, self.id, level)


class ADC:
    """Analogue input."""

    ATTN_11DB = 3

    def __init__(self, pin, *, atten=0):
        self._pin = pin.id

    def read_uv(self):
        """Calibrated microvolts."""
        return call(15, self._pin)


class PWM:
    """Pulse width."""

    def __init__(self, pin, *, freq=5000, duty_u16=0):
        self._pin = pin.id
        self._freq = freq
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        """Set the duty."""
        call(16, self._pin, self._freq, duty)


class RTC:
    """Its memory."""

    def memory(self, data=None):
        """Read or write it."""
        return call(17) or b"" if data is None else call(18, data=data)


class WDT:
    """Resets the board when it is not fed in time."""

    def __init__(self, timeout=5000):
        call(19, timeout)

    def feed(self):
        """Not yet."""
        call(20)


class I2C:
    """A bus of the board."""

    def __init__(self, id, *, scl=None, sda=None, freq=400000, timeout=50000):
        self._id = id
        call(21, id, freq)

    def readfrom_mem_into(self, address, register, buffer):
        """Registers into a buffer."""
        call(22, self._id << 8 | address, register, len(buffer), None, buffer)

    def readfrom_mem(self, address, register, count):
        """Registers."""
        return call(22, self._id << 8 | address, register, count)

    def writeto_mem(self, address, register, data):
        """Set registers."""
        call(23, self._id << 8 | address, register, 0, data)
