"""MicroPython's `bluetooth` on the simulated board, its radio a bumble peripheral in the process at the other end.

One line out, one line back, both JSON: [time in us, operations] and [events, results]. Time stands still meanwhile, so
radio and firmware keep step. What it keeps of NimBLE: 12 packets wait at most, then OSError(12); OSError(107) without
a link; notifications go out whoever subscribed, 20 bytes long before the MTU exchange; `send_update` coalesces; a
handler that raises is never called again; secrets are the handler's to keep.
"""

# ruff: noqa: ARG002 (the signatures are MicroPython's)

import binascii
import json
import struct
import sys

from sim_clock import clock
from sim_radio import radio as ledger

FLAG_READ = 0x02
FLAG_WRITE_NO_RESPONSE = 0x04
FLAG_WRITE = 0x08
FLAG_NOTIFY = 0x10
FLAG_INDICATE = 0x20

_CONNECT = 1
_DISCONNECT = 2
_WRITE = 3
_MTU = 21
_ENCRYPTION = 28
_GET_SECRET = 29
_SET_SECRET = 30
_PASSKEY = 31
_SENT = 100

_ENOMEM = 12
_ENODEV = 19
_EINVAL = 22
_ENOTCONN = 107
# NimBLE's MSYS_1 pool.
_BUFFERS = 12
# How far the firmware may be ahead of the radio: a fraction of the shortest connection interval.
_STEP_US = 2000


def _hex(data):
    return binascii.hexlify(bytes(data)).decode()


class UUID:
    """16 or 128 bits."""

    def __init__(self, value):
        if isinstance(value, int):
            self._bytes = struct.pack("<H", value)
        else:
            text = value.replace("-", "")
            self._bytes = bytes(int(text[at : at + 2], 16) for at in range(30, -1, -2))

    def __bytes__(self):
        return self._bytes

    def hex(self):
        """Low byte first."""
        return _hex(self._bytes)


class _Ble:
    def __init__(self):
        self._handler = None
        self._active = False
        self._busy = False
        self._operations = []
        self._events = []
        self._links = {}  # MTU by handle
        self._waiting = 0
        self._values = {}
        self._longest = {}
        self._changed = {}
        self._next_us = 0
        self._values_of = {"gap_name": b"MPY", "mtu": 256, "rxbuf": 512}

    # -- time and the wire

    def _watch(self, now_us):
        if now_us >= self._next_us and not self._busy:
            self._exchange()

    def _exchange(self):
        """Tell what was done; take what happened and hand it to the handler."""
        self._busy = True
        try:
            results = self._swap()
            while self._events:
                self._happened(*self._events.pop(0))
        finally:
            self._busy = False
        return results

    def _swap(self):
        for handle, value in self._changed.items():
            self._operations.append(["update", handle, _hex(value)])
        self._changed = {}
        operations, self._operations = self._operations, []
        now_us = clock.now_us
        self._next_us = now_us + _STEP_US
        print(">" + json.dumps([now_us, operations]))
        answer = sys.stdin.readline()
        if not answer or answer[0] == "!":
            raise SystemExit
        events, results = json.loads(answer)
        self._events += events
        return results

    def _ask(self, *operation):
        """An operation whose result is waited for."""
        self._operations.append(list(operation))
        busy, self._busy = self._busy, True
        try:
            result = self._swap()[-1]
        finally:
            self._busy = busy
        if isinstance(result, int) and result < 0:
            raise OSError(-result)
        return result

    def _happened(self, event, *rest):
        if event == _SENT:
            self._waiting = max(0, self._waiting - rest[0])
            return
        if event == _CONNECT:
            self._links[rest[0]] = 23
            rest = (rest[0], rest[1], memoryview(binascii.unhexlify(rest[2])))
        elif event == _DISCONNECT:
            self._links.pop(rest[0], None)
            self._waiting = 0
            rest = (rest[0], rest[1], memoryview(binascii.unhexlify(rest[2])))
        elif event == _WRITE:
            connection, handle, value = rest
            self._values[handle] = binascii.unhexlify(value)[: self._longest.get(handle, 20)]
            rest = (connection, handle)
        elif event == _MTU:
            self._links[rest[0]] = rest[1]
        elif event == _GET_SECRET:
            number, kind, index, key = rest
            value = self._call(event, (kind, index, None if key is None else memoryview(binascii.unhexlify(key))))
            self._operations.append(["secret", number, _hex(value) if value else None])
            self._swap()
            return
        elif event == _SET_SECRET:
            number, kind, key, value = rest
            key = memoryview(binascii.unhexlify(key))
            done = self._call(event, (kind, key, None if value is None else memoryview(binascii.unhexlify(value))))
            self._operations.append(["secret", number, bool(done)])
            self._swap()
            return
        self._call(event, tuple(rest))

    def _call(self, event, data):
        if self._handler is None or ledger.dead:
            return None
        try:
            return self._handler(event, data)
        except Exception as error:
            ledger.dead = True
            print("handler raised", repr(error))
            return None

    # -- what MicroPython offers

    def active(self, on=None):
        """Switch."""
        if on is not None and bool(on) != self._active:
            self._ask("active", bool(on), self._handler is not None)
            self._active = bool(on)
            if on:
                clock.watchers.append(self._watch)
        return self._active

    def config(self, *names, **values):
        """Set, or read one."""
        if names:
            return self._values_of[names[0]]
        for name in values:
            if name not in ("mtu", "gap_name", "rxbuf", "addr_mode", "bond", "mitm", "io", "le_secure"):
                raise ValueError("unknown config param")
        self._values_of.update(values)
        self._ask("config", values)
        return None

    def irq(self, handler):
        """Who hears of events."""
        self._handler = handler

    def gatts_register_services(self, services):
        """Handles of their values."""
        assert self._active
        table = [[uuid.hex(), [[one[0].hex(), one[1]] for one in those]] for uuid, those in services]
        handles = self._ask("services", table)
        for each in handles:
            for handle in each:
                self._values[handle] = b""
                self._longest[handle] = 20
        data, control = handles[0]
        ledger.handles["f28d6901-3f47-4890-ba97-b99bd5941178"] = data
        ledger.handles["f28d6902-3f47-4890-ba97-b99bd5941178"] = control
        return tuple(tuple(each) for each in handles)

    def gatts_set_buffer(self, handle, length, append=False):
        """Longest value."""
        assert not append
        self._longest[handle] = length

    def gatts_read(self, handle):
        """Value."""
        return self._values[handle]

    def gatts_write(self, handle, data, send_update=False):
        """Set; the last of several updates is what goes out."""
        self._values[handle] = bytes(data)
        self._longest[handle] = max(self._longest[handle], len(data))
        if send_update:
            self._changed[handle] = bytes(data)
        else:
            self._operations.append(["value", handle, _hex(data)])

    def gatts_notify(self, connection, handle, data=None):
        """Queue a packet."""
        if connection not in self._links:
            raise OSError(_ENOTCONN)
        if self._waiting >= _BUFFERS:
            ledger.refused += 1
            raise OSError(_ENOMEM)
        self._waiting += 1
        ledger.waiting_peak = max(ledger.waiting_peak, self._waiting)
        value = self._values[handle] if data is None else data
        self._operations.append(["notify", connection, handle, _hex(value[: self._links[connection] - 3])])

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        """May be connected to."""
        if interval_us is None:
            self._ask("quiet")
            return
        if len(adv_data or b"") > 31 or len(resp_data or b"") > 31:
            raise OSError(_EINVAL)
        self._ask("advertise", interval_us, _hex(adv_data or b""), _hex(resp_data or b""))

    def gap_disconnect(self, connection):
        """End a link."""
        if connection not in self._links:
            return False
        self._operations.append(["disconnect", connection])
        return True

    def gap_pair(self, connection):
        """Ask the central for security."""
        self._operations.append(["pair", connection])

    def gap_passkey(self, connection, action, passkey):
        """The passkey that is shown."""
        self._operations.append(["passkey", connection, passkey])


_ble = None


def BLE():
    """One for all, as on the device."""
    global _ble
    if _ble is None:
        _ble = _Ble()
    return _ble
