"""MicroPython-lib's `usb.device`, on the simulated board."""

import sim_board as board


class _Device:
    """What USB interfaces the board has."""

    def init(self, *interfaces, builtin_driver=False):
        """Enumerate anew."""
        assert builtin_driver, "the console would be gone"
        board.usb_interfaces = interfaces


_DEVICE = _Device()


def get():
    """The one."""
    return _DEVICE
