"""`hiphinge bench ...` in this process: a simulated bench end to end, tables, pages, one-line errors."""

import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import hiphinge
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.app.bench import simulated
from hiphinge.app.bench.plan import tilt_plan
from hiphinge.app.bench.stages import FILE_NAME, KINDS, Bench, Link, Stage, read_bench, write_bench
from hiphinge.app.live import source as sources
from hiphinge.model import HiphingeError


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One session of each kind from the simulated bench, the long ones short."""
    from hiphinge.cli.run import run

    root = tmp_path_factory.mktemp("bench")
    short = {
        "tilt": ["--angles", "0,30,60,90,0", "--hold", "2"],
        "pair": ["--count", "4"],
        "drift": ["--minutes", "1"],
        "range": ["--distances", "1,5,20", "--hold", "10"],
    }
    found: dict[str, Path] = {}
    for kind, options in short.items():
        out = root / kind
        assert run(["bench", "record", kind, "--source", "virtual", "-o", str(out), *options]) == 0
        (found[kind],) = out.iterdir()
    return found


@pytest.fixture(scope="module")
def reported(recorded: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """All of them in one report: each session's JSON by its kind, and the page."""
    from hiphinge.cli.run import run

    page, told = tmp_path_factory.mktemp("report") / "bench.html", io.StringIO()
    with contextlib.redirect_stdout(told):
        assert run(["bench", "report", *map(str, recorded.values()), "--json", "-o", str(page)]) == 0
    sessions = json.loads(told.getvalue())["sessions"]
    return {one["kind"]: one for one in sessions}, page.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["record", "report", "bring-up"])
def test_help_has_an_example(capsys: pytest.CaptureFixture[str], command: str):
    ended = hiphinge(capsys, "bench", command, "--help")
    assert ended.code == 0
    assert f"hiphinge bench {command}" in ended.out


def test_a_session_is_an_ordinary_one_with_its_stages(capsys: pytest.CaptureFixture[str], recorded: dict[str, Path]):
    folder = recorded["tilt"]
    assert {path.name for path in folder.iterdir()} >= {"raw.bin", "session.csv", "session.json", FILE_NAME}
    kept = read_bench(folder)
    assert [stage.angle_deg for stage in kept.stages] == [0, 30, 60, 90, 0]
    assert all(stage.to_s - stage.from_s == pytest.approx(2.0, abs=0.2) for stage in kept.stages)
    told = json.loads((folder / "session.json").read_text())
    assert sum(event["kind"] == "bench" for event in told["events"]) == 5
    del capsys


def test_the_jigs_error_put_in_is_the_error_reported(reported: tuple[dict[str, Any], str]):
    session = reported[0]["tilt"]
    made = simulated.simulated(tilt_plan((0, 30, 60, 90, 0), 2.0))
    put_in = np.array(made.jig_errors_deg)[1:4]
    for pod in session["results"][:2]:
        # Chips with 5 mg of bias: a fifth of a degree is left of it.
        assert pod["errors"]["bias_deg"] == pytest.approx(put_in.mean(), abs=0.25)
        assert pod["errors"]["rms_deg"] == pytest.approx(np.sqrt(np.mean(put_in**2)), abs=0.25)


def test_two_pods_report_the_lumbar_error_put_in(reported: tuple[dict[str, Any], str]):
    offline, live = reported[0]["pair"]["results"]
    assert (offline["live"], live["live"]) == (False, True)
    assert offline["bends"] == live["bends"] == 4
    assert offline["peak"]["bias_deg"] == pytest.approx(90 * simulated.LUMBAR_SHARE, abs=0.3)


def test_range_reports_the_losses_put_in(reported: tuple[dict[str, Any], str]):
    session = reported[0]["range"]
    assert [one["distance_m"] for one in session["results"]] == [1, 5, 20]
    for one, loss in zip(session["results"], simulated.LOSS, strict=False):
        # Of 270 packets a few: three standard deviations of a count.
        assert one["resent_share"] == pytest.approx(loss, abs=3 * np.sqrt(max(loss, 0.004) / 270))
        assert one["missing_share"] == 0


def test_everything_on_one_page(reported: tuple[dict[str, Any], str]):
    html = reported[1]
    for words in ("Tilt against known angles", "Two pods on one board", "Drift at rest", "Range", "dorsaVi v6, people"):
        assert words in html
    assert html.count("<svg") == 4
    assert "Not the same test" in html
    assert "-8.06 to 5.67" in html
    # Self-contained: nothing is fetched, nothing runs.
    assert not re.search(r"(?:src|href)=\"(?!#)|<script|@import|url\((?!#)", html)
    assert "dangerous" not in html


def test_in_the_terminal(capsys: pytest.CaptureFixture[str], recorded: dict[str, Path]):
    ended = hiphinge(capsys, "bench", "report", recorded["range"], recorded["drift"])
    assert ended.code == 0
    assert "Range (" in ended.out
    assert "20 m" in ended.out
    assert "Drift at rest (" in ended.out


def test_angles_of_an_inclinometer_from_a_table(
    capsys: pytest.CaptureFixture[str], recorded: dict[str, Path], tmp_path: Path
):
    table = tmp_path / "read off.csv"
    table.write_text("angle_deg\n0\n31\n61\n91\n0\n")
    plain = json.loads(hiphinge(capsys, "bench", "report", recorded["tilt"], "--json").out)
    other = json.loads(hiphinge(capsys, "bench", "report", recorded["tilt"], "--reference", table, "--json").out)
    biases = [told["sessions"][0]["results"][0]["errors"]["bias_deg"] for told in (plain, other)]
    assert biases[1] == pytest.approx(biases[0] - 1, abs=1e-6)
    assert other["sessions"][0]["reference"] == "angles from read off.csv"


def test_what_comes_from_a_simulated_bench_says_so(reported: tuple[dict[str, Any], str]):
    sessions, html = reported
    assert all("simulated" in session["reference"] for session in sessions.values())
    assert html.count("a simulated bench: no hardware") == len(sessions)


def test_few_trials_say_how_sure_they_are(
    capsys: pytest.CaptureFixture[str], reported: tuple[dict[str, Any], str], tmp_path: Path
):
    sessions, html = reported
    errors = sessions["tilt"]["results"][0]["errors"]
    low, high = errors["limits_deg"]
    assert f"{low:.2f} to {high:.2f} ({errors['limits_sure_deg']:.2f})" in html
    assert "how far another is off, they do not say" in html
    assert "its SD and limits are between people" in html
    # Of a single bend there is no spread at all, rather than one of nothing.
    assert hiphinge(capsys, "bench", "record", "pair", "--source", "virtual", "--count", "1", "-o", tmp_path).code == 0
    ended = hiphinge(capsys, "bench", "report", *tmp_path.iterdir(), "--json", "-o", tmp_path / "one.html")
    offline = json.loads(ended.out)["sessions"][0]["results"][0]
    assert offline["bends"] == 1
    assert offline["peak"]["limits_deg"] == [None, None]
    assert offline["rmse_sd_deg"] is None
    assert "(0.00)" not in (tmp_path / "one.html").read_text(encoding="utf-8")


def test_a_short_drift_says_that_ten_minutes_are_carried_on(reported: tuple[dict[str, Any], str]):
    assert "less than ten minutes" in reported[1]


def test_a_pod_that_did_not_turn_is_named(
    capsys: pytest.CaptureFixture[str], recorded: dict[str, Path], tmp_path: Path
):
    # The thoracic pod lies beside the jig: its first second over and over.
    (tmp_path / "session.json").write_bytes((recorded["tilt"] / "session.json").read_bytes())
    (tmp_path / FILE_NAME).write_bytes((recorded["tilt"] / FILE_NAME).read_bytes())
    text = (recorded["tilt"] / "session.csv").read_text(encoding="utf-8").splitlines()
    head = next(at for at, row in enumerate(text) if "thoracic" in row and not row.startswith("#"))
    still = [name.startswith("thoracic") for name in text[head].split(",")]
    cells = [row.split(",") for row in text[head + 1 :]]
    rows = [
        ",".join(old if put else own for own, old, put in zip(row, cells[at % 100], still, strict=True))
        for at, row in enumerate(cells)
    ]
    (tmp_path / "session.csv").write_text("\n".join([*text[: head + 1], *rows]) + "\n", encoding="utf-8")
    ended = hiphinge(capsys, "bench", "report", tmp_path)
    assert ended.code == 0
    assert "Left out, for it did not turn: thoracic (T12)." in ended.out


def test_a_session_left_before_its_first_stage_does_not_hold_up_the_others(
    capsys: pytest.CaptureFixture[str], recorded: dict[str, Path], tmp_path: Path
):
    (tmp_path / "left").mkdir()
    ended = hiphinge(capsys, "bench", "report", recorded["drift"], tmp_path / "left")
    assert ended.code == 0
    assert "left: left out, no stage" in " ".join(ended.err.split())
    assert "Drift at rest" in ended.out


def test_a_page_does_not_replace_the_stages(capsys: pytest.CaptureFixture[str], recorded: dict[str, Path]):
    path = recorded["drift"] / FILE_NAME
    before = path.read_bytes()
    ended = hiphinge(capsys, "bench", "report", recorded["drift"], "-o", path)
    assert ended.code == 1
    assert "will not be overwritten" in ended.err
    assert path.read_bytes() == before


def test_what_a_file_says_does_not_steer_the_terminal_or_the_page(
    capsys: pytest.CaptureFixture[str], recorded: dict[str, Path], tmp_path: Path
):
    hostile = "\x1b]0;x\x07[red]\n\u202e<script>alert(1)</script>"
    for name in ("session.csv", "session.json"):
        (tmp_path / name).write_bytes((recorded["drift"] / name).read_bytes())
    kept = read_bench(recorded["drift"])
    write_bench(tmp_path, Bench(kept.kind, kept.stages, hostile, hostile))
    ended = hiphinge(capsys, "bench", "report", tmp_path, "-o", tmp_path / "page.html")
    assert ended.code == 0
    assert not re.search("[\x1b\x07\u202e]", ended.out)
    assert not re.search("[\x1b\x07\u202e]|<script", (tmp_path / "page.html").read_text(encoding="utf-8"))


def _person(monkeypatch: pytest.MonkeyPatch, typed: str, angles: tuple[float, ...] = (0.0, 30.0, 0.0)) -> None:
    made = simulated.simulated(tilt_plan(angles, 2.0))
    monkeypatch.setattr(sources, "opened", lambda _: made.source)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))


def test_a_person_types_what_the_inclinometer_shows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    _person(monkeypatch, "\n\nabout 30\n30,4\n\n0,3\n")
    options = ("--angles", "0,30,0", "--hold", "2", "--inclinometer")
    ended = hiphinge(capsys, "bench", "record", "tilt", *options, "-o", tmp_path)
    assert ended.code == 0, ended.err
    assert "put it to about 30 deg" in ended.err
    assert "a number from -180 to 180" in ended.err
    kept = read_bench(Path(ended.out.strip()))
    # The first 0 is set, a later one read like all others.
    assert "set the inclinometer to 0 there" in ended.err
    assert [stage.angle_deg for stage in kept.stages] == [0, 30.4, 0.3]
    assert kept.reference.startswith("inclinometer, readings typed")


def test_ended_early_keeps_what_was_finished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    _person(monkeypatch, "\n\nq\n")
    ended = hiphinge(capsys, "bench", "record", "tilt", "--angles", "0,30,0", "--hold", "2", "-o", tmp_path)
    assert ended.code == 0
    assert "2 of 3 stages" in ended.err
    # Whoever leaves by Ctrl-C knows where it is, and how long each stage takes.
    assert f"recording into {ended.out.strip()}" in ended.err.replace("\n", " ")
    assert "it lasts 2 s from Enter" in ended.err
    assert len(read_bench(Path(ended.out.strip())).stages) == 2


def test_a_session_that_ends_in_an_error_keeps_what_was_finished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    from hiphinge.app.live.session import LiveSession

    whole = LiveSession.run

    async def failing(session: LiveSession) -> Any:
        await whole(session)
        raise HiphingeError("the disk is full")

    monkeypatch.setattr(LiveSession, "run", failing)
    _person(monkeypatch, "\n\nq\n")
    ended = hiphinge(capsys, "bench", "record", "tilt", "--angles", "0,30,0", "--hold", "2", "-o", tmp_path)
    assert ended.code == 1
    assert ended.err.splitlines()[-1].endswith("the disk is full")
    (folder,) = tmp_path.iterdir()
    assert len(read_bench(folder).stages) == 2


def test_nobody_there_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    _person(monkeypatch, "")
    ended = hiphinge(capsys, "bench", "record", "tilt", "-o", tmp_path)
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "no stage was finished; nothing to report on"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("record", "speed"), 2, "use tilt, pair, drift or range"),
        (("record", "tilt", "--angles", "0,ten"), 2, "write numbers"),
        (("record", "tilt", "--angles", "10,20,30"), 1, "one of the angles must be 0"),
        (("record", "tilt", "--angles", "0,nan,30"), 1, "angles must be"),
        (("record", "tilt", "--angles", "0,1,2"), 1, "over at least 10 deg"),
        (("record", "pair", "--angles", "0,30,60"), 2, "--angles is for tilt"),
        (("record", "drift", "--inclinometer"), 2, "--inclinometer is for tilt"),
        (("record", "tilt", "--distances", "1,2"), 2, "--distances is for range"),
        (("record", "tilt", "--source", "usb"), 2, "use serial"),
        (("record", "tilt", "--source", "replay:x"), 2, "use serial"),
        (("record", "drift", "--minutes", "0"), 1, "give 0.5 to"),
        (("record", "range", "--source", "serial"), 2, "of the radio"),
        (("record", "range", "--distances", "-1", "--source", "virtual"), 1, "distances must be"),
        (("report", "no-such-folder"), 1, "no such file or folder"),
    ],
)
def test_a_wrong_wish_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    words: str,
):
    monkeypatch.chdir(tmp_path)
    ended = hiphinge(capsys, "bench", *arguments)
    assert ended.code == code
    assert words in " ".join(ended.err.replace("│", " ").split())
    assert "Traceback" not in ended.err
    if code == 1:
        assert len(ended.err.strip().splitlines()) == 1


STAGE = "[[stage]]\nfrom_s = 1.0\nto_s = 2.0\nangle_deg = 0.0\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema = ", "is no TOML"),
        ('schema = "other"\nkind = "tilt"\n', "schema is not"),
        ('schema = "hiphinge.bench/1"\nkind = "speed"\n', "kind is none of"),
        ('schema = "hiphinge.bench/1"\nkind = "tilt"\nstage = 3\n', "no list of tables"),
        (f'schema = "hiphinge.bench/1"\nkind = "tilt"\n{STAGE.replace("1.0", "nan")}', "from_s is no number"),
        (f'schema = "hiphinge.bench/1"\nkind = "tilt"\n{STAGE.replace("2.0", "1.0")}', "not after from_s"),
        (f'schema = "hiphinge.bench/1"\nkind = "tilt"\n{STAGE}{STAGE}', "begins before stage 1"),
        (f'schema = "hiphinge.bench/1"\nkind = "tilt"\n{STAGE}'.replace("= 0.0", "= 999"), "not from -180 to 180"),
        (f'schema = "hiphinge.bench/1"\nkind = "tilt"\n{STAGE}distance_m = -1\n', "distance_m is below 0"),
        (f'schema = "hiphinge.bench/1"\nkind = "tilt"\n{STAGE}link = {{ blocks = -1 }}\n', "lacks a count"),
        ('schema = "hiphinge.bench/1"\nkind = "tilt"\n', "no stage is at 0"),
        ('schema = "hiphinge.bench/1"\nkind = "pair"\n', "no bend of the board"),
        ('schema = "hiphinge.bench/1"\nkind = "drift"\n', "drift needs 30 s"),
        ('schema = "hiphinge.bench/1"\nkind = "range"\n', "no stage has a distance"),
        (b"\xff\xfe", "is no TOML"),
        (None, "has no bench.toml"),
    ],
)
def test_a_broken_bench_file_is_one_line(
    capsys: pytest.CaptureFixture[str], recorded: dict[str, Path], tmp_path: Path, text: str | bytes | None, words: str
):
    for name in ("session.csv", "session.json"):
        (tmp_path / name).write_bytes((recorded["pair"] / name).read_bytes())
    if text is not None:
        (tmp_path / FILE_NAME).write_bytes(text.encode() if isinstance(text, str) else text)
    ended = hiphinge(capsys, "bench", "report", tmp_path)
    assert ended.code == 1
    assert words in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert str(tmp_path) in ended.err


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("angle_deg\n0\n", "1 angles for 5 stages"),
        ("angle\n0\n", "no column angle_deg"),
        ("angle_deg\n0\n30\nsixty\n90\n0\n", "line 4"),
        ("angle_deg\n0\n30\n999\n90\n0\n", "line 4"),
        ("", "no column angle_deg"),
    ],
)
def test_a_table_that_does_not_fit_is_one_line(
    capsys: pytest.CaptureFixture[str], recorded: dict[str, Path], tmp_path: Path, table: str, words: str
):
    path = tmp_path / "angles.csv"
    path.write_text(table)
    ended = hiphinge(capsys, "bench", "report", recorded["tilt"], "--reference", path)
    assert ended.code == 1
    assert words in ended.err
    assert len(ended.err.strip().splitlines()) == 1


ANGLES = st.floats(-180, 180).map(lambda value: round(value, 3))
METRES = st.floats(0, 1e4).map(lambda value: round(value, 3))


@settings(max_examples=30)  # each is written to the disk
@given(
    kind=st.sampled_from(KINDS),
    words=st.text(max_size=30),
    lengths=st.lists(st.tuples(st.integers(1, 5000), st.none() | ANGLES, st.none() | METRES), max_size=5),
    counts=st.none() | st.tuples(*[st.integers(0, 10**6)] * 5),
)
def test_a_bench_file_comes_back_as_it_was_written(tmp_path_factory, kind, words, lengths, counts):
    folder = tmp_path_factory.mktemp("bench-file")
    stages: list[Stage] = []
    for at, (length, angle, distance) in enumerate(lengths):
        link = None if counts is None else Link(*counts)
        stages.append(Stage(100.0 * at, 100.0 * at + length / 1000, angle, distance, link, words))
    wanted = Bench(kind, tuple(stages), words, words)
    write_bench(folder, wanted)
    try:
        assert read_bench(folder) == wanted
    except HiphingeError:
        # Only what TOML cannot hold may be refused, and surrogates are turned into question marks before.
        pytest.fail("a file of ours was refused")
