"""MicroPython's `esp32`, as far as the firmware uses it, on the simulated board."""

from far import call

HEAP_DATA = 4


def idf_heap_info(capabilities):
    """The heap is all there is."""
    return []


class Partition:
    """The one there is."""

    TYPE_DATA = 1

    @staticmethod
    def find(type=0, label=None):
        """Partitions of a label."""
        return [Partition()] if call(30, data=label) else []

    def ioctl(self, operation, argument=0):
        """Count, size, erasure."""
        return call(31, operation, argument)

    def readblocks(self, block, buffer, offset=0):
        """Read."""
        call(32, block, offset, len(buffer), None, buffer)

    def writeblocks(self, block, buffer, offset):
        """Program."""
        call(33, block, offset, 0, buffer)


class NVS:
    """Keys of a namespace; `commit` makes them last."""

    def __init__(self, namespace):
        call(34, data=namespace)

    def get_i32(self, key):
        """A number."""
        return call(35, data=key)

    def set_i32(self, key, value):
        """Keep a number."""
        call(36, value, data=key)

    def get_blob(self, key, buffer):
        """Bytes into a buffer; returns how many."""
        value = call(37, data=key)
        if not value:
            return 0
        buffer[: len(value)] = value
        return len(value)

    def set_blob(self, key, value):
        """Keep bytes."""
        call(38, len(key), data=key.encode() + value)

    def erase_key(self, key):
        """Forget."""
        call(39, data=key)

    def commit(self):
        """Write."""
        call(40)


def wake_on_ext0(pin, level):
    """What ends a deep sleep."""
    call(41, pin.id, level)


def mcu_temperature():
    """Degrees Celsius."""
    return 40
