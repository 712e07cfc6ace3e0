"""Runs a live session in the terminal: lines on stdout, a status line on stderr, letters from the keyboard."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType
from typing import TYPE_CHECKING, cast

from hiphinge.app.live.plan import LivePlan
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.source import Source
from hiphinge.app.live.updates import Finished, Guidance, Health, LiveUpdate, Recorded
from hiphinge.cli.errors import DONE_NOT, INTERRUPTED
from hiphinge.cli.live_json import first_line, json_line
from hiphinge.cli.live_words import KEYS, line, progress, status, wrapped
from hiphinge.model import HiphingeError

if TYPE_CHECKING:
    import io

_CLEAR = "\r\x1b[K"
# Where nobody sees a line that rewrites itself (a pipe, a log file).
_STATUS_EVERY_S = 10.0
# Whether the terminal can be read again is asked this often.
_FOREGROUND_S = 1.0


class Terminal:
    """Writes updates as they come.

    Parameters
    ----------
    json_lines : bool

    unread : callable, optional
        Called once when nobody takes what is written any more: a pipe that was closed, a terminal that is gone.

    Attributes
    ----------
    folder : str
        Where it is recorded; empty where it is not.
    trouble : OSError or None
        Why nothing more is written to standard output.
    """

    def __init__(self, json_lines: bool, unread: Callable[[], None] = lambda: None) -> None:
        self.folder = ""
        self.trouble: OSError | None = None
        self._unread = unread
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
            self._print(json_line(update))
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

    def first(self, text: str) -> None:
        """The line before all others, where lines are JSON."""
        if self._json:
            self._print(text)

    def say(self, text: str) -> None:
        """Talk, on stderr."""
        shown, self._shown = self._shown, ""
        _talk((_CLEAR if shown else "") + text + "\n")

    def _write(self, text: str) -> None:
        # Cleared and drawn again around the line, so that it always stands below.
        shown, self._shown = self._shown, ""
        if shown:
            _talk(_CLEAR)
        self._print(wrapped(text, _columns()) if self._wraps else text)
        if shown and not self._over:
            self._rewrite(shown)

    def _print(self, text: str) -> None:
        if self.trouble is not None:
            return
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError as error:
            # No reason to lose what is measured: the session ends as by Ctrl-C, with all that the device still has.
            self.trouble = error
            self._unread()

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
        _talk(_CLEAR + text[: _columns() - 1])


def run_in_terminal(
    plan: LivePlan, source: Source, json_lines: bool, lab: tuple[str | None, str | None] = (None, None)
) -> int:
    """Run a session until it ends; returns the exit code. `lab`: names of what to publish, and of marks to take in."""
    return asyncio.run(_run(plan, source, json_lines, lab))


async def _run(plan: LivePlan, source: Source, json_lines: bool, lab: tuple[str | None, str | None]) -> int:
    session = LiveSession(plan, source.transport, clock=source.clock, sleep=source.sleep, replaying=source.replaying)
    terminal = Terminal(json_lines, session.end)
    terminal.first(first_line(plan, source.name))
    session.listen(terminal)
    terminal.say(f"source: {source.words}; Ctrl-C ends")
    loop = asyncio.get_running_loop()
    interrupted = 0

    def interrupt() -> None:
        # The first one ends the set cleanly; whoever presses again will not wait.
        nonlocal interrupted
        interrupted += 1
        if interrupted == 1:
            session.end()
            terminal.say("ending; once more Ctrl-C leaves at once")
        else:
            running.cancel()

    forget = _on_interrupt(loop, interrupt)

    def take(typed: str) -> None:
        try:
            obey(session, typed, terminal.say)
        except HiphingeError as error:  # typed while the folder is being closed
            terminal.say(str(error))

    if _read_keys(loop, take) and not json_lines:
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
    if terminal.trouble is not None:
        kept = f"; recorded in {terminal.folder}" if terminal.folder else ""
        terminal.say(f"ended: standard output takes nothing any more ({terminal.trouble.strerror}){kept}")
        return DONE_NOT
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


def _talk(text: str) -> None:
    # A terminal that was closed must not take the session with it.
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


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
    # `nohup`: it is to go on without its terminal.
    kept = [one for one in numbers if one.name == "SIGHUP" and signal.getsignal(one) is signal.SIG_IGN]
    before = {one: signal.getsignal(one) for one in numbers if one not in kept}
    for number in before:
        signal.signal(number, tell)

    def undo() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return undo


def _read_keys(loop: asyncio.AbstractEventLoop, take: Callable[[str], None]) -> bool:
    """Have every line typed taken in the loop, by a thread, since reading a terminal blocks; whether there is one."""

    def read() -> None:
        typed = " "
        while typed:
            try:
                typed = sys.stdin.readline()
                loop.call_soon_threadsafe(take, typed)
            except OSError:
                time.sleep(_FOREGROUND_S)
            except RuntimeError:
                return  # the session is over

    if not sys.stdin.isatty():
        return False
    # A note in another encoding is no reason to hear no more.
    cast("io.TextIOWrapper", sys.stdin).reconfigure(errors="replace")
    if hasattr(signal, "SIGTTIN"):
        # In the background (`&`, Ctrl-Z and `bg`) a terminal cannot be read: the whole session would be stopped for it.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    threading.Thread(target=read, daemon=True).start()
    return True
