"""Every text of the dashboard, in one place: a translation is another table with the same keys.

Words in braces are filled in. Only what a file, the system or a device itself says stays in its own words, and what
the engine finds about a calibration, in English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files

REFUSED: Mapping[str, str] = {
    "host": "called by a name that is not this computer's",
    "origin": "asked for by another site",
    "key": "no link was opened in this browser",
    "token": "the link has been used, or is none",
}
"""Why the guard let nobody in; loaded without the other texts."""

_REFUSED_HELP: Mapping[str, str] = {
    "host": "Open the address that hiphinge shows in its terminal.",
    "origin": "Open the dashboard itself, in a window of its own.",
    "key": "Ask whoever runs the session for a link: Share, in the dashboard. Each link works once, in one browser.",
    "token": "Each link works once. Ask for a new one: Share, in the dashboard.",
}


def _loaded(language: str) -> Mapping[str, str]:
    return json.loads(files(__package__ or "").joinpath(f"texts.{language}.json").read_text(encoding="utf-8"))


ENGLISH: Mapping[str, str] = _loaded("en")
TEXTS: Mapping[str, str] = ENGLISH
"""Those in use."""


def text(key: str, **values: object) -> str:
    """The text of a key, its braces filled in.

    Raises
    ------
    KeyError
        There is no such text.
    """
    found = TEXTS[key]
    return found.format(**values) if values else found


def texts_under(prefix: str) -> dict[str, str]:
    """All texts whose key begins so, without that beginning: for scripts in the page."""
    return {key[len(prefix) :]: words for key, words in TEXTS.items() if key.startswith(prefix)}


def english_under(prefix: str) -> dict[str, str]:
    """The same in English, whatever is in use: to know again what others tell in English."""
    return {key[len(prefix) :]: words for key, words in ENGLISH.items() if key.startswith(prefix)}


def refused_page(why: str) -> str:
    """What somebody sees who may not come in."""
    return _plain_page("Not let in", f"<p>{escape(REFUSED[why].capitalize())}.</p><p>{escape(_REFUSED_HELP[why])}</p>")


def missing_page() -> str:
    """What stands where there is no page: a link of old, an address mistyped."""
    return _plain_page(text("app.no_page"), f'<p><a href="/">{escape(text("app.no_page_todo"))}</a></p>')


def _plain_page(heading: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>hiphinge</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:1.25rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;"
        "color:#17212b;background:#f6f7f5}@media(prefers-color-scheme:dark){body{color:#eef3f7;background:#10151b}}"
        f"a{{color:inherit}}</style><main><h1>{escape(heading)}</h1>{body}</main></html>"
    )
