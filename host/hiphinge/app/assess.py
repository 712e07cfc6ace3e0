"""The wearer's own maximum lumbar flexion, from guided maximal bends in a recording. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

from hiphinge.model import Attempt, HiphingeError

GUIDED_BENDS = 3
# The between-test MDC90 of two-sensor lumbar range of motion starts at 5 deg (Laird 2016): a bend known to no better
# than half of it (1 sigma) tells nothing that another day's test would confirm.
MOST_SD_DEG = 2.5
# Bends that differ by more than the same 5 deg are not all maximal, or a sensor slipped.
MOST_SPREAD_DEG = 5.0
# Free lumbar flexion is 46..52 deg on average (Laird 2019); strict takes 10 deg for a neutral back.
LEAST_MAXIMUM_DEG = 10.0

WHY = (
    "the largest is taken, not the mean: a maximum is what the back has shown it can do, "
    "and a half-hearted bend should not lower it"
)


@dataclass(frozen=True, slots=True)
class Bend:
    """One guided bend: its largest lumbar flexion and 1 sigma of it; `left_out` says why it is not used."""

    number: int
    start_s: float
    lumbar_flexion_deg: float
    lumbar_flexion_sd_deg: float
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What guided bends tell.

    Attributes
    ----------
    bends : tuple of Bend
        All that were found, in order of time.
    own_max_flexion_deg, sd_deg : float
        The largest of those used, and 1 sigma of that measurement.
    mean_deg : float
        Of those used.
    spread_sd_deg : float or None
        Standard deviation between those used; None for one.
    warnings : tuple of str
    """

    bends: tuple[Bend, ...]
    own_max_flexion_deg: float
    sd_deg: float
    mean_deg: float
    spread_sd_deg: float | None
    warnings: tuple[str, ...]

    @property
    def used(self) -> tuple[Bend, ...]:
        """The bends that count."""
        return tuple(bend for bend in self.bends if not bend.left_out)


def assess(attempts: Sequence[Attempt], source: str) -> Assessment:
    """Own maximum lumbar flexion from a recording of guided maximal bends.

    Parameters
    ----------
    attempts : sequence of Attempt
        Every bend of the recording, isolated ones too: three bends need not make a set.
    source : str
        What messages call the recording.

    Returns
    -------
    Assessment

    Raises
    ------
    HiphingeError
        No bend is known well enough.
    """
    bends = tuple(_bend(number, one) for number, one in enumerate(attempts, 1))
    used = [bend for bend in bends if not bend.left_out]
    if not used:
        found = f"none of its {len(bends)} bends is known well enough ({bends[0].left_out})" if bends else "has no bend"
        raise HiphingeError(
            f"{source}: {found}; stand still for 3 s, then bend the whole back forward as far as it goes, "
            f"{GUIDED_BENDS} times"
        )
    values = [bend.lumbar_flexion_deg for bend in used]
    largest = max(used, key=lambda bend: bend.lumbar_flexion_deg)
    return Assessment(
        bends=bends,
        own_max_flexion_deg=largest.lumbar_flexion_deg,
        sd_deg=largest.lumbar_flexion_sd_deg,
        mean_deg=fmean(values),
        spread_sd_deg=stdev(values) if len(values) > 1 else None,
        warnings=tuple(_warnings(values)),
    )


def _bend(number: int, one: Attempt) -> Bend:
    value_deg, sd_deg = one.lumbar_flexion_deg, one.lumbar_flexion_sd_deg
    left_out = ""
    if not (math.isfinite(value_deg) and math.isfinite(sd_deg)):
        left_out = "its lumbar flexion is not known"
    elif sd_deg > MOST_SD_DEG:
        left_out = f"its lumbar flexion is known to within {2 * sd_deg:.1f} deg only; {2 * MOST_SD_DEG:g} is needed"
    return Bend(number, one.start_s, value_deg, sd_deg, left_out)


def _warnings(values: list[float]) -> list[str]:
    said: list[str] = []
    count, largest = len(values), max(values)
    if count < GUIDED_BENDS:
        bends = "1 bend" if count == 1 else f"{count} bends"
        said.append(f"{bends} used; {GUIDED_BENDS} guided maximal bends give a maximum that can be relied on")
    elif count > GUIDED_BENDS:
        said.append(f"{count} bends used, {GUIDED_BENDS} are guided: are all of them maximal bends?")
    if count > 1 and largest - median(values) > MOST_SPREAD_DEG:
        said.append(
            f"the largest bend stands {largest - median(values):.1f} deg above the middle one: "
            "were all maximal, and did the sensors stay in place?"
        )
    if largest < LEAST_MAXIMUM_DEG:
        said.append(
            f"the lower back bent {largest:.1f} deg at most: a maximal bend rounds the whole back, "
            "a hip hinge is not one"
        )
    return said
