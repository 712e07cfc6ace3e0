"""When a progression "looks good" and the next may begin."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hiphinge.model import Attempt
from hiphinge.programmes.spec import Programme


@dataclass(frozen=True)
class Progress:
    """Whether to move on, the numbers behind it, and a sentence for the wearer.

    Attributes
    ----------
    move_on : bool
        The programme's rule is met.
    next_programme : str or None
        The programme after this one, whether or not the rule is met; None after the last.
    sets_done, sets_needed : int
        Sets found, and how many of the last ones the rule looks at.
    attempts, compliant, uncertain, faulty : int
        Of the sets looked at.
    compliant_share, needed_share : float
        0..1; `compliant_share` is 0 without attempts.
    sentence : str
        The verdict in plain words.
    """

    move_on: bool
    next_programme: str | None
    sets_done: int
    sets_needed: int
    attempts: int
    compliant: int
    uncertain: int
    faulty: int
    compliant_share: float
    needed_share: float
    sentence: str


def progress(programme: Programme, attempts: Sequence[Attempt]) -> Progress:
    """Apply the programme's rule for "looks good: move on" to a session.

    The last `move_on.last_sets` sets must each have the programme's repetitions, and `move_on.compliant_share` of all
    their attempts must be compliant. An uncertain attempt is not a compliant one. Isolated bends do not count.

    Parameters
    ----------
    programme : Programme
        Whose rule to apply.
    attempts : sequence of Attempt
        Of one session, judged.

    Returns
    -------
    Progress
    """
    rule = programme.move_on
    sizes = Counter(attempt.set for attempt in attempts if attempt.set > 0)
    last = sorted(sizes)[-rule.last_sets :]
    judged = [attempt for attempt in attempts if attempt.set in last]
    verdicts = Counter(attempt.verdict for attempt in judged)
    compliant, total = verdicts["compliant"], len(judged)
    # 0.8 * 30 is 24.000000000000004 in floats: a share met exactly must count as met.
    needed = math.ceil(rule.compliant_share * total - 1e-9)
    short = next((number for number in last if sizes[number] < programme.repetitions), None)
    if len(last) < rule.last_sets:
        good, reason = False, f"{_count(len(last), 'set')} done, the rule looks at the last {rule.last_sets}."
    elif short is not None:
        good, reason = False, f"set {short} has {sizes[short]} of {_count(programme.repetitions, 'repetition')}."
    else:
        good = compliant >= needed
        over = f"the last {_count(rule.last_sets, 'set')}" if rule.last_sets > 1 else "the last set"
        reason = (
            f"{compliant} of {_count(total, 'repetition')} in {over} stayed within your set range ({needed} needed)."
        )
        if not good and verdicts["uncertain"]:
            reason += f" {verdicts['uncertain']} more too near a limit to call."
    return Progress(
        move_on=good,
        next_programme=rule.next,
        sets_done=len(sizes),
        sets_needed=rule.last_sets,
        attempts=total,
        compliant=compliant,
        uncertain=verdicts["uncertain"],
        faulty=verdicts["faulty"],
        compliant_share=compliant / total if total else 0.0,
        needed_share=rule.compliant_share,
        sentence=_sentence(good, reason, rule.next),
    )


def _sentence(good: bool, reason: str, next_programme: str | None) -> str:
    if not good:
        return f"Not yet: {reason}"
    then = f"Move on to {next_programme}." if next_programme else "No programme comes after this one."
    return f"Looks good: {reason} {then}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
