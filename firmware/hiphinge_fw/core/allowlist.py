"""Who may speak: identities that bonded while the pairing window was open. MicroPython itself cannot refuse a pairing.

An identity is an address type and six bytes of address, as the stack resolved it. What an address alone is worth, and
how a bond that was overwritten is restored, is the business of the Bluetooth shell, which asks here.
"""

from micropython import const

from hiphinge_fw.core.settings import sealed, unsealed

_KEY = "allowed"
_MOST = const(8)
_SIZE = const(7)
WINDOW_S = const(60)


class Allowlist:
    """Identities that may speak, kept.

    Parameters
    ----------
    kept : object
        As of `Settings`.
    """

    def __init__(self, kept):
        self._kept = kept
        body = unsealed(kept.get(_KEY)) or b""
        self._known = [body[at : at + _SIZE] for at in range(0, len(body) - 1, _SIZE)]
        self._until_s = -1

    def open_window(self, now_s):
        """The button was held: who bonds within a minute is taken in."""
        self._until_s = now_s + WINDOW_S

    def window_open(self, now_s):
        """Whether it is open."""
        return now_s < self._until_s

    def admits(self, identity, encrypted, bonded, now_s):
        """Whether this peer may speak; in the window a bonded one is taken in.

        Parameters
        ----------
        identity : bytes
            Address type and address.
        encrypted, bonded : bool
            Bonded: by the keys that were kept, or in the window. An address alone is anybody's, and so is a link that
            was encrypted without leaving a bond.
        now_s : int
        """
        if not (encrypted and bonded):
            return False
        if identity in self._known:
            return True
        if not self.window_open(now_s):
            return False
        known = (self._known + [identity])[-_MOST:]
        try:
            self._keep(known)
        except OSError:
            return False
        self._known = known
        return True

    @property
    def known(self):
        """Identities, the one taken in longest ago first: it goes when a ninth comes."""
        return self._known

    def knows(self, identity):
        """Whether it is on the list."""
        return identity in self._known

    def forget(self, spare=None):
        """Everybody, `spare` aside, must pair again; raises OSError where that could not be kept."""
        known = [one for one in self._known if one == spare]
        self._keep(known)
        self._known = known

    def _keep(self, known):
        self._kept.put(_KEY, sealed(b"".join(known) + b"\x01"))
