"""``hiphinge demo``: the whole chain with no hardware."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the simulated session, its truth and its report there.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Another simulated wearer.")] = 0,
    show: Annotated[
        bool, typer.Option("--open", help="Then show the dashboard, with a virtual device, until Ctrl-C.")
    ] = False,
) -> None:
    """Simulate a set with faults, analyse it, compare with the truth, and write a report. Needs no hardware.

    \b
    Examples:
      hiphinge demo
      hiphinge demo --keep demo/
      hiphinge demo --open
    """
    import tempfile
    from datetime import datetime

    from hiphinge.app.demo import demonstrate, report_demonstration
    from hiphinge.cli.demo_words import print_demonstration
    from hiphinge.files.errors import os_error

    with tempfile.TemporaryDirectory(prefix="hiphinge-demo-") as passing:
        if keep is not None:
            try:
                keep.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise os_error(str(keep), error, "made") from None
        found = demonstrate(keep or Path(passing), seed)
        # Its own folder, left there: it is to be opened after the command has ended.
        place = keep or Path(tempfile.mkdtemp(prefix="hiphinge-demo-report-"))
        print_demonstration(found, keep, report_demonstration(found, place, datetime.now()))
    if show:
        from hiphinge.app.live.plan import planned
        from hiphinge.cli.live_page import run_page

        code = run_page(planned(place / "sessions"), "virtual", seed=seed, port=0)
        if code:
            raise typer.Exit(code)
