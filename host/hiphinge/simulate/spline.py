"""The one door to SciPy's splines, typed: motion is a quintic spline, so its derivatives are exact."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from scipy import interpolate as _interpolate  # pyright: ignore[reportMissingTypeStubs]

from hiphinge.model import Floats

_scipy = cast(Any, _interpolate)


class Spline:
    """Quintic spline (four times continuously differentiable) through values at given times.

    Parameters
    ----------
    times_s : (K,) float
        Strictly increasing, at least 6.
    values : (K,) or (K, C) float
    """

    def __init__(self, times_s: Floats, values: Floats) -> None:
        self._pieces: list[Any] = [_scipy.make_interp_spline(times_s, values, k=5)]
        for _ in range(2):
            self._pieces.append(self._pieces[-1].derivative())

    def __call__(self, t: Floats, order: int = 0) -> Floats:
        """Value (`order` 0), rate (1) or acceleration (2) at `t`, (N,) or (N, C)."""
        return np.asarray(self._pieces[order](t), dtype=np.float64)


def wander(t: Floats, spacing_s: float, rng: np.random.Generator) -> Floats:
    """Aimless smooth motion of about unit rms: a spline through white noise `spacing_s` apart.

    Parameters
    ----------
    t : (N,) float
        Increasing.
    spacing_s : float
    rng : Generator
    """
    count = int((t[-1] - t[0]) / spacing_s) + 8
    knots = float(t[0]) + spacing_s * (np.arange(count, dtype=np.float64) - 2.5)
    return Spline(knots, rng.standard_normal(count))(t)
