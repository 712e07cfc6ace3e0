"""Could a sensor on a back have measured this? Units, stuck sensors, impossible values.

Vectorised and cheap: an hour at 100 Hz is checked in a small part of the time it takes to parse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hiphinge.files.columns import Group
from hiphinge.files.errors import Finding
from hiphinge.files.gyro_units import gyro_scale
from hiphinge.model import SEGMENTS, Bools, Floats

STANDARD_GRAVITY_MPS2 = 9.80665

# Wearable chips reach 16 g and 2000 deg/s (35 rad/s), high-g parts 100 g: nothing on a back gets beyond these.
_LARGEST_ACC_MPS2 = 100.0 * STANDARD_GRAVITY_MPS2
_LARGEST_GYR_RADPS = 100.0
# Beyond any unit's numbers; cut there so that squares stay finite while units are asked.
_LARGEST_ASKED = 1e6
# Medians over the recording: one g shows in it whatever is done (running has flight phases, hence the width).
_LEAST_MEDIAN_MPS2, _LARGEST_MEDIAN_MPS2 = 5.0, 20.0
_G_BAND = (0.8, 1.2)
# A median needs no more; keeps an hour's check in the microseconds.
_MEDIAN_SAMPLES = 20_000
# Device quaternions come as 16-bit numbers or with few decimals; farther off, something else is in the columns.
_QUAT_TOLERANCE = 0.05
# Noise changes a live sensor's numbers within milliseconds, coarse rounding within a second.
_STUCK_S = 2.0


def check_samples(time_s: Floats, groups: Mapping[Group, Floats]) -> Finding | None:
    """Find the first thing no sensor on a back could have measured.

    Parameters
    ----------
    time_s : (N,) float
        Checked already: strictly increasing, s.
    groups : mapping of Group to (N, 3) or (N, 4) float
        As read: anything, NaN where missing.
    """
    extremes = {group: _largest(values) for group, values in groups.items()}
    for group, values in groups.items():
        finding = _check_empty(group, values) or _check_finite(group, values, extremes[group])
        if finding is not None:
            return finding
    finding = _check_dead(groups) or _check_same(groups)
    if finding is not None:
        return finding
    bounded = {
        group: values if extremes[group] <= _LARGEST_ASKED else np.clip(values, -_LARGEST_ASKED, _LARGEST_ASKED)
        for group, values in groups.items()
    }
    for group, values in bounded.items():
        finding = _check_acc_unit(group, values) or _check_quat(group, values)
        if finding is not None:
            return finding
    return _check_gyr_unit(time_s, bounded) or _check_limits(groups, extremes)


def normalised(quat: Floats) -> Floats:
    """Quaternions at unit norm; a row with a missing component is missing.

    Rows within 1e-6 of unit norm stay as they are: written with 7 decimals and read again, they do not change.
    """
    norm = np.sqrt(np.sum(quat**2, axis=1, keepdims=True))
    # NaN > 1e-6 is false, so the second condition brings missing rows in.
    return np.where((np.abs(norm - 1.0) > 1e-6) | np.isnan(norm), quat / norm, quat)


def quat_is_off(quat: Floats) -> Bools:
    """Which rows are farther from unit norm than rounding explains; missing rows are not."""
    size = np.clip(quat, -_LARGEST_ASKED, _LARGEST_ASKED)
    return np.abs(np.sqrt(np.sum(size**2, axis=1)) - 1.0) > _QUAT_TOLERANCE


def stuck_warnings(time_s: Floats, groups: Mapping[Group, Floats]) -> tuple[str, ...]:
    """Say where a sensor's numbers stand still for over two seconds, in plain words."""
    warnings: list[str] = []
    for group, values in groups.items():
        start, end = _longest_standstill(time_s, values)
        if time_s[end] - time_s[start] > _STUCK_S:
            span = f"{time_s[start]:.2f} to {time_s[end]:.2f} s"
            warnings.append(f"the {group.words} does not change from {span}: it may have stopped")
    return tuple(warnings)


def _largest(values: Floats) -> float:
    """Largest magnitude, inf included; 0 where all is missing."""
    low, high = float(values.min()), float(values.max())
    if np.isnan(low):
        # fmin and fmax pass over NaN, and are slower.
        low = float(np.fmin.reduce(values, axis=None, initial=0.0))
        high = float(np.fmax.reduce(values, axis=None, initial=0.0))
    return max(-low, high, 0.0)


def _check_empty(group: Group, values: Floats) -> Finding | None:
    # A look at the first row settles it for nearly every file.
    doubtful = np.flatnonzero(np.isnan(values[0]))
    for index in doubtful:
        if np.isnan(values[:, index]).all():
            todo = "give its values, or remove the sensor's columns where quaternions are there"
            return Finding("is empty throughout", todo, None, group.names[index])
    return None


def _check_finite(group: Group, values: Floats, largest: float) -> Finding | None:
    if np.isfinite(largest):
        return None
    row, column = (int(i) for i in np.argwhere(np.isinf(values))[0])
    return Finding("is infinite", "write a number, or leave the cell empty", row, group.names[column])


def _check_dead(groups: Mapping[Group, Floats]) -> Finding | None:
    for segment in SEGMENTS:
        still = {group: _constant(values) for group, values in groups.items() if group.segment == segment}
        dead = [group for group, value in still.items() if value is not None]
        if not dead:
            continue
        names = dead[0].words if len(dead) < len(still) else f"{segment} sensor"
        if all(not np.any(still[group]) for group in dead):
            return Finding(f"the {names} is all zeros", "check that it was connected, and record again")
        what = f"the {names} never changes: it is stuck"
        return Finding(what, "check the sensor and record again")
    return None


def _check_same(groups: Mapping[Group, Floats]) -> Finding | None:
    """Two sensors never agree to the last digit: an export that wrote one of them twice would show a perfect back."""
    for group, values in groups.items():
        other = replace(group, segment="thoracic")
        if group.segment == "sacral" and other in groups and np.array_equal(values, groups[other], equal_nan=True):
            what = f"the {group.words} and the {other.words} hold the same values"
            return Finding(what, "one sensor was written twice: export the recording again")
    return None


def _constant(values: Floats) -> Floats | None:
    """The one value a sensor shows throughout, or None where it changes."""
    # A changing sensor betrays itself in its first samples; the whole is compared only for one that does not.
    for rows in (values[:100], values):
        known = rows[~np.isnan(rows).any(axis=1)]
        if len(known) and np.any(known != known[0]):
            return None
    return known[0] if len(known) else None


def _check_acc_unit(group: Group, values: Floats) -> Finding | None:
    if group.kind != "acc":
        return None
    some = values[:: max(1, len(values) // _MEDIAN_SAMPLES)]
    sizes = np.sqrt(np.sum(some**2, axis=1))
    sizes = sizes[~np.isnan(sizes)]
    if not len(sizes):
        return None
    median = float(np.median(sizes))
    if _LEAST_MEDIAN_MPS2 <= median <= _LARGEST_MEDIAN_MPS2:
        return None
    what = f"the {group.words} reads {median:.4g} in the middle, where gravity alone is 9.81 m/s²"
    if _G_BAND[0] <= median <= _G_BAND[1]:
        return Finding(f"{what}: looks like g", "multiply the acceleration by 9.80665")
    if _G_BAND[0] <= median / 1000.0 <= _G_BAND[1]:
        return Finding(f"{what}: looks like milli-g", "multiply the acceleration by 0.00980665")
    if median < _G_BAND[0]:
        return Finding(f"{what}: gravity seems to be taken out", "give what the sensor measured, with gravity, in m/s²")
    return Finding(what, "give m/s²")


def _check_quat(group: Group, values: Floats) -> Finding | None:
    if group.kind != "quat":
        return None
    off = quat_is_off(values)
    if not off.any():
        return None
    row = int(np.argmax(off))
    size = float(np.sqrt(np.sum(values[row] ** 2)))
    what = f"the {group.words} has length {f'{size:.4g}' if size < _LARGEST_ASKED else 'beyond a million'}, not 1"
    return Finding(what, "give unit quaternions, or leave all four cells empty", row, group.names[0])


def _check_gyr_unit(time_s: Floats, groups: Mapping[Group, Floats]) -> Finding | None:
    for segment in SEGMENTS:
        gyr, acc = groups.get(Group(segment, "gyr")), groups.get(Group(segment, "acc"))
        if gyr is None or acc is None:
            continue
        scale = gyro_scale(time_s, acc, gyr)
        if not scale.is_too_large:
            continue
        what = f"the {segment} gyroscope turns {1.0 / scale.scale:.3g} times faster than its accelerometer tilts"
        # 1/57.3 = 0.0175; the accelerometer's own motion blurs the estimate by tens of per cent.
        if 0.010 < scale.scale < 0.030:
            return Finding(f"{what}: looks like deg/s, not rad/s", "multiply the rates by 0.0174533 (pi/180)")
        return Finding(f"{what}: not rad/s", "give the rates in rad/s")
    return None


def _check_limits(groups: Mapping[Group, Floats], extremes: Mapping[Group, float]) -> Finding | None:
    for group, values in groups.items():
        if group.kind == "quat":
            continue
        limit, unit = (_LARGEST_ACC_MPS2, "m/s²") if group.kind == "acc" else (_LARGEST_GYR_RADPS, "rad/s")
        if extremes[group] <= limit:
            continue
        row, column = (int(i) for i in np.argwhere(np.abs(values) > limit)[0])
        what = f"{values[row, column]:.6g} {unit} is more than a sensor on a back can meet ({limit:.0f})"
        return Finding(what, "correct the value, or leave the cell empty", row, group.names[column])
    return None


def _longest_standstill(time_s: Floats, values: Floats) -> tuple[int, int]:
    """First and last row of the longest run of identical rows."""
    same = values[1:, 0] == values[:-1, 0]
    # One axis rules out nearly everything; the others are asked where it stands still.
    rows = np.flatnonzero(same)
    rows = rows[np.all(values[rows + 1, 1:] == values[rows, 1:], axis=1)]
    if not len(rows):
        return 0, 0
    breaks = np.flatnonzero(np.diff(rows) > 1)
    starts = rows[np.concatenate(([0], breaks + 1))]
    ends = rows[np.concatenate((breaks, [len(rows) - 1]))] + 1
    longest = int(np.argmax(time_s[ends] - time_s[starts]))
    return int(starts[longest]), int(ends[longest])
