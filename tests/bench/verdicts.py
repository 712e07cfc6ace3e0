"""Counts and verdicts over seeds and scenarios, offline and live, against what the simulated wearer did.

    python tests/bench/verdicts.py [--seeds 10] [--scenario "100 Hz; swapped"] [--how offline]

One line a scenario: sessions with exactly the right attempts in the right sets; good slow repetitions called
compliant / uncertain / faulty; faults at least 2.5 deg beyond a limit that were named; 35 and 60 deg named; how many
of either were called compliant (none may); and how long after settling a repetition was decided: median and largest.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scenarios import HOW, LONE_BENDS, STRICT, VERDICT_KINDS, chosen, verdict_scenario

from hiphinge.model import Analysis, Attempt, HiphingeError
from hiphinge.simulate import Simulation, TrueRepetition, Truth, simulate

BEYOND_DEG = 2.5
# An attempt belongs to the repetition whose bottom lies within this: a held bottom lasts up to 0.8 s.
_SAME_S = 1.0
# Settled: pelvis and trunk stay below 3 deg/s for 0.3 s (quiet standing sways at up to 2 deg/s).
_SETTLED_DEGPS = 3.0
_SETTLED_S = 0.3


@dataclass
class Tally:
    """What was counted over the seeds of one scenario."""

    sessions: int = 0
    exact: int = 0
    wrong: list[str] = field(default_factory=list[str])
    good: Counter[str] = field(default_factory=Counter[str])
    clear: int = 0
    named: int = 0
    depths: int = 0
    depths_named: int = 0
    called_compliant: int = 0
    late_s: list[float] = field(default_factory=list[float])


def excess_deg(done: TrueRepetition) -> dict[str, float]:
    """By how much a repetition truly leaves each limit."""
    assert STRICT.lumbar_flexion_max_deg is not None and STRICT.lumbar_extension_max_deg is not None
    return {
        "lumbar_flexion": done.lumbar_flexion_deg - STRICT.lumbar_flexion_max_deg,
        "lumbar_extension": done.lumbar_extension_deg - STRICT.lumbar_extension_max_deg,
        "too_shallow": STRICT.depth_min_deg - STRICT.depth_grace_deg - done.hip_hinge_deg,
        "too_deep": done.hip_hinge_deg - STRICT.depth_max_deg - STRICT.depth_grace_deg,
    }


def miscounted(found: Analysis, truth: Truth) -> str | None:
    """What is wrong with the count, or None."""
    counted = [one for one in found.attempts if one.set > 0]
    if [one.set for one in counted] != [done.set for done in truth.repetitions]:
        return f"{Counter(one.set for one in counted)} for {Counter(done.set for done in truth.repetitions)}"
    off_s = [abs(one.bottom_s - done.bottom_s) for one, done in zip(counted, truth.repetitions, strict=True)]
    if max(off_s) > _SAME_S:
        return f"a bottom {max(off_s):.1f} s off"
    for one in found.attempts:
        if one.set == 0 and not any(
            other.kind in LONE_BENDS and other.start_s - 1 <= one.bottom_s <= other.end_s + 1
            for other in truth.distractors
        ):
            return f"a lone bend at {one.bottom_s:.1f} s that nobody made"
    return None


def settled_s(done: TrueRepetition, truth: Truth) -> float:
    """When pelvis and trunk came to rest after a repetition; infinite where the next descent comes first."""
    step_s = float(np.median(np.diff(truth.time_s)))
    first, last = (int(np.searchsorted(truth.time_s, at)) for at in (done.end_s, done.close_s + 1.0))
    part = slice(first, last)
    speeds = [np.abs(np.gradient(angle[part], truth.time_s[part])) for angle in (truth.trunk_deg, truth.hip_hinge_deg)]
    slow = np.maximum(*speeds) < _SETTLED_DEGPS
    rows = round(_SETTLED_S / step_s)
    starts = [at for at in range(len(slow) - rows) if slow[at : at + rows].all()]
    return float(truth.time_s[first + starts[0]]) if starts else np.inf


def judge(tally: Tally, one: Attempt, done: TrueRepetition) -> None:
    """Hold one attempt's verdict against what was done."""
    kinds = [fault.kind for fault in one.faults]
    over = excess_deg(done)
    clear = [kind for kind, by in over.items() if by >= BEYOND_DEG]
    assert STRICT.eccentric_min_s is not None
    if done.fault is None and max(over.values()) <= 0 and done.eccentric_s >= STRICT.eccentric_min_s:
        tally.good[one.verdict] += 1
    tally.clear += len(clear)
    tally.named += sum(kind in kinds for kind in clear)
    tally.called_compliant += bool(clear) and one.verdict == "compliant"
    if done.fault in ("shallow", "deep"):
        tally.depths += 1
        tally.depths_named += ("too_shallow" if done.fault == "shallow" else "too_deep") in kinds


def take(tally: Tally, session: Simulation, how: str, seed: int) -> None:
    """Analyse a session and add it to the tally."""
    tally.sessions += 1
    truth = session.truth
    try:
        found = HOW[how](session.recording, STRICT)
    except HiphingeError as error:
        tally.wrong.append(f"seed {seed}: {str(error)[:60]}")
        return
    wrong = miscounted(found, truth)
    tally.exact += wrong is None
    if wrong is not None:
        tally.wrong.append(f"seed {seed}: {wrong}")
    known_s = truth.time_s[np.isfinite(found.angles.trunk_deg)]
    for done in truth.repetitions:
        one = min(found.attempts, key=lambda a: abs(a.bottom_s - done.bottom_s), default=None)
        if one is None or abs(one.bottom_s - done.bottom_s) > _SAME_S:
            continue
        judge(tally, one, done)
        # The bend that calibrates is judged as soon as that is done.
        if one.decided_s > known_s[0] + 0.1 and np.isfinite(settled := settled_s(done, truth)):
            tally.late_s.append(one.decided_s - settled)


def line(kind: str, how: str, tally: Tally) -> str:
    """One row of the table."""
    good = "/".join(str(tally.good[verdict]) for verdict in ("compliant", "uncertain", "faulty"))
    late = f"{np.median(tally.late_s):5.2f} {np.max(tally.late_s):5.2f}" if tally.late_s else f"{'-':>5s} {'-':>5s}"
    return (
        f"{kind:16s} {how:8s} {tally.exact:3d}/{tally.sessions:<3d} {good:>12s} {tally.named:4d}/{tally.clear:<4d} "
        f"{tally.depths_named:3d}/{tally.depths:<3d} {tally.called_compliant:4d}  {late}  {'; '.join(tally.wrong[:3])}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="counts and verdicts on simulated sessions")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--scenario", help="names in the first column, separated by semicolons")
    parser.add_argument("--how", choices=tuple(HOW))
    wanted = parser.parse_args()
    print(
        f"{'scenario':16s} {'path':8s} {'exact':7s} {'good c/u/f':>12s} {'named':9s} {'depth':7s} {'cc':>4s}  "
        f"{'late s median, max':s}"
    )
    totals = {how: Tally() for how in HOW}
    for kind in chosen(wanted.scenario, VERDICT_KINDS):
        tallies = {how: Tally() for how in ([wanted.how] if wanted.how else HOW)}
        for seed in range(wanted.seeds):
            session = simulate(verdict_scenario(kind, seed))
            for how, tally in tallies.items():
                take(tally, session, how, seed)
        for how, tally in tallies.items():
            print(line(kind, how, tally), flush=True)
            add(totals[how], tally)
    for how, tally in totals.items():
        if tally.sessions:
            print(line("ALL", how, tally))


def add(total: Tally, part: Tally) -> None:
    """Add one scenario's tally to the total's."""
    for name in ("sessions", "exact", "clear", "named", "depths", "depths_named", "called_compliant"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    total.good += part.good
    total.late_s += part.late_s


if __name__ == "__main__":
    main()
