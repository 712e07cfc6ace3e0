"""Stretches of blocks that will never come, kept apart and in order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter

from hiphinge.link.events import LossReason

Stretch = tuple[int, int, LossReason]
"""First, last (both included) and why."""

# Stretches that wait for their turn; a device sends 16 a message. What is refused is told again when it is asked for.
MOST = 4096

_first, _last = itemgetter(0), itemgetter(1)


class Gone:
    """Stretches without overlap, neighbours of the same reason joined: each look-up is a bisection."""

    def __init__(self) -> None:
        self._stretches: list[Stretch] = []

    def add(self, first: int, last: int, reason: LossReason) -> bool:
        """Note a stretch; what was said of its blocks before gives way. False where there are too many."""
        low = bisect_left(self._stretches, first - 1, key=_last)
        high = bisect_right(self._stretches, last + 1, key=_first)
        touched = self._stretches[low:high]
        before: list[Stretch] = []
        behind: list[Stretch] = []
        if touched:
            left, right = touched[0], touched[-1]
            if left[2] != reason and left[0] < first:
                before = [(left[0], first - 1, left[2])]
            if right[2] != reason and right[1] > last:
                behind = [(last + 1, right[1], right[2])]
            first = min(first, left[0]) if left[2] == reason else first
            last = max(last, right[1]) if right[2] == reason else last
        joined: list[Stretch] = [*before, (first, last, reason), *behind]
        if len(self._stretches) + len(joined) - len(touched) > MOST:
            return False
        self._stretches[low:high] = joined
        return True

    def at(self, sequence: int) -> Stretch | None:
        """The stretch that holds `sequence`."""
        here = bisect_left(self._stretches, sequence, key=_last)
        if here < len(self._stretches) and self._stretches[here][0] <= sequence:
            return self._stretches[here]
        return None

    def between(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """What of `start` to before `stop` is not gone: starts and stops."""
        for here in range(bisect_left(self._stretches, start, key=_last), len(self._stretches)):
            first, last, _ = self._stretches[here]
            if first >= stop:
                break
            if start < first:
                yield start, first
            start = last + 1
        if start < stop:
            yield start, stop

    def forget_before(self, sequence: int) -> None:
        """Drop the stretches that end before `sequence`."""
        del self._stretches[: bisect_left(self._stretches, sequence, key=_last)]
