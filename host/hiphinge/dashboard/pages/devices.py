"""The list of devices: the virtual one at once, ports when the system has told them, Bluetooth as it is heard."""

from __future__ import annotations

import asyncio

from nicegui import ui

from hiphinge.dashboard.pages.elements import button, element_text, heading, primary
from hiphinge.dashboard.pages.frame import Page
from hiphinge.dashboard.sources import VIRTUAL, Choice, port_choices, radio_choices, virtual_choice
from hiphinge.dashboard.texts import text


def devices(page: Page) -> None:
    """Build the list, and begin to search."""
    with ui.element("div").classes("row-of between"):
        heading(text("connect.devices"), 2)
        button(text("connect.search"), page.act(lambda: search()), small=True).classes("search")
    running = element_text("p", text("connect.running")).classes("note")
    page.on_change(lambda: running.set_visibility(page.hub.live))
    # Lists grow downwards only, and the first place is kept: nothing moves away under a hand.
    listing = ui.element("ul").classes("plain")
    with listing:
        _choice(page, virtual_choice())
    found = ui.element("ul").classes("plain found")
    radio = ui.label(text("connect.scanning")).classes("muted")
    searching: list[bool] = []

    async def search() -> None:
        if searching:
            return
        searching.append(True)
        try:
            await _search()
        finally:
            searching.clear()

    async def _search() -> None:
        radio.set_text(text("connect.scanning"))
        # Asking the system for its ports may take a while: pages and sessions go on meanwhile.
        ports = await asyncio.to_thread(port_choices)
        if page.client.is_deleted:
            return
        found.clear()
        with found:
            for choice in ports:
                _choice(page, choice)
            if not ports:
                element_text("li", text("connect.none_yet")).classes("choice muted")
        # A scan takes seconds: what hangs on a cable is there meanwhile.
        in_the_air, why_not = await radio_choices()
        if page.client.is_deleted:
            return
        radio.set_text(why_not or text("connect.radio" if in_the_air else "connect.no_radio"))
        with found:
            for choice in in_the_air:
                _choice(page, choice)

    with found:
        element_text("li", text("connect.searching")).classes("choice muted")
    ui.timer(0.01, search, once=True)


def _choice(page: Page, choice: Choice) -> None:
    async def start() -> None:
        # A port, a radio, or a wearer to be simulated: seconds on a slow computer.
        made.props("loading")
        try:
            await page.desk.start(page.hub.number, choice.source)
        finally:
            made.props(remove="loading")
        ui.navigate.to(page.path("calibrate"))

    with ui.element("li").classes("choice likely" if choice.likely else "choice"):
        with ui.element("div"):
            element_text("p", choice.name).classes("big")
            element_text("p", choice.about).classes("muted")
            if choice.likely:
                element_text("p", text("connect.likely"))
        make = primary if choice.likely or choice.source == VIRTUAL else button
        made = make(text("connect.connect"), page.act(start)).classes("unlocks-sound")
        # A label is an attribute: quotes of a maker's name must not end it.
        made.props["aria-label"] = text("connect.connect_to", name=choice.name)
        made.set_enabled(page.may_control or page.role != "owner")
