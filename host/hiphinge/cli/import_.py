"""``hiphinge import``: vendors' text files in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def import_(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Files or folders; sacral=PATH and thoracic=PATH say whose they are."),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="NAME_OR_FILE", help="A ready mapping (see --list), or your own TOML file.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="SESSION", help="OUT.csv, or a session folder without that ending."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(metavar="HZ", min=5, max=2000, help="Sample rate, for files that do not tell it."),
    ] = None,
    offset: Annotated[
        float | None,
        typer.Option(metavar="S", help="By how much the thoracic clock shows more than the sacral one."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a session that is there.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the ready mappings.")] = False,
    show: Annotated[
        str | None, typer.Option(metavar="NAME", help="Print a ready mapping: a start for one of your own.")
    ] = None,
) -> None:
    """Turn another vendor's recording into a session.

    \b
    Examples:
      hiphinge import --list
      hiphinge import --mapping trunkyxl QSM_20230131105018 -o session
      hiphinge import --mapping xsens-mtw sacral=MT_00B421AF.txt thoracic=MT_00B4227B.txt -o session
      hiphinge import --show metamotion > mine.toml
    """
    if list_ or show is not None:
        if list_ and show is not None:
            raise typer.BadParameter("--list and --show are asked for at once; give one of them")
        if sources or mapping is not None or out is not None:
            raise typer.BadParameter("--list and --show import nothing; leave out the rest")
        _print(show)
        return
    if mapping is None or not sources or out is None:
        raise typer.BadParameter("give --mapping NAME_OR_FILE, what to import, and -o SESSION; or ask with --list")
    if out == Path("-"):
        raise typer.BadParameter("import writes files; give a name instead of -")
    if offset is not None and not -1e9 < offset < 1e9:
        raise typer.BadParameter("--offset takes a number of seconds")
    _import(mapping, sources, out, rate, offset, force)


def _import(mapping: str, sources: list[str], out: Path, rate: float | None, offset: float | None, force: bool) -> None:
    from hiphinge.app.importing import import_session, told
    from hiphinge.cli.progress import LateProgress
    from hiphinge.cli.screen import say, talk_console

    # Read two sensors (more files go on in the second step), write.
    with LateProgress(talk_console(), 3) as progress:
        done = 0

        def doing(what: str) -> None:
            nonlocal done
            progress.doing(what)
            if 0 < done < 3:
                progress.done()
            done += 1

        imported = import_session(mapping, sources, out, rate, offset, doing, force)
    for line in told(imported):
        say(line)
    for warning in imported.warnings:
        say(f"warning: {warning}")
    say(f"wrote {out}; next: hiphinge analyse {out}")


def _print(show: str | None) -> None:
    from hiphinge.files.importing.mapping_file import load_mapping, ready_mapping_text, ready_mappings

    if show is not None:
        sys.stdout.write(ready_mapping_text(show))
        return
    names = ready_mappings()
    width = max(len(name) for name in names)
    for name in names:
        sys.stdout.write(f"{name:{width}}  {load_mapping(name).description}\n")
