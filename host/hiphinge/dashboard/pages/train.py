"""The training view: read from two metres, run with one button."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from nicegui import ui

from hiphinge.dashboard.counts import Card, cards, set_count, set_number
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.pages.elements import button, element_text, heading, primary
from hiphinge.dashboard.pages.fields import feedback_fields, setup_fields
from hiphinge.dashboard.pages.frame import Page, page_frame
from hiphinge.dashboard.pages.lines import shown_lines
from hiphinge.dashboard.setend import STAND_S
from hiphinge.dashboard.state import Line, ViewState
from hiphinge.dashboard.texts import text

# As many as fit beside the figure on a laptop.
_CARDS = 5
_PARTS = ("down", "hold", "up", "top")


def add(desk: Desk) -> None:
    """Register the page."""

    @ui.page("/train")
    def train(request: Request, who: int = 1) -> None:  # pyright: ignore[reportUnusedFunction]
        with page_frame(desk, request, who, "train") as page:
            if page is not None:
                _build(page)


def _build(page: Page) -> None:
    with ui.element("div").classes("train"):
        with ui.element("section").classes("side left").props(f'aria-label="{text("train.heading")}"'):
            heading(text("train.heading")).classes("sr-only")
            _count(page)
            if page.may_control or page.role != "owner":
                _settings(page)
        with ui.element("section").classes("card board").props(f'aria-label="{text("canvas.hip")}"'):
            # Its size follows the layout, so the script draws it; NiceGUI only gives it a place.
            canvas = ui.element("canvas").classes("dowel").props(f'role=img aria-label="{text("train.canvas")}"')
            canvas.props["title"] = text("train.canvas_tip")
            element_text("p").classes("angles-now sr-only")
        with ui.element("section").classes("side right").props(f'aria-label="{text("train.last")}"'):
            _banner(page)
            shown_lines(page, _beside)
            heading(text("train.last"), 2)
            _repetitions(page)


def _count(page: Page) -> None:
    hub = page.hub

    def toggle() -> None:
        if hub.state.set_running:
            hub.end_set()
        else:
            hub.begin_set()

    with ui.element("div").classes("card count-card"):
        count = element_text("p", "0").classes("count")
        of = element_text("p").classes("count-of")
        line = element_text("p").classes("set-line")
        element_text("p").classes("clock").props("role=timer")
        start = primary("", page.act(toggle), large=True).classes("unlocks-sound set-button")
        ending = element_text("p").classes("muted ending").props("role=status")
        stay = button(text("train.keep_open"), page.act(hub.keep_open), small=True).classes("stay")
    with ui.element("div").classes("tempo").props(f'aria-label="{text("train.tempo")}" role=group'):
        for part in _PARTS:
            element_text("div", text(f"train.{part}")).classes("tempo-part")
    # Told once for each repetition; the big figure itself is not announced.
    told = element_text("p").classes("sr-only").props("role=status aria-live=polite")

    def update() -> None:
        state, feedback = hub.state, hub.feedback
        number = set_number(state)
        found = set_count(state.attempts, state.events, number)
        count.set_text(str(found.compliant))
        count.props(f"data-digits={len(str(found.compliant))}")
        reached = found.compliant >= feedback.repetitions
        of.set_text(text("train.target_reached" if reached else "train.of", target=feedback.repetitions))
        of.classes(replace="count-of verdict-compliant" if reached else "count-of")
        line.set_text(text("train.set", set=number, sets=feedback.sets, attempts=found.total))
        any_marks = any(event.kind == "set_start" for event in state.events)
        upcoming = number + 1 if any_marks else number
        start.set_text(text("train.end_set") if state.set_running else text("train.start_set", set=upcoming))
        start.set_enabled(hub.live and page.may_control)
        soon = hub.target_reached and hub.ends_by_itself
        if soon:
            ending.set_text(text("train.ends_soon", count=found.total, seconds=f"{STAND_S:g}"))
        else:
            ending.set_text(text("train.kept_open") if hub.kept_open else "")
        stay.set_visibility(state.set_running and hub.ends_by_itself)
        stay.set_enabled(page.may_control)
        newest = cards(state.attempts, state.events)[-1:]
        told.set_text(f"{newest[0].title}. {newest[0].why}" if newest else "")

    page.on_change(update)


def _banner(page: Page) -> None:
    place = ui.element("div").classes("stack")
    shown: list[str] = []

    def update() -> None:
        state = page.hub.state
        if state.phase == "idle":
            kind = "idle"
        elif state.phase == "finished":
            kind = "over"
        elif state.ever_connected and not state.connected:
            kind = "lost"
        elif state.lost_sensors:
            kind = f"silent{min(state.lost_sensors) & 1}"
        else:
            kind = "" if state.calibrated else "uncalibrated"
        if shown == [kind]:
            return
        shown[:] = [kind]
        place.clear()
        with place:
            _banner_of(page, kind)

    page.on_change(update)


def _beside(state: ViewState) -> Sequence[Line]:
    """The newest line of a session that runs, unless the banner says it already."""
    newest = state.lines[-1:]
    if state.phase != "running" or (newest and newest[0].words == text("notice.link_down")):
        return ()
    return newest


def _banner_of(page: Page, kind: str) -> None:
    match kind:
        case "idle":
            element_text("p", text("health.none")).classes("banner calm")
            _link(text("train.go_connect"), page.path("connect"))
        case "over":
            words = page.hub.state.error or text("train.over")
            element_text("p", words).classes("banner" if page.hub.state.error else "banner calm")
            _link(text("train.go_finish"), page.path("finish"))
        case "lost":
            element_text("p", text("notice.link_down")).classes("banner").props("role=alert")
        case "silent0" | "silent1":
            element_text("p", text(f"notice.imu_lost_{kind[-1]}")).classes("banner").props("role=alert")
        case "uncalibrated":
            element_text("p", text("train.calibrate_first")).classes("banner calm")
            _link(text("train.go_calibrate"), page.path("calibrate"))
        case _:
            pass


def _link(words: str, path: str) -> None:
    ui.link(words, path).classes("btn primary as-link")


def _repetitions(page: Page) -> None:
    listing = ui.element("ol").classes("reps").props("reversed")
    shown: list[Card] = []

    def update() -> None:
        state = page.hub.state
        newest = cards(state.attempts, state.events)[-_CARDS:][::-1]
        if shown == newest and newest:
            return
        shown[:] = newest
        listing.clear()
        with listing:
            if not newest:
                element_text("li", text("train.no_reps")).classes("muted")
            for card in newest:
                with ui.element("li"):
                    repetition(card)

    page.on_change(update)


def repetition(card: Card) -> None:
    """One repetition: number, verdict, why, figures."""
    struck = " struck" if card.struck is not None else ""
    with ui.element("article").classes(f"rep {card.verdict}{struck}"):
        with ui.element("div").classes("head"):
            element_text("span", f"{text(f'sign.{card.verdict}')} {card.title}").classes("verdict")
            number = f"{card.set}·{card.number}" if card.number else text("train.rep_alone")
            where = text("train.rep_set", set=card.set, number=card.number) if card.number else number
            element_text("span", number).classes("muted").props(f'title="{where}"')
        if card.why:
            element_text("p", card.why[:1].upper() + card.why[1:]).classes("why")
        if card.struck is not None:
            element_text("p", text("finish.struck", reason=card.struck)).classes("why")
        figures = text(
            "train.detail",
            hip=round(card.hip_hinge_deg),
            bend=round(card.lumbar_flexion_deg),
            arch=round(card.lumbar_extension_deg),
        )
        element_text("p", figures).classes("muted").props(f'title="{text("train.detail_tip")}"')


def _settings(page: Page) -> None:
    with ui.element("details").classes("card"):
        element_text("summary", text("train.setup"))
        setup_fields(page)
    with ui.element("details").classes("card"):
        element_text("summary", text("train.settings"))
        feedback_fields(page)
    with ui.element("div").classes("row-of"):
        button(text("calibrate.again"), page.act(lambda: _calibrate(page)), small=True)
        ui.link(text("train.go_finish"), page.path("finish"))


def _calibrate(page: Page) -> None:
    page.hub.recalibrate()
    ui.navigate.to(page.path("calibrate"))
