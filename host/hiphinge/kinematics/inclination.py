"""Inclination over a whole recording by standing in place, where the wearer does.

VQF trusts the accelerometer over some seconds: what a walk leaves in it wears off slowly. Standing in
place knows better (`hiphinge.kinematics.selfcal`), so in the minute next to a walk, where it holds, the filter's
vertical is turned to its own, smoothly. Elsewhere the two agree to hundredths of a degree once the sensor's errors are
taken out, and the filter is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from hiphinge.kinematics.grid import INTERPOLATE_S, runs
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import moving_mean
from hiphinge.kinematics.rotation import from_rotation_vector, multiply, unit, up_in_sensor
from hiphinge.kinematics.selfcal import in_place
from hiphinge.kinematics.window import LONGEST_S, STEPS_MPS2, shaking_mps2
from hiphinge.model import Floats

# Away from the walk the correction is faded out over this long; next to it the filter is what is known least.
_FADE_S = 6.0
_EDGE_S = 0.5
_SHORTEST_S = 8.0
# Nothing turns over this far for a good reason: a filter a few degrees off is as bad as one can be without a fault.
_MOST_DEG = 6.0
# Turning less than this in all, a window has no bend in it: the filter at rest needs no help.
_LEAST_TURNED_RAD = 1.0
# Steps for most of this long are a walk: there is no place to stand in.
_WALK_S = 3.0
_MOSTLY = 0.9


def stood_upright(
    motion: SensorMotion, rate_radps: Floats, force_mps2: Floats, rate_hz: float, most_residual: float
) -> SensorMotion:
    """The motion with its vertical corrected where the wearer stood in place.

    Parameters
    ----------
    motion : SensorMotion
        By a filter over the whole recording, M instants.
    rate_radps, force_mps2 : (M, 3) float
        Corrected samples.
    rate_hz : float
    most_residual : float
        Windows that standing in place explains worse than this are left alone.
    """
    turn = np.zeros((len(motion.up), 2))
    weight = np.zeros(len(motion.up))
    for part, inside in _windows(motion, rate_radps, force_mps2, rate_hz):
        found = in_place(rate_radps[part], force_mps2[part], rate_hz, motion.quat[part.start])
        if found.model.residual > most_residual:
            continue
        rows = part.start + found.at
        off = _turned_rad(found.to_earth, motion.quat[rows])
        if np.abs(off).max() > np.deg2rad(_MOST_DEG):
            continue
        every = np.arange(part.start, int(rows[-1]) + 1, dtype=np.intp)
        into, out = (_FADE_S if away else _EDGE_S for away in inside)
        fade = np.minimum((every - rows[0]) / into, (rows[-1] - every) / out) / rate_hz
        fade = np.clip(fade, 0.0, 1.0)
        for axis in range(2):
            turn[every, axis] += fade * np.interp(every, rows, off[:, axis])
        weight[every] += fade
    if not weight.any():
        return motion
    # Two windows at once share what they say; one alone says it as far as it has faded in.
    turn /= np.maximum(weight, 1.0)[:, None]
    quat = multiply(from_rotation_vector(np.column_stack([turn, np.zeros(len(turn))])), motion.quat)
    return replace(motion, quat=quat, up=up_in_sensor(quat))


def _turned_rad(to_earth: Floats, quat: Floats) -> Floats:
    """The level part of the turn from the filter's orientation to the other, (n, 2), heading left as the filter's."""
    up_there = to_earth[:, 2, :]
    up_here = up_in_sensor(quat)
    across = np.cross(up_there, up_here)
    angle = np.arctan2(np.linalg.norm(across, axis=1), np.einsum("ni,ni->n", up_there, up_here))
    in_sensor = unit(across) * angle[:, None]
    return _rotated(quat, in_sensor)[:, :2]


def _rotated(quat: Floats, vectors: Floats) -> Floats:
    w, v = quat[:, :1], quat[:, 1:]
    twice = 2 * np.cross(v, vectors)
    return vectors + w * twice + np.cross(v, twice)


def _windows(
    motion: SensorMotion, rate_radps: Floats, force_mps2: Floats, rate_hz: float
) -> Iterator[tuple[slice, tuple[bool, bool]]]:
    """Windows with bends in them next to a walk, and whether their start and end lie away from it."""
    known = (motion.gap_s <= INTERPOLATE_S) & np.isfinite(motion.up[:, 0])
    safe_force, safe_rate = np.nan_to_num(force_mps2), np.nan_to_num(rate_radps)
    walking = moving_mean(
        (shaking_mps2(safe_force, safe_rate, rate_hz) > STEPS_MPS2).astype(np.float64), round(_WALK_S * rate_hz)
    )
    speed = np.linalg.norm(safe_rate, axis=1)
    longest, shortest = round(LONGEST_S * rate_hz), round(_SHORTEST_S * rate_hz)
    for part in runs(known & (walking < _MOSTLY)):
        walked = (part.start > 0 and bool(known[part.start - 1]), part.stop < len(known) and bool(known[part.stop]))
        for window, inside in _next_to_walks(part, walked, longest):
            bends = speed[window].sum() / rate_hz > _LEAST_TURNED_RAD
            if window.stop - window.start >= shortest and bends:
                yield window, inside


def _next_to_walks(part: slice, walked: tuple[bool, bool], longest: int) -> list[tuple[slice, tuple[bool, bool]]]:
    """The ends of a part that lie next to a walk; the whole of it where they would meet."""
    if not any(walked):
        return []
    if part.stop - part.start <= longest:
        return [(part, (False, False))]
    after = slice(part.start, part.start + longest), (False, True)
    before = slice(part.stop - longest, part.stop), (True, False)
    return [window for window, wanted in zip((after, before), walked, strict=True) if wanted]
