"""OpenSim's files: signs, gaps and headers, as text and as the real OpenSim reads them."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from export_samples import UNKNOWN, with_angles, with_meta

from hiphinge.files.errors import SessionError
from hiphinge.files.export import opensim
from hiphinge.files.export.content import Content
from hiphinge.files.export.segments import SegmentOrientations, segment_orientations
from hiphinge.kinematics.rotation import matrix

needs_opensim = pytest.mark.skipif(
    importlib.util.find_spec("opensim") is None,
    reason="the package opensim is missing: PyPI has no wheel of it for every platform, see tests/requirements.txt",
)


def read(text: str) -> tuple[list[str], list[str], np.ndarray]:
    """Header lines, column names, numbers."""
    head, body = text.split("endheader\n")
    names, *rows = body.splitlines()
    return head.splitlines(), names.split("\t"), np.array([row.split("\t") for row in rows], dtype=np.float64)


def in_opensim(folder: Path) -> dict:
    """What the real OpenSim finds; in a process of its own, which may crash and leaves a log."""
    script = Path(__file__).with_name("opensim_reads.py")
    run = subprocess.run(
        [sys.executable, str(script), str(folder)], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("angle", "coordinate", "sign"),
    [
        ("hip_hinge", "pelvis_tilt", -1),
        ("lumbar_flexion", "lumbar_extension", -1),
        ("lumbar_side_bend", "lumbar_bending", 1),
        ("lumbar_rotation", "lumbar_rotation", 1),
    ],
)
def test_mot_signs(content: Content, angle: str, coordinate: str, sign: int):
    _, names, rows = read(opensim.mot(with_angles(content, **{angle: [0.0, 12.5, -3.25]})))
    assert names == ["time", "pelvis_tilt", "lumbar_extension", "lumbar_bending", "lumbar_rotation"]
    assert rows[:, names.index(coordinate)].tolist() == [0.0, sign * 12.5, sign * -3.25]
    others = [at for at, name in enumerate(names) if name not in ("time", coordinate)]
    assert not rows[:, others].any()


def test_mot_leaves_out_rows_with_a_gap_and_says_how_many(content: Content):
    gappy = with_angles(content, hip_hinge=[1.0, np.nan, 3.0], lumbar_flexion=[1.0, 2.0, np.nan])
    header, _, rows = read(opensim.mot(gappy))
    assert rows[:, 0].tolist() == [0.0]
    assert "nRows=1" in header and "nColumns=5" in header and "inDegrees=yes" in header
    assert "Missing samples: 2 of 3 rows left out." in header


def test_mot_keeps_tilts_where_no_heading_is_known(content: Content):
    nowhere = [np.nan, np.nan]
    no_heading = with_angles(content, hip_hinge=[1.0, 2.0], lumbar_side_bend=nowhere, lumbar_rotation=nowhere)
    header, names, rows = read(opensim.mot(no_heading))
    assert names == ["time", "pelvis_tilt", "lumbar_extension"]
    assert rows[:, 1].tolist() == [-1.0, -2.0]
    assert "lumbar_bending is not known in this session and left out." in header


def test_mot_of_a_session_with_no_known_angle_is_refused_in_one_line(content: Content):
    nothing = with_angles(content, hip_hinge=[np.nan, 1.0], lumbar_flexion=[1.0, np.nan])
    with pytest.raises(SessionError, match=r"session\.csv: no instant at which all angles are known; ") as refused:
        opensim.mot(nothing)
    assert "\n" not in str(refused.value)


def test_sd_file_has_the_rows_and_columns_of_the_mot(content: Content):
    _, names, rows = read(opensim.mot(content))
    _, sd_names, sds = read(opensim.mot_sd(content))
    assert sd_names == names
    assert sds[:, 0].tolist() == rows[:, 0].tolist()
    angles = content.analysed.angles
    whole = np.isfinite(angles.lumbar_flexion_deg)
    assert not whole[UNKNOWN].any() and whole.sum() == len(rows)
    # Four decimals are written.
    assert np.abs(sds[:, 2] - angles.lumbar_flexion_sd_deg[whole]).max() <= 0.5e-4


def test_header_survives_what_a_user_wrote(content: Content):
    wild = with_meta(content, notes="a=b\nendheader\n\t=1", person="Ä")
    header, _, rows = read(opensim.mot(wild))
    (about,) = [line for line in header if line.startswith("hiphinge=")]
    assert about.count("=") == 1  # OpenSim takes the last one for the end of the name
    assert json.loads(about.removeprefix("hiphinge="))["session"]["notes"] == "a=b\nendheader\n\t=1"
    assert len(rows) > 5000


def test_orientations_are_those_of_the_angles(content: Content, segments: SegmentOrientations):
    """Tilts seen in the quaternions are the analysis' angles; the sensors' mounting is gone."""
    angles = content.analysed.angles
    for quat, tilt_deg in ((segments.pelvis, angles.hip_hinge_deg), (segments.thorax, angles.trunk_deg)):
        known = np.isfinite(quat[:, 0])
        assert (known == np.isfinite(tilt_deg)).all() and not known[UNKNOWN].any()
        up = matrix(quat[known])[:, 1, :]  # ground's y in the segment
        # One calibration, the same filters: only rounding differs.
        assert np.abs(np.degrees(np.arctan2(-up[:, 0], up[:, 1])) - tilt_deg[known]).max() < 1e-6
        assert np.abs(np.linalg.norm(quat[known], axis=1) - 1.0).max() < 1e-9


def test_wearer_faces_x_and_stands_upright_at_neutral(content: Content, segments: SegmentOrientations):
    start_s, end_s = content.analysed.calibration.neutral_s
    inside = (segments.time_s >= start_s) & (segments.time_s <= end_s) & np.isfinite(segments.pelvis[:, 0])
    for quat in (segments.pelvis, segments.thorax):
        middle = np.median(np.abs(quat[inside]), axis=0)
        # Standing people sway by a degree or two: half of it in radians is 0.02.
        assert middle[0] > 0.999 and (middle[1:] < 0.02).all()


def test_sto_leaves_out_gaps_and_neutral_is_the_identity(content: Content, segments: SegmentOrientations):
    lines = opensim.sto(content, segments).split("endheader\n")[1].splitlines()
    assert lines[0] == "time\tpelvis_imu\ttorso_imu"
    known = int(np.isfinite(segments.pelvis[:, 0]).sum())
    assert len(lines) == 1 + known < 1 + len(segments.time_s)
    assert all(line.count(",") == 6 and "nan" not in line.lower() for line in lines[1:])
    assert opensim.sto_neutral(content).endswith("time\tpelvis_imu\ttorso_imu\n0.0\t1.0,0.0,0.0,0.0\t1.0,0.0,0.0,0.0\n")


def test_sto_says_its_format_and_rate(content: Content, segments: SegmentOrientations):
    header = opensim.sto(content, segments).split("endheader\n")[0].splitlines()
    assert header[:3] == ["DataRate=100.000000", "DataType=Quaternion", "version=3"]


@needs_opensim
def test_opensim_reads_the_angles(content: Content, tmp_path: Path):
    (tmp_path / "session.mot").write_text(opensim.mot(content))
    (tmp_path / "session_sd.sto").write_text(opensim.mot_sd(content))
    found = in_opensim(tmp_path)
    _, names, rows = read(opensim.mot(content))
    assert list(found["mot"]["columns"]) == names[1:] == list(found["sd"]["columns"])
    assert np.allclose(found["mot"]["time"], rows[:, 0], atol=1e-12)
    for at, name in enumerate(names[1:], 1):
        assert np.allclose(found["mot"]["columns"][name], rows[:, at], atol=1e-12)
    assert found["storage"] == {"rows": len(rows), "degrees": True}
    assert found["mot"]["about"]["limits"]["lumbar_flexion_max_deg"] == 10.0
    assert found["sd"]["about"]["session"]["notes"] == "first session"


@needs_opensim
def test_opensim_model_moves_as_the_wearer_did(content: Content, tmp_path: Path):
    """Row by row: hinge, flexion, side bend to the right, rotation to the left. Ground: x forward, y up, z right."""
    moves = with_angles(
        content,
        hip_hinge=[45.0, 0.0, 0.0, 0.0],
        lumbar_flexion=[0.0, 20.0, 0.0, 0.0],
        lumbar_side_bend=[0.0, 0.0, 15.0, 0.0],
        lumbar_rotation=[0.0, 0.0, 0.0, 10.0],
    )
    (tmp_path / "session.mot").write_text(opensim.mot(moves))
    (tmp_path / "session_sd.sto").write_text(opensim.mot_sd(moves))
    hinge, flexion, bend, turn = in_opensim(tmp_path)["poses"]

    def sine(deg: float) -> float:
        return float(np.sin(np.radians(deg)))

    assert hinge["pelvis_up"][0] == pytest.approx(sine(45.0))  # leans forward
    assert hinge["torso_up"] == pytest.approx(hinge["pelvis_up"])
    assert flexion["pelvis_up"] == pytest.approx([0.0, 1.0, 0.0])
    assert flexion["torso_up"][0] == pytest.approx(sine(20.0))
    assert bend["torso_up"][2] == pytest.approx(sine(15.0))  # leans right
    assert turn["torso_forward"][2] == pytest.approx(-sine(10.0))  # faces left


@needs_opensim
def test_opensense_finds_our_angles_in_our_orientations(
    content: Content, segments: SegmentOrientations, tmp_path: Path
):
    (tmp_path / "session.sto").write_text(opensim.sto(content, segments))
    (tmp_path / "session_neutral.sto").write_text(opensim.sto_neutral(content))
    found = in_opensim(tmp_path)
    assert found["sto"]["labels"] == ["pelvis_imu", "torso_imu"]
    assert found["sto"]["rows"] == int(np.isfinite(segments.pelvis[:, 0]).sum())
    tracked = found["tracked"]
    _, names, rows = read(opensim.mot(content))
    rows = rows[: len(tracked["time"])]
    assert np.allclose(tracked["time"], rows[:, 0], atol=1e-6)
    assert rows[:, 1].min() < -40.0  # a whole bend is in it
    for name in names[1:]:
        # Seen: 0.02 deg, of the solver and of a difference of tilts that is no Cardan angle. A wrong sign is degrees.
        assert np.abs(np.array(tracked["columns"][name]) - rows[:, names.index(name)]).max() < 0.1, name


def test_swapped_sensors_give_the_same_orientations(content: Content, segments: SegmentOrientations):
    recording, calibration = content.recording, content.analysed.calibration
    swapped = replace(recording, sacral=recording.thoracic, thoracic=recording.sacral)
    crossed = segment_orientations(swapped, replace(calibration, swapped=True))
    assert np.allclose(crossed.pelvis, segments.pelvis, equal_nan=True)
    assert np.allclose(crossed.thorax, segments.thorax, equal_nan=True)
