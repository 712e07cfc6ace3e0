"""Ready mappings: on small files made here in each format, and on real ones where they are."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from foreign_files import (
    assert_same,
    both,
    rows_of,
    sensors,
    write_dot,
    write_metamotion,
    write_mtw,
    write_trunkyxl,
    write_ximu3,
)

from hiphinge.files.errors import SessionError
from hiphinge.files.importing.assemble import Imported, import_recording
from hiphinge.files.importing.mapping_file import load_mapping, ready_mappings
from hiphinge.files.importing.stream import StreamData, read_stream
from hiphinge.files.importing.table import read_table
from hiphinge.model import ImuSamples, Recording

Data = Callable[[str], Path]
SENSORS = sensors()


def taken(name: str, *sources: object, rate_hz: float | None = None) -> Imported:
    return import_recording(load_mapping(name), name, [str(one) for one in sources], rate_hz)


def without(recording: Recording, *kinds: str) -> Recording:
    gone = dict.fromkeys(kinds)
    return dataclasses.replace(
        recording,
        sacral=dataclasses.replace(recording.sacral, **gone),
        thoracic=dataclasses.replace(recording.thoracic, **gone),
    )


def assert_is(got: Imported, wanted: Recording, acc: float = 1e-5, gyr: float = 1e-6, quat: float = 1e-6) -> None:
    np.testing.assert_allclose(got.recording.time_s, wanted.time_s - wanted.time_s[0], atol=1e-6)
    for a, b in zip(both(got.recording), both(wanted), strict=True):
        assert_same(a, b, acc, gyr, quat)
    assert got.missing == {"sacral": 0, "thoracic": 0}


def test_every_ready_mapping_is_sound_and_says_what_it_is():
    assert set(ready_mappings()) == {"metamotion", "trunkyxl", "ximu3", "xsens-dot", "xsens-mtw"}
    for name in ready_mappings():
        assert len(load_mapping(name).description) > 20


def test_trunkyxl_raw(tmp_path: Path):
    got = taken("trunkyxl", write_trunkyxl(tmp_path, SENSORS))
    assert_is(got, without(SENSORS, "quat"))
    assert got.recording.meta.source_rates_hz == {
        "sacral_acc": 50.0, "sacral_gyr": 50.0, "thoracic_acc": 50.0, "thoracic_gyr": 50.0,
    }  # fmt: skip


def test_trunkyxl_quaternions(tmp_path: Path):
    trial = write_trunkyxl(tmp_path, SENSORS, quaternions=True)
    assert_is(taken("trunkyxl", trial), without(SENSORS, "acc_mps2", "gyr_radps"))
    # The folder within does, too.
    assert_is(taken("trunkyxl", trial / "Q_Back"), without(SENSORS, "acc_mps2", "gyr_radps"))


@pytest.mark.parametrize("delimiter", ["\t", ";", ",", " "])
@pytest.mark.parametrize("orientation", ["quat", "matrix", "euler", "none"])
def test_mtw_dialects(tmp_path: Path, orientation: str, delimiter: str):
    nan = "NaN" if delimiter == "\t" else ""
    # Begins before the counter's 16 bits are full, and ends after.
    paths = [
        write_mtw(tmp_path / f"{segment}.txt", SENSORS, segment, 65400, orientation, delimiter, nan)
        for segment in ("sacral", "thoracic")
    ]
    wanted = without(SENSORS, "quat") if orientation == "none" else SENSORS
    assert_is(taken("xsens-mtw", f"sacral={paths[0]}", f"thoracic={paths[1]}"), wanted, quat=2e-6)


def test_mtw_sensors_that_start_on_both_sides_of_the_counters_end(tmp_path: Path):
    sacral = write_mtw(tmp_path / "a.txt", SENSORS, "sacral", 65530)
    thoracic = write_mtw(tmp_path / "b.txt", SENSORS, "thoracic", 65530, kept=np.arange(10, len(SENSORS.time_s)))
    got = taken("xsens-mtw", f"sacral={sacral}", f"thoracic={thoracic}")
    assert len(got.recording.time_s) == len(SENSORS.time_s) - 10
    wanted = rows_of(SENSORS, "sacral", slice(10, None))[1]["gyr"]
    np.testing.assert_allclose(got.recording.sacral.gyr_radps, wanted, atol=1e-6)


def test_mtw_lost_packets_are_counted_and_stay_missing(tmp_path: Path):
    kept = np.setdiff1d(np.arange(len(SENSORS.time_s)), [7, 100, 101, 102, 103, 104, 105])
    sacral = write_mtw(tmp_path / "a.txt", SENSORS, "sacral", 0)
    thoracic = write_mtw(tmp_path / "b.txt", SENSORS, "thoracic", 0, kept=kept)
    got = taken("xsens-mtw", f"sacral={sacral}", f"thoracic={thoracic}")
    assert [one.lost for one in got.files] == [0, 7]
    assert got.missing == {"sacral": 0, "thoracic": 7}
    gyr = got.recording.thoracic.gyr_radps
    assert gyr is not None
    assert np.flatnonzero(np.isnan(gyr).any(axis=1)).tolist() == [7, 100, 101, 102, 103, 104, 105]
    np.testing.assert_allclose(gyr[kept], rows_of(SENSORS, "thoracic", kept)[1]["gyr"], atol=1e-6)


def test_mtw_packet_sent_twice_is_one_sample(tmp_path: Path):
    sacral = write_mtw(tmp_path / "a.txt", SENSORS, "sacral", 0)
    thoracic = write_mtw(tmp_path / "b.txt", SENSORS, "thoracic", 0)
    lines = thoracic.read_text(encoding="utf-8").splitlines()
    thoracic.write_text("\n".join([*lines[:20], lines[19], *lines[20:]]) + "\n", encoding="utf-8")
    got = taken("xsens-mtw", f"sacral={sacral}", f"thoracic={thoracic}")
    assert [one.repeated for one in got.files] == [0, 1]
    assert_is(got, SENSORS, quat=2e-6)
    spoilt = lines[19].replace("\t0.", "\t1.", 1) if "\t0." in lines[19] else lines[19] + "1"
    thoracic.write_text("\n".join([*lines[:20], spoilt, *lines[20:]]) + "\n", encoding="utf-8")
    with pytest.raises(SessionError, match=r"b\.txt: line 21, column PacketCounter: time repeats"):
        taken("xsens-mtw", f"sacral={sacral}", f"thoracic={thoracic}")


def test_mtw_rate_that_is_written_nowhere(tmp_path: Path):
    paths = [write_mtw(tmp_path / f"{s}.txt", SENSORS, s, 0, rate=False) for s in ("sacral", "thoracic")]
    sources = (f"sacral={paths[0]}", f"thoracic={paths[1]}")
    with pytest.raises(SessionError, match=r"sample rate is not known .* --rate HZ"):
        taken("xsens-mtw", *sources)
    assert_is(taken("xsens-mtw", *sources, rate_hz=50.0), SENSORS, quat=2e-6)


def test_dot_has_quaternions_only_and_a_clock_that_begins_anew(tmp_path: Path):
    # A bit over 4294 s: the 32 bits are full within the recording.
    write_dot(tmp_path / "Pelvis_1.csv", SENSORS, "sacral", 2**32 - 3_000_000)
    write_dot(tmp_path / "Thorax_1.csv", SENSORS, "thoracic", 2**32 - 3_000_000)
    got = taken("xsens-dot", tmp_path)
    assert_is(got, without(SENSORS, "acc_mps2", "gyr_radps"), quat=2e-6)
    assert [one.rate_hz for one in got.files] == pytest.approx([50.0, 50.0], abs=1e-6)


def test_ximu3_folders(tmp_path: Path):
    write_ximu3(tmp_path / "pelvis 64F0EDBF (UDP)", SENSORS, "sacral", 917_000_000)
    write_ximu3(tmp_path / "thorax 64F0EDC0 (UDP)", SENSORS, "thoracic", 917_000_000)
    assert_is(taken("ximu3", tmp_path), SENSORS, acc=1e-5, gyr=1e-7, quat=2e-6)


def test_ximu3_sensors_between_each_others_instants_are_interpolated(tmp_path: Path):
    sacral = write_ximu3(tmp_path / "a", SENSORS, "sacral", 917_000_000)
    thoracic = write_ximu3(tmp_path / "b", SENSORS, "thoracic", 917_000_000, late_us=5_000)
    got = taken("ximu3", f"sacral={sacral}", f"thoracic={thoracic}").recording
    # The first instant at which both are running is the sacral sensor's second.
    wanted = rows_of(SENSORS, "thoracic", slice(None))[1]["gyr"]
    assert got.thoracic.gyr_radps is not None and len(got.time_s) == len(SENSORS.time_s) - 1
    np.testing.assert_allclose(got.thoracic.gyr_radps, 0.25 * wanted[:-1] + 0.75 * wanted[1:], atol=1e-6)


def test_metamotion_pairs_at_two_rates(tmp_path: Path):
    slow = sensors(16.0, 25.0)
    write_metamotion(tmp_path, slow, "sacral", "C42732BE255C", 1547219408431, 2)
    write_metamotion(tmp_path, slow, "thoracic", "D8EE61ABF0B3", 1547219408431, 2, "epoc (ms)")
    got = taken("metamotion", f"sacral={tmp_path}/*C42732BE255C*", f"thoracic={tmp_path}/*D8EE61ABF0B3*")
    recording = got.recording
    # The last gyroscope sample has no accelerometer sample after it.
    assert len(recording.time_s) == len(slow.time_s) - 1
    assert recording.meta.started_at == "2019-01-11T15:10:08.431+00:00"
    for a, b in zip(both(recording), both(slow), strict=True):
        assert a.gyr_radps is not None and b.gyr_radps is not None and a.acc_mps2 is not None and b.acc_mps2 is not None
        np.testing.assert_allclose(a.gyr_radps, b.gyr_radps[:-1], atol=1e-6)
        np.testing.assert_allclose(a.acc_mps2[::2], b.acc_mps2[::2], atol=1e-5)
        np.testing.assert_allclose(a.acc_mps2[1:-1:2], 0.5 * (b.acc_mps2[:-2:2] + b.acc_mps2[2::2]), atol=1e-5)
    assert any("only 25 samples a second" in warning for warning in got.warnings)
    assert [round(one.rate_hz, 3) for one in got.files] == [12.5, 25.0, 12.5, 25.0]


# Real files.


def real(root: Path, name: str, rate_hz: float | None = None) -> StreamData:
    mapping = load_mapping("xsens-mtw")
    path = root / "xsens_mtw" / name
    return read_stream(read_table(path, mapping.table), mapping.stream[0], "sacral", "stream[1]", path, rate_hz)


MTW = {
    "MT2022_ACC_00B42D4B.txt": ({"acc"}, 5, 0),
    "MT2022_ACC_GYRO_ROT_ALL_TAB_NAN_00B42D4B.txt": ({"acc", "gyr", "quat"}, 5, 0),
    "MT2022_ACC_GYRO_ROT_EULER_TAB_00B42D4F.txt": ({"acc", "gyr", "quat"}, 5, 0),
    "MT2022_ACC_GYRO_ROT_MAT_COMMA_00B42D4B.txt": ({"acc", "gyr", "quat"}, 5, 0),
    "MT2022_ACC_GYRO_ROT_MAT_SEMICOLON_00B42D4B.txt": ({"acc", "gyr", "quat"}, 5, 0),
    "MT2022_ACC_GYRO_ROT_MAT_SPACE_00B42D4B.txt": ({"acc", "gyr", "quat"}, 5, 0),
    "MT46_01-000_00B42D4D.txt": ({"acc", "gyr", "quat"}, None, 0),
    "MT46_01-000_00B42D4E.txt": ({"acc", "gyr", "quat"}, None, 0),
    "MT_01200312-002-000_00B474BA.txt": ({"acc", "quat"}, 5, 0),
    "MT_01200454_000-000_00B40DE4.txt": ({"acc", "gyr", "quat"}, None, 0),
    # 1459 packets over 1527 counts: 68 never arrived.
    "MT_012005D6-000_sit_to_stand-000_00B421ED.txt": ({"quat"}, 1459, 68),
    "MT_012005D6_031-000_00B421AF.txt": ({"acc", "gyr", "quat"}, 3369, 0),
    "MT_012005D6_031-000_00B4227B.txt": ({"acc", "gyr", "quat"}, 3369, 0),
    "test1_00B421E6.txt": ({"acc", "gyr", "quat"}, None, 0),
}


@pytest.mark.parametrize("name", MTW)
def test_real_mtw_dialects(data: Data, name: str):
    kinds, rows, lost = MTW[name]
    # Those of 2022 do not tell their rate.
    got = real(data("importer_samples"), name, 100.0 if "2022" in name or "0120" in name else None)
    assert set(got.values) == kinds
    assert got.lost == lost
    assert rows is None or len(got.times.time_s) == rows
    if {"acc", "quat"} <= kinds:
        # At such rest, what is up for the accelerometer is up for the orientation.
        up = ImuSamples(got.values["acc"], None, got.values["quat"])
        assert up.quat is not None and up.acc_mps2 is not None
        w, x, y, z = up.quat.T
        vertical = np.column_stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)])
        cosine = np.sum(vertical * up.acc_mps2, axis=1) / np.linalg.norm(up.acc_mps2, axis=1)
        assert np.nanmedian(cosine) > 0.97


def test_all_of_the_real_mtw_dialects_are_tested(data: Data):
    assert set(MTW) == {path.name for path in (data("importer_samples") / "xsens_mtw").glob("*.txt")}


def test_real_mtw_quaternion_matrix_and_euler_are_one_orientation(data: Data):
    mapping = load_mapping("xsens-mtw")
    path = data("importer_samples") / "xsens_mtw/MT2022_ACC_GYRO_ROT_ALL_TAB_NAN_00B42D4B.txt"
    table = read_table(path, mapping.table)
    found = [
        read_stream(table, mapping.stream[0].model_copy(update=gone), "sacral", "s", path, 100.0).values["quat"]
        for gone in ({}, {"quat": None}, {"quat": None, "matrix": None})
    ]
    for other in found[1:]:
        assert_same(ImuSamples(None, None, other), ImuSamples(None, None, found[0]), 0, 0, 3e-6)


def test_real_mtw_pair(data: Data):
    root = data("importer_samples") / "xsens_mtw"
    got = taken("xsens-mtw", f"sacral={root}/*031*AF.txt", f"thoracic={root}/*031*7B.txt")
    assert len(got.recording.time_s) == 3369 and got.missing == {"sacral": 0, "thoracic": 0}
    assert got.recording.time_s[-1] == pytest.approx(33.68)


def test_real_trunkyxl_equals_what_the_numbers_say(data: Data):
    trials = sorted(data("trunkyxl").glob("*/QSM_*"))
    assert len(trials) == 15
    for trial in trials:
        got = taken("trunkyxl", trial).recording
        path = next(trial.glob("*_Back/Sensor 3.csv"))
        last = [float(cell) for cell in path.read_text(encoding="utf-8").splitlines()[-1].split("\t")[:6] if cell]
        if got.sacral.acc_mps2 is not None and got.sacral.gyr_radps is not None:
            np.testing.assert_allclose(got.sacral.acc_mps2[-1], np.array(last[:3]) * 9.80665)
            np.testing.assert_allclose(got.sacral.gyr_radps[-1], np.radians(last[3:6]))
        else:
            assert "Q_Back" in str(path) and got.sacral.quat is not None
            np.testing.assert_allclose(got.sacral.quat[-1], last[:4] / np.linalg.norm(last[:4]), atol=1e-6)


def test_real_dot_with_a_sensor_that_lost_half(data: Data):
    root = data("importer_samples") / "xsens_dot"
    got = taken("xsens-dot", root, f"thoracic={root}/LFemur_20210820_202113_831.csv")
    # 195 of 352 packets came.
    assert [one.lost for one in got.files] == [0, 157]
    assert got.missing == {"sacral": 0, "thoracic": 157}
    assert [round(one.rate_hz) for one in got.files] == [60, 60]


def test_real_ximu3_stream(data: Data):
    mapping = load_mapping("ximu3")
    folder = next((data("importer_samples") / "ximu3").glob("pelvis*"))
    streams = [
        read_stream(read_table(folder / name, mapping.table), stream, "sacral", "s", folder / name)
        for name, stream in zip(("Inertial.csv", "Quaternion.csv"), mapping.stream, strict=True)
    ]
    acc, quat = streams[0].values["acc"], streams[1].values["quat"]
    assert [streams[0].rate_hz, streams[0].lost, len(acc)] == [pytest.approx(49.85, abs=0.01), 28, 900]
    w, x, y, z = quat.T
    vertical = np.column_stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)])
    assert np.median(np.sum(vertical * acc, axis=1)) == pytest.approx(9.81, abs=0.1)
