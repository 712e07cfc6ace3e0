"""A cohort on two workers beside one process: throughput, memory over time, a killed worker, going on, planning.

    python tests/bench/cohort.py [--sessions 2000] [--alone 200] [--workers 2] [--folder F] [--plan 1000000]

The sessions are some 20 s long (50 Hz, three repetitions): short, so that what is shared out and written weighs most.
`DISTINCT` of them are simulated, each with its own wearer, mounting and repetitions; the others are copies under names
of their own, since neither reading nor analysing knows. They are made once and kept in the temporary folder.

One process does `--alone` sessions without Dask, half of them before and half after the workers do all: other work on
the machine then meets both. Aims: throughput in proportion to the workers, the last third's peak within 5 % of the
first's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median

from processes import busy

# Before any worker or numpy starts.
for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[threads] = "1"

DISTINCT = 40
RATE_HZ = 50.0
_SAMPLE_S = 0.25
_NOTHINGS = 4000


def make_sessions(folder: Path, count: int) -> None:
    """Write the sessions that are not there yet; every other one a folder with its JSON."""
    from dataclasses import replace

    import numpy as np

    from hiphinge.files.session import write_session
    from hiphinge.model import SessionMeta
    from hiphinge.simulate import Scenario, set_with_faults, simulate

    models = folder.with_name(folder.name + "-models")
    for seed in range(DISTINCT):
        if (models / str(seed) / "session.json").exists():
            continue
        rng = np.random.default_rng(seed)
        sets = (set_with_faults(3, {2: "flexion"}, rng),)
        made = simulate(Scenario(seed=seed, rate_hz=RATE_HZ, sets=sets, mounting="random")).recording
        write_session(models / str(seed), replace(made, meta=SessionMeta(person=f"p{seed}")))
    folder.mkdir(exist_ok=True)
    for at in range(count):
        model = models / str(at % DISTINCT)
        if at % 2:
            if not (folder / f"s{at:06d}.csv").exists():
                shutil.copy(model / "session.csv", folder / f"s{at:06d}.csv")
        elif not (folder / f"s{at:06d}").exists():
            shutil.copytree(model, folder / f"s{at:06d}")


class Watching:
    """Remembers when what was done, and kills a worker after `kill_after` sessions."""

    def __init__(self, kill_after: int | None = None) -> None:
        self.done_at_s: list[tuple[float, int]] = []
        self.kill_after = kill_after
        self.killed = 0
        self.processor_s = self.recorded_s = 0.0

    def planned(self, sessions: int, kept: int, replaced: int) -> None:
        """Nothing to say."""

    def doing(self, what: str) -> None:
        """Nothing to say."""

    def done(self, tally: object) -> None:
        """Count; kill once."""
        from hiphinge.app.cohort.work import Tally

        assert isinstance(tally, Tally)
        before = self.done_at_s[-1][1] if self.done_at_s else 0
        self.done_at_s.append((time.perf_counter(), before + tally.sessions))
        self.processor_s += tally.processor_s
        self.recorded_s += tally.recorded_s
        if self.kill_after is not None and not self.killed and before + tally.sessions >= self.kill_after:
            self.killed = max(_workers(), key=_rss)
            os.kill(self.killed, signal.SIGKILL)


def _workers() -> list[int]:
    import psutil

    # Python's own helpers are small; a worker has loaded numpy, polars and Dask.
    return [child.pid for child in psutil.Process().children(recursive=True) if _rss(child.pid) > 60e6]


def _rss(pid: int) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


@contextmanager
def sampled() -> Iterator[dict[int, list[tuple[float, float]]]]:
    """Resident MB of every worker over time."""
    found: dict[int, list[tuple[float, float]]] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(_SAMPLE_S):
            for pid in _workers():
                found.setdefault(pid, []).append((time.perf_counter(), _rss(pid) / 1e6))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def alone(root: Path, out: Path) -> None:
    """All sessions of a folder in this process; prints seconds of the analysing alone, and the peak."""
    from hiphinge.app.cohort.engine import Serial
    from hiphinge.app.cohort.plan import Order
    from hiphinge.app.cohort.run import run_cohort

    order, watching = Order(str(root), str(out)), Watching()
    begun_s = time.perf_counter()
    summary = run_cohort(order, lambda: nullcontext(Serial()), watching, batch=5)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        json.dumps(
            {
                "sessions": summary.tally.sessions,
                "wall_s": time.perf_counter() - begun_s,
                "processor_s": all_processor_s(),
                "recorded_s": watching.recorded_s,
                "peak_mb": peak_mb,
            }
        )
    )


def run_alone(root: Path, names: list[str], work: Path) -> dict[str, float]:
    """As `alone`, in a process of its own, of some sessions."""
    return _told(_start_alone(root, names, work))


def run_side_by_side(root: Path, names: list[str], work: Path, count: int) -> float:
    """Sessions a second of so many processes at once that know nothing of each other: what the machine can give."""
    begun = [_start_alone(root, names[at::count], work) for at in range(count)]
    told = [_told(process) for process in begun]
    return sum(one["sessions"] / one["wall_s"] for one in told)


def _start_alone(root: Path, names: list[str], work: Path) -> subprocess.Popen[str]:
    part = Path(tempfile.mkdtemp(dir=work))
    (part / "in").mkdir()
    for name in names:
        source = root / name
        shutil.copytree(source, part / "in" / name) if source.is_dir() else shutil.copy(source, part / "in" / name)
    command = [sys.executable, __file__, "--do-alone", str(part / "in"), str(part / "out")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _told(process: subprocess.Popen[str]) -> dict[str, float]:
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit("a process that worked alone failed")
    return json.loads(said)


def all_processor_s() -> float:
    """Of this process and all those it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def with_workers(root: Path, out: Path, workers: int, watching: Watching) -> tuple[float, float]:
    """Seconds of the whole, and of it those until the workers stood."""
    from hiphinge.app.cohort.cluster import local_workers
    from hiphinge.app.cohort.plan import Order
    from hiphinge.app.cohort.run import run_cohort

    stood_s: list[float] = []

    @contextmanager
    def opened() -> Iterator[object]:
        begun = time.perf_counter()
        with local_workers(workers) as engine:
            stood_s.append(time.perf_counter() - begun)
            yield engine

    begun_s = time.perf_counter()
    run_cohort(Order(str(root), str(out)), opened, watching)  # type: ignore[arg-type]
    return time.perf_counter() - begun_s, stood_s[0] if stood_s else 0.0


def nothing(task: object, order: object) -> int:
    """A task that costs what a task costs."""
    del task, order
    return 0


def overhead(workers: int) -> float:
    """Milliseconds a task costs client and scheduler together."""
    from hiphinge.app.cohort.cluster import local_workers
    from hiphinge.app.cohort.found import Found
    from hiphinge.app.cohort.plan import Order, tasks

    order = Order("/r", "/o")
    found = [Found("some/folder", f"s{at}.csv", stamp="1 2 3 4") for at in range(_NOTHINGS)]
    with local_workers(workers) as engine:
        list(engine.run(nothing, tasks(found[:100], 1, order), order))
        begun_s = time.perf_counter()
        done = sum(1 for _ in engine.run(nothing, tasks(found, 1, order), order))
        return (time.perf_counter() - begun_s) / done * 1e3


def plan(sessions: int) -> None:
    """What listing's result and comparing cost whoever leads a run of so many sessions, without any files."""
    from hiphinge.app.cohort.found import Found
    from hiphinge.app.cohort.plan import Done, Order, batch_size, compare, tasks

    order = Order("/r", "/o")
    begun_s = time.perf_counter()
    found = {
        f"/r/f{at}/s.csv": Found(f"f{at}", "s.csv", stamp=f"{at} 17 18 19", size_bytes=1) for at in range(sessions)
    }
    half = sessions // 2
    done = {
        name: Done(f"k{at // 250:016d}", "analysed", one.stamp, (f"{at:064d}", None), order.parameters_id)
        for at, (name, one) in enumerate(found.items())
        if at < half
    }
    planned = compare(found, done, order.parameters_id, "/r")
    count = sum(1 for _ in tasks(planned.fresh, batch_size(half, 40), order))
    wall_s = time.perf_counter() - begun_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"planning  {sessions} sessions, half of them done: {wall_s:.1f} s, peak {peak_mb:.0f} MB, {count} tasks")


def thirds(samples: list[tuple[float, float]], since_s: float, until_s: float) -> tuple[float, float, float]:
    """The peak of each third of the time."""
    step = (until_s - since_s) / 3
    return tuple(  # type: ignore[return-value]
        max((mb for at, mb in samples if since_s + k * step <= at <= since_s + (k + 1) * step), default=float("nan"))
        for k in range(3)
    )


def same(one: Path, other: Path) -> bool:
    """Whether two outputs hold the same rows."""
    import polars as pl

    def rows(out: Path, table: str, *by: str) -> pl.DataFrame:
        return pl.read_parquet(out / table / "*.parquet").sort(by)

    keys = (("sessions", "session"), ("attempts", "session", "index"))
    return all(rows(one, *key).equals(rows(other, *key)) for key in keys)


def megabytes(folder: Path) -> float:
    """All files below it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="a cohort on workers")
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--alone", type=int, default=200, help="sessions one process does, for comparison")
    parser.add_argument("--killing", type=int, default=100, help="sessions of the run in which a worker is killed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "hiphinge-bench-cohort"))
    parser.add_argument("--plan", type=int, default=1_000_000)
    parser.add_argument("--do-alone", nargs=2, type=Path)
    parser.add_argument("--do-plan", type=int)
    parser.add_argument("--do-make", nargs=2)
    wanted = parser.parse_args()
    if wanted.do_alone:
        alone(*wanted.do_alone)
    elif wanted.do_plan:
        plan(wanted.do_plan)
    elif wanted.do_make:
        make_sessions(Path(wanted.do_make[0]), int(wanted.do_make[1]))
    else:
        measure(wanted)


def measure(wanted: argparse.Namespace) -> None:
    """All of it, in order."""
    root = wanted.folder / str(wanted.sessions)
    wanted.folder.mkdir(exist_ok=True)
    subprocess.run([sys.executable, __file__, "--do-make", str(root), str(wanted.sessions)], check=True)
    if warning := busy():
        print(warning)
    work = Path(tempfile.mkdtemp(prefix="hiphinge-bench-cohort-"))
    try:
        _measure(wanted, root, work)
    finally:
        shutil.rmtree(work)


def _measure(wanted: argparse.Namespace, root: Path, work: Path) -> None:
    # Spread over all, so that copies of every model are among them.
    names = sorted(path.name for path in root.iterdir())[:: max(1, wanted.sessions // wanted.alone)][: wanted.alone]
    half = len(names) // 2
    lonely = [run_alone(root, names[:half], work)]
    watching = Watching()
    pair = [run_side_by_side(root, names, work, wanted.workers)]
    loads = [os.getloadavg()[0]]
    spent_s = all_processor_s()
    with sampled() as memory:
        begun_s = time.perf_counter()
        wall_s, stood_s = with_workers(root, work / "out", wanted.workers, watching)
        ended_s = time.perf_counter()
    loads.append(os.getloadavg()[0])
    spent_s = all_processor_s() - spent_s
    pair.append(run_side_by_side(root, names, work, wanted.workers))
    lonely.append(run_alone(root, names[half:], work))
    sessions = sum(one["sessions"] for one in lonely)
    single = sessions / sum(one["wall_s"] for one in lonely)
    many = wanted.sessions / wall_s
    steady = wanted.sessions / (wall_s - stood_s)
    minutes = watching.recorded_s / 60
    own_s = sum(one["processor_s"] for one in lonely) / sessions
    each_s = spent_s / wanted.sessions
    print(f"one       {single:.2f} sessions/s in one process; {own_s:.3f} processor s a session")
    print(
        f"workers   {many:.2f} sessions/s on {wanted.workers} ({wanted.sessions} sessions, {wall_s:.0f} s, of it "
        f"{stood_s:.1f} s to start); {each_s:.3f} processor s a session, everything included; "
        f"load {loads[0]:.1f} to {loads[1]:.1f}"
    )
    print(f"ratio     {many / single:.2f} with the start, {steady / single:.2f} without (aim: {wanted.workers})")
    print(
        f"          {wanted.workers} plain processes side by side: {sum(pair) / 2 / single:.2f}; "
        f"of processor time {wanted.workers * own_s / each_s:.2f}, which is the ratio on cores nobody else uses"
    )
    print(f"work      {watching.processor_s / minutes:.3f} processor s a minute of session")
    for pid, samples in memory.items():
        first, second, third = thirds(samples, begun_s + stood_s, ended_s)
        print(f"memory    worker {pid}: {first:.0f}, {second:.0f}, {third:.0f} MB by thirds, ratio {third / first:.3f}")
    print(f"          median {median(mb for one in memory.values() for _, mb in one):.0f} MB")
    begun_s = time.perf_counter()
    with_workers(root, work / "out", wanted.workers, Watching())
    resumed_s = time.perf_counter() - begun_s
    size_mb = megabytes(work / "out")
    each_ms, each_kb = (1e3 * one / wanted.sessions for one in (resumed_s, size_mb))
    print(f"again     {resumed_s:.2f} s to find that nothing is to do, {each_ms:.2f} ms a session")
    print(f"output    {size_mb:.2f} MB, {each_kb:.1f} kB a session of {minutes / wanted.sessions:.2f} min")
    print(f"input     {megabytes(root):.0f} MB")
    _kill(wanted, root, work)
    print(f"task      {overhead(wanted.workers):.2f} ms for client and scheduler")
    subprocess.run([sys.executable, __file__, "--do-plan", str(wanted.plan)], check=True)


def _kill(wanted: argparse.Namespace, root: Path, work: Path) -> None:
    some = work / "some"
    some.mkdir()
    for path in sorted(root.iterdir())[: wanted.killing]:
        shutil.copytree(path, some / path.name) if path.is_dir() else shutil.copy(path, some / path.name)
    killing = Watching(kill_after=wanted.killing // 4)
    with_workers(some, work / "killed", wanted.workers, killing)
    with_workers(some, work / "spared", wanted.workers, Watching())
    rows = "the same rows" if same(work / "killed", work / "spared") else "OTHER ROWS"
    print(
        f"killed    worker {killing.killed} after {wanted.killing // 4} of {wanted.killing} sessions: "
        f"{killing.done_at_s[-1][1]} done, {rows} as of a run without"
    )


if __name__ == "__main__":
    main()
