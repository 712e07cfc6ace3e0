"""What is wrong is said in one line: what, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from foreign_files import Written, rows_of, sensors

from hiphinge.files.errors import SessionError
from hiphinge.files.importing.assemble import import_recording
from hiphinge.files.importing.mapping_file import load_mapping, parse_mapping, ready_mapping_text
from hiphinge.model import SEGMENTS

SENSORS = sensors()
OWN = """
[segments]
sacral = "low*"
thoracic = "high*"
[[stream]]
time = { column = "t", unit = "ms" }
acc = { columns = ["ax", "ay", "az"], unit = "m/s²" }
gyr = { columns = ["gx", "gy", "gz"], unit = "rad/s" }
"""
Files = dict[str, bytes]


def good(late_s: float = 0.0, scale: float = 1.0, rows: int = 400, gyr: float = 1.0) -> Files:
    found: Files = {}
    for segment, name in zip(SEGMENTS, ("low.csv", "high.csv"), strict=True):
        time_s, values = rows_of(SENSORS, segment, slice(rows))
        written = Written()
        written.add("t", (time_s + (late_s if segment == "thoracic" else 0.0)) * 1000.0, 0)
        for at, axis in enumerate("xyz"):
            written.add(f"a{axis}", values["acc"][:, at] * scale, 6)
        for at, axis in enumerate("xyz"):
            written.add(f"g{axis}", values["gyr"][:, at] * gyr, 6)
        found[name] = written.text().encode()
    return found


def refused(folder: Path, mapping: str, files: Files, *sources: str) -> str:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with pytest.raises(SessionError) as caught:
        import_recording(parse_mapping(mapping, "own.toml"), "own.toml", sources or [str(folder)])
    message = str(caught.value)
    assert message.isprintable() and ";" in message
    return message.replace(str(folder), "DIR")


def changed(name: str, change: Callable[[bytes], bytes]) -> Files:
    files = good()
    files[name] = change(files[name])
    return files


def cell(row: int, column: int, text: str) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        lines = data.decode().split("\n")
        cells = lines[row].split(",")
        cells[column] = text
        lines[row] = ",".join(cells)
        return "\n".join(lines).encode()

    return change


def lines(data: bytes, chosen: Callable[[list[bytes]], list[bytes]]) -> bytes:
    return b"\n".join(chosen(data.split(b"\n")))


WRONG_FILES: dict[str, tuple[Files, str]] = {
    "empty": (changed("low.csv", lambda _: b""), r"DIR/low\.csv: is empty; "),
    "blank": (changed("low.csv", lambda _: b"\n \n"), r"DIR/low\.csv: is empty; "),
    "header only": (changed("low.csv", lambda d: d.split(b"\n")[0] + b"\n"), r"low\.csv: line 1: .*no rows"),
    "binary": (changed("high.csv", lambda _: b"\x89PNG\r\n\x1a\n\x00\x01" * 9), r"high\.csv: is binary"),
    "letters of another encoding all over": (
        changed("high.csv", lambda _: bytes(range(128, 256)) * 20 + b"\n1"),
        r"high\.csv: line 1: is binary, or no utf-8 text \(byte 0x80\)",
    ),
    "no number": (
        changed("high.csv", cell(17, 4, "soft")),
        r'DIR/high\.csv: line 18, column gx: "soft" is not a number; correct it',
    ),
    "infinite": (changed("high.csv", cell(17, 4, "1e999")), r'line 18, column gx: "1e999" is infinite'),
    "short row": (
        changed("low.csv", lambda d: lines(d, lambda x: [*x[:9], x[9][:20], *x[10:]])),
        r"low\.csv: line 10: has \d fields? where the header has 7",
    ),
    "long row": (changed("low.csv", cell(9, 6, "1,2,3")), r"line 10: has 9 fields .* or set table\.extra_cells"),
    "time backwards": (
        changed("low.csv", cell(30, 0, "100")),
        r"low\.csv: line 31, column t: time runs backwards \(100 after 560\)",
    ),
    "time repeats": (changed("low.csv", cell(30, 0, "560")), r"line 31, column t: time repeats \(560 after 560\)"),
    "time missing": (changed("low.csv", cell(30, 0, "")), r"line 31, column t: the time is missing"),
    "huge": (changed("low.csv", cell(30, 1, "1e300")), r"low\.csv: line 31, column ax: .*more than a sensor"),
    "g for m/s²": (good(scale=1 / 9.80665), r"low\.csv: .*looks like g; correct acc\.unit in the mapping"),
    "no gravity": (good(scale=1e-3), r'low\.csv: .*gravity seems .*; correct acc\.unit .*, or set acc\.kind = "free"'),
    "deg/s for rad/s": (good(gyr=57.29578), r"low\.csv: .*deg/s, not rad/s; correct gyr\.unit in the mapping"),
    "too short": (good(rows=60), r"holds 60 samples over 1\.18 s"),
    "one row": (good(rows=1), r"low\.csv: line 2: has one row only"),
    "nothing in common": (good(late_s=20.0), r"no time in common: sacral 0\.00 to 7\.98 s, thoracic 20\.00 to 27\.98"),
    "same file twice": (
        {"low.csv": good()["low.csv"], "high.csv": good()["low.csv"]},
        "hold the same values",
    ),
    "all zeros": (
        changed("low.csv", lambda d: re.sub(rb",-?\d+\.\d+", b",0", d)),
        r"low\.csv: the sacral sensor is all zeros",
    ),
    "a column is empty": (
        changed("low.csv", lambda d: re.sub(rb"(?m)^(\d+),[^,]*,", rb"\1,,", d)),
        r"low\.csv: column ax: is empty throughout",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_FILES)
def test_wrong_file(tmp_path: Path, name: str):
    files, wanted = WRONG_FILES[name]
    assert re.search(wanted, refused(tmp_path, OWN, files))


def test_wrong_rows_in_a_file_without_time(tmp_path: Path):
    mapping = OWN.replace('time = { column = "t", unit = "ms" }', "rate_hz = 50")
    files = changed("high.csv", lambda d: lines(d, lambda x: [*x[:50], *x[51:]]))
    said = refused(tmp_path, mapping, files)
    assert re.search(r"high\.csv: has 399 rows, DIR/low\.csv has 400; there are no time stamps to tell which", said)


def test_decimal_comma_where_the_mapping_has_points(tmp_path: Path):
    files = {name: data.replace(b",", b";").replace(b".", b",") for name, data in good().items()}
    said = refused(tmp_path, '[table]\ndecimal = "."\n' + OWN, files)
    assert re.search(
        r'low\.csv: line 2, column \w+: "-?\d+,\d+" is written with a comma; set table\.decimal = ","', said
    )
    # Left to itself the import sees them.
    got = import_recording(parse_mapping(OWN, "own.toml"), "own.toml", [str(tmp_path)])
    np.testing.assert_allclose(
        got.recording.sacral.gyr_radps, rows_of(SENSORS, "sacral", slice(400))[1]["gyr"], atol=1e-6
    )


COUNTER = OWN.replace('time = { column = "t", unit = "ms" }', 'rate_hz = 50\ncounter = { column = "t", modulus = 16 }')


@pytest.mark.parametrize(
    ("mapping", "change", "wanted"),
    [
        (COUNTER, cell(4, 0, "3.5"), r"line 5, column t: 3\.5 is no whole number"),
        (COUNTER, cell(4, 0, "17"), r"line 5, column t: 17 is not between 0 and counter\.modulus, 16"),
        (COUNTER, cell(4, 0, "1"), r"line 5, column t: time runs backwards \(1 after 2\)"),
        (COUNTER, cell(4, 0, ""), r"line 5, column t: the counter is missing"),
        (COUNTER.replace(", modulus = 16", ""), cell(17, 0, "0"), "set counter.modulus in the mapping if it begins"),
    ],
)
def test_wrong_counter(tmp_path: Path, mapping: str, change: Callable[[bytes], bytes], wanted: str):
    counted = {
        name: lines(
            data, lambda x: [x[0], *(re.sub(rb"^\d+", str(at % 16).encode(), row) for at, row in enumerate(x[1:]))]
        )
        for name, data in good().items()
    }
    counted["low.csv"] = change(counted["low.csv"])
    assert re.search(wanted, refused(tmp_path, mapping, counted))


WRONG_MAPPINGS: dict[str, tuple[str, str]] = {
    "column misspelt": (OWN.replace('"gy"', '"Gyy"'), r'low\.csv: line 1: has no column "Gyy", which stream\[1\]\.gyr '
        r"wants; correct the mapping: the likest are gy"),
    "column number": (OWN.replace('"gy"', "12"), r'has no column number 12, which stream\[1\]\.gyr wants'),
    "one column twice": (OWN.replace('"gy"', '"gx"'), r"column gx: stream\[1\]\.gyr wants the same column twice"),
    "time column": (OWN.replace('"t"', '"time"'), r'has no column "time", which stream\[1\]\.time wants'),
    "delimiter": ('[table]\ndelimiter = ";"\n' + OWN, r'has no column "t"'),
    "glob": (OWN.replace("low*", "bottom*"), r'DIR: no file or folder of the sacral sensor: none is called "bottom\*" '
        r"\(there: .*high\.csv, .*low\.csv\); say which it is: sacral=PATH"),
    "file glob": (OWN.replace("[[stream]]", '[[stream]]\nfiles = "*.txt"'),
        r'no file of the sacral sensor is called "\*\.txt"'),
    "several files": (OWN.replace("low*", "*"), r"DIR: 2 files could be the sacral sensor's \("),
    "one file for both": (OWN.replace("high*", "low*"), r"low\.csv: is taken for both sensors"),
    "unit of time": (OWN.replace('"ms"', '"us"'), r"time_s steps by 2e-05 s .*; check the time in the mapping"),
    "epoch": (OWN.replace('"ms"', '"epoch_ms"'), r"low\.csv: line 2, column t: 0 is no time in ms since 1970"),
    "header": ('[table]\nheader_starts_with = "PacketCounter"\n' + OWN,
        r'low\.csv: has no header line that begins with "Pa'),
    "no header": ("[table]\nheader = false\n" + OWN, r'low\.csv: has 7 columns, stream\[1\]\.time wants "t"'),
    "all skipped": ("[table]\nskip_lines = 5000\n" + OWN, r"low\.csv: has no table below its comments"),
    "gravity without orientation": (
        OWN.replace('"m/s²"', '"m/s²", kind = "free"') + 'quat = { columns = ["a", "b", "c", "d"], optional = true }\n',
        r"low\.csv: gravity cannot be put back",
    ),
    "acceleration alone": (re.sub("gyr = .*", "", OWN), r"low\.csv: holds the sacral accelerometer only"),
    "one sensor": (OWN.replace("[[stream]]", '[[stream]]\nsegment = "sacral"'),
        r"holds nothing of the thoracic sensor"),
    "read twice": (OWN + OWN.partition("high*\"")[2], r"low\.csv: the sacral \w+ is read twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_MAPPINGS)
def test_mapping_that_does_not_fit_the_files(tmp_path: Path, name: str):
    mapping, wanted = WRONG_MAPPINGS[name]
    said = refused(tmp_path, mapping, good())
    assert re.search(wanted, said), said


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("DIR/nothing.csv", "nothing.csv: no such file or folder; check the path"),
        ("sacral=", '"sacral=": names no file or folder; give a path'),
        ("", '"": names no file or folder; give a path'),
        ("DIR/*.xml", r"\*.xml: matches no file or folder"),
        ("sacrum=DIR", '"sacrum" is no sensor; write sacral=PATH or thoracic=PATH'),
        ("sacral=DIR/low.csv", "no file or folder of the thoracic sensor"),
    ],
)
def test_wrong_source(tmp_path: Path, source: str, wanted: str):
    assert re.search(wanted, refused(tmp_path, OWN, good(), source.replace("DIR", str(tmp_path))))


def test_empty_folder(tmp_path: Path):
    assert "is an empty folder" in refused(tmp_path, OWN, {})


@pytest.mark.parametrize(
    ("toml", "wanted"),
    [
        ("", "own.toml: stream: is missing; add it"),
        ("[[stream]]",
         "own.toml: stream[1]: a stream needs at least one of acc, gyr, quat, matrix and euler; correct it"),
        ("[[stream]\n", "own.toml: line 1: is not TOML: "),
        (OWN.replace("unit = \"ms\"", "units = \"ms\""),
         'own.toml: stream[1].time.units: unknown key (and 1 more); write "unit"'),
        ("[tables]\n" + OWN, 'own.toml: tables: unknown key; write "table"'),
        ("[table]\nzzz = 1\n" + OWN, "own.toml: table.zzz: unknown key; known here are delimiter, decimal, encoding, "),
        (OWN + "\n" + OWN.partition("high*\"")[2].replace("rad/s", "rpm"),
         'own.toml: stream[2].gyr.unit: "rpm" is not known; use one of rad/s, deg/s'),
        (OWN.replace('"m/s²"', '"G"'), 'own.toml: stream[1].acc.unit: "G" is not known; use one of m/s², g, mg'),
        (OWN.replace('"gx", "gy", "gz"', '"gx", "gy"'), "own.toml: stream[1].gyr.columns[3]: is missing; add it"),
        (OWN.replace('"gx"', "0"),
         "own.toml: stream[1].gyr.columns[1]: write a column's name in quotes, its number from 1"),
        (OWN.replace('unit = "rad/s"', 'unit = "rad/s", axes = ["x", "x", "z"]'),
         "own.toml: stream[1].gyr.axes: write three axes, each of x, y and z once"),
        (OWN + 'quat = { columns = [1, 2, 3, 4], axes = ["-x", "y", "z"] }',
         "own.toml: stream[1].quat: axes mirror the sensor"),
        (OWN + 'euler = { columns = [1, 2, 3], sequence = "ZZX" }',
         "own.toml: stream[1].euler: sequence turns twice about"),
        ('[clock]\nrelation = "offset"\n' + OWN, 'own.toml: clock: relation = "offset" and offset_s belong together'),
        ('[table]\ndecimal = ","\ndelimiter = ","\n' + OWN,
         "own.toml: table: decimal and delimiter cannot both be the comma"),
        ("[table]\nskip_lines = -1\n" + OWN,
         "own.toml: table.skip_lines: input should be greater than or equal to 0, found -1"),
        ("x = " + "[" * 5000, "own.toml: "),
    ],
)  # fmt: skip
def test_wrong_mapping(toml: str, wanted: str):
    with pytest.raises(SessionError) as caught:
        parse_mapping(toml, "own.toml")
    assert str(caught.value).startswith(wanted)
    assert str(caught.value).isprintable()


def test_mapping_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "latin.toml").write_bytes(b"description = '\xb5'")
    for name, wanted in (
        ("ximu4", 'mapping "ximu4": there is no such mapping; is "ximu3" meant? ready ones are metamotion, '),
        (str(tmp_path / "no.toml"), "no.toml: no such file or folder"),
        (str(tmp_path), "is a folder; name a .toml file in it"),
        (str(tmp_path / "latin.toml"), "latin.toml: is not UTF-8 text (byte 15); save the file as UTF-8"),
        ("a\0b.toml", "is no path"),
    ):
        with pytest.raises(SessionError) as caught:
            load_mapping(name)
        assert wanted in str(caught.value)


def test_a_ready_mapping_shown_is_a_mapping_of_ones_own(tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.write_text("\ufeff" + ready_mapping_text("ximu3"), encoding="utf-8")
    assert load_mapping(str(mine)) == load_mapping("ximu3")


def test_last_line_cut_off_is_left_out_and_said(tmp_path: Path):
    files = good()
    files["high.csv"] = files["high.csv"][:-30]
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    got = import_recording(parse_mapping(OWN, "own.toml"), "own.toml", [str(tmp_path)])
    assert len(got.recording.time_s) == 399
    assert any("the last line (401) is cut off and left out" in warning for warning in got.warnings)


def test_axes_that_contradict_each_other_are_told(tmp_path: Path):
    for name, data in good().items():
        (tmp_path / name).write_bytes(data)
    spoilt = OWN.replace('unit = "rad/s"', 'unit = "rad/s", axes = ["y", "z", "-x"]')
    got = import_recording(parse_mapping(spoilt, "own.toml"), "own.toml", [str(tmp_path)])
    assert any("check the axes in the mapping" in warning for warning in got.warnings)
    assert not import_recording(parse_mapping(OWN, "own.toml"), "own.toml", [str(tmp_path)]).warnings


def test_free_acceleration_wants_an_orientation_in_the_same_file():
    with pytest.raises(SessionError, match=r"stream\[1\]: free acceleration needs quat, matrix or euler"):
        parse_mapping(OWN.replace('"m/s²"', '"m/s²", kind = "free"'), "own.toml")
