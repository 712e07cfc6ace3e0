"""What the simulated board is made of: tests put chips on it before the firmware looks.

`machine` and `esp32` take everything from here.
"""

from sim_bus import Bus

buses = {0: Bus(seed=11), 1: Bus(seed=12)}
pin_levels = {}  # what pulls a pin from outside
pin_changes = []  # (time in µs, pin, level) of what the firmware drove
adc_uv = {}  # by pin
pwm_changes = []  # (time in µs, pin, frequency, duty of 65535)
partitions = {}  # by label
nvs = {}  # by namespace
nvs_worn = False  # it takes no writes any more
rtc_memory = bytearray()
watchdog = None
reset_cause = 1
wake_reason = 0
# SCL pin of each bus: nine clocks on it free a stuck one.
scl_pins = {}


class UsbHost:
    """The computer at the other end of the second CDC."""

    def __init__(self):
        self.plugged = False
        self.opened = False  # a program has the port open
        self.reads = True  # and takes what comes
        self.to_device = b""
        self.take = None  # called with what comes


usb_host = UsbHost()
usb_interfaces = ()
wake_on = None  # (pin, level) that ends a deep sleep


class Reset(BaseException):
    """The firmware restarted the board, or the watchdog did."""

    def __init__(self, cause):
        super().__init__(cause)
        self.cause = cause
