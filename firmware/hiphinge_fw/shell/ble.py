"""The BLE service. Handlers only note what happened, and let no exception out: MicroPython would never call them again.

Facts this rests on (FIRMWARE: MicroPython 1.28, ESP-IDF 5.5, NimBLE): `gatts_notify` copies the packet or raises
OSError(12) when the stack has no buffer, which is back-pressure, and OSError(107) after the link is gone; it ignores
subscriptions; the central exchanges the MTU; bonds are kept by us. BLE must be active before the heap grows.

A pairing cannot be refused: what the handler answers to SET_SECRET changes nothing for the link, and whoever claims a
bonded address and pairs anew replaces that bond. So a pairing outside the window is let through and not believed: its
keys are set aside, the old ones come back as the link ends, and the link never counts as bonded. The keys come before
the news of the encryption (NimBLE, ble_sm.c).
"""

import bluetooth
from micropython import const

from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.link import CONTROL_CHANNEL, DATA, DATA_CHANNEL, DOWN, IDENTITY, MTU, PACKETS, SECURITY, UP
from hiphinge_wire import gatt

_CENTRAL_CONNECT = const(1)
_CENTRAL_DISCONNECT = const(2)
_GATTS_WRITE = const(3)
_MTU_EXCHANGED = const(21)
_ENCRYPTION_UPDATE = const(28)
_GET_SECRET = const(29)
_SET_SECRET = const(30)
_PASSKEY_ACTION = const(31)
_PASSKEY_DISPLAY = const(3)

_ENOMEM = const(12)
# Of the stack's secrets: what the peer is known by. Keys are an address type and six bytes of address, low one first.
_PEER_SECRET = const(2)
# Whoever reads it must be encrypted: macOS pairs for nothing else, and the level is nobody else's business.
_READ_ENCRYPTED = const(0x0200)

_NO_INPUT_OUTPUT = const(3)
_DISPLAY_ONLY = const(0)
# Notes kept for the loop: a request of 512 bytes is 27 packets at MTU 23.
_MOST_NOTES = const(40)
# Apple's design guidelines for accessories: 20 ms for the first half minute, and from then on the shortest of the long
# intervals: found within a second, cheap to keep up.
_ADVERTISE_FAST_US = const(20000)
_FAST_FOR_US = const(30000000)
_ADVERTISE_US = const(152500)
_WRITE_SIZE = const(247)
# A passkey that stays the same is given away bit by bit, one with each wrong try (Core Specification, Vol 3, Part H,
# 2.3.5.6.3: twenty rounds, a failed one tells its bit). So it is used in the window alone, three times.
_PASSKEY_TRIES = const(3)


class BlePort:
    """A port as `core.link` wants it.

    Parameters
    ----------
    bonds : object
        ``get(kind, index, key)`` and ``put(kind, key, value)`` of the stack's secrets, ``set_aside()``, ``restore()``.
    ticks_us : callable
    passkey : int or None
        The label's; None pairs without.

    Attributes
    ----------
    pairing : bool
        The pairing window is open.
    faults : int
        Exceptions a handler swallowed.
    lost : int
        Writes there was no room to note.
    """

    framing = PACKETS
    silence_ms = 0

    def __init__(self, bonds, ticks_us, passkey=None):
        self._bonds = bonds
        self._ticks_us = ticks_us
        self._passkey = passkey
        self._notes = []
        self._connection = -1
        self._advertised = None
        self._stale = False
        self._fast = True
        self._fast_since_us = ticks_us()
        self._unasked = False
        self._tries = _PASSKEY_TRIES
        self.pairing = False
        self.faults = 0
        self.lost = 0
        self._ble = bluetooth.BLE()

    def start(self, name, serial, model, firmware):
        """Switch the radio on, before anything large is allocated, and register the services."""
        ble = self._ble
        # Before it is active: while it starts, NimBLE asks for its own identity key and for those of bonded peers, by
        # which it knows a phone or laptop under its changing address (modbluetooth_nimble.c `sync_cb`, ble_hs.c).
        ble.irq(self._happened)
        ble.active(True)
        ble.config(mtu=gatt.PREFERRED_MTU, gap_name=name)
        ble.config(
            bond=True,
            le_secure=True,
            mitm=self._passkey is not None,
            io=_NO_INPUT_OUTPUT if self._passkey is None else _DISPLAY_ONLY,
        )
        uuid = bluetooth.UUID
        texts = (
            (gatt.MANUFACTURER_NAME, "hiphinge"),
            (gatt.MODEL_NUMBER, model),
            (gatt.SERIAL_NUMBER, serial),
            (gatt.FIRMWARE_REVISION, firmware),
        )
        services = (
            (
                uuid(gatt.SERVICE),
                (
                    (uuid(gatt.DATA), gatt.NOTIFY),
                    (uuid(gatt.CONTROL), gatt.WRITE | gatt.WRITE_NO_RESPONSE | gatt.NOTIFY),
                ),
            ),
            (uuid(gatt.BATTERY_SERVICE), ((uuid(gatt.BATTERY_LEVEL), gatt.READ | gatt.NOTIFY | _READ_ENCRYPTED),)),
            (uuid(gatt.DEVICE_INFORMATION_SERVICE), tuple((uuid(one), gatt.READ) for one, _ in texts)),
        )
        (data, control), (self._battery,), information = ble.gatts_register_services(services)
        self._handles = [0, 0]
        self._handles[DATA_CHANNEL] = data
        self._handles[CONTROL_CHANNEL] = control
        self._written = control
        ble.gatts_set_buffer(control, _WRITE_SIZE)
        for handle, (_, text) in zip(information, texts):
            ble.gatts_write(handle, text.encode())

    # -- what happens (handlers)

    def _happened(self, event, data):
        try:
            return self._note(event, data)
        except Exception:
            self.faults += 1
            return None

    def _note(self, event, data):
        if event == _GATTS_WRITE:
            connection, handle = data
            if handle == self._written and connection == self._connection:
                value = self._ble.gatts_read(handle)
                if len(self._notes) < _MOST_NOTES:
                    self._notes.append((DATA, self._ticks_us(), value))
                else:
                    self.lost += 1
        elif event == _CENTRAL_CONNECT:
            connection, kind, address = data
            if self._connection >= 0:
                # One host at a time.
                self._ble.gap_disconnect(connection)
                return None
            self._connection = connection
            self._unasked = False
            self._notes.append((UP, self._ticks_us(), bytes((kind,)) + bytes(address)))
        elif event == _CENTRAL_DISCONNECT:
            if data[0] == self._connection:
                self._connection = -1
                self._stale = self._fast = True
                self._fast_since_us = self._ticks_us()
                self._unasked = False
                self._bonds.restore()
                self._notes.append((DOWN, self._ticks_us(), None))
        elif event == _MTU_EXCHANGED:
            if data[0] == self._connection:
                self._notes.append((MTU, self._ticks_us(), data[1]))
        elif event == _ENCRYPTION_UPDATE:
            connection, encrypted, authenticated, bonded, _ = data
            if connection == self._connection:
                bonded = bool(bonded) and not self._unasked
                self._notes.append((SECURITY, self._ticks_us(), (bool(encrypted), bool(authenticated), bonded)))
        elif event == _GET_SECRET:
            kind, index, key = data
            return self._bonds.get(kind, index, None if key is None else bytes(key))
        elif event == _SET_SECRET:
            kind, key, value = data
            return self._keep(kind, bytes(key), None if value is None else bytes(value))
        elif event == _PASSKEY_ACTION:
            connection, action, _ = data
            if action == _PASSKEY_DISPLAY and self._passkey is not None and self.pairing and self._tries > 0:
                self._tries -= 1
                self._ble.gap_passkey(connection, action, self._passkey)
        return None

    def _keep(self, kind, key, value):
        if self._connection >= 0:
            if not self.pairing:
                self._unasked = True
                self._bonds.set_aside()
                # Had it spoken before, it does not any more.
                self._notes.append((SECURITY, self._ticks_us(), (False, False, False)))
            elif kind == _PEER_SECRET and value is not None:
                identity = bytes((key[0],)) + bytes(key[6 - at] for at in range(6))
                self._notes.append((IDENTITY, self._ticks_us(), identity))
        return self._bonds.put(kind, key, value)

    # -- what the loop does

    def next(self):
        """The oldest note, None when there is none."""
        return self._notes.pop(0) if self._notes else None

    def send(self, channel, view):
        """Notify; False where the stack has no room, or no link any more."""
        if self._connection < 0:
            return False
        try:
            self._ble.gatts_notify(self._connection, self._handles[channel], view)
            return True
        except OSError:
            # 12: no buffer. 107 and the like: the link is gone, and its handler is about to say so.
            return False

    def drop(self):
        """End the connection."""
        if self._connection >= 0:
            try:
                self._ble.gap_disconnect(self._connection)
            except OSError:
                pass

    def advertise(self, name, advert, level):
        """Advertise, when nobody is connected and something changed; keep the battery level readable."""
        if self._fast and ticks_diff(self._ticks_us(), self._fast_since_us) > _FAST_FOR_US:
            self._fast = False
        if not self.pairing:
            self._tries = _PASSKEY_TRIES
        # In the pairing window somebody is looking for it, too.
        fast = self._fast or self.pairing
        state = (name, advert.flags, advert.battery_percent, fast)
        if self._connection >= 0 or (state == self._advertised and not self._stale):
            return
        self._ble.gatts_write(self._battery, bytes((min(level, 100),)))
        name = name.encode()
        self._ble.gap_advertise(
            _ADVERTISE_FAST_US if fast else _ADVERTISE_US,
            adv_data=gatt.advertisement(advert),
            resp_data=bytes((len(name) + 1, 0x09)) + name,
        )
        self._advertised = state
        self._stale = False

    @property
    def linked(self):
        """Whether somebody is connected."""
        return self._connection >= 0
