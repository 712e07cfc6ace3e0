"""Who does tasks: this process, one after the other, or Dask's workers (`cluster`). Both look the same from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from hiphinge.app.cohort.plan import Order, Task

T = TypeVar("T")


class Engine(Protocol):
    """Does tasks."""

    @property
    def workers(self) -> int:
        """How many tasks are done at a time."""
        ...

    def run(
        self, function: Callable[[Task, Order], T], tasks: Iterable[Task], order: Order, alone: bool = False
    ) -> Iterator[tuple[Task, T | None]]:
        """Do tasks in any order.

        Parameters
        ----------
        function : callable
            At module level, so that another process finds it.
        tasks : iterable of Task
            Taken as workers become free: a million need not be in memory.
        order : Order
        alone : bool
            One task at a time, so that the death of a worker is plainly its own.

        Yields
        ------
        task : Task
        outcome : T or None
            What the function gave; None where every worker that did the task died.

        Raises
        ------
        CohortError
            The function raised an error, or no workers are left.
        """
        ...


class Serial:
    """Does tasks in this process."""

    workers = 1

    def run(
        self, function: Callable[[Task, Order], T], tasks: Iterable[Task], order: Order, alone: bool = False
    ) -> Iterator[tuple[Task, T | None]]:
        """As `Engine.run`; a crash is this process' own."""
        del alone  # it always is
        for task in tasks:
            yield task, function(task, order)
