"""Letting others in: a link and a code that work once, who is here, and who may touch."""

from __future__ import annotations

from functools import partial

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from hiphinge.dashboard.access import Role
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.qr import qr_svg
from hiphinge.dashboard.texts import text

# How often the dialog looks whether its link has been used.
_LOOK_S = 1.0


def share_button(desk: Desk, role: Role) -> None:
    """For the owner alone: whoever came in by a link cannot pass it on."""
    if role != "owner":
        return
    with ui.dialog() as dialog, ui.element("div").classes("dialog stack"):
        TextElement(tag="h2", text=text("share.heading"))
        if desk.shared:
            _links(desk)
        else:
            ui.label(text("share.off"))
        ui.button(text("app.close"), on_click=dialog.close, color=None).classes("btn").props("unelevated no-caps")
    dialog.props(f'aria-label="{text("share.heading")}"')
    ui.button(text("app.share"), on_click=dialog.open, color=None).classes("btn small").props("unelevated no-caps")


def _links(desk: Desk) -> None:
    ui.label(text("share.lead"))
    ui.label(text("share.plain")).classes("muted")
    code = ui.element("div").classes("qr").props(f'role=img aria-label="{text("share.qr")}"')
    words = TextElement(tag="code", text="").classes("link")
    TextElement(tag="h3", text=text("share.viewers"))
    people = ui.element("div").classes("stack")
    shown: dict[str, object] = {}

    def look() -> None:
        if shown.get("link") != desk.link:
            shown["link"] = desk.link
            words.set_text(desk.link)
            code.clear()
            with code:
                # Made of our own link by the library: nothing in it comes from elsewhere.
                ui.html(qr_svg(desk.link), sanitize=False)
        if shown.get("viewers") != desk.access.viewers:
            shown["viewers"] = desk.access.viewers
            people.clear()
            with people:
                _people(desk)

    look()
    ui.timer(_LOOK_S, look)


def _people(desk: Desk) -> None:
    if not desk.access.viewers:
        ui.label(text("share.nobody")).classes("muted")
    for viewer in desk.access.viewers:
        with ui.element("div").classes("row-of"):
            ui.label(text("share.viewer", number=viewer.number, address=viewer.address))
            ui.switch(
                text("share.unlock"),
                value=viewer.unlocked,
                on_change=lambda event, number=viewer.number: desk.access.unlock(number, bool(event.value)),
            )
            ui.button(text("share.dismiss"), on_click=partial(desk.access.dismiss, viewer.number), color=None).classes(
                "btn small"
            ).props("unelevated no-caps")
