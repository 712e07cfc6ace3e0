"""``hiphinge bench ...``: what a built device does against something known; `app.bench` does the work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hiphinge.app.bench.findings import Findings
    from hiphinge.app.bench.plan import Plan, Step
    from hiphinge.app.live.updates import LiveUpdate

bench = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check a built device, with no laboratory.")

_WHAT = "tilt, pair, drift or range."


@bench.command()
def record(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=_WHAT)],
    source: Annotated[
        str, typer.Option("--source", metavar="S", help="serial[:PORT], ble[:NAME] or virtual (a simulated bench).")
    ] = "serial",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Each session gets a folder of its own in it.")
    ] = Path("bench"),
    angles: Annotated[
        str | None, typer.Option(metavar="DEG,...", help="tilt: the jig's angles. Default: those of the printed one.")
    ] = None,
    inclinometer: Annotated[
        bool, typer.Option("--inclinometer", help="tilt: type what the inclinometer shows at each angle.")
    ] = False,
    count: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="pair: bends.")] = 10,
    minutes: Annotated[float, typer.Option(metavar="N", help="drift: how long.")] = 10.0,
    distances: Annotated[
        str | None, typer.Option(metavar="M,...", help="range: distances. Default: 1,3,5,10,15.")
    ] = None,
    hold: Annotated[
        float | None, typer.Option(metavar="S", min=1, max=600, help="tilt, range: seconds a stage.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Another simulated bench.")] = 0,
) -> None:
    """Record a bench session: what to do is said step by step, Enter begins each stage.

    tilt: a pod on the printed jig (hardware/README.md) or beside an inclinometer. pair: both pods on one board, bent
    together. drift: both lying still. range: worn, farther and farther away.

    \b
    Examples:
      hiphinge bench record tilt
      hiphinge bench record tilt --angles 0,20,40,60 --inclinometer
      hiphinge bench record pair --source ble
      hiphinge bench record drift --source virtual
    """
    import asyncio

    from hiphinge.app.bench.record import record as record_it
    from hiphinge.app.bench.simulated import simulated
    from hiphinge.app.live.source import is_source, opened
    from hiphinge.cli.screen import data_console, say

    if not is_source(source) or source.startswith("replay:"):
        raise typer.BadParameter(f'--source "{source}": use serial, serial:PORT, ble, ble:NAME or virtual')
    _refuse_strangers(what, {"--angles": angles, "--inclinometer": inclinometer or None, "--distances": distances})
    plan = _plan(what, angles, inclinometer, count, minutes, distances, hold)
    if plan.kind == "range" and source.startswith("serial"):
        raise typer.BadParameter("range is of the radio; give --source ble")
    if source == "virtual":
        made = simulated(plan, seed)
        say(f"source: {made.source.words}; put in: {made.words}")
        operator, where = made, made.source
    else:
        operator, where = _Person(), opened(source)
        say(f"source: {where.words}; Enter begins a stage, q and Enter ends early, Ctrl-C leaves")
    folder, kept = asyncio.run(record_it(plan, where, out, operator, _told))
    say(f"{len(kept.stages)} of {len(plan.steps)} stages; next: hiphinge bench report {folder}")
    data_console().print(str(folder), soft_wrap=True)


@bench.command()
def report(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER", help="Of bench sessions.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE.html", help="Also as one HTML page; - is standard output."),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="tilt: a column angle_deg, a row a stage, in place of the jig's."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Report on bench sessions: bias, RMS and 95 % limits of agreement; drift; range.

    \b
    Examples:
      hiphinge bench report bench/2026-03-01_10-20-05
      hiphinge bench report bench/* --out bench.html
      hiphinge bench report bench/2026-03-01_10-20-05 --reference inclinometer.csv
    """
    from hiphinge.app.bench.findings import find
    from hiphinge.app.bench.stages import FILE_NAME
    from hiphinge.app.outputs import STDOUT, refuse_overwriting
    from hiphinge.cli.progress import LateProgress
    from hiphinge.cli.screen import say, talk_console

    if json and out == STDOUT:
        raise typer.BadParameter("--json and --out - both want standard output; give one of them")
    if reference is not None and len(folders) > 1:
        raise typer.BadParameter("--reference belongs to one session; report on it alone")
    kept = [*folders, *(folder / FILE_NAME for folder in folders), *([reference] if reference else [])]
    refuse_overwriting([] if out in (None, STDOUT) else [out], kept)
    folders = _begun(folders)
    found: list[Findings] = []
    with LateProgress(talk_console(), len(folders)) as progress:
        for folder in folders:
            progress.doing(f"looking at {folder.name}")
            found.append(find(folder, reference))
            progress.done()
    if json:
        _print_json(found)
    elif out != STDOUT:
        _print(found)
    if out is not None:
        _write(out, found)
        if out != STDOUT:
            say(f"wrote {out}")


@bench.command(name="bring-up")
def bring_up(
    port: Annotated[
        str | None,
        typer.Option(metavar="PORT", help="Serial port, or virtual. Default: the port that looks like ours."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the sheet goes, named by serial and date.")
    ] = Path(),
    by: Annotated[str, typer.Option(metavar="NAME", help="Who checks it.")] = "",
) -> None:
    """Have a device test itself and write its bring-up sheet: HTML, with blanks for eyes and a meter.

    Exit code 1 where a step failed; the sheet is written all the same.

    \b
    Examples:
      hiphinge bench bring-up
      hiphinge bench bring-up --port virtual -o sheets --by Anna
    """
    from datetime import datetime

    from hiphinge import __version__
    from hiphinge.app.bench import bringup
    from hiphinge.app.device.reach import reach, run
    from hiphinge.cli.screen import data_console, print_columns, say
    from hiphinge.files.errors import os_error

    found = run(reach(port), bringup.bring_up)
    made_at = datetime.now().astimezone()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise os_error(str(out), error, "written") from None
    path = bringup.free_path(out, bringup.sheet_name(found.tested.serial, made_at))
    bringup.write_sheet(path, found, made_at, {"hiphinge": __version__}, by)
    headings = [("step", "", False), ("where", "", False), ("result", "", False)]
    headings += [("expected", "", True), ("seen", "", True)]
    print_columns(data_console(), headings, bringup.said(found))
    say(f"wrote {path}; print it, look and measure, fill it in")
    if not bringup.passed(found):
        say("a step failed: see its sheet")
        raise typer.Exit(1)


def _refuse_strangers(what: str, given: dict[str, object]) -> None:
    """Refuse an option of another kind of session: it would do nothing."""
    belongs = {"--angles": "tilt", "--inclinometer": "tilt", "--distances": "range"}
    for option, value in given.items():
        if value is not None and what != belongs[option]:
            raise typer.BadParameter(f"{option} is for {belongs[option]}, not for {what}; leave it out")


def _begun(folders: list[Path]) -> list[Path]:
    """Of several folders those with stages: one that was left before its first stage must not hold up the others."""
    from hiphinge.app.bench.stages import FILE_NAME
    from hiphinge.cli.screen import say
    from hiphinge.files.errors import shown

    left = [one for one in folders if one.is_dir() and not (one / FILE_NAME).exists()]
    if len(left) == len(folders):
        return folders
    for one in left:
        say(f"{shown(str(one), 400)}: left out, no stage of a bench session was finished in it")
    return [one for one in folders if one not in left]


def _plan(
    what: str,
    angles: str | None,
    inclinometer: bool,
    count: int,
    minutes: float,
    distances: str | None,
    hold: float | None,
) -> Plan:
    from hiphinge.app.bench import plan as plans

    match what:
        case "tilt":
            wanted = plans.JIG_DEG if angles is None else _numbers("--angles", angles)
            return plans.tilt_plan(wanted, hold or plans.HOLD_S, inclinometer)
        case "pair":
            return plans.pair_plan(count)
        case "drift":
            return plans.drift_plan(minutes)
        case "range":
            metres = plans.DISTANCES_M if distances is None else _numbers("--distances", distances)
            return plans.range_plan(metres, hold or plans.RANGE_HOLD_S)
        case _:
            raise typer.BadParameter(f'"{what}": use {_WHAT}')


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(one) for one in text.split(","))
    except ValueError:
        raise typer.BadParameter(f'{option} "{text}": write numbers with commas between, such as 0,15,30') from None


class _Person:
    """Whoever stands at the bench: told on stderr, answers on stdin."""

    async def ready(self, at: int, step: Step, now_s: float) -> bool:
        """Wait for Enter."""
        del now_s
        answer = await _typed(f"{at + 1}: {step.words}; it lasts {step.hold_s:g} s from Enter: ")
        return answer is not None and answer.strip().lower() != "q"

    async def reading(self, at: int, step: Step) -> float:
        """Wait for a number."""
        from hiphinge.model import HiphingeError

        del step
        while (answer := await _typed(f"{at + 1}: it shows, deg: ")) is not None:
            try:
                angle = float(answer.strip().replace(",", "."))
            except ValueError:
                angle = 1e9
            if abs(angle) <= 180:
                return angle
            sys.stderr.write("a number from -180 to 180, please\n")
        raise HiphingeError("nobody typed a reading; the stages before it are kept")


async def _typed(prompt: str) -> str | None:
    """A line from standard input, None at its end; the session goes on meanwhile."""
    import asyncio
    import threading

    sys.stderr.write(prompt)
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def put(line: str) -> None:
        if not answer.done():
            answer.set_result(line)

    def read() -> None:
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not loop.is_closed():
            loop.call_soon_threadsafe(put, line)

    # A thread of its own that nobody waits for: Ctrl-C must not hang on a key that is never pressed.
    threading.Thread(target=read, daemon=True).start()
    typed = await answer
    if not typed:
        sys.stderr.write("\n")  # what comes next has a line of its own
    return typed or None


def _told(update: LiveUpdate) -> None:
    """What a person at the bench must know; angles and verdicts are none of it."""
    from hiphinge.app.live.updates import Recorded
    from hiphinge.cli.live_words import line
    from hiphinge.link.events import LinkDown, LinkUp, Rebooted, Warned

    if isinstance(update, LinkDown | LinkUp | Rebooted | Recorded | Warned):
        text = line(update)
        if text:
            sys.stderr.write(text + "\n")


def _print(found: list[Findings]) -> None:
    from hiphinge.cli.screen import data_console, print_columns, shows
    from hiphinge.files.errors import shown

    console = data_console()
    dash = "–" if shows(console, "–") else "-"
    for at, one in enumerate(found):
        # A file may hold anything; a terminal does what controls say.
        known = ", ".join(shown(text, 200) for text in (one.name, one.bench.device, one.bench.reference) if text)
        console.print(("\n" if at else "") + f"{one.title} ({known})", soft_wrap=True, style="bold")
        for table in one.tables:
            console.print(f"\n{table.caption}", soft_wrap=True)
            headings = [(head, "", column > 0) for column, head in enumerate(table.heads)]
            print_columns(console, headings, [tuple(cell.replace("–", dash) for cell in row) for row in table.rows])
        for words in (*one.warnings, *one.sentences):
            console.print(f"\n{words}", soft_wrap=not console.is_terminal)


def _print_json(found: list[Findings]) -> None:
    import json

    from hiphinge import __version__

    whole = {
        "schema": "hiphinge.bench-report/1",
        "version": __version__,
        "sessions": [one.to_dict() for one in found],
    }
    sys.stdout.write(json.dumps(whole, indent=1, allow_nan=False) + "\n")


def _write(out: Path, found: list[Findings]) -> None:
    from datetime import datetime

    from hiphinge import __version__
    from hiphinge.app.bench.page import bench_html
    from hiphinge.app.outputs import STDOUT
    from hiphinge.files.atomic import replacing

    text = bench_html(found, datetime.now().astimezone(), {"hiphinge": __version__})
    if out == STDOUT:
        sys.stdout.write(text)
        return
    with replacing(out) as file:
        file.write(text.encode("utf-8"))
