"""Samples of one sensor's own clock to an even grid, streaming.

Rates and forces: the grid value is the mean over one grid step around its instant (a cell), by integrating a
quadratic through each pair of samples and the one before them (Adams-Moulton, third order). So the values integrate to
what the sensor's samples integrate to, whatever both rates are; the mean is the anti-alias filter: -3.9 dB at half the
grid's rate and nothing at its multiples, where an alias would look like a steady rate. It needs half a step and one
sample of the future: 5 + 4 ms at 100 and 120 Hz on average, where a sharp filter would need tens.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from hiphinge.kinematics.grid import INTERPOLATE_S
from hiphinge.model import Floats


class _Queue:
    """Grid values in order, known up to `stop`."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._parts: list[Floats] = []
        self.start = 0
        self.stop = 0

    def add(self, values: Floats) -> None:
        if len(values):
            self._parts.append(values)
            self.stop += len(values)

    def add_missing(self, until: int) -> None:
        if until > self.stop:
            self.add(np.full((until - self.stop, self._columns), np.nan))

    def take(self, until: int) -> Floats:
        count = until - self.start
        if count == 0:
            return np.empty((0, self._columns))
        joined = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        # A copy: a view would keep all that was taken alive.
        rest = joined[count:].copy()
        self._parts = [rest] if len(rest) else []
        self.start = until
        return joined[:count]

    def jump(self, to: int) -> None:
        self._parts = []
        self.start = self.stop = to


class Cells:
    """Cell means of a sensor's three axes.

    Parameters
    ----------
    rate_hz : float
        Of the grid; instant k is at ``k / rate_hz``.
    columns : int
    """

    def __init__(self, rate_hz: float, columns: int = 3) -> None:
        self._rate_hz = rate_hz
        self._queue = _Queue(columns)
        self._times: Floats = np.empty(0)  # the newest two samples of the stretch
        self._values: Floats = np.empty((0, columns))
        # Integral from the lower edge of the cell under way to the newest sample; None where that edge is not known.
        self._carry: Floats | None = None

    @property
    def stop(self) -> int:
        """Cells are known below this index."""
        return self._queue.stop

    def take(self, until: int) -> Floats:
        """Cells up to `until`, (n, columns); NaN where the sensor was silent for more than `INTERPOLATE_S`."""
        return self._queue.take(until)

    def push(self, times_s: Floats, values: Floats, broken: bool = False) -> None:
        """The next samples, (n,) and (n, columns), strictly later than those before.

        `broken`: do not interpolate to the ones before.
        """
        if broken:
            self.end()
        bounds = [0, *(np.flatnonzero(np.diff(times_s) > INTERPOLATE_S) + 1), len(times_s)]
        for first, last in pairwise(bounds):
            if first < last:
                self._stretch(times_s[first:last], values[first:last])

    def end(self) -> None:
        """What comes next does not continue what came last."""
        self._times, self._values, self._carry = self._times[:0], self._values[:0], None

    def missing_until(self, cell: int) -> None:
        """Cells below `cell` that are not known by now will never be."""
        if cell > self._queue.stop:
            self._queue.add_missing(cell)
            self._carry = None

    def jump(self, cell: int) -> None:
        """Go on at `cell`, with nothing in between."""
        self.end()
        self._queue.jump(cell)

    def _stretch(self, times_s: Floats, values: Floats) -> None:
        if len(self._times) and times_s[0] - self._times[-1] > INTERPOLATE_S:
            self.end()
        known = len(self._times)
        t = np.concatenate([self._times, times_s])
        v = np.concatenate([self._values, values])
        self._times, self._values = t[-2:], v[-2:]
        begin = max(0, known - 1)  # integrate from the newest one known before
        if len(t) - begin < 2:
            return
        step = np.diff(t)
        slope = np.diff(v, axis=0) / step[:, None]
        bend = np.zeros_like(slope)
        if len(slope) > 1:
            bend[1:] = np.diff(slope, axis=0) / (step[1:] + step[:-1])[:, None]
        t, v, step, slope, bend = t[begin:], v[begin:], step[begin:], slope[begin:], bend[begin:]
        h = step[:, None]
        total = np.concatenate(
            [np.zeros((1, v.shape[1])), np.cumsum(v[:-1] * h + slope * h**2 / 2 - bend * h**3 / 6, 0)]
        )
        cell, rate = self._queue.stop, self._rate_hz
        first = max(cell, int(np.ceil(t[0] * rate + 0.5))) if self._carry is None else cell + 1
        stop = int(np.floor(t[-1] * rate + 0.5)) + 1  # edges first .. stop - 1 lie within the samples
        if stop <= first:
            if self._carry is not None:
                self._carry = self._carry + total[-1]
            return
        edges = (np.arange(first, stop) - 0.5) / rate
        at = np.clip(np.searchsorted(t, edges, side="right") - 1, 0, len(step) - 1)
        s = (edges - t[at])[:, None]
        reached = total[at] + v[at] * s + slope[at] * s**2 / 2 + bend[at] * (s**3 / 3 - step[at][:, None] * s**2 / 2)
        carry = total[-1] - reached[-1]
        if self._carry is None:
            self._queue.add_missing(first)
        else:
            reached = np.concatenate([-self._carry[None], reached])
        self._carry = carry
        self._queue.add(np.diff(reached, axis=0) * rate)


class Turns:
    """Orientations at the grid's instants: between neighbouring samples along the shorter way."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._queue = _Queue(4)
        self._times: Floats = np.empty(0)
        self._values: Floats = np.empty((0, 4))

    @property
    def stop(self) -> int:
        """Instants are known below this index."""
        return self._queue.stop

    def take(self, until: int) -> Floats:
        """Unit quaternions up to `until`, (n, 4); NaN where unknown."""
        return self._queue.take(until)

    def push(self, times_s: Floats, values: Floats, broken: bool = False) -> None:
        """The next samples, (n,) and (n, 4)."""
        if broken:
            self.end()
        t = np.concatenate([self._times, times_s])
        v = np.concatenate([self._values, values])
        self._times, self._values = t[-1:], v[-1:]
        first = max(self._queue.stop, int(np.ceil(t[0] * self._rate_hz)))
        stop = int(np.floor(t[-1] * self._rate_hz)) + 1
        if len(t) < 2 or stop <= first:
            return
        self._queue.add_missing(first)
        instants = np.arange(first, stop) / self._rate_hz
        at = np.clip(np.searchsorted(t, instants, side="right") - 1, 0, len(t) - 2)
        share = ((instants - t[at]) / (t[at + 1] - t[at]))[:, None]
        a, b = v[at], v[at + 1]
        # Samples are some ms apart: along the chord is along the arc to a millionth.
        mixed = a * (1 - share) + b * np.where(np.sum(a * b, axis=1, keepdims=True) < 0, -share, share)
        mixed /= np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-9)
        mixed[t[at + 1] - t[at] > INTERPOLATE_S] = np.nan
        self._queue.add(mixed)

    def end(self) -> None:
        """What comes next does not continue what came last."""
        self._times, self._values = self._times[:0], self._values[:0]

    def missing_until(self, cell: int) -> None:
        """Instants below `cell` that are not known by now will never be."""
        self._queue.add_missing(cell)

    def jump(self, cell: int) -> None:
        """Go on at `cell`, with nothing in between."""
        self.end()
        self._queue.jump(cell)
