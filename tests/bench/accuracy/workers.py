"""Processes to share the work: spawned, so that it is the same everywhere, and gone when whoever asked is gone."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread


def pool(jobs: int) -> ProcessPoolExecutor:
    """A pool of that many processes."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_watch)


def _watch() -> None:
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool would work on through its queue, for an hour, after its parent was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
