"""A verdict's reasons in plain words."""

from __future__ import annotations

from hiphinge.model import Attempt, Fault

_WHERE = {"down": "on the way down", "bottom": "near the bottom", "up": "on the way up", "top": "at the top"}


def reason(fault: Fault) -> str:
    """One fault or doubt as a clause: "bent the lower back 14.2 deg near the bottom; your limit is 10"."""
    where = _WHERE[fault.phase]
    value, limit = f"{abs(fault.value):.1f}", f"{fault.limit:g}"
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
    """Why an attempt got its verdict; empty for a compliant one without remarks."""
    certain = [reason(fault) + (" (advice)" if fault.advisory else "") for fault in attempt.faults]
    doubtful = [f"too near to call: {reason(doubt)}, known to {doubt.sd:.1f}" for doubt in attempt.doubts]
    return "; ".join([*certain, *doubtful]) if attempt.verdict != "faulty" else "; ".join(certain)
