"""What every page has: bars, landmarks, the link's health, who may touch, and being told when something changed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from fastapi import Request
from nicegui import Client, ui

from hiphinge import __version__
from hiphinge.dashboard.access import Role
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.framework import when_gone
from hiphinge.dashboard.guard import ROLE, key_of
from hiphinge.dashboard.healthline import health_parts
from hiphinge.dashboard.hub import Hub
from hiphinge.dashboard.pages.share import share_button
from hiphinge.dashboard.texts import text, texts_under
from hiphinge.model import HiphingeError

STEPS = ("connect", "calibrate", "train", "finish")
PLACES = ("open", "wall")
_MODULES = ("feed", "layout", "figure", "gauges", "chart", "colours", "sound", "clocks", "store")
PATHS = {
    "connect": "/",
    "calibrate": "/calibrate",
    "train": "/train",
    "finish": "/finish",
    "open": "/open",
    "wall": "/wall",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page in one browser.

    Attributes
    ----------
    desk : Desk
    hub : Hub
    role : str
    key : str or None
        Of a viewer.
    client : Client
    """

    desk: Desk
    hub: Hub
    role: Role
    key: str | None
    client: Client

    @property
    def may_control(self) -> bool:
        """Now: a viewer may have been unlocked, or locked again, since the page was made."""
        return self.desk.may_control(self.role, self.key)

    def path(self, name: str) -> str:
        """Where a page of this athlete is."""
        return PATHS[name] + ("" if self.hub.number == 1 or name in PLACES else f"?who={self.hub.number}")

    def on_change(self, update: Callable[[], object]) -> None:
        """Call `update` in this page whenever the session's state has changed, and once now."""
        self.watch(self.hub, update)

    def watch(self, hub: Hub, update: Callable[[], object]) -> None:
        """The same for any athlete's session."""

        def changed() -> None:
            if not self.client.is_deleted:
                with self.client:
                    update()

        when_gone(self.client, hub.listen(changed))
        update()

    def act(self, what: Callable[..., Any]) -> Callable[..., Awaitable[None]]:
        """A handler that does `what` for those who may, and says what went wrong."""

        async def handler(*arguments: Any) -> None:
            if not self.may_control:
                ui.notify(text("app.read_only"))
                return
            try:
                done = what(*arguments)
                if isinstance(done, Awaitable):
                    await cast("Awaitable[Any]", done)
            except HiphingeError as error:
                ui.notify(" ".join(str(error).split()), type="negative", multi_line=True, timeout=8000)

        return handler


@contextmanager
def page_frame(desk: Desk, request: Request, who: int, name: str) -> Generator[Page | None]:
    """Bars and landmarks around a page; gives None where there is no such athlete."""
    hub = desk.hub(who)
    client = ui.context.client
    role = cast("Role", request.scope[ROLE])
    page = Page(desk, hub or desk.hubs[1], role, key_of(request.headers.get("cookie", "")), client)
    ui.page_title(text("app.title", page=text(f"nav.{name}")))
    _head(page, name)
    _bar(page, name)
    with ui.element("div").classes("shell").props("id=main tabindex=-1"):
        if hub is None:
            ui.label(text("app.no_athlete")).classes("page big")
            yield None
        else:
            yield page
    _health(page)


def _head(page: Page, name: str) -> None:
    # Cues of several athletes at once would help nobody.
    settings = {"who": page.hub.number, "quiet": name == "wall", "texts": texts_under("canvas.")}
    # Closing a script from within a text, even one of ours, must not be possible.
    plain = json.dumps(settings).replace("<", "\\u003c")
    ui.add_head_html(
        f'<link rel="stylesheet" href="/static/theme.css?{__version__}">'
        f"<script>window.hiphinge={plain};"
        "(function(){try{var t=localStorage.getItem('hiphinge-theme');"
        "if(t)document.documentElement.dataset.theme=t}catch(e){}})()</script>"
        # Named at once: else each is found only when the one before it has come.
        + "".join(f'<link rel="modulepreload" href="/static/{one}.js">' for one in _MODULES)
        + f'<script type="module" src="/static/main.js?{__version__}"></script>'
        f'<script type="module" src="/static/theme.js?{__version__}"></script>'
        f'<script type="module" src="/static/opener.js?{__version__}"></script>'
    )


def _bar(page: Page, name: str) -> None:
    with ui.header(fixed=False, add_scroll_padding=False).classes("bar"):
        ui.link(text("app.skip"), "#main").classes("skip")
        ui.link(text("app.name"), page.path("connect")).classes("brand")
        with ui.element("nav").classes("steps").props(f'aria-label="{text("app.nav")}"'):
            for one in (*STEPS, *PLACES):
                link = ui.link(text(f"nav.{one}"), page.path(one))
                if one == name:
                    link.props("aria-current=page")
        if page.hub.number > 1 or len(page.desk.hubs) > 1:
            ui.label(page.hub.setup.person or text("wall.athlete", number=page.hub.number)).classes("muted")
        share_button(page.desk, page.role)
        ui.button(text("app.theme"), color=None).classes("btn small theme-switch").props("unelevated no-caps")


def _health(page: Page) -> None:
    with ui.footer(fixed=True).classes("health").props(f'aria-label="{text("health.label")}" role=contentinfo'):
        places = [ui.label().classes("part") for _ in range(9)]
    if page.role != "owner":
        places[-1].set_text(text("app.viewer")).classes("quiet")

    def update() -> None:
        parts = health_parts(page.hub.state)
        for place, part in zip(places[:-1], [*parts, *[None] * (len(places) - 1 - len(parts))], strict=True):
            if part is None:
                place.set_text("")
                continue
            if place.text != part.words:
                place.set_text(part.words)
                place.props(f'title="{part.tip}"')
            place.classes(replace=f"part {part.tone}")

    page.on_change(update)
