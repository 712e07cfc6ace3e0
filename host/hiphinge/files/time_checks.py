"""Is `time_s` a time in seconds? Pure checks on the column."""

from __future__ import annotations

import numpy as np

from hiphinge.files.errors import Finding
from hiphinge.model import Floats

LEAST_DURATION_S = 2.0
"""Shorter holds neither a quiet standing nor a bend."""

_LEAST_RATE_HZ, _LARGEST_RATE_HZ = 5.0, 2000.0
# Three years: a device's clock stays below, seconds since 1970 (1.7e9) and finer units lie above.
_LARGEST_TIME_S = 1e8
# Rests last minutes, a closed lid or a meal an hour or two. A longer pause is a damaged number or two recordings in one
# file; and its rows, of which nothing is known, would fill gigabytes.
_LONGEST_GAP_S = 4 * 3600.0
_EPOCH_UNITS = ((1e17, "nanoseconds"), (1e14, "microseconds"), (1e11, "milliseconds"), (1e8, "seconds"))
_STEP_UNITS = ((1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds"))


def check_time(time_s: Floats) -> Finding | None:
    """Find the first thing wrong with the time column.

    Parameters
    ----------
    time_s : (N,) float
        As read; anything.

    Returns
    -------
    Finding or None
        None for strictly increasing seconds at 5 to 2000 samples a second over at least 2 s.
    """
    return (
        _check_values(time_s)
        or _check_order(time_s)
        or _check_rate(time_s)
        or _check_duration(time_s)
        or _check_gaps(time_s)
    )


def _check_values(time_s: Floats) -> Finding | None:
    finite = np.isfinite(time_s)
    if not finite.all():
        row = int(np.argmin(finite))
        if not finite.any():
            return Finding("is empty throughout", "give each sample its time in seconds", None, "time_s")
        what = "the time is missing" if np.isnan(time_s[row]) else "the time is infinite"
        return Finding(what, "give the time in seconds or delete the row", row, "time_s")
    large = np.abs(time_s) > _LARGEST_TIME_S
    if not large.any():
        return None
    row = int(np.argmax(large))
    value = float(time_s[row])
    if row == 0 and value > 0.0:
        unit = next(unit for limit, unit in _EPOCH_UNITS if value > limit)
        what = f"time_s begins at {value:.10g}: looks like {unit} since 1970"
        return Finding(what, "subtract the first value and give seconds", row, "time_s")
    return Finding(f"{value:.6g} is no possible time in seconds", "correct the time or delete the row", row, "time_s")


def _check_order(time_s: Floats) -> Finding | None:
    wrong = np.diff(time_s) <= 0.0
    if not wrong.any():
        return None
    row = int(np.argmax(wrong)) + 1
    before, now = float(time_s[row - 1]), float(time_s[row])
    values = f"{now!r} after {before!r}"
    if now == before:
        what = f"time repeats ({values})"
        if not np.any(time_s != time_s[0]):
            what = f"time never changes ({values})"
        return Finding(what, "give each sample its own time", row, "time_s")
    return Finding(f"time runs backwards ({values})", "sort the rows or cut the file there", row, "time_s")


def _check_rate(time_s: Floats) -> Finding | None:
    if len(time_s) < 2:
        return None
    step_s = float(np.median(np.diff(time_s)))
    rate_hz = 1.0 / step_s
    if _LEAST_RATE_HZ <= rate_hz <= _LARGEST_RATE_HZ:
        return None
    what = f"time_s steps by {step_s:.6g} s ({rate_hz:.4g} samples a second)"
    for factor, unit in _STEP_UNITS:
        # Finer units come in whole numbers: half a second is a slow recording, not half a millisecond.
        if step_s >= 1.0 and _LEAST_RATE_HZ <= factor * rate_hz <= _LARGEST_RATE_HZ:
            what += f": looks like {unit}" + (" or sample numbers" if step_s == 1.0 else "")
            return Finding(what, f"give seconds (divide by {factor:.0f})" if step_s != 1.0 else "give seconds")
    todo = f"give seconds, with {_LEAST_RATE_HZ:.0f} to {_LARGEST_RATE_HZ:.0f} samples in each"
    return Finding(what, todo)


def _check_duration(time_s: Floats) -> Finding | None:
    duration_s = float(time_s[-1] - time_s[0]) if len(time_s) else 0.0
    if duration_s >= LEAST_DURATION_S:
        return None
    samples = f"{len(time_s)} sample" + ("s" if len(time_s) != 1 else "")
    what = f"holds {samples} over {duration_s:.3g} s"
    return Finding(what, f"give at least {LEAST_DURATION_S:.0f} s: some quiet standing and the movement")


def _check_gaps(time_s: Floats) -> Finding | None:
    gaps = np.diff(time_s)
    row = int(np.argmax(gaps)) + 1
    if gaps[row - 1] <= _LONGEST_GAP_S:
        return None
    what = f"time jumps from {float(time_s[row - 1])!r} to {float(time_s[row])!r} s"
    return Finding(what, "correct the time, or make two files of two recordings", row, "time_s")
