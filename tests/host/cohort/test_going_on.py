"""A run goes on where another stopped: what is done, what changed, what is damaged."""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest
from cohorts import Quiet, attempts_of, multiply, parts, serially, sessions_of

from hiphinge.app.cohort.engine import Serial
from hiphinge.app.cohort.plan import Order, Task
from hiphinge.app.cohort.run import run_cohort
from hiphinge.app.cohort.work import Tally, analyse_task
from hiphinge.programmes import load_programme

pytestmark = pytest.mark.usefixtures("canned")


def test_a_second_run_does_nothing(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    serially(study, out)
    before = parts(out)
    summary = serially(study, out)
    assert (summary.tally.sessions, summary.kept, summary.removed) == (0, 3, 0)
    assert parts(out) == before


def test_only_what_changed_is_done_anew(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 4), tmp_path / "out"
    serially(root, out, batch=4)
    # Another time of change, the same content; another content of the same length and time.
    os.utime(root / "s01.csv", (1, 1))
    times = (root / "s02.csv").stat()
    text = (root / "s02.csv").read_bytes()
    assert text.endswith(b"\n")
    last = text.rstrip(b"\n")
    changed = last[:-1] + (b"1" if last[-1:] != b"1" else b"2") + b"\n"
    assert len(changed) == len(text)
    (root / "s02.csv").write_bytes(changed)
    os.utime(root / "s02.csv", ns=(times.st_atime_ns, times.st_mtime_ns))
    shutil.copy(one_csv, root / "s09.csv")
    summary = serially(root, out, batch=4)
    assert (summary.tally.sessions, summary.kept) == (2, 3)
    assert sessions_of(out)["session"].to_list() == [str(root / f"s0{at}.csv") for at in (0, 1, 2, 3, 9)]
    assert attempts_of(out).height == 15


def test_other_parameters_do_all_anew_once(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    serially(study, out)
    summary = serially(study, out, programme=load_programme("unassisted"))
    assert (summary.tally.sessions, summary.kept) == (3, 0)
    assert sessions_of(out).height == 3 and sessions_of(out)["parameters_id"].n_unique() == 1
    assert serially(study, out, programme=load_programme("unassisted")).kept == 3


def test_a_session_json_that_comes_or_goes_counts(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    serially(study, out)
    (study / "monday" / "session.json").unlink()
    summary = serially(study, out)
    assert (summary.tally.sessions, summary.kept) == (1, 2)
    assert attempts_of(out).height == 6 and set(attempts_of(out)["person"]) == {None}


@pytest.mark.parametrize("table", ["sessions", "attempts"])
@pytest.mark.parametrize("damage", ["cut", "empty", "missing", "rubbish"])
def test_a_half_written_part_is_never_taken_for_whole(one_csv: Path, tmp_path: Path, table: str, damage: str):
    root, out = multiply(one_csv, tmp_path / "root", 4), tmp_path / "out"
    serially(root, out, batch=2)
    victim = sorted((out / table).iterdir())[0]
    data = victim.read_bytes()
    new = {"cut": data[: len(data) // 2], "empty": b"", "rubbish": b"\0" * 99, "missing": None}[damage]
    victim.unlink() if new is None else victim.write_bytes(new)
    summary = serially(root, out, batch=2)
    assert (summary.tally.sessions, summary.kept, summary.removed) == (2, 2, 1)
    assert sessions_of(out).height == 4 and attempts_of(out).height == 12


def test_attempts_that_lost_their_session_and_sessions_that_lost_attempts_are_done_anew(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 3), tmp_path / "out"
    serially(root, out, batch=3)
    (sessions,) = (out / "sessions").iterdir()
    (attempts,) = (out / "attempts").iterdir()
    about = pl.read_parquet_metadata(sessions)
    pl.read_parquet(sessions).filter(~pl.col("session").str.ends_with("s00.csv")).write_parquet(
        sessions, metadata={"hiphinge": about["hiphinge"]}
    )
    frame = pl.read_parquet(attempts)
    frame.filter(~(pl.col("session").str.ends_with("s01.csv") & (pl.col("index") == 2))).write_parquet(
        attempts, metadata={"hiphinge": about["hiphinge"]}
    )
    summary = serially(root, out)
    assert (summary.tally.sessions, summary.kept) == (2, 1)
    assert sessions_of(out).height == 3 and attempts_of(out).height == 9


class Stop(Exception):
    pass


class StopAfter(Quiet):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def done(self, tally: Tally) -> None:
        super().done(tally)
        if len(self.tallies) == self.count:
            raise Stop


def test_a_run_stopped_anywhere_ends_as_one_that_was_not(one_csv: Path, study: Path, tmp_path: Path):
    root = multiply(one_csv, tmp_path / "root", 5)
    shutil.copy(study / "broken.csv", root)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    serially(root, whole)
    for _ in range(2):
        with pytest.raises(Stop):
            run_cohort(Order(str(root), str(stopped)), lambda: nullcontext(Serial()), StopAfter(1), batch=1)
    assert sessions_of(stopped).height == 2
    summary = serially(root, stopped)
    assert (summary.tally.sessions, summary.kept) == (4, 2)
    assert sessions_of(stopped).equals(sessions_of(whole))
    assert attempts_of(stopped).equals(attempts_of(whole))


def _stage_and_stop(task: Task, order: Order) -> Tally:
    analyse_task(task, order)
    raise Stop


def test_what_was_staged_but_not_published_is_done_again(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 2), tmp_path / "out"
    with pytest.raises(Stop):
        run_cohort(Order(str(root), str(out)), lambda: nullcontext(Serial()), Quiet(), 1, work=_stage_and_stop)
    assert not list((out / "sessions").iterdir()) and list((out / "_staging").iterdir())
    serially(root, out)
    assert sessions_of(out).height == 2 and not list((out / "_staging").iterdir())


def test_sessions_that_are_gone_are_kept_until_pruned(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 3), tmp_path / "out"
    serially(root, out)
    (root / "s01.csv").unlink()
    assert serially(root, out).gone == 1
    assert sessions_of(out).height == 3
    assert serially(root, out, prune=True).gone == 0
    assert sessions_of(out).height == 2 and attempts_of(out).height == 6


def test_two_folders_share_an_output(one_csv: Path, tmp_path: Path):
    out = tmp_path / "out"
    for name in ("a", "b"):
        assert serially(multiply(one_csv, tmp_path / name, 2), out).gone == 0
    assert sessions_of(out).height == 4
