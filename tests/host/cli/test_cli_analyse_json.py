"""`analyse --json`: keys, order, values and types as documented; strict JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Ended, hiphinge, with_a_lone_bend, write_simulated

NUMBER = (int, float)
MAYBE = (int, float, type(None))
# Documented keys in their order; more may follow.
TOP = {
    "schema": str, "version": str, "session": dict, "calibration": dict, "programme": str, "limits": dict,
    "attempts": list, "summary": dict,
}  # fmt: skip
SESSION = {"file": str, "duration_s": NUMBER, "rate_hz": NUMBER, "missing_samples": int}
CALIBRATION = {"neutral": list, "flexion_axis_quality": NUMBER, "swapped": bool, "warnings": list}
ATTEMPT = {
    "index": int, "set": int, "start_s": NUMBER, "bottom_s": NUMBER, "end_s": NUMBER, "decided_s": NUMBER,
    "hip_hinge_deg": NUMBER, "hip_hinge_sd_deg": NUMBER, "trunk_deg": NUMBER,
    "lumbar_flexion_deg": NUMBER, "lumbar_flexion_sd_deg": NUMBER, "lumbar_extension_deg": NUMBER,
    "lumbar_side_bend_deg": MAYBE, "lumbar_rotation_deg": MAYBE, "lumbar_share": MAYBE,
    "tempo_s": list, "smoothness_sal": MAYBE, "verdict": str, "faults": list, "doubts": list,
}  # fmt: skip
FAULT = {"kind": str, "value": NUMBER, "limit": NUMBER, "sd": NUMBER, "at_s": NUMBER, "phase": str}
SUMMARY = {"attempts": int, "compliant": int, "faulty": int, "uncertain": int, "sets": int}


def refuse(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


def strict(text: str) -> dict[str, Any]:
    return json.loads(text, parse_constant=refuse)


def assert_fits(values: dict[str, Any], schema: dict[str, Any]) -> None:
    assert list(values)[: len(schema)] == list(schema)
    for key, kinds in schema.items():
        assert isinstance(values[key], kinds), (key, values[key])
        assert isinstance(values[key], bool) == (kinds is bool), key


def analysed(ended: Ended) -> dict[str, Any]:
    assert (ended.code, ended.err) == (0, "")
    return strict(ended.out)


@pytest.mark.parametrize("live", [(), ("--live",)])
def test_json_is_as_documented(capsys: pytest.CaptureFixture[str], session: Path, live: tuple[str, ...]):
    found = analysed(hiphinge(capsys, "analyse", session, "--json", "-", *live))
    assert_fits(found, TOP)
    assert_fits(found["session"], SESSION)
    assert_fits(found["calibration"], CALIBRATION)
    assert_fits(found["summary"], SUMMARY)
    assert found["schema"] == "hiphinge.analysis/1"
    assert found["session"]["file"] == str(session)
    assert found["live"] is bool(live)
    start_s, end_s = found["calibration"]["neutral"]
    assert 0 <= start_s < end_s <= found["session"]["duration_s"]
    faults = 0
    for attempt in found["attempts"]:
        assert_fits(attempt, ATTEMPT)
        assert attempt["start_s"] < attempt["bottom_s"] < attempt["end_s"]
        assert len(attempt["tempo_s"]) == 4
        for fault in attempt["faults"] + attempt["doubts"]:
            assert_fits(fault, FAULT)
            faults += 1
    assert faults >= 5
    counts = {key: found["summary"][key] for key in ("attempts", "compliant", "faulty", "uncertain", "sets")}
    assert counts == {"attempts": 10, "compliant": 5, "faulty": 5, "uncertain": 0, "sets": 1}
    assert found["attempts"][-1]["tempo_s"][3] is None  # nothing follows the last


def test_isolated_bends_are_listed_and_not_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path = write_simulated(tmp_path / "lone.csv", with_a_lone_bend())
    found = analysed(hiphinge(capsys, "analyse", path, "--json", "-"))
    assert [(one["set"], one["repetition"]) for one in found["attempts"]] == [(1, 1), (1, 2), (1, 3), (0, None)]
    assert (found["summary"]["attempts"], found["summary"]["isolated"]) == (3, 1)
    shown = hiphinge(capsys, "analyse", path).out
    assert "3 attempts in 1 set" in shown
    assert "Not counted, since in no set: 1 bend at" in shown


def test_file_and_standard_output_hold_the_same(capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path):
    out = tmp_path / "result.json"
    assert hiphinge(capsys, "analyse", session, "--json", out).code == 0
    assert strict(out.read_text(encoding="utf-8")) == analysed(hiphinge(capsys, "analyse", session, "--json", "-"))


def test_names_that_are_no_ascii_or_no_text_at_all_survive(
    capsys: pytest.CaptureFixture[str], session: Path, tmp_path: Path
):
    odd = session.rename(tmp_path / "Übung [bold]1 :smile:.csv")
    assert analysed(hiphinge(capsys, "analyse", odd, "--json", "-"))["session"]["file"] == str(odd)
    assert str(odd) in hiphinge(capsys, "analyse", odd).out
    try:
        bytes_name = odd.rename(tmp_path / "a\udcff.csv")
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    assert analysed(hiphinge(capsys, "analyse", bytes_name, "--json", "-"))["session"]["file"].endswith("a?.csv")


def test_limits_say_where_they_came_from(capsys: pytest.CaptureFixture[str], session: Path):
    found = analysed(
        hiphinge(capsys, "analyse", session, "--json", "-", "--preset", "lenient", "--own-max-flexion", "50")
    )
    assert found["limits"]["lumbar_flexion_max_deg"] == 21
    assert found["limits"]["provenance"]["lumbar_flexion_max_deg"] == "42 % of own maximum 50 deg"
    assert found["preset"] == "lenient"
    kinds = {fault["kind"] for attempt in found["attempts"] for fault in attempt["faults"]}
    assert kinds == {"too_shallow", "lumbar_extension", "too_fast"}  # 16 and 20 deg of flexion are within 21
