"""Both pods' vertical as the product finds it, at a recording's own instants; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.fusion import fuse_recording
from hiphinge.kinematics.grid import measure_grid, put_on_grid
from hiphinge.model import SEGMENTS, Floats, HiphingeError, Recording, Segment


@dataclass(frozen=True, slots=True)
class Oriented:
    """One pod.

    Attributes
    ----------
    time_s : (N,) float
    up : (N, 3) float
        Earth's vertical in the sensor's frame, by the orientation filter.
    acc_up : (N, 3) float or None
        The same by the accelerometer alone: right only at rest.
    quat : (N, 4) float
        Sensor to Earth; its heading is the filter's own.
    """

    time_s: Floats
    up: Floats
    acc_up: Floats | None
    quat: Floats


def oriented(recording: Recording) -> dict[Segment, Oriented]:
    """Every pod with raw samples.

    Raises
    ------
    HiphingeError
        None has any, or there are too few rows.
    """
    if len(recording.time_s) < 3:
        raise HiphingeError(f"{recording.source or 'the session'}: too few samples; record again")
    grid = measure_grid(recording.time_s)
    found: dict[Segment, Oriented] = {}
    for name in SEGMENTS:
        samples = getattr(recording, name)
        if samples.acc_mps2 is None or samples.gyr_radps is None or not np.isfinite(samples.acc_mps2).any():
            continue
        motion = fuse_recording(put_on_grid(samples, grid), grid.rate_hz).motion
        up, quat = motion.up[grid.index], motion.quat[grid.index]
        found[name] = Oriented(recording.time_s, up, samples.acc_mps2, quat)
    if not found:
        raise HiphingeError(f"{recording.source or 'the session'}: neither pod has raw samples; record again")
    return found


def within(time_s: Floats, from_s: float, to_s: float) -> slice:
    """Rows of a stage, its end left out."""
    return slice(int(np.searchsorted(time_s, from_s)), int(np.searchsorted(time_s, to_s)))


def mean_direction(vectors: Floats) -> Floats:
    """Mean direction of vectors, (3,); NaN where none is known."""
    known = vectors[np.isfinite(vectors).all(axis=1)]
    if not len(known):
        return np.full(3, np.nan)
    total = known.mean(axis=0)
    return total / np.linalg.norm(total)
