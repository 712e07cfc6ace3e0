"""Limits learned from a set a clinician approved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any, cast

from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from hiphinge.model import Attempt
from hiphinge.programmes.limits import LearnedLimits, ProgrammeError

# Under five, the spread is mostly luck: with four repetitions the factor below is already 3.6 and rises fast.
MIN_ATTEMPTS = 5
# Two limits are learned; each holds 97.5 % of further repetitions like the approved ones, so both hold at least 95 %.
COVERAGE_EACH = 0.975
# Sensors put on again read differently by degrees: the between-test MDC90 of two-sensor lumbar range of motion starts
# at 5 deg (Laird 2016). A limit nearer to the approved repetitions would judge the tape, not the wearer.
MARGIN_FLOOR_DEG = 5.0


def spread_factor(attempts: int) -> float:
    """How many standard deviations above the mean the next repetition stays under, with `COVERAGE_EACH`.

    One-sided prediction limit of a normal sample, ``t(p, n - 1) * sqrt(1 + 1/n)``: wider for few repetitions, whose
    mean and spread are themselves uncertain.

    Parameters
    ----------
    attempts : int
        Repetitions learned from, at least 2.

    Returns
    -------
    float
        3.04 for 5, 2.37 for 10.
    """
    return _t_quantile(COVERAGE_EACH, attempts - 1) * math.sqrt(1 + 1 / attempts)


def learn_limits(attempts: Sequence[Attempt]) -> LearnedLimits:
    """Lumbar limits from repetitions a clinician approved: mean plus a margin for their spread.

    The margin is `spread_factor` standard deviations and at least `MARGIN_FLOOR_DEG`. Depth and tempo are not learned:
    they are what the programme asks for, not what the wearer happened to do.

    Parameters
    ----------
    attempts : sequence of Attempt
        One approved set. Isolated bends (``set == 0``) and repetitions without a lumbar angle are left out.

    Returns
    -------
    LearnedLimits

    Raises
    ------
    ProgrammeError
        Fewer than `MIN_ATTEMPTS` usable repetitions.
    """
    used = [
        attempt
        for attempt in attempts
        if attempt.set > 0 and math.isfinite(attempt.lumbar_flexion_deg) and math.isfinite(attempt.lumbar_extension_deg)
    ]
    if len(used) < MIN_ATTEMPTS:
        raise ProgrammeError(
            f"learning limits: the approved set has {len(used)} usable repetitions; record at least {MIN_ATTEMPTS}"
        )
    flexion_deg, flexion_words = _limit([attempt.lumbar_flexion_deg for attempt in used])
    extension_deg, extension_words = _limit([attempt.lumbar_extension_deg for attempt in used])
    return LearnedLimits(
        lumbar_flexion_max_deg=flexion_deg,
        lumbar_extension_max_deg=extension_deg,
        attempts=len(used),
        provenance={"lumbar_flexion_max_deg": flexion_words, "lumbar_extension_max_deg": extension_words},
    )


def _limit(values_deg: list[float]) -> tuple[float, str]:
    mean_deg = max(fmean(values_deg), 0.0)
    margin_deg = max(spread_factor(len(values_deg)) * stdev(values_deg), MARGIN_FLOOR_DEG)
    words = f"learned from {len(values_deg)} approved repetitions: mean {mean_deg:.1f} + {margin_deg:.1f} deg"
    return mean_deg + margin_deg, words


def _t_quantile(probability: float, degrees_of_freedom: int) -> float:
    stdtrit = cast(Any, special).stdtrit
    return float(stdtrit(degrees_of_freedom, probability))
