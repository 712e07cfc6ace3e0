"""A progress bar on stderr, for work over two seconds, when stderr is a terminal."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

LATE_S = 2.0


class LateProgress:
    """Counts steps; shows itself only when the work has lasted `late_s`.

    Parameters
    ----------
    console : Console
        On stderr; without a terminal behind it nothing is ever shown.
    steps : int
    late_s : float
    """

    def __init__(self, console: Console, steps: int, late_s: float = LATE_S) -> None:
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        self._task = self._progress.add_task("", total=steps)
        self._lock = threading.Lock()
        self._due = False
        self._paused = False
        self._over = False
        self._timer: threading.Timer | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            self._timer = threading.Timer(late_s, self._show)
            self._timer.daemon = True

    def __enter__(self) -> Self:
        """Start counting the time."""
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the screen as it was."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            # Stopping what never started would print an empty line.
            if self._due:
                self._progress.stop()
            self._due, self._over = False, True

    def doing(self, what: str) -> None:
        """Say what is being done."""
        self._progress.update(self._task, description=what)

    def done(self, steps: int = 1) -> None:
        """Count steps done."""
        self._progress.advance(self._task, steps)

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Out of the way while something is printed."""
        with self._lock:
            self._paused = True
            if self._due:
                self._progress.stop()
        try:
            yield
        finally:
            with self._lock:
                self._paused = False
                if self._due:
                    self._progress.start()

    def _show(self) -> None:
        with self._lock:
            if self._over:
                return
            self._due = True
            if not self._paused:
                self._progress.start()
