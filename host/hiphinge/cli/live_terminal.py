"""Runs a live session in the terminal: lines on stdout, a status line on stderr, letters from the keyboard."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Generator
from types import FrameType

from hiphinge.app.live.plan import LivePlan
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.source import Source
from hiphinge.app.live.updates import Finished, Guidance, Health, LiveUpdate, Recorded
from hiphinge.cli.errors import DONE_NOT, INTERRUPTED
from hiphinge.cli.live_json import first_line, json_line
from hiphinge.cli.live_words import KEYS, line, progress, status, wrapped

_CLEAR = "\r\x1b[K"
# Where nobody sees a line that rewrites itself (a pipe, a log file).
_STATUS_EVERY_S = 10.0


class Terminal:
    """Writes updates as they come.

    Parameters
    ----------
    json_lines : bool

    Attributes
    ----------
    folder : str
        Where it is recorded; empty where it is not.
    """

    def __init__(self, json_lines: bool) -> None:
        self.folder = ""
        self._json = json_lines
        # A status line that rewrites itself is for eyes only.
        self._rewrites = sys.stderr.isatty() and not json_lines
        self._wraps = sys.stdout.isatty() and not json_lines
        self._shown = ""
        self._over = False
        self._begun_s: float | None = None
        self._said_s = 0.0

    def __call__(self, update: LiveUpdate) -> None:
        """Take the next update."""
        if isinstance(update, Recorded):
            self.folder = str(update.folder)
        if self._json:
            sys.stdout.write(json_line(update) + "\n")
            sys.stdout.flush()
            return
        if isinstance(update, Health):
            self._health(update)
            return
        # Behind the last word comes the shell's own prompt.
        self._over = isinstance(update, Finished)
        text = line(update)
        if text:
            self._write(text)
        if self._rewrites and isinstance(update, Guidance) and (bar := progress(update)):
            self._rewrite(bar)

    def say(self, text: str) -> None:
        """Talk, on stderr."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            self._shown = ""
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def _write(self, text: str) -> None:
        # Cleared and drawn again around the line, so that it always stands below.
        shown, self._shown = self._shown, ""
        if shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
        sys.stdout.write((wrapped(text, _columns()) if self._wraps else text) + "\n")
        sys.stdout.flush()
        if shown and not self._over:
            self._rewrite(shown)

    def _health(self, health: Health) -> None:
        if self._begun_s is None:
            self._begun_s = health.at_s
            self._said_s = health.at_s
        text = status(health.link, health.at_s - self._begun_s)
        if self._rewrites:
            self._rewrite(text)
        elif health.at_s - self._said_s >= _STATUS_EVERY_S:
            self._said_s = health.at_s
            self.say(text)

    def _rewrite(self, text: str) -> None:
        # One column stays free: a full line would scroll.
        self._shown = text
        sys.stderr.write(_CLEAR + text[: _columns() - 1])
        sys.stderr.flush()


def run_in_terminal(
    plan: LivePlan, source: Source, json_lines: bool, lab: tuple[str | None, str | None] = (None, None)
) -> int:
    """Run a session until it ends; returns the exit code. `lab`: names of what to publish, and of marks to take in."""
    return asyncio.run(_run(plan, source, json_lines, lab))


async def _run(plan: LivePlan, source: Source, json_lines: bool, lab: tuple[str | None, str | None]) -> int:
    terminal = Terminal(json_lines)
    session = LiveSession(plan, source.transport, clock=source.clock, sleep=source.sleep, replaying=source.replaying)
    if json_lines:
        sys.stdout.write(first_line(plan, source.name) + "\n")
        sys.stdout.flush()
    session.listen(terminal)
    terminal.say(f"source: {source.words}; Ctrl-C ends")
    loop = asyncio.get_running_loop()
    interrupted = 0

    def interrupt() -> None:
        # The first one ends the set cleanly; whoever presses again will not wait.
        nonlocal interrupted
        interrupted += 1
        if interrupted == 1:
            terminal.say("ending; once more Ctrl-C leaves at once")
            session.end()
        else:
            running.cancel()

    forget = _on_interrupt(loop, interrupt)
    if _read_keys(loop, lambda typed: obey(session, typed, terminal.say)) and not json_lines:
        terminal.say(KEYS)
    running = asyncio.ensure_future(session.run())
    try:
        with _laboratory(session, lab):
            finished: Finished = await running
    except asyncio.CancelledError:
        kept = f"; what was recorded is in {terminal.folder}" if terminal.folder else ""
        terminal.say(f"left at once{kept}")
        return INTERRUPTED
    finally:
        forget()
    return 0 if finished.duration_s else DONE_NOT


@contextlib.contextmanager
def _laboratory(session: LiveSession, lab: tuple[str | None, str | None]) -> Generator[None]:
    """Published while the context lasts, where somebody asked for it."""
    if lab == (None, None):
        yield
        return
    from hiphinge.app.live.lab import published  # pylsl is an extra

    with published(session, *lab):
        yield


def obey(session: LiveSession, typed: str, say: Callable[[str], None]) -> None:
    """Do what was typed: a letter, with text behind it for `m`."""
    letter, _, note = typed.strip().partition(" ")
    match letter.lower():
        case "s" if session.sets.running:
            session.end_set()
        case "s":
            session.begin_set()
        case "c":
            session.recalibrate()
        case "z":
            session.zero()
            say("your next quiet standing is zero")
        case "q":
            session.end()
        case "m":
            session.mark("mark", note)
            say("marked")
        case "":
            pass
        case _:
            say(KEYS)


def _columns() -> int:
    return shutil.get_terminal_size().columns


def _on_interrupt(loop: asyncio.AbstractEventLoop, interrupt: Callable[[], None]) -> Callable[[], None]:
    """Call `interrupt` on Ctrl-C, on a polite kill and when the terminal is closed; returns what undoes it."""
    told = 0

    def tell(number: int, frame: FrameType | None) -> None:
        nonlocal told
        del number, frame
        told += 1
        if told > 2:
            # Not even leaving at once has worked (a disk that hangs): the folder is mended when next it is read.
            os._exit(INTERRUPTED)
        loop.call_soon_threadsafe(interrupt)

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [signal.Signals[name] for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, tell)

    def undo() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return undo


def _read_keys(loop: asyncio.AbstractEventLoop, take: Callable[[str], None]) -> bool:
    """Have every line typed taken in the loop, by a thread, since reading a terminal blocks; whether there is one."""

    def read() -> None:
        for typed in sys.stdin:
            try:
                loop.call_soon_threadsafe(take, typed)
            except RuntimeError:
                return  # the session is over

    if sys.stdin is None or not sys.stdin.isatty():
        return False
    threading.Thread(target=read, daemon=True).start()
    return True
