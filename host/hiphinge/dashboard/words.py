"""Reasons of verdicts and the guide's words, out of the one table of texts. Pure.

In English they are those of the terminal and of the report, word for word.
"""

from __future__ import annotations

from collections.abc import Mapping

from hiphinge.dashboard.texts import english_under, text
from hiphinge.model import Attempt, Fault

# The guide tells sentences; by their English a translation finds them.
_GUIDE: Mapping[str, str] = {words: f"guide.{key}" for key, words in english_under("guide.").items()}


def guide_words(told: str) -> str:
    """What the guide says, in the page's language; as it is where nobody has translated it."""
    key = _GUIDE.get(told)
    return told if key is None else text(key)


def why(attempt: Attempt) -> str:
    """Why an attempt got its verdict; empty for a compliant one without remarks.

    Of a faulty attempt the certain reasons only: its doubts change nothing.
    """
    certain = [_advice(fault, _reason(fault)) for fault in attempt.faults]
    if attempt.verdict == "faulty":
        return "; ".join(certain)
    return "; ".join([*certain, *(_advice(doubt, _doubt(doubt)) for doubt in attempt.doubts)])


def _reason(fault: Fault) -> str:
    key = fault.kind
    if key == "too_fast":
        key = "too_fast_down" if fault.phase == "down" else "too_fast_up"
    where = text(f"why.where_{fault.phase}")
    return text(f"why.{key}", value=f"{abs(fault.value):.1f}", limit=f"{fault.limit:.3g}", where=where)


def _advice(fault: Fault, words: str) -> str:
    return text("why.advice", why=words) if fault.advisory else words


def _doubt(doubt: Fault) -> str:
    unit = "s" if doubt.kind == "too_fast" else "deg"
    return text(f"why.doubt_{unit}", why=_reason(doubt), within=f"{2 * doubt.sd:.2g}")
