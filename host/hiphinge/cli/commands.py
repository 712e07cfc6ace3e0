"""The commands and what stands above them. Loads typer only: ``--help`` must be quick."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hiphinge import __version__
from hiphinge.cli.analyse import analyse
from hiphinge.cli.assess import assess
from hiphinge.cli.bench import bench
from hiphinge.cli.cohort import cohort
from hiphinge.cli.demo import demo
from hiphinge.cli.device import device, devices
from hiphinge.cli.device_erase import erase
from hiphinge.cli.export import export
from hiphinge.cli.import_ import import_
from hiphinge.cli.live import live, record
from hiphinge.cli.report import report
from hiphinge.cli.simulate import simulate

# Plain help instead of rich panels: half the start-up time, and it reads the same in a pipe.
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for function in (demo, live, record, analyse, report, cohort, assess, simulate):
    app.command()(function)
app.command(name="import")(import_)
app.command()(export)
app.command()(devices)
device.command()(erase)
app.add_typer(device, name="device")
app.add_typer(bench, name="bench")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hiphinge {__version__}")
        raise typer.Exit


@app.callback()
def hiphinge(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Two sensors on the back: judged hip hinges out of a recording.

    Try it without hardware:  hiphinge demo
    """
    del version  # its callback has shown it


def command() -> Any:
    """The whole command line as one callable: ``command()(args=[...], prog_name="hiphinge")``."""
    return typer.main.get_command(app)
