"""MicroPython's `esp32`, on the simulated board."""

import sim_board as board

HEAP_DATA = 4
HEAP_EXEC = 1
# GPIO 0 to 21 of an ESP32-S3, and those of an ESP32 above them (datasheets, "RTC_MUX").
RTC_PINS = tuple(range(22)) + (25, 26, 27) + tuple(range(32, 40))


class Partition:
    """Finds what `board.partitions` has."""

    TYPE_APP = 0
    TYPE_DATA = 1
    BOOT = 0
    RUNNING = 1

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None, block_size=4096):
        """Partitions of a label."""
        return [flash for name, flash in sorted(board.partitions.items()) if label in (None, name)]

    @staticmethod
    def mark_app_valid_cancel_rollback():
        """Accepted."""


class NVS:
    """Keys of a namespace in `board.nvs`; `commit` makes them last."""

    def __init__(self, namespace):
        self._kept = board.nvs.setdefault(namespace, {})
        self._open = dict(self._kept)

    def get_i32(self, key):
        """A number."""
        return self._get(key)

    def set_i32(self, key, value):
        """Keep a number."""
        self._open[key] = value

    def get_blob(self, key, buffer):
        """Bytes into a buffer; returns how many."""
        value = self._get(key)
        buffer[: len(value)] = value
        return len(value)

    def set_blob(self, key, value):
        """Keep bytes."""
        self._open[key] = bytes(value)

    def erase_key(self, key):
        """Forget."""
        self._get(key)
        del self._open[key]

    def commit(self):
        """Write."""
        if board.nvs_worn:
            raise OSError(-0x1105)  # ESP_ERR_NVS_NOT_ENOUGH_SPACE
        self._kept.clear()
        self._kept.update(self._open)

    def _get(self, key):
        if key not in self._open:
            raise OSError(-0x1102)  # ESP_ERR_NVS_NOT_FOUND, as the port raises it
        return self._open[key]


def idf_heap_info(capabilities):
    """One region: total, free, largest free, least free ever."""
    return [(200000, 120000, 60000, 90000)]


def wake_on_ext0(pin, level):
    """What ends a deep sleep: a pin that is one of the RTC's."""
    assert pin.id in RTC_PINS, "no RTC pin: it would sleep for ever"
    board.wake_on = (pin.id, level)


def wake_on_ext1(pins, level):
    """Accepted."""


def raw_temperature():
    """Degrees Fahrenheit."""
    return 104


def mcu_temperature():
    """Degrees Celsius."""
    return 40
