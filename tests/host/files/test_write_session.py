"""Writing and reading again: nothing changes but the digits that are dropped on purpose."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from session_samples import bending, csv_of, with_quats

from hiphinge.files.columns import KNOWN
from hiphinge.files.csv_writer import as_written, write_angles_csv, write_csv
from hiphinge.files.errors import SessionError
from hiphinge.files.session import read_session, write_session
from hiphinge.model import Angles, Calibration, Event, Floats, ImuSamples, Recording, SessionMeta

TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
SMALL = st.floats(-1e6, 1e6)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    def rotation() -> Floats:
        q, r = np.linalg.qr(np.random.default_rng(draw(st.integers(0, 99))).normal(size=(3, 3)))
        q = q * np.sign(np.diag(r))
        return q * np.sign(np.linalg.det(q))

    start_s = draw(st.floats(0.0, 1e5))
    return Calibration(
        sacral=rotation(),
        thoracic=rotation(),
        neutral_s=(start_s, start_s + draw(st.floats(0.5, 10.0))),
        flexion_axis_quality=draw(st.floats(0.0, 1.0)),
        swapped=draw(st.booleans()),
        warnings=tuple(draw(st.lists(TEXT, max_size=2))),
        flexion_axis_sd_deg=(draw(st.floats(0.0, 20.0)), draw(st.floats(0.0, 20.0))),
        bends=draw(st.integers(1, 50)),
    )


metas = st.builds(
    SessionMeta,
    person=st.none() | TEXT,
    started_at=st.none() | st.datetimes().map(lambda moment: moment.isoformat()),
    device=st.dictionaries(TEXT, TEXT, max_size=3),
    source_rates_hz=st.dictionaries(TEXT, st.floats(0.1, 1e4), max_size=3),
    programme=st.none() | TEXT,
    preset=st.none() | TEXT,
    limits=st.dictionaries(TEXT, SMALL, max_size=3),
    stance=st.none() | TEXT,
    side=st.none() | TEXT,
    load_kg=st.none() | st.floats(0.0, 500.0),
    pain_0_10=st.none() | st.integers(0, 10),
    notes=TEXT,
    events=st.lists(st.builds(Event, SMALL, TEXT.filter(bool), TEXT), max_size=4).map(tuple),
    calibration=st.none() | calibrations(),
)


def assert_same(got: object, wanted: object) -> None:
    """Equal to the last bit, arrays, tuples and dataclasses within included."""
    if isinstance(wanted, np.ndarray):
        np.testing.assert_array_equal(got, wanted)
    elif dataclasses.is_dataclass(wanted) and not isinstance(wanted, type):
        for field in dataclasses.fields(wanted):
            assert_same(getattr(got, field.name), getattr(wanted, field.name))
    else:
        assert got == wanted


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Uneven times, missing values, with and without raw data and quaternions."""
    base = with_quats(bending(3.0, seed=draw(st.integers(0, 99))))
    count = len(base.time_s)
    jitter = draw(hnp.arrays(np.float64, count, elements=st.floats(-0.009, 0.009)))
    offset_s = draw(st.floats(-5.0, 1e5))
    kinds = draw(st.sampled_from(["raw", "quat", "both"]))

    def imu(samples: ImuSamples) -> ImuSamples:
        holes = draw(hnp.arrays(np.bool_, (count, 3), fill=st.just(False)))
        holes[0] = False
        assert samples.acc_mps2 is not None and samples.gyr_radps is not None and samples.quat is not None
        return ImuSamples(
            acc_mps2=None if kinds == "quat" else np.where(holes, np.nan, samples.acc_mps2),
            gyr_radps=None if kinds == "quat" else np.where(holes, np.nan, samples.gyr_radps),
            quat=None if kinds == "raw" else np.where(holes[:, :1], np.nan, samples.quat),
        )

    return dataclasses.replace(
        base, time_s=base.time_s + jitter + offset_s, sacral=imu(base.sacral), thoracic=imu(base.thoracic)
    )


@given(recordings(), metas)
@settings(max_examples=60)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, recording: Recording, meta: SessionMeta
) -> None:
    recording = dataclasses.replace(recording, meta=meta)
    folder = tmp_path_factory.mktemp("session")
    write_session(folder, recording)
    got = read_session(folder)
    wanted = as_written(recording)
    for name in ("time_s", "sacral", "thoracic", "meta"):
        assert_same(getattr(got, name), getattr(wanted, name))
    assert all("outside the samples" in warning for warning in got.warnings)
    # Once rounded, nothing changes any more.
    assert csv_of(got) == (folder / "session.csv").read_bytes()


@given(recordings())
@settings(max_examples=30)
def test_rounding_is_far_below_what_sensors_resolve(recording: Recording) -> None:
    written = as_written(recording)
    np.testing.assert_allclose(written.time_s, recording.time_s, rtol=0.0, atol=1e-9)
    for a, b in ((written.sacral, recording.sacral), (written.thoracic, recording.thoracic)):
        if a.acc_mps2 is not None and b.acc_mps2 is not None:
            np.testing.assert_allclose(a.acc_mps2, b.acc_mps2, rtol=0.0, atol=0.51e-6)
        if a.gyr_radps is not None and b.gyr_radps is not None:
            np.testing.assert_allclose(a.gyr_radps, b.gyr_radps, rtol=0.0, atol=0.51e-7)
        if a.quat is not None and b.quat is not None:
            np.testing.assert_allclose(a.quat, b.quat, rtol=0.0, atol=1e-6)


def test_the_file_is_plain() -> None:
    recording = with_quats(bending())
    assert recording.sacral.acc_mps2 is not None
    recording.sacral.acc_mps2[3] = np.nan
    data = csv_of(recording)
    lines = data.decode("ascii").split("\n")
    assert b"\r" not in data and b"#" not in data and b'"' not in data and lines[-1] == ""
    assert set(lines[0].split(",")) == KNOWN
    assert lines[0].startswith("time_s,sacral_acc_x,sacral_acc_y,sacral_acc_z,sacral_gyr_x")
    assert lines[4].startswith("0.06,,,,")
    assert "-0.0," not in data.decode()
    assert {line.count(",") for line in lines[:-1]} == {20}


def test_text_and_binary_targets_get_the_same(tmp_path: Path) -> None:
    text, binary = io.StringIO(), io.BytesIO()
    for target in (text, binary, tmp_path / "a.csv", str(tmp_path / "b.csv")):
        write_csv(target, bending())
    assert text.getvalue().encode() == binary.getvalue()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes() == binary.getvalue()


def test_angles(tmp_path: Path) -> None:
    time_s = np.array([0.0, 0.1, 0.1 + 0.2])
    columns = {field.name: np.array([1.23456, np.nan, -0.00001]) for field in dataclasses.fields(Angles)}
    write_angles_csv(tmp_path / "angles.csv", Angles(**{**columns, "time_s": time_s}))
    lines = (tmp_path / "angles.csv").read_text().splitlines()
    assert lines[0].split(",") == [field.name for field in dataclasses.fields(Angles)]
    assert lines[1:] == ["0.0" + ",1.2346" * 10, "0.1" + "," * 10, "0.3" + ",0.0" * 10]
    assert pl.read_csv(tmp_path / "angles.csv").shape == (3, 11)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_session(tmp_path, bending())
    before = (tmp_path / "session.csv").read_bytes()
    bad = dataclasses.replace(bending(), time_s=np.zeros(len(bending().time_s)))
    with pytest.raises(SessionError, match="strictly increasing"):
        write_session(tmp_path, bad)
    assert (tmp_path / "session.csv").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["session.csv", "session.json"]


def spoilt(**changes: object) -> Recording:
    base = with_quats(bending())
    return dataclasses.replace(base, sacral=dataclasses.replace(base.sacral, **changes))


@pytest.mark.parametrize(
    ("recording", "fragment"),
    [
        (spoilt(acc_mps2=np.full((700, 3), np.inf)), "sacral_acc holds infinite"),
        (spoilt(acc_mps2=np.zeros((699, 3))), r"sacral_acc has shape \(699, 3\)"),
        (spoilt(gyr_radps=np.zeros((700, 4))), r"sacral_gyr has shape \(700, 4\)"),
        (spoilt(quat=np.full((700, 4), 9.0)), "sacral_quat holds rows not of unit length"),
        (spoilt(quat=None, gyr_radps=None), "sacral sensor has neither"),
        (dataclasses.replace(bending(), time_s=np.full(700, np.nan)), "strictly increasing"),
        (dataclasses.replace(bending(), time_s=np.arange(700) * 1e-12), "strictly increasing"),
    ],
)
def test_what_could_not_be_read_is_not_written(recording: Recording, fragment: str) -> None:
    with pytest.raises(SessionError, match=fragment):
        write_csv(io.BytesIO(), recording)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "nul\0"):
        with pytest.raises(SessionError) as caught:
            write_session(folder, bending())
        assert str(caught.value).isprintable()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SessionError, match="could not be written"):
        write_csv(tmp_path / "folder.csv", bending())
    with pytest.raises(SessionError, match="no such file or folder"):
        write_csv(tmp_path / "none" / "a.csv", bending())


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_csv(tmp_path / "link.csv", bending())
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == csv_of(bending())


def test_a_device_is_written_to_and_stays_one() -> None:
    null = Path("/dev/null")
    if not null.is_char_device():
        pytest.skip("no such device here")
    write_csv(null, bending())
    assert null.is_char_device()


def test_a_lone_csv_ignores_the_json_beside_it(tmp_path: Path) -> None:
    (tmp_path / "monday.csv").write_bytes(csv_of(bending()))
    (tmp_path / "monday.json").write_text("no json at all")
    (tmp_path / "session.json").write_text("no json at all")
    assert read_session(tmp_path / "monday.csv").meta == SessionMeta()


def test_a_folder_needs_no_json_and_its_csv_may_be_named(tmp_path: Path) -> None:
    meta = SessionMeta(notes="left knee", events=(Event(1.0, "set_start"), Event(99.0, "set_end")))
    write_session(tmp_path, dataclasses.replace(bending(), meta=meta))
    for path in (tmp_path, tmp_path / "session.csv"):
        got = read_session(path)
        assert got.meta == meta
        assert got.source == str(path)
        assert got.warnings == ("1 of 2 marks lie outside the samples, the first at 99.00 s",)
    (tmp_path / "session.json").unlink()
    assert read_session(tmp_path).meta == SessionMeta()


def test_the_json_is_as_designed(tmp_path: Path) -> None:
    calibration = Calibration(np.eye(3), TURN, (0.5, 4.5), 0.98)
    write_session(tmp_path, dataclasses.replace(bending(), meta=SessionMeta(calibration=calibration, notes="café")))
    values = json.loads((tmp_path / "session.json").read_text(encoding="utf-8"))
    assert values["schema"] == "hiphinge.session/1"
    assert values["calibration"]["schema"] == "hiphinge.calibration/1"
    assert values["calibration"]["neutral_s"] == [0.5, 4.5]
    assert set(values) == {"schema", *(field.name for field in dataclasses.fields(SessionMeta))}
