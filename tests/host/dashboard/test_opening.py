"""Recordings dropped on the page: the same analysis as on the command line; whatever is wrong is one line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hiphinge
from hiphinge.app.analyse import Request, analyse_file
from hiphinge.app.results import analysis_dict
from hiphinge.app.strikes import RESTORE, STRIKE_OUT
from hiphinge.dashboard.afterwards import add_event, amend
from hiphinge.dashboard.opened import KEPT, MAPPING, OWN, Opened, Results, formats, open_files, result_json
from hiphinge.dashboard.reports import session_report
from hiphinge.files.session import JSON_NAME, write_session
from hiphinge.files.session_json import read_meta
from hiphinge.model import Event, HiphingeError, Recording


@pytest.fixture(scope="module")
def recording() -> Recording:
    return hiphinge.simulate(repetitions=4, faults={2: "flexion"}).recording


@pytest.fixture
def folder(recording: Recording, tmp_path: Path) -> Path:
    place = tmp_path / "session"
    write_session(place, recording)
    return place


def test_the_same_analysis_as_on_the_command_line(folder: Path) -> None:
    path = folder / "session.csv"
    opened = open_files({"file": [("<b>mine</b>.csv", path.read_bytes())]}, OWN, None)
    # A lone file: what lies beside it is not known here.
    alone = folder.parent / "alone.csv"
    alone.write_bytes(path.read_bytes())
    expected = analysis_dict(analyse_file(alone, Request()))
    assert opened.values["attempts"] == expected["attempts"]
    assert opened.values["session"]["file"] == "<b>mine</b>.csv"
    assert "&lt;b&gt;mine" in opened.report and "<b>mine" not in opened.report
    assert '"hiphinge.analysis/1"' in result_json(opened)


@pytest.mark.parametrize(
    ("contents", "format_name", "words"),
    [
        ({}, OWN, "no file"),
        ({"file": [("a.csv", b"")]}, OWN, "a.csv"),
        ({"file": [("a.csv", b"\x00\xff\xfe")]}, OWN, "a.csv"),
        ({"file": [("a.csv", b"time_s,x\n0,1\n")]}, OWN, "a.csv"),
        ({"sacral": [("a.csv", b"x")]}, OWN, "one file"),
        ({"file": [("a.csv", b"x")]}, "nothing", "not known"),
        ({"file": [("../../etc/passwd", b"x")]}, OWN, "passwd"),
        ({"file": [("a.csv", b"x")]}, "xsens-dot", "a.csv"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_the_file_as_it_was_called(
    contents: dict[str, list[tuple[str, bytes]]], format_name: str, words: str
) -> None:
    with pytest.raises(HiphingeError) as caught:
        open_files(contents, format_name, None)
    said = str(caught.value)
    assert words in said and "\n" not in said
    assert "hiphinge-" not in said


def test_formats_are_ours_first() -> None:
    assert formats()[0] == OWN and "xsens-dot" in formats()


def test_only_the_newest_results_are_kept() -> None:
    results = Results()
    keys = [results.keep(Opened(str(at), {}, "")) for at in range(KEPT + 3)]
    assert [results.get(key) is not None for key in keys] == [False] * 3 + [True] * KEPT
    assert results.get("nonsense") is None


def test_a_struck_repetition_is_in_the_report_and_does_not_count(folder: Path) -> None:
    result = analyse_file(folder, Request())
    first = result.analysis.attempts[0]
    strike = Event(first.bottom_s, STRIKE_OUT, "<i>stumbled</i>")
    add_event(folder, strike)
    assert read_meta(folder / JSON_NAME).events[-1] == strike
    # On the command line as well.
    heeded = analyse_file(folder, Request())
    assert [one.set for one in heeded.analysis.attempts] == [0, 1, 1, 1]
    assert heeded.warnings[-1] == "repetition 1 was struck out: <i>stumbled</i>"
    assert analysis_dict(heeded)["summary"]["attempts"] == 3
    page = session_report(folder, "<script>x</script>")
    assert "was struck out: &lt;i&gt;stumbled" in page and "<script>x" not in page
    add_event(folder, Event(first.bottom_s, RESTORE, "it was fine"))
    assert analyse_file(folder, Request()).analysis.attempts == result.analysis.attempts


def test_pain_and_notes_can_be_said_afterwards(folder: Path) -> None:
    amend(folder, pain_0_10=4, notes="tired")
    meta = read_meta(folder / JSON_NAME)
    assert (meta.pain_0_10, meta.notes) == (4, "tired")
    before = meta
    with pytest.raises(HiphingeError):
        amend(folder, pain_0_10=11)
    assert replace(read_meta(folder / JSON_NAME)) == before


def vendor_files(recording: Recording) -> dict[str, list[tuple[str, bytes]]]:
    """Two files a sensor, in degrees and in g, as an own mapping describes them."""
    contents: dict[str, list[tuple[str, bytes]]] = {"mapping": [("mine.toml", MAPPING_TOML.encode())]}
    for segment, imu in (("sacral", recording.sacral), ("thoracic", recording.thoracic)):
        assert imu.acc_mps2 is not None and imu.gyr_radps is not None
        contents[segment] = []
        for name, values in (("Acc", imu.acc_mps2 / 9.80665), ("Gyr", np.rad2deg(imu.gyr_radps))):
            rows = [f"{at:.3f},{x:.6f},{y:.6f},{z:.6f}" for at, (x, y, z) in zip(recording.time_s, values, strict=True)]
            contents[segment].append((f"{name} of Änna.csv", "\n".join(["t,x,y,z", *rows]).encode()))
    return contents


MAPPING_TOML = """
description = "mine"
[clock]
relation = "shared"
[[stream]]
files = "*Acc*.csv"
time = { column = "t", unit = "s" }
acc = { columns = ["x", "y", "z"], unit = "g" }
[[stream]]
files = "*Gyr*.csv"
time = { column = "t", unit = "s" }
gyr = { columns = ["x", "y", "z"], unit = "deg/s" }
"""


def test_an_own_mapping_opens_whatever_it_describes(recording: Recording) -> None:
    opened = open_files(vendor_files(recording), MAPPING, None)
    assert [one["verdict"] for one in opened.values["attempts"]] == ["compliant", "faulty", "compliant", "compliant"]
    assert opened.name.startswith("Acc of Änna.csv + Gyr of Änna.csv")


def test_what_is_wrong_with_a_mapping_is_said_by_its_name(recording: Recording) -> None:
    contents = vendor_files(recording)
    for broken, words in (("[clock", "mine.toml"), (MAPPING_TOML.replace('"g"', '"gee"'), "mine.toml")):
        with pytest.raises(HiphingeError, match=words) as told:
            open_files({**contents, "mapping": [("mine.toml", broken.encode())]}, MAPPING, None)
        assert "/tmp" not in str(told.value) and "\n" not in str(told.value)
    with pytest.raises(HiphingeError, match="no mapping file"):
        open_files({"file": [("a.csv", b"x")]}, MAPPING, None)
    with pytest.raises(HiphingeError, match="no file was given"):
        open_files({"mapping": contents["mapping"]}, MAPPING, None)
