"""What disturbed the sensors of a stream so far: kept, counted into the uncertainty, taken out where that is possible.

Everything here goes by the device's labels and by absolute rows.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from hiphinge.kinematics.disturbances import Disturbance
from hiphinge.kinematics.doubt import Doubt, Doubts
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rolling import Rolling
from hiphinge.kinematics.shock_watch import ShockWatch
from hiphinge.kinematics.shocks import Shock, without_knocks
from hiphinge.kinematics.stream import SensorStream
from hiphinge.kinematics.study import Window
from hiphinge.model import SEGMENTS, Floats


class LiveDisturbances:
    """Watches both sensors' samples as they come.

    Parameters
    ----------
    rate_hz : float
    sensors : pair of SensorStream
        Whose samples are mended.
    times : Rolling
        The times of their rows.

    Attributes
    ----------
    found : list of Disturbance
        So far; vibration with its end so far.
    mended : bool
        Samples have been mended; for the owner to reset.
    """

    def __init__(self, rate_hz: float, sensors: tuple[SensorStream, SensorStream], times: Rolling) -> None:
        self._sensors, self._times = sensors, times
        self._watch = ShockWatch(rate_hz)
        self._doubts = (Doubts(rate_hz), Doubts(rate_hz))
        self._slips: tuple[list[Window], list[Window]] = ([], [])
        self.found: list[Disturbance] = []
        self.mended = False

    def push(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[Disturbance]:
        """The next block, which the sensors have taken already; what came to light: knocks, clipping, vibration."""
        new = self._watch.push(time_s, sacral, thoracic)
        for one in new:
            self.found.append(one)
            self._doubt(one)
        for one in self._watch.going_on:
            told = next(at for at, old in enumerate(self.found) if _same(old, one))
            self.found[told] = one
            self._doubt(one)
        return new

    def slip(self, one: Disturbance, rows: Window, row: int) -> None:
        """A sensor slipped between two moments of standing (`rows`), at a row."""
        at = SEGMENTS.index(one.sensor)
        self.found.append(one)
        self._slips[at].append(rows)
        self._doubts[at].turned(row)
        # On both: where a bend is deepest is told by the thorax and read on the pelvis.
        for doubts in self._doubts:
            doubts.add(Doubt(*rows, one.sd_deg))

    def counted_in(self, at: int, motion: SensorMotion, first: int) -> SensorMotion:
        """The motion of a sensor from row `first` on with its doubts counted into its standard deviation."""
        return self._doubts[at].counted_in(motion, first)

    def rests(self, row: int) -> None:
        """The wearer rests at a row."""
        for doubts in self._doubts:
            doubts.rests(row)

    def forget(self, before: int) -> None:
        """Nothing before this row will be asked for."""
        for doubts in self._doubts:
            doubts.forget(before)

    def firm(self, at: int, start: int, stop: int) -> Window:
        """The longest stretch of these rows in which a sensor did not slip."""
        edges = [(start, start), *(slip for slip in self._slips[at] if slip[1] > start), (stop, stop)]
        stretches = [(max(start, a[1]), b[0]) for a, b in pairwise(edges)]
        return max(stretches, key=lambda stretch: stretch[1] - stretch[0])

    def _doubt(self, one: Disturbance) -> None:
        at = SEGMENTS.index(one.sensor)
        times = self._times.read(self._times.start, self._times.stop)[:, 0]
        first, last = (self._times.start + int(np.searchsorted(times, moment)) for moment in (one.start_s, one.end_s))
        passing = one.kind in ("knock", "clipping")
        lost_turn = one.kind == "clipping" and one.unit == "deg/s"
        self._doubts[at].add(Doubt(first, last + 1, one.sd_deg, passing, lost_turn))
        if one.kind == "knock":
            self._mend(at, first, last + 1, one)

    def _mend(self, at: int, first: int, stop: int, one: Disturbance) -> None:
        """Bridge a knock in the samples kept."""
        begin = max(self._times.start, first - 1)
        knock = Shock("knock", first - begin, stop - begin, one.size, False, one.sd_deg)
        mended = without_knocks(self._sensors[at].read(begin), [knock])
        if mended.acc_mps2 is not None:
            self._sensors[at].mend(begin, mended.acc_mps2)
            self.mended = True


def _same(a: Disturbance, b: Disturbance) -> bool:
    """Whether one is the other, gone on."""
    return (a.kind, a.sensor, a.start_s) == (b.kind, b.sensor, b.start_s)
