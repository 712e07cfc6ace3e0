"""Buttons, headings, and elements that hold words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


def primary(words: str, act: Callable[..., Any], *, large: bool = False) -> ui.button:
    """The one button a page is about."""
    return button(words, act).classes("primary large" if large else "primary")


def button(words: str, act: Callable[..., Any], *, small: bool = False) -> ui.button:
    """A button."""
    made = ui.button(words, on_click=act, color=None).props("unelevated no-caps")
    return made.classes("btn small" if small else "btn")


def element_text(tag: str, words: str = "") -> TextElement:
    """An element that holds words: shown as they are, never as markup."""
    return TextElement(tag=tag, text=words)


def heading(words: str, level: int = 1) -> TextElement:
    """A heading."""
    return element_text(f"h{level}", words)
