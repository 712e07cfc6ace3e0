"""Plain words: for verdicts and faults, limits, the calibration, and what was missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from unicodedata import bidirectional, category

import numpy as np

from hiphinge.model import Attempt, FaultKind, Verdict
from hiphinge.programmes.limits import Limits
from hiphinge.report.axes import clock
from hiphinge.report.content import ReportSession
from hiphinge.report.curves import unknown_spans
from hiphinge.reps.words import reasons

VERDICT_WORDS: dict[Verdict, str] = {
    "compliant": "within range",
    "faulty": "outside range",
    "uncertain": "too near to call",
}
FAULT_WORDS: dict[FaultKind, str] = {
    "lumbar_flexion": "lower back bent past its limit",
    "lumbar_extension": "lower back arched past its limit",
    "too_shallow": "hinged less than asked",
    "too_deep": "hinged further than asked",
    "too_fast": "moved faster than asked",
    "asymmetry": "leaned or turned to one side past the limit",
}
# Strength coaches write X for a phase done as fast as can be; half a second is beyond what control of a hinge allows.
_EXPLOSIVE_S = 0.5
# Embeddings, overrides and isolates: they make a name read as another. Hebrew and Arabic need none of them.
_TURNS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
# A repetition beside a gap doubts every limit: the first few say enough.
_CLAUSES = 3
_NOTES_CHARACTERS = 4000  # two pages; a whole book would push the figures out of sight


def plain(text: str, longest: int = 400) -> str:
    """Make any text fit for a page: no controls of what is read, nothing UTF-8 cannot carry, not endless."""
    cut = text if len(text) <= longest else text[:longest] + " …"
    carried = cut.encode("utf-8", "replace").decode("utf-8")
    return "".join("\ufffd" if one != "\n" and _steers(one) else one for one in carried)


def _steers(character: str) -> bool:
    """Whether a character is not read but acted on: controls, and those that turn the direction of what follows."""
    return category(character) == "Cc" or bidirectional(character) in _TURNS


def notes_of(session: ReportSession) -> str:
    """What somebody wrote about the session."""
    return plain(session.recording.meta.notes.replace("\r\n", "\n").replace("\t", " ").strip(), _NOTES_CHARACTERS)


def moment(iso: str | None) -> str:
    """A date and time as people write them; what is none stays as it is."""
    if not iso:
        return ""
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return plain(iso, 40)
    return f"{at.day} {at:%B %Y, %H:%M}"


def why(one: Attempt) -> str:
    """The reasons of a verdict, with the sign for degrees; of many, the first and how many more."""
    said = re.sub(r"(?<=\d) deg\b", "°", reasons(one)).replace("too near to call: ", "" if _doubtful(one) else "maybe ")
    parts = said.split("; ")
    clauses = [f"{parts[at]}; {parts[at + 1]}" for at in range(0, len(parts) - 1, 2)]
    if len(clauses) <= _CLAUSES:
        return said
    return f"{'; '.join(clauses[:_CLAUSES])}; and {len(clauses) - _CLAUSES} more"


def _doubtful(one: Attempt) -> bool:
    """Whether the verdict itself says that it is too near to call."""
    return one.verdict == "uncertain" and not one.faults


def tempo(parts_s: Sequence[float | None], dash: str = "–") -> str:
    """Down, pause, up, pause as coaches write them, without the last pause where nothing follows.

    Examples
    --------
    >>> tempo((2.04, 0.4, 0.45, None))
    '2.0–0.4–X'
    """
    parts: list[str] = []
    for at, part_s in enumerate(parts_s):
        if part_s is None:
            break
        parts.append("X" if at in (0, 2) and part_s < _EXPLOSIVE_S else f"{part_s:.1f}")
    return dash.join(parts)


def decimal(value: float | None, decimals: int = 1) -> str:
    """A number with a true minus; a dash where it is not known."""
    if value is None or not np.isfinite(value):
        return "–"
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def limit_rows(limits: Limits) -> list[tuple[str, str, str]]:
    """Every limit in use: its name, its value, where it came from."""
    depth = "Trunk tilt" if limits.depth_on == "trunk" else "Hip hinge"
    band = (
        f"{limits.depth_min_deg:g} to {limits.depth_max_deg:g}°, with {limits.depth_grace_deg:g}° of grace either way"
    )
    rows = [(f"{depth} at the bottom", band, "depth_min_deg")]
    for name, words, form in (
        ("lumbar_flexion_max_deg", "Lower back bent (flexion)", "at most {:g}°"),
        ("lumbar_extension_max_deg", "Lower back arched past neutral (extension)", "at most {:g}°"),
        ("eccentric_min_s", "Way down", "at least {:g} s"),
        ("concentric_min_s", "Way up", "at least {:g} s"),
        ("side_bend_max_deg", "Side bend, either side", "at most {:g}°"),
        ("rotation_max_deg", "Rotation, either side", "at most {:g}°"),
    ):
        value = getattr(limits, name)
        rows.append((words, "no limit" if value is None else form.format(value), name))
    found = [(words, value, plain(limits.provenance.get(name, ""))) for words, value, name in rows]
    if limits.advisory:
        kinds = ", ".join(FAULT_WORDS[kind] for kind in sorted(limits.advisory))
        found.append(("Listed as advice, not counted", kinds, ""))
    return found


def calibration_sentences(session: ReportSession) -> list[str]:
    """What the angles rest on."""
    calibration = session.analysis.calibration
    said = [f"Calibration: {plain(session.calibration_from)}."]
    start_s, end_s = calibration.neutral_s
    where = "" if session.calibrated_here else " of the recording it was made from"
    said.append(f"Zero is the quiet standing from {start_s:.1f} to {end_s:.1f} s{where}.")
    neutrals = len(session.analysis.neutrals_from_s)
    if neutrals > 1:
        times = ", ".join(clock(at_s) for at_s in session.analysis.neutrals_from_s[1:])
        said.append(f"The stance changed between sets: {neutrals} zeros are used, new ones from {times}.")
    said.append(
        f"The bends agree on one axis to {calibration.flexion_axis_quality:.2f} (1.00: all about the very same axis)."
    )
    if calibration.swapped:
        said.append("The two sensors were worn in each other's place; this was recognised and corrected.")
    return said


def gaps(session: ReportSession) -> list[tuple[float, float]]:
    """From when to when the angles are unknown, in seconds."""
    angles = session.analysis.angles
    return unknown_spans(angles.time_s, angles.lumbar_flexion_deg)


def missing_sentences(session: ReportSession) -> list[str]:
    """What was not recorded or not measured, and what follows from it."""
    analysis, time_s = session.analysis, session.recording.time_s
    rate_hz, missing = analysis.rate_hz, analysis.missing_samples
    expected = round(float(time_s[-1] - time_s[0]) * rate_hz) + 1
    if missing:
        share = 100 * missing / max(1, expected)
        said = [f"{missing} of {expected} instants ({share:.1f} %) lack a sample of at least one sensor."]
    else:
        said = ["No samples are missing."]
    holes = gaps(session)
    if holes:
        total_s, longest_s = sum(end - start for start, end in holes), max(end - start for start, end in holes)
        count = "Once" if len(holes) == 1 else f"{len(holes)} times"
        said.append(
            f"{count} the angles are unknown for more than an instant ({total_s:.2f} s in all, the longest "
            f"{longest_s:.2f} s). The curves break there and nothing is filled in; bends that fall into such a gap "
            "cannot be found or measured."
        )
    cut = [one for one in analysis.attempts for start, end in holes if one.start_s < end and start < one.end_s]
    if cut:
        number = len({one.index for one in cut})
        bends = "1 of the bends listed contains" if number == 1 else f"{number} of the bends listed contain"
        said.append(f"{bends} such a gap: read the values with care.")
    partly = sum(not np.isfinite([one.hip_hinge_deg, one.lumbar_flexion_deg]).all() for one in analysis.attempts)
    if partly:
        bends = "1 bend was" if partly == 1 else f"{partly} bends were"
        said.append(f"{bends} found but could not be fully measured; unknown values are shown as –.")
    isolated = [one for one in analysis.attempts if not one.set]
    if isolated:
        at = ", ".join(clock(one.start_s) for one in isolated[:12]) + (" …" if len(isolated) > 12 else "")
        bends = "1 bend stands" if len(isolated) == 1 else f"{len(isolated)} bends stand"
        said.append(f"{bends} alone, outside any set, and not counted (at {at}).")
    said.append("Movements under 20° of trunk tilt, side bends, twists, walking and jumps are not counted as attempts.")
    return said
