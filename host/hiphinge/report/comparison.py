"""Sessions side by side as rows of a table: a column a session, and how each differs from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hiphinge.model import FaultKind
from hiphinge.report.cards import counted
from hiphinge.report.content import ReportSession
from hiphinge.report.numbers import MEASURES, counts_by_fault, difference, estimate, share_difference
from hiphinge.report.words import FAULT_WORDS, decimal, plain


@dataclass(frozen=True, slots=True)
class Change:
    """A difference as shown, and what it amounts to: "more", "less", "" for within its uncertainty."""

    text: str
    direction: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what, one cell a session, one change a session after the first (or none)."""

    name: str
    cells: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    detail: str = ""


def count_rows(sessions: Sequence[ReportSession]) -> list[Row]:
    """Verdicts and faults."""
    reps = [counted(session.analysis.attempts) for session in sessions]
    sets = tuple(str(len({one.set for one in those})) for those in reps)
    within = [(sum(one.verdict == "compliant" for one in those), len(those)) for those in reps]
    rows = [
        Row("Sets", sets),
        Row("Repetitions", tuple(str(n) for _, n in within)),
        Row(
            "Within the set range",
            tuple(f"{k} of {n} ({100 * k / n:.0f} %)" if n else "–" for k, n in within),
            tuple(
                _shown(*share_difference(within[0], other), " points", 0)
                if within[0][1] and other[1]
                else Change("–", "")
                for other in within[1:]
            ),
        ),
        Row("Too near to call", tuple(str(sum(one.verdict == "uncertain" for one in those)) for those in reps)),
    ]
    by_kind = [dict(counts_by_fault(those)) for those in reps]
    kinds: list[FaultKind] = [kind for kind in FAULT_WORDS if any(kind in counts for counts in by_kind)]
    rows += [
        Row(FAULT_WORDS[kind].capitalize(), tuple(str(counts.get(kind, 0)) for counts in by_kind)) for kind in kinds
    ]
    return rows


def measure_rows(sessions: Sequence[ReportSession]) -> list[Row]:
    """Means over all counted repetitions, with the spread between them, and the differences of the means."""
    rows: list[Row] = []
    for measure in MEASURES:
        found = [estimate(counted(session.analysis.attempts), measure) for session in sessions]
        cells = tuple("–" if one is None else f"{decimal(one.mean, measure.decimals)}{measure.unit}" for one in found)
        changes: list[Change] = []
        for other in found[1:]:
            first = found[0]
            changes.append(
                Change("–", "")
                if first is None or other is None
                else _shown(*difference(first, other), measure.unit.replace(" %", " points"), measure.decimals)
            )
        rows.append(Row(measure.name, cells, tuple(changes)))
    return rows


def cautions(sessions: Sequence[ReportSession]) -> list[str]:
    """What makes these sessions hard to compare, in plain words."""
    said: list[str] = []
    people = {plain(session.recording.meta.person) for session in sessions if session.recording.meta.person}
    if len(people) > 1:
        said.append(f"The sessions name different people: {', '.join(sorted(people))}.")
    if len({session.limits for session in sessions}) > 1:
        said.append("The sessions were judged by different limits: verdicts cannot be compared directly, angles can.")
    if len({session.live for session in sessions}) > 1:
        said.append("Some sessions were analysed from the past alone (as live), others as a whole.")
    for name, words in (("stance", "stances"), ("side", "sides"), ("load_kg", "loads")):
        if len({getattr(session.recording.meta, name) for session in sessions}) > 1:
            said.append(f"The sessions note different {words}.")
    return said


def _shown(moved: float, sd: float, unit: str, decimals: int) -> Change:
    sign = "+" if round(moved, decimals) > 0 else ""
    text = f"{sign}{decimal(moved, decimals)} ± {decimal(2 * sd, decimals)}{unit}"
    return Change(text, "" if abs(moved) <= 2 * sd else "more" if moved > 0 else "less")
