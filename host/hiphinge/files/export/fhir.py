"""FHIR: a session as a Bundle (collection) of Observations. Valid as R4 (4.0.1) and as R5.

One Observation for the session, one for each attempt with every measure as a component. Nobody has checked a
recording's numbers: their status is `preliminary`. Interpretations speak of the set range only. No clock and no chance
are asked: the same session gives the same bundle.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from hiphinge import __version__
from hiphinge.analysis import summary
from hiphinge.files.export.attempts_csv import findings
from hiphinge.files.export.content import SCOPE, Content, clean, known, moment, provenance
from hiphinge.files.export.fhir_codes import (
    ABSENT,
    COUNTS,
    MEASURES,
    PAIN,
    VERDICTS,
    code_system,
    concept,
    quantity,
)
from hiphinge.files.export.table import TEMPO
from hiphinge.model import Attempt, Fault
from hiphinge.programmes.limits import Limits

# Names within the bundle; a random UUID that is ours.
_NAMESPACE = uuid.UUID("7d0f2c1e-6a55-4c0e-9b3a-5b1a3f6f8d21")

# As `analyse --json`: a thousandth of a degree, a tenth of a millisecond.
_DECIMALS = {"deg": 3, "s": 4, "1": 4, "{count}": 0}

# "Strings SHALL NOT contain Unicode character points below 32, except" these: FHIR, data type string.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_FOUND_IN = {
    "lumbar_flexion": "lumbar_flexion_deg",
    "lumbar_extension": "lumbar_extension_deg",
    "too_fast_down": "eccentric_s",
    "too_fast_up": "concentric_s",
    "side_bend": "lumbar_side_bend_deg",
    "rotation": "lumbar_rotation_deg",
}

Resource = dict[str, Any]


def bundle(content: Content) -> Resource:
    """Give the bundle.

    Parameters
    ----------
    content : Content
        Its person becomes the subject's display, nothing more.

    Returns
    -------
    dict
        Strict JSON: our CodeSystem, the session's Observation, pain where it was asked, the attempts.

    Raises
    ------
    SessionError
        The session could not be analysed.
    """
    attempts = [_attempt(content, one) for one in content.analysed.attempts]
    names = [_name(content, f"attempt {one.index}") for one in content.analysed.attempts]
    session = _session(content, names)
    entries: list[tuple[str, Resource]] = [
        (_name(content, "codes"), code_system()),
        (_name(content, "session"), session),
    ]
    pain = content.recording.meta.pain_0_10
    if pain is not None:
        reported = {"code": {"coding": [PAIN], "text": "Pain, 0-10, as reported"}}
        value = {"valueQuantity": quantity(float(pain), "{score}")}
        entries.append((_name(content, "pain"), _observation(content, None) | reported | value))
    entries += zip(names, attempts, strict=True)
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": name, "resource": _carried(resource)} for name, resource in entries],
    }


def _carried(value: Any) -> Any:
    """The same with every text as FHIR allows it: no control characters but tab and line ends."""
    if isinstance(value, str):
        return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", clean(value))
    if isinstance(value, dict):
        return {key: _carried(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_carried(one) for one in cast("list[Any]", value)]
    return value


def _session(content: Content, attempts: list[str]) -> Resource:
    meta, about = content.recording.meta, provenance(content)
    counts = summary(content.analysed.attempts)
    components: list[Resource] = [
        {"code": concept(f"count_{name}", text), "valueQuantity": quantity(counts[name], "{count}")}
        for name, text in COUNTS.items()
    ]
    if meta.load_kg is not None:
        components.append({"code": concept("load_kg"), "valueQuantity": quantity(meta.load_kg, "kg")})
    components += [
        {"code": concept(name), "valueString": json.dumps(about[name], allow_nan=False)}
        for name in ("limits", "calibration")
    ]
    notes = [
        SCOPE,
        f"hiphinge {__version__}, session {content.source}, programme {content.programme}, preset {content.preset}.",
        f"Calibration: {content.calibration_from}.",
        *(f"{name}: {value}" for name, value in (("Stance", meta.stance), ("Side", meta.side)) if value),
        *([meta.notes] if meta.notes.strip() else []),
        *(f"Warning: {one}" for one in content.warnings),
    ]
    times = content.recording.time_s
    found = _observation(content, (float(times[0]), float(times[-1]))) | {
        "code": concept("hip_hinge_session", "Hip hinge session"),
        "note": [{"text": text} for text in notes],
        "component": components,
    }
    return found | ({"hasMember": [{"reference": name} for name in attempts]} if attempts else {})


def _attempt(content: Content, one: Attempt) -> Resource:
    tempo = dict(zip(TEMPO, one.tempo_s, strict=True))
    values = {**asdict(one), **tempo, "attempt_index": one.index}
    found = findings(one, content.limits)
    said: dict[str, tuple[Fault, bool]] = {}
    for name, finding in found.items():
        depth = f"{content.limits.depth_on}_deg"
        said[_FOUND_IN.get(name, depth)] = (finding.fault, finding.certain)
    text = VERDICTS[one.verdict]
    return _observation(content, (one.start_s, one.end_s)) | {
        "code": concept("hip_hinge_attempt", "Hip hinge attempt" if one.set else "Isolated bend, not counted"),
        "valueCodeableConcept": concept(f"verdict_{one.verdict}", text),
        "interpretation": [{"text": text}],
        "component": [_component(name, values[name], content.limits, said.get(name)) for name in MEASURES],
    }


def _component(name: str, value: float | None, limits: Limits, said: tuple[Fault, bool] | None) -> Resource:
    unit, _ = MEASURES[name]
    number = known(value)
    component: Resource = {"code": concept(name)}
    if number is None:
        component["dataAbsentReason"] = {"coding": [{"system": ABSENT, "code": "unknown", "display": "Unknown"}]}
    else:
        component["valueQuantity"] = quantity(round(number, _DECIMALS[unit]) + 0.0, unit)
    if said is not None:
        fault, certain = said
        words = "outside the set range" if certain else "too near a limit of the set range to call"
        sd = f"{fault.value:.4g} against {fault.limit:.4g}, standard deviation {fault.sd:.2g}, at {fault.at_s:.2f} s"
        advisory = ", advisory" if fault.advisory else ""
        component["interpretation"] = [{"text": f"{words}{advisory} ({sd}, {fault.phase})"}]
    limit = _range(name, limits)
    return component | ({"referenceRange": [limit]} if limit else {})


def _range(name: str, limits: Limits) -> Resource:
    """The set range of a measure; empty where none is set."""
    low: float | None = None
    high: float | None = None
    text = "Range set for this session, not that of a population"
    if name == f"{limits.depth_on}_deg":
        low, high = limits.depth_min_deg, limits.depth_max_deg
        text += f"; {limits.depth_grace_deg:g} deg of grace on either end"
    elif name == "lumbar_flexion_deg":
        high = limits.lumbar_flexion_max_deg
    elif name == "lumbar_extension_deg":
        high = limits.lumbar_extension_max_deg
    elif name == "eccentric_s":
        low = limits.eccentric_min_s
    elif name == "concentric_s":
        low = limits.concentric_min_s
    elif name in ("lumbar_side_bend_deg", "lumbar_rotation_deg"):
        high = limits.side_bend_max_deg if name == "lumbar_side_bend_deg" else limits.rotation_max_deg
        low = None if high is None else -high
    unit, _ = MEASURES[name]
    ends = {end: quantity(value, unit) for end, value in (("low", low), ("high", high)) if value is not None}
    return {**ends, "text": text} if ends else {}


def _observation(content: Content, span_s: tuple[float, float] | None) -> Resource:
    """What every Observation has; `span_s` from the session's start."""
    meta = content.recording.meta
    found: Resource = {"resourceType": "Observation", "status": "preliminary"}
    if meta.person and meta.person.strip():
        found["subject"] = {"display": meta.person}
    start_s, end_s = span_s or (0.0, 0.0)
    start, end = moment(content, start_s), moment(content, end_s)
    if start is not None and end is not None:
        if span_s is None:
            found["effectiveDateTime"] = _date_time(start)
        else:
            found["effectivePeriod"] = {"start": _date_time(start), "end": _date_time(end)}
    model = meta.device.get("model")
    sensors = f"two inertial sensors ({model})" if model else "two inertial sensors"
    found["device"] = {"display": f"hiphinge {__version__} with {sensors} on sacrum and thoracic spine"}
    return found


def _date_time(at: datetime) -> str:
    """A FHIR dateTime: with a time of day only where the time zone is known, which FHIR demands."""
    return at.date().isoformat() if at.tzinfo is None else at.isoformat(timespec="milliseconds")


def _name(content: Content, part: str) -> str:
    """The URN of a part of this session, the same each time it is exported."""
    times = content.recording.time_s
    session = [content.source, content.recording.meta.started_at, float(times[0]), float(times[-1]), len(times)]
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps([*session, part]))}"
