"""INFO of every epoch whose blocks are kept, through restarts: eight slots, the oldest goes."""

from micropython import const

from hiphinge_fw.core.seldom import seldom
from hiphinge_fw.core.settings import sealed, unsealed
from hiphinge_wire.errors import WireError

_SLOTS = const(8)


class Infos:
    """Kept INFO messages.

    Parameters
    ----------
    kept : object
        As of `Settings`.
    """

    def __init__(self, kept):
        self._kept = kept
        self._keys = []  # (boot, epoch, unix_us) by slot
        wire = seldom("hiphinge_wire.info")
        for slot in range(_SLOTS):
            info = self._load(slot, wire)
            self._keys.append((0, 0, 0) if info is None else (info.boot, info.epoch, info.started_unix_us))

    def _load(self, slot, wire):
        body = unsealed(self._kept.get("info%d" % slot))
        if body is None:
            return None
        try:
            return wire.Info.decode(body)
        except WireError:
            return None

    def put(self, info):
        """Keep one, in its own slot or the oldest's; returns whether that worked."""
        key = (info.boot, info.epoch, info.started_unix_us)
        if key in self._keys:
            return True
        slot = -1
        for k in range(_SLOTS):
            if self._keys[k][:2] == key[:2]:
                slot = k
        if slot < 0:
            slot = self._keys.index(min(self._keys))
        try:
            self._kept.put("info%d" % slot, sealed(info.encode()))
        except OSError:
            return False
        self._keys[slot] = key
        return True

    def get(self, boot, epoch):
        """The INFO of an epoch; None where it is not known."""
        for slot in range(_SLOTS):
            if self._keys[slot][:2] == (boot, epoch):
                return self._load(slot, seldom("hiphinge_wire.info"))
        return None

    def unix_us(self, boot, epoch):
        """Unix time at device time 0 of that boot; 0 not known."""
        found = 0
        for key in self._keys:
            if key[0] == boot:
                found = found or key[2]
        return found

    def forget(self):
        """Nothing is kept any more."""
        for slot in range(_SLOTS):
            if self._keys[slot][0]:
                self._kept.put("info%d" % slot, b"\0")
                self._keys[slot] = (0, 0, 0)
