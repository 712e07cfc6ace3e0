"""Verdicts: measures against limits, with their uncertainty.

A limit exceeded by more than 1.64 sigma is a fault (95 % one-sided); a margin within 1.64 sigma either way is a doubt.
"""

from __future__ import annotations

import math

from hiphinge.model import Fault, FaultKind, Verdict
from hiphinge.programmes.limits import Limits
from hiphinge.reps.measure import Extreme, Measured

CERTAINTY = 1.64
# Where a phase's edge lies is known to about two samples at 50 Hz on either end.
TEMPO_SD_S = 0.05


def judge(measured: Measured, limits: Limits) -> tuple[Verdict, tuple[Fault, ...], tuple[Fault, ...]]:
    """Verdict, certain faults and doubts of one measured bend.

    Parameters
    ----------
    measured : Measured
    limits : Limits

    Returns
    -------
    verdict : {"compliant", "faulty", "uncertain"}
    faults, doubts : tuple of Fault
        Advisory kinds are listed and do not touch the verdict.
    """
    faults: list[Fault] = []
    doubts: list[Fault] = []
    for kind, extreme, limit, over in _margins(measured, limits):
        if over <= -CERTAINTY * extreme.sd:
            continue
        found = Fault(
            kind=kind,
            value=extreme.value,
            limit=limit,
            sd=extreme.sd,
            at_s=extreme.at_s,
            phase=extreme.phase,
            advisory=kind in limits.advisory,
        )
        (faults if over > CERTAINTY * extreme.sd else doubts).append(found)
    if any(not fault.advisory for fault in faults):
        return "faulty", tuple(faults), tuple(doubts)
    if any(not doubt.advisory for doubt in doubts):
        return "uncertain", tuple(faults), tuple(doubts)
    return "compliant", tuple(faults), tuple(doubts)


def _margins(m: Measured, limits: Limits) -> list[tuple[FaultKind, Extreme, float, float]]:
    """Each limit that applies: its kind, the measure, the limit and how far the measure lies beyond it."""
    found: list[tuple[FaultKind, Extreme, float, float]] = []

    def at_most(kind: FaultKind, extreme: Extreme, limit: float | None) -> None:
        if limit is not None:
            found.append(
                (kind, extreme, limit, abs(extreme.value) - limit if kind == "asymmetry" else extreme.value - limit)
            )

    def at_least(kind: FaultKind, extreme: Extreme, limit: float | None) -> None:
        if limit is not None:
            found.append((kind, extreme, limit, limit - extreme.value))

    at_most("lumbar_flexion", m.flexion, limits.lumbar_flexion_max_deg)
    at_most("lumbar_extension", m.extension, limits.lumbar_extension_max_deg)
    depth = m.trunk if limits.depth_on == "trunk" else m.hip_hinge
    at_least("too_shallow", depth, limits.depth_min_deg - limits.depth_grace_deg)
    at_most("too_deep", depth, limits.depth_max_deg + limits.depth_grace_deg)
    eccentric = Extreme(m.eccentric_s, math.hypot(TEMPO_SD_S, m.eccentric_sd_s), m.bottom_s, "down")
    concentric = Extreme(m.concentric_s, math.hypot(TEMPO_SD_S, m.concentric_sd_s), m.end_s, "up")
    at_least("too_fast", eccentric, limits.eccentric_min_s)
    at_least("too_fast", concentric, limits.concentric_min_s)
    at_most("asymmetry", m.side_bend, limits.side_bend_max_deg)
    at_most("asymmetry", m.rotation, limits.rotation_max_deg)
    return found
