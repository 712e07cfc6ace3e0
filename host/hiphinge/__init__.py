"""hiphinge: a dowel you wear. Hip hinge and lumbar motion from two IMUs on the back.

| | |
|---|---|
| `read`, `write` | a session: folder or CSV |
| `analyse` | from a recording to judged repetitions |
| `limits` | what repetitions are judged by |
| `reasons` | why one got its verdict, in words |
| `angles_frame`, `attempts_frame`, `findings_frame`, `samples_frame` | the same as polars tables |
| `simulate` | a synthetic wearer with known truth |

Times are in s from the session's start, angles in deg, accelerations in m/s², angular rates in rad/s; names carry their
unit. Arrays have one row a sample, NaN where missing. Signs of the angles: `Angles`. Everything that can go wrong with
a session, a programme or a limit raises `HiphingeError`: one line with what is wrong, where, and what to do.

Not a medical device: verdicts compare with the limits you set, nothing more.

Examples
--------
>>> import hiphinge
>>> made = hiphinge.simulate(repetitions=3, faults={2: "flexion"})
>>> found = hiphinge.analyse(made.recording)
>>> [attempt.verdict for attempt in found.attempts]
['compliant', 'faulty', 'compliant']
>>> [fault.kind for fault in found.attempts[1].faults]
['lumbar_flexion']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Loaded when first asked for: `import hiphinge`, and with it the command line's --help, loads neither numpy nor polars.
if TYPE_CHECKING:
    from hiphinge.api.analysing import analyse, limits
    from hiphinge.api.frames import angles_frame, attempts_frame, findings_frame, samples_frame
    from hiphinge.api.sessions import read, write
    from hiphinge.model import (
        Analysis,
        Angles,
        Attempt,
        Calibration,
        Event,
        Fault,
        HiphingeError,
        ImuSamples,
        Recording,
        SessionMeta,
    )
    from hiphinge.programmes.limits import Limits
    from hiphinge.reps.words import reasons
    from hiphinge.simulate.quick import simulated as simulate
    from hiphinge.simulate.session import Simulation

__all__ = [
    "Analysis",
    "Angles",
    "Attempt",
    "Calibration",
    "Event",
    "Fault",
    "HiphingeError",
    "ImuSamples",
    "Limits",
    "Recording",
    "SessionMeta",
    "Simulation",
    "__version__",
    "analyse",
    "angles_frame",
    "attempts_frame",
    "findings_frame",
    "limits",
    "read",
    "reasons",
    "samples_frame",
    "simulate",
    "write",
]

_HOME = {
    "api.analysing": ("analyse", "limits"),
    "api.frames": ("angles_frame", "attempts_frame", "findings_frame", "samples_frame"),
    "api.sessions": ("read", "write"),
    "model": (
        "Analysis", "Angles", "Attempt", "Calibration", "Event", "Fault", "HiphingeError", "ImuSamples", "Recording",
        "SessionMeta",
    ),
    "programmes.limits": ("Limits",),
    "reps.words": ("reasons",),
    "simulate.session": ("Simulation",),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "simulate":
        return import_module("hiphinge.simulate")  # a package that can be called: see `hiphinge.simulate.quick`
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
