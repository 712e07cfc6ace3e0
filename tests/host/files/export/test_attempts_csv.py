"""The CSV of attempts: everything in plain columns, and never a formula."""

import csv
import io
import math
import re

import numpy as np
import polars as pl
import pytest
from export_samples import FLEXION, ROTATION, SIDE_BEND, TOO_FAST, an_attempt, with_attempts, with_meta
from hypothesis import example, given
from hypothesis import strategies as st

from hiphinge.files.export.attempts_csv import attempts_csv, csv_text, safe_text
from hiphinge.files.export.content import Content

NUMBER = re.compile(r"-?\d+(\.\d+)?")
TRIGGERS = tuple("=+-@\t\r＝＋－＠")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_row_an_attempt_with_every_measure(content: Content):
    found = table(attempts_csv(content))
    assert len(found) == len(content.analysed.attempts)
    for row, one in zip(found, content.analysed.attempts, strict=True):
        for name in ("hip_hinge_deg", "trunk_sd_deg", "lumbar_extension_sd_deg", "lumbar_share", "decided_s"):
            assert float(row[name]) == pytest.approx(getattr(one, name), abs=0.5e-4)
        assert (row["verdict"], int(row["index"]), int(row["set"])) == (one.verdict, one.index, one.set)
        assert float(row["eccentric_s"]) == pytest.approx(one.tempo_s[0], abs=0.5e-4)
        assert [name.removesuffix("_down") for name in row["faults"].split()] == [fault.kind for fault in one.faults]
    first = found[0]
    assert (first["person"], first["load_kg"], first["pain_0_10"]) == ("Anna", "12.5", "3")
    assert first["started_at"] == "2025-03-01T23:59:30.5+01:00"
    assert (first["limit_lumbar_flexion_max_deg"], first["limit_rotation_max_deg"]) == ("10", "")
    assert (first["programme"], first["preset"]) == ("assisted", "strict") and first["hiphinge_version"]


def test_findings_have_columns_of_their_own(content: Content):
    one = an_attempt(
        content,
        lumbar_side_bend_deg=SIDE_BEND.value,
        lumbar_rotation_deg=ROTATION.value,
        faults=(FLEXION, SIDE_BEND),
        doubts=(ROTATION, TOO_FAST),
    )
    limits = type(content.limits)(**{**_limits(content), "side_bend_max_deg": 5.0, "rotation_max_deg": 5.0})
    held = with_attempts(content, one)
    held = type(held)(**{**{name: getattr(held, name) for name in held.__slots__}, "limits": limits})
    (row,) = table(attempts_csv(held))
    assert (row["faults"], row["doubts"]) == ("lumbar_flexion side_bend", "too_fast_down rotation")
    assert row["lumbar_flexion_finding"] == "fault" and row["side_bend_finding"] == "advisory fault"
    assert row["rotation_finding"] == "doubt" and row["lumbar_extension_finding"] == ""
    assert row["lumbar_flexion_finding_value_deg"] == "16.9" and row["lumbar_flexion_finding_limit_deg"] == "10"
    assert row["lumbar_flexion_finding_at_s"] == "16.2" and row["lumbar_flexion_finding_phase"] == "down"
    assert row["side_bend_finding_value_deg"] == "-9" and row["too_fast_down_finding_sd_s"] == "0.05"


def _limits(content: Content) -> dict:
    values = content.limits.to_dict()
    return {**values, "advisory": frozenset(values["advisory"])}


def test_missing_is_an_empty_cell(content: Content):
    one = an_attempt(content, smoothness_sal=np.nan, lumbar_rotation_deg=np.inf, tempo_s=(None, 0.4, None, 0.0))
    (row,) = table(attempts_csv(with_meta(with_attempts(content, one), person=None, load_kg=None)))
    names = ("smoothness_sal", "lumbar_rotation_deg", "eccentric_s", "concentric_s", "person", "load_kg")
    assert [row[name] for name in names] == [""] * len(names)
    assert (row["pause_bottom_s"], row["pause_top_s"]) == ("0.4", "0")


def test_a_session_without_attempts_has_its_header(content: Content):
    assert table(attempts_csv(with_attempts(content))) == []
    assert attempts_csv(with_attempts(content)).startswith("session,person,")


def test_polars_reads_numbers_as_numbers(content: Content):
    read = pl.read_csv(io.StringIO(attempts_csv(content)))
    assert read["lumbar_rotation_deg"].dtype == pl.Float64 and read["verdict"].dtype == pl.String


def no_formula(cell: str) -> bool:
    """Whether a spreadsheet takes the cell, or any part of it between what may separate cells, for a formula."""
    if NUMBER.fullmatch(cell):
        return True
    return not any(part.lstrip(" \"'"[:2]).startswith(TRIGGERS) for part in re.split(r"[;,|\n\r\t]", cell))


@given(st.text())
@example("=1+1")
@example(" =1+1")
@example("\t=1")
@example("-2+3+cmd|' /C calc'!A0")
@example('a;"=1+1"')
@example("@SUM(A1)")
@example("＝1+1")
def test_no_text_is_a_formula(text: str):
    safe = safe_text(text)
    assert no_formula(safe)
    assert safe.isprintable()  # one line, and no tab that splits cells


@given(st.text(), st.text(), st.text())
def test_no_cell_of_the_file_is_a_formula(content: Content, person: str, source: str, stance: str):
    one = with_meta(with_attempts(content, content.analysed.attempts[0]), person=person, stance=stance)
    one = type(one)(**{**{name: getattr(one, name) for name in one.__slots__}, "programme": source})
    text = attempts_csv(one)
    assert len(text.splitlines()) == 2
    (row,) = table(text)
    assert all(no_formula(cell) for cell in row.values())


@given(st.text(alphabet=st.characters(categories=["L", "N"], include_characters=" _.")))
def test_plain_text_is_unchanged(text: str):
    plain = text.replace("\xa0", " ")
    assert safe_text(plain) == plain or plain.lstrip().startswith(TRIGGERS)


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_numbers_stay_numbers(value: float):
    (row,) = table(csv_text(["x"], [{"x": value}]))
    assert NUMBER.fullmatch(row["x"]) and row["x"] != "-0"
    assert math.isclose(float(row["x"]), value, abs_tol=0.5001e-4, rel_tol=1e-15)
