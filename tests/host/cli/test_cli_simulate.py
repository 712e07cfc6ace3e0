"""`simulate` and `demo`."""

import csv
import json
from pathlib import Path
from typing import get_args

import pytest
from command_line import hiphinge

from hiphinge.app.simulation import SENSORS
from hiphinge.cli.simulate import Distractor, Mounting, Sensors
from hiphinge.files.session import read_session
from hiphinge.simulate import DistractorKind
from hiphinge.simulate import Mounting as KnownMounting


def test_words_are_those_of_the_simulator():
    assert tuple(Mounting) == get_args(KnownMounting)
    assert tuple(Distractor) == get_args(DistractorKind)
    assert tuple(Sensors) == tuple(SENSORS)


def test_truth_has_the_sessions_instants_and_the_faults_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    out, truth, truth_json = tmp_path / "s.csv", tmp_path / "t.csv", tmp_path / "t.json"
    ended = hiphinge(
        capsys, "simulate", out, "--truth", truth, "--truth-json", truth_json, "--sets", 2, "--reps", 3, "--rest", 20,
        "--rate", 50, "--drop", 0.05, "--fault", "1:flexion:17", "--fault", "2.3:deep", "--sensors", "perfect",
    )  # fmt: skip
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.count("\n") == 1 and "simulated" in ended.err
    with out.open(encoding="utf-8") as session, truth.open(encoding="utf-8") as true:
        rows, true_rows = list(csv.DictReader(session)), list(csv.DictReader(true))
    assert [row["time_s"] for row in rows] == [row["time_s"] for row in true_rows]
    assert list(true_rows[0]) == [
        "time_s", "hip_hinge_deg", "trunk_deg", "lumbar_flexion_deg", "lumbar_side_bend_deg", "lumbar_rotation_deg",
    ]  # fmt: skip
    told = json.loads(truth_json.read_text(encoding="utf-8"))
    assert told["schema"] == "hiphinge.truth/1"
    repetitions = [(one["set"], one["fault"]) for one in told["repetitions"]]
    assert repetitions == [(1, "flexion"), (1, None), (1, None), (2, "flexion"), (2, None), (2, "deep")]
    assert all(abs(told["repetitions"][at]["lumbar_flexion_deg"] - 17) < 1.5 for at in (0, 3))
    assert told["repetitions"][5]["hip_hinge_deg"] > 55


def test_same_seed_same_bytes_other_seed_others(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert hiphinge(capsys, "simulate", tmp_path / f"{name}.csv", "--reps", 1, "--seed", seed).code == 0
    a, b, c = ((tmp_path / f"{name}.csv").read_bytes() for name in "abc")
    assert a == b != c


def test_without_csv_in_its_name_a_session_folder_is_made(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert hiphinge(capsys, "simulate", tmp_path / "session", "--reps", 2, "--marks", "--quaternions").code == 0
    recording = read_session(tmp_path / "session")
    assert [event.kind for event in recording.meta.events] == ["set_start", "set_end"]
    assert recording.sacral.quat is not None


def test_one_place_is_not_written_twice(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    ended = hiphinge(capsys, "simulate", tmp_path / "s.csv", "--truth", tmp_path / "s.csv")
    assert ended.code == 1 and "asked for twice" in ended.err
    assert not list(tmp_path.iterdir())


def test_demo_says_it_is_simulated_and_how_far_from_the_truth(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    ended = hiphinge(capsys, "demo", "--keep", tmp_path / "kept")
    assert (ended.code, ended.err) == (0, "")
    said = " ".join(ended.out.split())
    assert "A simulated wearer, not a person: 10 repetitions, 5 with a fault" in said
    assert "10 attempts in 1 set: 5 compliant, 5 faulty, 0 uncertain" in said
    error_deg = float(said.partition("root mean square error over the set ")[2].split()[0])
    assert 0 < error_deg < 1
    assert "On people it is larger." in said
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"simulated.csv", "truth.csv", "report.html"}
    # What it suggests next works.
    suggested = ended.out.splitlines()[-1].partition("hiphinge ")[2].split()
    assert hiphinge(capsys, *suggested).code == 0


def test_demo_that_cannot_keep_its_files_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    ended = hiphinge(capsys, "demo", "--keep", taken)
    assert (ended.code, ended.out) == (1, "")
    assert str(taken) in ended.err and ended.err.count("\n") == 1
