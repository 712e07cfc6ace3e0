"""`hiphinge live` and `record` in this process: exit codes, lines, JSON."""

import json
import re
from pathlib import Path

import pytest
from command_line import hiphinge

from hiphinge.app.live.updates import Guidance, Notice
from hiphinge.cli.live_json import json_line
from hiphinge.cli.live_words import line, progress, status, wrapped
from hiphinge.link.events import LinkDown, Lost, Rebooted
from hiphinge.link.health import LinkHealth

DOCUMENTED = Path(__file__).parents[3] / "host" / "docs" / "live-json.md"


def documented() -> dict[str, set[str]]:
    """Types and their fields, by the page: a heading a type, a table row a field."""
    found: dict[str, set[str]] = {}
    kind = ""
    for text in DOCUMENTED.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"### `(\w+)`", text):
            kind = heading[1]
            found[kind] = {"type"}
        elif kind and (row := re.match(r"\| ((?:`\w+`(?:, )?)+)", text)):
            found[kind] |= set(re.findall(r"`(\w+)`", row[1]))
    return found


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, object]]]:
    """One session on the virtual device: its folder, and its lines."""
    import contextlib
    import io

    from hiphinge.cli.run import run

    root, out = tmp_path_factory.mktemp("sessions"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert run(["live", "--headless", "--json-lines", "--pace", "0", "-o", str(root), "--name", "anna"]) == 0
    (folder,) = root.iterdir()
    return folder, [json.loads(text) for text in out.getvalue().splitlines()]


def test_every_line_is_a_documented_object(recorded: tuple[Path, list[dict[str, object]]]):
    known = documented()
    for one in recorded[1]:
        kind = str(one["type"])
        assert set(one) == known[kind], f"{kind} is as documented"
    assert recorded[1][0]["type"] == "session"
    assert recorded[1][0]["schema"] == "hiphinge.live/1"
    assert recorded[1][-1]["type"] == "finished"


def test_types_that_seldom_come_are_documented_too():
    from hiphinge.cli import live_json

    known = documented()
    for cls, kind in live_json._TYPES.items():
        names = {live_json._RENAMED.get(name, name) for name in cls.__dataclass_fields__}
        assert known[kind] == {"type", *names}


def test_repetitions_as_lines_are_those_of_analyse(
    recorded: tuple[Path, list[dict[str, object]]], capsys: pytest.CaptureFixture[str]
):
    folder, lines = recorded
    shown = [one for one in lines if one["type"] == "repetition"]
    ended = hiphinge(capsys, "analyse", folder, "--live", "--json", "-")
    assert ended.code == 0
    attempts = json.loads(ended.out)["attempts"]
    assert [one["verdict"] for one in shown] == [one["verdict"] for one in attempts]
    assert [one["verdict"] for one in shown].count("faulty") == 2
    assert lines[-1]["attempts"] == attempts


def test_the_words_of_a_session(recorded: tuple[Path, list[dict[str, object]]], capsys: pytest.CaptureFixture[str]):
    ended = hiphinge(capsys, "live", "--headless", "--source", f"replay:{recorded[0]}", "--pace", "0")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert "connected" in lines
    assert any(one.startswith("→ stand still and tall for 3 s") for one in lines)
    assert sum(one.startswith("✓ set 1 rep ") for one in lines) == 8
    assert "bent the lower back" in next(one for one in lines if one.startswith("✗ set 1 rep 3 faulty"))
    # Nothing is recorded again, so nothing is said of a place.
    assert re.fullmatch(r"10 repetitions in 1 set, 8 compliant, \d+ s", lines[-1])
    assert re.search(r"live  \d+/\d+ Hz  lost 0  resent 0  \d+ ms \(95 %: \d+\)  battery 8\d %", ended.err)


def test_record_says_where_and_judges_nothing(
    recorded: tuple[Path, list[dict[str, object]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    ended = hiphinge(capsys, "record", "--source", f"replay:{recorded[0]}", "--pace", "0", "-o", tmp_path)
    (folder,) = tmp_path.iterdir()
    assert ended.code == 0
    assert ended.out.splitlines()[-1].endswith(f"recorded in {folder}")
    assert "rep " not in ended.out
    assert (folder / "session.csv").read_bytes() == (recorded[0] / "session.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--source", "bluetooth"], 2, "use virtual, replay:FOLDER, serial, serial:PORT"),
        (["--source", "replay:"], 2, "--source"),
        (["--source", "virtual:1"], 2, "--source"),
        (["--source", "serial:"], 2, "--source"),
        (["--source", "replay:nowhere"], 1, "nowhere"),
        (["--source", "serial:/dev/nowhere"], 1, "/dev/nowhere"),
        (["--pace", "-1"], 2, "--pace"),
        (["--pace", "inf"], 2, "--pace"),
        (["--pace", "nan"], 2, "--pace"),
        (["--stance", "sitting"], 2, "use parallel or split"),
        (["--side", "front"], 2, "use left or right"),
        (["--programme", "nonsense"], 1, "nonsense"),
        (["--load", "-3"], 2, "--load"),
        (["--no-recording", "-o", "here"], 2, "contradict"),
        (["--own-max-flexion", "50", "--person", "p.toml"], 2, "give one of them"),
        (["--calibration", "nowhere.json"], 1, "nowhere.json"),
        (["--nonsense"], 2, "--nonsense"),
    ],
)
def test_what_cannot_be_done(arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]):
    ended = hiphinge(capsys, "live", "--headless", *arguments)
    assert ended.code == code
    assert said in ended.err.replace("\n", " ")
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_an_unwritable_place_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    place = tmp_path / "file"
    place.write_text("")
    ended = hiphinge(capsys, "live", "--headless", "--pace", "0", "-o", place)
    assert ended.code == 1
    assert str(place) in ended.err.splitlines()[-1]


def test_a_recording_without_samples_is_none(
    recorded: tuple[Path, list[dict[str, object]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "raw.bin").write_bytes((recorded[0] / "raw.bin").read_bytes()[:600])
    ended = hiphinge(capsys, "live", "--headless", "--source", f"replay:{tmp_path}", "--pace", "0")
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "no sample came"


HEALTH = LinkHealth(
    True,
    True,
    "virtual",
    (120.0, 120.0),
    (119.6, 117.2),
    900,
    3,
    0,
    0,
    (0, 0),
    0,
    0,
    2,
    30,
    0.031,
    0.048,
    0.01,
    12.0,
    87,
)


def test_status_line_fits_the_terminal():
    text = status(HEALTH, 65.0)
    assert text == "1:05  live  120/117 Hz  lost 0  resent 3  31 ms (95 %: 48)  battery 87 %"
    assert len(text) < 80


@pytest.mark.parametrize(
    ("update", "said"),
    [
        (Lost(1.0, "power_cut", 3, 4), "4 blocks will never come (power cut)"),
        (Lost(1.0, "power_cut", 3, 0, (12, 11)), "12 samples are missing for good"),
        (Rebooted(1.0, 1, 2), "the device restarted; the session goes on"),
        (Rebooted(1.0, 1, 2, 0.031), "its clock is joined to the old one's to within 31 ms"),
        (LinkDown(1.0), "link lost: the device keeps what it measures; waiting for it"),
        (Notice("the disk is full"), "! the disk is full"),
        (Guidance("stand", 0.4, "stand still"), ""),
    ],
)
def test_lines_for_people(update: object, said: str):
    assert line(update) == said  # type: ignore[arg-type]
    assert json.loads(json_line(update))["type"]  # type: ignore[arg-type]


def test_long_lines_are_wrapped_below_their_words():
    text = "✗ set 1 rep 3 faulty: " + "bent the lower back " * 8
    parts = wrapped(text.strip(), 80).split("\n")
    assert all(len(part) <= 80 for part in parts)
    assert all(part.startswith("        ") for part in parts[1:])
    assert " ".join(part.strip() for part in parts) == text.strip()
    assert progress(Guidance("stand", 0.5, "")) == "standing still  █████░░░░░"
