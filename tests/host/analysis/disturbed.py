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


def assert_right_but_in_it(
    found: Analysis, simulation: Simulation, sensor: Segment, at_s: float, by_deg: float
) -> None:
    """After a slip by an angle the attempts are measured right, but for the one it happened in, which says so."""
    errors = depth_errors(found, simulation, sensor)
    sds = np.array([one.hip_hinge_sd_deg if sensor == "sacral" else one.trunk_sd_deg for one in matched(found)])
    during = np.array([rep.start_s <= at_s <= rep.end_s for rep in simulation.truth.repetitions])
    assert np.abs(errors[~during]).max() < 1.5
    assert np.median(sds) < 1.0
    # In a bend it may be anything: so says the standard deviation, and no verdict is certain.
    assert (sds[during] > abs(by_deg) / 2).all()
    assert all(one.verdict == "uncertain" for one, here in zip(matched(found), during, strict=True) if here)


def fast(n: int) -> tuple[Repetition, ...]:
    return tuple(replace(one, eccentric_s=0.5, concentric_s=0.5, hip_hinge_deg=65.0) for one in good(n, 3))
