"""Knocks, clipping and vibration as they come, with the past alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.kinematics.disturbances import Disturbance, DisturbanceKind, from_shocks
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.rolling import Rolling
from hiphinge.kinematics.shocks import KNOCK_MPS2, LEAST_FORCE_MPS2, LEAST_RATE_RADPS, find_shocks
from hiphinge.model import SEGMENTS, Floats, Segment

# A spike is compared with what the other sensor feels in the 0.2 s after it, and that with its neighbours; a flat top
# is over as soon as it is left. What was none when it was new is none where the window has lost what came before it.
_SETTLED_S = 0.26
_LEFT_SAMPLES = 2
_NEW_S = 2.0
# With half of the seconds around it still to come, what is barely a knock may be none.
_CLEAR_MPS2 = 1.2 * KNOCK_MPS2
# A range's end shows by repetition, within a few swings.
_WATCHED_S = 8.0
# The longest touch, which its neighbours show up.
_SPIKE_S = 0.06
# How often a look is worth it: a knock is to be known soon, vibration takes a second to be one.
_LOOK_S = 0.12
_SLOW_LOOK_S = 0.5
# Half of what the least vibration (0.6 m/s² rms at 8 Hz) changes from sample to sample.
_HUM_MPS2, _HUM_HZ = 0.3, 8.0
# A spike of half a g or more shows on at least one axis.
_SPIKE_MPS2 = KNOCK_MPS2 / 3**0.5

_FORCE, _RATE, _GAP = slice(0, 3), slice(3, 6), 6
_WIDTH = 7
_FORCES = [0, 1, 2, _WIDTH, _WIDTH + 1, _WIDTH + 2]
_SENSORS = (slice(0, _WIDTH), slice(_WIDTH, 2 * _WIDTH))
_FORCE_ABOVE, _RATE_ABOVE = slice(_WIDTH, _WIDTH + 3), slice(_WIDTH + 3, _WIDTH + 6)


class ShockWatch:
    """Knocks, clipping and vibration as they come: feed blocks of any size.

    A knock is known three to four tenths of a second after it began, vibration and clipping as soon as the past alone
    shows them. What was told once is not told again; vibration that goes on is told once. The samples of the last
    seconds are looked at where a look at the newest ones alone, which costs next to nothing, gives reason to.

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
        # Both sensors' samples side by side, and the time.
        self._rows = Rolling(keep, 2 * _WIDTH + 1)
        self._kinds = (False, False)
        self._looked = self._looked_long = 0
        self._hum_mps2 = _HUM_MPS2 * 2 * np.sin(np.pi * min(0.5, _HUM_HZ / rate_hz))
        self._told_s: dict[tuple[Segment, DisturbanceKind], float] = {}
        self._tops: set[tuple[Segment, str, float]] = set()
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
        rows = np.zeros((len(time_s), 2 * _WIDTH + 1))
        for part, imu in zip(_SENSORS, (sacral, thoracic), strict=True):
            mine = rows[:, part]
            if imu.acc_mps2 is not None:
                mine[:, _FORCE] = imu.acc_mps2
            if imu.gyr_radps is not None:
                mine[:, _RATE] = imu.gyr_radps
            mine[:, _GAP] = imu.gap_s
        rows[:, -1] = time_s
        self._rows.append(rows)
        stop = self._rows.stop
        if stop - self._looked < round(_LOOK_S * self._rate_hz):
            return []
        self._looked = stop
        slowly = stop - self._looked_long >= round(_SLOW_LOOK_S * self._rate_hz)
        if slowly:
            self._looked_long = stop
        return self._look() if self._suspicious(slowly) else []

    def _suspicious(self, slowly: bool) -> bool:
        """Whether the newest samples give reason to look at the last seconds."""
        # What lies between two looks, and the reach of a spike and the time it takes to settle before that.
        back = round((_LOOK_S + _SETTLED_S + 2 * _SPIKE_S) * self._rate_hz) + 2
        newest = self._rows.read(self._rows.stop - back, self._rows.stop)
        reach = max(1, int(_SPIKE_S * self._rate_hz))
        forces = newest[:, _FORCES]
        away = forces[reach:-reach] - (forces[: -2 * reach] + forces[2 * reach :]) / 2
        if len(away) and np.abs(away).max() > _SPIKE_MPS2:
            return True
        far = np.abs(newest).max(axis=0)
        if max(far[_RATE].max(), far[_RATE_ABOVE].max()) > LEAST_RATE_RADPS:
            return True
        if max(far[_FORCE].max(), far[_FORCE_ABOVE].max()) > LEAST_FORCE_MPS2:
            return True
        if not slowly:
            return False
        recent = self._rows.read(self._rows.stop - round(_SLOW_LOOK_S * self._rate_hz), self._rows.stop)
        forces = recent[:, _FORCES]
        steps = forces[1:] - forces[:-1]
        squares = np.add.reduce(steps * steps, axis=0)
        most = max(squares[:3].sum(), squares[3:].sum())
        return bool(most > self._hum_mps2**2 * max(1, len(steps)))

    def _look(self) -> list[Disturbance]:
        rows = self._rows.read(self._rows.start, self._rows.stop)
        time_s = rows[:, -1]
        kept = [self._imu(rows[:, part]) for part in _SENSORS]
        self._tops = {top for top in self._tops if top[2] >= time_s[0]}
        settled_s = {
            "knock": float(time_s[-1]) - _SETTLED_S,
            "clipping": float(time_s[-1]) - (_LEFT_SAMPLES - 0.5) / self._rate_hz,
        }
        found: list[Disturbance] = []
        for sensor in SEGMENTS:
            own, other = kept if sensor == "sacral" else kept[::-1]
            for one in from_shocks(find_shocks(own, other, self._rate_hz), sensor, time_s):
                if one.end_s > settled_s.get(one.kind, np.inf):
                    continue  # the other sensor's share of it, or the rest of a flat top, may be still to come
                if one.kind == "knock" and (one.start_s < time_s[-1] - _NEW_S or one.size < _CLEAR_MPS2):
                    continue
                told_s = self._told_s.get((sensor, one.kind), -np.inf)
                if one.kind == "clipping":
                    # Axes reach their ends at times of their own.
                    top = (sensor, one.unit, one.start_s)
                    told_s = one.end_s if top in self._tops else -np.inf
                    self._tops.add(top)
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

    def _imu(self, rows: Floats) -> GriddedImu:
        force, rate = self._kinds
        return GriddedImu(rows[:, _FORCE] if force else None, rows[:, _RATE] if rate else None, None, rows[:, _GAP])
