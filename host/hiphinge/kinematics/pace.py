"""How often the past is studied anew: often while that still changes something, and only after movement."""

from __future__ import annotations

# While the sensors' errors are being learnt, and once they are known to within their uncertainty.
_EAGER_S = 1.0
_SETTLED_S = 45.0
# Less movement than a bend's beginning teaches nothing: sway and stillness leave this untouched.
_MOVED_RAD = 0.15
# The models have settled when this many studies moved a tilt by less than a third of its standard deviation; one that
# moves it by more than that twice over (a new stance, mostly) takes some of them back. A window is
# full after some 60 s of bending.
_SETTLED_AFTER = 20
_SETTLED_BACK = 5
_SETTLED_DEG = 0.1
_UNSETTLED_DEG = 0.2


class Pace:
    """Decides when the next study is due; counts thinned samples, knows no clock.

    Parameters
    ----------
    rate_hz : float
        Of thinned samples.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._last = 0
        self._small = 0
        self._new_set = False

    def eager(self, at: int, turned_rad: float) -> bool:
        """Whether a study at thinned sample `at`, after that much movement, could teach anything new."""
        return at - self._last >= _EAGER_S * self._rate_hz and turned_rad > _MOVED_RAD

    def due(self, at: int) -> bool:
        """Whether it is time for one, given that it could."""
        if self._new_set:
            return True
        wait_s = _SETTLED_S if self._small >= _SETTLED_AFTER else _EAGER_S
        return at - self._last >= wait_s * self._rate_hz

    def asked(self, at: int) -> None:
        """A study begins."""
        self._last = at
        self._new_set = False

    def new_set(self) -> None:
        """A set has begun: its stance, and what has warmed up or drifted since the last, are to be learnt."""
        self._new_set = True

    def unsettled(self) -> None:
        """Something has changed that is to be learnt soon."""
        self._small = 0

    def learnt(self, change_deg: float) -> None:
        """A study has moved tilts by this much."""
        if change_deg < _SETTLED_DEG:
            self._small += 1
        elif change_deg > _UNSETTLED_DEG:
            self._small = max(0, min(self._small, _SETTLED_AFTER) - _SETTLED_BACK)
