"""Live: samples in, angles and verdicts out, with the past alone.

The engine drives the same links as `hiphinge.analysis`. It advances in blocks of the coarse rate (40 ms) counted from
the first sample, so the pieces in which samples arrive change nothing: `analyse_live` replays a recording and gets what
was shown.

Learning happens beside the stream: a copy of the past goes to an executor, and what it taught is put in force a fixed
number of blocks later, waited for if need be, so that results never depend on how long it took.

A silence of both sensors that lasts (a pause, an outage beyond what the device keeps) stops the engine after a minute:
hours of empty rows teach nothing, and must not hold up what comes behind them.

What the wearer asks for in between (`recalibrate`, `zero`) holds from the next sample on; a session keeps it as events,
so that a replay does the same at the same sample.

Before calibration (a quiet standing, then one bend and return) no angle is given. The bend that calibrated is kept and
judged as soon as it is over. What is shown moves to better knowledge without a jump (`kinematics.fade`); bends are
measured on the past as it is best known when they are decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from copy import copy
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from hiphinge.engine.events import AnglesKnown, Calibrated, Decided, Disturbed, LiveEvent, Noted, Rezeroed
from hiphinge.kinematics.disturbances import Disturbance
from hiphinge.kinematics.fade import Fader
from hiphinge.kinematics.grid import INTERPOLATE_S, GriddedImu
from hiphinge.kinematics.live_motion import LiveMotion
from hiphinge.kinematics.pace import Pace
from hiphinge.kinematics.plausible import SensorError
from hiphinge.kinematics.study import Knowledge, study
from hiphinge.kinematics.track import blanked
from hiphinge.kinematics.unlearnt import plainly_filtered
from hiphinge.model import Angles, Calibration, Floats
from hiphinge.programmes.limits import Limits
from hiphinge.reps.attempts import FLIGHT_MARGIN_S, Located, attempt, examine
from hiphinge.reps.segmenter import Bend, Segmenter
from hiphinge.reps.sets import DEFAULT_REST_S

P = ParamSpec("P")
T = TypeVar("T")

# What was learnt is put in force this long after it was asked for. A study takes a tenth of a second or two, in real
# time it is there by then; sooner than this brings no measurable accuracy. The first one, for which the wearer waits,
# is short because the past still is.
_FIRST_S = 0.32
_LATER_S = 0.6
# Until calibrated, a look every 0.2 s whether a bend has just come back to where it began.
_LOOK_S = 0.2
# Filters, standings and bends have all given up long before.
_ASLEEP_AFTER_S = 60.0
# A bend that came back this long ago without having been found is a reason to doubt the axis.
_MISSED_S = 5.0


class Inline(Executor):
    """Studies at once, in the caller's own time: for replays and tests."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Study now."""
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class LiveEngine:
    """Calibrates, measures and judges a stream.

    Parameters
    ----------
    rate_hz : float
        The session's rate; both sensors are on its grid.
    limits : Limits
    rest_s : float
        After this long without an attempt the next standing may define a new zero.
    calibration : Calibration, optional
        A saved one; angles are then given from the first sample, its axes stay.
    executor : Executor, optional
        Where learning runs; inline if not given. Results are the same with any.
    """

    def __init__(
        self,
        rate_hz: float,
        limits: Limits,
        rest_s: float = DEFAULT_REST_S,
        calibration: Calibration | None = None,
        executor: Executor | None = None,
    ) -> None:
        self._limits = limits
        self._rest_s = rest_s
        self._executor = executor or Inline()
        self._waiting: tuple[Floats, GriddedImu, GriddedImu] | None = None
        self._attempts = 0
        self._last_end_s = -np.inf
        self._disturbed: list[Disturbance] = []
        self._noted: set[str] = set()
        # Rows of earlier calibrations: motion counts from the last time calibration began anew.
        self._begun_at = 0
        # Rows in a row for which neither sensor has anything.
        self._silent = 0
        self._begin(LiveMotion(rate_hz, calibration))

    def _begin(self, motion: LiveMotion) -> None:
        """Everything that hangs on how the sensors sit."""
        self._motion = motion
        self._studying: tuple[int, Future[Knowledge | None]] | None = None
        self._pace = Pace(motion.coarse_hz)
        self._axes_wanted = True
        self._fader = Fader(motion.rate_hz)
        self._shown_until = 0
        self._segmenter = Segmenter(motion.coarse_hz)
        self._segmenter_at = 0
        self._bends: list[Bend] = []
        self._last_closed = 0
        self._last_bend = 0

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in force."""
        return self._motion.calibration

    @property
    def plainly_filtered(self) -> list[str]:
        """Lines that say for which sensors the plain filter is in force, and why."""
        calibration = self.calibration
        return plainly_filtered(self._motion.unlearnt, calibration is not None and calibration.swapped)

    @property
    def disturbances(self) -> list[Disturbance]:
        """All that disturbed the sensors so far."""
        return [*self._disturbed, *self._motion.disturbances]

    def push(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[LiveEvent]:
        """Take the next instants of the grid.

        Parameters
        ----------
        time_s : (n,) float
        sacral, thoracic : GriddedImu
            n rows each, as labelled on the device.

        Returns
        -------
        list of LiveEvent
        """
        if self._waiting is not None:
            before_s, lower, upper = self._waiting
            time_s = np.concatenate([before_s, time_s])
            sacral, thoracic = lower.followed_by(sacral), upper.followed_by(thoracic)
        events: list[LiveEvent] = []
        stride = self._motion.stride
        whole = len(time_s) // stride * stride
        silent = _silent_blocks((sacral, thoracic), whole // stride, stride)
        for block, first in enumerate(range(0, whole, stride)):
            self._silent = self._silent + stride if silent[block] else 0
            if self._silent > _ASLEEP_AFTER_S * self._motion.rate_hz:
                self._begun_at += stride
                continue
            part = slice(first, first + stride)
            events += self._learnt()
            events += self._advance(time_s[part], sacral.rows(part), thoracic.rows(part))
            events += self._look()
        rest = slice(whole, len(time_s))
        self._waiting = (time_s[rest], sacral.rows(rest), thoracic.rows(rest)) if whole < len(time_s) else None
        return events

    def ahead(self) -> Angles | None:
        """The angles of samples that wait for their block to fill, for the eye; None where nothing is known.

        `AnglesKnown` gives them again with the block, the same but for what that moment changes.
        """
        motion = self._motion
        if self._waiting is None or self.calibration is None or not 0 < motion.stop == self._shown_until:
            return None
        time_s, sacral, thoracic = self._waiting
        whole = motion.peek(time_s, sacral, thoracic)
        shown = copy(self._fader).push(whole.angles, overlap=True)
        return blanked(shown, ~(whole.gap_s[1:] <= INTERPOLATE_S))

    def recalibrate(self) -> None:
        """Forget how the sensors sit: the next quiet standing and hinge calibrate anew.

        A repetition under way is not judged.
        """
        self._disturbed = self.disturbances
        # What was wrong then may be wrong again.
        self._noted.clear()
        self._begun_at += self._motion.stop
        self._begin(LiveMotion(self._motion.rate_hz, None))

    def zero(self) -> None:
        """Take the next quiet standing for zero (`Rezeroed`), as somebody who has taken up another stance wishes."""
        self._motion.zero_wanted = True

    def finish(self) -> list[LiveEvent]:
        """What the end of the stream decides: the last samples, and the repetition that was on its way back."""
        events: list[LiveEvent] = []
        if self._waiting is not None:
            events += self._advance(*self._waiting)
            self._waiting = None
        if self.calibration is None and self._motion.stop:
            try:
                known = study(self._motion.past(whole=True))
            except SensorError as error:
                return [*events, *self._note([str(error)])]
            events += [] if known is None else self._adopt(known)
        if self.calibration is not None:
            events += self._decide(self._segmenter.finish())
        return events

    # --- one block --------------------------------------------------------------------------------------------------

    def _advance(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[LiveEvent]:
        """One block's angles, and the bends they end."""
        motion, first = self._motion, self._motion.stop
        events: list[LiveEvent] = [Disturbed(one) for one in motion.push(time_s, sacral, thoracic)]
        if motion.mended:
            self._study_again()
        if motion.calibration is None:
            return events
        if first == 0:
            events.append(Calibrated(motion.now_s, motion.calibration, "given"))
        slip = motion.look_for_slip() if len(time_s) == motion.stride else None
        if slip is not None:
            events += [Disturbed(slip), Rezeroed(motion.now_s)]
            self._study_again()
            self._pace.unsettled()
            # The screen jumped when the sensor slipped: no reason to come back slowly.
            self._fader = Fader(motion.rate_hz)
        # The sample shown last is looked at again: what it looks like now is where the fade begins.
        overlap = 0 < first == self._shown_until
        whole = motion.track(first - overlap)
        shown = self._fader.push(whole.angles, overlap)
        self._shown_until = motion.stop
        known = blanked(shown, ~(whole.gap_s[-len(time_s) :] <= INTERPOLATE_S))
        events.append(AnglesKnown(self._begun_at + first, known))
        if slip is not None:
            self._bends = self._segmented_anew()
        elif len(time_s) == motion.stride:
            self._bends = self._segmenter.push(shown.trunk_deg[-1:], shown.hip_hinge_deg[-1:])
        return events

    def _look(self) -> list[LiveEvent]:
        """What a whole block decides, and whether it is time to learn."""
        motion = self._motion
        resting = motion.now_s - self._last_end_s >= self._rest_s and self._segmenter.under_way is None
        new_stance = motion.stand(between_sets=resting)
        if motion.calibration is None:
            if self._studying is None and self._is_time(_LOOK_S) and motion.returned():
                self._ask(_FIRST_S)
            return []
        bends, self._bends = self._bends, []
        if bends:
            self._last_bend = motion.stop
            self._axes_wanted = True
        events = self._decide(bends)
        if new_stance:
            events.append(Rezeroed(motion.now_s))
        if self._studying is None and self._pace.eager(motion.blocks, motion.turned_rad):
            missed = motion.stop - self._last_bend > _MISSED_S * motion.rate_hz
            doubted = missed and self._segmenter.under_way is None and motion.returned()
            if doubted or self._pace.due(motion.blocks):
                self._ask(_LATER_S, doubted)
        return events

    def _is_time(self, every_s: float) -> bool:
        return self._motion.blocks % max(1, round(every_s * self._motion.coarse_hz)) == 0

    # --- learning beside the stream ---------------------------------------------------------------------------------

    def _ask(self, after_s: float, doubted: bool = False) -> None:
        """Have the past studied; what it teaches is put in force `after_s` from now."""
        past = self._motion.past(self._axes_wanted, doubted)
        due = self._motion.blocks + round(after_s * self._motion.coarse_hz)
        self._studying = (due, self._executor.submit(study, past))
        self._pace.asked(self._motion.blocks)
        self._axes_wanted = False

    def _study_again(self) -> None:
        """What is being learnt rests on samples, or on frames, that hold no longer."""
        if self._studying is not None:
            self._studying = None
            self._pace.asked(0)

    def _learnt(self) -> list[LiveEvent]:
        """Put in force what was learnt, if it is time for that."""
        if self._studying is None or self._motion.blocks < self._studying[0]:
            return []
        studying, self._studying = self._studying[1], None
        try:
            known = studying.result()
        except SensorError as error:
            return self._note([str(error)])
        return [] if known is None else self._adopt(known)

    def _adopt(self, known: Knowledge) -> list[LiveEvent]:
        motion = self._motion
        self._pace.learnt(known.change_deg)
        changed = motion.adopt(known)
        assert motion.calibration is not None
        # Bends are yet to come that teach more: no reason to speak of it.
        told = [] if "still" in known.unlearnt else self._note(self.plainly_filtered)
        if not known.new_axes:
            return [Calibrated(motion.now_s, motion.calibration, "improved"), *told] if changed else told
        # The bend that calibrated may be over.
        bends = self._segmented_anew()
        return [Calibrated(motion.now_s, motion.calibration, "found"), *told, *self._decide(bends)]

    def _note(self, lines: list[str]) -> list[LiveEvent]:
        """What has not been said yet."""
        fresh = [line for line in lines if line not in self._noted]
        self._noted.update(fresh)
        return [Noted(line) for line in fresh]

    def _segmented_anew(self) -> list[Bend]:
        """Bends in what came since the last attempt, by what is known now."""
        motion = self._motion
        since = max(motion.start, self._last_closed)
        first = -(-since // motion.stride) * motion.stride
        past = motion.track(first).angles
        self._last_bend = motion.stop
        self._segmenter = Segmenter(motion.coarse_hz)
        self._segmenter_at = first
        ends = slice(motion.stride - 1, None, motion.stride)
        return self._segmenter.push(past.trunk_deg[ends], past.hip_hinge_deg[ends])

    # --- repetitions ------------------------------------------------------------------------------------------------

    def _decide(self, bends: Sequence[Bend]) -> list[LiveEvent]:
        motion = self._motion
        events: list[LiveEvent] = []
        for bend in bends:
            found = Located.from_coarse(bend, motion.stride, self._segmenter_at)
            self._last_closed = found.closed
            if found.low < motion.start:
                continue  # it began longer ago than the past is kept: nothing to measure it on
            # The screens look back a little beyond the bend itself.
            first = max(motion.start, found.low - round(FLIGHT_MARGIN_S * motion.rate_hz))
            measured = examine(motion.track(first), found.shifted(-first), motion.rate_hz)
            if measured is None:
                continue
            self._attempts += 1
            if measured.start_s - self._last_end_s > self._rest_s:
                self._pace.new_set()
            judged = attempt(self._attempts, measured, self._limits, motion.now_s)
            self._last_end_s = judged.end_s
            events.append(Decided(judged))
        return events


def _silent_blocks(imus: Sequence[GriddedImu], blocks: int, stride: int) -> NDArray[np.bool_]:
    """For which blocks no sensor has anything, (blocks,)."""
    empty = [~(imu.gap_s[: blocks * stride] <= INTERPOLATE_S) for imu in imus]
    return np.logical_and.reduce(empty).reshape(blocks, stride).all(axis=1)
