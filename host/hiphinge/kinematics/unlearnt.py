"""Why a sensor's own errors could not be learnt, and what to say of it."""

from __future__ import annotations

from typing import Literal

from hiphinge.model import SEGMENTS

Unlearnt = Literal["gaps", "still", "elsewhere", "strange", "no trunk"]
Reasons = tuple[Unlearnt | None, Unlearnt | None]

_WHY: dict[Unlearnt, tuple[str, str]] = {
    "gaps": ("too many of the samples are missing", "look at the connection"),
    "still": ("the wearer bent too little, or stepped about all the while", "three hinges on the spot are enough"),
    "elsewhere": (
        "the wearer did not stand in place: walked about, was carried along, or a sensor wobbles",
        "stand in place between repetitions",
    ),
    "strange": ("they would be larger than any sensor's", "look whether it is clipped on firmly"),
    "no trunk": ("no trunk moves as fast or as far as they say", "look whether they are clipped on"),
}


def plainly_filtered(reasons: Reasons, swapped: bool) -> list[str]:
    """Lines that say for which sensors the plain filter was used, and why.

    Parameters
    ----------
    reasons : pair of Unlearnt or None
        As labelled on the device; None for a sensor whose errors are known, or that measured nothing raw.
    swapped : bool
    """
    labels = SEGMENTS[::-1] if swapped else SEGMENTS
    told: list[tuple[str, Unlearnt]] = [
        (label, why) for label, why in zip(labels, reasons, strict=True) if why is not None
    ]
    if len(told) == 2 and reasons[0] == reasons[1]:
        told = [("", told[0][1])]
    return [_line(f"the {label} sensor" if label else "both sensors", why) for label, why in told]


def _line(whose: str, why: Unlearnt) -> str:
    reason, todo = _WHY[why]
    return (
        f"the own errors of {whose} could not be learnt ({reason}): the plain filter was used and angles are known "
        f"less well; {todo}"
    )
