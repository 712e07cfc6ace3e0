"""Rows of the two data sets: what is in them, and who can read them."""

import json
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow.dataset
import pytest
from cohorts import attempts_of, multiply, serially, sessions_of, statuses

from hiphinge.app.analyse import Request, analyse_file
from hiphinge.app.cohort.schema import ATTEMPTS, CHECKS, SESSIONS
from hiphinge.files.export import attempts_csv
from hiphinge.programmes import load_programme


def test_every_session_has_a_row_and_a_broken_one_says_why(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    summary = serially(study, out)
    assert statuses(out) == {"monday": "analysed", "tuesday.CSV": "analysed", "broken.csv": "refused"}
    assert (summary.tally.analysed, summary.tally.refused, summary.tally.attempts) == (2, 1, 6)
    broken = sessions_of(out).filter(pl.col("status") == "refused").row(0, named=True)
    assert str(study / "broken.csv") in broken["error"] and "sacral" in broken["error"]
    assert "\n" not in broken["error"] and "Traceback" not in broken["error"]


def test_rows_are_what_analyse_finds(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    serially(study, out)
    result = analyse_file(study / "monday", Request())
    session = sessions_of(out).filter(pl.col("session") == str(study / "monday")).row(0, named=True)
    attempts = attempts_of(out).filter(pl.col("session") == str(study / "monday"))
    assert (session["person"], session["pain_0_10"], session["load_kg"]) == ("=anna", 3, 12.5)
    assert session["attempts_count"] == attempts.height == len(result.analysis.attempts) == 3
    assert session["limit_lumbar_flexion_max_deg"] == result.limits.lumbar_flexion_max_deg
    for name in ("hip_hinge_deg", "lumbar_flexion_sd_deg", "bottom_s", "verdict", "set"):
        assert attempts[name].to_list() == [getattr(one, name) for one in result.analysis.attempts]
    assert attempts["eccentric_s"].to_list() == [one.tempo_s[0] for one in result.analysis.attempts]
    faulty = attempts.row(1, named=True)
    assert faulty["faults"] == ["lumbar_flexion"] and faulty["lumbar_flexion_finding"] == "fault"
    fault = result.analysis.attempts[1].faults[0]
    assert faulty["lumbar_flexion_finding_value_deg"] == fault.value
    assert faulty["lumbar_flexion_finding_phase"] == fault.phase


def test_a_programme_read_here_judges_as_analyse_does(one_csv: Path, tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_text('extends = "assisted"\n[presets.strict.lumbar_flexion]\nmax_deg = 1.0\n')
    root, out = multiply(one_csv, tmp_path / "root", 1), tmp_path / "out"
    programme = load_programme(own)
    own.unlink()
    serially(root, out, programme=programme)
    found = sessions_of(out).row(0, named=True)
    assert (found["programme"], found["limit_lumbar_flexion_max_deg"]) == ("own", 1.0)
    assert attempts_of(out)["lumbar_flexion_finding_limit_deg"].drop_nulls().unique().to_list() == [1.0]


def test_the_schema_holds_whatever_was_found(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    serially(study, out, batch=1)
    for table, columns in (("sessions", SESSIONS), ("attempts", ATTEMPTS)):
        paths = list((out / table).iterdir())
        assert len(paths) == 3
        for path in paths:
            assert pl.read_parquet_schema(path) == columns
            about = json.loads(pl.read_parquet_metadata(path)["hiphinge"])
            assert (about["schema"], about["table"]) == ("hiphinge.cohort/1", table)
            assert {name for name in columns if name.endswith("_deg")} <= about["units"].keys()


def test_numbers_name_their_unit_or_have_none():
    plain = {"index", "set", "repetition", "lumbar_share", "smoothness_sal", "flexion_axis_quality", "pain_0_10"}
    for columns in (SESSIONS, ATTEMPTS):
        for name, kind in columns.items():
            if kind.is_numeric() and name not in plain:
                assert name.endswith(("_deg", "_s", "_hz", "_kg", "_count")), name


def test_checks_are_those_of_the_attempts_csv():
    assert attempts_csv._CHECKS == CHECKS


def test_other_tools_read_the_folders_as_data_sets(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    serially(study, out, batch=1)
    assert pyarrow.dataset.dataset(out / "attempts").count_rows() == 6
    assert pl.scan_parquet(out / "sessions").select(pl.len()).collect().item() == 3
    query = f"select status, count(*) from '{out}/sessions/*.parquet' group by 1 order by 1"
    assert duckdb.sql(query).fetchall() == [("analysed", 2), ("refused", 1)]
    joined = f"select count(*) from '{out}/attempts/*.parquet' join '{out}/sessions/*.parquet' using (session)"
    assert duckdb.sql(joined).fetchall() == [(6,)]


def test_a_fault_of_ours_is_a_row_too(one_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh\nno")

    monkeypatch.setattr("hiphinge.app.cohort.work.analyse_recording", broken)
    root, out = multiply(one_csv, tmp_path / "root", 1), tmp_path / "out"
    assert serially(root, out).tally.refused == 1
    error = sessions_of(out)["error"][0]
    assert "hiphinge has a fault (ZeroDivisionError: oh" in error and "please report it" in error and "\n" not in error


def test_nan_is_null(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 1), tmp_path / "out"
    serially(root, out)
    for frame in (sessions_of(out), attempts_of(out)):
        for name in frame.select(pl.selectors.float()).columns:
            assert not np.isnan(frame[name].drop_nulls().to_numpy()).any(), name
