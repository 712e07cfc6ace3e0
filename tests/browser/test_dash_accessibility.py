"""axe-core on every page, in both themes: nothing serious, nothing critical. `tests/run` fetches it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

AXE = Path(os.environ.get("HIPHINGE_AXE", ""))
RUN = """async () => {
  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  });
  return found.violations.map(one => [one.impact, one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]);
}"""

needs_axe = pytest.mark.skipif(
    not AXE.is_file(),
    reason="NOT CHECKED FOR ACCESSIBILITY: tests/run fetches axe-core; or HIPHINGE_AXE=path/to/axe.min.js",
)


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "calibrate", "train", "finish", "open", "wall"])
def test_no_serious_violation(training: Any, open_tab: Callable[..., Any], path: str, theme: str) -> None:
    page = open_tab(f"{training.url}/{path}", color_scheme=theme, bypass_csp=True).page
    page.wait_for_selector(f"body.body--{theme}")
    page.wait_for_selector("h1", state="attached")
    if path in ("train", "finish"):
        page.wait_for_selector(".rep")
    for summary in page.locator("summary").all():
        summary.click()
    page.wait_for_timeout(400)
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(RUN)
    assert [one for one in found if one[0] in ("serious", "critical")] == []


@needs_axe
def test_no_serious_violation_in_dialogs(training: Any, open_tab: Callable[..., Any]) -> None:
    page = open_tab(f"{training.url}/finish", bypass_csp=True).page
    page.get_by_role("button", name="Strike out").first.click()
    page.wait_for_timeout(600)
    page.add_script_tag(path=str(AXE))
    assert [one for one in page.evaluate(RUN) if one[0] in ("serious", "critical")] == []


def test_landmarks_and_language(training: Any, open_tab: Callable[..., Any]) -> None:
    for path in ("", "calibrate", "train", "finish", "open", "wall"):
        page = open_tab(f"{training.url}/{path}").page
        page.wait_for_selector("h1", state="attached")
        assert page.locator("h1").count() == 1
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("navigation").count() == 1
        assert page.get_by_role("banner").count() == 1
        assert page.get_by_role("contentinfo").count() == 1
        assert page.evaluate("() => document.documentElement.lang").startswith("en")
        assert "hiphinge" in page.title()


@pytest.mark.parametrize("path", ["", "train", "finish"])
def test_what_has_the_focus_is_not_hidden_behind_the_bar(
    training: Any, open_tab: Callable[..., Any], path: str
) -> None:
    # A laptop at 200 % zoom: WCAG 2.2, 2.4.11.
    page = open_tab(f"{training.url}/{path}", 720, 450).page
    page.wait_for_selector("h1", state="attached")
    page.wait_for_timeout(500)
    seen = 0
    for _ in range(25):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            "() => { const on = document.activeElement; if (!on || on === document.body) return null;"
            " const box = on.getBoundingClientRect(), bar = document.querySelector('.health').getBoundingClientRect();"
            " return box.height > 0 && (box.top >= bar.top || box.bottom <= 0); }"
        )
        seen += hidden is not None
        assert not hidden, page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
    assert seen > 5
