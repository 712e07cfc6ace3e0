"""What to connect to, and what is connected."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from fastapi import Request
from nicegui import ui

from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.pages.elements import button, element_text, heading, primary
from hiphinge.dashboard.pages.fields import on_value, setup_fields
from hiphinge.dashboard.pages.frame import Page, page_frame
from hiphinge.dashboard.sources import Choice, choices, radio_choices
from hiphinge.dashboard.state import ViewState
from hiphinge.dashboard.texts import text
from hiphinge.programmes import load_programme
from hiphinge.programmes.limits import Limits
from hiphinge.programmes.loader import builtin_names


def add(desk: Desk) -> None:
    """Register the page."""

    @ui.page("/")
    def connect(request: Request, who: int = 1) -> None:  # pyright: ignore[reportUnusedFunction]
        with page_frame(desk, request, who, "connect") as page:
            if page is not None:
                _build(page)


def _build(page: Page) -> None:
    with ui.element("div").classes("page"):
        with ui.element("div").classes("tight"):
            heading(text("connect.heading"))
            element_text("p", text("connect.lead")).classes("lead")
        with ui.element("div").classes("two"):
            with ui.element("section").classes("card stack").props(f'aria-label="{text("connect.devices")}"'):
                _devices(page)
            with ui.element("section").classes("card stack").props(f'aria-label="{text("connect.now")}"'):
                _now(page)
        with ui.element("section").classes("card stack").props(f'aria-label="{text("connect.session")}"'):
            heading(text("connect.session"), 2)
            with ui.element("div").classes("two"):
                _programme(page)
                setup_fields(page, with_person=True)


def _devices(page: Page) -> None:
    heading(text("connect.devices"), 2)
    running = element_text("p", text("connect.running")).classes("note")
    listing = ui.element("ul").classes("plain")
    with ui.element("div").classes("row-of"):
        button(text("connect.search"), page.act(lambda: search()), small=True)
    radio = ui.label(text("connect.scanning")).classes("muted")

    async def search() -> None:
        # Asking the system for its ports may take a while: pages and sessions go on meanwhile.
        found = await asyncio.to_thread(choices)
        if page.client.is_deleted:
            return
        listing.clear()
        with listing:
            for choice in found:
                _choice(page, choice)
        # A scan takes seconds: what hangs on a cable is there meanwhile.
        in_the_air, why_not = await radio_choices()
        if page.client.is_deleted:
            return
        radio.set_text(why_not or text("connect.radio" if in_the_air else "connect.no_radio"))
        with listing:
            for choice in in_the_air:
                _choice(page, choice)

    page.on_change(lambda: running.set_visibility(page.hub.live))
    with listing:
        element_text("li", text("connect.searching")).classes("muted")
    ui.timer(0.01, search, once=True)


def _choice(page: Page, choice: Choice) -> None:
    async def start() -> None:
        await page.desk.start(page.hub.number, choice.source)
        ui.navigate.to(page.path("calibrate"))

    with ui.element("li").classes("choice likely" if choice.likely else "choice"):
        with ui.element("div"):
            element_text("p", choice.name).classes("big")
            element_text("p", choice.about).classes("muted")
            if choice.likely:
                element_text("p", text("connect.likely"))
        make = primary if choice.likely or choice.source == "virtual" else button
        made = make(text("connect.connect"), page.act(start)).classes("unlocks-sound")
        # A label is an attribute: quotes of a maker's name must not end it.
        made.props["aria-label"] = text("connect.connect_to", name=choice.name)
        made.set_enabled(page.may_control or page.role != "owner")


def _now(page: Page) -> None:
    heading(text("connect.now"), 2)
    error = element_text("p").classes("note urgent").props("role=alert")
    table = ui.element("dl").classes("facts")
    with ui.element("div").classes("row-of"):
        identify = button(text("connect.identify"), page.act(page.hub.identify))
        end = button(text("connect.end"), page.act(page.hub.ask_end))
        following = ui.link(text("connect.next"), page.path("calibrate")).classes("btn primary as-link")
    shown: list[tuple[str, str]] = []

    def update() -> None:
        state = page.hub.state
        error.set_text(state.error)
        error.set_visibility(bool(state.error))
        identify.set_enabled(state.connected and page.may_control)
        end.set_enabled(page.hub.live and page.may_control)
        following.set_visibility(page.hub.live)
        facts = _facts(state)
        if facts == shown:
            return
        shown[:] = facts
        table.clear()
        with table:
            for label, value in facts:
                element_text("dt", label)
                element_text("dd", value)

    page.on_change(update)


def _facts(state: ViewState) -> list[tuple[str, str]]:
    unknown = text("connect.unknown")
    if state.phase == "idle":
        return [(text("connect.source"), text("health.none"))]
    facts = [(text("connect.source"), state.source or unknown)]
    if state.device is not None:
        info = state.device
        facts += [
            (text("connect.name"), f"{info.name} {info.serial}".strip()),
            (text("connect.firmware"), info.firmware),
            (text("connect.sensors"), ", ".join(imu.chip for imu in info.imus if imu.present)),
        ]
    health = state.health
    battery = None if health is None else health.battery_percent
    signal = None if health is None else health.rssi_dbm
    facts.append((text("connect.battery"), unknown if battery is None else f"{battery} %"))
    facts.append((text("connect.signal"), unknown if signal is None else f"{signal} dBm"))
    return facts


def _programme(page: Page) -> None:
    hub, desk = page.hub, page.desk
    names = {name: load_programme(name).title or name for name in builtin_names()}
    names.setdefault(hub.plan.programme.name, hub.plan.programme.title or hub.plan.programme.name)
    with ui.element("div").classes("stack"):
        programme = ui.select(names, value=hub.plan.programme.name, label=text("connect.programme"))
        presets = ui.select(
            list(hub.plan.programme.presets), value=hub.plan.programme.preset, label=text("connect.preset")
        )
        about = element_text("p")
        limits = element_text("p").classes("muted")

    def told() -> None:
        about.set_text(hub.plan.programme.about)
        limits.set_text(limits_words(hub.plan.limits))

    def choose(name: str, preset: str | None) -> None:
        desk.choose(hub.number, name, preset, hub.setup)
        told()

    def take_programme(name: Any) -> None:
        choose(str(name), None)
        cast("Any", presets).set_options(list(hub.plan.programme.presets), value=hub.plan.programme.preset)

    on_value(page, programme, take_programme)
    on_value(page, presets, lambda preset: choose(hub.plan.programme.name, str(preset)))
    told()


def limits_words(limits: Limits) -> str:
    """Limits in one line."""
    flexion, extension = limits.lumbar_flexion_max_deg, limits.lumbar_extension_max_deg
    none = text("connect.no_limit")
    return text(
        "connect.limits",
        min=f"{limits.depth_min_deg:g}",
        max=f"{limits.depth_max_deg:g}",
        flexion=none if flexion is None else f"{flexion:g}°",
        extension=none if extension is None else f"{extension:g}°",
    )
