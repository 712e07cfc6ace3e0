"""`session.json` and saved calibrations: what is wrong is said with the field's name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from session_samples import bending, csv_of

from hiphinge.files.calibration_json import (
    calibration_from_dict,
    calibration_to_dict,
    read_calibration,
    write_calibration,
)
from hiphinge.files.errors import SessionError
from hiphinge.files.session import read_session, write_session
from hiphinge.files.session_json import read_meta, write_meta
from hiphinge.model import Calibration, Event, SessionMeta
from hiphinge.programmes.limits import Limits

SCHEMA = {"schema": "hiphinge.session/1"}
CALIBRATION = Calibration(np.eye(3), np.diag([1.0, -1.0, -1.0]), (0.5, 4.5), 0.98, True, ("worn swapped",))


def refused(path: Path, data: bytes | str) -> str:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(SessionError) as caught:
        read_meta(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and message.isprintable() and len(message) < 600
    return message


@pytest.mark.parametrize(
    ("field", "value", "fragments"),
    [
        ("schema", "hiphinge.session/2", ("field schema", "hiphinge.session/1", '"hiphinge.session/2"')),
        ("schema", None, ("field schema",)),
        ("pain_0_10", 11, ("field pain_0_10", "less than or equal to 10", "11")),
        ("pain_0_10", -1, ("field pain_0_10",)),
        ("pain_0_10", 3.5, ("field pain_0_10", "3.5")),
        ("pain_0_10", "much", ("field pain_0_10", '"much"')),
        ("load_kg", -2, ("field load_kg",)),
        ("load_kg", 1e9, ("field load_kg",)),
        ("notes", 5, ("field notes",)),
        ("started_at", "yesterday", ("field started_at", '"yesterday"', "2025-03-01T09:30")),
        ("limits", "strict", ("field limits", '"strict"')),
        ("limits", {"depth_min_deg": float("inf")}, ("field limits.depth_min_deg", "finite")),
        ("limits", {"depth_min_deg": float("nan")}, ("field limits.depth_min_deg", "finite")),
        ("limits", {"depth_min_deg": 10**400}, ("field limits.depth_min_deg", "finite")),
        ("limits", {"advisory": ["too_deep", 3]}, ("field limits.advisory", "list of texts")),
        ("limits", {"advisory": [["too_deep"]]}, ("field limits.advisory", "list of texts")),
        ("limits", {"provenance": {"depth_min_deg": 45}}, ("field limits.provenance", "table of texts")),
        ("limits", {"provenance": {"depth_min_deg": None}}, ("field limits.provenance",)),
        ("source_rates_hz", {"sacral": 0}, ("field source_rates_hz.sacral",)),
        ("events", [{"time_s": 1, "kind": "mark"}, {"kind": "mark"}], ("field events.1.time_s", "required")),
        ("events", [{"time_s": 1e12, "kind": "mark"}], ("field events.0.time_s",)),
        ("events", [{"time_s": 1, "kind": ""}], ("field events.0.kind",)),
        ("events", "none", ("field events",)),
        ("calibration", {"schema": "hiphinge.calibration/1"}, ("field calibration.sacral",)),
        ("person", "x\n" * 10_000 + "\x1b", ()),
    ],
)
def test_wrong_fields(field: str, value: object, fragments: tuple[str, ...], tmp_path: Path) -> None:
    if not fragments:
        (tmp_path / "session.json").write_text(json.dumps({**SCHEMA, field: value}))
        assert read_meta(tmp_path / "session.json").person == value
        return
    message = refused(tmp_path / "session.json", json.dumps({**SCHEMA, field: value}))
    assert all(fragment in message for fragment in fragments), message


@pytest.mark.parametrize(
    ("data", "fragment"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b'{\n "schema": oops}', "line 2 column"),
        (b"\xff\xfe{}", "is not JSON"),
        (b"[]", "the whole"),
        (b"null", "the whole"),
        (b"{}", "field schema: field required"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"schema": "hiphinge.session/1", "load_kg": 1e999}', "field load_kg"),
        (b'{"schema": "hiphinge.session/1", "load_kg": NaN}', "field load_kg"),
        (b'{"schema": "hiphinge.session/1", "events": [{"time_s": NaN, "kind": "a"}]}', "field events.0.time_s"),
        (b'{"schema": "hiphinge.session/1", "notes": "\\ud800"}', "is not JSON"),
    ],
)
def test_no_session_json(data: bytes, fragment: str, tmp_path: Path) -> None:
    assert fragment in refused(tmp_path / "session.json", data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "person",
    "started_at",
    "device",
    "source_rates_hz",
    "limits",
    "load_kg",
    "pain_0_10",
    "events",
    "calibration",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=3).map(lambda v: json.dumps({**SCHEMA, **v})))
@example('{"schema": "hiphinge.session/1", "pain_0_10": 1' + "0" * 5000 + "}")
@settings(max_examples=200)
def test_any_values_give_metadata_or_one_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("json") / "session.json"
    path.write_text(text, encoding="utf-8")
    try:
        meta = read_meta(path)
    except SessionError as error:
        assert str(error).isprintable()
    else:
        write_meta(path, meta)
        assert str(read_meta(path)) == str(meta)


def test_unknown_keys_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    values = {**SCHEMA, "colour": "blue", "events": [{"time_s": 1, "kind": "mark", "by": "button"}], "side": "left"}
    (tmp_path / "session.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(values).encode())
    meta = read_meta(tmp_path / "session.json")
    assert meta == SessionMeta(side="left", events=(Event(1.0, "mark"),))


def test_numbers_among_the_device_texts(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text(json.dumps({**SCHEMA, "device": {"firmware": 1.2, "chip": "a"}}))
    assert read_meta(tmp_path / "session.json").device == {"firmware": "1.2", "chip": "a"}


@pytest.mark.parametrize(
    "value", [45, 45.5, -1e308, 0, True, False, None, "", "trunk", [], ["too_deep", "asymmetry"], {}, {"a": "b"}]
)
def test_what_a_limit_may_hold(value: object, tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    path.write_text(json.dumps({**SCHEMA, "limits": {"any": value}}))
    got = read_meta(path).limits["any"]
    assert (got, type(got)) == (value, type(value))
    write_meta(path, read_meta(path))
    assert read_meta(path).limits == {"any": value}


@pytest.mark.parametrize("value", [float("nan"), 10**400, (1, 2), ["a", None], {1: "a"}, {"a": ["b"]}, object()])
def test_impossible_limits_are_not_written(value: object, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"field limits\.any") as caught:
        write_meta(tmp_path / "session.json", SessionMeta(limits={"any": value}))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_limits_of_a_session_come_back_as_they_were(tmp_path: Path) -> None:
    bounds = Limits(
        "trunk",
        45.0,
        50.0,
        3.0,
        lumbar_flexion_max_deg=26.04,
        lumbar_extension_max_deg=None,
        eccentric_min_s=1.5,
        advisory=frozenset({"too_deep", "asymmetry"}),
        provenance={"lumbar_flexion_max_deg": "42 % of own maximum 62 deg"},
    )
    recording = bending()
    write_session(tmp_path / "s", replace(recording, meta=replace(recording.meta, limits=bounds.to_dict())))
    back = read_session(tmp_path / "s").meta.limits
    assert back == bounds.to_dict()
    assert Limits.from_dict(back) == bounds
    assert Limits.from_dict(back).provenance == bounds.provenance


def test_a_bad_json_spoils_the_session(tmp_path: Path) -> None:
    (tmp_path / "session.csv").write_bytes(csv_of(bending()))
    (tmp_path / "session.json").write_text("{")
    with pytest.raises(SessionError, match=r"session\.json: is not JSON"):
        read_session(tmp_path)
    (tmp_path / "session.json").unlink()
    (tmp_path / "session.json").mkdir()
    with pytest.raises(SessionError, match=r"session\.json: is a folder"):
        read_session(tmp_path)


@pytest.mark.parametrize(
    ("meta", "fragment"),
    [
        (SessionMeta(pain_0_10=12), "field pain_0_10"),
        (SessionMeta(load_kg=float("nan")), "field load_kg"),
        (SessionMeta(events=(Event(float("inf"), "mark"),)), r"field events\.0\.time_s"),
        (SessionMeta(calibration=Calibration(2 * np.eye(3), np.eye(3), (0, 1), 1)), "field sacral"),
    ],
)
def test_impossible_metadata_is_not_written(meta: SessionMeta, fragment: str, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=fragment):
        write_meta(tmp_path / "session.json", meta)
    assert list(tmp_path.iterdir()) == []


def test_half_characters_cost_nobody_the_session(tmp_path: Path) -> None:
    # A note typed in another encoding, half an emoji of a page.
    write_meta(tmp_path / "session.json", SessionMeta(notes="caf\udce9 \ud83d", person="\ud800"))
    assert json.loads((tmp_path / "session.json").read_text())["notes"] == "caf? ?"


def test_calibration_round_trip(tmp_path: Path) -> None:
    write_calibration(tmp_path / "mine.json", CALIBRATION)
    for got in (read_calibration(str(tmp_path / "mine.json")), calibration_from_dict(calibration_to_dict(CALIBRATION))):
        np.testing.assert_array_equal(got.sacral, CALIBRATION.sacral)
        np.testing.assert_array_equal(got.thoracic, CALIBRATION.thoracic)
        assert (got.neutral_s, got.flexion_axis_quality, got.swapped) == ((0.5, 4.5), 0.98, True)
        assert got.warnings == ("worn swapped",)
        assert (got.stood_s, got.flexion_axis_sd_deg, got.bends) == (
            CALIBRATION.stood_s,
            CALIBRATION.flexion_axis_sd_deg,
            CALIBRATION.bends,
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", "hiphinge.session/1"),
        ("sacral", np.diag([1.0, 1.0, -1.0]).tolist()),  # a mirror
        ("sacral", (1.01 * np.eye(3)).tolist()),
        ("thoracic", (1e200 * np.eye(3)).tolist()),
        ("thoracic", np.zeros((3, 3)).tolist()),
        ("thoracic", np.eye(4).tolist()),
        ("sacral", [[1, 0, 0], [0, 1, 0], [0, 0, float("nan")]]),
        ("sacral", "identity"),
        ("neutral_s", [4.5, 0.5]),
        ("neutral_s", [1.0]),
        ("flexion_axis_quality", 1.5),
        ("swapped", "perhaps"),
        ("flexion_axis_sd_deg", [1.0, -1.0]),
        ("bends", 0),
    ],
)
def test_wrong_calibrations(field: str, value: object, tmp_path: Path) -> None:
    values = {**calibration_to_dict(CALIBRATION), field: value}
    with pytest.raises(SessionError, match=f"^calibration: field {field}"):
        calibration_from_dict(values)
    (tmp_path / "c.json").write_text(json.dumps(values))
    with pytest.raises(SessionError, match=rf"c\.json: field {field}"):
        read_calibration(tmp_path / "c.json")


def test_calibration_missing_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="no such file"):
        read_calibration(tmp_path / "none.json")
    with pytest.raises(SessionError, match="is a folder"):
        read_calibration(tmp_path)
