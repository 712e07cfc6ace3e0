"""MicroPython's `bluetooth` of an ESP32, as far as the firmware uses it, on the fake link of the simulated board."""

import far
from far import call


def UUID(value):
    """As given."""
    return value


class BLE:
    """One for all, as on the device."""

    def active(self, on):
        """Switch."""
        call(50, on)

    def config(self, **values):
        """Accepted."""

    def irq(self, handler):
        """Who hears of events."""
        far.handler = handler

    def gatts_register_services(self, services):
        """Handles."""
        return tuple(
            [tuple([call(51, data=str(one[0])) for one in characteristics]) for _, characteristics in services]
        )

    def gatts_set_buffer(self, handle, length):
        """Accepted."""

    def gatts_read(self, handle):
        """Value."""
        return call(52, handle) or b""

    def gatts_write(self, handle, data):
        """Set."""
        call(53, handle, data=data)

    def gatts_notify(self, connection, handle, data):
        """Queue a packet."""
        call(54, connection, handle, 0, data)

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None):
        """May be connected to."""
        call(55, interval_us, len(adv_data), data=adv_data + resp_data)

    def gap_disconnect(self, connection):
        """End a link."""
        return bool(call(56, connection))

    def gap_passkey(self, connection, action, passkey):
        """Accepted."""
