"""A class at a glance: every athlete's count, and whether the back is neutral now."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from hiphinge.dashboard.counts import cards, set_count, set_number
from hiphinge.dashboard.desk import MOST_ATHLETES, Desk
from hiphinge.dashboard.hub import Hub
from hiphinge.dashboard.pages.elements import button, element_text, heading
from hiphinge.dashboard.pages.frame import Page, page_frame
from hiphinge.dashboard.texts import text


def add(desk: Desk) -> None:
    """Register the page."""

    @ui.page("/wall")
    def wall(request: Request) -> None:  # pyright: ignore[reportUnusedFunction]
        with page_frame(desk, request, 1, "wall") as page:
            if page is not None:
                _build(page)


def _build(page: Page) -> None:
    desk = page.desk

    def one_more() -> None:
        hub = desk.add()
        if hub is None:
            ui.notify(text("wall.full", count=MOST_ATHLETES))
        else:
            ui.navigate.to(f"/?who={hub.number}")

    with ui.element("div").classes("wall-head"):
        heading(text("wall.heading"))
        element_text("p", text("wall.lead")).classes("lead")
        button(text("wall.add"), page.act(one_more))
    with ui.element("div").classes("wall"):
        for hub in desk.hubs.values():
            _athlete(page, hub)


def _athlete(page: Page, hub: Hub) -> None:
    name = hub.setup.person or text("wall.athlete", number=hub.number)
    with ui.element("article").classes("card") as card:
        card.props["aria-label"] = name
        count = element_text("p", "0").classes("count")
        with ui.element("div").classes("tight"):
            link = ui.link(name, f"/train?who={hub.number}").classes("big")
            link.props["aria-label"] = text("wall.open", name=name)
            of = element_text("p").classes("count-of")
            last = element_text("p")
            lost = element_text("p").classes("bad")
        ui.element("canvas").classes("dowel small-figure").props(
            f'role=img data-small=yes data-who={hub.number} aria-label="{text("train.canvas")}"'
        )

    def update() -> None:
        state = hub.state
        number = set_number(state)
        found = set_count(state.attempts, state.events, number)
        count.set_text(str(found.compliant))
        of.set_text(
            text("train.of", target=hub.feedback.repetitions)
            + " · "
            + text("train.set", set=number, sets=hub.feedback.sets, attempts=found.total)
        )
        newest = cards(state.attempts, state.events)[-1:]
        idle = text("wall.idle") if state.phase == "idle" else ""
        last.set_text(f"{text(f'sign.{newest[0].verdict}')} {newest[0].title}" if newest else idle)
        last.classes(replace=f"verdict-{newest[0].verdict}" if newest else "muted")
        cut = state.phase == "running" and state.ever_connected and not state.connected
        lost.set_text(text("health.lost") if cut else state.error)

    page.watch(hub, update)
