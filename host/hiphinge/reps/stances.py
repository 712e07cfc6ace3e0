"""Zero of each set by its own standing, where stances differ: split or parallel, arms behind a dowel or in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.neutral import Neutral, another_stance, own_neutral
from hiphinge.kinematics.quiet import DEFINING_STANDING_S, LEAST_STANDING_S, QuietRun
from hiphinge.model import Event, Floats
from hiphinge.reps.attempts import Located
from hiphinge.reps.measure import Measured
from hiphinge.reps.sets import number_sets

# A quiet run may reach this far into the descent: the first tenths of a slow one are still.
_LATE_S = 0.5

Examined = tuple[Located, Measured]


def neutrals_of_sets(
    mounts: Sequence[Neutral],
    measured: Sequence[Examined],
    quiet: Sequence[QuietRun],
    times_s: tuple[Floats, Floats],
    events: tuple[Event, ...],
    rest_s: float,
) -> list[Neutral]:
    """The zero of each set by its own standing, within each mounting.

    Parameters
    ----------
    mounts : sequence of Neutral
        How the sensors sat, from when on.
    measured : sequence of (Located, Measured)
        Every attempt.
    quiet : sequence of QuietRun
        In thinned samples.
    times_s : (M,) and (K,) float
        Of all samples, and of the thinned ones.
    events : tuple of Event
        The session's, for its marked sets.
    rest_s : float
    """
    time_s, coarse_s = times_s
    until = [*(later.from_s for later in mounts[1:]), np.inf]
    return [
        neutral
        for base, until_s in zip(mounts, until, strict=True)
        for neutral in _per_set(
            _set_spans([one for one in measured if base.from_s <= one[1].bottom_s < until_s], events, rest_s, time_s),
            [run for run in quiet if base.from_s <= coarse_s[run.start] < until_s],
            base,
            coarse_s,
        )
    ]


def _per_set(sets: list[_SetSpan], quiet: list[QuietRun], base: Neutral, time_s: Floats) -> list[Neutral]:
    """The neutral of each stance, by the standing before its first set.

    `quiet` are runs of thinned samples, `time_s` their times.
    """
    spans_s = [(float(time_s[run.start]), float(time_s[min(run.stop, len(time_s) - 1)]), run) for run in quiet]

    def between(after_s: float, before_s: float) -> list[tuple[float, QuietRun]]:
        return [(b - a, run) for a, b, run in spans_s if a >= after_s and b <= before_s + _LATE_S]

    def of_set(span: _SetSpan, with_pauses: bool) -> Neutral | None:
        before = [one for one in between(span.after_s, span.onset_s) if one[0] >= LEAST_STANDING_S]
        if not before:
            return None
        lasted_s, standing = before[-1]
        runs = [standing]
        if with_pauses or lasted_s < DEFINING_STANDING_S:
            runs += [run for _, run in between(span.onset_s, span.end_s)]
        return own_neutral(base, runs, max(span.after_s, base.from_s))

    found = [base]
    for span in sets:
        # Whether the stance changed is surer by the longer mean; zero is the standing.
        longer, own = of_set(span, with_pauses=True), of_set(span, with_pauses=False)
        if longer is not None and own is not None and another_stance(found[-1], longer):
            found.append(own)
    return found


@dataclass(frozen=True, slots=True)
class _SetSpan:
    after_s: float  # the end of whatever was attempted before it
    onset_s: float
    end_s: float


def _set_spans(measured: list[Examined], events: tuple[Event, ...], rest_s: float, time_s: Floats) -> list[_SetSpan]:
    numbers = number_sets([(m.start_s, m.end_s) for _, m in measured], events, rest_s)
    found: list[_SetSpan] = []
    for number in range(1, max(numbers, default=0) + 1):
        members = [at for at, mine in enumerate(numbers) if mine == number]
        if not members:
            continue  # a marked set in which nothing was attempted
        first, last = measured[members[0]][1], measured[members[-1]][1]
        after_s = _closed_s(measured[members[0] - 1], time_s) if members[0] else -np.inf
        found.append(_SetSpan(after_s, first.start_s, last.end_s))
    return found


def _closed_s(before: Examined, time_s: Floats) -> float:
    """When the attempt before a set is over, its extremes included: they are its own, by its own zero."""
    return float(time_s[min(before[0].closed + 1, len(time_s) - 1)])
