"""The offset between two clocks that know nothing of each other, found from the motion both sensors took part in.

When the trunk bends, pelvis and thorax turn at the same moments: the sizes of their angular rates, which depend on no
mounting, are correlated. Pure: arrays in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Floats

# A bend's rate holds nothing above some Hz; finer steps only cost time. The peak is found between the steps.
_LARGEST_RATE_HZ = 100.0
# Longer holes in a recording are left out of the comparison, shorter ones are bridged.
_BRIDGE_S = 0.25
# Windows in which the offset is found again, to see clocks drift apart: each holds a whole bend or more.
_WINDOW_S, _WINDOW_STEP_S, _AROUND_S = 20.0, 10.0, 1.0
# Over less than a minute, real drift (0.1 ms in 1 s) is smaller than what the wearer's own movement feigns.
_LEAST_WINDOWS, _LEAST_SPAN_S = 3, 60.0
# Of a window: it must move about as much as the whole, and agree well.
_LEAST_WINDOW_MOTION, _LEAST_WINDOW_CORRELATION = 0.5, 0.7
# Crystals keep within 100 ppm of each other, bare chips within per cents: beyond this something else was found.
_LARGEST_DRIFT = 0.02
# A window this far off the others' line was aligned with another bend.
_OUTLIER_S = 0.1


@dataclass(frozen=True, slots=True)
class Lag:
    """How two clocks are related, and how surely.

    ``thoracic = offset_s + (1 + drift) * sacral``, both in seconds from their own first sample.

    Attributes
    ----------
    offset_s, drift : float
    correlation : float
        Of the angular rates' sizes at the offset found, -1..1.
    runner_up : float
        The best correlation at another offset.
    scatter_s : float or None
        Root mean square by which windows of 20 s disagree; None with too few of them.
    windows : int
    """

    offset_s: float
    drift: float
    correlation: float
    runner_up: float
    scatter_s: float | None
    windows: int


def find_lag(
    sacral_s: Floats, sacral_radps: Floats, thoracic_s: Floats, thoracic_radps: Floats, largest_s: float
) -> Lag | None:
    """Find the offset and drift between two clocks.

    Parameters
    ----------
    sacral_s, sacral_radps : (N,) float
        Times, from 0 and strictly increasing, and sizes of the angular rate; NaN where missing.
    thoracic_s, thoracic_radps : (M,) float
        As above, on its own clock from 0.
    largest_s : float
        Largest offset to look for.

    Returns
    -------
    Lag or None
        None where either does not move at all or is too short.
    """
    rate_hz = min(_LARGEST_RATE_HZ, 1.0 / min(float(np.median(np.diff(one))) for one in (sacral_s, thoracic_s)))
    x, y = _even(sacral_s, sacral_radps, rate_hz), _even(thoracic_s, thoracic_radps, rate_hz)
    size = float(np.sqrt(np.sum(x**2) * np.sum(y**2)))
    if size == 0.0 or min(len(x), len(y)) < _AROUND_S * rate_hz:
        return None
    reach = min(round(largest_s * rate_hz), len(x) - 1, len(y) - 1)
    lags = np.arange(-reach, reach + 1)
    correlation = _correlations(x, y, reach) / size
    peak = int(np.argmax(correlation))
    at = (lags[peak] + _vertex(correlation, peak)) / rate_hz
    windows = _windows(x, y, lags[peak], rate_hz)
    found = Lag(at, 0.0, float(correlation[peak]), _runner_up(correlation, peak), None, len(windows))
    return _with_drift(found, windows)


def _even(time_s: Floats, size: Floats, rate_hz: float) -> Floats:
    """On an even grid, mean taken out, 0 where not known."""
    known = np.isfinite(size)
    grid_s = np.arange(int(time_s[-1] * rate_hz) + 1) / rate_hz
    if not known.any():
        return np.zeros(len(grid_s))
    there_s = time_s[known]
    values = np.interp(grid_s, there_s, size[known])
    after = np.clip(np.searchsorted(there_s, grid_s), 0, len(there_s) - 1)
    before = np.clip(after - 1, 0, None)
    hole = (there_s[after] - there_s[before] > _BRIDGE_S) | (grid_s > there_s[-1]) | (grid_s < there_s[0])
    if hole.all():
        return np.zeros(len(grid_s))
    values = values - values[~hole].mean()
    values[hole] = 0.0
    return values


def _correlations(x: Floats, y: Floats, reach: int) -> Floats:
    """Sums of ``x[t] * y[t + lag]`` for lags from -reach to reach."""
    length = 1 << int(len(x) + len(y)).bit_length()
    product = np.conj(np.fft.rfft(x, length)) * np.fft.rfft(y, length)
    circular = np.fft.irfft(product, length)
    return np.concatenate([circular[-reach:] if reach else circular[:0], circular[: reach + 1]])


def _vertex(values: Floats, peak: int) -> float:
    """Where the parabola through the peak and its neighbours is highest, -0.5..0.5 steps from it."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    before, top, after = values[peak - 1 : peak + 2]
    bend = before - 2.0 * top + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0


def _runner_up(values: Floats, peak: int) -> float:
    """The best outside the hill the peak stands on."""
    low = high = peak
    while low > 0 and values[low - 1] < values[low]:
        low -= 1
    while high < len(values) - 1 and values[high + 1] < values[high]:
        high += 1
    others = np.concatenate([values[:low], values[high + 1 :]])
    return float(others.max()) if len(others) else -1.0


def _windows(x: Floats, y: Floats, lag: int, rate_hz: float) -> Floats:
    """Where each window lies in the sacral file and its own offset, (K, 2), in s."""
    length, around = round(_WINDOW_S * rate_hz), round(_AROUND_S * rate_hz)
    motion = float(np.std(x))
    found: list[tuple[float, float]] = []
    for start in range(0, len(x) - length + 1, round(_WINDOW_STEP_S * rate_hz)):
        begin = start + lag - around
        if begin < 0 or begin + length + 2 * around > len(y):
            continue
        part = x[start : start + length]
        if np.std(part) < _LEAST_WINDOW_MOTION * motion:
            continue
        part = part - part.mean()
        other = y[begin : begin + length + 2 * around]
        pieces = np.lib.stride_tricks.sliding_window_view(other, length)
        size = np.sqrt(np.sum(part**2)) * np.sqrt(length) * np.std(pieces, axis=1)
        correlation = np.divide(pieces @ part, size, out=np.zeros(len(pieces)), where=size > 0.0)
        peak = int(np.argmax(correlation))
        if 0 < peak < len(correlation) - 1 and correlation[peak] >= _LEAST_WINDOW_CORRELATION:
            offset = (begin - start + peak + _vertex(correlation, peak)) / rate_hz
            found.append(((start + 0.5 * length) / rate_hz, offset))
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _with_drift(lag: Lag, windows: Floats) -> Lag:
    """Offset and drift as the windows have them, where there are enough."""
    for _ in range(2):
        if len(windows) < _LEAST_WINDOWS or np.ptp(windows[:, 0]) < _LEAST_SPAN_S:
            break
        drift, offset = (float(one) for one in np.polyfit(windows[:, 0], windows[:, 1], 1))
        rest = windows[:, 1] - (offset + drift * windows[:, 0])
        scatter = float(np.sqrt(np.mean(rest**2)))
        lag = Lag(offset, drift, lag.correlation, lag.runner_up, scatter, len(windows))
        kept = np.abs(rest - np.median(rest)) < _OUTLIER_S
        if kept.all():
            break
        windows = windows[kept]
    return lag


def doubt(lag: Lag | None, least_correlation: float = 0.75, least_lead: float = 0.1) -> str | None:
    """Why an offset should not be believed, in words; None where it may be.

    Parameters
    ----------
    lag : Lag or None
    least_correlation : float
        Simulated hinges reach 0.8 to 1, faults, cheap sensors and soft tissue included, and err by 2 to 20 ms; two
        wearers' recordings reach 0.3 to 0.5. Bends of seated people (TrunkyXL), whose pelvis hardly moves, reach 0.3 to
        0.8: under 0.75 they err by up to 100 ms, over it by under 10 ms.
    least_lead : float
        Over the next best offset. Repetitions are alike: a recording of nothing but them fits one repetition later
        nearly as well. Simulated sets of ten lead by 0.25 and more.

    Returns
    -------
    str or None
    """
    if lag is None:
        return "the sensors do not move"
    if lag.correlation < least_correlation:
        return f"the sensors' motions agree too little (correlation {lag.correlation:.2f}, wanted {least_correlation})"
    if lag.correlation - lag.runner_up < least_lead:
        return f"another offset fits nearly as well (correlations {lag.correlation:.2f} and {lag.runner_up:.2f})"
    if abs(lag.drift) > _LARGEST_DRIFT:
        return f"the clocks seem to run at different speeds ({100.0 * lag.drift:.1f} %)"
    return None
