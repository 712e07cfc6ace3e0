"""Session time against the host's clock, for marks of other programs and for streams to them. Pure."""

from __future__ import annotations

# Crystals drift by 1 ms in ten seconds at worst (100 ppm); a minute holds many quick arrivals.
_WINDOW_S = 60.0


class Moments:
    """When samples came, less when they were: the least of it is the offset between the clocks.

    It holds the least delay from sensor to host, some hundredths of a second: a moment told by host time is placed
    that much too early.
    """

    def __init__(self) -> None:
        self._offsets_s: list[float] = []
        self._since_s = 0.0

    def came(self, time_s: float, host_s: float) -> None:
        """The sample of `time_s` was there at `host_s`."""
        offset_s = host_s - time_s
        if not self._offsets_s or host_s - self._since_s > _WINDOW_S:
            # The window before is kept, so that the new one need not begin with a guess.
            self._offsets_s = [*self._offsets_s[-1:], offset_s]
            self._since_s = host_s
        self._offsets_s[-1] = min(self._offsets_s[-1], offset_s)

    def host_s(self, time_s: float) -> float:
        """Host time of a session time; NaN before the first sample."""
        return time_s + self._offset_s

    def session_s(self, host_s: float) -> float:
        """Session time of a host time; NaN before the first sample."""
        return host_s - self._offset_s

    @property
    def _offset_s(self) -> float:
        return min(self._offsets_s, default=float("nan"))
