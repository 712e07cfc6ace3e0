"""The Motion-BIDS data set, as its own validator sees it and number by number."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from export_samples import META, UNKNOWN, with_meta
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.files.export import motion_bids
from hiphinge.files.export.bids_channels import channels
from hiphinge.files.export.content import Content

STEM = "sub-07/motion/sub-07_task-hinge_tracksys-imu"

needs_validator = pytest.mark.skipif(
    importlib.util.find_spec("bids_validator_deno") is None,
    reason="the package bids-validator-deno is missing: see tests/requirements.txt",
)


def validated(folder: Path) -> list[dict]:
    beside = Path(sys.executable).with_name("bids-validator-deno")
    command = str(beside) if beside.exists() else shutil.which("bids-validator-deno")
    assert command, "the package is there, its command is not"
    run = subprocess.run(
        [command, "--format", "json", "--max-rows", "-1", str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return json.loads(run.stdout)["issues"]["issues"]


def rows(files: dict[str, bytes], name: str) -> list[list[str]]:
    return [line.split("\t") for line in files[name].decode().splitlines()]


def table(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    header, *body = rows(files, name)
    return [dict(zip(header, row, strict=True)) for row in body]


@needs_validator
@pytest.mark.parametrize("analysed", [True, False])
def test_the_bids_validator_finds_no_error(content: Content, tmp_path: Path, analysed: bool):
    whole = content if analysed else replace(content, analysis=None)
    motion_bids.write(tmp_path, motion_bids.dataset(whole, "07"))
    issues = validated(tmp_path)
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    # What is left is advice about who recorded where, which a session does not know.
    assert {issue["code"] for issue in issues} <= {
        "JSON_KEY_RECOMMENDED", "SIDECAR_KEY_RECOMMENDED", "NO_AUTHORS", "TOO_FEW_AUTHORS",
    }  # fmt: skip


@needs_validator
def test_the_bids_validator_would_find_an_error(content: Content, tmp_path: Path):
    files = motion_bids.dataset(content, "07")
    files[f"{STEM}_channels.tsv"] = files[f"{STEM}_channels.tsv"].replace(b"\tACCEL\t", b"\tACC\t")
    motion_bids.write(tmp_path, files)
    assert any(issue["severity"] == "error" for issue in validated(tmp_path))


def test_every_sample_is_there_as_recorded(content: Content):
    files = motion_bids.dataset(content, "07")
    names = [row["name"] for row in table(files, f"{STEM}_channels.tsv")]
    samples = rows(files, f"{STEM}_motion.tsv")
    assert len(samples) == len(content.recording.time_s)
    numbers = np.array([[np.nan if cell == "n/a" else float(cell) for cell in row] for row in samples])
    acc = content.recording.sacral.acc_mps2
    assert acc is not None
    for axis, letter in enumerate("xyz"):
        written = numbers[:, names.index(f"sacral_acc_{letter}")]
        assert np.array_equal(written, acc[:, axis], equal_nan=True)
    assert np.isnan(numbers[UNKNOWN, names.index("sacral_gyr_x")]).all()
    assert np.array_equal(
        numbers[:, names.index("lumbar_flexion_sd_deg")], content.analysed.angles.lumbar_flexion_sd_deg, equal_nan=True
    )
    assert numbers[0, names.index("latency")] == 0.0


def test_channels_say_type_unit_and_place(content: Content):
    by_name = {row["name"]: row for row in table(motion_bids.dataset(content, "07"), f"{STEM}_channels.tsv")}
    gyro, flexion = by_name["thoracic_gyr_y"], by_name["lumbar_flexion_deg"]
    assert (gyro["type"], gyro["component"], gyro["units"]) == ("GYRO", "y", "rad/s")
    assert (gyro["tracked_point"], gyro["placement"]) == ("thorax", "thoracic spine, about T12")
    assert (flexion["type"], flexion["units"], flexion["component"]) == ("JNTANG", "deg", "n/a")
    assert by_name["lumbar_flexion_sd_deg"]["type"] == "MISC"


def test_quaternions_are_orientation_channels(content: Content):
    quat = np.tile([1.0, 0.0, 0.0, 0.0], (len(content.recording.time_s), 1))
    recording = replace(content.recording, sacral=replace(content.recording.sacral, quat=quat))
    found = {one.name: one for one in channels(replace(content, recording=recording))}
    assert (found["sacral_quat_w"].type, found["sacral_quat_w"].component) == ("ORNT", "quat_w")
    assert found["sacral_quat_w"].reference_frame == "earth"


def test_swapped_sensors_are_placed_where_they_were_worn(content: Content):
    calibration = replace(content.analysed.calibration, swapped=True)
    swapped = replace(content, analysis=replace(content.analysed, calibration=calibration))
    found = {one.name: one for one in channels(swapped)}
    assert found["sacral_acc_x"].tracked_point == "thorax"
    assert found["thoracic_acc_x"].placement == "sacrum, about S2"


def test_events_are_the_attempts_and_the_marks_in_order_of_time(content: Content):
    found = table(motion_bids.dataset(content, "07"), f"{STEM}_events.tsv")
    onsets = [float(row["onset"]) for row in found]
    assert onsets == sorted(onsets)
    attempts = [row for row in found if row["trial_type"] == "hinge"]
    assert [int(row["attempt"]) for row in attempts] == [one.index for one in content.analysed.attempts]
    assert {row["verdict"] for row in attempts} >= {"faulty", "compliant"}
    assert "lumbar_flexion" in {row["faults"] for row in attempts}
    for row, one in zip(attempts, content.analysed.attempts, strict=True):
        assert float(row["onset"]) == pytest.approx(one.start_s, abs=1e-6)
        assert float(row["duration"]) == pytest.approx(one.end_s - one.start_s, abs=1e-6)
        assert float(row["lumbar_flexion_sd_deg"]) == pytest.approx(one.lumbar_flexion_sd_deg, abs=1e-6)
        assert (row["verdict"], bool(one.faults)) == (one.verdict, row["faults"] != "n/a")
    marks = [row for row in found if row["trial_type"] == "mark"]
    assert [(row["mark"], row["note"]) for row in marks] == [("set_start", "a\\tb\\nc"), ("mark", "n/a")]


def test_sidecar_holds_rate_limits_and_calibration(content: Content):
    sidecar = json.loads(motion_bids.dataset(content, "07")[f"{STEM}_motion.json"])
    assert sidecar["SamplingFrequencyEffective"] == pytest.approx(100.0, abs=0.01)
    assert sidecar["DeviceSerialNumber"] == "17" and sidecar["ManufacturersModelName"] == "pod 2"
    assert sidecar["Hiphinge"]["limits"]["lumbar_extension_max_deg"] == 8.0
    assert np.array(sidecar["Hiphinge"]["calibration"]["sacral"]).shape == (3, 3)
    assert sidecar["MissingValues"] == "n/a"


@pytest.mark.parametrize(
    ("started_at", "acquired"),
    [
        ("2025-03-01T23:59:30.5+01:00", "2025-03-01T22:59:30.500000Z"),
        ("2025-03-01T23:59:30", "2025-03-01T23:59:30"),
        ("2025-03-01", None),
        (None, None),
        ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ],
)
def test_acquisition_time_is_what_is_known_of_it(content: Content, started_at: str | None, acquired: str | None):
    files = motion_bids.dataset(with_meta(content, started_at=started_at), "07")
    scans = "sub-07/sub-07_scans.tsv"
    assert ([row["acq_time"] for row in table(files, scans)] if scans in files else [None]) == [acquired]


@given(st.text())
def test_subject_labels_are_letters_and_digits(person: str):
    label = motion_bids.subject_label(person)
    assert label.isascii() and label.isalnum()


@given(st.text(), st.text(min_size=1))
def test_no_note_breaks_the_table(content: Content, note: str, kind: str):
    event = replace(META.events[0], note=note, kind=kind)
    found = rows(motion_bids.dataset(_short(with_meta(content, events=(event,))), "07"), f"{STEM}_events.tsv")
    assert {len(row) for row in found} == {len(found[0])} and len(found) == 2


def _short(content: Content) -> Content:
    """Without the samples, which take their time."""
    recording = content.recording
    cut = {
        name: replace(imu, acc_mps2=imu.acc_mps2[:2], gyr_radps=imu.gyr_radps[:2])
        for name, imu in (("sacral", recording.sacral), ("thoracic", recording.thoracic))
    }
    return replace(content, recording=replace(recording, time_s=recording.time_s[:2], **cut), analysis=None)
