"""A cohort from beginning to end: find, compare with what is done, analyse, publish. Stopped anywhere, it can go on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hiphinge.app.cohort import parts
from hiphinge.app.cohort.engine import Engine
from hiphinge.app.cohort.errors import CohortError
from hiphinge.app.cohort.found import Found
from hiphinge.app.cohort.places import Place, list_sessions, open_place
from hiphinge.app.cohort.plan import Done, Order, Plan, Task, batch_size, compare, tasks, with_checked
from hiphinge.app.cohort.work import Tally, analyse_task, check_task, killed_task

_LOCK = ".lock"

Work = Callable[[Task, Order], Tally]


class Watcher(Protocol):
    """Is told how far the work is."""

    def planned(self, sessions: int, kept: int, replaced: int) -> None:
        """So many sessions are to be analysed, so many were done before, so many of the first have older rows."""
        ...

    def doing(self, what: str) -> None:
        """What is being done, in words."""
        ...

    def done(self, tally: Tally) -> None:
        """Sessions have been done, and are safe."""
        ...


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run.

    Attributes
    ----------
    tally : Tally
        Sessions done in this run.
    kept : int
        Done before.
    gone : int
        Sessions with rows that are not in the folder any more.
    removed : int
        Damaged or half-written rows and parts of an earlier run that were taken out.
    """

    tally: Tally
    kept: int
    gone: int
    removed: int


def run_cohort(
    order: Order,
    engine: Callable[[], AbstractContextManager[Engine]],
    watcher: Watcher,
    batch: int | None = None,
    prune: bool = False,
    work: Work = analyse_task,
) -> Summary:
    """Analyse all sessions of a folder that are not done yet.

    Parameters
    ----------
    order : Order
    engine : callable
        Opened only when there is something to do.
    watcher : Watcher
    batch : int or None
        Sessions a part; None takes `batch_size`.
    prune : bool
        Remove the rows of sessions that are gone.
    work : callable
        What a worker does with a task.

    Returns
    -------
    Summary

    Raises
    ------
    CohortError
        The folder, the output or the workers are not as they should be. What is published stays.
    """
    root, out = open_place(order.root), open_place(order.out)
    watcher.doing("looking for sessions")
    found = _found(root)
    parts.refuse_input(out, root)
    with _locked(out):
        watcher.doing("looking what is done")
        parts.prepare(out)
        done, removed = parts.inventory(out)
        plan = compare(found, done, order.parameters_id, root.name(""))
        del found
        if prune:
            parts.drop(out, done, plan.gone)
            plan = replace(plan, gone=[])
        tally = Tally()
        if plan.fresh or plan.doubtful:
            watcher.doing("starting the workers")
            with engine() as opened:
                tally, plan = _work(_Run(order, root, out, opened, watcher, work), plan, done, batch)
        return Summary(tally, plan.kept, len(plan.gone), removed)


@dataclass(frozen=True, slots=True)
class _Run:
    order: Order
    root: Place
    out: Place
    engine: Engine
    watcher: Watcher
    work: Work


def _found(root: Place) -> dict[str, Found]:
    found = {root.name(one.path): one for one in list_sessions(root)}
    if not found:
        raise CohortError(f"{root.url}: no sessions here (folders with session.csv, or CSV files); check the path")
    return found


def _work(run: _Run, plan: Plan, done: dict[str, Done], batch: int | None) -> tuple[Tally, Plan]:
    if plan.doubtful:
        plan = with_checked(plan, _changed(run, plan.doubtful, done))
    run.watcher.planned(len(plan.fresh), plan.kept, len(plan.stale))
    # Before anything new is there: a session never has two rows.
    parts.drop(run.out, done, plan.stale)
    size = batch or batch_size(len(plan.fresh), run.engine.workers)
    total = Tally()
    suspects: list[Found] = []
    run.watcher.doing("analysing")
    for task, tally in run.engine.run(run.work, tasks(plan.fresh, size, run.order), run.order):
        if tally is None:
            suspects += task.sessions
            continue
        total += _publish(run, task, tally)
    # One of each batch is to blame, and must not take the others with it.
    if suspects:
        run.watcher.doing("one by one, as a worker died")
    for task, tally in run.engine.run(run.work, tasks(suspects, 1, run.order), run.order, alone=True):
        total += _publish(run, task, killed_task(task, run.order) if tally is None else tally)
    return total, plan


def _publish(run: _Run, task: Task, tally: Tally) -> Tally:
    parts.publish(run.out, task.key)
    run.watcher.done(tally)
    return tally


def _changed(run: _Run, doubtful: list[Found], done: dict[str, Done]) -> dict[str, Found]:
    """Those of the doubtful sessions whose content is another than when they were analysed."""
    run.watcher.doing("comparing files with what is done")
    changed: dict[str, Found] = {}
    size = batch_size(len(doubtful), run.engine.workers)
    for task, contents in run.engine.run(check_task, tasks(doubtful, size, run.order), run.order):
        # Where the checking killed a worker, analysing will say so.
        now = [(None, None)] * len(task.sessions) if contents is None else contents
        for one, content in zip(task.sessions, now, strict=True):
            name = run.root.name(one.path)
            if content != done[name].content:
                changed[name] = one
    return changed


@contextmanager
def _locked(out: Place) -> Generator[None]:
    """Keep a second run out of a local output: two would give sessions two rows. Stores elsewhere know no such lock."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    if not out.local:
        yield
        return
    path = Path(out.root)
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = (path / _LOCK).open("w")
    except OSError as error:
        raise CohortError(f"{out.url}: could not be made ({error.strerror}); check the path and the disk") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CohortError(f"{out.url}: another run is writing here; wait for it, or give -o another") from None
        except OSError:  # some network disks have no locks
            pass
        yield
