"""Worker processes that die, run out of memory, or are another program's: nothing is lost, nothing is there twice."""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra cohort is not installed")

import distributed
import fsspec
import worker_tasks
from cohorts import Quiet, attempts_of, multiply, serially, sessions_of, statuses

from hiphinge.app.cohort import cluster
from hiphinge.app.cohort.engine import Engine
from hiphinge.app.cohort.errors import CohortError
from hiphinge.app.cohort.plan import Order
from hiphinge.app.cohort.run import Summary, Work, run_cohort
from hiphinge.app.cohort.work import Tally, analyse_task

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")

Opening = Callable[[], AbstractContextManager[Engine]]


def two_workers(memory: str | None = None) -> Opening:
    return lambda: cluster.local_workers(2, memory)


def go(root: Path, out: Path, engine: Opening, work: Work = analyse_task, watcher: Quiet | None = None) -> Summary:
    return run_cohort(Order(str(root), str(out)), engine, watcher or Quiet(), 2, work=work)


@pytest.fixture
def root(one_csv: Path, tmp_path: Path) -> Path:
    return multiply(one_csv, tmp_path / "root", 6)


def assert_whole(root: Path, out: Path, tmp_path: Path) -> None:
    """The same rows as of a run in one process without accidents."""
    serially(root, tmp_path / "plain")
    assert sessions_of(out).equals(sessions_of(tmp_path / "plain"))
    assert attempts_of(out).equals(attempts_of(tmp_path / "plain"))


class KillsAWorker(Quiet):
    """Kills a worker process when the first part is done."""

    def __init__(self) -> None:
        super().__init__()
        self.workers: cluster.Workers | None = None
        self.killed: list[int] = []

    @contextmanager
    def opened(self):
        with cluster.local_workers(2) as self.workers:
            yield self.workers

    def done(self, tally: Tally) -> None:
        super().done(tally)
        if not self.killed:
            assert self.workers is not None
            self.killed = sorted(self.workers._client.run(os.getpid).values())[:1]
            os.kill(self.killed[0], signal.SIGKILL)


def test_a_worker_killed_in_mid_run_loses_nothing(root: Path, tmp_path: Path):
    watcher = KillsAWorker()
    summary = go(root, tmp_path / "out", watcher.opened, worker_tasks.slowly, watcher)
    assert watcher.killed and summary.tally.analysed == 6
    assert_whole(root, tmp_path / "out", tmp_path)


def test_a_session_that_kills_its_workers_becomes_a_row_and_takes_nobody_with_it(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    shutil.copy(root / "s00.csv", root / "s02-poison.csv")
    summary = go(root, out, two_workers(), worker_tasks.dies_of_poison)
    assert (summary.tally.analysed, summary.tally.failed) == (6, 1)
    assert [name for name, status in statuses(out).items() if status == "failed"] == ["s02-poison.csv"]
    error = sessions_of(out)["error"].drop_nulls().item()
    assert "s02-poison.csv: each worker process that analysed it died (out of memory" in error and "--memory" in error
    # Not taken for done: with more memory, or another version, it may succeed.
    again = go(root, out, two_workers())
    assert (again.tally.analysed, again.kept) == (1, 6)
    assert_whole(root, out, tmp_path)


def test_a_session_too_large_for_its_worker_becomes_a_row(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    shutil.copy(root / "s00.csv", root / "s02-poison.csv")
    summary = go(root, out, two_workers("600MB"), worker_tasks.eats_memory)
    assert (summary.tally.analysed, summary.tally.failed) == (6, 1)
    assert statuses(out)["s02-poison.csv"] == "failed"


def test_a_session_alone_in_its_batch_is_tried_anew_too(one_csv: Path, tmp_path: Path):
    # Nothing else to wait for: it is handed in again while Dask still holds its first result.
    root = multiply(one_csv, tmp_path / "root", 1)
    summary = go(root, tmp_path / "out", two_workers(), worker_tasks.dies_twice)
    assert (tmp_path / "death-2").exists()
    assert (summary.tally.analysed, summary.tally.failed) == (1, 0)


def test_a_part_written_twice_is_there_once(root: Path, tmp_path: Path):
    summary = go(root, tmp_path / "out", two_workers(), worker_tasks.writes_and_dies_once)
    assert (tmp_path / "died").exists() and summary.tally.analysed == 6
    assert_whole(root, tmp_path / "out", tmp_path)


def test_what_a_worker_cannot_do_for_all_ends_the_run_in_one_line(root: Path, tmp_path: Path):
    with pytest.raises(CohortError, match=r"local workers: .*No space left on device.*run the same command again"):
        go(root, tmp_path / "out", two_workers(), worker_tasks.raises)
    assert go(root, tmp_path / "out", two_workers()).tally.analysed == 6


def test_a_cluster_is_used_and_left_running(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=True, **options) as others:
        order = Order(str(root), str(out))
        address = others.scheduler_address
        summary = run_cohort(order, lambda: cluster.cluster_workers(address, order), Quiet(), 2)
        assert summary.tally.analysed == 6
        other = Order(str(root), str(out), version="0.0.0")
        with pytest.raises(CohortError, match=r"has hiphinge .*, this computer 0\.0\.0; install the same version"):
            run_cohort(other, lambda: cluster.cluster_workers(address, other), Quiet())
        away = Order("/nowhere/at/all", str(out))
        with pytest.raises(CohortError, match="does not see /nowhere/at/all"), cluster.cluster_workers(address, away):
            pass
        with distributed.Client(others, set_as_default=False) as client:
            assert len(client.nthreads()) == 1
    assert_whole(root, out, tmp_path)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "tcp://"])
def test_a_scheduler_that_is_not_there_is_said_in_one_line(address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "_CONNECT_S", 1)
    order = Order("/r", "/o")
    with pytest.raises(CohortError, match="no scheduler answers") as caught, cluster.cluster_workers(address, order):
        pass
    assert "\n" not in str(caught.value)
    left = [one for one in gc.get_objects() if isinstance(one, distributed.Client) and one.status != "closed"]
    assert not left, "collected later, it may wait for a lock that its own thread holds"


def test_memory_is_shared_by_workers_that_are_threads(one_csv: Path, tmp_path: Path):
    fs = fsspec.filesystem("memory")
    try:
        for at in range(3):
            fs.pipe_file(f"/threads/s{at}.csv", one_csv.read_bytes())
        order = Order("memory://threads", str(tmp_path / "out"))
        summary = run_cohort(order, lambda: cluster.local_workers(2, processes=False), Quiet(), 1)
        assert summary.tally.analysed == 3
    finally:
        fs.rm("/threads", recursive=True)


def test_two_runs_on_one_computer_keep_out_of_each_others_way():
    with cluster.local_workers(1), cluster.local_workers(1):
        pass
