"""From aligned samples to what is shown: gaps filled, the engine driven, the wearer guided. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor

import numpy as np

from hiphinge.app.live.fit import Fit
from hiphinge.app.live.guide import Guide, askew
from hiphinge.app.live.plan import LivePlan
from hiphinge.app.live.sets import Sets
from hiphinge.app.live.updates import LiveUpdate, Notice, Shown
from hiphinge.engine import AnglesKnown, Calibrated, Decided, LiveEngine, LiveEvent
from hiphinge.files.csv_writer import as_written
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.track import take
from hiphinge.link.bridge import Bridge
from hiphinge.link.events import Samples
from hiphinge.model import Angles, Floats, ImuSamples, Recording

# Empty rows handed over at a time, of a pause that may last hours.
_PIECE_ROWS = 2000


class Judging:
    """Everything between the link's samples and the screen.

    Parameters
    ----------
    plan : LivePlan
    executor : Executor or None
        Where learning runs.
    clock : callable
        Host time in s.

    Attributes
    ----------
    sets : Sets
    first_s, time_s : float
        Session time of the first and the newest sample the engine has seen; NaN before.
    """

    def __init__(self, plan: LivePlan, executor: Executor | None, clock: Callable[[], float]) -> None:
        self.sets = Sets(plan.rest_s)
        self.first_s = self.time_s = float("nan")
        self._judged, self._rate_hz, self._clock = plan.judged, plan.rate_hz, clock
        self._guide = Guide(plan.rate_hz)
        self._fit = None if plan.calibration is None else Fit()
        self._bridge = Bridge(plan.rate_hz)
        self._engine = LiveEngine(plan.rate_hz, plan.limits, plan.rest_s, plan.calibration, executor)
        self._next: int | None = None
        self._said: set[str] = set()
        self._shown_s = float("-inf")

    def samples(self, samples: Samples, arrived_s: float) -> Iterator[LiveUpdate]:
        """The next samples of the link.

        What is judged is what `session.csv` holds: rounded as it is, and a row for every instant, so that the
        recording analysed again gives the very same.
        """
        if not self._judged:
            self._clocked(samples.time_s)
            return
        for piece in (*self._pause(samples), recorded(samples)):
            given = self._bridge.push(piece)
            if given is not None:
                yield from self._push(given, arrived_s)
        self._next = samples.first + len(samples.time_s)

    def recalibrate(self) -> list[LiveUpdate]:
        """Have the wearer stand still and hinge once more."""
        self._engine.recalibrate()
        self._fit = None
        self._said.clear()
        return list(self._guide.again())

    def zero(self) -> None:
        """Take the next quiet standing for zero."""
        self._engine.zero()

    def finish(self, arrived_s: float) -> Iterator[LiveUpdate]:
        """What the end decides."""
        if not self._judged:
            return
        given = self._bridge.finish()
        if given is not None:
            yield from self._push(given, arrived_s)
        yield from self._heed(self._engine.finish(), arrived_s)

    def _push(self, given: tuple[Floats, GriddedImu, GriddedImu], arrived_s: float) -> Iterator[LiveUpdate]:
        time_s, sacral, thoracic = given
        events = self._engine.push(time_s, sacral, thoracic)
        self._clocked(time_s)
        for update in self._guide.push(sacral, thoracic):
            yield from self._once(update)
        yield from self._heed(events, arrived_s)
        ahead = self._engine.ahead()
        if ahead is not None:
            yield from self._show(ahead, arrived_s)

    def _show(self, angles: Angles, arrived_s: float) -> Iterator[LiveUpdate]:
        """Every instant once, as soon as it is known."""
        new = angles.time_s > self._shown_s
        if new.any():
            self._shown_s = float(angles.time_s[-1])
            yield Shown(take(angles, new), arrived_s, self._clock())
            if self._fit is not None and (found := self._fit.push(angles)) is not None:
                yield from self._once(found)

    def _heed(self, events: list[LiveEvent], arrived_s: float) -> Iterator[LiveUpdate]:
        for event in events:
            match event:
                case AnglesKnown():
                    yield from self._show(event.angles, arrived_s)
                case Decided():
                    yield self.sets.judged(event.attempt)
                case Calibrated():
                    yield event
                    yield from self._guide.calibrated()
                    if event.how == "found":
                        for told in (*map(Notice, event.calibration.warnings), *askew(event.calibration)):
                            yield from self._once(told)
                case _:
                    yield event

    def _once(self, update: LiveUpdate) -> Iterator[LiveUpdate]:
        """A line is said once: the guide sees a sensor upside down before the calibration does."""
        if isinstance(update, Notice):
            if update.words in self._said:
                return
            self._said.add(update.words)
        yield update

    def _pause(self, samples: Samples) -> Iterator[Samples]:
        """Empty rows for the instants over which the link's index jumps: a pause too long for it to fill."""
        first = samples.first if self._next is None else self._next
        while first < samples.first:
            stop = min(first + _PIECE_ROWS, samples.first)
            time_s = np.arange(first, stop) / self._rate_hz
            yield Samples(first, time_s, _empty(samples.sacral, stop - first), _empty(samples.thoracic, stop - first))
            first = stop

    def _clocked(self, time_s: Floats) -> None:
        if self.first_s != self.first_s:
            self.first_s = float(time_s[0])
        self.time_s = float(time_s[-1])


def recorded(samples: Samples) -> Samples:
    """The samples as `session.csv` gives them back.

    Raises
    ------
    SessionError
        Values that a session cannot hold.
    """
    whole = as_written(Recording(samples.time_s, _plain(samples.sacral), _plain(samples.thoracic)))
    sacral, thoracic = (
        GriddedImu(imu.acc_mps2, imu.gyr_radps, imu.quat, given.gap_s)
        for imu, given in ((whole.sacral, samples.sacral), (whole.thoracic, samples.thoracic))
    )
    return Samples(samples.first, whole.time_s, sacral, thoracic)


def _plain(imu: GriddedImu) -> ImuSamples:
    return ImuSamples(imu.acc_mps2, imu.gyr_radps, imu.quat)


def _empty(like: GriddedImu, rows: int) -> GriddedImu:
    acc, gyr, quat = (
        None if one is None else np.full((rows, one.shape[1]), np.nan)
        for one in (like.acc_mps2, like.gyr_radps, like.quat)
    )
    return GriddedImu(acc, gyr, quat, np.full(rows, np.inf))
