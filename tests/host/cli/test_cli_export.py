"""`hiphinge export`: formats, places, refusals, exit codes."""

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
from command_line import hiphinge

from hiphinge.app.exporting import FORMATS
from hiphinge.cli.export import Format
from hiphinge.files.csv_writer import write_csv
from hiphinge.files.session import read_session
from hiphinge.simulate import Scenario, simulate


def test_help_has_an_example_and_every_format(capsys: pytest.CaptureFixture[str]):
    ended = hiphinge(capsys, "export", "--help")
    assert ended.code == 0 and "hiphinge export session.csv --format attempts -o attempts.csv" in ended.out
    assert all(one in ended.out for one in FORMATS)


def test_the_words_are_the_exporter_s():
    assert tuple(one.value for one in Format) == FORMATS


@pytest.mark.parametrize(
    ("format", "out", "files"),
    [
        ("sto", "a.sto", {"a.sto", "a_neutral.sto"}),
        ("mot", "a.mot", {"a.mot", "a_sd.sto"}),
        ("parquet", "a.parquet", {"a.parquet"}),
        ("attempts", "a.csv", {"a.csv"}),
        ("fhir", "a.json", {"a.json"}),
    ],
)
def test_files_are_written_and_named(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path, format: str, out: str, files: set[str]
):
    folder = tmp_path / "out"
    folder.mkdir()
    ended = hiphinge(capsys, "export", session, "--format", format, "-o", folder / out)
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert {path.name for path in folder.iterdir()} == files
    assert all(path.stat().st_size > 0 and str(path) in ended.err for path in folder.iterdir())


def test_a_folder_gets_a_file_named_after_the_session(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    folder = tmp_path / "out"
    folder.mkdir()
    assert hiphinge(capsys, "export", session, "--format", "mot", "-o", folder).code == 0
    assert {path.name for path in folder.iterdir()} == {"demo.mot", "demo_sd.sto"}


def test_motion_bids_is_a_data_set_folder(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    ended = hiphinge(capsys, "export", session, "--format", "motion-bids", "-o", tmp_path / "ds", "--subject", "07")
    assert ended.code == 0, ended.err
    assert (tmp_path / "ds/sub-07/motion/sub-07_task-hinge_tracksys-imu_motion.tsv").is_file()
    again = hiphinge(capsys, "export", session, "--format", "motion-bids", "-o", tmp_path / "ds", "--subject", "07")
    assert again.code == 1 and "is there already" in again.err
    other = hiphinge(
        capsys, "export", session, "--format", "motion-bids", "-o", tmp_path / "ds", "--subject", "08", "--force"
    )
    assert other.code == 1 and "holds other subjects (sub-07)" in other.err


@pytest.mark.parametrize("format", ["attempts", "fhir"])
def test_text_goes_to_standard_output_alone(capsys: pytest.CaptureFixture[str], session: Path, format: str):
    ended = hiphinge(capsys, "export", session, "--format", format, "-o", "-")
    assert (ended.code, ended.err) == (0, "")
    if format == "fhir":
        assert json.loads(ended.out)["type"] == "collection"
    else:
        assert len(list(csv.DictReader(io.StringIO(ended.out)))) == 10


def test_what_is_there_is_kept_unless_forced(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    out = tmp_path / "a.mot"
    (tmp_path / "a_sd.sto").write_text("mine")
    ended = hiphinge(capsys, "export", session, "--format", "mot", "-o", out)
    assert ended.code == 1 and ended.err.count("\n") == 1 and "a_sd.sto: is there already" in ended.err
    assert (tmp_path / "a_sd.sto").read_text() == "mine" and not out.exists()
    assert hiphinge(capsys, "export", session, "--format", "mot", "-o", out, "--force").code == 0
    assert (tmp_path / "a_sd.sto").read_text() != "mine" and out.exists()


def test_inputs_are_never_overwritten(capsys: pytest.CaptureFixture[str], session: Path):
    before = session.read_bytes()
    ended = hiphinge(capsys, "export", session, "--format", "attempts", "-o", session, "--force")
    assert ended.code == 1 and "is one of the inputs" in ended.err and session.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "xlsx", "-o", "a"], "xlsx"),
        (["--format", "mot"], "--out"),
        (["--format", "mot", "-o", "-"], "writes files"),
        (["--format", "mot", "-o", "a.mot", "--subject", "07"], "--subject"),
        (["--format", "motion-bids", "-o", "ds", "--subject", "a b"], "letters and digits"),
    ],
)
def test_wrong_usage_exits_with_2(capsys: pytest.CaptureFixture[str], session: Path, arguments: list[str], said: str):
    ended = hiphinge(capsys, "export", session, *arguments)
    assert ended.code == 2 and said in ended.err and "Traceback" not in ended.err


def test_no_session_no_output(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    ended = hiphinge(capsys, "export", tmp_path / "none.csv", "--format", "fhir", "-o", tmp_path / "a.json")
    assert ended.code == 1 and ended.err.count("\n") == 1 and "none.csv: no such file" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def standing(tmp_path: Path) -> Path:
    """Somebody who never bends: nothing to calibrate or judge by."""
    path = tmp_path / "standing.csv"
    write_csv(path, simulate(Scenario(seed=1, sets=())).recording)
    return path


def test_samples_of_a_session_without_a_bend_are_exported_with_a_warning(
    capsys: pytest.CaptureFixture[str], standing: Path, tmp_path: Path
):
    ended = hiphinge(capsys, "export", standing, "--format", "parquet", "-o", tmp_path / "a.parquet")
    assert ended.code == 0 and "warning: not analysed, so samples only" in ended.err
    assert pl.read_parquet(tmp_path / "a.parquet").height == len(read_session(standing).time_s)


@pytest.mark.parametrize("format", ["sto", "mot", "attempts", "fhir"])
def test_what_needs_an_analysis_says_so(
    capsys: pytest.CaptureFixture[str], standing: Path, tmp_path: Path, format: str
):
    ended = hiphinge(capsys, "export", standing, "--format", format, "-o", tmp_path / "a")
    assert ended.code == 1 and ended.err.count("\n") == 1 and "standing.csv" in ended.err
    assert not (tmp_path / "a").exists()
