"""What to connect to, and what is connected."""

from __future__ import annotations

from typing import Any, cast

from fastapi import Request
from nicegui import ui

from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.pages.devices import devices
from hiphinge.dashboard.pages.elements import button, element_text, heading
from hiphinge.dashboard.pages.fields import on_value, setup_fields
from hiphinge.dashboard.pages.frame import Page, page_frame
from hiphinge.dashboard.state import ViewState
from hiphinge.dashboard.texts import text
from hiphinge.programmes import load_programme
from hiphinge.programmes.limits import Limits
from hiphinge.programmes.loader import builtin_names

# Across a room and through a body packets begin to be sent twice below the first, and links to break below the second.
_GOOD_DBM, _FAIR_DBM = -70, -85


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
                devices(page)
            with ui.element("section").classes("card stack").props(f'aria-label="{text("connect.now")}"'):
                _now(page)
        with ui.element("section").classes("card stack").props(f'aria-label="{text("connect.session")}"'):
            heading(text("connect.session"), 2)
            with ui.element("div").classes("two"):
                _programme(page)
                setup_fields(page, with_person=True)


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
    facts.append((text("connect.signal"), unknown if signal is None else signal_words(signal)))
    return facts


def signal_words(dbm: int) -> str:
    """A radio's strength as people judge it."""
    how = "good" if dbm >= _GOOD_DBM else "fair" if dbm >= _FAIR_DBM else "weak"
    return text("connect.signal_words", dbm=dbm, how=text(f"connect.signal_{how}"))


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
