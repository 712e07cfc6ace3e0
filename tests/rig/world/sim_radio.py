"""A discrete-time FAKE LINK, no radio: packets pass at fixed connection events, some are lost, outages cut it.

At most so many packets an event; a loss hits resends as well; when the link goes, what waited is gone. The host is
`exchange(time_us, up, packets)`, called at each event, which returns the host's packets.
"""

from sim_clock import clock
from sim_random import Chance

ENOMEM = 12
ENOTCONN = 107
_BUFFERS = 12  # NimBLE's MSYS_1 pool


class Radio:
    """The link."""

    def __init__(self):
        self.active = False
        self.handler = None
        self.dead = False  # a handler raised
        self.configuration = {}
        self.handles = {}
        self.values = {}
        self.longest = {}
        self.last_handle = 10
        self.advertising = False
        self.advertisement = None
        self.connection = -1
        self.interval_us = 30000
        self.packets = 4
        self.loss_per_million = 0
        self.outages = []  # (from, to) in µs
        self.mtu = 247
        self.encrypted = True
        self.identity = b"\x01HOSTID"
        self.exchange = None
        self.next_us = 0
        self.refused = 0
        self.lost = 0
        self.delivered = 0
        self.waiting_peak = 0
        self._queue = []
        self._up = []
        self._busy = False
        self._connections = 0
        self.chance = Chance(77)

    def begin(self):
        """Let time bring events."""
        self.next_us = clock.now_us + self.interval_us
        clock.watchers.append(self._watch)

    def notify(self, connection, handle, data):
        """A packet from the device."""
        if connection != self.connection or connection < 0:
            raise OSError(ENOTCONN)
        if len(self._queue) >= _BUFFERS:
            self.refused += 1
            raise OSError(ENOMEM)
        assert len(data) <= self.mtu - 3
        self._queue.append((handle, bytes(data)))
        self.waiting_peak = max(self.waiting_peak, len(self._queue))

    def cut(self):
        """The link is gone, and all that waited."""
        if self.connection >= 0:
            gone, self.connection = self.connection, -1
            self._queue = []
            self._tell(2, (gone, 0, b"HOSTID"))

    def _tell(self, event, data):
        if self.handler is None or self.dead:
            return
        try:
            self.handler(event, data)
        except Exception as error:
            self.dead = True
            print("handler raised", repr(error))

    def _watch(self, now_us):
        if self._busy or not self.active:
            return
        self._busy = True
        try:
            while self.next_us <= now_us:
                at = self.next_us
                self.next_us += self.interval_us
                self._event(at)
        finally:
            self._busy = False

    def _event(self, at_us):
        wanted = True
        for start, end in self.outages:
            if start <= at_us < end:
                wanted = False
        if not wanted:
            self.cut()
        elif self.connection < 0 and self.advertising:
            self._connect()
        out = []
        if self.connection >= 0:
            while self._queue and len(out) < self.packets:
                handle, data = self._queue.pop(0)
                if self.chance.hit(self.loss_per_million):
                    self.lost += 1
                    # It took its place in the event all the same.
                    out.append(None)
                else:
                    out.append((handle, data))
                    self.delivered += 1
        heard = self.exchange(at_us, self.connection >= 0, [one for one in out if one]) if self.exchange else ()
        if self.connection >= 0:
            handle = self.handles["f28d6902-3f47-4890-ba97-b99bd5941178"]
            for data in heard:
                if not self.chance.hit(self.loss_per_million):
                    self.values[handle] = data
                    self._tell(3, (self.connection, handle))

    def _connect(self):
        self.advertising = False
        self._connections += 1
        self.connection = self._connections & 7
        self._tell(1, (self.connection, self.identity[0], self.identity[1:]))
        if self.mtu != 23:
            self._tell(21, (self.connection, self.mtu))
        if self.encrypted:
            self._tell(28, (self.connection, True, False, True, 16))


radio = Radio()
