"""The few parts of the framework whose types say less than they could, wrapped once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI
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


def mount(outer: FastAPI, title: str, favicon: Path) -> None:
    """Put the framework, with all pages, into an application: everything from this computer, nothing from elsewhere."""
    cast("Any", ui).run_with(
        outer,
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
