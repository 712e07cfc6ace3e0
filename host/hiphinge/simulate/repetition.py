"""One hip hinge repetition as curves of pelvis and lumbar joint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Floats
from hiphinge.simulate.moves import Channel, Move, Shares
from hiphinge.simulate.scenario import Repetition
from hiphinge.simulate.shapes import Blend, bump, minimum_jerk, random_blend

PAUSE_LEAST_S = 0.1  # below this, people turn round at the bottom without stopping
TURNING = -8.0  # acceleration at a turn in units of depth / time²; minimum jerk to a via point has about -6..-9


@dataclass(frozen=True, slots=True)
class Posture:
    """Where pelvis and lumbar joint rest between repetitions, deg from upright standing."""

    hinge_deg: float = 0.0
    lumbar_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class _Cycle:
    """Down, pause, up as two curves, each from 0 to 1: there and back."""

    down_s: float
    bottom_s: float
    up_s: float
    down: Blend
    up: Blend

    def halves(self, t: Floats) -> tuple[Floats, Floats]:
        """The way down, 0 to 1, and the way up, 0 to 1."""
        if self.bottom_s < PAUSE_LEAST_S:
            down_s, up_s = self.down_s + self.bottom_s / 2, self.up_s + self.bottom_s / 2
            turn = TURNING * min(1.0, (down_s / up_s) ** 2)
            u, v = np.clip(t / down_s, 0, 1), np.clip((t - down_s) / up_s, 0, 1)
            down = minimum_jerk(u) + turn * 0.5 * u**3 * (1 - u) ** 2
            # The same deceleration seen from the way up, so that the two meet with one acceleration.
            up = minimum_jerk(v) - turn * (up_s / down_s) ** 2 * 0.5 * v**2 * (1 - v) ** 3
            return down, up
        return self.down(t / self.down_s), self.up((t - self.down_s - self.bottom_s) / self.up_s)


def bend(
    repetition: Repetition, before: Posture, after: Posture, habit_deg: tuple[float, float], rng: np.random.Generator
) -> Move:
    """Turn an intention into a move.

    Parameters
    ----------
    repetition : Repetition
    before, after : Posture
        Resting postures the repetition starts from and returns to; nobody returns exactly.
    habit_deg : (side bend, rotation)
        The wearer's own asymmetry at the bottom, added to what the repetition asks for.
    rng : Generator
        For the shape of the curves; drawn from at once, so that the move itself is a pure function of time.
    """
    down_s, bottom_s, up_s = repetition.down_s, repetition.bottom_s, repetition.concentric_s
    pelvis = _Cycle(down_s, bottom_s, up_s, random_blend(rng), random_blend(rng))
    lumbar = _Cycle(down_s, bottom_s, up_s, random_blend(rng), random_blend(rng))
    sag_deg = float(rng.uniform(0.0, 1.0)) if bottom_s >= 2 * PAUSE_LEAST_S else 0.0
    side_deg, rotation_deg = repetition.side_bend_deg + habit_deg[0], repetition.rotation_deg + habit_deg[1]
    fault = _Fault.plan(repetition, rng)
    duration_s = max(down_s + bottom_s + up_s + repetition.top_s, fault.end + 0.2 if fault else 0.0)
    peak_deg = -repetition.peak_deg if repetition.fault == "extension" else repetition.peak_deg

    def render(t: Floats) -> Shares:
        hinge = _between(pelvis.halves(t), before.hinge_deg, repetition.depth_deg, after.hinge_deg)
        if sag_deg:
            # Nobody holds the bottom still: they rise a little within the pause and sink again.
            middle = down_s + bottom_s / 2
            hinge -= sag_deg * bump(t, down_s, middle, middle, down_s + bottom_s)
        down, up = lumbar.halves(t)
        flexion = _between((down, up), before.lumbar_deg, repetition.lumbar_flexion_deg, after.lumbar_deg)
        if fault:
            # Towards the peak, not on top of the smooth share: so the extreme is what was asked, when it was asked.
            flexion += fault.share(t) * (peak_deg - flexion)
        bent = down - up
        return {
            Channel.HINGE_DEG: hinge - before.hinge_deg,
            Channel.LUMBAR_DEG: flexion - before.lumbar_deg,
            Channel.BEND_DEG: side_deg * bent,
            Channel.ROTATION_DEG: rotation_deg * bent,
            # A crooked bend is crooked in the pelvis too, by a part of it.
            Channel.OBLIQUITY_DEG: 0.4 * side_deg * bent,
            Channel.PELVIS_TURN_DEG: 0.3 * rotation_deg * bent,
        }

    return Move(duration_s, render)


def _between(halves: tuple[Floats, Floats], before: float, bottom: float, after: float) -> Floats:
    down, up = halves
    return before + (bottom - before) * down + (after - bottom) * up


@dataclass(frozen=True, slots=True)
class _Fault:
    """How far the lumbar joint gives itself to the fault, 0..1, over the repetition.

    Rises from `start` to 1 at `peak`, is corrected from `leave` to `corrected` down to `stays`, and ends at `end`.
    """

    start: float
    peak: float
    leave: float
    corrected: float
    stays: float
    end: float

    @classmethod
    def plan(cls, repetition: Repetition, rng: np.random.Generator) -> _Fault | None:
        down_s, bottom_s, up_s = repetition.down_s, repetition.bottom_s, repetition.concentric_s
        at = max(repetition.fault_at, 0.25)
        if repetition.fault == "flexion":
            peak = at * down_s
            start = max(0.0, peak - float(rng.uniform(0.5, 0.9)) * down_s)
            # Who bends at the bottom holds it a little; who bends before corrects so gently that the trunk still goes
            # down, and is round in part until the way up.
            leave = peak + (float(rng.uniform(0.1, 0.8)) * bottom_s if at > 0.9 else 0.0)
            corrected = down_s + bottom_s + float(rng.uniform(0.2, 0.5)) * up_s
            end = down_s + bottom_s + float(rng.uniform(0.8, 1.1)) * up_s
            return cls(start, peak, leave, corrected, float(rng.uniform(0.2, 0.85)), end)
        if repetition.fault == "extension":
            peak = down_s + bottom_s + at * up_s
            start = max(down_s, peak - float(rng.uniform(0.4, 0.7)) * up_s)
            leave = peak + float(rng.uniform(0.0, 0.2))
            end = leave + float(rng.uniform(0.5, 0.9))
            return cls(start, peak, leave, end, 0.0, end + 0.1)
        return None

    def share(self, t: Floats) -> Floats:
        held = minimum_jerk((t - self.start) / (self.peak - self.start))
        eased = minimum_jerk((t - self.leave) / (self.corrected - self.leave))
        ended = minimum_jerk((t - self.corrected) / (self.end - self.corrected))
        return held - (1 - self.stays) * eased - self.stays * ended
