"""Simulated time for asyncio: timers come as soon as nothing else is to be done, and a minute out of range takes none.

Where somebody else's simulated time must keep step (the firmware's, in another process), it is asked before the clock
goes on.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
# Hundredths of a second, of real time.
_PATIENCE = 1000
# Far beyond any test: a loop with nothing to wait for would go on for ever.
_NOTHING_LEFT_S = 1e5


class _Selector(selectors.DefaultSelector):
    """Waits by moving the clock."""

    loop: "SimLoop"
    _waited = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None and self.loop.keep_step is None:
            # A thread may be at work; nobody else is.
            return self._wait()
        if not ready and timeout != 0:
            self.loop.pass_time(timeout)
        self._waited = 0
        return ready

    def _wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        self._waited += 1
        if self._waited > _PATIENCE:
            raise RuntimeError("everybody waits, and nothing is going to happen")
        return super().select(0.01)


class SimLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is simulated.

    Attributes
    ----------
    now_s : float
    keep_step : callable or None
        Given the time the clock would go to; returns how far it may, and has done what happened until then.
    """

    def __init__(self, now_s: float = 0.0) -> None:
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self
        self.now_s = now_s
        self.keep_step: Callable[[float], float] | None = None

    def time(self) -> float:
        return self.now_s

    def pass_time(self, wait_s: float | None) -> None:
        wanted_s = self.now_s + (_NOTHING_LEFT_S if wait_s is None else wait_s)
        # Rounded up: a timer that is due in a moment too small to be added would never come.
        self.now_s = max(self.now_s, self.keep_step(wanted_s) if self.keep_step else wanted_s + 1e-9)


def simulated(main: Coroutine[Any, Any, T], now_s: float = 0.0) -> T:
    """Run a coroutine in simulated time; returns what it returns."""
    with asyncio.Runner(loop_factory=lambda: SimLoop(now_s)) as runner:
        return runner.run(main)
