"""`report`, `analyse --report`, and the report a demonstration ends with."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Ended, hiphinge

PAGE = re.compile(r"\A<!doctype html>\n<html lang=\"en\">.*</html>\n?\Z", re.DOTALL)


def headings(path: Path) -> list[str]:
    """The headings of a report, without marks."""
    html = path.read_text(encoding="utf-8")
    assert PAGE.match(html)
    return [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<h[123][^>]*>(.*?)</h[123]>", html, re.DOTALL)]


def test_help_has_examples(capsys: pytest.CaptureFixture[str]):
    ended = hiphinge(capsys, "report", "--help")
    assert ended.code == 0 and "hiphinge report session.csv" in ended.out


def test_one_session_gets_a_report_named_after_it(
    capsys: pytest.CaptureFixture[str], session: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(session.parent)
    ended = hiphinge(capsys, "report", session.name)
    assert ended == Ended(0, "", "wrote demo-report.html\n")
    assert headings(session.parent / "demo-report.html")[:2] == ["Hip hinge session", "Summary"]


def test_several_are_compared_under_their_labels(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    out = tmp_path / "both.html"
    ended = hiphinge(capsys, "report", session, session, "-o", out, "-l", "before <b>", "--label", "after")
    assert (ended.code, ended.out) == (0, "")
    found = headings(out)
    assert found[:2] == ["2 sessions side by side", "Side by side"]
    assert {"A before &lt;b&gt;", "B after"} <= set(found)


def test_a_folder_takes_the_report_under_its_own_name(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    assert hiphinge(capsys, "report", session, "-o", tmp_path, "-l", "").code == 0
    assert (tmp_path / f"{session.stem}-report.html").is_file()


def test_a_calibration_of_another_recording_is_not_said_to_be_of_this_one(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    saved, out = tmp_path / "c.json", tmp_path / "r.html"
    assert hiphinge(capsys, "analyse", session, "--save-calibration", saved, "--report", out).code == 0
    assert "s of the recording it was made from" not in out.read_text(encoding="utf-8")
    for given in (("analyse", session, "--report", out), ("report", session, "-o", out)):
        out.unlink()
        assert hiphinge(capsys, *given, "--calibration", saved).code == 0
        assert "s of the recording it was made from" in out.read_text(encoding="utf-8")


def test_analyse_writes_one_report_beside_its_table(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    one, both = tmp_path / "one.html", tmp_path / "both.html"
    ended = hiphinge(capsys, "analyse", session, "--report", one)
    assert ended.code == 0 and "10 attempts in 1 set" in ended.out
    assert "Summary" in headings(one)
    assert hiphinge(capsys, "analyse", session, session, "--report", both).code == 0
    assert "Side by side" in headings(both)


def test_a_broken_file_is_said_and_the_others_are_reported(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    out = tmp_path / "r.html"
    ended = hiphinge(capsys, "analyse", tmp_path / "none.csv", session, "--report", out)
    assert ended.code == 1 and "none.csv: no such file" in ended.err
    assert "Side by side" not in headings(out)


def test_a_comparison_is_not_made_without_one_of_its_sessions(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    out = tmp_path / "r.html"
    ended = hiphinge(capsys, "report", session, tmp_path / "none.csv", "-o", out)
    assert ended.code == 1 and ended.err.count("\n") == 1 and "none.csv: no such file" in ended.err
    assert not out.exists()


@pytest.mark.parametrize("command", [("report", "-o", "-"), ("analyse", "--report", "-")])
def test_standard_output_takes_the_page_alone(
    capsys: pytest.CaptureFixture[str], session: Path, command: tuple[str, ...]
):
    ended = hiphinge(capsys, command[0], session, *command[1:])
    assert (ended.code, ended.err) == (0, "")
    assert PAGE.match(ended.out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "{session}", "-o", "{session}"), "one of the inputs"),
        (("analyse", "{session}", "--report", "{session}"), "one of the inputs"),
        (("analyse", "{session}", "--report", "{folder}/a", "--json", "{folder}/a"), "asked for twice"),
        (("report", "{session}", "-o", "{folder}/no/such/folder/r.html"), "no such file or folder"),
    ],
)
def test_places_that_cannot_be_written_are_refused(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
):
    before = session.read_bytes()
    ended = hiphinge(capsys, *(one.format(session=session, folder=tmp_path) for one in arguments))
    assert ended.code == 1 and said in ended.err and ended.err.count("\n") == 1
    assert session.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("report",),
        ("report", "{session}", "-l", "a", "-l", "b"),
        ("report", "{session}", "--own-max-flexion", "50", "--person", "{session}"),
        ("report", "{session}", "--calibration", "{session}", "--recalibrate"),
        ("analyse", "{session}", "--report", "-", "--json", "-"),
    ],
)
def test_wrong_usage_is_exit_two(capsys: pytest.CaptureFixture[str], session: Path, arguments: tuple[str, ...]):
    assert hiphinge(capsys, *(one.format(session=session) for one in arguments)).code == 2


def test_options_reach_the_analysis(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    out = tmp_path / "r.html"
    assert hiphinge(capsys, "report", session, "-o", out, "--programme", "unassisted", "--live").code == 0
    html = out.read_text(encoding="utf-8")
    assert "Unassisted hip hinge" in html and "as it would have been shown live" in html


def test_a_demonstration_ends_with_a_report(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    ended = hiphinge(capsys, "demo", "--keep", tmp_path / "kept")
    assert ended.code == 0
    (named,) = re.findall(r"^Report: +(.+?) {2,}", ended.out, re.MULTILINE)
    assert Path(named) == tmp_path / "kept" / "report.html"
    assert "A simulated wearer, not a person" in Path(named).read_text(encoding="utf-8")


def test_without_a_folder_the_report_of_a_demonstration_stays(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = hiphinge(capsys, "demo")
    (named,) = re.findall(r"^Report: +(.+?) {2,}", ended.out, re.MULTILINE)
    assert Path(named).is_relative_to(tmp_path) and "Summary" in headings(Path(named))


def test_a_terminal_of_another_encoding_gets_utf8(session: Path):
    command = (sys.executable, "-m", "hiphinge", "analyse", str(session), "--report", "-")
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ended = subprocess.run(command, env=env, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert PAGE.match(ended.stdout.decode("utf-8"))
