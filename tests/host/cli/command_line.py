"""The real entry point, in this process: exit code, stdout, stderr."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from hiphinge.cli.run import run
from hiphinge.files.csv_writer import write_csv
from hiphinge.simulate import Repetition, Scenario, default_scenario, simulate


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def hiphinge(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ended:
    capsys.readouterr()
    code = run([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return Ended(code, said.out, said.err)


def write_simulated(path: Path, scenario: Scenario | None = None) -> Path:
    write_csv(path, simulate(scenario or default_scenario()).recording)
    return path


def with_a_lone_bend() -> Scenario:
    repetitions = tuple(Repetition() for _ in range(3))
    return Scenario(seed=1, sets=(repetitions,), distractors_after=("pick_up",))


def maximal_bends(flexions_deg: tuple[float, ...]) -> Scenario:
    bends = tuple(
        Repetition(lumbar_flexion_deg=deg, eccentric_s=3.0, concentric_s=3.0, top_s=2.0) for deg in flexions_deg
    )
    return Scenario(seed=3, sets=(bends,))
