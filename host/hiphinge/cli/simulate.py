"""``hiphinge simulate``: a synthetic wearer with known truth."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

# The simulator knows these words, too, but loads numpy; a test holds the two together.


class Mounting(StrEnum):
    """How the sensors sit."""

    NOMINAL = "nominal"
    RANDOM = "random"
    UPSIDE_DOWN = "upside_down"
    TURNED = "turned"
    OPPOSITE = "opposite"


class Sensors(StrEnum):
    """How good the sensors are."""

    PERFECT = "perfect"
    TYPICAL = "typical"
    CHEAP = "cheap"


class Distractor(StrEnum):
    """What is no hip hinge."""

    SIDE_BENDS = "side_bends"
    TWISTS = "twists"
    SIT_TO_STAND = "sit_to_stand"
    JUMPS = "jumps"
    PICK_UP = "pick_up"
    WALK = "walk"


# Bent forward as seen at the start of one real recording: plainly not upright, held for some seconds.
BENT_START = (40.0, 4.0)


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="OUT.csv, or a session folder without that ending.")],
    truth: Annotated[Path | None, typer.Option(metavar="F.csv", help="Write the true angles.")] = None,
    truth_json: Annotated[Path | None, typer.Option(metavar="F.json", help="Write the true repetitions.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Everything random follows from it.")] = 0,
    rate: Annotated[float, typer.Option(metavar="HZ", min=10, max=1000, help="Samples a second.")] = 100.0,
    sets: Annotated[int, typer.Option(min=0, max=100)] = 1,
    reps: Annotated[int, typer.Option(min=1, max=1000, help="Repetitions in each set.")] = 10,
    rest: Annotated[float, typer.Option(metavar="S", min=3, max=3600, help="Least time between sets.")] = 25.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N:KIND",
            help="Repetition N goes wrong: flexion, extension, shallow, deep or fast. Repeatable; "
            "N:KIND:DEG sets the size, SET.N:KIND one set only.",
        ),
    ] = None,
    swings: Annotated[bool, typer.Option("--swings", help="Fast swings instead of slow hinges.")] = False,
    mounting: Annotated[Mounting, typer.Option(help="How the sensors sit.")] = Mounting.NOMINAL,
    sensors: Annotated[Sensors, typer.Option(help="How good the sensors are.")] = Sensors.TYPICAL,
    swapped: Annotated[bool, typer.Option("--swapped", help="Sensors worn under each other's name.")] = False,
    walking: Annotated[float, typer.Option(metavar="S", min=0, max=3600, help="Walk before the first set.")] = 0.0,
    bent_start: Annotated[bool, typer.Option("--bent-start", help="Begin bent forward.")] = False,
    distractor: Annotated[
        list[Distractor] | None, typer.Option(help="Something else between the sets. Repeatable.")
    ] = None,
    drop: Annotated[float, typer.Option(metavar="SHARE", min=0, max=0.8, help="Share of rows lost, 0 to 0.8.")] = 0.0,
    blank: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=0.8, help="Share of either sensor's samples lost.")
    ] = 0.0,
    asymmetry: Annotated[
        float, typer.Option(metavar="DEG", min=0, max=30, help="Habitual side bend and rotation, 1 sigma.")
    ] = 1.0,
    soft_tissue: Annotated[
        float, typer.Option(metavar="DEG", min=0, max=20, help="How far skin turns a sensor on its bone.")
    ] = 0.5,
    quaternions: Annotated[bool, typer.Option("--quaternions", help="Add device-fused orientation.")] = False,
    marks: Annotated[bool, typer.Option("--marks", help="Mark the sets' start and end (session folder).")] = False,
) -> None:
    """Write a session of a synthetic wearer, and the truth behind it.

    \b
    Examples:
      hiphinge simulate session.csv --truth truth.csv
      hiphinge simulate session.csv --sets 3 --fault 4:flexion --fault 2.7:deep --drop 0.02
      hiphinge simulate session/ --mounting random --walking 20 --distractor pick_up --marks
    """
    from hiphinge.app.outputs import refuse_overwriting
    from hiphinge.app.simulation import SENSORS, is_csv, parse_fault, with_sets, write_simulation
    from hiphinge.cli.screen import count, say
    from hiphinge.model import HiphingeError
    from hiphinge.simulate import Scenario
    from hiphinge.simulate import simulate as run

    outputs = [path for path in (out, truth, truth_json) if path is not None]
    if Path("-") in outputs:
        raise typer.BadParameter("simulate writes files; give names instead of -")
    if marks and is_csv(out):
        raise typer.BadParameter("--marks need a session folder: a CSV holds samples only; leave out its .csv")
    refuse_overwriting(outputs, [])
    scenario = Scenario(
        seed=seed,
        rate_hz=rate,
        rest_s=rest,
        walking_s=walking,
        bent_start=BENT_START if bent_start else None,
        distractors=tuple(kind.value for kind in distractor or ()),
        swapped=swapped,
        mounting=mounting.value,
        sensors=SENSORS[sensors.value],
        drop_fraction=drop,
        blank_fraction=blank,
        asymmetry_deg=asymmetry,
        soft_tissue_deg=soft_tissue,
        quaternions=quaternions,
        marks=marks,
    )
    try:
        scenario = with_sets(scenario, sets, reps, [parse_fault(text) for text in fault or ()], swings)
    except HiphingeError as error:
        raise typer.BadParameter(str(error)) from None
    made = run(scenario)
    write_simulation(made, out, seed, truth, truth_json)
    duration_s = made.recording.time_s[-1]
    repetitions = count(len(made.truth.repetitions), "repetition")
    say(f"wrote {out}: simulated, {duration_s:.1f} s at {rate:g} Hz, {repetitions}")
