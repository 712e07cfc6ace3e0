"""Drift at rest: by how much tilt and heading of untouched pods change over minutes; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.app.bench.oriented import Oriented, mean_direction, within
from hiphinge.app.bench.stages import Stage
from hiphinge.model import Floats, HiphingeError, Segment

# Means over this much tell drift from noise.
WINDOW_S = 5.0
# Settling of the filter's bias is over by then; counted as everything else is.
_LEAST_S = 30.0
TEN_MINUTES_S = 600.0
# Somebody touched the table: nobody's drift is that quick.
_TOUCHED_DEG = 2.0


@dataclass(frozen=True, slots=True)
class Drift:
    """One pod.

    Attributes
    ----------
    name : str
    duration_s : float
    end_deg : float
        Tilt of the last window against the first, by whatever way it went.
    most_deg : float
        The furthest any window was from the first.
    slope_deg : float
        Of a straight line through the distance from the first window, over ten minutes.
    noise_deg : float
        RMS of single samples around their window's mean.
    heading_deg : float
        By how much the heading went on in ten minutes: no angle of a hinge uses it but side bend and rotation.
    touched : bool
        It moved at once by more than drift can.
    time_s, tilt_deg : (K,) float
        Middle of every window and its tilt from the first one.
    """

    name: str
    duration_s: float
    end_deg: float
    most_deg: float
    slope_deg: float
    noise_deg: float
    heading_deg: float
    touched: bool
    time_s: Floats
    tilt_deg: Floats


def drifts(pods: Mapping[Segment, Oriented], stages: Sequence[Stage]) -> list[Drift]:
    """Every pod over the longest stage.

    Raises
    ------
    HiphingeError
        No stage, or one that is too short.
    """
    stage = max(stages, key=lambda one: one.to_s - one.from_s, default=None)
    if stage is None or stage.to_s - stage.from_s < _LEAST_S:
        raise HiphingeError(f"drift needs {_LEAST_S:g} s or more of lying still; ten minutes are usual: record again")
    return [_drift(name, pod, stage) for name, pod in pods.items()]


def _drift(name: str, pod: Oriented, stage: Stage) -> Drift:
    edges = np.arange(stage.from_s, stage.to_s - WINDOW_S / 2, WINDOW_S)
    parts = [within(pod.time_s, at, at + WINDOW_S) for at in edges]
    ups = np.array([mean_direction(pod.up[part]) for part in parts])
    there = np.asarray(np.isfinite(ups).all(axis=1))
    if there.sum() < 3:
        raise HiphingeError(f"the {name} pod has no samples in its stage; record again")
    at_s, ups = edges[there] + WINDOW_S / 2, ups[there]
    parts = [parts[at] for at in np.flatnonzero(there)]
    # Two directions across the first vertical: tilt has no sign of its own at rest.
    across = np.linalg.svd(ups[:1])[2][1:]
    plane = _tilted(ups, ups[0], across)
    tilt = np.linalg.norm(plane, axis=1)
    minutes = (at_s - at_s[0]) / TEN_MINUTES_S
    slope = _slope(minutes, plane)
    spread = np.concatenate([_without_mean(_tilted(pod.up[part], ups[0], across)) for part in parts])
    squares = (spread**2).sum(axis=1)
    steps = np.linalg.norm(plane[1:] - plane[:-1], axis=1)
    return Drift(
        name=name,
        duration_s=stage.to_s - stage.from_s,
        end_deg=float(tilt[-1]),
        most_deg=float(tilt.max()),
        slope_deg=float(np.linalg.norm(slope)),
        noise_deg=float(np.sqrt(squares[np.isfinite(squares)].mean())),
        heading_deg=_heading(pod, stage),
        touched=bool(steps.max() > _TOUCHED_DEG),
        time_s=at_s,
        tilt_deg=tilt,
    )


def _tilted(ups: Floats, first: Floats, across: Floats) -> Floats:
    """By how many deg verticals lean from the first, as two components across it, (N, 2)."""
    parts = ups @ across.T
    size = np.linalg.norm(parts, axis=1, keepdims=True)
    angle = np.degrees(np.arctan2(size, (ups @ first)[:, None]))
    return parts / np.maximum(size, 1e-12) * angle


def _without_mean(rows: Floats) -> Floats:
    return rows - np.nanmean(rows, axis=0)


def _heading(pod: Oriented, stage: Stage) -> float:
    """Slope of the heading, deg in ten minutes: of the sensor axis that lies nearest to level."""
    part = within(pod.time_s, stage.from_s, stage.to_s)
    time_s, quat = pod.time_s[part], pod.quat[part]
    known = np.isfinite(quat).all(axis=1)
    time_s, (w, x, y, z) = time_s[known], quat[known].T
    level = int(np.argmin(np.abs(mean_direction(pod.up[part]))))
    axes = (
        (1 - 2 * (y * y + z * z), 2 * (x * y + w * z)),
        (2 * (x * y - w * z), 1 - 2 * (x * x + z * z)),
        (2 * (x * z + w * y), 2 * (y * z - w * x)),
    )
    east, north = axes[level]
    heading = np.degrees(np.unwrap(np.arctan2(north, east)))
    return float(_slope((time_s - time_s[0]) / TEN_MINUTES_S, heading[:, None])[0])


def _slope(x: Floats, y: Floats) -> Floats:
    """Of straight lines through the columns of y, by least squares."""
    centred = x - x.mean()
    return centred @ y / (centred @ centred)
