"""MicroPython's `machine` of an ESP32, on the simulated board."""

import sim_board as board
from sim_clock import clock

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5
PIN_WAKE = 2
EXT0_WAKE = 2
EXT1_WAKE = 3
TIMER_WAKE = 4

_frequency = 160000000


def freq(hz=None):
    """Processor clock."""
    global _frequency
    if hz is None:
        return _frequency
    _frequency = hz
    return None


def unique_id():
    """MAC address."""
    return b"\x24\x6f\x28\x00\x00\x01"


def reset():
    """Restart."""
    raise board.Reset(HARD_RESET)


def soft_reset():
    """Restart the interpreter."""
    raise board.Reset(SOFT_RESET)


def reset_cause():
    """Why it started."""
    return board.reset_cause


def wake_reason():
    """What ended the sleep."""
    return board.wake_reason


def deepsleep(ms=0):
    """Sleep; waking is a reset."""
    clock.advance(ms * 1000)
    raise board.Reset(DEEPSLEEP_RESET)


def lightsleep(ms=0):
    """Sleep and go on."""
    clock.advance(ms * 1000)


def idle():
    """Wait for the next tick."""
    clock.advance(1000)


def disable_irq():
    """Nothing interrupts a simulation."""
    return 0


def enable_irq(state):
    """Nothing interrupts a simulation."""


class Pin:
    """A pin; its level from outside is `board.pin_levels`."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_UP = 2
    PULL_DOWN = 1
    IRQ_FALLING = 2
    IRQ_RISING = 1
    WAKE_LOW = 4
    WAKE_HIGH = 5

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self.id = id
        self._mode = mode
        self._pull = pull
        if value is not None:
            self.value(value)

    def init(self, mode=-1, pull=-1, *, value=None):
        """Set it up anew."""
        self._mode = mode
        self._pull = pull
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """Read or drive."""
        if level is None:
            return board.pin_levels.get(self.id, 1 if self._pull == Pin.PULL_UP else 0)
        level = int(bool(level))
        rises = level and not board.pin_levels.get(self.id, 1)
        board.pin_levels[self.id] = level
        board.pin_changes.append((clock.now_us, self.id, level))
        for number, pin in board.scl_pins.items():
            if pin == self.id and rises:
                bus = board.buses[number]
                bus.clocks = getattr(bus, "clocks", 0) + 1
                if bus.clocks >= 9:
                    bus.stuck = False
        return None

    __call__ = value

    def on(self):
        """Drive high."""
        self.value(1)

    def off(self):
        """Drive low."""
        self.value(0)

    def irq(self, handler=None, trigger=3, wake=None):
        """Kept for the test to call."""
        board.pin_levels[("irq", self.id)] = handler


class ADC:
    """Analogue input; the voltage is `board.adc_uv`."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_12BIT = 3

    def __init__(self, pin, *, atten=ATTN_0DB):
        self._pin = pin.id if isinstance(pin, Pin) else pin

    def init(self, *, atten=ATTN_0DB):
        """Accepted."""

    def read_uv(self):
        """Calibrated microvolts."""
        clock.advance(50)
        return board.adc_uv.get(self._pin, 0)

    def read_u16(self):
        """0..65535 of 3.3 V."""
        return min(65535, self.read_uv() * 65535 // 3300000)


class PWM:
    """Pulse width; every change is kept in `board.pwm_changes`."""

    def __init__(self, pin, *, freq=5000, duty_u16=0):
        self._pin = pin.id
        self._freq = freq
        self.duty_u16(duty_u16)

    def freq(self, hz=None):
        """Frequency."""
        if hz is None:
            return self._freq
        self._freq = hz
        return None

    def duty_u16(self, duty):
        """Set the duty."""
        self._duty = duty
        board.pwm_changes.append((clock.now_us, self._pin, self._freq, duty))

    def deinit(self):
        """Stop."""
        self.duty_u16(0)


class RTC:
    """Its memory outlives resets, but not the supply."""

    def memory(self, data=None):
        """Read or write it."""
        if data is None:
            return bytes(board.rtc_memory)
        board.rtc_memory = bytearray(data)
        return None

    def datetime(self, value=None):
        """Accepted."""
        return (2026, 1, 1, 3, 0, 0, clock.now_us // 1000000, 0)


class WDT:
    """Resets the board when it is not fed in time."""

    def __init__(self, id=0, timeout=5000):
        # There is one, and making it again sets its time.
        if board.watchdog is not None and board.watchdog._watch in clock.watchers:
            clock.watchers.remove(board.watchdog._watch)
        self.timeout_us = timeout * 1000
        self.longest_us = 0
        self._fed = clock.now_us
        board.watchdog = self
        clock.watchers.append(self._watch)

    def _watch(self, now_us):
        if now_us - self._fed > self.timeout_us:
            clock.watchers.remove(self._watch)
            raise board.Reset(WDT_RESET)

    def feed(self):
        """Not yet."""
        self.longest_us = max(self.longest_us, clock.now_us - self._fed)
        self._fed = clock.now_us


class I2C:
    """A bus of the board."""

    def __init__(self, id, *, scl=None, sda=None, freq=400000, timeout=50000):
        self._bus = board.buses[id]
        self._bus.freq = freq

    def scan(self):
        """Addresses that answer."""
        found = []
        for address in sorted(self._bus.chips):
            if self._bus.plugged and not self._bus.stuck and self._bus.chips[address].answers():
                found.append(address)
        clock.advance(112 * 25)
        return found

    def readfrom_mem_into(self, address, register, buffer, *, addrsize=8):
        """Registers into a buffer."""
        self._bus.read(address, register, buffer)

    def readfrom_mem(self, address, register, count, *, addrsize=8):
        """Registers."""
        buffer = bytearray(count)
        self._bus.read(address, register, buffer)
        return bytes(buffer)

    def writeto_mem(self, address, register, data, *, addrsize=8):
        """Set registers."""
        self._bus.write(address, register, data)

    def writeto(self, address, data, stop=True):
        """Register, then bytes."""
        self._bus.write(address, data[0], data[1:])
        return len(data)

    def deinit(self):
        """Accepted."""
