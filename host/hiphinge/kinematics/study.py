"""What the recent past teaches: the sensors' own errors, flexion axes, the zero. Pure, so it may run anywhere.

Live, a `Past` is copied off, studied beside the stream, and the `Knowledge` put in force some samples later
(`live_motion.LiveMotion.adopt`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.angles import segment_angles
from hiphinge.kinematics.calibration import CalibrationError, Learned, exchange, learn
from hiphinge.kinematics.fusion import carried_wander_deg, learn_sensor
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.plausible import SensorError, check_chips
from hiphinge.kinematics.quiet import DEFINING_STANDING_S, angle_deg
from hiphinge.kinematics.sensor_model import SensorModel, carried_up
from hiphinge.kinematics.standing import last_heading_rad, stance_neutral, zeroed
from hiphinge.kinematics.stream import RawPast, Reoriented, reoriented
from hiphinge.kinematics.unlearnt import Reasons, Unlearnt
from hiphinge.kinematics.window import best_window
from hiphinge.model import Calibration, Floats

Window = tuple[int, int]
Models = tuple[SensorModel | None, SensorModel | None]

# A later calibration that turns the flexion axis by more than this proves the first one wrong (a side bend came first).
_AXIS_CHANGED_DEG = 30.0
# What moves tilts by less (rms) is not worth putting in force: a tenth of their standard deviation.
_WORTH_DEG = 0.03
# After a slip its gyroscope tells how far a sensor turned to a degree or two; one or two bends tell the axis no better.
_BENDS_AFTER_SLIP = 3
# The zero carried over a slip is as good as the return to standing; pauses of this length in all are better.
_STOOD_AFTER_SLIP_S = 3.0
# With less than this share of new samples in it a window teaches what is known: the standard deviation of what a window
# of 60 s leaves unknown would change by a twentieth.
_NEWS_SHARE = 0.12
# A change is looked at over this much of the past: some repetitions.
_COMPARED_S = 30.0


@dataclass(frozen=True, slots=True)
class InForce:
    """What is known already, sensors as labelled rightly.

    Attributes
    ----------
    calibration : Calibration
        As learnt, or given.
    zero : Neutral
        What angles are counted from now.
    given : bool
        A saved calibration: its axes stay.
    own_stance : bool
        The zero is a later stance's own, not the calibration's pose.
    """

    calibration: Calibration
    zero: Neutral
    given: bool
    own_stance: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A copy of the recent past and of what is known of it.

    Attributes
    ----------
    raw : pair of RawPast
        As labelled on the device, like everything that follows.
    models : pair of SensorModel or None
        In force.
    windows : pair
        Absolute rows that were studied for them.
    firm : pair of (start, stop)
        The longest stretch of absolute rows in which each sensor did not slip.
    coarse : pair of SensorMotion
        Thinned, by these models, since the sensors have sat as they do.
    coarse_start : int
        Absolute thinned sample at which it begins.
    coarse_hz : float
    time_s : (C,) float
        Of the thinned samples.
    in_force : InForce or None
        None before calibration.
    stance_from : int
        Row of `coarse` from which the stance of the zero in force has been taken up.
    axes_wanted : bool
        A bend has been seen since the axes were learnt last.
    mended : bool
        Samples have changed under the orientation in force.
    slipped : bool
        A sensor has sat differently for the length of `coarse` only.
    doubted : bool
        Something bent without being found: the axes in force may be wrong.
    whole : bool
        Nothing is to come that could contradict: a short standing is enough to calibrate.
    carried : bool
        Both were oriented as sensors of a wearer who does not stand in place.
    unlearnt : pair of Unlearnt or None
        Why a sensor had no model at the last study.
    """

    raw: tuple[RawPast, RawPast]
    models: tuple[SensorModel | None, SensorModel | None]
    windows: tuple[Window | None, Window | None]
    firm: tuple[Window, Window]
    coarse: tuple[SensorMotion, SensorMotion]
    coarse_start: int
    coarse_hz: float
    time_s: Floats
    in_force: InForce | None
    stance_from: int = 0
    axes_wanted: bool = True
    mended: bool = False
    slipped: bool = False
    doubted: bool = False
    whole: bool = False
    carried: bool = False
    unlearnt: Reasons = (None, None)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a past taught.

    Attributes
    ----------
    sensors : pair of Reoriented, or None
        None where the models in force are as good.
    calibration : Calibration
        As learnt; the one in force where nothing better was found.
    zero : Neutral
        On its axes, that of the stance.
    windows : pair
        Absolute rows each model was learnt from.
    heading_offset_rad : float
        At the last standing, NaN where there is none.
    new_axes : bool
        There was no calibration before, or the one before is proved wrong.
    change_deg : float
        By how much tilts move, rms.
    worth_it : bool
        Whether that is more than nothing.
    unlearnt : pair of Unlearnt or None
        Why a sensor has no model, as labelled on the device.
    wander_deg : pair of float
        By how much being carried along misleads the plain filter.
    """

    sensors: tuple[Reoriented, Reoriented] | None
    calibration: Calibration
    zero: Neutral
    windows: tuple[Window | None, Window | None]
    heading_offset_rad: float
    new_axes: bool
    change_deg: float
    worth_it: bool
    unlearnt: Reasons = (None, None)
    wander_deg: tuple[float, float] = (0.0, 0.0)


def study(past: Past) -> Knowledge | None:
    """Learn from a past; None while it does not speak clearly for a first calibration.

    Raises
    ------
    SensorError
        A sensor is not worn, or its chips contradict each other: there is nothing to calibrate.
    """
    if past.in_force is None:
        check_chips((past.raw[0].imu(), past.raw[1].imu()), past.raw[0].rate_hz)
    first = _first(past)
    if past.in_force is None and first is None:
        return None
    models, windows, unlearnt = _models(past)
    sensors, coarse = None, past.coarse
    carried = unlearnt[0] == "elsewhere"  # of one that is, the other is so, too
    if past.mended or carried is not past.carried or any(a is not b for a, b in zip(models, past.models, strict=True)):
        sensors = (reoriented(past.raw[0], models[0], carried), reoriented(past.raw[1], models[1], carried))
        stop = past.coarse_start + len(past.time_s)
        coarse = (sensors[0].coarse.read(past.coarse_start, stop), sensors[1].coarse.read(past.coarse_start, stop))
    calibration, zero = _calibrated(past, first, models, coarse)
    right = exchange(*coarse, calibration.swapped)
    change_deg = _change_deg(past, right, zero, calibration.swapped)
    return Knowledge(
        sensors=sensors,
        windows=windows,
        calibration=calibration,
        zero=zero,
        heading_offset_rad=last_heading_rad(*right, zero, past.coarse_hz),
        new_axes=first is not None,
        change_deg=change_deg,
        worth_it=first is not None or change_deg > _WORTH_DEG,
        unlearnt=unlearnt,
        wander_deg=(_wander_deg(past, 0, unlearnt[0]), _wander_deg(past, 1, unlearnt[1])),
    )


def _models(past: Past) -> tuple[Models, tuple[Window | None, Window | None], Reasons]:
    """Both sensors' errors."""
    one, other = _model(past, 0), _model(past, 1)
    if "elsewhere" in (one[2], other[2]):
        # Whoever is carried along is so with both sensors: two filters that err alike leave the lumbar angle right, a
        # model for one of them alone, which fits by chance, does not.
        return (None, None), (one[1], other[1]), ("elsewhere", "elsewhere")
    return (one[0], other[0]), (one[1], other[1]), (one[2], other[2])


def _model(past: Past, at: int) -> tuple[SensorModel | None, Window | None, Unlearnt | None]:
    """One sensor's errors, the rows they were learnt from, or why not; those in force where nothing teaches more."""
    raw, known, learnt_from = past.raw[at], past.models[at], past.windows[at]
    firm = past.firm[at]
    imu = raw.imu().rows(slice(firm[0] - raw.start, firm[1] - raw.start))
    if imu.gyr_radps is None or imu.acc_mps2 is None:
        return None, None, None
    best = best_window(imu, raw.rate_hz)
    window = None if best is None else (firm[0] + best.start, firm[0] + best.stop)
    if window is None or (known is not None and learnt_from is not None and not _newer(window, learnt_from)):
        return known, learnt_from, past.unlearnt[at] if known is None else None
    found = learn_sensor(imu, raw.rate_hz, known)
    if isinstance(found, SensorModel):
        return found, window, None
    return known, window, found if known is None else None


def _wander_deg(past: Past, at: int, unlearnt: Unlearnt | None) -> float:
    if unlearnt != "elsewhere":
        return 0.0
    raw = past.raw[at]
    return carried_wander_deg(raw.imu(), raw.rate_hz)


def _newer(window: Window, learnt_from: Window) -> bool:
    """Whether a window holds enough that has not been learnt from yet."""
    length = window[1] - window[0]
    common = min(window[1], learnt_from[1]) - max(window[0], learnt_from[0])
    return length - max(0, common) > _NEWS_SHARE * length


def _change_deg(past: Past, right: tuple[SensorMotion, SensorMotion], zero: Neutral, swapped: bool) -> float:
    """How far tilts move, rms over the last of the past, the segment that moves more; endless before calibration."""
    known = past.in_force
    if known is None or known.calibration.swapped != swapped:
        return float("inf")
    recent = slice(-round(_COMPARED_S * past.coarse_hz), None)
    moved = [
        segment_angles(new.up[recent], frame).sagittal_deg - segment_angles(old.up[recent], before).sagittal_deg
        for new, old, frame, before in zip(
            right,
            exchange(*past.coarse, swapped),
            (zero.sacral, zero.thoracic),
            (known.zero.sacral, known.zero.thoracic),
            strict=True,
        )
    ]
    return max(float(np.sqrt(np.mean(one[np.isfinite(one)] ** 2))) if np.isfinite(one).any() else 0.0 for one in moved)


def _first(past: Past) -> Calibration | None:
    """A first calibration, or one that proves the one in force wrong."""
    known = past.in_force
    if known is not None and (known.given or not past.doubted):
        return None
    found = _learned(past, past.coarse)
    if found is None or not (past.whole or found.settled(len(past.time_s) - 1)):
        return None
    return found.calibration if known is None or _contradicts(known.calibration, found.calibration) else None


def _calibrated(
    past: Past, first: Calibration | None, models: Models, coarse: tuple[SensorMotion, SensorMotion]
) -> tuple[Calibration, Neutral]:
    """Axes and zero by the motion as it is seen now."""
    known = past.in_force
    base = first or (None if known is None else known.calibration)
    assert base is not None
    better = None
    if first is not None or (past.axes_wanted and known is not None and not known.given):
        better = _learned(past, coarse)
        # A long hold at the bottom outlasts the standing that is left in the past: no reason to take it for that.
        if better is not None and first is None and not better.settled(len(past.time_s) - 1):
            better = None
    few = past.slipped and better is not None and len(better.bends) < _BENDS_AFTER_SLIP
    if better is not None and better.calibration.swapped == base.swapped and not few:
        base = better.calibration
    axes = Neutral.of(base, 0.0)
    if first is not None or known is None:
        return base, axes
    # A saved calibration's own zero was another day's.
    todays = known.own_stance or not known.given
    if todays and known.zero.stood_s >= DEFINING_STANDING_S and not past.slipped:
        return base, _kept(axes, known.zero, past.models, models, base.swapped)
    if base is not known.calibration and not known.own_stance:
        return base, axes
    since = slice(past.stance_from, None)
    right = exchange(coarse[0].rows(since), coarse[1].rows(since), base.swapped)
    stance = stance_neutral(axes, known.zero, *right, past.coarse_hz)
    return base, known.zero if past.slipped and stance.stood_s < _STOOD_AFTER_SLIP_S else stance


def _kept(axes: Neutral, zero: Neutral, before: Models, now: Models, swapped: bool) -> Neutral:
    """The zero in force as the axes and the sensors' errors are known now: its standing may be long past."""
    lower, upper = (1, 0) if swapped else (0, 1)
    return zeroed(
        axes,
        carried_up(zero.sacral[1], before[lower], now[lower]),
        carried_up(zero.thoracic[1], before[upper], now[upper]),
        zero.stood_s,
    )


def _learned(past: Past, coarse: tuple[SensorMotion, SensorMotion]) -> Learned | None:
    try:
        return learn(*coarse, past.time_s, past.coarse_hz)
    except SensorError:
        if past.in_force is None:
            raise
        return None
    except CalibrationError:
        return None


def _contradicts(old: Calibration, new: Calibration) -> bool:
    return new.swapped != old.swapped or any(
        angle_deg(a[2], b[2]) > _AXIS_CHANGED_DEG for a, b in ((old.sacral, new.sacral), (old.thoracic, new.thoracic))
    )
