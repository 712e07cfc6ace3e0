"""A synthetic wearer with known truth.

`simulate` turns a `Scenario` into a `Simulation`: a recording as the device would have made it, and the truth behind
it. Motion is a quintic spline of the body's coordinates; gyroscope, accelerometer and truth all come from it and its
exact derivatives, so that one integrates into the other.

The package itself can be called and takes single wishes, too: ``hiphinge.simulate(faults={4: "flexion"})`` (see
`quick`).
"""

import sys

from hiphinge.simulate.builders import default_scenario, good_set, set_with_faults, swings
from hiphinge.simulate.errors import CHEAP, PERFECT, TYPICAL, SensorErrors
from hiphinge.simulate.quick import CallablePackage, quick_scenario
from hiphinge.simulate.scenario import DistractorKind, IntendedFault, Mounting, Repetition, Scenario
from hiphinge.simulate.schedule import Happening
from hiphinge.simulate.session import Simulation, simulate
from hiphinge.simulate.truth import TrueRepetition, TrueSensor, Truth

__all__ = [
    "CHEAP",
    "PERFECT",
    "TYPICAL",
    "DistractorKind",
    "Happening",
    "IntendedFault",
    "Mounting",
    "Repetition",
    "Scenario",
    "SensorErrors",
    "Simulation",
    "TrueRepetition",
    "TrueSensor",
    "Truth",
    "default_scenario",
    "good_set",
    "quick_scenario",
    "set_with_faults",
    "simulate",
    "swings",
]

sys.modules[__name__].__class__ = CallablePackage
