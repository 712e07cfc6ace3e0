"""One command builds the pages of the Python interface, without a warning."""

import html
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hiphinge

SCRIPT = Path(__file__).resolve().parents[3] / "host/docs/build_api.py"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("pdoc") is None:
        pytest.skip('pages are built with an extra: pip install "hiphinge[docs]"')
    out = tmp_path_factory.mktemp("pages")
    run = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, out], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    return out


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_first_page_holds_every_name(pages: Path):
    page = text(pages / "hiphinge.html")
    for name in set(hiphinge.__all__) - {"__version__"}:
        assert f'id="{name}"' in page, name


def test_numpydoc_is_rendered_not_shown(pages: Path):
    page = text(pages / "hiphinge.html")
    analyse = page[page.index('id="analyse"') : page.index('id="angles_frame"')]
    for heading in ("Parameters", "Returns", "Raises", "Examples"):
        assert re.search(rf"<h\d[^>]*>{heading}</h\d>", analyse)
    assert "own_max_flexion_deg" in html.unescape(analyse)
    shown = re.sub(r'<div class="pdoc-code.*?</div>', "", page, flags=re.DOTALL)
    assert "----------" not in shown


def test_simulate_is_shown_as_the_function_and_its_package_too(pages: Path):
    page = text(pages / "hiphinge.html")
    assert "repetitions" in page[page.index('id="simulate"') :]
    assert 'id="Scenario"' in text(pages / "hiphinge/simulate.html")
    assert 'id="LslPublisher"' in text(pages / "hiphinge/transports/lsl.html")


def test_pages_fetch_nothing(pages: Path):
    for page in pages.rglob("*.html"):
        assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", text(page)) == []
