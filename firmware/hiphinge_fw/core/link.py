"""One peer: what its port noted becomes requests; answers, blocks and their order become packets.

A port (shell/ble.py, shell/usb.py) has: ``framing``, `PACKETS` or `STREAM`; ``next()``, the next thing it noted as
(kind, ticks, data) or None; ``send(channel, view)`` and ``write(view)`` as in `sender`; ``drop()``, which ends the
connection. Kinds: `UP` (data: identity, bytes), `DOWN`, `MTU` (data: int), `SECURITY` (data: encrypted, authenticated,
bonded), `IDENTITY` (bytes: who the peer told it is while pairing), `DATA` (bytes).
"""

from micropython import const

from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.seldom import seldom
from hiphinge_fw.core.sender import LONGEST, Packets
from hiphinge_wire.errors import BUSY, DAMAGED, TOO_LONG
from hiphinge_wire.fragment import Reassembler

PACKETS = const(0)
STREAM = const(1)

UP = const(1)
DOWN = const(2)
MTU = const(3)
SECURITY = const(4)
DATA = const(5)
IDENTITY = const(6)

DATA_CHANNEL = const(0)
CONTROL_CHANNEL = const(1)

# Longest request taken: the largest a host of this version has is CONFIG_SET, 150 bytes, or NACK, 196.
MAX_REQUEST = const(512)
# protocol/SPEC.md: 10 (queue), 2.3 (MTU exchange, cut-off).
_QUEUE = const(8)
_MTU_WAIT_US = const(1000000)
_STRANGER_US = const(5000000)
# Answers that wait for the radio; beyond them something asks faster than it listens.
_MOST_REPLIES = const(40)
# Quarters of packets of resends and backlog a pass may send. It grows until the port refuses and shrinks then: a
# connection event of 30 ms takes four packets, one of them is a live block.
_BUDGET = const(12)
_MOST_BUDGET = const(32)
_LEAST_BUDGET = const(6)
_MORE_AFTER = const(16)
_LESS = const(1)
_PAUSE = const(3)


class Link:
    """One connection at a time of one port.

    Attributes
    ----------
    up, ready : bool
        Connected; allowed to speak.
    identity : bytes
        Of the peer.
    authenticated : bool
        It paired with the passkey.
    refused : int
        Times the port had no room.
    requests : list of (ticks, bytes)
        Whole messages from the host.
    faults : list of int
        ERROR codes of what was no message.
    """

    def __init__(self, port):
        self.port = port
        self.refused = 0
        self.up = False
        self.requests = []
        self.faults = []
        self._replies = []
        self._data = self._control = self._joiner = None
        if port.framing == PACKETS:
            self._data = Packets(port, DATA_CHANNEL, bytearray(LONGEST))
            self._control = Packets(port, CONTROL_CHANNEL)
        self._clear(0, b"")

    def _begin(self, now_us, identity):
        if self.port.framing == PACKETS:
            self._joiner = Reassembler(MAX_REQUEST)
        else:
            # Here, for a line that nobody uses takes no memory. One line, one queue: a frame of either kind goes out
            # whole.
            self._data = self._control = seldom("hiphinge_fw.core.frames").Frames(self.port)
            self._joiner = seldom("hiphinge_wire.framing").Deframer()
        self._clear(now_us, identity)
        self.up = True
        self._data.reset(20)
        self._control.reset(20)

    def _end(self):
        self.up = self.ready = False
        self.requests = []
        self._replies = []
        self._joiner = None
        if self.port.framing == PACKETS:
            self._data.reset(20)
            self._control.reset(20)
        else:
            self._data = self._control = None

    def _clear(self, now_us, identity):
        self.ready = False
        self.identity = identity
        self.encrypted = self.authenticated = self.bonded = False
        self.payload = 20
        self._mtu_known = self.port.framing == STREAM
        self._since_us = now_us
        self._allowed_us = None
        self._heard_us = now_us
        self._joined_badly = 0
        self.requests = []
        self.faults = []
        self._replies = []
        self._budget = _BUDGET
        self._left = _BUDGET
        self._calm = 0
        self._pause = 0
        self._late = 0

    # -- in

    def listen(self, now_us):
        """Take what the port noted.

        Returns
        -------
        int
            `UP` or `DOWN` where the connection changed: ask again then. 0 when there is no more.
        """
        while True:
            note = self.port.next()
            if note is None:
                return 0
            kind, ticks, data = note
            if kind == UP:
                try:
                    self._begin(now_us, data)
                except MemoryError:
                    # Not now: whoever it is comes again.
                    self.port.drop()
                    continue
                return UP
            if kind == DOWN:
                if self.up:
                    self._end()
                    return DOWN
            elif not self.up:
                continue
            elif kind == MTU:
                self._mtu_known = True
                self.payload = data - 3
                # Packets under way were cut for the old size: they are whole all the same.
                self._data.payload = self._control.payload = min(self.payload, 244)
            elif kind == SECURITY:
                self.encrypted, self.authenticated, self.bonded = data
                if self.ready and not (self.encrypted and self.bonded):
                    # It paired anew in the middle, unasked: nothing more is said to it.
                    self.ready = False
                    self._since_us = now_us
            elif kind == IDENTITY:
                # It connected under a private address, which changes.
                self.identity = data
            else:
                self._heard_us = now_us
                self._join(ticks, data)

    def _join(self, ticks, data):
        joiner = self._joiner
        if self.port.framing == STREAM:
            for message in joiner.feed(data):
                self._take(ticks, message)
            bad = joiner.damaged
            code = DAMAGED
        else:
            overlong = joiner.overlong
            message = joiner.feed(data)
            if message is not None:
                self._take(ticks, message)
            bad = joiner.damaged + joiner.overlong
            code = TOO_LONG if joiner.overlong != overlong else DAMAGED
        if bad != self._joined_badly:
            self._joined_badly = bad
            if len(self.faults) < _QUEUE:
                self.faults.append(code)

    def _take(self, ticks, message):
        if len(self.requests) < _QUEUE:
            self.requests.append((ticks, message))
        elif len(self.faults) < _QUEUE:
            self.faults.append(BUSY)

    def settle(self, now_us, allowed):
        """Whether the peer may be spoken to from now on: it is allowed, and its packets' size is known.

        Parameters
        ----------
        now_us : int
        allowed : bool
            Encrypted and on the list.

        Returns
        -------
        bool
            True once, when it becomes ready.
        """
        if not self.up or self.ready:
            return False
        if not allowed:
            self._allowed_us = None
            if ticks_diff(now_us, self._since_us) > _STRANGER_US:
                self._since_us = now_us
                self.port.drop()
            return False
        if self._allowed_us is None:
            self._allowed_us = now_us
        if not self._mtu_known and ticks_diff(now_us, self._allowed_us) < _MTU_WAIT_US:
            return False
        self.ready = True
        if self.port.framing == PACKETS:
            self._data.reset(self.payload)
            self._control.reset(self.payload)
        return True

    def silent_us(self, now_us):
        """How long nothing was heard; below nine minutes."""
        return ticks_diff(now_us, self._heard_us)

    # -- out

    def reply(self, data, behind=-1):
        """Queue a message; `behind` is the sequence that must have gone out before (STATUS), -1 none."""
        if self.ready and len(self._replies) < _MOST_REPLIES:
            self._replies.append((behind, data))

    def prepare(self, sizes):
        """Blocks of these lengths will be sent."""
        self._data.prepare(sizes)

    @property
    def quiet(self):
        """Whether nothing waits for the port."""
        return not (self._replies or self._data.busy or self._control.busy)

    def pump(self, delivery):
        """Send what the port takes: answers, live blocks, then resends and backlog within their budget.

        Parameters
        ----------
        delivery : Delivery or None
            None where this link has not started the device.

        Returns
        -------
        bool
            False when the port refused.
        """
        if not self.ready:
            return True
        data, control = self._data, self._control
        self._left = min(self._left + self._budget, self._budget)
        if self._pause:
            self._pause -= 1
        self._calm += 1
        if self._calm >= _MORE_AFTER and self._budget < _MOST_BUDGET:
            self._budget += 1
            self._calm = 0
        while True:
            if control.busy:
                if not control.push():
                    return self._refuse()
            elif self._due(delivery):
                message = self._replies.pop(0)[1]
                control.load(len(message), message)
            elif data.busy:
                if not data.push():
                    return self._refuse()
                if self._late:
                    self._left -= 4
            elif delivery is None:
                return True
            else:
                length = delivery.take_live(data.message)
                self._late = 0
                if not length and self._left > 0 and not self._pause and delivery.late():
                    length = delivery.take_late(data.message)
                    self._late = 1
                if not length:
                    return True
                data.load(length)
                if self._late and data is control:
                    self._left -= 4

    def _due(self, delivery):
        if not self._replies:
            return False
        behind = self._replies[0][0]
        return behind < 0 or delivery is None or delivery.live_next >= behind

    def _refuse(self):
        # The radio's queue is full, 12 packets and more: let it run empty, or live blocks wait behind the backlog.
        self.refused += 1
        if self._calm:
            self._budget = max(_LEAST_BUDGET, self._budget - _LESS)
            self._pause = _PAUSE
        self._calm = 0
        return False
