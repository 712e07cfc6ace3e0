"""A simulated session in one call: `hiphinge.simulate(faults={4: "flexion"})`.

`hiphinge.simulate` is this package and the function at once. Python binds a subpackage to its parent as soon as anybody
imports it, so a plain function of the same name would be there or gone depending on who imported what before. The
package itself can be called instead (its module has a class of its own, as the Python reference provides for in
"Customizing module attribute access"): every order of imports gives the same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Literal, get_args, overload

import numpy as np

from hiphinge.model import HiphingeError
from hiphinge.simulate.builders import good_set
from hiphinge.simulate.errors import CHEAP, PERFECT, TYPICAL, SensorErrors
from hiphinge.simulate.scenario import IntendedFault, Mounting, Repetition, Scenario
from hiphinge.simulate.session import Simulation
from hiphinge.simulate.session import simulate as simulate_scenario

Sensors = Literal["perfect", "typical", "cheap"]
Faults = Mapping[int | tuple[int, int], IntendedFault | tuple[IntendedFault, float]]

SENSORS: dict[Sensors, SensorErrors] = {"perfect": PERFECT, "typical": TYPICAL, "cheap": CHEAP}


def quick_scenario(
    *,
    seed: int = 0,
    sets: int = 1,
    repetitions: int = 10,
    faults: Faults | None = None,
    rate_hz: float = 100.0,
    sensors: Sensors | SensorErrors = "typical",
    mounting: Mounting = "nominal",
    marks: bool = False,
) -> Scenario:
    """Sets of good slow repetitions, but for the faults asked for.

    Parameters
    ----------
    seed : int
        Everything random follows from it.
    sets, repetitions : int
        How many sets, and repetitions in each.
    faults : mapping, optional
        Repetition (1 for the first; in every set) or ``(set, repetition)`` to the fault: "flexion", "extension",
        "shallow", "deep" or "fast", or ``(fault, size)`` with its size in deg. Peaks come half-way down (or up) or
        later.
    rate_hz : float
        Samples a second.
    sensors : {"perfect", "typical", "cheap"} or SensorErrors
        How good they are.
    mounting : {"nominal", "random", "upside_down", "turned", "opposite"}
        How they sit.
    marks : bool
        Mark start and end of each set, as a wearer with a button would.

    Returns
    -------
    Scenario
        The same that ``hiphinge simulate`` makes from the same wishes; `dataclasses.replace` changes more.

    Raises
    ------
    HiphingeError
        A fault in a repetition that is not there, or something that cannot be simulated.

    Examples
    --------
    >>> wished = quick_scenario(repetitions=3, faults={2: ("flexion", 18.0)})
    >>> [(one.fault, one.fault_deg) for one in wished.sets[0]]
    [(None, None), ('flexion', 18.0), (None, None)]
    """
    if sets < 0 or repetitions < 1:
        raise HiphingeError(f"simulate: {sets} sets of {repetitions} repetitions; give 0 or more sets of 1 or more")
    if not isinstance(sensors, SensorErrors) and sensors not in SENSORS:
        raise HiphingeError(f'simulate: sensors "{sensors}" are unknown; use {", ".join(SENSORS)}, or SensorErrors')
    base = Scenario(
        seed=seed,
        rate_hz=rate_hz,
        sensors=sensors if isinstance(sensors, SensorErrors) else SENSORS[sensors],
        mounting=mounting,
        marks=marks,
    )
    rng = np.random.default_rng([seed, 101])
    rows = [list(good_set(repetitions, rng)) for _ in range(sets)]
    for where, what in (faults or {}).items():
        number, repetition = (None, where) if isinstance(where, int) else where
        kind, size_deg = (what, None) if isinstance(what, str) else what
        if kind not in get_args(IntendedFault):
            raise HiphingeError(f'simulate: fault "{kind}" is unknown; use {", ".join(get_args(IntendedFault))}')
        if not (number is None or 1 <= number <= sets) or not 1 <= repetition <= repetitions:
            raise HiphingeError(
                f"simulate: fault {kind}: there is no repetition {where}; there are {sets} x {repetitions}"
            )
        for row in rows if number is None else [rows[number - 1]]:
            row[repetition - 1] = _spoilt(row[repetition - 1], kind, size_deg, rng)
    return replace(base, sets=tuple(tuple(row) for row in rows))


def _spoilt(good: Repetition, kind: IntendedFault, size_deg: float | None, rng: np.random.Generator) -> Repetition:
    return replace(good, fault=kind, fault_deg=size_deg, fault_at=float(rng.uniform(0.5, 1.0)))


@overload
def simulated(scenario: Scenario, /) -> Simulation: ...
@overload
def simulated(
    *,
    seed: int = 0,
    sets: int = 1,
    repetitions: int = 10,
    faults: Faults | None = None,
    rate_hz: float = 100.0,
    sensors: Sensors | SensorErrors = "typical",
    mounting: Mounting = "nominal",
    marks: bool = False,
) -> Simulation: ...
def simulated(
    scenario: Scenario | None = None,
    /,
    *,
    seed: int = 0,
    sets: int = 1,
    repetitions: int = 10,
    faults: Faults | None = None,
    rate_hz: float = 100.0,
    sensors: Sensors | SensorErrors = "typical",
    mounting: Mounting = "nominal",
    marks: bool = False,
) -> Simulation:
    """Simulate a wearer: a recording as two sensors would have made it, and the truth behind it.

    Parameters
    ----------
    scenario : Scenario, optional
        Everything that can be set. With it, no other argument; without it, one is made of the others.
    seed, sets, repetitions, faults, rate_hz, sensors, mounting, marks
        As in `quick_scenario`.

    Returns
    -------
    Simulation
        `recording`: N samples of each sensor, in its own axes; acceleration (N, 3) in m/s², angular rate (N, 3) in
        rad/s. `truth`: the clinical angles (N,) in deg at the same instants, with the signs of `Angles`, the
        repetitions as they were done, and each sensor's true samples, mounting and orientation (quaternions w, x,
        y, z; sensor to Earth, ENU). The same arguments give the same samples.

    Raises
    ------
    HiphingeError
        Something that cannot be simulated: one line with what is wrong and what to do.

    Examples
    --------
    >>> import hiphinge
    >>> made = hiphinge.simulate(repetitions=3, faults={2: "flexion"})
    >>> made.recording.sacral.acc_mps2.shape == (len(made.recording.time_s), 3)
    True
    >>> [(one.fault, one.lumbar_flexion_deg > 10) for one in made.truth.repetitions]
    [(None, False), ('flexion', True), (None, False)]
    """
    asked = (seed, sets, repetitions, faults, rate_hz, sensors, mounting, marks)
    if scenario is None:
        return simulate_scenario(
            quick_scenario(
                seed=seed,
                sets=sets,
                repetitions=repetitions,
                faults=faults,
                rate_hz=rate_hz,
                sensors=sensors,
                mounting=mounting,
                marks=marks,
            )
        )
    if asked != (0, 1, 10, None, 100.0, "typical", "nominal", False):
        raise HiphingeError("simulate: give a scenario or the other arguments, not both; use dataclasses.replace")
    return simulate_scenario(scenario)


class CallablePackage(ModuleType):
    """The package `hiphinge.simulate`, which can be called.

    Type checkers see the function through ``import hiphinge`` and ``from hiphinge import simulate``, and every name of
    the package through ``from hiphinge.simulate import ...``. A bare ``import hiphinge.simulate`` shows a module.
    """

    __call__ = staticmethod(simulated)
