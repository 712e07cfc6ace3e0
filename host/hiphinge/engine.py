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

from hiphinge.kinematics.calibration import LEAST_BEND_DEG, CalibrationError, Learned, exchange, learn
from hiphinge.kinematics.decimate import coarse_stride
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.neutral import Neutral, changed, own_neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import LEAST_STANDING_S, angle_deg, quiet_runs
from hiphinge.kinematics.rolling import Rolling
from hiphinge.kinematics.standing import StandingWatch
from hiphinge.kinematics.stream import SensorStream
from hiphinge.kinematics.track import Track, heading_offset_rad, joined, published, track
from hiphinge.model import Angles, Attempt, Calibration, Floats
from hiphinge.programmes.limits import Limits
from hiphinge.reps.attempts import FLIGHT_MARGIN_S, Located, attempt, examine
from hiphinge.reps.segmenter import Bend, Segmenter
from hiphinge.reps.sets import DEFAULT_REST_S

# How much of the past is kept for calibrating and for the bend under way. A set of ten slow hinges takes 60 s.
KEEP_S = 120.0
# Until calibrated, a look every 0.2 s whether a bend has just come back to where it began.
_LOOK_S = 0.2
_LOOK_BACK_S = 20.0
# The sensors' errors are learnt anew after each of the first bends, later after every so many: a window of 60 s changes
# little from one repetition to the next.
_LEARN_FIRST = 6
_LEARN_EVERY = 4
# A bend that came back this long ago without having been found is a reason to doubt the axis.
_MISSED_S = 5.0
# A later calibration that turns the flexion axis by more than this proves the first one wrong (a side bend came first);
# the bends since are looked at again.
_AXIS_CHANGED_DEG = 30.0


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
        self._rate_hz = rate_hz
        self._limits = limits
        self._rest_s = rest_s
        self._stride = coarse_stride(rate_hz)
        self._coarse_hz = rate_hz / self._stride
        keep = round(KEEP_S * rate_hz) // self._stride * self._stride
        self._sensors = (SensorStream(rate_hz, self._stride, keep), SensorStream(rate_hz, self._stride, keep))
        self._times = Rolling(keep, 1)
        self._waiting: tuple[Floats, GriddedImu, GriddedImu] | None = None
        self._given = calibration is not None
        self._calibration: Calibration | None = calibration
        self._neutral: Neutral | None = None
        self._watch = StandingWatch(self._coarse_hz)
        self._tracks: deque[tuple[int, Track]] = deque()
        self._segmenter = Segmenter(self._coarse_hz)
        self._segmenter_at = 0
        self._attempts = 0
        self._last_end_s = -np.inf
        self._last_closed = 0
        self._last_bend = 0
        self._bends = 0
        self._set_after = 0
        if calibration is not None:
            self._adopt(calibration)

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
        whole = len(time_s) // self._stride * self._stride
        for first in range(0, whole, self._stride):
            part = slice(first, first + self._stride)
            events += self._advance(time_s[part], sacral.rows(part), thoracic.rows(part))
        rest = slice(whole, len(time_s))
        self._waiting = (time_s[rest], sacral.rows(rest), thoracic.rows(rest)) if whole < len(time_s) else None
        return events

    def finish(self) -> list[LiveEvent]:
        """What the end of the stream decides: the last samples, and the repetition that was on its way back."""
        events: list[LiveEvent] = []
        if self._waiting is not None:
            events += self._advance(*self._waiting)
            self._waiting = None
        if self._calibration is None:
            # Nothing later can contradict any more: a short standing after the bends is enough.
            events += self._calibrate(self._learn(whole_stream=True))
        if self._calibration is not None:
            events += self._decide(self._segmenter.finish())
        return events

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in force."""
        return self._calibration

    def _advance(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[LiveEvent]:
        """One block; only the last one of a stream may be shorter."""
        first = self._times.stop
        self._times.append(time_s[:, None])
        for sensor, imu in zip(self._sensors, (sacral, thoracic), strict=True):
            sensor.push(imu)
        stop = self._times.stop
        events: list[LiveEvent] = []
        if self._calibration is not None:
            piece = self._track(first, stop)
            events.append(AnglesKnown(first, published(piece)))
        if len(time_s) == self._stride:
            events += self._on_block(stop)
        return events

    def _on_block(self, stop: int) -> list[LiveEvent]:
        if self._calibration is None:
            return self._calibrate(self._learn()) if self._returned() else []
        assert self._neutral is not None
        newest = self._tracks[-1][1].angles
        bends = self._segmenter.push(newest.trunk_deg[-1:], newest.hip_hinge_deg[-1:])
        if bends:
            self._last_bend = stop
            self._improve()
        events = self._decide(bends)
        self._stand()
        if not self._given and stop - self._last_bend > _MISSED_S * self._rate_hz and self._returned():
            self._last_bend = stop
            events += self._refine()
        return events

    def _now_s(self) -> float:
        return float(self._times.read(self._times.stop - 1, self._times.stop)[0, 0])

    # --- calibration ------------------------------------------------------------------------------------------------

    def _returned(self) -> bool:
        """Whether either sensor was a bend away, seconds ago, from where it is now; looked at every `_LOOK_S`."""
        coarse = self._sensors[0].coarse.stop
        if coarse % max(1, round(_LOOK_S * self._coarse_hz)):
            return False
        back = max(0, coarse - round(_LOOK_BACK_S * self._coarse_hz))
        ups = [sensor.coarse.read(back, coarse).up for sensor in self._sensors]
        least = np.cos(np.deg2rad(LEAST_BEND_DEG))
        return any(bool(np.nanmin(up @ up[-1], initial=1.0) < least) for up in ups)

    def _learn(self, whole_stream: bool = False) -> Learned | None:
        low, stop = self._coarse_span()
        lower, upper = (sensor.coarse.read(low, stop) for sensor in self._sensors)
        first = self._times.start
        time_s = self._times.read(first, self._times.stop)[:, 0]
        rows = np.arange(low, stop) * self._stride - first
        try:
            learned = learn(lower, upper, time_s[np.clip(rows, 0, None)], self._coarse_hz)
        except CalibrationError:
            return None
        return learned if whole_stream or learned.settled(stop - low - 1) else None

    def _calibrate(self, learned: Learned | None) -> list[LiveEvent]:
        if learned is None:
            return []
        self._adopt(learned.calibration)
        events: list[LiveEvent] = [Calibrated(self._now_s(), learned.calibration)]
        self._improve()
        return events + self._catch_up(self._times.start)

    def _adopt(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._neutral = Neutral(0.0, calibration.sacral, calibration.thoracic)

    def _refine(self) -> list[LiveEvent]:
        """Learn again from the recent past; start over from the last attempt if the first axis proves wrong."""
        learned = self._learn()
        if learned is None or self._calibration is None:
            return []
        old, new = self._calibration, learned.calibration
        turned = new.swapped != old.swapped or any(
            angle_deg(a[2], b[2]) > _AXIS_CHANGED_DEG
            for a, b in ((old.sacral, new.sacral), (old.thoracic, new.thoracic))
        )
        if not turned:
            return []
        self._adopt(new)
        events: list[LiveEvent] = [Calibrated(self._now_s(), new)]
        return events + self._catch_up(max(self._times.start, self._last_closed))

    def _catch_up(self, start: int) -> list[LiveEvent]:
        """Run the past from row `start` through the new calibration."""
        first = -(-start // self._stride) * self._stride
        past = self._rebuild(first)
        self._segmenter = Segmenter(self._coarse_hz)
        self._segmenter_at = first
        last_rows = slice(self._stride - 1, None, self._stride)
        bends = self._segmenter.push(past.angles.trunk_deg[last_rows], past.angles.hip_hinge_deg[last_rows])
        return self._decide(bends)

    def _rebuild(self, first: int) -> Track:
        """The tracks from row `first` on, by the frames and motions now in force."""
        stop = self._times.stop
        sacral, thoracic = self._labelled(first, stop)
        assert self._neutral is not None
        offset = heading_offset_rad(sacral, thoracic, self._neutral, self._rate_hz)
        self._watch.heading_offset_rad = float(offset[np.isfinite(offset)][-1]) if np.isfinite(offset).any() else np.nan
        past = self._build(first, stop, offset)
        self._tracks.clear()
        self._tracks.append((first, past))
        return past

    def _improve(self) -> None:
        """Learn the sensors' own errors anew, while that still brings something, and with them frames and zero.

        The bend just over is then measured with what it taught.
        """
        self._bends += 1
        if self._bends > _LEARN_FIRST and self._bends % _LEARN_EVERY:
            return
        for sensor in self._sensors:
            sensor.improve()
        learned = self._learn(whole_stream=True)
        if learned is None or self._calibration is None or learned.calibration.swapped != self._calibration.swapped:
            return
        if not self._given:
            self._adopt(learned.calibration)
            self._own_zero()
        self._rebuild(self._times.start)

    def _own_zero(self) -> None:
        """Keep a zero of the running set's own stance across a new calibration."""
        assert self._calibration is not None and self._neutral is not None
        low, coarse_stop = self._coarse_span()
        lower, upper = (sensor.coarse.read(low, coarse_stop) for sensor in self._sensors)
        sacral, thoracic = exchange(lower, upper, self._calibration.swapped)
        after = (self._set_after - low * self._stride) / self._stride
        least = LEAST_STANDING_S * self._coarse_hz
        quiet = [run for run in quiet_runs(sacral, thoracic, self._coarse_hz) if run.start >= after]
        standing = next((at for at, run in enumerate(quiet) if run.stop - run.start >= least), None)
        own = None if standing is None else own_neutral(self._neutral, quiet[standing:], 0.0)
        if own is not None and changed([self._neutral, own]):
            self._neutral = own

    def _coarse_span(self) -> tuple[int, int]:
        coarse = self._sensors[0].coarse
        return coarse.start, coarse.stop

    def _stand(self) -> None:
        """A standing between sets may define a new zero, any standing the heading between the sensors."""
        assert self._calibration is not None and self._neutral is not None
        coarse = self._sensors[0].coarse.stop
        lower, upper = (sensor.coarse.read(coarse - 1, coarse) for sensor in self._sensors)
        lower, upper = exchange(lower, upper, self._calibration.swapped)
        base = Neutral(0.0, self._calibration.sacral, self._calibration.thoracic)
        resting = self._now_s() - self._last_end_s >= self._rest_s and self._segmenter.under_way is None
        zero = self._watch.push(lower, upper, base, self._neutral, resting and not self._given)
        if zero is not None:
            self._neutral = zero

    # --- angles and attempts ----------------------------------------------------------------------------------------

    def _labelled(self, first: int, stop: int) -> tuple[SensorMotion, SensorMotion]:
        assert self._calibration is not None
        lower, upper = (sensor.fine.read(first, stop) for sensor in self._sensors)
        return exchange(lower, upper, self._calibration.swapped)

    def _track(self, first: int, stop: int) -> Track:
        """Angles of the newest rows; kept for measuring."""
        piece = self._build(first, stop, np.full(stop - first, self._watch.heading_offset_rad))
        self._tracks.append((first, piece))
        # A piece goes when its end is out of reach: the one rebuilt after learning is as long as the whole past.
        while self._tracks[0][0] + len(self._tracks[0][1].gap_s) < self._times.start:
            self._tracks.popleft()
        return piece

    def _build(self, first: int, stop: int, offset: Floats) -> Track:
        assert self._calibration is not None and self._neutral is not None
        sacral, thoracic = self._labelled(first, stop)
        return track(
            sacral,
            thoracic,
            self._times.read(first, stop)[:, 0].copy(),
            self._neutral,
            offset,
            self._calibration.flexion_axis_quality,
        )

    def _joined(self, first: int, stop: int) -> Track:
        return joined([piece for start, piece in self._tracks if start < stop and start + len(piece.gap_s) > first])

    def _decide(self, bends: Sequence[Bend]) -> list[LiveEvent]:
        events: list[LiveEvent] = []
        for bend in bends:
            found = Located.from_coarse(bend, self._stride, self._segmenter_at)
            # The screens look back a little beyond the bend itself.
            first = found.low - round(FLIGHT_MARGIN_S * self._rate_hz)
            start = next(s for s, piece in self._tracks if s + len(piece.gap_s) > first)
            whole = self._joined(first, found.decided + 1)
            last_closed, self._last_closed = self._last_closed, found.closed
            measured = examine(whole, found.shifted(-start), self._rate_hz)
            if measured is None:
                continue
            if measured.start_s - self._last_end_s >= self._rest_s:
                self._set_after = last_closed
            self._attempts += 1
            judged = attempt(self._attempts, measured, self._limits, self._now_s())
            self._last_end_s = judged.end_s
            events.append(Decided(judged))
        return events
