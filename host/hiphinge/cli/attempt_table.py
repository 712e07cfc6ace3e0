"""An analysis on the terminal: the table, why each verdict, and what it rests on. Fits 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from hiphinge.analysis import summary
from hiphinge.app.analyse import FOUND_HERE, Result
from hiphinge.app.results import repetition_numbers
from hiphinge.cli.screen import (
    count,
    give_or_take,
    one_decimal,
    print_columns,
    print_labelled,
    print_trimmed,
    shows,
    verdict_text,
)
from hiphinge.model import Analysis, Attempt
from hiphinge.programmes import Limits
from hiphinge.report.words import tempo
from hiphinge.reps.words import reasons

# Heading lines, and whether a column is set flush right.
_HEADINGS = (
    ("", "set", True),
    ("", "rep", True),
    ("start", "s", True),
    ("hip", "hinge", True),
    ("", "trunk", True),
    ("lumbar", "flexion", True),
    ("", "ext.", True),
    ("", "tempo", False),
    ("", "verdict", False),
)
_CAPTION = "deg {sign} two standard deviations; tempo down-pause-up-pause in s (X: under 0.5)"


def print_result(console: Console, result: Result) -> None:
    """Print everything about one session.

    Parameters
    ----------
    console : Console
    result : Result
    """
    attempts = result.analysis.attempts
    console.print(f"{result.recording.source}{' (as live)' if result.live else ''}", soft_wrap=True)
    counted = [one for one in attempts if one.set]
    if counted:
        console.print()
        print_columns(console, _HEADINGS, _rows(console, attempts))
        sign = "±" if shows(console, "±") else "+-"
        console.print(Text(_CAPTION.format(sign=sign), style="dim"))
        _print_reasons(console, attempts)
    console.print()
    console.print(Text(summary_sentence(result.analysis), style="bold"))
    isolated = [one for one in attempts if not one.set]
    if isolated:
        at = ", ".join(f"{one.start_s:.1f} s (trunk {one.trunk_deg:.0f} deg)" for one in isolated)
        print_trimmed(console, f"Not counted, since in no set: {count(len(isolated), 'bend')} at {at}")
    print_trimmed(console, result.progress.sentence)
    console.print()
    print_labelled(console, [*_basis(result), *(("Warning", one) for one in result.warnings)])


def summary_sentence(analysis: Analysis) -> str:
    """Counts in one sentence: "10 attempts in 1 set: 8 compliant, 1 faulty, 1 uncertain"."""
    counts = summary(analysis.attempts)
    isolated = sum(one.set == 0 for one in analysis.attempts)
    if not counts["attempts"]:
        return "no attempts in any set" if isolated else "no attempts"
    verdicts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("compliant", "faulty", "uncertain"))
    return f"{count(counts['attempts'], 'attempt')} in {count(counts['sets'], 'set')}: {verdicts}"


def limits_sentence(limits: Limits) -> str:
    """The limits in plain words."""
    depth = "trunk" if limits.depth_on == "trunk" else "hip hinge"
    parts = [
        f"{depth} {limits.depth_min_deg:.3g} to {limits.depth_max_deg:.3g} deg "
        f"({limits.depth_grace_deg:.3g} deg of grace)"
    ]
    for value, words in (
        (limits.lumbar_flexion_max_deg, "lower back bent at most {:.3g} deg"),
        (limits.lumbar_extension_max_deg, "arched at most {:.3g} deg past neutral"),
        (limits.eccentric_min_s, "at least {:.3g} s down"),
        (limits.concentric_min_s, "at least {:.3g} s up"),
        (limits.side_bend_max_deg, "side bend at most {:.3g} deg"),
        (limits.rotation_max_deg, "rotation at most {:.3g} deg"),
    ):
        if value is not None:
            parts.append(words.format(value))
    if limits.advisory:
        parts.append("advice only: " + ", ".join(kind.replace("_", " ") for kind in sorted(limits.advisory)))
    return ", ".join(parts)


def _rows(console: Console, attempts: tuple[Attempt, ...]) -> list[tuple[str | Text, ...]]:
    """A row per attempt of a set, an empty one between sets."""
    rows: list[tuple[str | Text, ...]] = []
    before = 0
    for one, number in zip(attempts, repetition_numbers(attempts), strict=True):
        if not one.set:
            continue
        if before and one.set != before:
            rows.append(())
        before = one.set
        rows.append(
            (
                str(one.set),
                str(number),
                f"{one.start_s:.1f}",
                give_or_take(console, one.hip_hinge_deg, one.hip_hinge_sd_deg),
                one_decimal(one.trunk_deg),
                give_or_take(console, one.lumbar_flexion_deg, one.lumbar_flexion_sd_deg),
                one_decimal(one.lumbar_extension_deg),
                tempo(one.tempo_s, "-"),
                verdict_text(console, one.verdict),
            )
        )
    return rows


def _print_reasons(console: Console, attempts: tuple[Attempt, ...]) -> None:
    several = len({one.set for one in attempts if one.set}) > 1
    rows: list[tuple[str | Text, str]] = []
    for one, number in zip(attempts, repetition_numbers(attempts), strict=True):
        why = reasons(one)
        if one.set and why:
            rows.append((f"set {one.set}, rep {number}:" if several else f"rep {number}:", why))
    if rows:
        console.print()
        print_labelled(console, rows)


def _basis(result: Result) -> list[tuple[str | Text, str]]:
    analysis, recording = result.analysis, result.recording
    calibration = analysis.calibration
    parts = [result.calibration_from]
    if result.calibration_from == FOUND_HERE:
        parts.append("standing from {:.1f} to {:.1f} s".format(*calibration.neutral_s))
    if len(analysis.neutrals_from_s) > 1:
        at = ", ".join(f"{from_s:.1f}" for from_s in analysis.neutrals_from_s[1:])
        parts.append(f"zero taken anew in another stance at {at} s")
    parts.append(f"flexion axis quality {calibration.flexion_axis_quality:.2f}")
    if calibration.swapped:
        parts.append("sensors swapped, labels exchanged")
    samples = len(recording.time_s) + _absent(result)
    missing = analysis.missing_samples
    lost = "no samples missing" if not missing else f"{missing} of {samples} samples missing"
    duration_s = recording.time_s[-1] - recording.time_s[0]
    rows: list[tuple[str | Text, str]] = [("Limits", limits_sentence(result.limits))]
    rows += [("", one) for one in _provenance(result)]
    rows += [
        ("Calibration", "; ".join(parts)),
        ("Recording", f"{duration_s:.1f} s at {analysis.rate_hz:.1f} Hz, {lost}"),
    ]
    return rows


def _absent(result: Result) -> int:
    """Rows the recording lacks against its rate."""
    time_s = result.recording.time_s
    expected = round(float(time_s[-1] - time_s[0]) * result.analysis.rate_hz) + 1
    return max(0, expected - len(time_s))


def _provenance(result: Result) -> list[str]:
    """Where the limits came from: the common source once, then what has another."""
    sources = result.limits.provenance
    common = f"programme {result.programme.name}, preset {result.programme.preset}"
    said = [f"from {common}"] if common in sources.values() else []
    for name, source in sources.items():
        if source != common:
            words = name.removesuffix("_deg").removesuffix("_s").replace("_", " ")
            said.append(f"{words}: {source}")
    return said
