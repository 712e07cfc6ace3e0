"""What a good file may look like, and what comes out of it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from session_samples import bending, csv_of, csv_text, table_of, with_quats

from hiphinge.files.csv_writer import as_written
from hiphinge.files.session import read_session
from hiphinge.model import ImuSamples, Recording

GOOD = csv_of(bending())
LINES = GOOD.count(b"\n")


def read_bytes(folder: Path, data: bytes) -> Recording:
    path = folder / "a.csv"
    path.write_bytes(data)
    return read_session(path)


def assert_same_imu(got: ImuSamples, wanted: ImuSamples) -> None:
    for field in dataclasses.fields(ImuSamples):
        a, b = getattr(got, field.name), getattr(wanted, field.name)
        assert (a is None) == (b is None), field.name
        if a is not None:
            np.testing.assert_array_equal(a, b)


def assert_same_samples(got: Recording, wanted: Recording) -> None:
    np.testing.assert_array_equal(got.time_s, wanted.time_s)
    assert_same_imu(got.sacral, wanted.sacral)
    assert_same_imu(got.thoracic, wanted.thoracic)


FORMS: dict[str, bytes] = {
    "as written": GOOD,
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "CRLF": GOOD.replace(b"\n", b"\r\n"),
    "CR": GOOD.replace(b"\n", b"\r"),
    "no line end at the end": GOOD.removesuffix(b"\n"),
    "blank lines at the end": GOOD + b"\n\n\n",
    "CRLF blank lines at the end": GOOD.replace(b"\n", b"\r\n") + b"\r\n\r\n",
    "blank lines within": GOOD.replace(b"\n1.", b"\n\n1."),
    "blank before the header": b"\n\r\n" + GOOD,
    "comments": b"# made by a recorder\n#time: now, caf\xc3\xa9\n" + GOOD,
    "comments and a byte order mark": b"\xef\xbb\xbf# made by a recorder\r\n" + GOOD.replace(b"\n", b"\r\n"),
    "blanks around names": GOOD.replace(b",", b" , ", 12),
    "blanks around everything": GOOD.replace(b",", b",  ").replace(b"\n", b" \n"),
    "quoted names": re.sub(rb"[a-z_]+", lambda m: b'"' + m[0] + b'"', GOOD.split(b"\n")[0])
    + b"\n"
    + GOOD.split(b"\n", 1)[1],
    "everything quoted": b"\n".join(
        b",".join(b'"' + cell + b'"' for cell in line.split(b",")) for line in GOOD.splitlines()
    ),
    "zeros after the last row": GOOD + bytes(4096),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_the_same_file(name: str, tmp_path: Path) -> None:
    got = read_bytes(tmp_path, FORMS[name])
    assert_same_samples(got, as_written(bending()))
    assert got.warnings == ()


def test_any_order_and_foreign_columns(tmp_path: Path) -> None:
    header, rows = table_of(with_quats(bending()))
    header += ["remark", "remark", ""]
    rows = [[*row, "caf\u00e9", "", "x y"] for row in rows]
    order = np.random.default_rng(3).permutation(len(header))
    shuffled = csv_text([header[i] for i in order], [[row[i] for i in order] for row in rows])
    assert_same_samples(read_bytes(tmp_path, shuffled), as_written(with_quats(bending())))


def test_foreign_cells_with_commas_in_quotes(tmp_path: Path) -> None:
    header, rows = table_of(bending())
    data = csv_text(["remark", *header], [['"slow, and ""deep"""', *row] for row in rows])
    assert_same_samples(read_bytes(tmp_path, data), as_written(bending()))


def test_arrays_suit_everybody(tmp_path: Path) -> None:
    got = read_bytes(tmp_path, csv_of(with_quats(bending())))
    for imu in (got.sacral, got.thoracic):
        for values, width in ((imu.acc_mps2, 3), (imu.gyr_radps, 3), (imu.quat, 4)):
            assert values is not None
            assert values.shape == (len(got.time_s), width)
            assert values.dtype == np.float64 and values.flags.c_contiguous and values.flags.writeable


@pytest.mark.parametrize("missing", ["", "NaN", "nan", "NA", " "])
def test_missing_stays_missing(missing: str, tmp_path: Path) -> None:
    header, rows = table_of(with_quats(bending()))
    for name in ("sacral_acc_y", "thoracic_gyr_z", "thoracic_quat_x", header[-1]):
        rows[7][header.index(name)] = missing
    got = read_bytes(tmp_path, csv_text(header, rows))
    assert got.sacral.acc_mps2 is not None and got.thoracic.gyr_radps is not None and got.thoracic.quat is not None
    assert np.argwhere(np.isnan(got.sacral.acc_mps2)).tolist() == [[7, 1]]
    assert np.argwhere(np.isnan(got.thoracic.gyr_radps)).tolist() == [[7, 2]]
    # A rotation with a missing component is no rotation.
    assert np.flatnonzero(np.isnan(got.thoracic.quat).any(axis=1)).tolist() == [7]
    assert np.isnan(got.thoracic.quat[7]).all()


def test_missing_rows_of_one_sensor(tmp_path: Path) -> None:
    header, rows = table_of(bending())
    for row in rows[::7]:
        row[7:] = [""] * 6
    got = read_bytes(tmp_path, csv_text(header, rows))
    assert got.thoracic.acc_mps2 is not None
    assert np.flatnonzero(np.isnan(got.thoracic.acc_mps2[:, 0])).tolist() == list(range(0, len(rows), 7))


def test_quaternions_alone_will_do(tmp_path: Path) -> None:
    header, rows = table_of(with_quats(bending()))
    keep = [i for i, name in enumerate(header) if name == "time_s" or "quat" in name]
    got = read_bytes(tmp_path, csv_text([header[i] for i in keep], [[row[i] for i in keep] for row in rows]))
    assert got.sacral.acc_mps2 is None and got.thoracic.gyr_radps is None
    assert got.sacral.quat is not None and got.thoracic.quat is not None


def test_empty_raw_columns_beside_quaternions(tmp_path: Path) -> None:
    header, rows = table_of(with_quats(bending()))
    for row in rows:
        row[1:7] = [""] * 6  # the sacral sensor's raw data
    assert [name for name in header[1:7] if "sacral" in name and "quat" not in name] == header[1:7]
    got = read_bytes(tmp_path, csv_text(header, rows))
    assert got.sacral.acc_mps2 is None and got.sacral.gyr_radps is None and got.sacral.quat is not None
    assert "the sacral accelerometer columns are empty" in got.warnings


def test_nearly_unit_quaternions_are_normalised(tmp_path: Path) -> None:
    header, rows = table_of(with_quats(bending()))
    for row in rows:
        for index, name in enumerate(header):
            if "quat" in name:
                row[index] = f"{1.04 * float(row[index]):.7f}"
    got = read_bytes(tmp_path, csv_text(header, rows))
    assert got.sacral.quat is not None
    np.testing.assert_allclose(np.linalg.norm(got.sacral.quat, axis=1), 1.0, atol=1e-12)


def test_a_stopped_sensor_is_said(tmp_path: Path) -> None:
    header, rows = table_of(bending())
    for row in rows[300:]:
        row[7:] = rows[300][7:]
    got = read_bytes(tmp_path, csv_text(header, rows))
    assert [w for w in got.warnings if "thoracic accelerometer" in w and "6.00 to 13.98 s" in w]
    assert not [w for w in got.warnings if "sacral" in w]


def test_source_is_the_path_as_given(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    assert read_session(str(tmp_path / "a.csv")).source == str(tmp_path / "a.csv")


# The number of bytes in the last three rows and a little of the row before.
TAIL = sum(len(line) + 1 for line in GOOD.splitlines()[-3:]) + 5


@pytest.mark.parametrize("form", ["raw", "CRLF", "quaternions", "quoted"])
def test_cut_at_every_byte_of_the_last_lines(form: str, tmp_path: Path) -> None:
    data = csv_of(with_quats(bending(2.5))) if form == "quaternions" else csv_of(bending(2.5))
    if form == "CRLF":
        data = data.replace(b"\n", b"\r\n")
    if form == "quoted":
        data = b"\n".join(line + b',"a, b"' for line in data.splitlines()) + b"\n"
        data = data.replace(b',"a, b"', b",remark", 1)
    whole = read_bytes(tmp_path, data)
    for cut in range(1, TAIL):
        kept = data[:-cut]
        got = read_bytes(tmp_path, kept)
        complete = kept.count(b"\n") - 1
        # A last row whose line end alone is missing may be read too.
        assert len(got.time_s) in (complete, complete + 1)
        np.testing.assert_array_equal(got.time_s, whole.time_s[: len(got.time_s)])
        assert got.sacral.acc_mps2 is not None and whole.sacral.acc_mps2 is not None
        np.testing.assert_array_equal(got.sacral.acc_mps2[:complete], whole.sacral.acc_mps2[:complete])
        left_out = len(got.time_s) == complete and not kept.endswith(b"\n")
        end = f"the last line ({complete + 2}) is cut off; read up to {got.time_s[-1]:.3f} s"
        assert got.warnings == ((end,) if left_out and kept.rsplit(b"\n", 1)[1].strip() else ())


def test_cut_within_the_time_in_the_last_column(tmp_path: Path) -> None:
    header, rows = table_of(bending())
    data = csv_text([*header[1:], header[0]], [[*row[1:], row[0]] for row in rows])
    assert data.endswith(b",13.98\n")
    got = read_bytes(tmp_path, data.removesuffix(b".98\n"))
    assert got.time_s[-1] == 13.96
    assert got.warnings == (f"the last line ({LINES}) is cut off; read up to 13.960 s",)


def test_cut_within_a_letter_of_two_bytes(tmp_path: Path) -> None:
    header, rows = table_of(bending())
    data = csv_text([*header, "remark"], [[*row, "caf\u00e9"] for row in rows])
    assert read_bytes(tmp_path, data[:-2]).time_s[-1] == 13.98


def test_cut_with_zeros_behind(tmp_path: Path) -> None:
    got = read_bytes(tmp_path, GOOD[:-20] + bytes(512))
    assert got.warnings == (f"the last line ({LINES}) is cut off; read up to 13.960 s",)


def test_comments_and_blank_lines_count_in_the_number_of_a_cut_line(tmp_path: Path) -> None:
    got = read_bytes(tmp_path, b"# a\n\n" + GOOD[:-20])
    assert got.warnings == (f"the last line ({LINES + 2}) is cut off; read up to 13.960 s",)
