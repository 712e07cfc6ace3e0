"""How long to wait between two passes of the loop."""

from micropython import const

# Not a whole number of samples (25 ms are three of 120 Hz), and never the same: then every phase is seen.
_SHORTEST_US = const(28000)
_SPREAD_US = const(4096)


class Pace:
    """Intervals of 28 to 32 ms that vary by themselves.

    Parameters
    ----------
    sleep_ms, ticks_us, ticks_diff : callable
        Those of `time`.
    """

    def __init__(self, sleep_ms, ticks_us, ticks_diff):
        self._sleep_ms = sleep_ms
        self._ticks_us = ticks_us
        self._ticks_diff = ticks_diff
        self._chance = 1
        self._last_us = ticks_us()

    def wait(self):
        """Until the next pass is due."""
        # Park and Miller's generator would leave the small integers: 16 bits are enough (Numerical Recipes, ranqd of
        # 75 * n + 74 modulo 65537).
        self._chance = (75 * self._chance + 74) % 65537
        due = _SHORTEST_US + (self._chance & (_SPREAD_US - 1))
        left = due - self._ticks_diff(self._ticks_us(), self._last_us)
        # Whole milliseconds: those the port gives to others, shorter ones it burns.
        if left >= 1000:
            self._sleep_ms(left // 1000)
        self._last_us = self._ticks_us()
