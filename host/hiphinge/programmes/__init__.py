"""The three progressions, a user's own, and what follows from them: limits, learned limits, when to move on.

`Limits` and its kin cost nothing to import; what needs pydantic is loaded when first asked for, so that code which only
judges against limits stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hiphinge.programmes.limits import LearnedLimits, Limits, ProgrammeError

if TYPE_CHECKING:
    from hiphinge.programmes.learn import learn_limits
    from hiphinge.programmes.loader import builtin_names, load_programme
    from hiphinge.programmes.looks_good import Progress, progress
    from hiphinge.programmes.resolve import resolve_limits
    from hiphinge.programmes.spec import Preset, Programme

__all__ = [
    "LearnedLimits",
    "Limits",
    "Preset",
    "Programme",
    "ProgrammeError",
    "Progress",
    "builtin_names",
    "learn_limits",
    "load_programme",
    "progress",
    "resolve_limits",
]

_HOME = {
    "Preset": "spec",
    "Programme": "spec",
    "Progress": "looks_good",
    "builtin_names": "loader",
    "learn_limits": "learn",
    "load_programme": "loader",
    "progress": "looks_good",
    "resolve_limits": "resolve",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
