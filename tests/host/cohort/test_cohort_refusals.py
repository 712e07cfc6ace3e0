"""Folders and files that are not as they should be."""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest
from cohorts import Quiet, multiply, parts, serially, sessions_of

from hiphinge.app.cohort.engine import Serial
from hiphinge.app.cohort.errors import CohortError
from hiphinge.app.cohort.plan import Order
from hiphinge.app.cohort.run import run_cohort
from hiphinge.app.cohort.work import Tally

pytestmark = pytest.mark.usefixtures("canned")


@pytest.mark.skipif(os.name != "posix", reason="pipes and links")
def test_pipes_links_and_strange_names(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 1), tmp_path / "out"
    os.mkfifo(root / "pipe.csv")
    (root / "link.csv").symlink_to(one_csv)
    (root / "dangling.csv").symlink_to(root / "nothing")
    (root / "circle").symlink_to(root, target_is_directory=True)
    shutil.copy(one_csv, os.fsencode(root) + b"/\xff\n.csv")
    summary = serially(root, out)
    assert (summary.tally.analysed, summary.tally.refused) == (3, 2)
    assert any("\\udcff" in name for name in sessions_of(out)["session"])
    assert serially(root, out).kept == 5


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_tried_again(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 2), tmp_path / "out"
    (root / "s00.csv").chmod(0)
    assert serially(root, out).tally.failed == 1
    assert "Permission denied" in sessions_of(out)["error"][0]
    (root / "s00.csv").chmod(0o600)
    assert serially(root, out).tally.analysed == 1


def test_refusals_are_one_line(one_csv: Path, tmp_path: Path):
    root, empty = multiply(one_csv, tmp_path / "root", 1), tmp_path / "empty"
    empty.mkdir()
    other = tmp_path / "other"
    (other / "sessions").mkdir(parents=True)
    (other / "sessions" / "mine.txt").touch()
    for here, out, words in (
        (tmp_path / "nothing", empty, "No such file"),
        (empty, tmp_path / "out", "no sessions here"),
        (one_csv, tmp_path / "out", "is a file"),
        (root, other, "holds other files"),
        (root, one_csv, "could not be"),
        ("nowhere://a", tmp_path / "out", "cannot be opened"),
        (root, "nowhere://a", "cannot be opened"),
    ):
        with pytest.raises(CohortError, match=words) as caught:
            serially(here, out)
        assert "\n" not in str(caught.value)


def test_an_output_among_the_sessions_is_refused(one_csv: Path, tmp_path: Path):
    root = multiply(one_csv, tmp_path / "sessions", 1)
    with pytest.raises(CohortError, match="so would be the output"):
        serially(root, tmp_path)
    assert serially(root, root / "results").tally.analysed == 1
    assert serially(root, root / "results").kept == 1


def test_parts_of_another_schema_are_left_alone(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 1), tmp_path / "out"
    serially(root, out)
    (part,) = (out / "sessions").iterdir()
    pl.read_parquet(part).write_parquet(part, metadata={"hiphinge": '{"schema": "hiphinge.cohort/9"}'})
    before = parts(out)
    with pytest.raises(CohortError, match=r"is not of hiphinge\.cohort/1"):
        serially(root, out)
    assert parts(out) == before


@pytest.mark.skipif(os.name != "posix", reason="no such locks")
def test_two_runs_never_write_to_one_output(one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 1), tmp_path / "out"

    class Second(Quiet):
        def done(self, tally: Tally) -> None:
            with pytest.raises(CohortError, match="another run is writing"):
                serially(root, out)
            super().done(tally)

    watcher = Second()
    run_cohort(Order(str(root), str(out)), lambda: nullcontext(Serial()), watcher)
    assert len(watcher.tallies) == 1
