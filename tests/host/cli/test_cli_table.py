"""What `analyse` shows: fits the terminal, says why, needs no colour."""

import re
from pathlib import Path

import pytest
from command_line import hiphinge, write_simulated

from hiphinge.report.words import tempo
from hiphinge.simulate import Repetition, Scenario


@pytest.mark.parametrize("columns", [80, 120])
def test_table_fits_and_shows_everything(
    capsys: pytest.CaptureFixture[str], session: Path, monkeypatch: pytest.MonkeyPatch, columns: int
):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.chdir(session.parent)
    ended = hiphinge(capsys, "analyse", session.name)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert max(len(line) for line in lines) <= columns
    assert lines == [line.rstrip() for line in lines]
    assert "…" not in ended.out
    rows = [line.split() for line in lines if line.split()[-1:] in (["compliant"], ["faulty"])]
    assert [row[1] for row in rows] == [str(number) for number in range(1, 11)]
    assert [row[-1] == "faulty" for row in rows] == [number in (3, 5, 6, 8, 9) for number in range(1, 11)]


def test_reasons_are_plain_words(capsys: pytest.CaptureFixture[str], session: Path):
    lines = hiphinge(capsys, "analyse", session).out.splitlines()
    assert any(
        line.startswith("rep 8: bent the lower back ") and line.endswith(" deg near the bottom; your limit is 10")
        for line in lines
    )
    assert any(line.startswith("rep 9: went down in 0.") for line in lines)
    assert "10 attempts in 1 set: 5 compliant, 5 faulty, 0 uncertain" in lines
    assert "Not yet: 1 set done, the rule looks at the last 3." in lines


def test_another_stance_is_told_with_its_moment(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    one = tuple(Repetition() for _ in range(3))
    session = write_simulated(tmp_path / "s.csv", Scenario(sets=(one, one), stances=((0.0, 0.0), (6.0, -3.0))))
    said = " ".join(hiphinge(capsys, "analyse", session).out.split())
    # The second set stands otherwise; its moment lies in the rest before it.
    at = re.search(r"zero taken anew in another stance at (\d+\.\d) s;", said)
    assert at is not None and 15.0 < float(at[1]) < 50.0, said


def test_no_colour_in_a_pipe_and_colour_only_where_wanted(
    capsys: pytest.CaptureFixture[str], session: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("FORCE_COLOR", "NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b" not in hiphinge(capsys, "analyse", session).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;38" in hiphinge(capsys, "analyse", session).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;38" not in hiphinge(capsys, "analyse", session).out


@pytest.mark.parametrize(
    ("parts_s", "written"),
    [
        ((2.04, 0.4, 1.62, 0.7), "2.0-0.4-1.6-0.7"),
        ((0.45, 0.0, 0.4, 0.2), "X-0.0-X-0.2"),
        ((2.0, 0.4, 1.6, None), "2.0-0.4-1.6"),
    ],
)
def test_tempo_is_written_as_coaches_do(parts_s: tuple[float | None, ...], written: str):
    assert tempo(parts_s, "-") == written
