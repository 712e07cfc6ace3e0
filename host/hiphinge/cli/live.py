"""``hiphinge live`` and ``record``: a session as it happens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from hiphinge.cli.options import GivenCalibration, OwnMaxFlexion, Person, Preset, Rest

if TYPE_CHECKING:
    from hiphinge.app.live.plan import LivePlan, Wearer
    from hiphinge.model import Calibration, SessionMeta

Where: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FOLDER",
        help="Each session gets a folder of its own in it. Default: sessions, but for a replay nowhere.",
    ),
]
From: TypeAlias = Annotated[
    str, typer.Option("--source", metavar="S", help="virtual, replay:FOLDER, serial[:PORT] or ble[:NAME].")
]
JsonLines: TypeAlias = Annotated[
    bool, typer.Option("--json-lines", help="A JSON object a line on standard output, for other programs.")
]
Who: TypeAlias = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Who trains.")]
Stance: TypeAlias = Annotated[str | None, typer.Option(metavar="S", help="parallel or split.")]
Side: TypeAlias = Annotated[str | None, typer.Option(metavar="S", help="left or right: the leg in front.")]
Load: TypeAlias = Annotated[float | None, typer.Option("--load", metavar="KG", min=0, max=500, help="Weight held.")]
Notes: TypeAlias = Annotated[str, typer.Option(metavar="TEXT", help="Kept with the session.")]
Pace: TypeAlias = Annotated[
    # Beyond that no computer keeps up: 0 says so.
    float, typer.Option(metavar="N", min=0, max=1000, help="Virtual or replayed: N times as fast; 0 as fast as it can.")
]
Seed: TypeAlias = Annotated[int, typer.Option(metavar="N", min=0, help="Another virtual wearer.")]

_SESSIONS = Path("sessions")


def live(
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="S",
            help="virtual, replay:FOLDER, serial[:PORT], ble[:NAME]. Default: chosen on the page; --headless: virtual.",
        ),
    ] = None,
    out: Where = None,
    headless: Annotated[bool, typer.Option("--headless", help="In the terminal, without the dashboard.")] = False,
    json_lines: JsonLines = False,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="Of the dashboard; 0 takes a free one.")
    ] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let others in this network look on, with a link or QR code each.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve the page, open nothing.")] = False,
    programme: Annotated[
        str | None, typer.Option(metavar="P", help="assisted, unassisted, loaded-split-rdl, or your own TOML file.")
    ] = None,
    preset: Preset = None,
    own_max_flexion: OwnMaxFlexion = None,
    person: Person = None,
    rest: Rest = None,
    calibration: GivenCalibration = None,
    name: Who = None,
    stance: Stance = None,
    side: Side = None,
    load: Load = None,
    notes: Notes = "",
    no_recording: Annotated[bool, typer.Option("--no-recording", help="Record nothing.")] = False,
    pace: Pace = 1.0,
    seed: Seed = 0,
    lsl: Annotated[
        str | None,
        typer.Option("--lsl", metavar="NAME", help="Publish on Lab Streaming Layer under this name."),
    ] = None,
    marks_from: Annotated[
        str | None,
        typer.Option("--marks-from", metavar="NAME", help="Take marks from this stream on it."),
    ] = None,
) -> None:
    """Record and judge a session as it happens, on a page in the browser. Ctrl-C ends it.

    With --headless it runs in the terminal. Type a letter and Enter there: s begins or ends a set, m marks the moment
    (text after it is the note), c calibrates anew, z takes the next standing for zero, q ends.

    \b
    Examples:
      hiphinge live
      hiphinge live --source serial --lan
      hiphinge live --headless
      hiphinge live --headless --source serial --programme unassisted --name anna
      hiphinge live --source serial --lsl hiphinge --marks-from "stimulus markers"
      hiphinge live --headless --source replay:sessions/2026-03-01_10-20-05 --pace 0
    """
    from hiphinge.app.live.plan import planned
    from hiphinge.cli.asked import one_of_each

    one_of_each(own_max_flexion, person)
    screenless = headless or json_lines
    if screenless and (port is not None or lan or no_browser):
        raise typer.BadParameter("--port, --lan and --no-browser are the dashboard's; leave them out, or --headless")
    if source is None and screenless:
        source = "virtual"
    where = _where(source, out, no_recording)
    plan = planned(
        where,
        programme,
        preset,
        own_max_flexion_deg=own_max_flexion if person is None else _own_max_flexion_deg(person),
        rest_s=rest,
        calibration=None if calibration is None else _calibration(calibration),
        wearer=_wearer(name, stance, side, load, notes),
        like=None if source is None else _like(source),
    )
    if screenless:
        _run(plan, source or "virtual", json_lines, seed, pace, (lsl, marks_from))
        return
    from hiphinge.cli.live_page import run_page

    code = run_page(
        plan,
        source,
        seed=seed,
        pace=pace or None,
        port=port,
        lan=lan,
        open_browser=not no_browser,
        lab=(lsl, marks_from),
    )
    if code:
        raise typer.Exit(code)


def record(
    source: From = "serial",
    out: Where = None,
    json_lines: JsonLines = False,
    name: Who = None,
    stance: Stance = None,
    side: Side = None,
    load: Load = None,
    notes: Notes = "",
    pace: Pace = 1.0,
    seed: Seed = 0,
) -> None:
    """Record a session without judging it; `hiphinge analyse` does that later. Ctrl-C ends it.

    \b
    Examples:
      hiphinge record --source serial -o sessions/
      hiphinge record --source virtual --pace 10
    """
    from hiphinge.app.live.plan import planned

    plan = planned(_where(source, out), judged=False, wearer=_wearer(name, stance, side, load, notes))
    _run(plan, source, json_lines, seed, pace)


# What follows loads files and tables only where they were asked for: the page is to be there at once.


def _own_max_flexion_deg(person: Path) -> float:
    from hiphinge.app.person import read_person

    return read_person(person).own_max_flexion_deg


def _calibration(path: Path) -> Calibration:
    from hiphinge.files.calibration_json import read_calibration

    return read_calibration(path)


def _like(source: str) -> SessionMeta | None:
    from hiphinge.app.live.source import own_meta

    return own_meta(source)


def _wearer(name: str | None, stance: str | None, side: str | None, load_kg: float | None, notes: str) -> Wearer:
    from hiphinge.app.live.plan import Wearer

    if stance not in (None, "parallel", "split"):
        raise typer.BadParameter(f'--stance "{stance}": use parallel or split')
    if side not in (None, "left", "right"):
        raise typer.BadParameter(f'--side "{side}": use left or right')
    return Wearer(name, stance, side, load_kg, notes)


def _where(source: str | None, out: Path | None, no_recording: bool = False) -> Path | None:
    """Where to record, None for nowhere; refuses a source that is none: wrong usage."""
    if source is not None:
        from hiphinge.app.live.source import KINDS, is_source

        if not is_source(source):
            raise typer.BadParameter(f'--source "{source}": use {", ".join(KINDS)}')
    if no_recording and out is not None:
        raise typer.BadParameter("--no-recording and --out contradict each other; give one of them")
    if no_recording or (out is None and source is not None and source.startswith("replay:")):
        return None
    return out or _SESSIONS


def _run(
    plan: LivePlan,
    source: str,
    json_lines: bool,
    seed: int,
    pace: float,
    lab: tuple[str | None, str | None] = (None, None),
) -> None:
    from hiphinge.app.live.source import opened
    from hiphinge.cli.live_terminal import run_in_terminal

    code = run_in_terminal(plan, opened(source, seed=seed, pace=pace or None), json_lines, lab)
    if code:
        raise typer.Exit(code)
