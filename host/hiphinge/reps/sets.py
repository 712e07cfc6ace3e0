"""Which attempts form a set: the session's marks, else runs no further apart than the rest."""

from __future__ import annotations

from collections.abc import Sequence

from hiphinge.model import Event

DEFAULT_REST_S = 15.0
# Beside sets of this many, fewer bends are something else: a pick-up, sitting down and getting up again.
LEAST_BESIDE = 3


def number_sets(
    spans: Sequence[tuple[float, float]], events: Sequence[Event], rest_s: float = DEFAULT_REST_S
) -> list[int]:
    """Set number of each attempt, from 1; 0 for a bend that belongs to none.

    One or two bends on their own beside sets of `LEAST_BESIDE` or more belong to none.

    Parameters
    ----------
    spans : sequence of (start_s, end_s)
        The attempts, in order of time.
    events : sequence of Event
        `set_start` and `set_end` marks of the session, if any, decide alone.
    rest_s : float
        Attempts further apart than this belong to different sets.
    """
    marks = marked_sets(events)
    if marks:
        return [_marked(start_s, end_s, marks) for start_s, end_s in spans]
    runs: list[list[int]] = []
    for at, (start_s, _) in enumerate(spans):
        if runs and start_s - spans[at - 1][1] <= rest_s:
            runs[-1].append(at)
        else:
            runs.append([at])
    beside_sets = any(len(run) >= LEAST_BESIDE for run in runs)
    numbers = [0] * len(spans)
    number = 0
    for run in runs:
        if len(run) < LEAST_BESIDE and beside_sets:
            continue
        number += 1
        for at in run:
            numbers[at] = number
    return numbers


def marked_sets(events: Sequence[Event]) -> list[tuple[float, float]]:
    """Start and end of every set the session marks; an unfinished one lasts until the next start or for ever."""
    marks: list[tuple[float, float]] = []
    start_s: float | None = None
    for event in sorted(events, key=lambda event: event.time_s):
        if event.kind == "set_start":
            if start_s is not None:
                marks.append((start_s, event.time_s))
            start_s = event.time_s
        elif event.kind == "set_end" and start_s is not None:
            marks.append((start_s, event.time_s))
            start_s = None
    if start_s is not None:
        marks.append((start_s, float("inf")))
    return marks


def _marked(start_s: float, end_s: float, marks: Sequence[tuple[float, float]]) -> int:
    """The marked set that holds the middle of an attempt: a mark pressed a little early or late does no harm."""
    middle_s = (start_s + end_s) / 2
    return next((number for number, (a, b) in enumerate(marks, 1) if a <= middle_s <= b), 0)
