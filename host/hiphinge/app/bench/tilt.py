"""Tilt against known angles: a protractor jig or an inclinometer; pure.

The pod is held still at each angle. Zero is the stage (or stages) at 0 deg, as a wearer's standing is; the axis of the
jig is the one common to all stages, as a wearer's flexion axis is. So what is compared is what the product shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.app.bench.agreement import Agreement, agreement, gain
from hiphinge.app.bench.oriented import Oriented, mean_direction, within
from hiphinge.app.bench.stages import Stage
from hiphinge.kinematics.angles import segment_angles
from hiphinge.kinematics.calibration import frame
from hiphinge.model import Floats, HiphingeError, Segment

# Below that an axis cannot be told from noise; nobody validates tilt over so little.
_LEAST_RANGE_DEG = 10.0
# A pod that turned less than a third of what the reference did was not on the jig.
_ON_THE_JIG = 1 / 3
# A pod held still is steadier than that, also a cheap one (0.1 deg RMS); a hand is not.
_STILL_DEG = 0.5
# Zero is what says 0: a jig has no half degrees.
_ZERO_DEG = 0.05


@dataclass(frozen=True, slots=True)
class Tilt:
    """One pod, or the difference of both.

    Attributes
    ----------
    name : str
        "sacral", "thoracic" or "lumbar": thoracic minus sacral, which must be 0 on one jig.
    known_deg, measured_deg : (N,) float
        Stage by stage.
    by_acc_deg : (N,) float or None
        The same by the accelerometer alone: tells the chip from the filter.
    errors : Agreement
        Of the stages that are not zero; those define it.
    gain : float
        Degrees measured for one known.
    at_zero_deg : float
        Largest difference between the stages at 0: how well it comes back; NaN where it was there once only.
    moved : tuple of int
        Stages, from 1, in which it was not held still.
    """

    name: str
    known_deg: Floats
    measured_deg: Floats
    by_acc_deg: Floats | None
    errors: Agreement
    gain: float
    at_zero_deg: float
    moved: tuple[int, ...] = ()


def tilts(pods: Mapping[Segment, Oriented], stages: Sequence[Stage]) -> list[Tilt]:
    """Every pod that was on the jig, and their difference where both were.

    Raises
    ------
    HiphingeError
        No stage at 0, too few stages, or no pod that turned with them.
    """
    known = np.array([np.nan if one.angle_deg is None else one.angle_deg for one in stages])
    if np.isnan(known).any():
        first = int(np.flatnonzero(np.isnan(known))[0]) + 1
        raise HiphingeError(f"stage {first} has no angle; write angle_deg into it, or give --reference")
    zero = np.abs(known) < _ZERO_DEG
    if not zero.any():
        raise HiphingeError("no stage is at 0 deg, from which the others are counted; record one")
    if len(known) < 3 or np.ptp(known) < _LEAST_RANGE_DEG:
        raise HiphingeError(f"angles must be three or more over at least {_LEAST_RANGE_DEG:g} deg; record more stages")
    found: dict[Segment, tuple[Floats, Floats]] = {}
    moved: dict[str, tuple[int, ...]] = {}
    for name, pod in pods.items():
        parts = [within(pod.time_s, one.from_s, one.to_s) for one in stages]
        ups = np.array([mean_direction(pod.up[part]) for part in parts])
        if np.isnan(ups[zero]).all() or np.isfinite(ups).all(axis=1).sum() < 3:
            raise HiphingeError(f"the {name} pod has no samples in its stages; do their times belong to this session?")
        measured = _measured(ups, known, zero)
        if np.nanmax(measured) - np.nanmin(measured) < _ON_THE_JIG * np.ptp(known):
            continue
        by_acc = np.full(len(known), np.nan)
        if pod.acc_up is not None:
            by_acc = _measured(np.array([mean_direction(pod.acc_up[part]) for part in parts]), known, zero)
        found[name] = measured, by_acc
        spreads = [_spread_deg(pod.up[part], mean) for part, mean in zip(parts, ups, strict=True)]
        moved[name] = tuple(at for at, spread in enumerate(spreads, 1) if spread > _STILL_DEG)
    if not found:
        raise HiphingeError("neither pod turned with the angles; do the stages belong to this session?")
    rows = [_tilt(name, known, measured, by_acc, zero, moved[name]) for name, (measured, by_acc) in found.items()]
    if len(found) == 2:
        lower, upper = found["sacral"], found["thoracic"]
        nothing = np.zeros(len(known))
        rows.append(_tilt("lumbar", nothing, upper[0] - lower[0], upper[1] - lower[1], zero))
    return rows


def _measured(ups: Floats, known: Floats, zero: np.ndarray) -> Floats:
    """Sagittal tilt of every stage from those at zero, about the axis common to all, in the sense of the known ones."""
    neutral = mean_direction(ups[zero])
    there = np.isfinite(ups).all(axis=1)
    # The verticals of all stages lie in the plane across the axis: it is the direction they have least of.
    axis = np.linalg.svd(ups[there])[2][-1]
    mount = frame(neutral, axis)
    tilt = np.full(len(ups), np.nan)
    tilt[there] = segment_angles(ups[there], mount).sagittal_deg
    # Whole turns are not seen, and stages may be more than half a turn apart: only the known angle says which turn.
    errors = [(sense * tilt - known + 180.0) % 360.0 - 180.0 for sense in (1.0, -1.0)]
    return known + min(errors, key=lambda one: float(np.nansum(np.abs(one))))


def _spread_deg(ups: Floats, mean: Floats) -> float:
    """RMS angle of verticals from their mean; 0 where there are none."""
    away = ups - mean
    squares = (away**2).sum(axis=1)
    known = squares[np.isfinite(squares)]
    return float(np.degrees(np.sqrt(known.mean()))) if len(known) else 0.0


def _tilt(
    name: str, known: Floats, measured: Floats, by_acc: Floats, zero: np.ndarray, moved: tuple[int, ...] = ()
) -> Tilt:
    found = agreement((measured - known)[~zero])
    if found is None:
        raise HiphingeError(f"the {name} pod has no samples but at 0 deg; record again")
    at_zero = measured[zero & np.isfinite(measured)]
    # Of a single zero nothing is known about coming back.
    back = float(np.ptp(at_zero)) if len(at_zero) > 1 else float("nan")
    slope = gain(known[~zero], measured[~zero])
    return Tilt(name, known, measured, by_acc, found, slope, back, moved)
