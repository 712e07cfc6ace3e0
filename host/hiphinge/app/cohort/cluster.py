"""Tasks on Dask's workers: processes of this computer, or a cluster that runs already."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from hiphinge.app.cohort.errors import CohortError
from hiphinge.app.cohort.places import missing_dask, open_place
from hiphinge.app.cohort.plan import Order, Task
from hiphinge.app.cohort.work import same_version
from hiphinge.files.errors import shown
from hiphinge.model import HiphingeError

try:
    import dask.config
    import distributed
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker
except ImportError:
    raise missing_dask() from None

# Typed in part only; what is used of it goes through here.
_dask_config: Any = dask.config
_distributed: Any = distributed

T = TypeVar("T")

# A task that waits at each worker keeps it busy while the last one's answer travels.
_AHEAD = 2
# A store that hiccups is asked again; a full disk will say so three times.
_RETRIES = 2
# A batch whose worker died twice is cut into single sessions: dying often costs more than looking closely.
_DEATHS = 1
_LOOK_S = 5.0
# Workers that died come back within seconds; a cluster that scales may take a minute or two.
_NO_WORKERS_S = 180.0
_CONNECT_S = 30

_LOCAL: dict[str, Any] = {
    "distributed.scheduler.allowed-failures": _DEATHS,
    # A worker holds rows only, nothing worth writing to disk; one that pauses with a session in hand would never go on.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    # Dask's own profiler keeps an hour of stacks: a worker grew by 55 MB in ten minutes.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    # One thread a worker: sessions are many, and small matrices only lose by more. Dask's MALLOC_TRIM_THRESHOLD_ is
    # left out: memory given back at once is needed by the next session again, which took 45 % more processor time.
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": 1,
        "MKL_NUM_THREADS": 1,
        "OPENBLAS_NUM_THREADS": 1,
        "POLARS_MAX_THREADS": 1,
    },
    "logging": {"distributed": "critical", "distributed.client": "critical", "bokeh": "critical"},
}


class Workers:
    """Dask's workers as an `Engine`.

    Parameters
    ----------
    client : distributed.Client
    where : str
        What messages call them.
    """

    def __init__(self, client: Any, where: str) -> None:
        self._client = client
        self._where = where
        self._counted_at_s = -_LOOK_S
        self._count = 1
        # Results of an earlier run of the same batch may still be known to a scheduler that outlives us.
        self._run = secrets.token_hex(4)

    @property
    def workers(self) -> int:
        """How many threads of workers there are; counted again every few seconds, as a cluster may grow."""
        now_s = time.monotonic()
        if now_s - self._counted_at_s > _LOOK_S:
            with self._talking():
                self._count = sum(self._client.nthreads().values())
            self._counted_at_s = now_s
        return max(1, self._count)

    def run(
        self, function: Callable[[Task, Order], T], tasks: Iterable[Task], order: Order, alone: bool = False
    ) -> Iterator[tuple[Task, T | None]]:
        """As `Engine.run`."""
        waiting = iter(tasks)
        running: dict[Any, Task] = {}
        try:
            while True:
                limit = 1 if alone else _AHEAD * self.workers
                for task in islice(waiting, max(0, limit - len(running))):
                    running[self._submit(function, task, order, alone)] = task
                if not running:
                    return
                for future in self._some_done(running):
                    yield running.pop(future), self._outcome(future)
        finally:
            if running:
                with suppress(Exception):
                    self._client.cancel(list(running), force=True)

    def _submit(self, function: Callable[[Task, Order], T], task: Task, order: Order, alone: bool) -> Any:
        # A batch of one session is tried anew alone: under its old key it would be given its old result.
        key = f"{function.__name__}-{task.key}-{self._run}{'-alone' if alone else ''}"
        with self._talking():
            return self._client.submit(function, task, order, key=key, pure=False, retries=_RETRIES)

    def _some_done(self, running: dict[Any, Task]) -> list[Any]:
        since_s = time.monotonic()
        while True:
            # Waiting asks for the thread's client, which another part of a program may have set.
            with self._talking(), self._client.as_current():
                try:
                    return list(_distributed.wait(list(running), timeout=_LOOK_S, return_when="FIRST_COMPLETED").done)
                except TimeoutError:
                    if self._client.status not in ("running", "connecting"):
                        raise self._lost() from None
                    if self._client.nthreads():
                        since_s = time.monotonic()
            if time.monotonic() - since_s > _NO_WORKERS_S:
                raise CohortError(
                    f"{self._where}: no worker for {_NO_WORKERS_S:.0f} s; start some, then run the same command again"
                )

    def _outcome(self, future: Any) -> Any:
        with self._talking():
            error = future.exception()
        if error is None:
            with self._talking():
                return future.result()
        if isinstance(error, KilledWorker):
            return None
        if isinstance(error, HiphingeError):
            raise error
        what = shown(f"{type(error).__name__}: {error}", 200)
        raise CohortError(f"{self._where}: a worker could not do its part ({what}); run the same command again")

    @contextmanager
    def _talking(self) -> Generator[None]:
        """Whatever goes wrong between us and the scheduler, said in one line."""
        try:
            yield
        except TimeoutError:
            raise
        except (OSError, CancelledError, asyncio.CancelledError, CommClosedError, RuntimeError):
            raise self._lost() from None

    def _lost(self) -> CohortError:
        return CohortError(f"{self._where}: the scheduler does not answer any more; run the same command to go on")


@contextmanager
def local_workers(count: int, memory: str | None = None, processes: bool = True) -> Generator[Workers]:
    """Processes on this computer, for as long as the context lasts.

    Parameters
    ----------
    count : int
    memory : str or None
        The most a worker may use, such as ``2GB``; one that uses more is ended. None: this computer's, shared fairly.
    processes : bool
        False for threads of this process, which share its memory (and any `memory://` files).

    Yields
    ------
    Workers
    """
    with _quiet(), _dask_config.set(_LOCAL):
        try:
            with _interrupts_kept_from_workers():
                cluster = _distributed.LocalCluster(
                    n_workers=count,
                    threads_per_worker=1,
                    processes=processes,
                    memory_limit=memory or "auto",
                    # Without an address it takes port 8787 all the same, and warns where another run has it.
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=logging.CRITICAL,
                )
        except ValueError as error:
            raise CohortError(f"workers cannot be started ({shown(str(error), 200)}); check --memory") from None
        except (OSError, RuntimeError) as error:
            raise CohortError(f"workers cannot be started ({shown(str(error), 200)}); try fewer --workers") from None
        try:
            client = _distributed.Client(cluster, set_as_default=False)
            try:
                yield Workers(client, "local workers")
            finally:
                _close(client)
        finally:
            _close(cluster)


@contextmanager
def cluster_workers(address: str, order: Order) -> Generator[Workers]:
    """The workers of a scheduler that runs elsewhere; it is left running.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.5:8786``.
    order : Order
        What the workers must be able to see, and the version they must have.

    Yields
    ------
    Workers

    Raises
    ------
    CohortError
        Nobody answers, or the workers lack hiphinge or do not see the folders.
    """
    with _quiet():
        client, reason = None, ""
        try:
            client = _distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            reason = shown(" ".join(str(error).split()), 120)
        if client is None:
            # What is left of it closes itself whenever it is collected, and waits for ever where that happens to be
            # within Dask's own lock.
            gc.collect()
            raise CohortError(
                f"--scheduler {address}: no scheduler answers ({reason}); check the address, such as tcp://10.0.0.5:8786"
            )
        try:
            _check_workers(client, address, order)
            yield Workers(client, f"--scheduler {address}")
        finally:
            _close(client)


def sees(order: Order) -> str:
    """Run on a worker: what is in its way, in words; empty if nothing is."""
    try:
        same_version(order)
        for url in (order.root, order.out):
            place = open_place(url)
            # An object store has no empty folders to see: the output there is known to exist once it is written.
            if (place.local or url == order.root) and not place.fs.exists(place.root):
                return f"does not see {place.url}; use a folder that all computers share, or a URL such as s3://"
    except HiphingeError as error:
        return str(error)
    except Exception as error:
        return shown(f"{type(error).__name__}: {error}", 200)
    return ""


def _check_workers(client: Any, address: str, order: Order) -> None:
    try:
        found: dict[str, Any] = client.run(sees, order, on_error="return")
    except Exception as error:
        found = {address: error}
    for worker, problem in found.items():
        if isinstance(problem, ImportError):
            problem = "has no hiphinge; install the same version there, with its extra: hiphinge[cohort]"
        if problem:
            said = " ".join(str(problem).split())
            raise CohortError(f"--scheduler {address}: worker {worker}: {shown(said, 300)}")


@contextmanager
def _interrupts_kept_from_workers() -> Generator[None]:
    """A terminal sends Ctrl-C to all processes at once; the workers are to hear of it from us alone.

    The signal is held back in this thread and so, by inheritance, in Dask's threads and every process they ever start.
    Here it arrives when the context is left.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Starting this helper lets the signal through again; once it runs, it is not started anew.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet() -> Generator[None]:
    """Dask's words on deaths and lost connections are for its developers; users are told by rows and summary."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio")]
    levels = [logger.level for logger in loggers]
    # Some of Dask's loggers have levels of their own, set as it is loaded.
    logging.disable(logging.ERROR)
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        logging.disable(logging.NOTSET)


def _close(thing: Any) -> None:
    # Whatever goes wrong in leaving, the parts are written; a worker in the middle of a session is not waited for.
    with suppress(Exception):
        thing.close(timeout=5)
