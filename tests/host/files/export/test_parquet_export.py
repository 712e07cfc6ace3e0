"""The Parquet file, read by two readers that are not ours."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from export_samples import UNKNOWN, an_attempt, with_attempts

from hiphinge.files.errors import SessionError
from hiphinge.files.export import parquet
from hiphinge.files.export.content import Content
from hiphinge.files.json_text import write_json


@pytest.fixture(scope="module")
def written(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parquet") / "session.parquet"
    parquet.write(path, content)
    return path


def test_polars_reads_samples_and_angles_bit_by_bit(content: Content, written: Path):
    read = pl.read_parquet(written)
    assert set(read.dtypes) == {pl.Float64}
    assert np.array_equal(read["time_s"].to_numpy(), content.recording.time_s)
    gyr = content.recording.thoracic.gyr_radps
    assert gyr is not None
    assert np.array_equal(read.select("^thoracic_gyr_.$").to_numpy(), gyr, equal_nan=True)
    angles = content.analysed.angles
    for name in ("hip_hinge_deg", "lumbar_rotation_sd_deg"):
        assert np.array_equal(read[name].to_numpy(), getattr(angles, name), equal_nan=True)


def test_missing_is_null_and_not_a_number_nowhere(written: Path):
    read = pl.read_parquet(written)
    assert read["sacral_acc_x"].null_count() == UNKNOWN.stop - UNKNOWN.start
    assert not read.select(pl.all().is_nan().any()).row(0).count(True)


def test_pyarrow_reads_it_with_its_metadata(content: Content, written: Path):
    pq = pytest.importorskip("pyarrow.parquet", reason="the package pyarrow is missing: see tests/requirements.txt")
    read = pq.read_table(written)
    assert read.num_rows == len(content.recording.time_s)
    about = json.loads(pq.read_metadata(written).metadata[parquet.KEY.encode()])
    assert about["version"] and about["limits"]["depth_min_deg"] == 45.0
    assert about["session"]["events"][0] == {"time_s": 3.0, "kind": "set_start", "note": "a\tb\nc"}
    assert set(about["units"]) == set(read.column_names)
    assert (about["units"]["sacral_acc_x"], about["units"]["trunk_sd_deg"]) == ("m/s^2", "deg")
    assert [one["verdict"] for one in about["attempts"]] == [one.verdict for one in content.analysed.attempts]


def test_attempts_in_the_metadata_are_strict_json(content: Content):
    odd = with_attempts(content, an_attempt(content, smoothness_sal=np.nan, tempo_s=(1.0, None, np.inf, 2.0)))
    (attempt,) = json.loads(parquet.metadata(odd)[parquet.KEY])["attempts"]
    assert attempt["smoothness_sal"] is None and attempt["tempo_s"] == [1.0, None, None, 2.0]


def test_a_session_that_could_not_be_analysed_keeps_its_samples(content: Content, tmp_path: Path):
    parquet.write(tmp_path / "raw.parquet", replace(content, analysis=None))
    read = pl.read_parquet(tmp_path / "raw.parquet")
    assert read.columns[0] == "time_s" and len(read.columns) == 13
    about = json.loads(pl.read_parquet_metadata(tmp_path / "raw.parquet")[parquet.KEY])
    assert about["analysed"] is False and about["attempts"] == [] and "limits" not in about


def test_a_column_without_a_unit_is_a_mistake():
    with pytest.raises(ValueError, match="heart_rate"):
        parquet.unit("heart_rate")


def test_what_cannot_be_written_leaves_nothing_behind(content: Content, tmp_path: Path):
    write_json(tmp_path / "file", {})
    with pytest.raises(SessionError, match=r"could not be written|may not be written"):
        parquet.write(tmp_path / "file" / "session.parquet", content)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
