"""Colours, marks and words that mean the same in every figure and on the page.

Okabe & Ito's colours are told apart with any colour vision. Shape and line say the same again, for print in grey.
"""

from __future__ import annotations

from hiphinge.model import Verdict

BLUE, SKY, GREEN, VERMILLION, PURPLE, ORANGE = "#0072B2", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#E69F00"
INK, SOFT, RULE, FAINT = "#1B2733", "#566573", "#D5DBE1", "#EDF0F3"

HINGE, TRUNK, LUMBAR = BLUE, SKY, INK
TARGET = BLUE

VERDICT_COLOR: dict[Verdict, str] = {"compliant": GREEN, "faulty": VERMILLION, "uncertain": PURPLE}
VERDICT_MARKER: dict[Verdict, str] = {"compliant": "o", "faulty": "X", "uncertain": "D"}
# Sessions side by side: colour, marker, dashes.
SESSION_STYLE: tuple[tuple[str, str, str], ...] = (
    (BLUE, "o", "-"),
    (VERMILLION, "s", "--"),
    (GREEN, "^", "-."),
    (PURPLE, "D", ":"),
)
