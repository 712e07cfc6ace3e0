"""``import``: from a vendor's files to an analysed session; exit codes, what is said where, one line of error."""

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Ended, hiphinge

from hiphinge.files.session import read_session
from hiphinge.model import ImuSamples, Recording
from hiphinge.simulate import PERFECT, Repetition, Scenario, simulate

GRAVITY_MPS2 = 9.80665
Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def worn() -> Recording:
    """Three good hinges and a deep one."""
    repetitions = (Repetition(), Repetition(), Repetition(fault="deep"), Repetition())
    return simulate(Scenario(seed=8, rate_hz=50.0, sets=(repetitions,), sensors=PERFECT, mounting="turned")).recording


def write_ximu3(folder: Path, imu: ImuSamples, stamps_us: np.ndarray) -> Path:
    """As an x-IMU3 writes it."""
    folder.mkdir(parents=True)
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    rows = np.column_stack([stamps_us, np.degrees(imu.gyr_radps), imu.acc_mps2 / GRAVITY_MPS2])
    names = [f"Gyroscope {axis} (deg/s)" for axis in "XYZ"] + [f"Accelerometer {axis} (g)" for axis in "XYZ"]
    header = ",".join(["Timestamp (us)", *names])
    np.savetxt(folder / "Inertial.csv", rows, "%.6f", ",", header=header, comments="")
    return folder


@pytest.fixture
def folders(worn: Recording, tmp_path: Path) -> Path:
    stamps_us = 917_418_209 + np.rint(worn.time_s * 1e6)
    write_ximu3(tmp_path / "in/pelvis 64F0EDBF (UDP)", worn.sacral, stamps_us)
    write_ximu3(tmp_path / "in/thorax 64F0EDC0 (UDP)", worn.thoracic, stamps_us)
    return tmp_path / "in"


def analysed(capsys: Capsys, path: Path) -> dict[str, object]:
    ended = hiphinge(capsys, "analyse", path, "--json", "-")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_imported_session_is_analysed_as_its_original(capsys: Capsys, folders: Path, worn: Recording, tmp_path: Path):
    out = tmp_path / "session"
    ended = hiphinge(capsys, "import", "--mapping", "ximu3", folders, "-o", out)
    assert (ended.code, ended.out) == (0, "")
    lines = ended.err.splitlines()
    assert lines[0].startswith("sacral: ") and f"{len(worn.time_s)} rows, 50 Hz, 0 samples lost" in lines[0]
    assert lines[-1] == f"wrote {out}; next: hiphinge analyse {out}"
    assert "without a complete sample: 0 sacral, 0 thoracic" in lines[-2]
    meta = read_session(out).meta
    assert meta.device["imported_with"] == "ximu3" and meta.device["sacral_files"] == "Inertial.csv"
    found = analysed(capsys, out)
    attempts = found["attempts"]
    assert isinstance(attempts, list) and [one["verdict"] for one in attempts] == [
        "compliant", "compliant", "faulty", "compliant",
    ]  # fmt: skip


def test_to_a_lone_csv_with_sources_named(capsys: Capsys, folders: Path, worn: Recording, tmp_path: Path):
    pelvis, thorax = sorted(folders.iterdir())
    out = tmp_path / "lone.csv"
    # Exchanged on purpose: what is said counts, not what folders are called.
    ended = hiphinge(capsys, "import", "--mapping", "ximu3", f"thoracic={pelvis}", f"sacral={thorax}", "-o", out)
    assert ended.code == 0
    got = read_session(out)
    assert got.sacral.acc_mps2 is not None and worn.thoracic.acc_mps2 is not None
    np.testing.assert_allclose(got.sacral.acc_mps2, worn.thoracic.acc_mps2, atol=1e-5)


def test_own_mapping_begun_from_a_ready_one(capsys: Capsys, folders: Path, tmp_path: Path):
    shown = hiphinge(capsys, "import", "--show", "ximu3")
    assert (shown.code, shown.err) == (0, "")
    mine = tmp_path / "mine.toml"
    mine.write_text(shown.out, encoding="utf-8")
    ended = hiphinge(capsys, "import", "--mapping", mine, folders, "-o", tmp_path / "session")
    assert ended.code == 0
    mine.write_text(shown.out.replace('unit = "g"', 'unit = "mg"'), encoding="utf-8")
    ended = hiphinge(capsys, "import", "--mapping", mine, folders, "-o", tmp_path / "other")
    assert_refused(ended, "correct acc.unit in the mapping")
    assert not (tmp_path / "other").exists()


def test_list_names_every_ready_mapping(capsys: Capsys):
    ended = hiphinge(capsys, "import", "--list")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines()] == [
        "metamotion", "trunkyxl", "ximu3", "xsens-dot", "xsens-mtw",
    ]  # fmt: skip


def test_clocks_apart_are_said_and_given(capsys: Capsys, worn: Recording, tmp_path: Path):
    stamps_us = np.rint(worn.time_s * 1e6)
    pelvis = write_ximu3(tmp_path / "pelvis", worn.sacral, stamps_us)
    thorax = write_ximu3(tmp_path / "thorax", worn.thoracic, stamps_us + 900_000_000)
    sources = (f"sacral={pelvis}", f"thoracic={thorax}")
    ended = hiphinge(capsys, "import", "--mapping", "ximu3", *sources, "-o", tmp_path / "s")
    assert_refused(ended, "no time in common", 'clock.relation = "unrelated"')
    ended = hiphinge(capsys, "import", "--mapping", "ximu3", *sources, "--offset", 900, "-o", tmp_path / "s")
    assert ended.code == 0
    mine = tmp_path / "mine.toml"
    text = hiphinge(capsys, "import", "--show", "ximu3").out
    mine.write_text(text.replace('"shared"', '"unrelated"'), encoding="utf-8")
    ended = hiphinge(capsys, "import", "--mapping", mine, *sources, "-o", tmp_path / "t")
    assert ended.code == 0
    assert "warning: the clocks' offset was found from the motion" in ended.err
    attempts = analysed(capsys, tmp_path / "t")["attempts"]
    assert isinstance(attempts, list) and len(attempts) == 4


@pytest.mark.parametrize("name", ["session", "session.csv"])
def test_a_session_that_is_there_stays_unless_forced(capsys: Capsys, folders: Path, tmp_path: Path, name: str):
    out = tmp_path / name
    asked = ("import", "--mapping", "ximu3", folders, "-o", out)
    assert hiphinge(capsys, *asked).code == 0
    file = out if out.is_file() else out / "session.csv"
    file.write_text("mine", encoding="utf-8")
    ended = hiphinge(capsys, *asked)
    assert ended.code == 1 and "is there already; choose another name, or replace it with --force" in ended.err
    assert file.read_text(encoding="utf-8") == "mine"
    assert hiphinge(capsys, *asked, "--force").code == 0
    assert file.stat().st_size > 1000


def test_inputs_are_never_overwritten(capsys: Capsys, folders: Path):
    target = folders / "pelvis 64F0EDBF (UDP)" / "Inertial.csv"
    before = target.read_bytes()
    assert_refused(hiphinge(capsys, "import", "--mapping", "ximu3", folders, "-o", target), "is one of the inputs")
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["DIR"],
        ["--mapping", "ximu3", "DIR"],
        ["--mapping", "ximu3", "-o", "out"],
        ["--list", "DIR"],
        ["--list", "--show", "ximu3"],
        ["--mapping", "ximu3", "DIR", "-o", "-"],
        ["--mapping", "ximu3", "DIR", "-o", "out", "--rate", "1"],
        ["--mapping", "ximu3", "DIR", "-o", "out", "--offset", "nan"],
    ],
)
def test_wrong_usage(capsys: Capsys, tmp_path: Path, arguments: list[str]):
    ended = hiphinge(capsys, "import", *(str(tmp_path) if one == "DIR" else one for one in arguments))
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--mapping", "ximu4", "DIR", "-o", "OUT"], 'is "ximu3" meant?'),
        (["--show", "ximu4"], 'is "ximu3" meant?'),
        (["--mapping", "ximu3", "DIR/none", "-o", "OUT"], "no such file or folder"),
        (["--mapping", "trunkyxl", "DIR", "-o", "OUT"], "no file or folder of the sacral sensor"),
        (["--mapping", "xsens-mtw", "DIR", "-o", "OUT"], "write sacral=PATH thoracic=PATH"),
        (["--mapping", "ximu3", "DIR", "-o", "DIR/pelvis 64F0EDBF (UDP)/Inertial.csv/s"], "Inertial.csv"),
    ],
)
def test_refusals(capsys: Capsys, folders: Path, tmp_path: Path, arguments: list[str], wanted: str):
    words = [one.replace("DIR", str(folders)).replace("OUT", str(tmp_path / "out")) for one in arguments]
    assert_refused(hiphinge(capsys, "import", *words), wanted)
    assert not (tmp_path / "out").exists()


def assert_refused(ended: Ended, *wanted: str) -> None:
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1), ended
    assert all(one in ended.err for one in wanted), ended.err
