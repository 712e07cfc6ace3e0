"""What disturbances add to the uncertainty of the recent past, asked for by rows, block after block."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hiphinge.kinematics.disturbances import RELEARNT_SD_DEG, TURNING_S
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.uncertainty import RECOVERY_S
from hiphinge.model import Floats

# After so many time constants a fading doubt of 30 deg is below a tenth.
_GONE_AFTER = 6.0
# A tilt that is known no better is not known at all.
_MOST_DEG = 30.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """A stretch in which a sensor's tilt is less certain.

    Attributes
    ----------
    start, stop : int
        Half-open absolute rows.
    sd_deg : float
        Within them.
    fades : bool
        Afterwards it is taken back by the accelerometer, as after a gap.
    until_rest : bool
        Lasts until the wearer rests next, whatever `stop` says.
    """

    start: int
    stop: int
    sd_deg: float
    fades: bool = False
    until_rest: bool = False


class Doubts:
    """The doubts about one sensor.

    Parameters
    ----------
    rate_hz : float
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._list: list[Doubt] = []
        self._turned: list[int] = []

    def add(self, doubt: Doubt) -> None:
        """Another one, or more of one that began at the same row."""
        for at, one in enumerate(self._list):
            if (one.start, one.fades, one.until_rest) == (doubt.start, doubt.fades, doubt.until_rest):
                self._list[at] = replace(one, stop=max(one.stop, doubt.stop), sd_deg=max(one.sd_deg, doubt.sd_deg))
                return
        self._list.append(doubt)

    def turned(self, row: int) -> None:
        """The sensor itself turned on its wearer at a row: its turning then is none of the wearer's."""
        self._turned.append(row)

    def rests(self, row: int) -> None:
        """The wearer rests at a row: the vertical is seen again."""
        if any(one.until_rest for one in self._list):
            self._list = [
                replace(one, stop=max(one.stop, row), until_rest=False) if one.until_rest else one for one in self._list
            ]

    def forget(self, before: int) -> None:
        """Nothing before this row will be asked for."""
        if self._list:
            self._list = [one for one in self._list if one.until_rest or self._end(one) > before]
        if len(self._turned) > 1:
            self._turned = [row for row in self._turned[:-1] if row > before] + self._turned[-1:]

    def counted_in(self, motion: SensorMotion, start: int) -> SensorMotion:
        """A motion that begins at row `start`, with its doubts counted into its standard deviation."""
        if not self._list and not self._turned:
            return motion
        stop = start + len(motion.gap_sd_deg)
        near = [one for one in self._list if one.start < stop and (one.until_rest or self._end(one) > start)]
        if not near and not self._turned:
            return motion
        at = np.arange(start, stop)
        square = motion.gap_sd_deg**2
        for fades in (False, True):
            mine = [self._sd_deg(one, at) for one in near if one.fades is fades]
            if mine and fades:
                # Each blow and each lost turn adds its own error to what is left of those before.
                square = square + np.minimum(np.sum(np.square(mine), axis=0), _MOST_DEG**2)
            elif mine:
                square = square + np.max(mine, axis=0) ** 2
        rate = motion.rate_radps
        if self._turned:
            square = square + np.where(at > self._turned[0], RELEARNT_SD_DEG, 0.0) ** 2
            own = [row for row in self._turned if abs(row - start) < TURNING_S * self._rate_hz + len(at)]
            if own:
                rate = rate.copy()
                for row in own:
                    rate[np.abs(at - row) < TURNING_S * self._rate_hz] = 0.0
        return replace(motion, gap_sd_deg=np.sqrt(square), rate_radps=rate)

    def _end(self, one: Doubt) -> float:
        return one.stop + (_GONE_AFTER * RECOVERY_S * self._rate_hz if one.fades else 0.0)

    def _sd_deg(self, one: Doubt, at: np.ndarray) -> Floats:
        stop = int(at[-1]) + 1 if one.until_rest else one.stop
        inside = (at >= one.start) & (at < stop)
        if not one.fades:
            return np.where(inside, one.sd_deg, 0.0)
        fading = np.exp(-np.maximum(at - stop, 0) / (RECOVERY_S * self._rate_hz))
        return np.where(at >= one.start, one.sd_deg * fading, 0.0)
