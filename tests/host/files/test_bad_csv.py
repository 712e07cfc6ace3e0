"""Every kind of bad file gives one line: what, where, what to do."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from session_samples import bending, csv_of, csv_text, table_of, with_quats

from hiphinge.files.errors import SessionError, os_error
from hiphinge.files.session import read_session

Spoil = Callable[[list[str], list[list[str]]], object]

GOOD = csv_of(bending())


def refused(path: Path) -> str:
    with pytest.raises(SessionError) as caught:
        read_session(path)
    message = str(caught.value)
    assert "\n" not in message and message.isprintable(), message
    assert message.startswith(str(path)), message
    assert len(message) < 600
    # "what; what to do"
    assert message.split("; ", 1)[1]
    return message


def refused_bytes(folder: Path, data: bytes) -> str:
    path = folder / "bad.csv"
    path.write_bytes(data)
    return refused(path)


# Whole files and what their message must hold.
FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty": (b"", ("is empty",)),
    "byte order mark only": (b"\xef\xbb\xbf", ("comments or blank lines only",)),
    "blank lines only": (b"\n\n\n", ("comments or blank lines only",)),
    "header only": (GOOD.split(b"\n")[0] + b"\n", ("line 1", "no rows")),
    "header only, unterminated": (GOOD.split(b"\n")[0], ("line 1", "no rows")),
    "header and half a row": (GOOD.split(b"\n")[0] + b"\n0.0,1.2", ("line 1", "no complete row")),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), ("binary",)),
    "binary without zeros": (bytes(range(128, 256)) * 9, ("UTF-8",)),
    "zeros only": (bytes(4096), ("binary",)),
    "zero bytes within": (GOOD[:3000] + b"\0\0\0" + GOOD[3000:], ("line 2", "zero bytes")),
    "UTF-16": (GOOD.decode().encode("utf-16"), ("UTF-16", "UTF-8")),
    "Latin-1 in the header": (b"time_s,r\xe9p\n0,1\n", ("UTF-8", "0xe9")),
    "Latin-1 in a row": (GOOD.replace(b"\n0.02,", b"\n\xb00.02,"), ("line 3", "UTF-8")),
    "one endless line": (b"x" * 3_000_000, ("characters long",)),
    "endless comments": (b"#\n" * 20_000, ("endless comments",)),
    "very many columns": (b"time_s" + b",a" * 400_000 + b"\n1\n", ("400001 columns",)),
    "header in a comment": (b"# " + GOOD, ("line 1", "comment", "#")),
    "a folder's other file": (b'{"schema": "hiphinge.session/1"}', ("no time_s",)),
    "semicolons": (GOOD.replace(b",", b";"), ("line 1", "semicolons", "commas")),
    "semicolons and decimal commas": (GOOD.replace(b",", b";").replace(b".", b","), ("line 1", "semicolons", "points")),
    "tabs": (GOOD.replace(b",", b"\t"), ("line 1", "tabs", "commas")),
    "blanks": (GOOD.replace(b",", b" "), ("line 1", "blanks", "commas")),
    "vertical bars": (GOOD.replace(b",", b"|"), ("line 1", "vertical bars")),
    "header with commas, rows with semicolons": (
        GOOD.split(b"\n", 1)[0] + b"\n" + GOOD.split(b"\n", 1)[1].replace(b",", b";"),
        ("line 2", "1 field ", "13", "commas"),
    ),
    "under 2 s": (b"\n".join(GOOD.split(b"\n")[:51]) + b"\n", ("50 samples", "0.98 s", "2 s")),
    "one sample": (b"\n".join(GOOD.split(b"\n")[:2]) + b"\n", ("1 sample", "2 s")),
    "comments count as lines": (b"# a\n# b\n" + GOOD.replace(b"\n0.02,", b"\nx,"), ("line 5", "time_s", '"x"')),
}


@pytest.mark.parametrize("name", FILES)
def test_bad_file(name: str, tmp_path: Path) -> None:
    data, fragments = FILES[name]
    message = refused_bytes(tmp_path, data)
    assert all(fragment in message for fragment in fragments), message


def rename(column: str, name: str) -> Spoil:
    return lambda header, _rows: header.__setitem__(header.index(column), name)


def cell(row: int, column: str, value: str) -> Spoil:
    return lambda header, rows: rows[row].__setitem__(header.index(column), value)


def each(columns: str, change: Callable[[str], str]) -> Spoil:
    """Change every cell of the columns whose name holds `columns`."""

    def spoil(header: list[str], rows: list[list[str]]) -> None:
        for index, name in enumerate(header):
            if columns in name:
                for row in rows:
                    row[index] = change(row[index])

    return spoil


def times(columns: str, factor: float) -> Spoil:
    return each(columns, lambda text: repr(float(text) * factor))


def without(columns: str) -> Spoil:
    def spoil(header: list[str], rows: list[list[str]]) -> None:
        for index in reversed([i for i, name in enumerate(header) if columns in name]):
            for row in (header, *rows):
                del row[index]

    return spoil


def both(*spoils: Spoil) -> Spoil:
    return lambda header, rows: [spoil(header, rows) for spoil in spoils]


# Row 100 is line 102: line 1 holds the header, rows count from 0.
ROWS: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "no time_s": (without("time_s"), ("line 1", "no time_s", "sacral_acc_x")),
    "time": (rename("time_s", "time"), ("line 1", "no time_s", 'rename "time"')),
    "Time (s)": (rename("time_s", "Time (s)"), ("no time_s", 'rename "Time (s)"')),
    "t": (rename("time_s", "t"), ("no time_s", 'rename "t"')),
    "Time_S": (rename("time_s", "Time_S"), ("no time_s", 'rename "Time_S"')),
    "repeated column": (rename("sacral_acc_y", "sacral_acc_x"), ("line 1", "column sacral_acc_x", "more than once")),
    "one sensor": (without("thoracic"), ("line 1", "thoracic", "one sensor only", "thoracic_acc_x/y/z")),
    "no gyroscope": (without("sacral_gyr"), ("line 1", "sacral_gyr_x", "sacral_gyr_z", "quat")),
    "one axis missing": (without("thoracic_acc_z"), ("line 1", "thoracic", "lacks thoracic_acc_z")),
    "misnamed": (rename("sacral_acc_x", "Sacral.Acc.X"), ("lacks sacral_acc_x", 'rename "Sacral.Acc.X"')),
    "text": (cell(100, "sacral_gyr_y", "fast"), ("line 102", "column sacral_gyr_y", '"fast" is not a number')),
    "decimal comma, quoted": (cell(100, "sacral_gyr_y", '"1,5"'), ("line 102", "sacral_gyr_y", '"1,5"')),
    "unit in the cell": (cell(100, "sacral_acc_y", "9.81 m/s2"), ("line 102", '"9.81 m/s2"')),
    "thousands": (cell(100, "sacral_acc_y", "1_000"), ("line 102", '"1_000"')),
    "control characters": (cell(100, "sacral_acc_y", "\x1b[31m9\x07"), ("line 102", "\\x1b[31m9\\x07")),
    "a huge cell": (cell(100, "sacral_acc_y", "9x" * 500_000), ("line 102", "9x9x9x", "...")),
    "short row": (lambda _, rows: rows[100].pop(), ("line 102", "12 fields", "13")),
    "long row": (lambda _, rows: rows[100].append("1"), ("line 102", "14 fields", "13")),
    "a short and a long row": (
        lambda _, rows: (rows[100].pop(), rows[101].append("1")),
        ("line 102", "12 fields", "13"),
    ),
    "time backwards": (cell(100, "time_s", "1.5"), ("line 102", "column time_s", "backwards", "1.5", "1.98")),
    "time repeats": (cell(100, "time_s", "1.98"), ("line 102", "time_s", "repeats", "1.98")),
    "time never changes": (each("time_s", lambda _: "5.0"), ("time_s", "never changes", "5.0")),
    "time missing": (cell(100, "time_s", ""), ("line 102", "time_s", "missing")),
    "time NaN": (cell(100, "time_s", "NaN"), ("line 102", "time_s", "missing")),
    "time infinite": (cell(100, "time_s", "inf"), ("line 102", "time_s", "infinite")),
    "time empty throughout": (each("time_s", lambda _: ""), ("time_s", "empty throughout")),
    "time 1e308": (cell(100, "time_s", "1e308"), ("line 102", "time_s", "1e+308")),
    "time jumps": (each("time_s", lambda t: t if float(t) < 2.0 else repr(float(t) + 9e4)), ("line 102", "jumps")),
    "time in ms": (times("time_s", 1e3), ("steps by 20 s", "milliseconds", "1000")),
    "time in us": (times("time_s", 1e6), ("steps by 20000 s", "microseconds")),
    "time in minutes": (times("time_s", 1 / 60), ("3000 samples a second", "give seconds")),
    "sample numbers": (times("time_s", 50), ("steps by 1 s", "sample numbers")),
    "seconds since 1970": (each("time_s", lambda t: f"{float(t) + 1.7e9:.2f}"), ("line 2", "1970", "subtract")),
    "milliseconds since 1970": (
        each("time_s", lambda t: f"{1e3 * float(t) + 1.7e12:.0f}"),
        ("line 2", "milliseconds since 1970"),
    ),
    "two samples a second": (times("time_s", 25), ("0.5 s (2 samples a second); give seconds, with 5 to 2000",)),
    "one sensor all zeros": (each("thoracic", lambda _: "0"), ("thoracic sensor", "all zeros")),
    "gyroscope all zeros": (each("sacral_gyr", lambda _: "0.0"), ("sacral gyroscope", "all zeros")),
    "accelerometer constant": (each("sacral_acc", lambda _: "5.66"), ("sacral accelerometer", "never changes")),
    "one sensor constant": (each("sacral", lambda _: "3"), ("sacral sensor", "never changes")),
    "acceleration in g": (times("_acc_", 1 / 9.80665), ("sacral accelerometer", "looks like g", "9.80665")),
    "one sensor in g": (times("thoracic_acc_", 1 / 9.80665), ("thoracic accelerometer", "looks like g")),
    "acceleration in milli-g": (times("_acc_", 1e3 / 9.80665), ("looks like milli-g", "0.00980665")),
    "acceleration without gravity": (times("_acc_", 0.01), ("gravity seems to be taken out",)),
    "acceleration in raw counts": (times("_acc_", 2048 / 9.80665), ("2048", "give m/s²")),
    "gyroscope in deg/s": (times("_gyr_", 57.29578), ("sacral gyroscope", "looks like deg/s", "0.0174533")),
    "one gyroscope in deg/s": (times("thoracic_gyr_", 57.29578), ("thoracic gyroscope", "looks like deg/s")),
    "gyroscope in milli-deg/s": (times("_gyr_", 57295.78), ("sacral gyroscope", "not rad/s")),
    "1e308": (cell(100, "thoracic_acc_y", "1e308"), ("line 102", "column thoracic_acc_y", "1e+308", "m/s²")),
    "-1e308 in the gyroscope": (cell(100, "sacral_gyr_z", "-1e308"), ("line 102", "sacral_gyr_z", "-1e+308", "rad/s")),
    "beyond 100 g": (cell(100, "thoracic_acc_y", "1200"), ("line 102", "thoracic_acc_y", "1200")),
    "beyond 100 rad/s": (cell(100, "thoracic_gyr_y", "-120"), ("line 102", "thoracic_gyr_y", "-120")),
    "infinite": (cell(100, "sacral_acc_z", "-inf"), ("line 102", "sacral_acc_z", '"-inf" is infinite')),
    "beyond float": (cell(100, "sacral_acc_z", "1e999"), ("line 102", "sacral_acc_z", '"1e999" is infinite')),
    "an empty column": (each("sacral_gyr_y", lambda _: ""), ("column sacral_gyr_y", "empty throughout")),
    "a NaN column": (each("thoracic_acc_x", lambda _: "NaN"), ("column thoracic_acc_x", "empty throughout")),
    "an empty sensor": (each("thoracic", lambda _: ""), ("column thoracic_acc_x", "empty throughout")),
}


@pytest.mark.parametrize("name", ROWS)
def test_bad_rows(name: str, tmp_path: Path) -> None:
    spoil, fragments = ROWS[name]
    header, rows = table_of(bending())
    spoil(header, rows)
    message = refused_bytes(tmp_path, csv_text(header, rows))
    assert all(fragment in message for fragment in fragments), message


QUATS: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "off the unit sphere": (cell(100, "sacral_quat_w", "1.5"), ("line 102", "sacral quaternion", "not 1")),
    "a zero quaternion": (
        both(*(cell(100, f"sacral_quat_{axis}", "0") for axis in "wxyz")),
        ("line 102", "sacral quaternion has length 0"),
    ),
    "quaternion in percent": (times("thoracic_quat", 100), ("line 2", "thoracic quaternion", "length 100")),
    "quaternion constant": (
        both(without("_acc_"), without("_gyr_"), each("sacral_quat", lambda _: "0.5")),
        ("sacral sensor", "never changes"),
    ),
    "quaternions of one sensor only": (
        both(without("_acc_"), without("_gyr_"), without("thoracic_quat")),
        ("thoracic", "one sensor only"),
    ),
    "part of a quaternion": (without("sacral_quat_y"), ("line 1", "sacral quaternion lacks sacral_quat_y")),
    "part of a quaternion, no raw data": (
        both(without("_acc_"), without("_gyr_"), without("sacral_quat_y")),
        ("line 1", "sacral sensor lacks sacral_quat_y"),
    ),
    "quaternion 1e308": (cell(100, "sacral_quat_w", "1e308"), ("line 102", "sacral quaternion", "beyond a million")),
}


@pytest.mark.parametrize("name", QUATS)
def test_bad_quaternions(name: str, tmp_path: Path) -> None:
    spoil, fragments = QUATS[name]
    header, rows = table_of(with_quats(bending()))
    spoil(header, rows)
    message = refused_bytes(tmp_path, csv_text(header, rows))
    assert all(fragment in message for fragment in fragments), message


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file or folder" in refused(tmp_path / "nothing.csv")


def test_folder_without_session(tmp_path: Path) -> None:
    assert "folder without session.csv" in refused(tmp_path)


def test_folder_without_session_names_its_other_csv(tmp_path: Path) -> None:
    (tmp_path / "monday.csv").write_bytes(GOOD)
    assert "monday.csv" in refused(tmp_path)


def test_session_csv_which_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "session.csv").mkdir()
    with pytest.raises(SessionError, match=r"session\.csv: is a folder"):
        read_session(tmp_path)


def test_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    assert "could not be read" in refused(tmp_path / "a.csv" / "b.csv")


@pytest.mark.parametrize("name", ["a" * 5000, "bell\a.csv", "two\nlines.csv", "nul\0.csv"])
def test_strange_path_still_gives_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(SessionError) as caught:
        read_session(tmp_path / name)
    assert str(caught.value).isprintable()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "locked.csv"
    path.write_bytes(GOOD)
    path.chmod(0)
    assert "permissions" in refused(path)


def test_refused_by_the_system() -> None:
    message = str(os_error("a.csv", PermissionError(13, "Permission denied"), "read"))
    assert message.startswith("a.csv: may not be read; check its permissions")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(GOOD,))
    writer.start()
    recording = read_session(pipe)
    writer.join()
    assert len(recording.time_s) == 700


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_endless_device() -> None:
    assert "device" in refused(Path("/dev/zero"))


def test_one_sensor_written_twice_is_refused(tmp_path):

    from hiphinge.files.csv_writer import write_csv
    from hiphinge.simulate import Repetition, Scenario, simulate

    recording = simulate(Scenario(seed=2, sets=((Repetition(),),))).recording
    place = tmp_path / "twice.csv"
    write_csv(place, type(recording)(recording.time_s, recording.sacral, recording.sacral))
    with pytest.raises(SessionError, match="hold the same values") as caught:
        read_session(place)
    assert "\n" not in str(caught.value)
