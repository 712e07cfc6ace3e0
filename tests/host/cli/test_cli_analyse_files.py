"""What `analyse` writes where, one file or several, and what it refuses."""

import csv
import json
from pathlib import Path

import pytest
from command_line import hiphinge

ANGLES = ("hip_hinge", "trunk", "lumbar_flexion", "lumbar_side_bend", "lumbar_rotation")


def test_angles_are_written_at_the_sessions_own_instants(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    out = tmp_path / "angles.csv"
    assert hiphinge(capsys, "analyse", session, "--angles", out, "--live").code == 0
    with session.open(encoding="utf-8") as file:
        instants = [row["time_s"] for row in csv.DictReader(file)]
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time_s", *(f"{name}_deg" for name in ANGLES), *(f"{name}_sd_deg" for name in ANGLES)]
    assert [row["time_s"] for row in rows] == instants
    assert rows[0]["trunk_deg"] == ""  # live, nothing is known before calibration
    assert abs(float(rows[-1]["trunk_deg"])) < 5


def test_several_files_go_to_folders_and_a_broken_one_stops_nothing(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    broken = tmp_path / "broken.csv"
    broken.write_text("time_s\n", encoding="utf-8")
    other = tmp_path / "other" / "Demo.csv"
    other.parent.mkdir()
    other.write_bytes(session.read_bytes())
    out = tmp_path / "deep" / "results"
    ended = hiphinge(capsys, "analyse", session, broken, other, "--json", out, "--angles", out)
    assert ended.code == 1
    assert [line.split(": ")[0] for line in ended.out.splitlines()] == [str(session), str(other)]
    assert all("10 attempts in 1 set: 5 compliant, 5 faulty, 0 uncertain" in line for line in ended.out.splitlines())
    assert ended.err.count("\n") == 1 and ended.err.startswith(str(broken))
    assert sorted(path.name for path in out.iterdir()) == ["Demo-2.csv", "Demo-2.json", "demo.csv", "demo.json"]
    assert json.loads((out / "Demo-2.json").read_text(encoding="utf-8"))["session"]["file"] == str(other)


def test_a_fault_of_ours_in_one_file_stops_nothing_and_is_one_line(
    capsys: pytest.CaptureFixture[str], session: Path, monkeypatch: pytest.MonkeyPatch
):
    from hiphinge.cli import batch

    real, other = batch.analyse_recording, session.with_name("other.csv")
    other.write_bytes(session.read_bytes())
    monkeypatch.setattr(
        batch, "analyse_recording", lambda r, q: real(r, q) if r.source == str(other) else [][len(r.source)]
    )
    ended = hiphinge(capsys, "analyse", session, other)
    assert ended.code == 1
    assert "10 attempts" in ended.out
    assert ended.err.count("\n") == 1
    assert "has a fault (IndexError" in ended.err and "HIPHINGE_TRACEBACK=1" in ended.err
    monkeypatch.setenv("HIPHINGE_TRACEBACK", "1")
    assert "Traceback (most recent call last)" in hiphinge(capsys, "analyse", session, other).err


@pytest.mark.parametrize("option", ["--json", "--angles", "--save-calibration"])
def test_inputs_are_never_overwritten(capsys: pytest.CaptureFixture[str], session: Path, option: str):
    before = session.read_bytes()
    roundabout = session.parent / "." / ".." / session.parent.name / session.name
    ended = hiphinge(capsys, "analyse", session, option, roundabout)
    assert (ended.code, ended.out) == (1, "")
    assert "will not be overwritten" in ended.err and ended.err.count("\n") == 1
    assert session.read_bytes() == before


def test_a_folder_of_inputs_is_no_folder_for_angles(capsys: pytest.CaptureFixture[str], session: Path):
    before = session.read_bytes()
    assert hiphinge(capsys, "analyse", session, session, "--angles", session.parent).code == 1
    assert session.read_bytes() == before


@pytest.mark.parametrize("option", ["--json", "--angles", "--save-calibration"])
def test_a_place_that_cannot_be_written_is_one_line(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path, option: str
):
    ended = hiphinge(capsys, "analyse", session, option, tmp_path / "missing" / "out")
    assert ended.code == 1
    assert ended.err.count("\n") == 1 and "missing" in ended.err and "Traceback" not in ended.err


def test_several_results_do_not_go_into_one_file(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    taken = tmp_path / "taken.json"
    taken.write_text("mine", encoding="utf-8")
    ended = hiphinge(capsys, "analyse", session, session, "--json", taken)
    assert ended.code == 1 and "name a folder" in ended.err
    assert taken.read_text(encoding="utf-8") == "mine"


def test_a_saved_calibration_is_taken_and_said(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    saved = tmp_path / "calibration.json"
    found = json.loads(hiphinge(capsys, "analyse", session, "--json", "-").out)
    assert hiphinge(capsys, "analyse", session, "--save-calibration", saved).code == 0
    again = json.loads(hiphinge(capsys, "analyse", session, "--json", "-", "--calibration", saved).out)
    assert found["calibration"]["from"] == "found in the recording"
    assert again["calibration"]["from"] == f"read from {saved}"
    assert again["calibration"]["neutral"] == found["calibration"]["neutral"]
    assert again["summary"] == found["summary"]


def test_limits_are_learned_from_an_approved_session(capsys: pytest.CaptureFixture[str], session: Path):
    ended = hiphinge(capsys, "analyse", session, "--limits-from", session)
    assert ended.code == 0
    assert "learned from 10 approved repetitions" in " ".join(ended.out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyse",),
        ("analyse", "a.csv", "--frobnicate"),
        ("analyse", "a.csv", "b.csv", "--json", "-"),
        ("analyse", "a.csv", "b.csv", "--save-calibration", "c.json"),
        ("analyse", "a.csv", "--json", "-", "--angles", "-"),
        ("analyse", "a.csv", "--own-max-flexion", "50", "--person", "p.json"),
        ("analyse", "a.csv", "--calibration", "c.json", "--recalibrate"),
        ("analyse", "a.csv", "--rest", "-3"),
        ("analyse", "a.csv", "--own-max-flexion", "lots"),
        ("simulate",),
        ("simulate", "a.csv", "--rate", "5"),
        ("simulate", "a.csv", "--fault", "4:bent"),
        ("simulate", "a.csv", "--fault", "11:flexion"),
        ("simulate", "a.csv", "--mounting", "loose"),
        ("simulate", "a.csv", "--marks"),
        ("simulate", "-"),
        ("assess",),
        ("demo", "--seed", "-1"),
        ("frobnicate",),
        ("live", "session.csv", "--headless"),
    ],
)
def test_wrong_usage_ends_with_two_and_a_hint(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
):
    monkeypatch.chdir(tmp_path)
    ended = hiphinge(capsys, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err and "--help" in ended.err and "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--programme", "asisted", 'did you mean "assisted"'),
        ("--programme", "missing.toml", "there is no such file"),
        ("--preset", "gentle", "known are strict, lenient"),
        ("--person", "missing.json", "no such file"),
        ("--calibration", "missing.json", "no such file"),
        ("--limits-from", "missing.csv", "no such file"),
    ],
)
def test_what_options_name_must_be_there(
    capsys: pytest.CaptureFixture[str], session: Path, option: str, value: str, said: str
):
    ended = hiphinge(capsys, "analyse", session, option, value)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err and ended.err.count("\n") == 1
