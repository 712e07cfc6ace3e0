"""Fields that more than one page has: who trains and how, and how the session speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nicegui import ui

from hiphinge.dashboard.cues import MODES
from hiphinge.dashboard.pages.elements import button, element_text
from hiphinge.dashboard.pages.frame import Page
from hiphinge.dashboard.texts import text

# As `session.json` allows for load; the others are beyond anybody's use.
_MOST_KG = 500.0


def setup_fields(page: Page, with_person: bool = False) -> None:
    """Stance, side, load: kept with the session from the moment they are chosen."""
    hub = page.hub

    def choose(**changed: Any) -> None:
        hub.choose(replace(hub.setup, **changed))

    with ui.element("div").classes("stack"):
        if with_person:
            on_value(
                page,
                ui.input(text("setup.person"), value=hub.setup.person).props("maxlength=80 autocomplete=off"),
                lambda value: choose(person=str(value or "").strip()),
            )
        on_value(
            page,
            ui.select(
                {"parallel": text("setup.parallel"), "split": text("setup.split")},
                value=hub.setup.stance,
                label=text("setup.stance"),
            ),
            lambda value: choose(stance=value, side=hub.setup.side if value == "split" else ""),
        )
        on_value(
            page,
            ui.select(
                {"": text("setup.side_none"), "left": text("setup.left"), "right": text("setup.right")},
                value=hub.setup.side,
                label=text("setup.side"),
            ),
            lambda value: choose(side=value),
        )
        on_value(
            page,
            ui.number(text("setup.load"), value=hub.setup.load_kg, min=0, max=_MOST_KG, step=0.5),
            lambda value: choose(load_kg=None if value is None else min(_MOST_KG, max(0.0, float(value)))),
        )
        if not with_person:
            element_text("p", text("setup.again")).classes("muted")
            button(text("setup.zero"), page.act(hub.zero), small=True)


def feedback_fields(page: Page) -> None:
    """Cues, sound, tempo, rest."""
    hub = page.hub

    def change(**changed: Any) -> None:
        hub.feedback = replace(hub.feedback, **changed)
        hub.tell()

    def number(name: str, field: str, value: float, least: float, most: float, step: float) -> None:
        whole = isinstance(value, int)

        def take(given: Any) -> None:
            if given is not None:
                # The browser's own limits bind only those who use the browser.
                held = min(most, max(least, float(given)))
                change(**{field: round(held) if whole else held})

        on_value(page, ui.number(text(f"feedback.{name}"), value=value, min=least, max=most, step=step), take)

    def switch(name: str, value: bool) -> None:
        made = ui.switch(text(f"feedback.{name}"), value=value)
        on_value(page, made, lambda given: change(**{name: bool(given)}), outlined=False)

    now = hub.feedback
    with ui.element("div").classes("stack"):
        modes = {mode: text(f"feedback.mode_{mode}") for mode in MODES}
        mode = ui.select(modes, value=now.mode, label=text("feedback.mode"))
        on_value(page, mode.props(f'title="{text("feedback.mode_tip")}"'), lambda value: change(mode=value))
        number("margin", "margin_deg", now.margin_deg, 0, 20, 0.5)
        number("delay", "delay_s", now.delay_s, 0, 3, 0.1)
        switch("tone", now.tone)
        switch("speech", now.speech)
        switch("vibrate", now.vibrate)
        switch("metronome", now.metronome)
        element_text("p", text("feedback.volume"))
        slider = ui.slider(min=0, max=1, step=0.05, value=now.volume).props(f'aria-label="{text("feedback.volume")}"')
        on_value(page, slider, lambda value: change(volume=float(value)), outlined=False)
        ui.button(text("feedback.try"), color=None).classes("btn small unlocks-sound tries-sound").props(
            "unelevated no-caps"
        )
        number("down", "down_s", now.down_s, 0, 10, 0.5)
        number("hold", "hold_s", now.hold_s, 0, 10, 0.5)
        number("up", "up_s", now.up_s, 0, 10, 0.5)
        number("top", "top_s", now.top_s, 0, 10, 0.5)
        number("rest", "rest_s", now.rest_s, 0, 600, 5)
        number("sets", "sets", now.sets, 1, 20, 1)
        number("repetitions", "repetitions", now.repetitions, 1, 100, 1)
        switch("auto_end", now.auto_end)


def on_value(page: Page, element: Any, take: Callable[[Any], None], outlined: bool = True) -> None:
    """Hand over what is chosen, from those who may."""
    acting = page.act(take)

    async def changed(event: Any) -> None:
        await acting(event.value)

    element.on_value_change(changed)
    if outlined:
        element.props("outlined dense debounce=400")
