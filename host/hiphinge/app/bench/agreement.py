"""How far readings are from what is known: bias, RMS, limits of agreement; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Floats

# Of a normal distribution, 95 % on both sides (Bland & Altman 1986, Lancet 1:307-310).
LIMITS = 1.96


@dataclass(frozen=True, slots=True)
class Agreement:
    """Errors (measured minus known) in short.

    Attributes
    ----------
    count : int
    bias_deg : float
        Mean error.
    sd_deg : float
        Of the errors around it, with n - 1; 0 for a single one.
    rms_deg : float
        Root of the mean squared error: the "RMSE" of papers.
    worst_deg : float
        The error furthest from 0, with its sign.
    """

    count: int
    bias_deg: float
    sd_deg: float
    rms_deg: float
    worst_deg: float

    @property
    def limits_deg(self) -> tuple[float, float]:
        """95 % limits of agreement: bias -+ 1.96 standard deviations."""
        return self.bias_deg - LIMITS * self.sd_deg, self.bias_deg + LIMITS * self.sd_deg


def agreement(errors_deg: Floats) -> Agreement | None:
    """Bias, RMS and limits of agreement of errors; those that are not known (NaN) are left out.

    Parameters
    ----------
    errors_deg : (N,) float

    Returns
    -------
    Agreement or None
        None without a single error.
    """
    known = errors_deg[np.isfinite(errors_deg)]
    if not len(known):
        return None
    return Agreement(
        count=len(known),
        bias_deg=float(known.mean()),
        sd_deg=float(known.std(ddof=1)) if len(known) > 1 else 0.0,
        rms_deg=float(np.sqrt(np.mean(known**2))),
        worst_deg=float(known[np.abs(known).argmax()]),
    )


def gain(known_deg: Floats, measured_deg: Floats) -> float:
    """Degrees measured for each degree known, through zero by least squares; NaN where nothing is apart from 0."""
    both = np.isfinite(known_deg) & np.isfinite(measured_deg)
    weight = float(known_deg[both] @ known_deg[both])
    return float(known_deg[both] @ measured_deg[both]) / weight if weight > 0 else float("nan")
