"""A session to disturb, moments to do so, and how depths are held against the truth."""

from dataclasses import replace

import numpy as np
from sessions import good, matched, simulated

from hiphinge.model import Analysis, Floats, Segment
from hiphinge.simulate import Repetition, Scenario, Simulation

SESSION = Scenario(seed=5, rate_hz=50.0, sets=(good(6, 1), good(5, 2)), mounting="random")


def moment(where: str) -> float:
    reps = simulated(SESSION).truth.repetitions
    return {
        "between bends": reps[2].end_s + 0.2,
        "in a bend": reps[2].start_s + 1.0,
        "in the rest": (reps[5].end_s + reps[6].start_s) / 2,
    }[where]


def depth_errors(found: Analysis, simulation: Simulation, sensor: Segment) -> Floats:
    """Depth by the pelvis or the trunk against the truth, one an attempt."""
    name = "hip_hinge_deg" if sensor == "sacral" else "trunk_deg"
    pairs = zip(matched(found), simulation.truth.repetitions, strict=True)
    return np.array([getattr(one, name) - getattr(true, name) for one, true in pairs])


def fast(n: int) -> tuple[Repetition, ...]:
    return tuple(replace(one, eccentric_s=0.5, concentric_s=0.5, hip_hinge_deg=65.0) for one in good(n, 3))
