"""How far readings are from what is known: bias, RMS, limits of agreement; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from hiphinge.model import Floats

# Of a normal distribution, 95 % on both sides (Bland & Altman 1986, Lancet 1:307-310).
LIMITS = 1.96


@dataclass(frozen=True, slots=True)
class Agreement:
    """Errors (measured minus known) in short.

    Attributes
    ----------
    count : int
        Errors.
    trials : int
        Of them independent: groups where they come in groups, else all.
    bias_deg : float
        Mean error.
    sd_deg : float
        Of a single error around it; NaN of one trial, which says nothing about another.
    rms_deg : float
        Root of the mean squared error: the "RMSE" of papers.
    worst_deg : float
        The error furthest from 0, with its sign.
    limits_deg : (float, float)
        95 % limits of agreement: bias -+ 1.96 standard deviations; NaN of one trial.
    limits_sure_deg : float
        Half width of the confidence interval of each limit, from so few trials (Bland & Altman 1999, Stat Methods Med
        Res 8:135-160): 95 % of many trials, some 92 % of ten; NaN of one.
    """

    count: int
    trials: int
    bias_deg: float
    sd_deg: float
    rms_deg: float
    worst_deg: float
    limits_deg: tuple[float, float]
    limits_sure_deg: float


def agreement(errors_deg: Floats) -> Agreement | None:
    """Bias, RMS and limits of agreement of errors; those that are not known (NaN) are left out.

    Parameters
    ----------
    errors_deg : (N,) float
        Each of a trial of its own.

    Returns
    -------
    Agreement or None
        None without a single error.
    """
    known = errors_deg[np.isfinite(errors_deg)]
    if not len(known):
        return None
    sd_deg = float(known.std(ddof=1)) if len(known) > 1 else math.nan
    return _agreement(known, len(known), sd_deg)


def repeated_agreement(groups_deg: Sequence[Floats]) -> Agreement | None:
    """The same of errors that come in groups, such as all samples of each bend.

    The variance of a single error is that between groups and that within them, from a one-way analysis of variance
    (Bland & Altman 2007, J Biopharm Stat 17:571-582, section 3); taking samples of one movement for independent trials
    would make it too small.

    Parameters
    ----------
    groups_deg : sequence of (M,) float

    Returns
    -------
    Agreement or None
        None without a single error.
    """
    groups = [known for one in groups_deg if len(known := one[np.isfinite(one)])]
    if not groups:
        return None
    whole = np.concatenate(groups)
    sizes = np.array([len(one) for one in groups], dtype=np.float64)
    count, trials = len(whole), len(groups)
    if trials == 1:
        return _agreement(whole, 1, math.nan)
    if count == trials:
        return _agreement(whole, trials, float(whole.std(ddof=1)))
    means = np.array([one.mean() for one in groups])
    between = float(sizes @ (means - whole.mean()) ** 2) / (trials - 1)
    within = sum(float(((one - one.mean()) ** 2).sum()) for one in groups) / (count - trials)
    size = (count - float(sizes @ sizes) / count) / (trials - 1)
    return _agreement(whole, trials, math.sqrt(max(0.0, (between - within) / size) + within))


def _agreement(known: Floats, trials: int, sd_deg: float) -> Agreement:
    bias_deg = float(known.mean())
    return Agreement(
        count=len(known),
        trials=trials,
        bias_deg=bias_deg,
        sd_deg=sd_deg,
        rms_deg=float(np.sqrt(np.mean(known**2))),
        worst_deg=float(known[np.abs(known).argmax()]),
        limits_deg=(bias_deg - LIMITS * sd_deg, bias_deg + LIMITS * sd_deg),
        limits_sure_deg=_sure_share(trials) * sd_deg if trials > 1 else math.nan,
    )


def _sure_share(trials: int) -> float:
    """Half width of a limit's 95 % confidence interval, in standard deviations."""
    stdtrit = cast(Any, special).stdtrit
    return float(stdtrit(trials - 1, 0.975)) * math.sqrt(1 / trials + LIMITS**2 / (2 * (trials - 1)))


def gain(known_deg: Floats, measured_deg: Floats) -> float:
    """Degrees measured for each degree known, through zero by least squares; NaN where nothing is apart from 0."""
    both = np.isfinite(known_deg) & np.isfinite(measured_deg)
    weight = float(known_deg[both] @ known_deg[both])
    return float(known_deg[both] @ measured_deg[both]) / weight if weight > 0 else float("nan")
