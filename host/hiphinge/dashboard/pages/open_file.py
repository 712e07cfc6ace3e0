"""Open a recording: drop a file, get the same analysis and report."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.opened import KEPT, MAPPING, MOST_BYTES, OWN, Opened, Results, formats
from hiphinge.dashboard.pages.elements import element_text, heading
from hiphinge.dashboard.pages.frame import Page, page_frame
from hiphinge.dashboard.texts import text
from hiphinge.programmes import load_programme
from hiphinge.programmes.loader import builtin_names

_MB = 1024 * 1024
_ROWS = 60


def add(desk: Desk, results: Results) -> None:
    """Register the page."""

    @ui.page("/open")
    def open_file(request: Request, result: str = "") -> None:  # pyright: ignore[reportUnusedFunction]
        with page_frame(desk, request, 1, "open") as page:
            if page is not None:
                _build(page, results, result)


def _build(page: Page, results: Results, key: str) -> None:
    found = results.get(key) if key else None
    with ui.element("div").classes("page"):
        with ui.element("div").classes("tight"):
            heading(text("open.heading"))
            element_text("p", text("open.lead")).classes("lead")
        if key and found is None:
            element_text("p", text("open.gone", count=KEPT)).classes("note urgent").props("role=alert")
        if found is not None:
            _result(found, key)
        _form(page)


def _form(page: Page) -> None:
    """A form of the browser's own: it works by keyboard, and by dropping a file on it."""
    with ui.element("form").classes("card stack opener") as form:
        form.props["data-reading"] = text("open.reading", name="{name}")
        form.props["data-too-big"] = text("open.too_big", mb=MOST_BYTES // _MB)
        form.props["data-most"] = MOST_BYTES
        form.props["data-one-only"] = text("open.one_only")
        with ui.element("div").classes("two"):
            own_words = {OWN: text("open.own"), MAPPING: text("open.mapping")}
            names = {name: own_words.get(name, name) for name in formats()}
            _select("format", text("open.format"), names)
            programmes = {"": text("open.own_programme")}
            programmes |= {name: load_programme(name).title or name for name in builtin_names()}
            _select("programme", text("open.programme"), programmes)
        _file(MAPPING, text("open.mapping_file"), "drop mapping", accept=".toml")
        _file("file", text("open.drop", mb=MOST_BYTES // _MB), "drop one")
        with ui.element("div").classes("two pair"):
            _file("sacral", text("open.sacral"), "drop each")
            _file("thoracic", text("open.thoracic"), "drop each")
        element_text("button", text("open.analyse")).classes("btn primary").props("type=submit")
        element_text("p").classes("opening").props("role=status aria-live=polite")
        element_text("p").classes("note urgent opening-error").props("role=alert hidden")
    if not page.may_control:
        element_text("p", text("app.read_only")).classes("note")


def _select(name: str, label: str, options: dict[str, str]) -> None:
    with ui.element("label").classes("tight"):
        element_text("span", label).classes("muted")
        with ui.element("select").classes("plain-field").props(f"name={name}"):
            for value, words in options.items():
                option = element_text("option", words)
                option.props["value"] = value


def _file(name: str, label: str, kind: str, accept: str = "") -> None:
    with ui.element("label").classes(f"tight {kind}"):
        element_text("span", label)
        place = ui.element("input").props(f"type=file name={name}")
        if accept:
            place.props(f"accept={accept}")
        else:
            # Some makers write several files for each sensor.
            place.props("multiple")


def _result(found: Opened, key: str) -> None:
    summary = found.values["summary"]
    with ui.element("section").classes("card stack").props(f'aria-label="{text("open.report")}"'):
        heading(found.name, 2)
        words = text("open.result", compliant=summary["compliant"], attempts=summary["attempts"])
        element_text("p", words).classes("big")
        element_text("p", text("open.sets", **{name: summary[name] for name in ("sets", "faulty", "uncertain")}))
        for warning in found.values["warnings"]:
            element_text("p", warning).classes("note")
        with ui.element("div").classes("row-of"):
            ui.link(text("open.report"), f"/opened/{key}/report.html", new_tab=True).classes("btn primary as-link")
            ui.link(text("open.json"), f"/opened/{key}/result.json").classes("btn as-link")
        _table(found)


def _table(found: Opened) -> None:
    with ui.element("table").classes("figures"):
        with ui.element("thead"), ui.element("tr"):
            for name in ("set", "rep", "verdict", "hip", "bend", "arch"):
                cell = element_text("th", text(f"open.col_{name}")).props("scope=col")
                if name in ("hip", "bend", "arch"):
                    cell.props["title"] = text("train.detail_tip")
        with ui.element("tbody"):
            for attempt in found.values["attempts"][:_ROWS]:
                with ui.element("tr"):
                    element_text("td", str(attempt["set"] or "–"))
                    element_text("td", str(attempt["repetition"] or "–"))
                    verdict = str(attempt["verdict"])
                    element_text("td", f"{text(f'sign.{verdict}')} {text(f'verdict.{verdict}')}")
                    for figure in ("hip_hinge_deg", "lumbar_flexion_deg", "lumbar_extension_deg"):
                        element_text("td", "–" if attempt[figure] is None else f"{attempt[figure]:.1f}")
