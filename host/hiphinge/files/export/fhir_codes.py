"""Codes and units of the FHIR export. Pure.

LOINC and SNOMED CT were searched for lumbar flexion, pelvic tilt and hinge measures; only general codes for a range of
motion of a limb were found (LOINC 92850-7, 92851-5), which these are not. So measures have a code system of our own,
which travels in the bundle; pain alone has a code of LOINC's.
"""

from __future__ import annotations

from typing import Any

from hiphinge import __version__
from hiphinge.files.export.content import SCOPE

SYSTEM = "urn:hiphinge:codes"
UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

PAIN = {"system": LOINC, "code": "72514-3", "display": "Pain severity - 0-10 verbal numeric rating [Score] - Reported"}

MEASURES: dict[str, tuple[str, str]] = {
    "attempt_index": ("{count}", "Number of the attempt in the session"),
    "set": ("{count}", "Number of the attempt's set; 0 for an isolated bend"),
    "start_s": ("s", "Start of the attempt, from the session's start"),
    "bottom_s": ("s", "Deepest point of the attempt, from the session's start"),
    "end_s": ("s", "End of the attempt, from the session's start"),
    "decided_s": ("s", "When the verdict was known, from the session's start"),
    "hip_hinge_deg": ("deg", "Sagittal tilt of the pelvis from standing at the deepest point, forward positive"),
    "hip_hinge_sd_deg": ("deg", "Standard deviation of hip_hinge_deg"),
    "trunk_deg": ("deg", "Sagittal tilt of the thorax from standing at the deepest point, forward positive"),
    "trunk_sd_deg": ("deg", "Standard deviation of trunk_deg"),
    "lumbar_flexion_deg": ("deg", "Largest lumbar flexion: tilt of the thorax minus tilt of the pelvis"),
    "lumbar_flexion_sd_deg": ("deg", "Standard deviation of lumbar_flexion_deg"),
    "lumbar_extension_deg": ("deg", "Largest lumbar extension past neutral, as a positive number"),
    "lumbar_extension_sd_deg": ("deg", "Standard deviation of lumbar_extension_deg"),
    "lumbar_side_bend_deg": ("deg", "Largest lumbar side bend, right positive"),
    "lumbar_rotation_deg": ("deg", "Largest lumbar rotation, left positive"),
    "lumbar_share": ("1", "Lumbar flexion divided by trunk tilt at the deepest point"),
    "smoothness_sal": ("1", "Spectral arc length of the movement; nearer zero is smoother"),
    "eccentric_s": ("s", "Time of the way down"),
    "pause_bottom_s": ("s", "Pause at the deepest point"),
    "concentric_s": ("s", "Time of the way up"),
    "pause_top_s": ("s", "Pause upright"),
}

COUNTS: dict[str, str] = {
    "attempts": "Attempts of sets",
    "compliant": "Attempts inside the set range",
    "faulty": "Attempts outside the set range",
    "uncertain": "Attempts too near a limit to call",
    "sets": "Sets",
}

VERDICTS: dict[str, str] = {
    "compliant": "inside the set range",
    "faulty": "outside the set range",
    "uncertain": "too near a limit of the set range to call",
}

_OTHERS: dict[str, str] = {
    "hip_hinge_session": "A session of hip hinges, summed up",
    "hip_hinge_attempt": "One bend of the trunk and its return, measured",
    "load_kg": "Load carried",
    "limits": "The limits the attempts were compared with, as JSON",
    "calibration": "How the sensors sat and when standing was taken for zero, as JSON",
}


def code_system() -> dict[str, Any]:
    """Give the CodeSystem resource that defines our codes."""
    defined = {
        **{name: text for name, (_, text) in MEASURES.items()},
        **{f"count_{name}": text for name, text in COUNTS.items()},
        **{f"verdict_{name}": text for name, text in VERDICTS.items()},
        **_OTHERS,
    }
    return {
        "resourceType": "CodeSystem",
        "url": SYSTEM,
        "version": __version__,
        "name": "HiphingeCodes",
        "status": "active",
        "description": SCOPE,
        "caseSensitive": True,
        "content": "complete",
        "concept": [
            {"code": code, "display": code.replace("_", " "), "definition": text} for code, text in defined.items()
        ],
    }


def concept(code: str, text: str | None = None) -> dict[str, Any]:
    """A CodeableConcept of our own system."""
    display = code.replace("_", " ")
    return {"coding": [{"system": SYSTEM, "code": code, "display": display}], "text": text or display}


def quantity(value: float, unit: str) -> dict[str, Any]:
    """A Quantity with a UCUM unit."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}
