"""Zero over time: one neutral for the recording, another for a set whose stance differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.calibration import reneutral
from hiphinge.kinematics.decimate import COARSE_HZ
from hiphinge.kinematics.quiet import LEAST_STANDING_S, SAME_STANCE_DEG, QuietRun, angle_deg, mean_up, pose_distance_deg
from hiphinge.model import Calibration, Floats

# A stance that differs by more from the recording's standing is no standing for a hinge.
MOST_SHIFT_DEG = 15.0
# Pauses at the top count as the set's standing where they are this near to the standing before it: not when arched.
_SAME_TOP_DEG = 4.0


@dataclass(frozen=True, slots=True)
class Neutral:
    """Frames valid from an instant on: sensor to segment, (3, 3) each; `stood_s` of standing define zero."""

    from_s: float
    sacral: Floats
    thoracic: Floats
    stood_s: float = 4.0

    @classmethod
    def of(cls, calibration: Calibration, from_s: float) -> Neutral:
        """A calibration's own neutral."""
        return cls(from_s, calibration.sacral, calibration.thoracic, calibration.stood_s)


def own_neutral(base: Neutral, runs: Sequence[QuietRun], from_s: float) -> Neutral | None:
    """The neutral of a set by its own quiet runs, or None where they are no standing for a hinge.

    Parameters
    ----------
    base : Neutral
        The recording's neutral.
    runs : sequence of QuietRun
        The last standing before the set, then any pauses in it; in thinned samples.
    from_s : float
        When it takes effect.
    """
    if not runs:
        return None
    taken = [run for run in runs if pose_distance_deg(run, runs[0]) < _SAME_TOP_DEG]
    sacral_up, thoracic_up = mean_up(taken)
    stood_s = sum(run.stop - run.start for run in taken) / COARSE_HZ
    own = Neutral(from_s, reneutral(base.sacral, sacral_up), reneutral(base.thoracic, thoracic_up), stood_s)
    return own if shift_deg(base, own) < MOST_SHIFT_DEG else None


def shift_deg(a: Neutral, b: Neutral) -> float:
    """How far two neutrals differ: the larger change of either segment's vertical."""
    return max(angle_deg(a.sacral[1], b.sacral[1]), angle_deg(a.thoracic[1], b.thoracic[1]))


def another_stance(before: Neutral, own: Neutral) -> bool:
    """Whether a standing is another stance than the one whose zero is in force.

    Sway has periods of 2-5 s: the mean over a short standing may be off by more.
    """
    return shift_deg(before, own) > SAME_STANCE_DEG * (1 + LEAST_STANDING_S / own.stood_s)


def spans(neutrals: list[Neutral], time_s: Floats) -> list[tuple[slice, Neutral]]:
    """Which stretch of the time axis each neutral holds for; the first one also before its own start."""
    starts = [0, *(int(np.searchsorted(time_s, n.from_s)) for n in neutrals[1:])]
    stops = [*starts[1:], len(time_s)]
    return [(slice(a, b), n) for a, b, n in zip(starts, stops, neutrals, strict=True)]
