"""What outlives a restart: NVS keys, the boot counter, bonds, the log's partition, crashes counted in RTC memory."""

import os

import esp32
import machine
from micropython import const

from hiphinge_fw.core.flash_log import FlashLog
from hiphinge_fw.core.seldom import seldom

_NAMESPACE = "hiphinge"
_BOOT = "boot"
_LABEL = "hiplog"
_LONGEST = const(512)
# Two for each of the eight identities there may be and of one that is pairing, and the stack's own identity key.
_BONDS = const(19)
# Of the stack's secrets: a bond's two, by the peer's address type and six bytes of address, low one first.
_BOND_KINDS = (1, 2)
_MOST_PEERS = const(8)
# RTC memory: mark, restarts since power-on, crashes in a row.
_MARK = b"hh"
MANY_CRASHES = const(3)
# So many that even safe mode does not hold: leave the console to whoever repairs it.
HOPELESS = const(6)


class Kept:
    """Small values by name, in NVS: a commit is atomic."""

    def __init__(self, namespace=_NAMESPACE):
        self._nvs = esp32.NVS(namespace)

    def get(self, key):
        """Bytes, or None."""
        buffer = bytearray(_LONGEST)
        try:
            return bytes(buffer[: self._nvs.get_blob(key, buffer)])
        except OSError:
            return None

    def put(self, key, data):
        """Keep bytes; returns when they are safe. Raises OSError."""
        self._nvs.set_blob(key, data)
        self._nvs.commit()

    def next_boot(self):
        """This boot's id: one more than the last; a random multiple of 65536 and 1 where nothing is known."""
        try:
            boot = self._nvs.get_i32(_BOOT)
        except OSError:
            boot = 0
        fresh = (os.urandom(1)[0] << 16 | 1 << 24) + 1
        boot = boot + 1 if 0 < boot < 0x7FFFFFFE else fresh
        try:
            self._nvs.set_i32(_BOOT, boot)
            self._nvs.commit()
        except OSError:
            # Worn out: it measures all the same, and no boot may have the id of another.
            boot = fresh + (os.urandom(1)[0] << 8 | os.urandom(1)[0])
        return boot


class Bonds:
    """The stack's secrets: kept in memory for the handlers, written by the loop (`flush`)."""

    def __init__(self, kept):
        self._kept = kept
        self._secrets = {}
        self._aside = None
        self._dirty = False
        for slot in range(_BONDS):
            data = kept.get("bond%d" % slot)
            if data and len(data) > 2:
                size = data[1]
                self._secrets[data[0], data[2 : 2 + size]] = data[2 + size :]

    def get(self, kind, index, key):
        """A secret by key, or the index-th of a kind."""
        if key is not None:
            return self._secrets.get((kind, key))
        for (one, _), value in sorted(self._secrets.items()):
            if one == kind:
                if index == 0:
                    return value
                index -= 1
        return None

    def put(self, kind, key, value):
        """Set or, with None, delete a secret; returns whether that was done."""
        if value is None:
            if (kind, key) not in self._secrets:
                return False
            del self._secrets[kind, key]
        elif len(self._secrets) >= _BONDS and (kind, key) not in self._secrets:
            return False
        else:
            self._secrets[kind, key] = value
        self._dirty = True
        return True

    def set_aside(self):
        """What is put from now on lasts until `restore`, and is not written."""
        if self._aside is None:
            self._aside = dict(self._secrets)

    def restore(self):
        """Back to what was set aside."""
        if self._aside is not None:
            self._secrets = self._aside
            self._aside = None

    def tidy(self, identities):
        """Where more peers have a bond than may, those not among `identities` lose theirs."""
        if len([1 for kind, _ in self._secrets if kind == _BOND_KINDS[0]]) > _MOST_PEERS:
            self.forget_others(identities)

    def forget_others(self, identities):
        """Bonds of all but these: address type and six bytes of address, high one first."""
        wanted = [bytes((one[0],)) + bytes(one[6 - at] for at in range(6)) for one in identities]
        for kind, key in list(self._secrets):
            if kind in _BOND_KINDS and key not in wanted:
                del self._secrets[kind, key]
                self._dirty = True

    def flush(self):
        """Write what changed; raises OSError."""
        if not self._dirty or self._aside is not None:
            return
        self._dirty = False
        entries = sorted(self._secrets.items())
        for slot in range(_BONDS):
            if slot < len(entries):
                (kind, key), value = entries[slot]
                self._kept.put("bond%d" % slot, bytes((kind, len(key))) + key + value)
            else:
                self._kept.put("bond%d" % slot, b"\0")

    def forget(self):
        """All of them."""
        self._aside = None
        self._secrets = {}
        self._dirty = True
        self.flush()


def open_log():
    """The mounted log and what it holds of earlier boots; (None, []) where the board has no such partition."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=_LABEL)
    if not found:
        return None, []
    log = FlashLog(found[0])
    return log, seldom("hiphinge_fw.core.catalogue").scan(log) if log.mount() else []


def restarts():
    """(restarts since power-on, crashes in a row)."""
    memory = machine.RTC().memory()
    return (memory[2], memory[3]) if len(memory) == 4 and memory[:2] == _MARK else (0, 0)


def note_restart(count, crashes):
    """Write them down."""
    machine.RTC().memory(_MARK + bytes((min(count, 255), min(crashes, 255))))
