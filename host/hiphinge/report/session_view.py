"""One session as the page's template takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hiphinge.model import Attempt, Verdict
from hiphinge.report.angle_angle import angle_angle
from hiphinge.report.axes import clock
from hiphinge.report.cards import MANY, attempt_card, counted, scale_of, set_card
from hiphinge.report.content import ReportSession
from hiphinge.report.numbers import MEASURES, counts_by_fault, estimate
from hiphinge.report.timeline import is_crowded, timeline
from hiphinge.report.trend import trend
from hiphinge.report.words import (
    FAULT_WORDS,
    VERDICT_WORDS,
    calibration_sentences,
    decimal,
    gaps,
    limit_rows,
    missing_sentences,
    moment,
    notes_of,
    plain,
    tempo,
    why,
)

View = dict[str, Any]

# More sets than this are read in the small figures; a wide one for each would fill the page.
_WIDE_SETS = 6
_AROUND_S = 2.0


def session_view(session: ReportSession, key: str, letter: str = "") -> View:
    """Gather everything the page shows of a session; figures as `svg` elements, all else as plain text.

    Parameters
    ----------
    session : ReportSession
    key : str
        Unique on the page.
    letter : str
        How sessions side by side are told apart; empty for a single one.

    Returns
    -------
    dict
    """
    reps = counted(session.analysis.attempts)
    of = f"Session {letter}: " if letter else ""
    verdicts: dict[Verdict, int] = {verdict: sum(one.verdict == verdict for one in reps) for verdict in VERDICT_WORDS}
    return {
        "key": key,
        "letter": letter,
        "name": plain(session.name),
        "facts": facts(session),
        "notes": notes_of(session),
        "total": len(reps),
        "verdicts": [(verdict, VERDICT_WORDS[verdict], number) for verdict, number in verdicts.items()],
        "bar": _bar(verdicts, len(reps)),
        "faults": [(FAULT_WORDS[kind], number) for kind, number in counts_by_fault(reps)],
        "progress": plain(session.progress),
        "sets": _sets(reps),
        "timelines": _timelines(session, key, of),
        "crowded": is_crowded(session.analysis.attempts),
        "angle_angle": angle_angle(session, f"{key}a", f"{of}hip hinge against lumbar flexion") if reps else "",
        "cards": _cards(session, key, of),
        "by_set": len(reps) > MANY,
        "trend": trend(session, f"{key}r", f"{of}measures over the session") if reps else "",
        "attempts": _rows(session.analysis.attempts),
        "limits": limit_rows(session.limits),
        "gaps": bool(gaps(session)),
        "calibration": calibration_sentences(session),
        "missing": missing_sentences(session),
        "warnings": [plain(one) for one in session.warnings],
        "parameters": _parameters(session),
    }


def facts(session: ReportSession) -> list[tuple[str, str]]:
    """Who, when, what: label and value, those that are known."""
    meta, time_s = session.recording.meta, session.recording.time_s
    stance = {"split": "split stance", "parallel": "feet parallel"}.get(meta.stance or "", meta.stance or "")
    side = f", {meta.side} leg in front" if meta.side in ("left", "right") else ""
    load = "" if meta.load_kg is None else f"{meta.load_kg:g} kg"
    pain = "" if meta.pain_0_10 is None else f"{meta.pain_0_10} of 10"
    length_s = float(time_s[-1] - time_s[0])
    title = session.programme_title or session.programme
    found = (
        ("Person", meta.person or ""),
        ("Recorded", moment(meta.started_at)),
        ("Programme", f"{title} ({session.preset} limits)"),
        ("Stance", f"{stance}{side}"),
        ("Load", load),
        ("Pain", pain),
        ("Length", f"{clock(length_s)} min, {session.analysis.rate_hz:.0f} samples a second"),
        ("Session", session.name),
    )
    return [(label, plain(value)) for label, value in found if value.strip()]


def _bar(verdicts: dict[Verdict, int], total: int) -> list[tuple[str, str, str]]:
    """Stretches of a bar 0..100: verdict, start, width."""
    found: list[tuple[str, str, str]] = []
    start = 0.0
    for verdict, number in verdicts.items():
        width = 100 * number / max(1, total)
        if number:
            found.append((verdict, f"{start:.2f}", f"{width:.2f}"))
        start += width
    return found


def _sets(reps: Sequence[Attempt]) -> list[View]:
    rows: list[View] = []
    numbers = sorted({one.set for one in reps})
    groups = [(str(number), [one for one in reps if one.set == number]) for number in numbers]
    if len(groups) > 1:
        groups.append(("All", list(reps)))
    for name, those in groups:
        cells: list[str] = []
        for measure in (MEASURES[0], MEASURES[2], MEASURES[3], MEASURES[5], MEASURES[7]):
            found = estimate(those, measure)
            cells.append("–" if found is None else f"{decimal(found.mean, measure.decimals)}")
        verdicts = [sum(one.verdict == verdict for one in those) for verdict in VERDICT_WORDS]
        rows.append({"name": name, "total": len(those), "verdicts": verdicts, "cells": cells})
    return rows


def _timelines(session: ReportSession, key: str, of: str) -> list[tuple[str, str]]:
    time_s = session.recording.time_s
    start_s, end_s = float(time_s[0]), float(time_s[-1])
    reps = counted(session.analysis.attempts)
    numbers = sorted({one.set for one in reps})
    spans = {n: [one for one in reps if one.set == n] for n in numbers}
    parts = [(n, max(start_s, m[0].start_s - _AROUND_S), min(end_s, m[-1].end_s + _AROUND_S)) for n, m in spans.items()]
    found = [("Whole session", timeline(session, f"{key}w", f"{of}angles over the whole session", (start_s, end_s)))]
    # A single set that fills its session would be drawn twice.
    if len(parts) > _WIDE_SETS or sum(end - start for _, start, end in parts) > 0.8 * (end_s - start_s) * len(parts):
        return found
    for number, from_s, to_s in parts:
        title = f"{of}angles during set {number}"
        found.append((f"Set {number}", timeline(session, f"{key}w{number}", title, (from_s, to_s))))
    return found


def _cards(session: ReportSession, key: str, of: str) -> list[View]:
    reps = counted(session.analysis.attempts)
    if not reps:
        return []
    scale = scale_of(session)
    if len(reps) > MANY:
        return [_set_card(session, number, scale, key, of) for number in sorted({one.set for one in reps})]
    several = len({one.set for one in reps}) > 1
    cards: list[View] = []
    for one, number in zip(reps, _numbers(reps), strict=True):
        name = f"Set {one.set}, rep {number}" if several else f"Repetition {number}"
        svg = attempt_card(session, one, scale, f"{key}c{one.index}", f"{of}{name}")
        cards.append(
            {"name": name, "verdict": one.verdict, "words": VERDICT_WORDS[one.verdict], "svg": svg, "why": why(one)}
        )
    return cards


def _set_card(session: ReportSession, number: int, scale: Any, key: str, of: str) -> View:
    those = [one for one in session.analysis.attempts if one.set == number]
    outside = counts_by_fault(those)
    within = sum(one.verdict == "compliant" for one in those)
    svg = set_card(session, number, scale, f"{key}c{number}", f"{of}set {number}")
    why_not = ", ".join(f"{count}\N{NO-BREAK SPACE}{FAULT_WORDS[kind]}" for kind, count in outside)
    return {
        "name": f"Set {number}",
        "verdict": "",
        "words": f"{within} of {len(those)} within",
        "svg": svg,
        "why": why_not,
    }


def _numbers(attempts: Sequence[Attempt]) -> list[int]:
    seen: dict[int, int] = {}
    numbers: list[int] = []
    for one in attempts:
        seen[one.set] = seen.get(one.set, 0) + 1
        numbers.append(seen[one.set])
    return numbers


def _rows(attempts: Sequence[Attempt]) -> list[View]:
    """The table: a row an attempt, isolated bends too."""
    rows: list[View] = []
    before: int | None = None
    late = any(one.start_s >= 100 for one in attempts)
    for one, number in zip(attempts, _numbers(attempts), strict=True):
        rows.append(
            {
                "set": str(one.set) if one.set else "–",
                "rep": str(number) if one.set else "–",
                "first": before is not None and before != one.set,
                "start": clock(one.start_s) if late else decimal(one.start_s),
                "hinge": decimal(one.hip_hinge_deg),
                "hinge_sd": decimal(2 * one.hip_hinge_sd_deg),
                "trunk": decimal(one.trunk_deg),
                "flexion": decimal(one.lumbar_flexion_deg),
                "flexion_sd": decimal(2 * one.lumbar_flexion_sd_deg),
                "extension": decimal(one.lumbar_extension_deg),
                "side": decimal(one.lumbar_side_bend_deg),
                "rotation": decimal(one.lumbar_rotation_deg),
                "tempo": tempo(one.tempo_s),
                "smoothness": decimal(one.smoothness_sal, 2),
                "verdict": one.verdict if one.set else "",
                "words": VERDICT_WORDS[one.verdict] if one.set else "not counted: stands alone",
                "why": why(one) if one.set else "",
            }
        )
        before = one.set
    return rows


def _parameters(session: ReportSession) -> list[tuple[str, str]]:
    meta, analysis, limits = session.recording.meta, session.analysis, session.limits
    calibration = analysis.calibration
    rows = [
        ("Session", session.recording.source or session.name),
        ("Analysed", "from the past alone, as it would have been shown live" if session.live else "as a whole"),
        ("Programme, preset", f"{session.programme}, {session.preset}"),
        ("Sets are parted by", f"their marks, else a rest of {session.rest_s:g} s"),
        ("Depth judged on", "trunk tilt" if limits.depth_on == "trunk" else "hip hinge"),
        ("Certain from", "1.64 standard deviations beyond a limit"),
        ("Sampling", f"{analysis.rate_hz:.2f} Hz, {len(session.recording.time_s)} instants"),
    ]
    rows += [(f"Own rate, {name}", f"{rate_hz:.2f} Hz") for name, rate_hz in meta.source_rates_hz.items()]
    rows += [(f"Device: {name}", value) for name, value in meta.device.items()]
    rows += [
        (
            "Neutral standing" if session.calibrated_here else "Neutral standing, in its own recording",
            "{:.2f} to {:.2f} s".format(*calibration.neutral_s),
        ),
        ("Neutrals hold from", ", ".join(f"{at_s:.2f} s" for at_s in analysis.neutrals_from_s)),
        ("Flexion axis quality", f"{calibration.flexion_axis_quality:.3f}"),
        ("Sensors exchanged", "yes, corrected" if calibration.swapped else "no"),
        ("Sacral sensor to segment", _matrix(calibration.sacral)),
        ("Thoracic sensor to segment", _matrix(calibration.thoracic)),
    ]
    return [(plain(name, 80), plain(value)) for name, value in rows]


def _matrix(values: np.ndarray) -> str:
    return "; ".join(" ".join(decimal(float(one), 3) for one in row) for row in values)
