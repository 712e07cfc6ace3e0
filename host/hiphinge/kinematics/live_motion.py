"""Both sensors live: their recent past, the calibration in force, the zero of the running set, tracks made of them.

What disturbs a sensor is noticed here, too: knocks are taken out of the samples and the filters go back to where they
were before; a sensor that slipped gets a new frame from the next moment of standing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hiphinge.kinematics.calibration import LEAST_BEND_DEG, differ, exchange
from hiphinge.kinematics.decimate import coarse_stride
from hiphinge.kinematics.disturbances import Disturbance, relabelled
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.live_disturbances import LiveDisturbances
from hiphinge.kinematics.neutral import MOST_SHIFT_DEG, Neutral, another_stance, shift_deg
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import LEAST_STANDING_S, STILL_RATE_RADPS
from hiphinge.kinematics.rolling import Rolling, RollingMotion
from hiphinge.kinematics.slip_watch import LiveSlip, MomentWatch, near_zero, slipped
from hiphinge.kinematics.standing import (
    HEADING_S,
    LONGEST_S,
    StandingWatch,
    speed_radps,
    standing_neutral,
    upright,
    zeroed,
)
from hiphinge.kinematics.stream import SensorStream
from hiphinge.kinematics.study import InForce, Knowledge, Past, Window
from hiphinge.kinematics.track import Track, circular_mean, heading_difference_rad, joined, known_since, track
from hiphinge.kinematics.unlearnt import Reasons
from hiphinge.model import Calibration, Floats

# How much of the past is kept for calibrating and for the bend under way. A set of ten slow hinges takes 60 s.
KEEP_S = 120.0
_LOOK_BACK_S = 20.0
# A standing is averaged anew every 0.2 s.
_LOOK_BLOCKS = 5


@dataclass(slots=True)
class _Mount:
    """Frames that held until a sensor slipped at a row, and the heading between the filters then."""

    until: int
    zero: Neutral
    heading_offset_rad: float
    heading_at: int


class LiveMotion:
    """The state between samples and angles.

    Parameters
    ----------
    rate_hz : float
        Of both sensors' common grid.
    calibration : Calibration, optional
        A saved one, whose axes then stay in force.

    Attributes
    ----------
    turned_rad : float
        How far the faster sensor has turned since the past was copied off last, stillness left out.
    """

    def __init__(self, rate_hz: float, calibration: Calibration | None = None) -> None:
        self.rate_hz = rate_hz
        self.stride = coarse_stride(rate_hz)
        self.coarse_hz = rate_hz / self.stride
        keep = round(KEEP_S * rate_hz) // self.stride * self.stride
        self._sensors = (SensorStream(rate_hz, self.stride, keep), SensorStream(rate_hz, self.stride, keep))
        self._times = Rolling(keep, 1)
        self._watch = StandingWatch()
        self._heading_offset_rad = float("nan")
        # The row at which it was seen last.
        self._heading_at = 0
        self.turned_rad = 0.0
        self.given = calibration is not None
        # As learnt or given; told outside is the one with the zero in force.
        self._learnt = self.calibration = calibration
        # Axes as learnt (or given) with the zero of their own pose, and the zero in force.
        self._axes = Neutral(0.0, np.eye(3), np.eye(3))
        if calibration is not None:
            self._axes = Neutral.of(calibration, 0.0)
        self._zero = self._axes
        # The stillness (thinned sample) that began a stance of its own, and the one at the last copy.
        self._stance_from: int | None = None
        self._studied_stance: int | None = None
        self._studied_stop = 0
        # The last thinned sample at which either sensor's orientation was unknown: its filter began anew after it.
        self._lost_at = -1
        self._windows: tuple[Window | None, Window | None] = (None, None)
        # The next standing is to be zero, whatever was before.
        self.zero_wanted = False
        # Why a sensor's own errors are not known, as labelled on the device.
        self.unlearnt: Reasons = (None, None)
        self._wander_deg = (0.0, 0.0)
        self._disturbed = LiveDisturbances(rate_hz, self._sensors, self._times)
        self._moments = MomentWatch(self.coarse_hz)
        self._mounts: list[_Mount] = []
        # From which thinned sample on the sensors sit as they do.
        self._mounted_from = 0
        none = RollingMotion(1).everything()
        self._newest_read = -1, (none, none)

    @property
    def start(self) -> int:
        """Absolute row of the oldest sample still kept."""
        return self._times.start

    @property
    def stop(self) -> int:
        """Absolute row after the newest sample."""
        return self._times.stop

    @property
    def blocks(self) -> int:
        """Whole blocks so far."""
        return self._sensors[0].coarse.stop

    @property
    def now_s(self) -> float:
        """Time of the newest sample."""
        return float(self._times.read(self.stop - 1, self.stop)[0, 0])

    @property
    def mended(self) -> bool:
        """Whether samples have been mended since the past was copied off last."""
        return self._disturbed.mended

    @property
    def disturbances(self) -> list[Disturbance]:
        """All that disturbed the sensors so far, under their right labels as far as these are known."""
        return relabelled(self._disturbed.found, self.calibration is not None and self.calibration.swapped)

    def push(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> list[Disturbance]:
        """The next block, as labelled on the device; only the last one of a stream may be shorter than `stride`.

        Returns
        -------
        list of Disturbance
            Knocks, clipping and vibration that came to light.
        """
        self._times.append(time_s[:, None])
        for sensor, imu in zip(self._sensors, (sacral, thoracic), strict=True):
            sensor.push(imu)
        found = self._disturbed.push(time_s, sacral, thoracic)
        return relabelled(found, self.calibration is not None and self.calibration.swapped)

    # --- disturbances -----------------------------------------------------------------------------------------------

    def look_for_slip(self) -> Disturbance | None:
        """Note the newest whole block: where a moment of standing shows that a sensor slipped since the last one.

        Its frames are new from then on.
        """
        assert self.calibration is not None
        at = self.blocks - 1
        sacral, thoracic = exchange(*self._newest(), self.calibration.swapped)
        fresh = self._moments.push(at, max(speed_radps(sacral), speed_radps(thoracic)))
        if fresh:
            assert self._moments.last is not None and self._moments.began is not None
            first = self._moments.last[1] - 1
            since = self._coarse(first)
            slip = slipped(*since, self._zero, self.coarse_hz)
            if slip is not None:
                return self._remount(slip, first, self._moments.last[1], self._moments.began)
        if self._moments.stands(at) and all(near_zero(sacral, thoracic, self._zero)):
            self._moments.keep(at)
        return None

    def _remount(self, slip: LiveSlip, first: int, left: int, began: int) -> Disturbance:
        """New frames after a slip between thinned samples `left` and `began`; its rows count from `first`."""
        assert self.calibration is not None and self._learnt is not None
        row, rows = (first + slip.at) * self.stride, (left * self.stride, began * self.stride)
        self._mounts.append(_Mount(row, self._zero, self._heading_offset_rad, self._heading_at))
        self._mounts = [mount for mount in self._mounts if mount.until > self.start]
        since = {slip.sensor: slip.frame}
        self._axes = replace(self._axes, **since)
        self._learnt = replace(self._learnt, **since)
        self._put_zero(replace(self._zero, **since))
        self._heading_offset_rad = circular_mean(heading_difference_rad(*self._coarse(began), self._zero))
        self._heading_at = self.stop
        self._mounted_from = began
        start_s, end_s, at_s = (float(self._times.read(one, one + 1)[0, 0]) for one in (*rows, row))
        told = Disturbance("slip", slip.sensor, start_s, end_s, at_s, slip.angle_deg, "deg", slip.angle_deg)
        self._disturbed.slip(relabelled([told], self.calibration.swapped)[0], rows, row)
        self._moments.last = (began, self.blocks)
        return told

    # --- learning ---------------------------------------------------------------------------------------------------

    def returned(self) -> bool:
        """Whether either sensor was a bend away, seconds ago, from where it is now."""
        back = max(0, self.blocks - round(_LOOK_BACK_S * self.coarse_hz))
        ups = [sensor.coarse.read(back, self.blocks).up for sensor in self._sensors]
        least = np.cos(np.deg2rad(LEAST_BEND_DEG))
        return any(bool(np.nanmin(up @ up[-1], initial=1.0) < least) for up in ups)

    def past(self, axes_wanted: bool = True, doubted: bool = False, whole: bool = False) -> Past:
        """A copy of the recent past, to be studied (`study.study`)."""
        self.turned_rad, self._disturbed.mended = 0.0, False
        self._disturbed.forget(self.start)
        self._studied_stance, self._studied_stop = self._stance_from, self.blocks
        start = max(self._sensors[0].coarse.start, self._mounted_from)
        lower, upper = (sensor.coarse.read(start, self.blocks) for sensor in self._sensors)
        rows = np.clip(np.arange(start, self.blocks) * self.stride - self.start, 0, None)
        in_force = None
        if self._learnt is not None:
            in_force = InForce(self._learnt, self._zero, self.given, self._stance_from is not None)
        return Past(
            raw=(self._sensors[0].past(), self._sensors[1].past()),
            models=(self._sensors[0].model, self._sensors[1].model),
            windows=self._windows,
            firm=(self._disturbed.firm(0, self.start, self.stop), self._disturbed.firm(1, self.start, self.stop)),
            coarse=(lower, upper),
            coarse_start=start,
            coarse_hz=self.coarse_hz,
            time_s=self._times.read(self.start, self.stop)[rows, 0],
            in_force=in_force,
            stance_from=max(0, (self._stance_from or 0) - start),
            axes_wanted=axes_wanted,
            mended=any(sensor.mended for sensor in self._sensors),
            slipped=self._mounted_from > self._sensors[0].coarse.start,
            doubted=doubted,
            whole=whole,
            carried=self._sensors[0].carried,
            unlearnt=self.unlearnt,
        )

    def adopt(self, known: Knowledge) -> bool:
        """Put in force what the last copy taught; returns whether the calibration is another one now."""
        self._windows, self.unlearnt, self._wander_deg = known.windows, known.unlearnt, known.wander_deg
        if not known.worth_it:
            return False
        before_rad = np.nan if self.calibration is None or known.new_axes else self._heading_now_rad(known.zero)
        if known.sensors is not None:
            self._newest_read = -1, self._newest_read[1]
            for sensor, anew in zip(self._sensors, known.sensors, strict=True):
                sensor.adopt(anew)
        before = self.calibration
        self._learnt = self.calibration = known.calibration
        if np.isfinite(known.heading_offset_rad) and self._lost_at < self._studied_stop:
            self._heading_offset_rad = known.heading_offset_rad
        elif known.sensors is not None:
            # The filters began elsewhere: the heading known is carried over to theirs.
            self._heading_offset_rad += self._heading_now_rad(known.zero) - before_rad
        if known.sensors is not None:
            for mount in self._mounts:
                mount.heading_offset_rad += self._heading_now_rad(known.zero) - before_rad
        axes = self._axes = Neutral.of(known.calibration, 0.0)
        if known.new_axes:
            self._stance_from = None
            self._moments.forget()
        # A stance taken up since the copy was made keeps its zero.
        same = known.new_axes or self._stance_from == self._studied_stance
        now = self._zero
        self._put_zero(known.zero if same else zeroed(axes, now.sacral[1], now.thoracic[1], now.stood_s))
        return not self.given and (before is None or differ(before, self.calibration))

    def _put_zero(self, zero: Neutral) -> None:
        self._zero = zero
        assert self._learnt is not None
        if not self.given:
            self.calibration = replace(self._learnt, sacral=zero.sacral, thoracic=zero.thoracic, stood_s=zero.stood_s)

    def _heading_now_rad(self, frames: Neutral) -> float:
        """Heading between the filters at the newest sample."""
        sacral, thoracic = self._labelled(self.stop - 1, self.stop)
        return float(heading_difference_rad(sacral, thoracic, frames)[0])

    # --- standing ---------------------------------------------------------------------------------------------------

    def stand(self, between_sets: bool) -> bool:
        """Note the newest block: a standing fixes the heading, and between sets it may show a new stance.

        Returns
        -------
        bool
            A new stance: its zero is in force from now on.
        """
        at = self.blocks - 1
        newest = self._newest()
        fastest = max(speed_radps(motion) for motion in newest)
        if STILL_RATE_RADPS < fastest < np.inf:
            self.turned_rad += fastest / self.coarse_hz
        if fastest == np.inf:
            self._lost_at = at
            self._heading_offset_rad = float("nan")
        if self.calibration is None:
            return False
        lasted = self._watch.push(at, *exchange(newest[0], newest[1], self.calibration.swapped))
        if lasted < HEADING_S * self.coarse_hz:
            return False
        self._disturbed.rests(self.stop)
        if (lasted - round(HEADING_S * self.coarse_hz)) % _LOOK_BLOCKS:
            return False
        first = at + 1 - min(lasted, round(LONGEST_S * self.coarse_hz))
        lower, upper = (sensor.coarse.read(first, at + 1) for sensor in self._sensors)
        sacral, thoracic = exchange(lower, upper, self.calibration.swapped)
        if upright(sacral, thoracic, self._zero):
            self._heading_offset_rad = circular_mean(heading_difference_rad(sacral, thoracic, self._zero))
            self._heading_at = self.stop
        if lasted < LEAST_STANDING_S * self.coarse_hz:
            return False
        if self.zero_wanted:
            return self._zero_here(sacral, thoracic)
        return between_sets and self._rezero(sacral, thoracic)

    def _zero_here(self, sacral: SensorMotion, thoracic: SensorMotion) -> bool:
        own = standing_neutral(self._axes, sacral, thoracic, self.coarse_hz)
        if shift_deg(self._axes, own) >= MOST_SHIFT_DEG:
            return False
        self.zero_wanted = False
        self._stance_from = self._watch.since
        self._put_zero(own)
        return True

    def _rezero(self, sacral: SensorMotion, thoracic: SensorMotion) -> bool:
        """Take a standing between sets for the next set's stance where it is another one than before."""
        own = standing_neutral(self._axes, sacral, thoracic, self.coarse_hz)
        lengthening = self._stance_from is not None and self._stance_from == self._watch.since
        if shift_deg(self._axes, own) >= MOST_SHIFT_DEG:
            return False
        if not lengthening and not another_stance(self._zero, own):
            return False
        self._stance_from = self._watch.since
        self._put_zero(own)
        return not lengthening

    # --- tracks -----------------------------------------------------------------------------------------------------

    def track(self, first: int) -> Track:
        """The track from row `first` to now by the best knowledge; empty where the heading is not known."""
        parts: list[Track] = []
        for mount in self._mounts:
            if mount.until > first:
                parts.append(self._track(first, mount.until, mount.zero, mount.heading_offset_rad, mount.heading_at))
                first = mount.until
        return joined([*parts, self._track(first, self.stop, self._zero, self._heading_offset_rad, self._heading_at)])

    def peek(self, time_s: Floats, sacral: GriddedImu, thoracic: GriddedImu) -> Track:
        """The track of the newest sample and of ones that are yet to be pushed."""
        assert self.calibration is not None
        lower, upper = (
            _wandering(self._disturbed.counted_in(at, sensor.peek(imu), self.stop), self._wander_deg[at])
            for at, (sensor, imu) in enumerate(zip(self._sensors, (sacral, thoracic), strict=True))
        )
        lower, upper = exchange(lower, upper, self.calibration.swapped)
        age_s = (np.arange(len(time_s)) + self.stop - self._heading_at) / self.rate_hz
        heading = known_since(self._heading_offset_rad, age_s)
        return joined([self.track(self.stop - 1), track(lower, upper, time_s, self._zero, heading, self.calibration)])

    def _track(self, first: int, stop: int, zero: Neutral, heading_offset_rad: float, heading_at: int) -> Track:
        assert self.calibration is not None
        sacral, thoracic = self._labelled(first, stop)
        time_s = self._times.read(first, stop)[:, 0].copy()
        heading = known_since(heading_offset_rad, np.abs(np.arange(first, stop) - heading_at) / self.rate_hz)
        found = track(sacral, thoracic, time_s, zero, heading, self.calibration)
        if np.isfinite(heading_offset_rad):
            return found
        unknown = np.full(len(time_s), np.nan)
        return replace(
            found, angles=replace(found.angles, lumbar_side_bend_sd_deg=unknown, lumbar_rotation_sd_deg=unknown)
        )

    def _labelled(self, first: int, stop: int) -> tuple[SensorMotion, SensorMotion]:
        assert self.calibration is not None
        lower, upper = (
            _wandering(self._disturbed.counted_in(at, sensor.fine.read(first, stop), first), self._wander_deg[at])
            for at, sensor in enumerate(self._sensors)
        )
        return exchange(lower, upper, self.calibration.swapped)

    def _newest(self) -> tuple[SensorMotion, SensorMotion]:
        """The newest thinned sample of either sensor, as labelled on the device; read once a block."""
        at = self.blocks - 1
        if self._newest_read[0] != at:
            lower, upper = (sensor.coarse.read(at, at + 1) for sensor in self._sensors)
            self._newest_read = at, (lower, upper)
        return self._newest_read[1]

    def _coarse(self, first: int) -> tuple[SensorMotion, SensorMotion]:
        """Thinned samples from `first` to now, rightly labelled."""
        assert self.calibration is not None
        lower, upper = (sensor.coarse.read(first, self.blocks) for sensor in self._sensors)
        return exchange(lower, upper, self.calibration.swapped)


def _wandering(motion: SensorMotion, by_deg: float) -> SensorMotion:
    """With what being carried along adds to the uncertainty."""
    return replace(motion, gap_sd_deg=np.hypot(motion.gap_sd_deg, by_deg)) if by_deg else motion
