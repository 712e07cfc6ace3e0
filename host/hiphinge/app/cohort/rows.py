"""Rows of the two tables: of a session that was analysed, and of one that could not be. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.analysis import summary
from hiphinge.app.analyse import Result
from hiphinge.app.cohort.found import Found
from hiphinge.app.cohort.plan import Order, Status
from hiphinge.app.cohort.schema import ABOUT, ATTEMPTS, CHECKS, SESSIONS, Row
from hiphinge.app.results import repetition_numbers
from hiphinge.files.export.attempts_csv import findings
from hiphinge.files.export.content import clean, known
from hiphinge.model import Attempt
from hiphinge.programmes.limits import NUMERIC_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class Origin:
    """Which session a row is of, and by which its changes are known.

    Attributes
    ----------
    name : str
        Path or URL.
    found : Found
    csv_sha256, json_sha256 : str or None
        In hexadecimal; None for what was not there or not read.
    """

    name: str
    found: Found
    csv_sha256: str | None = None
    json_sha256: str | None = None


def session_row(origin: Origin, order: Order, result: Result) -> Row:
    """The row of a session that was analysed.

    Parameters
    ----------
    origin : Origin
    order : Order
    result : Result

    Returns
    -------
    dict
        Keys as in `schema.SESSIONS`; None where not known.
    """
    analysis, limits = result.analysis, result.limits
    calibration, time_s = analysis.calibration, result.recording.time_s
    counts = summary(analysis.attempts)
    return {
        **_bare(origin, order, "analysed"),
        **_about(origin, result),
        "warnings": [clean(one) for one in result.warnings],
        "duration_s": known(time_s[-1] - time_s[0]),
        "rate_hz": known(analysis.rate_hz),
        "missing_samples_count": analysis.missing_samples,
        **{f"{name}_count": counts[name] for name in ("compliant", "faulty", "uncertain", "sets")},
        # All of them, as in the table of attempts: the counts of verdicts leave the isolated ones out.
        "attempts_count": len(analysis.attempts),
        "isolated_count": sum(one.set == 0 for one in analysis.attempts),
        "calibration_from": result.calibration_from,
        "neutral_start_s": known(calibration.neutral_s[0]),
        "neutral_end_s": known(calibration.neutral_s[1]),
        "flexion_axis_quality": known(calibration.flexion_axis_quality),
        "swapped": calibration.swapped,
        "rest_s": known(result.rest_s),
        "live": result.live,
        **{f"limit_{name}": known(getattr(limits, name)) for name in NUMERIC_LIMITS},
        "limit_depth_on": limits.depth_on,
        "limit_advisory": sorted(limits.advisory),
    }


def broken_row(origin: Origin, order: Order, status: Status, error: str) -> Row:
    """The row of a session that could not be analysed: its error in plain words, and no attempt.

    Parameters
    ----------
    origin : Origin
    order : Order
    status : str
    error : str
        One line.

    Returns
    -------
    dict
    """
    return {**_bare(origin, order, status), "error": error, "attempts_count": 0}


def attempt_rows(origin: Origin, result: Result) -> list[Row]:
    """One row an attempt, isolated bends (`set` 0) included.

    Parameters
    ----------
    origin : Origin
    result : Result

    Returns
    -------
    list of dict
        Keys as in `schema.ATTEMPTS`.
    """
    attempts, about = result.analysis.attempts, _about(origin, result)
    numbers = repetition_numbers(attempts)
    return [{**about, **_attempt(one, number, result.limits)} for one, number in zip(attempts, numbers, strict=True)]


def _bare(origin: Origin, order: Order, status: Status) -> Row:
    return {
        **dict.fromkeys(SESSIONS),
        "session": origin.name,
        "status": status,
        "stamp": origin.found.stamp,
        "csv_sha256": origin.csv_sha256,
        "json_sha256": origin.json_sha256,
        "parameters_id": order.parameters_id,
        "hiphinge_version": order.version,
    }


def _about(origin: Origin, result: Result) -> Row:
    meta = result.recording.meta
    about: Row = {name: getattr(meta, name, None) for name in ABOUT}
    for name in ("person", "started_at", "stance", "side"):
        about[name] = None if about[name] is None else clean(about[name])
    return {
        **about,
        "session": origin.name,
        "load_kg": known(meta.load_kg),
        "programme": clean(result.programme.name),
        "preset": clean(result.programme.preset),
    }


def _attempt(one: Attempt, repetition: int | None, limits: Limits) -> Row:
    row: Row = {name: getattr(one, name) for name in ATTEMPTS if hasattr(one, name)}
    row = {name: known(value) if isinstance(value, float) else value for name, value in row.items()}
    tempo = ("eccentric_s", "pause_bottom_s", "concentric_s", "pause_top_s")
    found = findings(one, limits)
    row |= {name: known(part) for name, part in zip(tempo, one.tempo_s, strict=True)}
    row |= {
        "repetition": repetition,
        "faults": [name for name, finding in found.items() if finding.certain],
        "doubts": [name for name, finding in found.items() if not finding.certain],
    }
    for name in CHECKS:
        finding = found.get(name)
        if finding is None:
            continue
        unit = "s" if name.startswith("too_fast") else "deg"
        row |= {
            f"{name}_finding": finding.words,
            f"{name}_finding_value_{unit}": known(finding.fault.value),
            f"{name}_finding_limit_{unit}": known(finding.fault.limit),
            f"{name}_finding_sd_{unit}": known(finding.fault.sd),
            f"{name}_finding_at_s": known(finding.fault.at_s),
            f"{name}_finding_phase": finding.fault.phase,
        }
    return row
