"""Bad input: exit 1, one line on stderr that names the file, nothing on stdout, never a traceback."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from command_line import hiphinge, write_simulated

from hiphinge.simulate import Repetition, Scenario

Rows = pl.DataFrame
ACC = [f"{segment}_acc_{axis}" for segment in ("sacral", "thoracic") for axis in "xyz"]
GYR = [name.replace("acc", "gyr") for name in ACC]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    path = tmp_path_factory.mktemp("good") / "good.csv"
    return pl.read_csv(write_simulated(path, Scenario(seed=5, sets=((Repetition(), Repetition()),))))


def scaled(names: list[str], factor: float) -> Callable[[Rows], Rows]:
    return lambda rows: rows.with_columns(pl.col(names) * factor)


def with_times(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Rows], Rows]:
    return lambda rows: rows.with_columns(pl.Series("time_s", change(rows["time_s"].to_numpy().copy())))


def backwards(time_s: np.ndarray) -> np.ndarray:
    time_s[200] = time_s[190]
    return time_s


def repeating(time_s: np.ndarray) -> np.ndarray:
    time_s[200] = time_s[199]
    return time_s


def standing_only(rows: Rows) -> Rows:
    return rows.filter(pl.col("time_s") < 3.8)


def never_still(rows: Rows) -> Rows:
    shaking = np.sin(np.arange(len(rows)))
    return rows.with_columns(
        [(pl.col(name) + pl.Series(4 * shaking)).alias(name) for name in ACC]
        + [(pl.col(name) + pl.Series(3 * shaking)).alias(name) for name in GYR]
    )


FROM_GOOD: dict[str, Callable[[Rows], Rows]] = {
    "no time_s": lambda rows: rows.drop("time_s"),
    "one sensor only": lambda rows: rows.drop([name for name in rows.columns if name.startswith("thoracic")]),
    "time backwards": with_times(backwards),
    "time repeating": with_times(repeating),
    "all zeros": lambda rows: rows.with_columns(pl.exclude("time_s") * 0.0),
    "constant": lambda rows: rows.with_columns(pl.exclude("time_s").first()),
    "acceleration in g": scaled(ACC, 1 / 9.81),
    "gyro in deg/s": scaled(GYR, 57.3),
    "1e308": lambda rows: rows.with_columns(pl.lit(1e308).alias("sacral_acc_x")),
    "NaN column": lambda rows: rows.with_columns(pl.lit(float("nan")).alias("sacral_gyr_y")),
    "text in a number": lambda rows: rows.with_columns(
        sacral_gyr_y=pl.when(pl.int_range(pl.len()) == 100).then(pl.lit("oops")).otherwise(pl.col("sacral_gyr_y"))
    ),
    "under 2 s": lambda rows: rows.head(150),
    "no bend": standing_only,
    "no standing": never_still,
}  # fmt: skip


@pytest.mark.parametrize("live", [(), ("--live",)], ids=["offline", "live"])
@pytest.mark.parametrize("what", FROM_GOOD)
def test_bad_samples(capsys: pytest.CaptureFixture[str], good: Rows, tmp_path: Path, what: str, live: tuple[str, ...]):
    path = tmp_path / "bad.csv"
    FROM_GOOD[what](good).write_csv(path)
    assert_refused(capsys, path, *live)


RAGGED = "time_s," + ",".join(ACC + GYR) + "\n" + "0,1,2,3\n" * 300
BYTES: dict[str, bytes] = {
    "empty": b"",
    "header only": RAGGED.splitlines()[0].encode(),
    "binary": bytes(range(256)) * 40,
    "ragged": RAGGED.encode(),
    "wrong delimiter": RAGGED.replace(",", ";").encode(),
}


@pytest.mark.parametrize("what", BYTES)
def test_bad_files(capsys: pytest.CaptureFixture[str], tmp_path: Path, what: str):
    path = tmp_path / "bad.csv"
    path.write_bytes(BYTES[what])
    assert_refused(capsys, path)


def test_missing_file_and_folder_without_a_session(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert_refused(capsys, tmp_path / "missing.csv")
    assert_refused(capsys, tmp_path)


def test_a_file_cut_in_mid_line_is_analysed_up_to_there_and_says_so(
    capsys: pytest.CaptureFixture[str], good: Rows, tmp_path: Path
):
    path = tmp_path / "cut.csv"
    path.write_bytes(good.write_csv().encode()[:-40])
    ended = hiphinge(capsys, "analyse", path)
    assert (ended.code, ended.err) == (0, "")
    assert "2 attempts in 1 set" in ended.out
    assert "cut off; read up to" in " ".join(ended.out.split())
    ended = hiphinge(capsys, "analyse", path, "--json", "-")
    assert ended.code == 0 and ended.err.count("\n") == 1 and "cut off" in ended.err


def assert_refused(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> None:
    ended = hiphinge(capsys, "analyse", path, *options)
    assert (ended.code, ended.out) == (1, ""), ended
    assert ended.err.startswith(str(path)) and ended.err.count("\n") == 1, ended.err
    assert "Traceback" not in ended.err and "has a fault" not in ended.err
    assert ";" in ended.err  # what to do
