"""Two sensors, two clocks, one grid: blocks in order in, gridded samples out, streaming and in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.link.cells import Cells, Turns
from hiphinge.link.events import Samples
from hiphinge.link.units import Read
from hiphinge.model import Floats
from hiphinge_wire.constants import ahead, u32

# A sensor that is this far behind the other has not delivered: the device reads both in one pass, every 30 ms or so. A
# stall of its flash, up to 0.4 s, delays one of them further.
LAG_S = 0.75
# A longer silence of both (a restart, a pause) is not filled with empty rows; the index jumps over it.
LONGEST_FILL_S = 600.0
# Blocks whose times contradict their indices by more do not move the clock (protocol/SPEC.md, section 10) ...
_CONTRADICTS_S = 0.05
# ... unless so many in a row do, or they leave room for a pause in between.
_CONVINCED = 3
_PAUSE_S = 1.0
# Share of a block's deviation from its predecessors that is followed: smooths stamps over a third of a second, while
# the device's own fit still settles, and follows what it settles to.
_FOLLOW = 0.1


class SampleClock:
    """Times of one IMU's samples: joined by index, drawn softly to the device's stamps."""

    def __init__(self) -> None:
        self._next = -1
        self._last_s = 0.0
        self._doubts = 0
        self.jumped = 0

    def place(self, index: int, count: int, first_s: float, period_s: float, anew: bool) -> tuple[Floats, bool] | None:
        """Times of a block's samples.

        Parameters
        ----------
        index : int
            Of the first sample, u32.
        count : int
        first_s : float
            The device's stamp of it.
        period_s : float
        anew : bool
            Index or time was found anew: not continued.

        Returns
        -------
        (times_s, broken) or None
            None where the samples go back in time. `jumped` then holds how many samples the index skipped.
        """
        self.jumped = 0
        broken = anew or self._next < 0
        if not broken:
            skipped = ahead(index, u32(self._next))
            expected_s = self._last_s + (skipped + 1) * period_s
            off_s = first_s - expected_s
            if skipped < 0 and first_s <= self._last_s:
                return None
            if skipped < 0 or off_s > _PAUSE_S:
                broken = True
            elif abs(off_s) > _CONTRADICTS_S:
                # Of index and stamp the one that leaps less; an index that leaps was no count of samples.
                self._doubts += 1
                broken = self._doubts >= _CONVINCED or off_s < 0
                first_s = first_s if broken else expected_s
            else:
                self._doubts = 0
                first_s = expected_s + _FOLLOW * off_s
                self.jumped = max(0, skipped)
        if self._next >= 0 and first_s <= self._last_s:
            return None
        if broken:
            self._doubts = 0
        times_s = first_s + period_s * np.arange(count, dtype=np.float64)
        self._next = index + count
        self._last_s = float(times_s[-1])
        return times_s, broken


@dataclass(frozen=True, slots=True)
class Piece:
    """One IMU's samples of one block on the session's time, the chip's filter delay still in."""

    times_s: Floats
    read: Read
    broken: bool
    gyr_delay_s: float
    acc_delay_s: float


class _Sensor:
    def __init__(self, rate_hz: float, raw: bool, quats: bool) -> None:
        self.acc = Cells(rate_hz) if raw else None
        self.gyr = Cells(rate_hz) if raw else None
        self.quat = Turns(rate_hz) if quats else None

    @property
    def parts(self) -> list[Cells | Turns]:
        return [part for part in (self.acc, self.gyr, self.quat) if part is not None]

    def push(self, piece: Piece) -> None:
        read = piece.read
        for part, values, delay_s in (
            (self.acc, read.acc_mps2, piece.acc_delay_s),
            (self.gyr, read.gyr_radps, piece.gyr_delay_s),
            # The filter on the device turns with the gyroscope.
            (self.quat, read.quat, piece.gyr_delay_s),
        ):
            if part is None or values is None:
                continue
            here = np.isfinite(values[:, 0])
            if here.all():
                part.push(piece.times_s - delay_s, values, piece.broken)
            elif here.any():
                part.push(piece.times_s[here] - delay_s, values[here], piece.broken)
            elif piece.broken:
                part.end()

    def take(self, until: int) -> GriddedImu:
        acc, gyr, quat = (None if part is None else part.take(until) for part in (self.acc, self.gyr, self.quat))
        there = [np.isfinite(values[:, 0]) for values in (acc, gyr, quat) if values is not None]
        whole = np.logical_and.reduce(there)
        return GriddedImu(acc, gyr, quat, np.where(whole, 0.0, np.inf))


class Aligner:
    """Both IMUs on the session's grid; instant k is at ``k / rate_hz``.

    Parameters
    ----------
    rate_hz : float
    raw, quats : bool
        What the blocks carry.
    """

    def __init__(self, rate_hz: float, raw: bool, quats: bool) -> None:
        self._rate_hz = rate_hz
        self._sensors = (_Sensor(rate_hz, raw, quats), _Sensor(rate_hz, raw, quats))
        self._taken = 0
        self._newest_s = 0.0

    @property
    def newest_s(self) -> float:
        """Session time of the newest sample."""
        return self._newest_s

    def push(self, pieces: tuple[Piece | None, Piece | None]) -> list[Samples]:
        """The next block's samples; the instants that are now known or known to be missing."""
        found: list[Samples] = []
        times = [piece.times_s for piece in pieces if piece is not None]
        if not times:
            return found
        if min(float(one[0]) for one in times) - self._newest_s > LONGEST_FILL_S:
            found += self.finish()
            self._jump(int(min(float(one[0]) for one in times) * self._rate_hz))
        for sensor, piece in zip(self._sensors, pieces, strict=True):
            if piece is not None:
                sensor.push(piece)
        self._newest_s = max(self._newest_s, *(float(one[-1]) for one in times))
        given_up = int((self._newest_s - LAG_S) * self._rate_hz)
        for part in self._parts:
            if part.stop < given_up:
                part.missing_until(given_up)
        return found + self._take(min(part.stop for part in self._parts))

    def finish(self) -> list[Samples]:
        """All that is known of any sensor: nothing more will come."""
        stop = max(part.stop for part in self._parts)
        for part in self._parts:
            part.missing_until(stop)
        return self._take(stop)

    @property
    def _parts(self) -> list[Cells | Turns]:
        return self._sensors[0].parts + self._sensors[1].parts

    def _take(self, until: int) -> list[Samples]:
        if until <= self._taken:
            return []
        first, self._taken = self._taken, until
        time_s = np.arange(first, until) / self._rate_hz
        return [Samples(first, time_s, self._sensors[0].take(until), self._sensors[1].take(until))]

    def _jump(self, cell: int) -> None:
        self._taken = cell
        for part in self._parts:
            part.jump(cell)
