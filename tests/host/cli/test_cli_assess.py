"""`assess`: own maximum from guided bends, kept and used."""

import json
from pathlib import Path

import pytest
from command_line import hiphinge, maximal_bends, write_simulated


@pytest.fixture(scope="module")
def bends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_simulated(tmp_path_factory.mktemp("bends") / "bends.csv", maximal_bends((42.0, 46.0, 44.0)))


def test_the_largest_bend_is_taken_said_saved_and_used(
    capsys: pytest.CaptureFixture[str], bends: Path, session: Path, tmp_path: Path
):
    saved = tmp_path / "anna.json"
    ended = hiphinge(capsys, "assess", bends, "--save", saved, "--person", "Anna")
    assert ended.code == 0
    person = json.loads(saved.read_text(encoding="utf-8"))
    assert (person["schema"], person["person"]) == ("hiphinge.person/1", "Anna")
    flexions = [bend["lumbar_flexion_deg"] for bend in person["bends"]]
    assert flexions == pytest.approx([42, 46, 44], abs=2.0)
    assert person["own_max_flexion_deg"] == max(flexions)
    assert person["mean_deg"] == pytest.approx(sum(flexions) / 3, abs=0.001)
    said = " ".join(ended.out.split())
    assert f"Own maximum flexion: {max(flexions):.1f}" in said
    assert "the largest is taken, not the mean" in said
    assert "Warning" not in said
    assert str(saved) in ended.err
    used = hiphinge(capsys, "analyse", session, "--preset", "lenient", "--person", saved, "--json", "-")
    limit_deg = json.loads(used.out)["limits"]["lumbar_flexion_max_deg"]
    assert limit_deg == pytest.approx(0.42 * max(flexions), abs=0.001)


def test_an_own_maximum_no_limit_uses_is_said(capsys: pytest.CaptureFixture[str], session: Path):
    ended = hiphinge(capsys, "analyse", session, "--preset", "strict", "--own-max-flexion", 50)
    assert "own maximum flexion is not used" in " ".join(ended.out.split())


def test_hinges_are_no_maximal_bends(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path = write_simulated(tmp_path / "hinges.csv", maximal_bends((3.0, 4.0)))
    said = " ".join(hiphinge(capsys, "assess", path).out.split())
    assert "2 bends used; 3 guided maximal bends give" in said
    assert "a maximal bend rounds the whole back" in said


@pytest.mark.parametrize("content", ["{}", "[", '{"schema": "hiphinge.person/1", "own_max_flexion_deg": -4}'])
def test_a_person_file_that_is_none_is_one_line(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path, content: str
):
    person = tmp_path / "person.json"
    person.write_text(content, encoding="utf-8")
    ended = hiphinge(capsys, "analyse", session, "--person", person)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(str(person)) and ended.err.count("\n") == 1


def test_bends_are_not_overwritten(capsys: pytest.CaptureFixture[str], session: Path):
    before = session.read_bytes()
    assert hiphinge(capsys, "assess", session, "--save", session).code == 1
    assert session.read_bytes() == before
