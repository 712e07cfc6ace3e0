"""A simulated session in one call: `hiphinge.simulate(faults={4: "flexion"})`.

`hiphinge.simulate` is this package and the function at once. Python binds a subpackage to its parent as soon as anybody
imports it, so a plain function of the same name would be there or gone depending on who imported what before. The
package itself can be called instead (its module has a class of its own, as the Python reference provides for in
"Customizing module attribute access"): every order of imports gives the same object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from types import ModuleType
from typing import Any, Literal, cast, get_args, overload

import numpy as np

from hiphinge.model import HiphingeError
from hiphinge.simulate.builders import good_set, swings
from hiphinge.simulate.errors import CHEAP, PERFECT, TYPICAL, SensorErrors
from hiphinge.simulate.scenario import IntendedFault, Mounting, Scenario
from hiphinge.simulate.session import Simulation
from hiphinge.simulate.session import simulate as simulate_scenario

Sensors = Literal["perfect", "typical", "cheap"]
Faults = Mapping[int | tuple[int, int], IntendedFault | tuple[IntendedFault, float]]

SENSORS: dict[Sensors, SensorErrors] = {"perfect": PERFECT, "typical": TYPICAL, "cheap": CHEAP}

# No trunk goes further; what is no number would only show as holes in the samples.
_MOST_DEG = 150.0


@dataclass(frozen=True, slots=True)
class FaultAt:
    """An intended fault: in which set (None: in every), which repetition, and how large (None: plainly)."""

    set: int | None
    repetition: int
    kind: IntendedFault
    deg: float | None = None


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
    try:
        sets, repetitions, seed = index(sets), index(repetitions), index(seed)
    except TypeError:
        raise HiphingeError("simulate: seed, sets and repetitions are whole numbers; give those") from None
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
    if not isinstance(cast("object", faults), Mapping | None):
        raise HiphingeError(f'simulate: faults {faults!r} are none; write {{4: "flexion"}}')
    wished = [_fault_at(where, what) for where, what in (faults or {}).items()]
    return with_sets(base, sets, repetitions, wished)


def with_sets(
    scenario: Scenario, sets: int, repetitions: int, faults: Sequence[FaultAt] = (), fast: bool = False
) -> Scenario:
    """The scenario with sets of good repetitions, but for the faults asked for.

    Parameters
    ----------
    scenario : Scenario
        Its seed decides the repetitions, too.
    sets, repetitions : int
    faults : sequence of FaultAt
    fast : bool
        Ballistic swings instead of slow hinges.

    Returns
    -------
    Scenario

    Raises
    ------
    HiphingeError
        A fault in a set or repetition that is not there, or of a size nobody's spine allows.
    """
    rng = np.random.default_rng([scenario.seed, 101])
    rows = [list((swings if fast else good_set)(repetitions, rng)) for _ in range(sets)]
    for fault in faults:
        if not (fault.set is None or 1 <= fault.set <= sets) or not 1 <= fault.repetition <= repetitions:
            where = f"repetition {fault.repetition}" + (f" of set {fault.set}" if fault.set is not None else "")
            raise HiphingeError(f"simulate: fault {fault.kind}: there is no {where}; there are {sets} x {repetitions}")
        if fault.deg is not None and not 0.0 <= fault.deg <= _MOST_DEG:
            raise HiphingeError(
                f"simulate: fault {fault.kind}: {fault.deg:g} deg is not possible; give 0 to {_MOST_DEG:g}"
            )
        for row in rows if fault.set is None else [rows[fault.set - 1]]:
            good, at = row[fault.repetition - 1], float(rng.uniform(0.5, 1.0))
            row[fault.repetition - 1] = replace(good, fault=fault.kind, fault_deg=fault.deg, fault_at=at)
    return replace(scenario, sets=tuple(tuple(row) for row in rows))


def _fault_at(where: object, what: object) -> FaultAt:
    """One wish of `Faults`, checked: it comes from a notebook, where no type checker looked."""
    place: Any = cast("Any", where) if isinstance(where, tuple) else (None, where)
    wished: Any = cast("Any", what) if isinstance(what, tuple) else (what, None)
    try:
        (number, repetition), (kind, size_deg) = place, wished
        number, repetition = None if number is None else index(number), index(repetition)
        size_deg = None if size_deg is None else float(size_deg)
    except (TypeError, ValueError):
        raise HiphingeError(
            f"simulate: fault {where!r}: {what!r} is not understood; "
            'write {4: "flexion"}, {(2, 4): "flexion"} for set 2, or {4: ("flexion", 18.0)} for its size in deg'
        ) from None
    if kind not in get_args(IntendedFault):
        raise HiphingeError(f'simulate: fault "{kind}" is unknown; use {", ".join(get_args(IntendedFault))}')
    return FaultAt(number, repetition, kind, size_deg)


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
