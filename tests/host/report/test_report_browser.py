"""The page in a real browser: no complaint of its policy, nothing cut off, sensible pages on A4."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_sessions import demo_session, page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser; it is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        # Containers run tests as root, for whom Chromium's sandbox refuses to start.
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module", params=["one", "two"])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sessions = [demo_session()] if request.param == "one" else [demo_session(), demo_session(1)]
    path = tmp_path_factory.mktemp("report") / f"{request.param}.html"
    path.write_text(page(*sessions), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 400])
def test_it_opens_without_complaint_and_fits(browser: Any, file: Path, width: int):
    said: list[str] = []
    asked: list[str] = []
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(file.as_uri())
    assert said == []
    assert asked == [file.as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    # The style sheet was let through.
    assert tab.evaluate("getComputedStyle(document.body).maxWidth") == "1104px"
    tab.close()


def test_no_words_are_cut_off(browser: Any, file: Path):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(file.as_uri())
    cut = tab.evaluate(
        """() => [...document.querySelectorAll('svg[role=img]')].flatMap(svg => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(text => {
                const own = text.getBoundingClientRect();
                return own.left < box.left - 1 || own.right > box.right + 1
                    || own.top < box.top - 1 || own.bottom > box.bottom + 1;
            }).map(text => text.textContent);
        })"""
    )
    assert cut == []
    tab.close()


@pytest.mark.parametrize("width", [1280, 400])
def test_long_names_leave_room_for_the_other_columns(browser: Any, tmp_path: Path, width: int):
    named = [replace(demo_session(at), name=name) for at, name in enumerate(("x" * 300, "B", ""))]
    file = tmp_path / "named.html"
    file.write_text(page(*named), encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.goto(file.as_uri())
    widths = tab.evaluate("[...document.querySelectorAll('.compare thead th')].map(one => one.offsetWidth)")
    assert min(widths) > 80 and max(widths) < 4 * min(widths)
    tab.close()


def test_it_prints_on_a4(browser: Any, file: Path):
    tab = browser.new_page()
    tab.goto(file.as_uri())
    pdf = tab.pdf(prefer_css_page_size=True)
    tab.close()
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    boxes = {tuple(round(float(one)) for one in box.split()) for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)}
    assert boxes == {(0, 0, 595, 842)}
    # A demonstration is summary, figures, table, basis; two of them come with a comparison.
    assert 3 <= pages <= (6 if file.stem == "one" else 15)
