"""Repetitions so far and their sets, as they would be counted were the session to end now."""

from __future__ import annotations

from hiphinge.app.live.updates import Judged
from hiphinge.app.results import repetition_numbers
from hiphinge.model import Attempt, Event
from hiphinge.reps.attempts import completed
from hiphinge.reps.words import reasons


class Sets:
    """Collects repetitions and marks.

    Parameters
    ----------
    rest_s : float
        Attempts further apart are different sets, unless sets are marked.
    """

    def __init__(self, rest_s: float) -> None:
        self._rest_s = rest_s
        self._judged: list[Attempt] = []
        self._events: list[Event] = []

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt, its set as counted now."""
        return completed(self._judged, tuple(self._events), self._rest_s)

    @property
    def running(self) -> bool:
        """Whether a set was begun by hand and not ended."""
        marks = [event.kind for event in self._events if event.kind in ("set_start", "set_end")]
        return bool(marks) and marks[-1] == "set_start"

    def event(self, event: Event) -> None:
        """Something was marked."""
        self._events.append(event)

    def judged(self, attempt: Attempt) -> Judged:
        """One more repetition."""
        self._judged.append(attempt)
        attempts = self.attempts
        return Judged(attempts[-1], repetition_numbers(attempts)[-1], reasons(attempts[-1]))
