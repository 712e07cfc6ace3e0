"""The parts list and the figures: complete, sourced, and within the price."""

import re
import shutil

import pytest

from hiphinge_hardware import bom, figures, meter, readme, sheet

PARTS = bom.load()


def test_everything_costs_less_than_100_dollars_as_an_estimate():
    assert 60 < bom.total_estimate_usd(PARTS) < 100


def test_every_part_has_a_number_or_says_that_any_will_do():
    for part in PARTS:
        assert part.quantity > 0
        assert part.unit_price_estimate_usd > 0
        assert part.price_from in ("cited", "estimate")
        assert part.verified in ("yes", "partly", "no")
        assert part.makers_number
        # Who says yes says where it was read.
        assert part.verified == "no" or part.number_from.startswith("https://"), part.part


def test_parts_that_matter_for_safety_were_looked_up_and_have_an_alternative():
    by_ref = {part.ref: part for part in PARTS}
    for ref in ("U1", "U2 U3", "BT1", "D2 D3"):
        assert by_ref[ref].verified == "yes"
        assert by_ref[ref].alternatives
        assert by_ref[ref].must_match


def test_there_are_as_many_parts_as_references():
    for part in PARTS:
        if part.ref[0] not in "HX":
            assert part.quantity == len(part.ref.split())


def test_no_reference_is_given_twice():
    refs = [ref for part in PARTS for ref in part.ref.split()]
    assert len(refs) == len(set(refs))


@pytest.mark.parametrize("figure", figures.load().values(), ids=lambda figure: figure.name)
def test_every_figure_says_where_it_comes_from(figure):
    assert figure.sure in figures.SURENESS
    assert len(figure.source) > 15


def test_the_readme_and_the_wearers_sheet_are_current():
    path = figures.HARDWARE / "README.md"
    assert path.read_text(encoding="utf-8") == readme.filled(), "run python hardware/make.py"
    path = figures.HARDWARE / "wearer-sheet.html"
    assert path.read_text(encoding="utf-8") == sheet.page(), "run python hardware/make.py"


def test_the_expected_readings_of_the_bring_up_sheet_are_current():
    assert meter.TARGET.read_text(encoding="utf-8") == meter.text(), "run python hardware/make.py"


def test_the_readme_says_that_nothing_was_built_and_links_to_files_that_exist():
    text = readme.filled()
    assert "has been built or tested physically" in text[:900]
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (figures.HARDWARE / target).exists(), target


def test_the_sheet_tells_the_wearer_what_keeps_them_safe():
    words = sheet.page()
    for needed in (
        "Never charge it while you wear it",
        "dimples",
        "Take it off",
        "not a medical device",
        "outside your set range",
    ):
        assert needed in words
    assert "dangerous" not in words


def test_the_sheets_lights_are_the_firmwares(firmware_policies):
    assert [state for state, *_ in sheet.LIGHT] == list(range(len(firmware_policies._LED)))
    for state, period_s, lit_s, _ in sheet.LIGHT:
        seen = [firmware_policies.led_lit(state, at_ms) for at_ms in range(0, 12_000, 10)]
        assert sum(seen) / len(seen) == pytest.approx(lit_s / period_s, abs=1e-3)
        period = int(period_s * 100)
        assert seen[period:] == seen[:-period]
        assert any(seen[k:] != seen[:-k] for k in (period // 2,))


def test_the_sheet_is_one_page_of_a4(tmp_path):
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no Chromium here: the wearer's sheet is not printed")
    sheet.print_pdf(tmp_path / "sheet.pdf")
    content = (tmp_path / "sheet.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert box is not None
    # 210 x 297 mm in points.
    assert [float(side) for side in box.groups()] == pytest.approx([595.3, 841.9], abs=1)
