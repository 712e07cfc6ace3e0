"""What a page says of the repetitions: which set it is, how many count, one card for each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hiphinge.app.strikes import struck
from hiphinge.dashboard.state import ViewState
from hiphinge.dashboard.texts import text
from hiphinge.dashboard.words import why
from hiphinge.model import Attempt, Event, FaultKind, Verdict


@dataclass(frozen=True, slots=True)
class Card:
    """One repetition as a page shows it.

    Attributes
    ----------
    index : int
    set, number : int
        `number` within the set; 0 for a bend that belongs to none.
    verdict : str
    title, why : str
        In words.
    hip_hinge_deg, lumbar_flexion_deg, lumbar_extension_deg, bottom_s : float
    tempo : str
    struck : str or None
        The reason it was struck out; None where it counts.
    """

    index: int
    set: int
    number: int
    verdict: Verdict
    title: str
    why: str
    hip_hinge_deg: float
    lumbar_flexion_deg: float
    lumbar_extension_deg: float
    bottom_s: float
    tempo: str
    struck: str | None


@dataclass(frozen=True, slots=True)
class SetCount:
    """Repetitions of one set that are not struck out, by verdict."""

    number: int
    compliant: int
    faulty: int
    uncertain: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.compliant + self.faulty + self.uncertain


def set_number(state: ViewState) -> int:
    """Which set is on, or was last: from 1."""
    marks = sum(event.kind == "set_start" for event in state.events)
    return marks or max((one.set for one in state.attempts), default=0) or 1


def set_count(attempts: Sequence[Attempt], events: Sequence[Event], number: int) -> SetCount:
    """Count one set."""
    out = struck(attempts, events)
    found = Counter(one.verdict for one in attempts if one.set == number and one.index not in out)
    return SetCount(number, found["compliant"], found["faulty"], found["uncertain"])


def set_counts(state: ViewState) -> list[SetCount]:
    """Count every set there is."""
    numbers = sorted({one.set for one in state.attempts if one.set})
    return [set_count(state.attempts, state.events, number) for number in numbers]


def faults_by_kind(attempts: Sequence[Attempt], events: Sequence[Event]) -> list[tuple[FaultKind, int]]:
    """How many repetitions of sets have each certain fault, the commonest first; advice does not count."""
    out = struck(attempts, events)
    found: Counter[FaultKind] = Counter()
    for one in attempts:
        if one.set and one.index not in out:
            found.update({fault.kind for fault in one.faults if not fault.advisory})
    return found.most_common()


def cards(attempts: Sequence[Attempt], events: Sequence[Event]) -> list[Card]:
    """One card for each repetition, in order of time."""
    from hiphinge.app.results import repetition_numbers  # stands on whole analyses, which the first page does without

    out = struck(attempts, events)
    numbers = repetition_numbers(tuple(attempts))
    return [_card(one, number or 0, out.get(one.index)) for one, number in zip(attempts, numbers, strict=True)]


def _card(one: Attempt, number: int, struck_for: str | None) -> Card:
    return Card(
        index=one.index,
        set=one.set,
        number=number,
        verdict=one.verdict,
        title=text(f"verdict.{one.verdict}"),
        why=why(one),
        hip_hinge_deg=one.hip_hinge_deg,
        lumbar_flexion_deg=one.lumbar_flexion_deg,
        lumbar_extension_deg=one.lumbar_extension_deg,
        bottom_s=one.bottom_s,
        tempo=" - ".join("–" if part is None or part != part else f"{part:.1f}" for part in one.tempo_s),
        struck=struck_for,
    )
