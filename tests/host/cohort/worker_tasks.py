"""What workers are given in tests: the real task, with accidents. Found by worker processes by this module's name."""

import os
import signal
import time
from pathlib import Path

from hiphinge.app.cohort.plan import Order, Task
from hiphinge.app.cohort.work import Tally, analyse_task


def dies_of_poison(task: Task, order: Order) -> Tally:
    """The worker dies as of a segmentation fault, without a word."""
    if any("poison" in found.path for found in task.sessions):
        os.kill(os.getpid(), signal.SIGKILL)
    return analyse_task(task, order)


def eats_memory(task: Task, order: Order) -> Tally:
    """More memory than the worker may use, slowly enough to be seen."""
    if any("poison" in found.path for found in task.sessions):
        eaten = [bytearray(os.urandom(1 << 20)) * 50 for _ in range(40)]
        time.sleep(20)
        del eaten
    return analyse_task(task, order)


def dies_twice(task: Task, order: Order) -> Tally:
    """The first session's worker dies twice, by no fault of the session's."""
    deaths = [Path(order.root).with_name(f"death-{number}") for number in (1, 2)]
    if any("s00" in found.path for found in task.sessions):
        for death in deaths:
            if not death.exists():
                death.touch()
                os.kill(os.getpid(), signal.SIGKILL)
    return analyse_task(task, order)


def writes_and_dies_once(task: Task, order: Order) -> Tally:
    """Dies after writing and before telling; the second time it lives."""
    tally = analyse_task(task, order)
    mark = Path(order.root).with_name("died")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return tally


def slowly(task: Task, order: Order) -> Tally:
    time.sleep(0.3)
    return analyse_task(task, order)


def raises(task: Task, order: Order) -> Tally:  # noqa: ARG001 - as every task
    raise OSError(28, "No space left on device")
