"""``hiphinge cohort``: options, progress and summary; `app.cohort` does the work."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.options import EachProgramme, Live, Preset, Rest

if TYPE_CHECKING:
    from hiphinge.app.cohort.engine import Engine
    from hiphinge.app.cohort.plan import Order
    from hiphinge.app.cohort.run import Summary
    from hiphinge.app.cohort.work import Tally
    from hiphinge.cli.progress import LateProgress

# The bar's: how many sessions there are is known only once they are listed and compared.
_STEPS = 1000


def cohort(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A folder of sessions, or its URL, such as s3://...")],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="OUT", help="A folder (or URL) for the two Parquet data sets.")
    ],
    programme: EachProgramme = None,
    preset: Preset = None,
    rest: Rest = None,
    live: Live = False,
    recalibrate: Annotated[
        bool, typer.Option("--recalibrate", help="Leave aside calibrations saved with sessions.")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(metavar="URL", help="A Dask cluster, such as tcp://10.0.0.5:8786. Default: local.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=1024, help="Local processes. Default: one a processor core.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="The most a local worker may use, such as 2GB.")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove rows of sessions no longer in DIR.")] = False,
) -> None:
    """Analyse thousands of sessions: one Parquet data set of sessions, one of attempts.

    \b
    Sessions are folders with session.csv, and single CSV files elsewhere, at any depth.
    One that cannot be analysed is a row with its error. Run the same command again to
    go on after a stop: only what is new, changed or had failed is analysed.

    \b
    Examples:
      hiphinge cohort study/ -o results/
      hiphinge cohort study/ -o results/ --programme unassisted --workers 8
      hiphinge cohort s3://bucket/study -o s3://bucket/results --scheduler tcp://10.0.0.5:8786
    Then, in Python:
      polars.read_parquet("results/attempts/*.parquet")
    """
    from hiphinge.cli.progress import LateProgress
    from hiphinge.cli.screen import talk_console

    if scheduler is not None and (workers is not None or memory is not None):
        raise typer.BadParameter("--workers and --memory are for local processes; leave them out with --scheduler")
    order = _order(folder, out, programme, preset, rest, live, recalibrate)

    from hiphinge.app.cohort.run import run_cohort

    def engine() -> AbstractContextManager[Engine]:
        from hiphinge.app.cohort.cluster import cluster_workers, local_workers  # Dask takes half a second to load

        return cluster_workers(scheduler, order) if scheduler else local_workers(workers or _cores(), memory)

    with LateProgress(talk_console(), _STEPS) as progress:
        watcher = _Shown(progress)
        try:
            summary = run_cohort(order, engine, watcher, prune=prune)
        except KeyboardInterrupt:
            with progress.paused():
                _say_stopped(watcher)
            raise
    _say_summary(summary, order)
    if summary.tally.sessions and not summary.tally.analysed and not summary.kept:
        raise typer.Exit(1)


class _Shown:
    """What a run tells, on the progress bar and in words."""

    def __init__(self, progress: LateProgress) -> None:
        self._progress = progress
        self.sessions = 0
        self.finished = 0
        self.broken = 0

    def planned(self, sessions: int, kept: int, replaced: int) -> None:
        from hiphinge.cli.screen import count, say

        self.sessions = sessions
        if sessions and (kept or replaced):
            older = f", {replaced} of them anew (changed, failed before, or other parameters)" if replaced else ""
            with self._progress.paused():
                say(f"{kept} done before; {count(sessions, 'session')} to do{older}")

    def doing(self, what: str) -> None:
        self._progress.doing(what)

    def done(self, tally: Tally) -> None:
        before = self._steps()
        self.finished += tally.sessions
        self.broken += tally.refused + tally.failed
        broken = f", {self.broken} with errors" if self.broken else ""
        self._progress.doing(f"{self.finished} of {self.sessions} sessions{broken}")
        self._progress.done(self._steps() - before)

    def _steps(self) -> int:
        return _STEPS * self.finished // max(1, self.sessions)


def _order(
    folder: str, out: str, programme: str | None, preset: str | None, rest: float | None, live: bool, recalibrate: bool
) -> Order:
    from hiphinge.app.cohort.places import absolute
    from hiphinge.app.cohort.plan import Order
    from hiphinge.programmes import load_programme

    return Order(
        root=absolute(folder),
        out=absolute(out),
        programme=None if programme is None else load_programme(programme, preset),
        preset=preset,
        rest_s=rest,
        live=live,
        recalibrate=recalibrate,
    )


def _cores() -> int:
    import os

    # Those this process may use: fewer than the machine's in a container or a job of a cluster.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _say_stopped(watcher: _Shown) -> None:
    from hiphinge.cli.screen import say

    done = f"after {watcher.finished} of {watcher.sessions} sessions; they are kept" if watcher.sessions else "at once"
    say(f"stopped {done}, the same command goes on from there")


def _say_summary(summary: Summary, order: Order) -> None:
    from hiphinge.cli.screen import count, say

    tally = summary.tally
    if summary.removed:
        say(f"{count(summary.removed, 'damaged row')} or part of an earlier run removed and done anew")
    before = f"; {summary.kept} done before" if summary.kept else ""
    if tally.sessions:
        say(
            f"{count(tally.sessions, 'session')}: {tally.analysed} analysed, "
            f"{tally.refused + tally.failed} with errors, {count(tally.attempts, 'attempt')}{before}"
        )
    else:
        say(f"nothing to do{before}")
    if tally.failed:
        say(f"{tally.failed} of them may succeed another time (storage, memory): run the same command again")
    if summary.gone:
        say(f"{count(summary.gone, 'session')} in the results are not in DIR any more; --prune removes their rows")
    say(f"wrote {order.out}: sessions/*.parquet and attempts/*.parquet")
