"""Where the sensors go, whether they are fit, and the way through calibration: stand still, one slow hinge."""

from __future__ import annotations

import re

from fastapi import Request
from nicegui import ui

from hiphinge.dashboard.checks import MARKS, Check, sensor_checks
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.pages.drawings import wearing
from hiphinge.dashboard.pages.elements import button, element_text, heading
from hiphinge.dashboard.pages.fields import setup_fields
from hiphinge.dashboard.pages.frame import Page, page_frame
from hiphinge.dashboard.pages.lines import newest, shown_lines
from hiphinge.dashboard.texts import text

# The progression that is done with a dowel on the back.
_WITH_DOWEL = "assisted"

# More would push the guide off the page.
_LINES = 4


def add(desk: Desk) -> None:
    """Register the page."""

    @ui.page("/calibrate")
    def calibrate(request: Request, who: int = 1) -> None:  # pyright: ignore[reportUnusedFunction]
        with page_frame(desk, request, who, "calibrate") as page:
            if page is not None:
                _build(page)


def _build(page: Page) -> None:
    with ui.element("div").classes("page"):
        heading(text("calibrate.heading"))
        with ui.element("div").classes("guide"):
            with ui.element("div"):
                with ui.element("section").classes("card stack").props(f'aria-label="{text("calibrate.now")}"'):
                    _guide(page)
                with ui.element("section").classes("card stack").props(f'aria-label="{text("calibrate.checks")}"'):
                    heading(text("calibrate.checks"), 2)
                    _checks(page)
            with ui.element("div"):
                with ui.element("section").classes("card stack").props(f'aria-label="{text("calibrate.where")}"'):
                    _where(page)
                with ui.element("section").classes("card stack").props(f'aria-label="{text("train.setup")}"'):
                    heading(text("train.setup"), 2)
                    setup_fields(page)


def _guide(page: Page) -> None:
    hub = page.hub
    step = element_text("p").classes("muted")
    words = element_text("p").classes("step-now").props("role=status aria-live=polite")
    with (
        ui.element("div")
        .classes("progress")
        .props(f'role=progressbar aria-label="{text("calibrate.progress")}" aria-valuemin=0 aria-valuemax=100') as bar
    ):
        fill = ui.element("div")
    with ui.element("div").classes("row-of"):
        sound = ui.button(text("calibrate.sound"), color=None).props("unelevated no-caps")
        sound.classes("btn unlocks-sound")
        again = button(text("calibrate.again"), page.act(hub.recalibrate))
        following = ui.link(text("calibrate.next"), page.path("train"))

    def update() -> None:
        state = hub.state
        if state.phase == "running":
            step.set_text(text(f"calibrate.step_{state.step}"))
            # A number and its unit stay on one line.
            words.set_text(re.sub(r"(\d) (s|deg)\b", "\\1\u00a0\\2", state.words[:1].upper() + state.words[1:]))
        else:
            step.set_text("")
            words.set_text(text("error.no_session") if state.phase == "idle" else text("train.over"))
        percent = round(100 * state.share)
        bar.props(f"aria-valuenow={percent}")
        fill.style(f"width: {percent}%")
        again.set_enabled(hub.live and page.may_control)
        following.classes(replace="btn primary as-link" if state.calibrated else "btn as-link")

    page.on_change(update)


def _checks(page: Page) -> None:
    listing = ui.element("ul").classes("checks plain")
    shown: list[Check] = []

    def update() -> None:
        now = sensor_checks(page.hub.state)
        if shown == now:
            return
        shown[:] = now
        listing.clear()
        with listing:
            for check in now:
                with ui.element("li").classes(f"check {check.fit}"):
                    element_text("span", MARKS[check.fit]).classes("mark").props("aria-hidden=true")
                    element_text("span", check.words)

    page.on_change(update)
    shown_lines(page, newest(_LINES))


def _where(page: Page) -> None:
    heading(text("calibrate.where"), 2)
    with_dowel = page.hub.plan.programme.name == _WITH_DOWEL
    place = ui.element("div")
    about = element_text("p")

    def show(chosen: bool) -> None:
        place.clear()
        key = "assisted" if chosen else "free"
        with place, ui.element("div").props(f'role=img aria-label="{text(f"calibrate.draw_{key}")}"'):
            # Our own drawing and our own texts: nothing in it comes from elsewhere.
            ui.html(wearing(chosen), sanitize=False)
        about.set_text(f"{text('calibrate.free')} {text('calibrate.assisted') if chosen else ''}".strip())

    with ui.element("div").classes("row-of"):
        button(text("calibrate.with_dowel"), lambda: show(True), small=True)
        button(text("calibrate.without_dowel"), lambda: show(False), small=True)
    show(with_dowel)
