"""Says so when nothing comes. Pure: time in, words out."""

from __future__ import annotations

from hiphinge.app.live.notices import notice
from hiphinge.app.live.updates import Notice

# A serial board restarts in 2 to 4 s when its port is opened, a BLE connection takes 1 to 3 s.
_NO_DEVICE_S = 6.0
# START is answered and the first block there within a second of connecting.
_NO_SAMPLES_S = 4.0
# Samples stop while the link stands: two sensors that fell silent, or a device that stopped sampling.
_SILENT_S = 3.0


class Watch:
    """Waits for a device, then for samples.

    Parameters
    ----------
    now_s : float
        When the waiting begins; host clock.
    """

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        self._connected = self._ever_connected = self._any = False
        self._told = False
        self._dropped_bytes = 0

    @property
    def ever_connected(self) -> bool:
        """Whether there was a device at all."""
        return self._ever_connected

    def up(self, now_s: float) -> None:
        """Connected."""
        self._connected = self._ever_connected = True
        self._since_s, self._told = now_s, False

    def down(self, now_s: float) -> None:
        """The link is gone; the link itself says so."""
        self._connected = False
        self._since_s = now_s

    def samples(self, now_s: float) -> None:
        """Samples came."""
        self._any, self._told, self._since_s = True, False, now_s

    def look(self, now_s: float, dropped_bytes: int = 0) -> list[Notice]:
        """What is to be said now; each thing once.

        Parameters
        ----------
        now_s : float
        dropped_bytes : int
            As the transport has counted them so far.
        """
        lines = self._waiting(now_s)
        if dropped_bytes > self._dropped_bytes:
            lost, self._dropped_bytes = dropped_bytes - self._dropped_bytes, dropped_bytes
            lines.append(notice("too_slow", bytes=lost))
        return lines

    def _waiting(self, now_s: float) -> list[Notice]:
        waited_s = now_s - self._since_s
        key = ""
        if not self._ever_connected and waited_s > _NO_DEVICE_S:
            key = "no_device"
        elif self._connected and not self._any and waited_s > _NO_SAMPLES_S:
            key = "no_samples"
        elif self._connected and self._any and waited_s > _SILENT_S:
            key = "samples_stopped"
        if not key or self._told:
            return []
        self._told = True
        return [notice(key)]
