"""A verdict's reasons in plain words."""

from __future__ import annotations

from hiphinge.model import Attempt, Fault

_WHERE = {"down": "on the way down", "bottom": "near the bottom", "up": "on the way up", "top": "at the top"}


def reason(fault: Fault) -> str:
    """One fault or doubt as a clause: "bent the lower back 14.2 deg near the bottom; your limit is 10"."""
    where = _WHERE[fault.phase]
    value, limit = f"{abs(fault.value):.1f}", f"{fault.limit:.3g}"
    match fault.kind:
        case "lumbar_flexion":
            return f"bent the lower back {value} deg {where}; your limit is {limit}"
        case "lumbar_extension":
            return f"arched the lower back {value} deg past neutral {where}; your limit is {limit}"
        case "too_shallow":
            return f"hinged {value} deg; at least {limit} is asked for"
        case "too_deep":
            return f"hinged {value} deg; at most {limit} is asked for"
        case "too_fast":
            way = "down" if fault.phase == "down" else "up"
            return f"went {way} in {value} s; at least {limit} s is asked for"
        case "asymmetry":
            return f"leaned or turned {value} deg to one side {where}; your limit is {limit}"


def reasons(attempt: Attempt) -> str:
    """Why an attempt got its verdict; empty for a compliant one without remarks.

    Of a faulty attempt the certain reasons only: its doubts change nothing.
    """
    certain = [reason(fault) + (" (advice only)" if fault.advisory else "") for fault in attempt.faults]
    if attempt.verdict == "faulty":
        return "; ".join(certain)
    return "; ".join([*certain, *(_doubt(doubt) for doubt in attempt.doubts)])


def _doubt(doubt: Fault) -> str:
    unit = "s" if doubt.kind == "too_fast" else "deg"
    advice = " (advice only)" if doubt.advisory else ""
    return f"too near to call: {reason(doubt)} (known to within {2 * doubt.sd:.2g} {unit}){advice}"
