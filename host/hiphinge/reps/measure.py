"""One bend measured at full rate: phases, values at the bottom, extremes, tempo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Angles, Floats, Phase
from hiphinge.reps.smoothness import spectral_arc_length

# Onset and end of a phase: where speed passes this share of the phase's peak (DESIGN section 2).
EDGE_SHARE = 0.05
# A phase begins and ends within this share of its amplitude from its level; slow moments between are hesitations.
_NEAR_LEVEL_SHARE = 0.25
# Trunk angles are known to this or better unless something disturbed them.
_USUAL_SD_DEG = 2.0
# Speed is a difference over this time: short enough for a swing's phase of 0.45 s, long enough against noise.
_SPEED_WINDOW_S = 0.08


@dataclass(frozen=True, slots=True)
class Extreme:
    """A largest value, its standard deviation, moment and phase."""

    value: float
    sd: float
    at_s: float
    phase: Phase


@dataclass(frozen=True, slots=True)
class Measured:
    """A bend's measures. Indices are rows of the angles it was measured on; angles in degrees.

    `eccentric_sd_s` and `concentric_sd_s` are what doubtful angles add to those phases' standard deviations.
    """

    onset: int
    bottom: int
    end: int
    closed: int
    start_s: float
    bottom_s: float
    end_s: float
    hip_hinge: Extreme
    trunk: Extreme
    flexion: Extreme
    extension: Extreme
    side_bend: Extreme
    rotation: Extreme
    lumbar_share: float
    eccentric_s: float
    pause_bottom_s: float
    concentric_s: float
    smoothness_sal: float
    eccentric_sd_s: float = 0.0
    concentric_sd_s: float = 0.0


def measure(angles: Angles, low: int, deepest: int, closed: int, rate_hz: float) -> Measured:
    """Measure the bend between rows `low` and `closed` (inclusive) whose deepest point lies near `deepest`.

    Parameters
    ----------
    angles : Angles
        Evenly spaced; rows outside the bend are not used.
    low, deepest, closed : int
        Rows, from the segmenter (coarse: the deepest point is searched again nearby).
    rate_hz : float

    Returns
    -------
    Measured
    """
    part = slice(low, closed + 1)
    trunk, time_s = angles.trunk_deg[part], angles.time_s[part]
    speed = _speed(trunk, rate_hz)
    bottom = _bottom(trunk, deepest - low, round(0.1 * rate_hz))
    rise = trunk - trunk[bottom]
    onset = _edge_before(speed[: bottom + 1], trunk[: bottom + 1] - trunk[0], -rise[0])
    end = bottom + _edge_after(-speed[bottom:], trunk[bottom:] - trunk[bottom:].min(), -float(rise[bottom:].min()))
    down_end = onset + _edge_after(speed[onset : bottom + 1], -rise[onset : bottom + 1], -rise[onset])
    up_start = bottom + _edge_before(-speed[bottom : end + 1], -rise[bottom : end + 1], -rise[end])
    lumbar, lumbar_sd = angles.lumbar_flexion_deg[part], angles.lumbar_flexion_sd_deg[part]
    edges = (onset, down_end, up_start, end)

    def extreme(values: Floats, sds: Floats, at: int) -> Extreme:
        return Extreme(float(values[at]), float(sds[at]), float(time_s[at]), _phase(at, edges))

    def largest(values: Floats, sds: Floats) -> Extreme:
        return extreme(values, sds, onset + int(np.nanargmax(values[onset:])))

    def widest(values: Floats, sds: Floats) -> Extreme:
        size = np.abs(values[onset:])
        return extreme(values, sds, onset + (int(np.nanargmax(size)) if np.isfinite(size).any() else 0))

    def tempo_sd_s(first: int, last: int) -> float:
        # A slip may be what looks like the whole of a phase, so its edges may lie anywhere in the bend, the more so the
        # larger it is. What is left of the sensor's errors goes slowly and moves no edge.
        sd_deg = float(np.nanmax(angles.trunk_sd_deg[part][first : last + 1], initial=0.0))
        doubt_deg = np.sqrt(max(0.0, sd_deg**2 - _USUAL_SD_DEG**2))
        return float((time_s[-1] - time_s[0]) * min(1.0, doubt_deg / max(1.0, abs(trunk[last] - trunk[first]))))

    side, side_sd = angles.lumbar_side_bend_deg[part], angles.lumbar_side_bend_sd_deg[part]
    turn, turn_sd = angles.lumbar_rotation_deg[part], angles.lumbar_rotation_sd_deg[part]
    return Measured(
        onset=low + onset,
        bottom=low + bottom,
        end=low + end,
        closed=closed,
        start_s=float(time_s[onset]),
        bottom_s=float(time_s[bottom]),
        end_s=float(time_s[end]),
        hip_hinge=extreme(angles.hip_hinge_deg[part], angles.hip_hinge_sd_deg[part], bottom),
        trunk=extreme(trunk, angles.trunk_sd_deg[part], bottom),
        flexion=largest(lumbar, lumbar_sd),
        extension=largest(-lumbar, lumbar_sd),
        side_bend=widest(side, side_sd),
        rotation=widest(turn, turn_sd),
        lumbar_share=float(lumbar[bottom] / trunk[bottom]) if abs(trunk[bottom]) > 1.0 else float("nan"),
        eccentric_s=float(time_s[down_end] - time_s[onset]),
        pause_bottom_s=float(time_s[up_start] - time_s[down_end]),
        concentric_s=float(time_s[end] - time_s[up_start]),
        smoothness_sal=_smoothness(speed, edges, rate_hz),
        eccentric_sd_s=tempo_sd_s(onset, down_end),
        concentric_sd_s=tempo_sd_s(up_start, end),
    )


def _speed(trunk_deg: Floats, rate_hz: float) -> Floats:
    """Trunk speed in deg/s by central differences over `_SPEED_WINDOW_S`, (N,)."""
    half = max(1, round(_SPEED_WINDOW_S * rate_hz / 2))
    at = np.arange(len(trunk_deg))
    after, before = np.minimum(at + half, len(at) - 1), np.maximum(at - half, 0)
    return (trunk_deg[after] - trunk_deg[before]) / np.maximum(after - before, 1) * rate_hz


def _bottom(trunk_deg: Floats, near: int, reach: int) -> int:
    low = max(0, near - reach)
    return low + int(np.nanargmax(trunk_deg[low : near + reach + 1]))


def _edge_before(speed: Floats, away_deg: Floats, amplitude_deg: float) -> int:
    """Where a phase begins: the last slow row before its peak speed that has not yet left its starting level.

    Slow rows further on are a hesitation and belong to the phase.
    """
    peak = int(np.argmax(speed))
    slow = (speed[:peak] <= EDGE_SHARE * speed[peak]) & (away_deg[:peak] <= _NEAR_LEVEL_SHARE * amplitude_deg)
    rows = np.flatnonzero(slow)
    return int(rows[-1]) + 1 if len(rows) else 0


def _edge_after(speed: Floats, away_deg: Floats, amplitude_deg: float) -> int:
    """Where a phase ends: the first slow row after its peak speed that has reached its final level."""
    peak = int(np.argmax(speed))
    slow = (speed[peak:] <= EDGE_SHARE * speed[peak]) & (away_deg[peak:] <= _NEAR_LEVEL_SHARE * amplitude_deg)
    rows = np.flatnonzero(slow)
    return peak + int(rows[0]) if len(rows) else len(speed) - 1


def _phase(at: int, edges: tuple[int, int, int, int]) -> Phase:
    _, down_end, up_start, end = edges
    if at < down_end:
        return "down"
    if at <= up_start:
        return "bottom"
    return "up" if at < end else "top"


def _smoothness(speed: Floats, edges: tuple[int, int, int, int], rate_hz: float) -> float:
    """Mean SPARC of descent and return, each one bell of speed."""
    onset, down_end, up_start, end = edges
    down = spectral_arc_length(np.maximum(speed[onset : down_end + 1], 0), rate_hz)
    up = spectral_arc_length(np.maximum(-speed[up_start : end + 1], 0), rate_hz)
    return (down + up) / 2
