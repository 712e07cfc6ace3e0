"""``hiphinge assess``: the wearer's own maximum flexion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.options import GivenCalibration

if TYPE_CHECKING:
    from rich.text import Text

    from hiphinge.app.assess import Assessment


def assess(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A session folder or CSV file with the bends.")],
    save: Annotated[Path | None, typer.Option(metavar="F.json", help="Keep the result, for analyse --person.")] = None,
    person: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose it is. Default: the session's person.")
    ] = None,
    calibration: GivenCalibration = None,
) -> None:
    """Measure the wearer's own maximum lumbar flexion from three guided maximal bends.

    Stand still for 3 s, then bend the whole back forward as far as it goes and come up again, three times.

    \b
    Examples:
      hiphinge assess bends.csv
      hiphinge assess bends.csv --save anna.json --person Anna
      hiphinge analyse session.csv --preset lenient --person anna.json
    """
    from hiphinge.app import assess as assessing
    from hiphinge.app.analyse import Request, analyse_file
    from hiphinge.app.outputs import refuse_overwriting
    from hiphinge.app.person import person_dict, write_person
    from hiphinge.cli.screen import say
    from hiphinge.files.calibration_json import read_calibration

    if save is not None:
        refuse_overwriting([save], [file] if calibration is None else [file, calibration])
    request = Request() if calibration is None else Request(calibration=read_calibration(calibration))
    result = analyse_file(file, request)
    found = assessing.assess(result.analysis.attempts, result.recording.source)
    meta = result.recording.meta
    _print(found, result.recording.source, result.warnings)
    if save is not None:
        write_person(save, person_dict(found, person or meta.person, result.recording.source, meta.started_at))
        say(f"saved to {save}; use it with: hiphinge analyse FILE --preset lenient --person {save}")


def _print(found: Assessment, source: str, warnings: tuple[str, ...]) -> None:
    from hiphinge.app.assess import WHY
    from hiphinge.cli.screen import data_console, give_or_take, one_decimal, print_labelled, print_trimmed

    console = data_console()
    console.print(source, soft_wrap=True)
    bends: list[tuple[str | Text, str]] = []
    for bend in found.bends:
        value = give_or_take(console, bend.lumbar_flexion_deg, bend.lumbar_flexion_sd_deg)
        left_out = f"; left out: {bend.left_out}" if bend.left_out else ""
        bends.append((f"bend {bend.number}:", f"at {bend.start_s:.1f} s, lumbar flexion {value} deg{left_out}"))
    print_labelled(console, bends)
    console.print()
    console.print(
        f"Own maximum flexion: {give_or_take(console, found.own_max_flexion_deg, found.sd_deg)} deg "
        "(two standard deviations)",
        style="bold",
    )
    spread = "" if found.spread_sd_deg is None else f", standard deviation {one_decimal(found.spread_sd_deg)} deg"
    used = len(found.used)
    how_many = "1 bend" if used == 1 else f"{used} bends"
    print_trimmed(console, f"Mean of {how_many}: {one_decimal(found.mean_deg)} deg{spread}; {WHY}.")
    print_labelled(console, [("Warning", warning) for warning in (*warnings, *found.warnings)])
