"""Serves the dashboard: one process, one event loop, sessions and pages in it alike."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib
import logging
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import uvicorn
from fastapi import FastAPI, Response, WebSocket
from starlette.staticfiles import StaticFiles

from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.downloads import add_downloads
from hiphinge.dashboard.frames import frames
from hiphinge.dashboard.framework import at_end, at_start, mount, where_no_page_is
from hiphinge.dashboard.guard import App, Guard
from hiphinge.dashboard.opened import Results
from hiphinge.dashboard.pages import add_pages
from hiphinge.dashboard.texts import missing_page, text
from hiphinge.model import HiphingeError

DEFAULT_PORT = 8470
"""Not one that something else is known for."""

STATIC = Path(__file__).parent / "static"
# Pages are told that they are over, and need not be waited for; sessions are, after that.
_PAGES_LEAVE_S = 1
# The first page goes first: importing holds the interpreter, and with it whatever the page asks for.
_WARM_AFTER_S = 1.5
_FIRST_SESSION = ("hiphinge.app.live.session", "hiphinge.dashboard.hearing", "hiphinge.app.results")


class PortTaken(HiphingeError):
    """Another program listens there."""


def bound(port: int, shared: bool) -> socket.socket:
    """A socket that listens, on this computer alone or for its neighbours; `port` 0 takes a free one.

    Raises
    ------
    PortTaken
        Another program has it.
    """
    host = "0.0.0.0" if shared else "127.0.0.1"
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if hasattr(socket, "SO_REUSEADDR") and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        # Else a port stays taken for a minute after the last run; on Windows it would let two programs share one.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(128)
    except OSError as error:
        made.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(text("error.port", port=port)) from None
        raise
    made.set_inheritable(False)
    return made


def own_addresses() -> list[str]:
    """Names and addresses under which neighbours may call this computer, the likeliest first."""
    found: list[str] = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: connecting only picks the interface that leads out. 192.0.2.1 is nobody's (RFC 5737).
        probe.connect(("192.0.2.1", 9))
        found.append(str(probe.getsockname()[0]))
    name = socket.gethostname().lower()
    with contextlib.suppress(OSError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(name, None, socket.AF_INET)]
    found += [name, f"{name}.local"]
    return [one for one in dict.fromkeys(found) if not one.startswith("127.")]


class _Fresh(StaticFiles):
    """Asked for again each time, and sent only if changed: scripts of two versions must not meet in one page."""

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        """As the framework makes it, with that said."""
        response = super().file_response(*arguments, **named)
        response.headers["cache-control"] = "no-cache"
        return response


def build(
    desk: Desk,
    port: int,
    names: list[str],
    on_startup: Callable[[], Any] | None = None,
    on_shutdown: Callable[[], Any] | None = None,
) -> Guard:
    """The whole application behind its guard. Once in a process: the framework keeps its pages globally."""
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    outer.mount("/static", _Fresh(directory=STATIC), name="static")

    async def carry(websocket: WebSocket) -> None:
        await frames(websocket, desk)

    outer.add_api_websocket_route("/frames/{who:int}", carry)
    results = Results()
    add_downloads(outer, desk, results)
    add_pages(desk, results)
    where_no_page_is(missing_page)
    if on_startup is not None:
        at_start(on_startup)
    if on_shutdown is not None:
        at_end(on_shutdown)
    at_end(desk.close)
    mount(outer, text("app.name"), STATIC / "favicon.svg", compressed=desk.shared)
    return Guard(cast("App", outer), desk.access, port, names, desk.shared)


def serve(
    desk: Desk,
    listening: socket.socket,
    names: list[str],
    *,
    source: str | None = None,
    open_browser: bool = True,
    say: Callable[[str], None],
) -> int:
    """Serve until Ctrl-C; returns the exit code.

    Parameters
    ----------
    desk : Desk
    listening : socket
        From `bound`.
    names : list of str
        Under which neighbours may call this computer.
    source : str, optional
        What to connect to at once.
    open_browser : bool
    say : callable
        Takes lines for the terminal.
    """
    port = int(listening.getsockname()[1])
    url = f"http://127.0.0.1:{port}/"
    tasks: list[asyncio.Future[None]] = []

    async def begin() -> None:
        say(text("server.ready", url=url))
        if desk.shared:
            say(text("server.shared", link=desk.link))
        tasks.append(asyncio.ensure_future(_first(desk, source)))

    def ending() -> None:
        for task in tasks:
            task.cancel()
        if any(hub.live for hub in desk.hubs.values()):
            say(text("server.ending"))

    if open_browser:
        # It takes a second itself, and waits in the socket's queue until it is answered.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    guard = build(desk, port, names, begin, ending)
    # A page that leaves in the middle of something is no news for the terminal.
    logging.getLogger("nicegui").setLevel(logging.ERROR)
    config = uvicorn.Config(
        cast("Any", guard),
        log_level="error",
        ws="wsproto",
        # Angles do not shrink, and every one of them would be packed and unpacked.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=_PAGES_LEAVE_S,
        server_header=False,
    )
    server = uvicorn.Server(config)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Who kills it politely or closes the terminal's window ends the session as by Ctrl-C; with `nohup` it goes on.
        # uvicorn takes SIGTERM only while it runs, and then has it happen once more.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, server.handle_exit)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return 0 if server.started else 1


async def _first(desk: Desk, source: str | None) -> None:
    """Connect to what was asked for, and load what a first session needs while somebody reads the first page."""
    if source is None:
        await asyncio.sleep(_WARM_AFTER_S)
    for name in _FIRST_SESSION:
        await asyncio.to_thread(importlib.import_module, name)
    if source is not None:
        try:
            await desk.start(1, source)
        except HiphingeError as error:
            desk.hubs[1].fail(str(error))
