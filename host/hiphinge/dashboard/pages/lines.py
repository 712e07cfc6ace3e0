"""What happened on the way, in lines: a sensor that slipped, a disk that is full."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from hiphinge.dashboard.pages.elements import element_text
from hiphinge.dashboard.pages.frame import Page
from hiphinge.dashboard.state import Line, ViewState

Chosen = Callable[[ViewState], Sequence[Line]]


def newest(most: int) -> Chosen:
    """The newest so many."""
    return lambda state: state.lines[-most:]


def shown_lines(page: Page, chosen: Chosen) -> None:
    """The chosen lines, kept up to date; a new one is told to screen readers, too."""
    place = ui.element("div").classes("stack").props("role=log")
    shown: list[Line] = []

    def update() -> None:
        now = list(chosen(page.hub.state))
        if shown == now:
            return
        shown[:] = now
        place.clear()
        place.set_visibility(bool(now))
        with place:
            for line in now:
                words = line.words[:1].upper() + line.words[1:]
                element_text("p", words).classes("note urgent" if line.urgent else "note")

    place.set_visibility(False)
    page.on_change(update)
