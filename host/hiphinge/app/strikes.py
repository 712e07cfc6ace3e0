"""Repetitions struck out or restored: marks kept with the session, nothing deleted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hiphinge.model import Attempt, Event

STRIKE_OUT = "strike_out"
RESTORE = "restore"
# A repetition is known by its bottom, which the end may place a little better; the next one is seconds away.
_NEAR_S = 0.5


def struck(attempts: Sequence[Attempt], events: Sequence[Event]) -> dict[int, str]:
    """Attempts that are struck out now, by index, each with the reason.

    Parameters
    ----------
    attempts : sequence of Attempt
    events : sequence of Event
        In the order in which they were made: the last word counts.

    Returns
    -------
    dict of int to str
    """
    found: dict[int, str] = {}
    for event in events:
        if event.kind not in (STRIKE_OUT, RESTORE):
            continue
        for attempt in attempts:
            if abs(attempt.bottom_s - event.time_s) <= _NEAR_S:
                if event.kind == STRIKE_OUT:
                    found[attempt.index] = event.note
                else:
                    found.pop(attempt.index, None)
    return found


def counting(attempts: Sequence[Attempt], events: Sequence[Event]) -> list[Attempt]:
    """Attempts of sets that are not struck out."""
    out = struck(attempts, events)
    return [one for one in attempts if one.set and one.index not in out]


def heeding(attempts: Sequence[Attempt], events: Sequence[Event]) -> tuple[tuple[Attempt, ...], tuple[str, ...]]:
    """Attempts without those struck out: they stay in the list, belong to no set, and it is said why.

    Parameters
    ----------
    attempts : sequence of Attempt
    events : sequence of Event
        Of the session.

    Returns
    -------
    attempts : tuple of Attempt
    words : tuple of str
        A line for each that is struck out.
    """
    out = struck(attempts, events)
    kept = tuple(replace(one, set=0) if one.index in out else one for one in attempts)
    return kept, tuple(f"repetition {index} was struck out: {reason}" for index, reason in sorted(out.items()))
