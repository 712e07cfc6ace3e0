"""What the IMU drivers share: their error, their flags, and registers that are set and read back."""

# Flags of the samples of one `poll`: the bits as the wire format has them. (`lsm6_fifo` has its own: viper wants
# constants of its own module.)
CLIPPED = 0x01
OVERFLOW = 0x04
BUS_ERROR = 0x08
RESYNC = 0x10


class ImuError(Exception):
    """A chip that is absent, wrong, or does not take its configuration.

    Attributes
    ----------
    address : int
    what : str
        Register, or what was tried.
    expected, seen : int or None
    """

    def __init__(self, address, what, expected=None, seen=None):
        super().__init__(address, what, expected, seen)
        self.address = address
        self.what = what
        self.expected = expected
        self.seen = seen


class Registers:
    """A chip's registers on an I2C bus; `writes` is the configuration it should have: ((register, value), ...)."""

    writes = ()

    def __init__(self, i2c, address):
        self.i2c = i2c
        self.address = address

    def configure(self):
        """Set every register of `writes`, then read all of them back; raises `ImuError` where one differs."""
        for register, value in self.writes:
            self.write_register(register, value)
        wrong = self.mismatch()
        if wrong:
            raise ImuError(self.address, *wrong)

    def mismatch(self):
        """First configured register that does not read back: (name, expected, seen); None when all do.

        Call it after bus errors: a chip that lost its supply has forgotten everything.
        """
        for register, value in self.writes:
            seen = self.read_register(register)
            if seen != value:
                return "register 0x%02X" % register, value, seen
        return None

    def read_register(self, register):
        """One register; raises `ImuError` where the bus fails."""
        try:
            return self.i2c.readfrom_mem(self.address, register, 1)[0]
        except OSError as error:
            raise ImuError(self.address, "bus", None, error.errno) from None

    def write_register(self, register, value):
        """Set one register; raises `ImuError` where the bus fails."""
        try:
            self.i2c.writeto_mem(self.address, register, bytes((value,)))
        except OSError as error:
            raise ImuError(self.address, "bus", None, error.errno) from None
