"""The device's clock against the host's: what arrived quickest tells the truth, the rest tells the jitter.

Nothing arrives before it was sent. So the line below all points (device time, arrival time) that lies closest to them
is the device clock plus the shortest delay; stalls and radio intervals, which only ever add, do not move it. It is an
edge of the points' lower convex hull, kept as they come (Andrew's monotone chain).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

import numpy as np

# How far back the fit looks: crystals wander with temperature by a few ppm over ten minutes, a few ms an hour.
WINDOW_S = 600.0
# Crystals are good to some tens of ppm; a slope further off is the scatter of too short a stretch.
_MOST_PPM = 200.0
# The slope is measured from this stretch on; below it the clocks are taken to run alike (200 ppm of it: 2 ms).
_LEAST_S = 10.0
# Corners of the hull kept: it grows with the logarithm of the points.
_MOST_CORNERS = 128
_LATENCIES = 256
# After so many exchanges of clocks one of them was quick; a block's newest sample is some ms old when it is sent.
_SETTLED = 5
# A device time so far ahead of what the clock can show is damage; not if it comes so often.
_AHEAD_S = 5.0
_CONVINCED = 10


class Envelope:
    """Lower envelope of arrival times over device times, streaming, in bounded memory."""

    def __init__(self) -> None:
        self._corners: list[tuple[float, float]] = []
        self._newest_s = -np.inf
        self._sum_s = 0.0
        self._points = 0

    @property
    def known(self) -> bool:
        """Whether there is any point."""
        return bool(self._corners)

    def push(self, device_s: float, arrival_s: float) -> None:
        """Add a point; those older than the newest by a tenth of a second are left out: they are late anyway."""
        if device_s < self._newest_s - 0.1:
            return
        corners = self._corners
        self._newest_s = max(self._newest_s, device_s)
        while corners and device_s <= corners[-1][0]:
            if arrival_s - corners[-1][1] >= device_s - corners[-1][0]:
                return
            corners.pop()
        while len(corners) > 1 and _turns_up(corners[-2], corners[-1], (device_s, arrival_s)) <= 0:
            corners.pop()
        corners.append((device_s, arrival_s))
        old_s = self._newest_s - WINDOW_S
        while len(corners) > 2 and (corners[1][0] < old_s or len(corners) > _MOST_CORNERS):
            del corners[0]

    def line(self) -> tuple[float, float, float]:
        """Arrival = `at_s` + `slope` * (device - `origin_s`): returns (origin_s, at_s, slope)."""
        corners = self._corners
        first, last = corners[0], corners[-1]
        if last[0] - first[0] < _LEAST_S:
            # The quickest one alone.
            origin, at = min(corners, key=lambda corner: corner[1] - corner[0])
            return origin, at, 1.0
        # The edge over the middle of the stretch has the least sum of distances to evenly spread points.
        middle_s = (first[0] + last[0]) / 2
        edge = min(max(1, bisect_right(corners, (middle_s, np.inf))), len(corners) - 1)
        (x0, y0), (x1, y1) = corners[edge - 1], corners[edge]
        slope = float(np.clip((y1 - y0) / (x1 - x0), 1 - _MOST_PPM * 1e-6, 1 + _MOST_PPM * 1e-6))
        # Through the corner that keeps all others above.
        origin, at = min(corners, key=lambda corner: corner[1] - slope * corner[0])
        return origin, at, slope


def _turns_up(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@dataclass(frozen=True, slots=True)
class Latency:
    """Median and 95th percentile of arrival minus making, s; jitter is their difference."""

    median_s: float
    p95_s: float


class DeviceClock:
    """One boot's device clock as the host sees it.

    Attributes
    ----------
    round_trip_s : float or None
        The shortest so far.
    """

    def __init__(self) -> None:
        self._envelope = Envelope()
        self._recent: deque[tuple[float, float]] = deque(maxlen=_LATENCIES)
        self._contradictions = 0
        self._exchanges = 0
        self.round_trip_s: float | None = None

    @property
    def known(self) -> bool:
        """Whether device time can be told from host time at all."""
        return self._envelope.known

    @property
    def ppm(self) -> float | None:
        """By how much the device's clock runs slow, millionths; None until some seconds are there."""
        slope = self._envelope.line()[2] if self.known else 1.0
        return None if slope == 1.0 else (slope - 1) * 1e6

    @property
    def uncertainty_s(self) -> float:
        """Host times are within ± this: half the shortest round trip, half a second where none is known."""
        return 0.5 if self.round_trip_s is None else self.round_trip_s / 2

    def believable(self, device_s: float, host_s: float) -> bool:
        """Whether a device time can have been at a host time already; many contradictions in a row are believed."""
        if not self.known or device_s < self.device_s(host_s) + _AHEAD_S:
            self._contradictions = 0
            return True
        self._contradictions += 1
        if self._contradictions <= _CONVINCED:
            return False
        self._contradictions = 0
        self._envelope = Envelope()
        return True

    def arrived(self, device_s: float, arrival_s: float, live: bool = True) -> None:
        """Something made at `device_s` arrived; `live`: first sending, so that its delay says something of the link."""
        self._envelope.push(device_s, arrival_s)
        if live:
            self._recent.append((device_s, arrival_s))

    def exchanged(self, sent_s: float, came_s: float, answered_s: float, arrival_s: float) -> float | None:
        """One exchange of clocks: host sent, device got, device answered, host got; returns the round trip, s.

        None, and nothing noted, where the times contradict each other.
        """
        round_trip_s = (arrival_s - sent_s) - (answered_s - came_s)
        if not (0 <= round_trip_s < 60 and 0 <= answered_s - came_s < 60 and sent_s <= arrival_s):
            return None
        self._envelope.push(answered_s, arrival_s)
        self._exchanges += 1
        if self.round_trip_s is None or round_trip_s < self.round_trip_s:
            self.round_trip_s = round_trip_s
        return round_trip_s

    def same_link(self, other: DeviceClock) -> None:
        """Both clocks are seen over the same link: where no round trip is known yet, the other's holds."""
        if self.round_trip_s is None:
            self.round_trip_s = other.round_trip_s

    def unsettled_s(self, other: DeviceClock) -> float:
        """How late the quickest of the few arrivals so far may have been, by the delays `other` saw; 0 later."""
        usual = other.latency()
        if usual is None or self._exchanges >= _SETTLED:
            return 0.0
        return max(0.0, usual.p95_s - (other.round_trip_s or 0.0) / 2)

    def host_s(self, device_s: float) -> float:
        """Host time at a device time, the link's least delay taken out as far as round trips tell it."""
        origin, at, slope = self._envelope.line()
        return at + slope * (device_s - origin) - (self.round_trip_s or 0.0) / 2

    def device_s(self, host_s: float) -> float:
        """Device time at a host time; the other way round."""
        origin, at, slope = self._envelope.line()
        return origin + (host_s + (self.round_trip_s or 0.0) / 2 - at) / slope

    def latency(self) -> Latency | None:
        """Over the newest live blocks."""
        if not self._recent:
            return None
        points = np.array(self._recent)
        origin, at, slope = self._envelope.line()
        delays = points[:, 1] - (at + slope * (points[:, 0] - origin)) + (self.round_trip_s or 0.0) / 2
        median_s, p95_s = np.percentile(delays, [50, 95])
        return Latency(float(median_s), float(p95_s))
