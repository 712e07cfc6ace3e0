"""Knocks, clipping and vibration as they come, with the past alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.kinematics.disturbances import Disturbance, DisturbanceKind, from_shocks
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.rolling import Rolling
from hiphinge.kinematics.shocks import KNOCK_MPS2, LEAST_FORCE_MPS2, LEAST_RATE_RADPS, find_shocks
from hiphinge.model import SEGMENTS, Floats, Segment

# A spike is compared with its neighbours this long after it.
_SETTLED_S = 0.15
# A range's end shows by repetition, within a few swings.
_WATCHED_S = 8.0
# How often a look is worth it: a knock is to be known soon, vibration takes a second to be one.
_LOOK_S = 0.12
_SLOW_LOOK_S = 0.5
# Half of what the least vibration (0.6 m/s² rms at 8 Hz) changes from sample to sample.
_HUM_MPS2, _HUM_HZ = 0.3, 8.0
# A spike of half a g or more shows in the range of at least one axis.
_SPIKE_RANGE_MPS2 = KNOCK_MPS2 / 3**0.5

_FORCE, _RATE, _GAP = slice(0, 3), slice(3, 6), 6
_WIDTH = 7


class ShockWatch:
    """Knocks, clipping and vibration as they come: feed blocks of any size.

    A knock is known a quarter of a second after it began, vibration and clipping as soon as the past alone shows them.
    What was told once is not told again; vibration that goes on is told once. The samples of the last seconds are
    looked at where a look at the newest ones alone, which costs next to nothing, gives reason to.

    Parameters
    ----------
    rate_hz : float

    Attributes
    ----------
    going_on : list of Disturbance
        Vibration told before that went on in the newest block, with its end so far.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        keep = round(_WATCHED_S * rate_hz)
        self._rows = (Rolling(keep, _WIDTH), Rolling(keep, _WIDTH))
        self._times = Rolling(keep, 1)
        self._kinds = (False, False)
        self._looked = self._looked_long = 0
        self._hum_mps2 = _HUM_MPS2 * 2 * np.sin(np.pi * min(0.5, _HUM_HZ / rate_hz))
        self._told_s: dict[tuple[Segment, DisturbanceKind], float] = {}
        self._shaken: dict[Segment, Disturbance] = {}
        self.going_on: list[Disturbance] = []

    def push(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[Disturbance]:
        """The next block of both sensors, n rows; what it brought to light."""
        self._kinds = (sacral.acc_mps2 is not None, sacral.gyr_radps is not None)
        found: list[Disturbance] = []
        self.going_on = []
        # In pieces that the rolling past can hold, looked at one by one.
        size = max(1, round(_LOOK_S * self._rate_hz))
        for first in range(0, len(time_s), size):
            part = slice(first, first + size)
            found += self._push(time_s[part], sacral.rows(part), thoracic.rows(part))
        return found

    def _push(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[Disturbance]:
        self._times.append(time_s[:, None])
        for rolling, imu in zip(self._rows, (sacral, thoracic), strict=True):
            rows = np.zeros((len(time_s), _WIDTH))
            if imu.acc_mps2 is not None:
                rows[:, _FORCE] = imu.acc_mps2
            if imu.gyr_radps is not None:
                rows[:, _RATE] = imu.gyr_radps
            rows[:, _GAP] = imu.gap_s
            rolling.append(rows)
        stop = self._times.stop
        if stop - self._looked < round(_LOOK_S * self._rate_hz):
            return []
        self._looked = stop
        slowly = stop - self._looked_long >= round(_SLOW_LOOK_S * self._rate_hz)
        if slowly:
            self._looked_long = stop
        if not any(self._suspicious(rolling, slowly) for rolling in self._rows):
            return []
        return self._look()

    def _suspicious(self, rolling: Rolling, slowly: bool) -> bool:
        """Whether the newest samples give reason to look at the last seconds."""
        # What lies between two looks, and the reach of a spike and the time it takes to settle before that.
        back = round((_LOOK_S + 2 * _SETTLED_S) * self._rate_hz) + 2
        newest = rolling.read(rolling.stop - back, rolling.stop)
        high, low = newest.max(axis=0), newest.min(axis=0)
        if (high - low)[_FORCE].max() > _SPIKE_RANGE_MPS2:
            return True
        far = np.maximum(high, -low)
        if far[_RATE].max() > LEAST_RATE_RADPS or far[_FORCE].max() > LEAST_FORCE_MPS2:
            return True
        if not slowly:
            return False
        recent = rolling.read(rolling.stop - round(_SLOW_LOOK_S * self._rate_hz), rolling.stop)[:, _FORCE]
        steps = recent[1:] - recent[:-1]
        return float(np.sqrt((steps * steps).sum() / max(1, len(steps)))) > self._hum_mps2

    def _look(self) -> list[Disturbance]:
        start, stop = self._times.start, self._times.stop
        time_s = self._times.read(start, stop)[:, 0]
        kept = [self._imu(rolling, start, stop) for rolling in self._rows]
        settled_s = float(time_s[-1]) - _SETTLED_S
        found: list[Disturbance] = []
        for sensor in SEGMENTS:
            own, other = kept if sensor == "sacral" else kept[::-1]
            for one in from_shocks(find_shocks(own, other, self._rate_hz), sensor, time_s):
                told_s = self._told_s.get((sensor, one.kind), -np.inf)
                if one.kind != "vibration" and one.end_s > settled_s:
                    continue  # the other sensor's share of it, or the rest of a flat top, may be still to come
                if one.start_s > told_s:
                    found.append(one)
                if one.kind == "vibration":
                    self._goes_on(sensor, one, one.start_s > told_s, told_s)
                self._told_s[sensor, one.kind] = max(one.end_s, told_s)
        return found

    def _goes_on(self, sensor: Segment, one: Disturbance, new: bool, told_s: float) -> None:
        if new:
            self._shaken[sensor] = one
        elif one.end_s > told_s:
            before = self._shaken[sensor]
            sd_deg, size = max(one.sd_deg, before.sd_deg), max(one.size, before.size)
            self._shaken[sensor] = replace(before, end_s=one.end_s, sd_deg=sd_deg, size=size)
            self.going_on.append(self._shaken[sensor])

    def _imu(self, rolling: Rolling, start: int, stop: int) -> GriddedImu:
        rows = rolling.read(start, stop)
        force, rate = self._kinds
        return GriddedImu(rows[:, _FORCE] if force else None, rows[:, _RATE] if rate else None, None, rows[:, _GAP])
