"""Connection states of protocol/SPEC.md, section 3: what happened goes in, the state comes out."""

from micropython import const

from hiphinge_wire.constants import (
    STATE_IDLE,
    STATE_LINKED,
    STATE_OUTAGE,
    STATE_READY,
    STATE_RECORDING,
    STATE_STARTED,
)

_OFF = const(0)
_SENDING = const(1)
_STORING = const(2)


class States:
    """The device's state: its links, and whether it samples.

    Attributes
    ----------
    owner : object or None
        The link that has started the device.
    outage_since_s : int
        Device time at which the last owner went.
    idle_since_s : int
        Device time since which there is neither link nor sampling.
    """

    def __init__(self):
        self._mode = _OFF
        self._linked = []
        self._ready = []
        self.owner = None
        self.outage_since_s = 0
        self.idle_since_s = 0

    @property
    def code(self):
        """``STATE_*``."""
        if self._mode == _STORING:
            return STATE_RECORDING
        if self._mode == _SENDING:
            return STATE_STARTED if self.owner is not None else STATE_OUTAGE
        if self._ready:
            return STATE_READY
        return STATE_LINKED if self._linked else STATE_IDLE

    @property
    def sampling(self):
        """Whether the sensors run."""
        return self._mode != _OFF

    @property
    def linked(self):
        """Whether anybody is connected."""
        return bool(self._linked)

    def connected(self, link):
        """A peer connected; it may not speak yet."""
        if link not in self._linked:
            self._linked.append(link)

    def authorised(self, link):
        """Its link is encrypted and it is on the list."""
        self.connected(link)
        if link not in self._ready:
            self._ready.append(link)

    def is_ready(self, link):
        """Whether this link may be spoken to."""
        return link in self._ready

    def ended(self, link, now_s):
        """A link is gone, or left data mode."""
        for links in (self._linked, self._ready):
            if link in links:
                links.remove(link)
        if self.owner is link:
            self.owner = None
            self.outage_since_s = now_s
        if not self._linked:
            self.idle_since_s = now_s

    def may_start(self, link):
        """Whether START from this link can be obeyed; another's session is not taken over."""
        return link in self._ready and (self.owner is None or self.owner is link)

    def started(self, link, store_only):
        """START."""
        self._mode = _STORING if store_only else _SENDING
        self.owner = link

    def stopped(self, now_s):
        """STOP, or the device stopped by itself."""
        self._mode = _OFF
        self.owner = None
        self.idle_since_s = now_s

    def outage_over(self, now_s, outage_s):
        """Whether nobody has come back in time."""
        return self.code == STATE_OUTAGE and not self._linked and now_s - self.outage_since_s > outage_s

    def may_sleep(self, now_s, sleep_after_s):
        """Whether it has been unused long enough."""
        return sleep_after_s > 0 and self.code == STATE_IDLE and now_s - self.idle_since_s > sleep_after_s
