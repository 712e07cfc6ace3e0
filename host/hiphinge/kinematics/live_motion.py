"""Both sensors live: their recent past, the calibration in force, the zero of the running set, tracks made of them."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.calibration import LEAST_BEND_DEG, CalibrationError, Learned, exchange, learn
from hiphinge.kinematics.decimate import coarse_stride
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.neutral import Neutral, changed, own_neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import QuietRun, angle_deg
from hiphinge.kinematics.rolling import Rolling
from hiphinge.kinematics.rotation import unit
from hiphinge.kinematics.standing import StandingWatch
from hiphinge.kinematics.stream import SensorStream
from hiphinge.kinematics.track import Track, heading_offset_rad, track
from hiphinge.model import Calibration, Floats

# How much of the past is kept for calibrating and for the bend under way. A set of ten slow hinges takes 60 s.
KEEP_S = 120.0
# Until calibrated, a look every 0.2 s whether a bend has just come back to where it began.
_LOOK_S = 0.2
_LOOK_BACK_S = 20.0
# A later calibration that turns the flexion axis by more than this proves the first one wrong (a side bend came first).
_AXIS_CHANGED_DEG = 30.0


class LiveMotion:
    """The state between samples and angles.

    Parameters
    ----------
    rate_hz : float
        Of both sensors' common grid.
    calibration : Calibration, optional
        A saved one, which then stays in force.
    """

    def __init__(self, rate_hz: float, calibration: Calibration | None = None) -> None:
        self.rate_hz = rate_hz
        self.stride = coarse_stride(rate_hz)
        self.coarse_hz = rate_hz / self.stride
        keep = round(KEEP_S * rate_hz) // self.stride * self.stride
        self._sensors = (SensorStream(rate_hz, self.stride, keep), SensorStream(rate_hz, self.stride, keep))
        self._times = Rolling(keep, 1)
        self._watch = StandingWatch(self.coarse_hz)
        self._given = calibration is not None
        self.calibration: Calibration | None = None
        self._neutral = Neutral(0.0, np.eye(3), np.eye(3))
        self._zero_rows: tuple[int, int] | None = None
        if calibration is not None:
            self.adopt(calibration)

    @property
    def start(self) -> int:
        """Absolute row of the oldest sample still kept."""
        return self._times.start

    @property
    def stop(self) -> int:
        """Absolute row after the newest sample."""
        return self._times.stop

    @property
    def now_s(self) -> float:
        """Time of the newest sample."""
        return float(self._times.read(self.stop - 1, self.stop)[0, 0])

    def push(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> None:
        """The next block, as labelled on the device; only the last one of a stream may be shorter than `stride`."""
        self._times.append(time_s[:, None])
        for sensor, imu in zip(self._sensors, (sacral, thoracic), strict=True):
            sensor.push(imu)

    # --- calibration ------------------------------------------------------------------------------------------------

    def returned(self) -> bool:
        """Whether either sensor was a bend away, seconds ago, from where it is now; looked at every `_LOOK_S`."""
        coarse = self._sensors[0].coarse.stop
        if coarse % max(1, round(_LOOK_S * self.coarse_hz)):
            return False
        back = max(0, coarse - round(_LOOK_BACK_S * self.coarse_hz))
        ups = [sensor.coarse.read(back, coarse).up for sensor in self._sensors]
        least = np.cos(np.deg2rad(LEAST_BEND_DEG))
        return any(bool(np.nanmin(up @ up[-1], initial=1.0) < least) for up in ups)

    def learned(self, whole_stream: bool = False) -> Learned | None:
        """A calibration from the recent past, or None while the past does not speak clearly for one.

        With `whole_stream` nothing is to come that could contradict, and a short standing is enough.
        """
        low, stop = self._coarse_span()
        lower, upper = (sensor.coarse.read(low, stop) for sensor in self._sensors)
        rows = np.clip(np.arange(low, stop) * self.stride - self.start, 0, None)
        time_s = self._times.read(self.start, self.stop)[:, 0]
        try:
            found = learn(lower, upper, time_s[rows], self.coarse_hz)
        except CalibrationError:
            return None
        return found if whole_stream or found.settled(stop - low - 1) else None

    def adopt(self, calibration: Calibration) -> None:
        """Put a calibration in force."""
        self.calibration = calibration
        self._neutral = Neutral(0.0, calibration.sacral, calibration.thoracic)

    def contradicted(self) -> Calibration | None:
        """A calibration whose flexion axis proves the one in force wrong, or None."""
        found = None if self._given else self.learned()
        if found is None or self.calibration is None:
            return None
        old, new = self.calibration, found.calibration
        turned = new.swapped != old.swapped or any(
            angle_deg(a[2], b[2]) > _AXIS_CHANGED_DEG
            for a, b in ((old.sacral, new.sacral), (old.thoracic, new.thoracic))
        )
        return new if turned else None

    def improve(self) -> Track | None:
        """Learn the sensors' own errors anew, and with them frames and zero.

        Returns
        -------
        Track or None
            The whole past by what is known now; None where it has not changed.
        """
        for sensor in self._sensors:
            sensor.improve()
        found = self.learned(whole_stream=True)
        if found is None or self.calibration is None or found.calibration.swapped != self.calibration.swapped:
            return None
        if not self._given:
            self.adopt(found.calibration)
            self._own_zero()
        return self.past(self.start)

    def _own_zero(self) -> None:
        """Keep the zero of a set's own stance across a new calibration: the same standing, seen anew."""
        assert self.calibration is not None
        if self._zero_rows is None or self._zero_rows[0] < self._coarse_span()[0]:
            return
        lower, upper = (sensor.coarse.read(*self._zero_rows) for sensor in self._sensors)
        sacral, thoracic = exchange(lower, upper, self.calibration.swapped)
        run = QuietRun(*self._zero_rows, unit(sacral.up.mean(axis=0)), unit(thoracic.up.mean(axis=0)))
        own = own_neutral(self._neutral, [run], 0.0)
        if own is not None and changed([self._neutral, own]):
            self._neutral = own

    def stand(self, between_sets: bool) -> None:
        """Note a standing: any fixes the heading between the sensors, one between sets may define a new zero."""
        assert self.calibration is not None
        coarse = self._sensors[0].coarse.stop
        lower, upper = (sensor.coarse.read(coarse - 1, coarse) for sensor in self._sensors)
        lower, upper = exchange(lower, upper, self.calibration.swapped)
        base = Neutral(0.0, self.calibration.sacral, self.calibration.thoracic)
        zero = self._watch.push(lower, upper, base, self._neutral, between_sets and not self._given)
        if zero is not None:
            self._neutral = zero
            self._zero_rows = None if zero is base else (coarse - self._watch.lasted, coarse)

    def _coarse_span(self) -> tuple[int, int]:
        coarse = self._sensors[0].coarse
        return coarse.start, coarse.stop

    # --- tracks -----------------------------------------------------------------------------------------------------

    def newest(self, first: int) -> Track:
        """The track from row `first` to now, by the heading of the last standing."""
        return self._track(first, np.full(self.stop - first, self._watch.heading_offset_rad))

    def past(self, first: int) -> Track:
        """The track from row `first` to now, its heading from all standings in it."""
        sacral, thoracic = self._labelled(first)
        offset = heading_offset_rad(sacral, thoracic, self._neutral, self.rate_hz)
        known = offset[np.isfinite(offset)]
        self._watch.heading_offset_rad = float(known[-1]) if len(known) else np.nan
        return self._track(first, offset)

    def _track(self, first: int, offset: Floats) -> Track:
        assert self.calibration is not None
        sacral, thoracic = self._labelled(first)
        time_s = self._times.read(first, self.stop)[:, 0].copy()
        return track(sacral, thoracic, time_s, self._neutral, offset, self.calibration.flexion_axis_quality)

    def _labelled(self, first: int) -> tuple[SensorMotion, SensorMotion]:
        assert self.calibration is not None
        lower, upper = (sensor.fine.read(first, self.stop) for sensor in self._sensors)
        return exchange(lower, upper, self.calibration.swapped)
