"""Live: samples in, angles and verdicts out, with the past alone.

The engine drives the same links as `hiphinge.analysis`. It advances in blocks of the coarse rate (40 ms) counted from
the first sample, so the pieces in which samples arrive change nothing: `analyse_live` replays a recording and gets what
was shown.

Before calibration (a quiet standing, then one bend and return) no angle is given. The bend that calibrated is kept and
judged as soon as it is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.live_motion import LiveMotion
from hiphinge.kinematics.track import Track, joined, published
from hiphinge.model import Angles, Attempt, Calibration, Floats
from hiphinge.programmes.limits import Limits
from hiphinge.reps.attempts import FLIGHT_MARGIN_S, Located, attempt, examine
from hiphinge.reps.segmenter import Bend, Segmenter
from hiphinge.reps.sets import DEFAULT_REST_S

# The sensors' errors are learnt anew after each of the first bends, later after every so many: a window of 60 s changes
# little from one repetition to the next.
_LEARN_FIRST = 6
_LEARN_EVERY = 4
# A bend that came back this long ago without having been found is a reason to doubt the axis.
_MISSED_S = 5.0


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Standing and axes are known from now on (`at_s`)."""

    at_s: float
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class AnglesKnown:
    """Angles of the newest samples; `first` is the grid index of the first of them."""

    first: int
    angles: Angles


@dataclass(frozen=True, slots=True)
class Decided:
    """A repetition is over and judged."""

    attempt: Attempt


LiveEvent = Calibrated | AnglesKnown | Decided


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
        A saved one; angles are then given from the first sample.
    """

    def __init__(
        self,
        rate_hz: float,
        limits: Limits,
        rest_s: float = DEFAULT_REST_S,
        calibration: Calibration | None = None,
    ) -> None:
        self._limits = limits
        self._rest_s = rest_s
        self._motion = LiveMotion(rate_hz, calibration)
        self._waiting: tuple[Floats, GriddedImu, GriddedImu] | None = None
        self._tracks: deque[tuple[int, Track]] = deque()
        self._segmenter = Segmenter(self._motion.coarse_hz)
        self._segmenter_at = 0
        self._attempts = 0
        self._bends = 0
        self._last_end_s = -np.inf
        self._last_closed = 0
        self._last_bend = 0

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in force."""
        return self._motion.calibration

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
        for first in range(0, whole, stride):
            part = slice(first, first + stride)
            events += self._advance(time_s[part], sacral.rows(part), thoracic.rows(part))
            events += self._look()
        rest = slice(whole, len(time_s))
        self._waiting = (time_s[rest], sacral.rows(rest), thoracic.rows(rest)) if whole < len(time_s) else None
        return events

    def finish(self) -> list[LiveEvent]:
        """What the end of the stream decides: the last samples, and the repetition that was on its way back."""
        events: list[LiveEvent] = []
        if self._waiting is not None:
            events += self._advance(*self._waiting)
            self._waiting = None
        if self.calibration is None and self._motion.stop:
            learned = self._motion.learned(whole_stream=True)
            events += [] if learned is None else self._calibrate(learned.calibration)
        if self.calibration is not None:
            events += self._decide(self._segmenter.finish())
        return events

    def _advance(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[LiveEvent]:
        """One block's angles."""
        first = self._motion.stop
        self._motion.push(time_s, sacral, thoracic)
        if self.calibration is None:
            return []
        piece = self._motion.newest(first)
        self._tracks.append((first, piece))
        # A piece goes when its end is out of reach: the one rebuilt after learning is as long as the whole past.
        while self._tracks[0][0] + len(self._tracks[0][1].gap_s) < self._motion.start:
            self._tracks.popleft()
        return [AnglesKnown(first, published(piece))]

    def _look(self) -> list[LiveEvent]:
        """What a whole block decides."""
        motion = self._motion
        if self.calibration is None:
            learned = motion.learned() if motion.returned() else None
            return [] if learned is None else self._calibrate(learned.calibration)
        newest = self._tracks[-1][1].angles
        bends = self._segmenter.push(newest.trunk_deg[-1:], newest.hip_hinge_deg[-1:])
        if bends:
            self._last_bend = motion.stop
            self._improve()
        events = self._decide(bends)
        resting = motion.now_s - self._last_end_s >= self._rest_s and self._segmenter.under_way is None
        motion.stand(between_sets=resting)
        if motion.stop - self._last_bend > _MISSED_S * motion.rate_hz and motion.returned():
            self._last_bend = motion.stop
            better = motion.contradicted()
            if better is not None:
                events += self._calibrate(better)
        return events

    def _calibrate(self, calibration: Calibration) -> list[LiveEvent]:
        """Put a calibration in force and run through it what came since the last attempt."""
        motion = self._motion
        motion.adopt(calibration)
        # Nothing decided yet: the bend that calibrated lies at most as far back as the past reaches.
        since = max(motion.start, self._last_closed)
        self._improve()
        first = -(-since // motion.stride) * motion.stride
        past = motion.past(first)
        self._tracks = deque([(first, past)])
        self._segmenter = Segmenter(motion.coarse_hz)
        self._segmenter_at = first
        assert motion.calibration is not None
        events: list[LiveEvent] = [Calibrated(motion.now_s, motion.calibration)]
        ends = slice(motion.stride - 1, None, motion.stride)
        return events + self._decide(self._segmenter.push(past.angles.trunk_deg[ends], past.angles.hip_hinge_deg[ends]))

    def _improve(self) -> None:
        """Learn the sensors' own errors anew, while that still brings something.

        The bend just over is then measured with what it taught.
        """
        self._bends += 1
        if self._bends > _LEARN_FIRST and self._bends % _LEARN_EVERY:
            return
        past = self._motion.improve()
        if past is not None:
            self._tracks = deque([(self._motion.start, past)])

    def _decide(self, bends: Sequence[Bend]) -> list[LiveEvent]:
        rate_hz = self._motion.rate_hz
        events: list[LiveEvent] = []
        for bend in bends:
            found = Located.from_coarse(bend, self._motion.stride, self._segmenter_at)
            # The screens look back a little beyond the bend itself.
            first = found.low - round(FLIGHT_MARGIN_S * rate_hz)
            pieces = [(at, piece) for at, piece in self._tracks if at + len(piece.gap_s) > first]
            self._last_closed = found.closed
            if found.low < pieces[0][0]:
                continue  # it began longer ago than the past is kept: nothing to measure it on
            measured = examine(joined([piece for _, piece in pieces]), found.shifted(-pieces[0][0]), rate_hz)
            if measured is None:
                continue
            self._attempts += 1
            judged = attempt(self._attempts, measured, self._limits, self._motion.now_s)
            self._last_end_s = judged.end_s
            events.append(Decided(judged))
        return events
