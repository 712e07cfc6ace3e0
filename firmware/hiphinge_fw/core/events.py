"""EVENTs: the last sixteen, repeated with each STATUS until a host has them."""

from micropython import const

from hiphinge_fw.core.messages import Event

_KEPT = const(16)
_NUMBERS = const(65535)


class Events:
    """What happened and is not acknowledged.

    Parameters
    ----------
    boot : int

    Attributes
    ----------
    last : int
        Number of the newest; 0 none.
    """

    def __init__(self, boot):
        self._boot = boot
        self._kept = []
        self.last = 0

    def add(self, kind, time_us, value=0):
        """Something happened; returns its message."""
        self.last = self.last % _NUMBERS + 1
        event = Event(kind=kind, number=self.last, boot=self._boot, time_us=time_us, value=value)
        self._kept.append(event)
        if len(self._kept) > _KEPT:
            self._kept.pop(0)
        return event

    def pending(self):
        """Events no host has acknowledged, oldest first."""
        return self._kept

    def acknowledge(self, number):
        """A host has them up to and with this one; returns whether there was such a number."""
        behind = (self.last - number) % _NUMBERS
        if self.last == 0 or behind >= _NUMBERS // 2:
            return False
        self._kept = [event for event in self._kept if (self.last - event.number) % _NUMBERS < behind]
        return True
