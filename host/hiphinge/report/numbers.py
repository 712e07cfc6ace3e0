"""Numbers behind a report: counts, means, and differences between sessions with their uncertainty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.model import Attempt, FaultKind

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over repetitions.

    Attributes
    ----------
    mean : float
    spread : float
        Standard deviation between repetitions; 0 for a single one.
    sd : float
        One standard deviation of the mean.
    count : int
    """

    mean: float
    spread: float
    sd: float
    count: int


@dataclass(frozen=True, slots=True)
class Measure:
    """Something every repetition has: its name, unit, decimals to show, value and standard deviation."""

    name: str
    unit: str
    decimals: int
    value: Callable[[Attempt], float]
    sd: Callable[[Attempt], float] = lambda _: 0.0


def _tempo(part: int) -> Callable[[Attempt], float]:
    def value(one: Attempt) -> float:
        part_s = one.tempo_s[part]
        return _NAN if part_s is None else part_s

    return value


MEASURES = (
    Measure("Hip hinge at the bottom", "°", 1, lambda a: a.hip_hinge_deg, lambda a: a.hip_hinge_sd_deg),
    Measure("Trunk tilt at the bottom", "°", 1, lambda a: a.trunk_deg, lambda a: a.trunk_sd_deg),
    Measure("Largest lumbar flexion", "°", 1, lambda a: a.lumbar_flexion_deg, lambda a: a.lumbar_flexion_sd_deg),
    Measure("Largest lumbar extension", "°", 1, lambda a: a.lumbar_extension_deg, lambda a: a.lumbar_extension_sd_deg),
    Measure("Lower back's share of the bend", " %", 0, lambda a: 100 * a.lumbar_share),
    Measure("Way down", " s", 2, _tempo(0)),
    Measure("Way up", " s", 2, _tempo(2)),
    Measure("Smoothness", "", 2, lambda a: a.smoothness_sal),
)


def estimate(attempts: Sequence[Attempt], measure: Measure) -> Estimate | None:
    """Mean of a measure over repetitions.

    Its standard deviation holds the scatter of the repetitions, which averages out, and the measurement's own, which
    does not: within a session that is mostly the error of one zero and one mounting, common to all repetitions.

    Parameters
    ----------
    attempts : sequence of Attempt
    measure : Measure

    Returns
    -------
    Estimate or None
        None where no repetition has the measure.
    """
    values = np.array([measure.value(one) for one in attempts], dtype=float)
    sds = np.array([measure.sd(one) for one in attempts], dtype=float)
    known = np.isfinite(values)
    count = int(known.sum())
    if not count:
        return None
    spread = float(values[known].std(ddof=1)) if count > 1 else 0.0
    common = float(np.nanmean(sds[known])) if np.isfinite(sds[known]).any() else 0.0
    return Estimate(float(values[known].mean()), spread, float(np.hypot(spread / np.sqrt(count), common)), count)


def difference(before: Estimate, after: Estimate) -> tuple[float, float]:
    """How far a mean has moved, and one standard deviation of that."""
    return after.mean - before.mean, float(np.hypot(before.sd, after.sd))


def share_difference(before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """How far a share (k of n) has moved, in percentage points, and one standard deviation of that.

    Agresti A., Caffo B. (2000), The American Statistician 54(4), 280-288: a success and a failure added to either
    sample, so that 10 of 10 is not taken for certain.
    """
    moved = after[0] / after[1] - before[0] / before[1]
    variance = 0.0
    for k, n in (before, after):
        p = (k + 1) / (n + 2)
        variance += p * (1 - p) / (n + 2)
    return 100 * moved, 100 * float(np.sqrt(variance))


def counts_by_fault(attempts: Sequence[Attempt]) -> list[tuple[FaultKind, int]]:
    """How many repetitions left each limit, most first; advice is left out, a repetition may count more than once."""
    kinds: Counter[FaultKind] = Counter()
    for one in attempts:
        kinds.update({fault.kind for fault in one.faults if not fault.advisory})
    return sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
