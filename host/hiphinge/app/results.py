"""An analysis as plain data: what `analyse --json` writes, and reports and other screens read. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hiphinge import __version__
from hiphinge.analysis import summary
from hiphinge.app.analyse import Result
from hiphinge.model import Attempt, Fault

SCHEMA = "hiphinge.analysis/1"

# A tenth of a millisecond and a thousandth of a degree: far below what is known, short enough to read.
_TIME_DECIMALS = 4
_ANGLE_DECIMALS = 3
_SHARE_DECIMALS = 4

Table = dict[str, Any]


def analysis_dict(result: Result) -> Table:
    """Give the JSON form of an analysis; keys, units and order as documented ("analyse --json").

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict
        Strict JSON: what is not known is None, never NaN.
    """
    analysis, recording = result.analysis, result.recording
    calibration = analysis.calibration
    time_s = recording.time_s
    numbers = repetition_numbers(analysis.attempts)
    isolated = sum(one.set == 0 for one in analysis.attempts)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "session": {
            "file": _unicode(recording.source),
            "duration_s": _time(float(time_s[-1] - time_s[0])),
            "rate_hz": number(analysis.rate_hz, 3),
            "missing_samples": analysis.missing_samples,
        },
        "calibration": {
            "neutral": [_time(at) for at in calibration.neutral_s],
            "flexion_axis_quality": number(calibration.flexion_axis_quality, _SHARE_DECIMALS),
            "swapped": calibration.swapped,
            "warnings": list(calibration.warnings),
            "from": _unicode(result.calibration_from),
            "neutrals_from_s": [_time(at) for at in analysis.neutrals_from_s],
        },
        "programme": result.programme.name,
        "limits": _rounded(result.limits.to_dict()),
        "attempts": [attempt_values(one, count) for one, count in zip(analysis.attempts, numbers, strict=True)],
        "summary": {**summary(analysis.attempts), "isolated": isolated},
        "preset": result.programme.preset,
        "rest_s": number(result.rest_s, _TIME_DECIMALS),
        "live": result.live,
        "progress": _rounded(asdict(result.progress)),
        "warnings": [_unicode(one) for one in result.warnings],
    }


def repetition_numbers(attempts: tuple[Attempt, ...]) -> list[int | None]:
    """Number each attempt within its set, from 1; None for an isolated bend."""
    counts: dict[int, int] = {}
    numbers: list[int | None] = []
    for one in attempts:
        counts[one.set] = counts.get(one.set, 0) + 1
        numbers.append(counts[one.set] if one.set else None)
    return numbers


def number(value: float | None, decimals: int) -> float | None:
    """Round for JSON: None for what is missing or not finite, and no negative zero."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), decimals) + 0.0


def attempt_values(one: Attempt, repetition: int | None) -> Table:
    """One attempt as `analyse --json` has it; `repetition` is its number within the set."""
    return {
        "index": one.index,
        "set": one.set,
        "start_s": _time(one.start_s),
        "bottom_s": _time(one.bottom_s),
        "end_s": _time(one.end_s),
        "decided_s": _time(one.decided_s),
        "hip_hinge_deg": _angle(one.hip_hinge_deg),
        "hip_hinge_sd_deg": _angle(one.hip_hinge_sd_deg),
        "trunk_deg": _angle(one.trunk_deg),
        "lumbar_flexion_deg": _angle(one.lumbar_flexion_deg),
        "lumbar_flexion_sd_deg": _angle(one.lumbar_flexion_sd_deg),
        "lumbar_extension_deg": _angle(one.lumbar_extension_deg),
        "lumbar_side_bend_deg": _angle(one.lumbar_side_bend_deg),
        "lumbar_rotation_deg": _angle(one.lumbar_rotation_deg),
        "lumbar_share": number(one.lumbar_share, _SHARE_DECIMALS),
        "tempo_s": [number(part, _TIME_DECIMALS) for part in one.tempo_s],
        "smoothness_sal": number(one.smoothness_sal, _ANGLE_DECIMALS),
        "verdict": one.verdict,
        "faults": [_fault(fault) for fault in one.faults],
        "doubts": [_fault(doubt) for doubt in one.doubts],
        "repetition": repetition,
        "trunk_sd_deg": _angle(one.trunk_sd_deg),
        "lumbar_extension_sd_deg": _angle(one.lumbar_extension_sd_deg),
    }


def _fault(fault: Fault) -> Table:
    values: Table = {
        "kind": fault.kind,
        "value": number(fault.value, _ANGLE_DECIMALS),
        "limit": number(fault.limit, _ANGLE_DECIMALS),
        "sd": number(fault.sd, _ANGLE_DECIMALS),
        "at_s": _time(fault.at_s),
        "phase": fault.phase,
    }
    return {**values, "advisory": True} if fault.advisory else values


def _time(value_s: float) -> float | None:
    return number(value_s, _TIME_DECIMALS)


def _angle(value_deg: float) -> float | None:
    return number(value_deg, _ANGLE_DECIMALS)


def _rounded(values: Mapping[str, Any]) -> Table:
    """The same table with its numbers made fit for JSON."""
    return {key: number(value, _SHARE_DECIMALS) if isinstance(value, float) else value for key, value in values.items()}


def _unicode(text: str) -> str:
    # Names of files may hold bytes that are no UTF-8, which JSON cannot carry.
    return text.encode("utf-8", "replace").decode("utf-8")
