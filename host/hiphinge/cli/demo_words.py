"""What the demonstration says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from hiphinge.app.demo import SESSION_NAME, TRUTH_NAME, Demonstration
from hiphinge.cli.attempt_table import print_result
from hiphinge.cli.screen import count, data_console, print_trimmed


def print_demonstration(found: Demonstration, kept: Path | None, report: Path) -> None:
    """Print the analysis of a simulated session, how far it is from the truth, and what to try next.

    Parameters
    ----------
    found : Demonstration
    kept : Path or None
        Where the files remain, if they do.
    report : Path
        Where the report was written.
    """
    console = data_console()
    recording = replace(found.result.recording, source=f"A simulated wearer, not a person: {intended(found)}")
    print_result(console, replace(found.result, recording=recording))
    console.print()
    print_trimmed(console, _errors(found))
    console.print()
    console.print(f"Report:    {report}    (open it in a browser, or print it)", soft_wrap=True)
    _print_next(console, kept)


def _errors(found: Demonstration) -> str:
    rmse = found.rmse_deg
    return (
        "Simulated, so the truth is known: root mean square error over the set "
        f"{rmse['hip_hinge_deg']:.2f} deg hip hinge, {rmse['trunk_deg']:.2f} deg trunk, "
        f"{rmse['lumbar_flexion_deg']:.2f} deg lumbar flexion. On people it is larger."
    )


def _print_next(console: Console, kept: Path | None) -> None:
    if kept is None:
        console.print("Try next:  hiphinge demo --keep demo    (keeps the session and its truth)", soft_wrap=True)
        example = f"demo/{SESSION_NAME}"
    else:
        console.print(f"Kept in {kept}: {SESSION_NAME} and {TRUTH_NAME}", soft_wrap=True)
        example = str(kept / SESSION_NAME)
    console.print(f"Then:      hiphinge analyse {example} --json - --live", soft_wrap=True)


def intended(found: Demonstration) -> str:
    """What the simulated wearer did on purpose."""
    faults = Counter(one.fault for one in found.truth.repetitions if one.fault is not None)
    named = ", ".join(f"{number} {kind}" for kind, number in faults.items())
    return f"{count(len(found.truth.repetitions), 'repetition')}, {sum(faults.values())} with a fault ({named})"
