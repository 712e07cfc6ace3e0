"""The progress bar: late, on terminals only, gone afterwards."""

import io
import time

import pytest
from rich.console import Console

from hiphinge.cli.progress import LateProgress


def console(terminal: bool) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=terminal, width=80, _environ={"TERM": "xterm"}), file


def work(progress: LateProgress, for_s: float) -> None:
    with progress:
        progress.doing("analysing [b]a.csv")
        time.sleep(for_s)
        with progress.paused():
            pass
        progress.done()


@pytest.mark.parametrize(("terminal", "for_s"), [(False, 0.2), (True, 0.0)])
def test_nothing_is_written_without_a_terminal_or_for_short_work(terminal: bool, for_s: float):
    screen, file = console(terminal)
    late_s = 0.05 if for_s else 60.0
    work(LateProgress(screen, 2, late_s), for_s)
    assert file.getvalue() == ""


def test_longer_work_is_shown():
    screen, file = console(terminal=True)
    work(LateProgress(screen, 2, late_s=0.05), 0.4)
    assert "analysing [b]a.csv" in file.getvalue()
