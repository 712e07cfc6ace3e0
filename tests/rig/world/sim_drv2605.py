"""A DRV2605L as a register bank (SLOS854, table 2): what drives the motor, over time."""

from sim_clock import clock

_REAL_TIME = 5
_STANDBY = 0x40


class Drv2605Chip:
    """One chip.

    Attributes
    ----------
    driven : list of (time in us, value)
        What the motor got, whenever it changed: the real-time input while that mode is on and standby is off, else 0.
    """

    def __init__(self):
        self.driven = []
        self.power(True)

    def power(self, on):
        """Supply on or off: the register map's defaults."""
        self.registers = bytearray(0x23)
        self.registers[0x00] = 0xE0
        self.registers[0x01] = _STANDBY

    def answers(self):
        """Always."""
        return True

    def read(self, register, buffer, count):
        """Registers."""
        buffer[:count] = self.registers[register : register + count]

    def lose(self, register, clocked):
        """Nothing is lost by reading."""

    def write(self, register, data):
        """Registers; a set standby bit stops the motor, other modes wait for what the firmware never gives."""
        for value in data:
            self.registers[register] = value
            register += 1
        mode = self.registers[1]
        now = self.registers[2] if mode == _REAL_TIME else 0
        if not self.driven or self.driven[-1][1] != now:
            self.driven.append((clock.now_us, now))
