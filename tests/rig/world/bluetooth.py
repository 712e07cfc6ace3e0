"""MicroPython's `bluetooth` of an ESP32 with NimBLE, on the discrete-time fake link of `sim_radio`.

What it keeps of NimBLE: 12 notifications wait at most, then OSError(12); OSError(107) without a link; the MTU is the
central's to exchange; a handler that raises is never called again; subscriptions are not seen.
"""

from sim_radio import radio

FLAG_READ = 0x02
FLAG_WRITE_NO_RESPONSE = 0x04
FLAG_WRITE = 0x08
FLAG_NOTIFY = 0x10


class UUID:
    """As given."""

    def __init__(self, value):
        self.value = value


class BLE:
    """One for all, as on the device."""

    def active(self, on=None):
        """Switch."""
        if on is not None:
            radio.active = bool(on)
        return radio.active

    def config(self, *names, **values):
        """Kept."""
        radio.configuration.update(values)

    def irq(self, handler):
        """Who hears of events."""
        radio.handler = handler

    def gatts_register_services(self, services):
        """Handles, counted up."""
        assert radio.active
        out = []
        for _, characteristics in services:
            handles = []
            for one in characteristics:
                radio.last_handle += 3
                radio.values[radio.last_handle] = b""
                radio.handles[one[0].value] = radio.last_handle
                handles.append(radio.last_handle)
            out.append(tuple(handles))
        return tuple(out)

    def gatts_set_buffer(self, handle, length, append=False):
        """Longest value."""
        radio.longest[handle] = length

    def gatts_read(self, handle):
        """Value."""
        return radio.values[handle]

    def gatts_write(self, handle, data, send_update=False):
        """Set."""
        radio.values[handle] = bytes(data)

    def gatts_notify(self, connection, handle, data=None):
        """Queue a packet."""
        radio.notify(connection, handle, data)

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        """May be connected to."""
        if adv_data is not None:
            assert len(adv_data) <= 31 and len(resp_data or b"") <= 31
        radio.advertising = interval_us is not None
        radio.advertisement = adv_data

    def gap_disconnect(self, connection):
        """End a link."""
        if connection != radio.connection:
            return False
        radio.cut()
        return True

    def gap_passkey(self, connection, action, passkey):
        """Accepted."""
