"""The end of a session: what was done, how it felt, what does not count, and the way to take it along."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from nicegui import ui

from hiphinge.dashboard.counts import Card, SetCount, cards, faults_by_kind, set_counts
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.pages.elements import button, element_text, heading, primary
from hiphinge.dashboard.pages.frame import Page, page_frame
from hiphinge.dashboard.pages.lines import newest, shown_lines
from hiphinge.dashboard.pages.train import repetition
from hiphinge.dashboard.texts import text
from hiphinge.model import Attempt, HiphingeError

# Two pages of writing.
_MOST_NOTES = 4000
_MOST_REASON = 200
_LINES = 30


def add(desk: Desk) -> None:
    """Register the page."""

    @ui.page("/finish")
    def finish(request: Request, who: int = 1) -> None:  # pyright: ignore[reportUnusedFunction]
        with page_frame(desk, request, who, "finish") as page:
            if page is not None:
                _build(page)


def _build(page: Page) -> None:
    with ui.element("div").classes("page"):
        heading(text("finish.heading"))
        _status(page)
        with ui.element("div").classes("two"):
            with ui.element("section").classes("card stack").props(f'aria-label="{text("finish.sets")}"'):
                _summary(page)
            with ui.element("section").classes("card stack").props(f'aria-label="{text("finish.after")}"'):
                _after(page)
        with ui.element("section").classes("card stack").props(f'aria-label="{text("finish.reps")}"'):
            heading(text("finish.reps"), 2)
            element_text("p", text("finish.kept")).classes("muted")
            _repetitions(page)
        with ui.element("section").classes("card stack").props(f'aria-label="{text("finish.noticed")}"') as noticed:
            heading(text("finish.noticed"), 2)
            shown_lines(page, newest(_LINES))
        page.on_change(lambda: noticed.set_visibility(bool(page.hub.state.lines)))


def _status(page: Page) -> None:
    hub = page.hub
    with ui.element("div").classes("row-of"):
        words = element_text("p").classes("big").props("role=status")
        end = primary(text("finish.end"), page.act(hub.ask_end))
    with ui.element("div").classes("row-of") as taking:
        base = f"/files/{hub.number}"
        ui.link(text("finish.report"), f"{base}/report.html", new_tab=True).classes("btn primary as-link")
        ui.link(text("finish.csv"), f"{base}/session.csv").classes("btn as-link")
        ui.link(text("finish.new"), page.path("connect")).classes("btn as-link")
    where = element_text("p").classes("muted")

    def update() -> None:
        state = hub.state
        if state.phase == "running":
            words.set_text(text("finish.running"))
        elif state.phase == "idle":
            words.set_text(text("finish.none"))
        else:
            left = state.finished.left_blocks if state.finished is not None else 0
            told = text("finish.left", count=left) if left else text("train.over")
            words.set_text(state.error or told)
        end.set_visibility(state.phase == "running")
        end.set_enabled(page.may_control)
        taking.set_visibility(state.phase == "finished" and state.folder is not None)
        if state.folder is not None:
            # A whole path is for whoever sits here: a viewer is told its last part.
            place = state.folder if page.role == "owner" else state.folder.name
            where.set_text(text("finish.folder", folder=place))
        else:
            where.set_text(text("error.not_recorded") if state.phase == "finished" else "")

    page.on_change(update)


def _summary(page: Page) -> None:
    heading(text("finish.sets"), 2)
    table = ui.element("table").classes("figures")
    heading(text("finish.faults"), 2)
    faults = ui.element("ul").classes("plain")
    shown: list[object] = []

    def update() -> None:
        state = page.hub.state
        counts, kinds = set_counts(state), faults_by_kind(state.attempts, state.events)
        if shown == [counts, kinds, bool(state.attempts)]:
            return
        shown[:] = [counts, kinds, bool(state.attempts)]
        table.clear()
        with table:
            _sets(counts)
        faults.clear()
        with faults:
            for kind, count in kinds:
                element_text("li", f"{text('finish.times', count=count)} {text(f'fault.{kind}')}")
            if not kinds:
                element_text("li", text("finish.no_faults" if state.attempts else "finish.no_reps")).classes("muted")

    page.on_change(update)


def _sets(counts: list[SetCount]) -> None:
    with ui.element("thead"), ui.element("tr"):
        for name in ("set", "compliant", "faulty", "uncertain"):
            element_text("th", text(f"finish.col_{name}")).props("scope=col")
    with ui.element("tbody"):
        for one in counts:
            with ui.element("tr"):
                element_text("th", str(one.number)).props("scope=row")
                for count in (one.compliant, one.faulty, one.uncertain):
                    element_text("td", str(count))


def _after(page: Page) -> None:
    hub = page.hub
    heading(text("finish.after"), 2)
    levels = {-1: text("finish.pain_none"), **{level: str(level) for level in range(11)}}
    pain = ui.select(levels, value=-1, label=text("finish.pain")).props("outlined")
    notes = ui.textarea(text("finish.notes"), value=hub.plan.wearer.notes)
    notes.props(f"outlined autogrow maxlength={_MOST_NOTES}")

    def save() -> None:
        level = int(pain.value)
        written = str(notes.value or "")[:_MOST_NOTES]
        hub.amend(pain_0_10=None if level < 0 else level, notes=written)
        ui.notify(text("finish.saved"), type="positive")

    made = button(text("finish.save"), page.act(save))
    page.on_change(lambda: made.set_enabled(page.may_control and (hub.live or hub.folder is not None)))


def _repetitions(page: Page) -> None:
    listing = ui.element("ol").classes("reps wide")
    shown: dict[int, tuple[Card, ui.element]] = {}

    def update() -> None:
        state = page.hub.state
        now = cards(state.attempts, state.events)
        if any(index not in {card.index for card in now} for index in shown):
            shown.clear()
            listing.clear()
        for card, attempt in zip(now, state.attempts, strict=True):
            known = shown.get(card.index)
            if known is not None and known[0] == card:
                continue
            # The others stay as they are, and so does the focus of whoever is on one of them.
            if known is None:
                with listing:
                    place = ui.element("li").classes("tight")
            else:
                place = known[1]
            shown[card.index] = (card, place)
            place.clear()
            with place:
                repetition(card)
                if card.set:
                    _strike(page, card, attempt)

    page.on_change(update)


def _strike(page: Page, card: Card, attempt: Attempt) -> None:
    verb = "strike" if card.struck is None else "restore"
    where = text(f"finish.{verb}_which", set=card.set, number=card.number)
    act: Callable[[Attempt, str], None] = page.hub.strike if card.struck is None else page.hub.restore

    def ask() -> None:
        # On the page itself: what it is asked from may be drawn anew meanwhile.
        with page.client, ui.dialog() as dialog, ui.element("div").classes("dialog stack"):
            heading(where, 2)
            reason = ui.input(text("finish.reason")).props(f"outlined autofocus maxlength={_MOST_REASON}")
            element_text("p", text("finish.reason_needed")).classes("muted")

            def do() -> None:
                given = str(reason.value or "").strip()[:_MOST_REASON]
                if not given:
                    raise HiphingeError(text("finish.reason_needed"))
                dialog.close()
                act(attempt, given)

            with ui.element("div").classes("row-of"):
                primary(text(f"finish.{verb}"), page.act(do))
                button(text("app.cancel"), dialog.close)
        dialog.props(f'aria-label="{where}"')
        dialog.open()

    made = button(text(f"finish.{verb}"), page.act(ask), small=True).props(f'aria-label="{where}"')
    made.set_enabled(page.may_control)
