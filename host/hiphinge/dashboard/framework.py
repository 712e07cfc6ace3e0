"""The few parts of the framework whose types say less than they could, wrapped once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

# HTTP clients and servers that the framework's transport offers to be used with, and can do without: a quarter of the
# time until the first page.
_UNUSED = ("aiohttp", "tornado", "tornado.web")


@contextmanager
def _left_out(names: tuple[str, ...]) -> Generator[None]:
    """Not to be found while the context lasts; what is loaded already stays."""
    modules = cast("dict[str, Any]", sys.modules)
    hidden = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            modules.pop(name, None)


with _left_out(_UNUSED):
    from nicegui import Client, ui
    from nicegui import app as nicegui_app

# A page that was reloaded, or whose laptop slept, finds its state again for so long; a session is there in any case.
_RECONNECT_S = 60.0


def at_start(act: Callable[[], Any]) -> None:
    """Call when the server's loop runs."""
    cast("Any", nicegui_app).on_startup(act)


def at_end(act: Callable[[], Any]) -> None:
    """Call, and wait for it, when the server ends."""
    cast("Any", nicegui_app).on_shutdown(act)


def when_gone(client: Client, act: Callable[[], Any]) -> None:
    """Call when a page is gone for good."""
    cast("Any", client).on_delete(act)


def where_no_page_is(page: Callable[[], str]) -> None:
    """Answer with that HTML where there is no page, instead of the framework's own."""

    async def answer(*_: Any) -> HTMLResponse:
        return HTMLResponse(page(), 404)

    cast("Any", nicegui_app).add_exception_handler(404, answer)


def mount(outer: FastAPI, title: str, favicon: Path, compressed: bool) -> None:
    """Put the framework, with all pages, into an application: everything from this computer, nothing from elsewhere."""
    # Within one computer packing and unpacking takes longer than the bytes it saves.
    unpacked: dict[str, Any] = {} if compressed else {"gzip_middleware_factory": None}
    cast("Any", ui).run_with(
        outer,
        **unpacked,
        title=title,
        favicon=favicon,
        dark=None,
        language="en-US",
        # Its style sheet is made in the browser, which takes longer than our whole page.
        tailwind=False,
        reconnect_timeout=_RECONNECT_S,
        show_welcome_message=False,
        binding_refresh_interval=None,
    )
