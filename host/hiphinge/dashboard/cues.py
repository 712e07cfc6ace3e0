"""When to cue the wearer while the lower back is out of range. Pure: rows in, cues out.

Two ways. By *exposure*: how far out times how long adds up and fades in range; a cue comes when it is worth one. Cued
so, people spent less time out of range with fewer cues than by a plain threshold (5.5 s and 4.6 cues against 20.4 s and
10.4, control 74.2 s; posture at a desk, abstract in JEMS, SCAPPS). By *threshold*: out for longer than a delay.

No cue outside an attempt: whoever sits down or ties a shoe is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

Mode = Literal["exposure", "threshold", "off"]
Side = Literal["flexion", "extension"]

MODES: tuple[Mode, ...] = ("exposure", "threshold", "off")

# DESIGN, section 2: a bend of the trunk by 20 deg is an attempt. Short of that nobody knows yet.
BEGUN_DEG = 20.0
# Back up: arching at lock-out belongs to the attempt, so a moment more. The limits' own tests close it after settling.
BACK_DEG = 10.0
BACK_S = 1.0
# Exposure fades by half in this time once in range: a slip that was put right is not held against the next one.
HALF_LIFE_S = 0.5
# One cue must be heard and answered before the next: spoken reaction and a movement back take about a second.
AGAIN_S = 1.5
# Samples further apart than this: nothing is known of what lies between.
_HOLE_S = 0.2


@dataclass(frozen=True, slots=True)
class CueRule:
    """How cues are given.

    Attributes
    ----------
    mode : str
    flexion_max_deg, extension_max_deg : float or None
        The limits, both as positive numbers.
    margin_deg : float
        A cue comes this far beyond a limit; the verdict stays as it is.
    delay_s : float
        By threshold: out for so long.
    budget_degs : float
        By exposure: degrees beyond times seconds. 1.0 is 5 deg for 0.2 s, or 2 deg for half a second.
    """

    mode: Mode = "exposure"
    flexion_max_deg: float | None = 10.0
    extension_max_deg: float | None = 8.0
    margin_deg: float = 0.0
    delay_s: float = 0.2
    budget_degs: float = 1.0


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue: to which side the back left its range, and by how much."""

    at_s: float
    side: Side
    beyond_deg: float


@dataclass(frozen=True, slots=True)
class CueState:
    """What is remembered from row to row."""

    at_s: float = float("nan")
    in_attempt: bool = False
    back_since_s: float = float("nan")
    exposure_degs: float = 0.0
    out_since_s: float = float("nan")
    side: Side | None = None
    quiet_until_s: float = float("-inf")
    cues: tuple[Cue, ...] = field(default=())


def beyond(rule: CueRule, lumbar_deg: float) -> tuple[float, Side | None]:
    """How far out of range, and to which side; 0 and None in range."""
    if rule.flexion_max_deg is not None and lumbar_deg > rule.flexion_max_deg + rule.margin_deg:
        return lumbar_deg - rule.flexion_max_deg - rule.margin_deg, "flexion"
    if rule.extension_max_deg is not None and -lumbar_deg > rule.extension_max_deg + rule.margin_deg:
        return -lumbar_deg - rule.extension_max_deg - rule.margin_deg, "extension"
    return 0.0, None


def heed(state: CueState, rule: CueRule, rows: Iterable[tuple[float, float, float]]) -> CueState:
    """Take the next rows.

    Parameters
    ----------
    state : CueState
    rule : CueRule
    rows : iterable of (time_s, trunk_deg, lumbar_flexion_deg)
        In order; NaN where not known.

    Returns
    -------
    CueState
        Its `cues` are those of these rows. In what pieces rows come changes nothing.
    """
    cues: list[Cue] = []
    state = replace(state, cues=())
    for at_s, trunk_deg, lumbar_deg in rows:
        state, cue = _step(state, rule, at_s, trunk_deg, lumbar_deg)
        if cue is not None:
            cues.append(cue)
    return replace(state, cues=tuple(cues))


def _step(
    state: CueState, rule: CueRule, at_s: float, trunk_deg: float, lumbar_deg: float
) -> tuple[CueState, Cue | None]:
    apart_s = at_s - state.at_s
    if trunk_deg != trunk_deg or lumbar_deg != lumbar_deg or not (apart_s <= _HOLE_S or state.at_s != state.at_s):
        # Not known: whoever was out may be back.
        return CueState(at_s=at_s, quiet_until_s=state.quiet_until_s), None
    state = _attempt(replace(state, at_s=at_s), trunk_deg)
    far_deg, side = beyond(rule, lumbar_deg)
    if not state.in_attempt or side is None or side != state.side:
        fading = 0.5 ** (max(0.0, apart_s) / HALF_LIFE_S) if apart_s == apart_s else 0.0
        left = state.exposure_degs * fading if state.in_attempt and side is None else 0.0
        return replace(state, exposure_degs=left, out_since_s=at_s if side else float("nan"), side=side), None
    exposure = state.exposure_degs + far_deg * apart_s
    due = {
        "exposure": exposure >= rule.budget_degs,
        "threshold": at_s - state.out_since_s >= rule.delay_s,
        "off": False,
    }[rule.mode]
    if not due or at_s < state.quiet_until_s:
        return replace(state, exposure_degs=exposure), None
    cued = replace(state, exposure_degs=0.0, quiet_until_s=at_s + AGAIN_S)
    return cued, Cue(at_s, side, far_deg)


def _attempt(state: CueState, trunk_deg: float) -> CueState:
    if trunk_deg >= BEGUN_DEG:
        return replace(state, in_attempt=True, back_since_s=float("nan"))
    if not state.in_attempt or trunk_deg >= BACK_DEG:
        return replace(state, back_since_s=float("nan"))
    if state.back_since_s != state.back_since_s:
        return replace(state, back_since_s=state.at_s)
    if state.at_s - state.back_since_s >= BACK_S:
        return replace(state, in_attempt=False, back_since_s=float("nan"))
    return state
