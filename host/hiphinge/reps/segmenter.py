"""Bends and returns of the trunk, streaming: a turning-point search on angles at some 25 Hz.

A descent is a rise of the trunk angle by `LEAST_BEND_DEG` from the last low; the return closes when the trunk and the
pelvis have settled, or when the next descent is certain. Exact onset, bottom and end are measured later, at full rate.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from hiphinge.model import Floats

LEAST_BEND_DEG = 20.0
# A return is one when this share of the descent is undone: pulses at the bottom stay one attempt.
RETURN_SHARE = 0.6
# Settled: neither trunk nor pelvis leaves a band of 0.7 deg for 0.2 s (3.5 deg/s; standing sways at 1-2 deg/s).
SETTLED_BAND_DEG = 0.7
SETTLED_S = 0.2
# Settled and halted: the trunk went less than this in the 0.2 s. A descent over 6 s passes 5 % of its peak speed, which
# is its onset, at 0.7 deg/s; a low that follows it further would cut its beginning off.
HALTED_DEG = 0.2
# Settling short of standing is a pause on the way up, unless it lasts.
NEAR_START_SHARE = 0.35
LASTING_PAUSE_S = 1.0
# After the return the wearer may fidget and never settle; then the attempt closes all the same.
LATEST_CLOSE_S = 3.0
# A recording (or what follows a long gap) that begins this fast has missed the descent's onset: 0.2 s at 10 deg/s.
UNSEEN_RISE_DEG = 2.0
# While the trunk stays at its low, the low moves on with it, this far behind: a slow descent's onset is shorter.
STANDING_LAG_S = 2.0
# A trunk settled within this of neutral is standing: a low further back is history (an arch, a slow shift).
STANDING_DEG = 12.0


@dataclass(frozen=True, slots=True)
class Bend:
    """Coarse indices of one bend: the low before, the deepest point, and where it was closed."""

    low: int
    deepest: int
    closed: int
    decided: int


class Segmenter:
    """Finds bends in trunk and pelvis angles pushed in pieces of any size; the result does not depend on the pieces.

    Parameters
    ----------
    rate_hz : float
        Rate of the pushed angles.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._settled_samples = max(2, round(SETTLED_S * rate_hz) + 1)
        self._recent: deque[tuple[float, float]] = deque(maxlen=self._settled_samples)
        self._at = -1
        self._begin_search()
        self._begin_stretch()

    def push(self, trunk_deg: Floats, hip_hinge_deg: Floats) -> list[Bend]:
        """Bends decided by these samples; NaN (a long gap) abandons whatever was under way."""
        found: list[Bend] = []
        for trunk, hip in zip(trunk_deg.tolist(), hip_hinge_deg.tolist(), strict=True):
            self._at += 1
            bend = self._step(trunk, hip)
            if bend is not None:
                found += self._seen(bend)
        return found

    def finish(self) -> list[Bend]:
        """The bend that was on its way back when the recording ended, if its return had been seen."""
        if self._peak is not None and self._returned(self._last):
            return self._seen(Bend(self._low_at, self._peak_at, self._at, self._at))
        return []

    @property
    def under_way(self) -> int | None:
        """Coarse index of the low a running bend began from, or None while none is certain."""
        return self._low_at if self._peak is not None else None

    def _begin_stretch(self) -> None:
        """A stretch of known angles begins at the next sample."""
        self._recent.clear()
        self._stretch_at = self._at + 1
        self._first = np.nan
        self._begins_rising = False

    def _seen(self, bend: Bend) -> list[Bend]:
        """The bend, unless it began before the stretch did."""
        return [] if self._begins_rising and bend.low == self._stretch_at else [bend]

    def _begin_search(self) -> None:
        self._low = np.inf
        self._low_at = 0
        self._peak: float | None = None
        self._peak_at = 0
        self._trough = np.inf
        self._trough_at = 0
        self._returned_at: int | None = None
        self._paused_since: int | None = None
        self._last = np.nan

    def _step(self, trunk: float, hip: float) -> Bend | None:
        if trunk != trunk or hip != hip:
            self._begin_search()
            self._begin_stretch()
            return None
        self._last = trunk
        if self._at == self._stretch_at:
            self._first = trunk
        elif self._at == self._stretch_at + self._settled_samples:
            self._begins_rising = trunk - self._first > UNSEEN_RISE_DEG
        self._recent.append((trunk, hip))
        if self._peak is None:
            self._search(trunk)
            return None
        if trunk > self._peak:
            self._descend(trunk)
            return None
        if not self._returned(min(trunk, self._trough)):
            return None
        return self._ascend(trunk, self._settled())

    def _search(self, trunk: float) -> None:
        rise = trunk - self._low
        if rise < 0:
            self._low, self._low_at = trunk, self._at
        elif rise >= LEAST_BEND_DEG:
            self._descend(trunk)
        elif rise <= SETTLED_BAND_DEG:
            # A bend must not reach back through minutes of rest; the lag leaves room for a slow onset.
            self._low_at = max(self._low_at, self._at - round(STANDING_LAG_S * self._rate_hz))
        elif abs(trunk) < STANDING_DEG and self._settled() and self._halted():
            # From where it halted: a slow descent's first tenths of a second look halted too.
            self._low_at = max(self._low_at, self._at - len(self._recent) + 1)
            self._low = self._recent[self._low_at - self._at - 1][0]

    def _descend(self, trunk: float) -> None:
        self._peak, self._peak_at = trunk, self._at
        self._trough, self._trough_at = np.inf, self._at
        self._returned_at = self._paused_since = None

    def _ascend(self, trunk: float, settled: bool) -> Bend | None:
        if self._returned_at is None:
            self._returned_at = self._at
        if trunk < self._trough:
            self._trough, self._trough_at = trunk, self._at
        if trunk - self._trough >= LEAST_BEND_DEG:
            bend = Bend(self._low_at, self._peak_at, self._trough_at, self._at)
            self._low, self._low_at = self._trough, self._trough_at
            self._descend(trunk)
            return bend
        if self._closed(trunk, settled):
            bend = Bend(self._low_at, self._peak_at, self._at, self._at)
            self._begin_search()
            self._low, self._low_at = trunk, self._at
            return bend
        return None

    def _closed(self, trunk: float, settled: bool) -> bool:
        if not settled:
            self._paused_since = None
            assert self._returned_at is not None
            return self._at - self._returned_at > LATEST_CLOSE_S * self._rate_hz and self._near_start(trunk)
        if self._near_start(trunk):
            return True
        if self._paused_since is None:
            self._paused_since = self._at
        return self._at - self._paused_since >= LASTING_PAUSE_S * self._rate_hz

    def _near_start(self, trunk: float) -> bool:
        assert self._peak is not None
        return trunk - self._low <= NEAR_START_SHARE * (self._peak - self._low)

    def _returned(self, trunk: float) -> bool:
        return self._peak is not None and self._peak - trunk >= RETURN_SHARE * (self._peak - self._low)

    def _halted(self) -> bool:
        return abs(self._recent[-1][0] - self._recent[0][0]) < HALTED_DEG

    def _settled(self) -> bool:
        if len(self._recent) < self._settled_samples:
            return False
        if abs(self._recent[0][0] - self._recent[-1][0]) >= SETTLED_BAND_DEG:
            return False
        trunks, hips = zip(*self._recent, strict=True)
        return max(trunks) - min(trunks) < SETTLED_BAND_DEG and max(hips) - min(hips) < SETTLED_BAND_DEG
