"""Ready-made sets and scenarios for demonstrations, tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hiphinge.simulate.scenario import IntendedFault, Repetition, Scenario


def good_set(n: int, rng: np.random.Generator) -> tuple[Repetition, ...]:
    """Slow repetitions inside the strict limits.

    Depth stays within the 45..50 deg band by half a degree, lumbar flexion well under 10 deg, and the eccentric is long
    enough for 1.5 s even when measured between 5 % speed thresholds.
    """
    return tuple(
        Repetition(
            hip_hinge_deg=float(rng.uniform(45.5, 49.5)),
            lumbar_flexion_deg=float(rng.uniform(1.0, 5.0)),
            eccentric_s=float(rng.uniform(2.0, 2.8)),
            bottom_s=float(rng.uniform(0.2, 0.8)),
            concentric_s=float(rng.uniform(1.2, 2.0)),
            top_s=float(rng.uniform(0.6, 1.2)),
        )
        for _ in range(n)
    )


def set_with_faults(
    n: int,
    faults: Mapping[int, IntendedFault],
    rng: np.random.Generator,
    fault_deg: Mapping[int, float] | None = None,
) -> tuple[Repetition, ...]:
    """A good set in which some repetitions go wrong.

    Parameters
    ----------
    n : int
    faults : mapping of repetition number (1 for the first) to fault
    rng : Generator
    fault_deg : mapping of repetition number to `Repetition.fault_deg`, optional
        Others take the default of their fault. When the peak comes is drawn: anywhere from half-way to the bottom or
        to lock-out.
    """
    wrong = fault_deg or {}
    return tuple(
        replace(good, fault=faults[i], fault_deg=wrong.get(i), fault_at=float(rng.uniform(0.5, 1.0)))
        if i in faults
        else good
        for i, good in enumerate(good_set(n, rng), start=1)
    )


def swings(n: int, rng: np.random.Generator, half_s: float = 0.45) -> tuple[Repetition, ...]:
    """Fast ballistic hinges, 60..75 deg, `half_s` down and up without a pause at either end to speak of."""
    return tuple(
        Repetition(
            hip_hinge_deg=float(rng.uniform(60, 75)),
            lumbar_flexion_deg=float(rng.uniform(2, 6)),
            eccentric_s=half_s * float(rng.uniform(0.95, 1.05)),
            bottom_s=0.0,
            concentric_s=half_s * float(rng.uniform(0.95, 1.05)),
            top_s=float(rng.uniform(0.1, 0.3)),
        )
        for _ in range(n)
    )


def default_scenario(seed: int = 0, rate_hz: float = 100.0) -> Scenario:
    """The demonstration: one set of ten with five faults and typical sensors.

    Repetition 3 flexes the lumbar spine on the way down, 5 is too shallow, 6 over-arches at lock-out, 8 flexes at the
    bottom, 9 comes down too fast.
    """
    rng = np.random.default_rng([seed, 100])
    faults: dict[int, IntendedFault] = {3: "flexion", 5: "shallow", 6: "extension", 8: "flexion", 9: "fast"}
    peaks = {3: float(rng.uniform(15, 18)), 5: float(rng.uniform(33, 37)), 6: float(rng.uniform(12, 15)), 8: 20.0}
    repetitions = list(set_with_faults(10, faults, rng, peaks))
    for number, at in ((3, 0.75), (6, 1.0), (8, 1.0)):
        repetitions[number - 1] = replace(repetitions[number - 1], fault_at=at)
    return Scenario(seed=seed, rate_hz=rate_hz, sets=(tuple(repetitions),))
