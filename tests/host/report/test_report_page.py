"""The page: self-contained, locked down, escaped, accessible, small, and honest."""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from report_sessions import Page, demo_session, page, repeated

from hiphinge.model import SessionMeta
from hiphinge.report.content import ReportSession
from hiphinge.report.page import report_html

HOSTILE = (
    "<script>alert(1)</script>",
    "\" onload='x' style=\"color:red",
    "</style><img src=//x onerror=y>",
    "{{ 7*7 }}{% raw %}&lt;",
    "]]><svg onload=z>",
)


def with_meta(session: ReportSession, **values: object) -> ReportSession:
    return replace(session, recording=replace(session.recording, meta=SessionMeta(**values)))  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["one", "two", "many"])
def html(request: pytest.FixtureRequest) -> str:
    sessions = {"one": (demo_session(),), "two": (demo_session(), demo_session(1)), "many": (repeated(7),)}
    return page(*sessions[request.param])


def test_nothing_runs_and_nothing_is_fetched(html: str):
    read = Page(html)
    tags = {tag for tag, _ in read.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "base", "form", "image", "foreignobject"}
    for tag, attributes in read.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")], tag
        for name in ("href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
        for value in attributes.values():
            assert "url(" not in (value or "") or re.fullmatch(r"url\(#[\w-]+\)", value or "")
    assert "://" not in html and "@import" not in read.style and "url(" not in read.style


def test_the_policy_allows_this_style_sheet_only(html: str):
    read = Page(html)
    (policy,) = [one["content"] for one in read.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(read.style.encode()).digest()).decode()
    assert policy is not None and len(read.all("style")) == 1
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]
    assert "unsafe" not in policy and "\r" not in read.style


def test_ids_are_unique_and_references_lead_somewhere(html: str):
    read = Page(html)
    ids = [one["id"] for _, one in read.elements if "id" in one]
    assert len(ids) == len(set(ids))
    wanted = [(one.get("href") or "")[1:] for _, one in read.elements if one.get("href")]
    wanted += [name for _, one in read.elements for name in (one.get("aria-labelledby") or "").split()]
    wanted += re.findall(r"url\(#([^)]+)\)", html)
    assert set(wanted) <= set(ids)


def test_it_can_be_read_without_seeing(html: str):
    read = Page(html)
    assert read.all("html")[0]["lang"] == "en" and {"charset": "utf-8"} in read.all("meta")
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all("scope" in one for one in read.all("th"))
    figures = [one for one in read.all("svg") if one.get("role") == "img"]
    assert len(figures) >= 10
    assert all(len((one.get("aria-labelledby") or "").split()) == 2 for one in figures)
    assert all(one.get("role") == "img" or one.get("aria-hidden") == "true" for one in read.all("svg"))


def saying(text: str) -> ReportSession:
    """A session in which every text a file could hold is `text`."""
    session = with_meta(
        demo_session(), person=text, notes=text, stance=text, device={text: text}, source_rates_hz={text: 1.0}
    )
    return replace(
        session,
        name=text,
        limits=replace(session.limits, provenance={"depth_min_deg": text}),
        programme=text,
        programme_title=text,
        preset=text,
        calibration_from=text,
        progress=text,
        warnings=(text,),
        recording=replace(session.recording, source=text),
    )


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("several", [1, 2])
def test_whatever_files_say_stays_text(hostile: str, several: int):
    spoilt, clean = (Page(page(*[saying(text)] * several)) for text in (hostile, "harmless"))
    assert [tag for tag, _ in spoilt.elements] == [tag for tag, _ in clean.elements]
    assert [sorted(one) for _, one in spoilt.elements] == [sorted(one) for _, one in clean.elements]
    assert spoilt.text.count(hostile) >= 10


def test_bytes_that_are_no_text_and_long_notes_do_no_harm():
    html = page(with_meta(replace(demo_session(), name="a\udcff\x00"), notes="x" * 10_000_000, person="\ud800"))
    assert len(html.encode("utf-8")) < 200_000 and "\x00" not in html


def test_figures_hold_no_text_of_files():
    html = page(with_meta(replace(demo_session(), name="Zebra"), person="Zebra"), replace(demo_session(), name="Zebra"))
    assert "Zebra" in html
    assert not [svg for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL) if "Zebra" in svg]


def test_the_summary_comes_first_and_counts():
    text = " ".join(Page(page()).text.split())
    assert "5 of 10 repetitions stayed within the set range" in text
    assert text.index("Summary") < text.index("lower back bent past its limit") < text.index("Angles over time")
    for words in ("Limits used", "45 to 50°, with 3° of grace", "No samples are missing", "hiphinge 0.0.test",
                  "What the words mean", "They do not see the head", "no medical device"):  # fmt: skip
        assert words in text, words


def test_no_alarming_words_and_no_claims(html: str):
    assert not re.search(r"danger|unsafe|injur|safe\b|healthy|cure|p-value|significan", Page(html).text, re.IGNORECASE)


def test_gaps_are_said_and_drawn():
    session = demo_session()
    lumbar = session.analysis.angles.lumbar_flexion_deg.copy()
    lumbar[1000:1150] = np.nan
    angles = replace(session.analysis.angles, lumbar_flexion_deg=lumbar)
    html = page(replace(session, analysis=replace(session.analysis, angles=angles, missing_samples=150)))
    text = " ".join(Page(html).text.split())
    assert "lack a sample of at least one sensor" in text and "the longest 1.51 s" in text and "no data" in text
    assert "no data" not in Page(page()).text


def test_a_session_without_any_bend_still_makes_a_page():
    session = demo_session()
    empty = replace(session, analysis=replace(session.analysis, attempts=()))
    assert "No repetitions were found" in Page(page(empty)).text
    assert "Side by side" in Page(page(session, empty)).text


def test_angles_nobody_knows_still_make_a_page():
    session = demo_session()
    angles = session.analysis.angles
    unknown = np.full(len(angles.time_s), np.nan)
    values = {name: unknown for name in angles.__dataclass_fields__ if name != "time_s"}
    html = page(replace(session, analysis=replace(session.analysis, angles=replace(angles, **values))))
    assert "All repetitions" in html


def test_trunk_depth_and_missing_limits_are_drawn_as_such():
    limits = replace(demo_session().limits, depth_on="trunk", lumbar_flexion_max_deg=None, eccentric_min_s=None)
    html = page(replace(demo_session(), limits=limits))
    assert "(trunk)" in html and "no limit" in html and "bend limit" not in html


def test_an_hour_stays_under_a_megabyte_and_shows_its_peak():
    session = repeated(62)  # 61 minutes, 620 repetitions
    lumbar = session.analysis.angles.lumbar_flexion_deg.copy()
    lumbar[200_000] = 61.7  # one sample
    angles = replace(session.analysis.angles, lumbar_flexion_deg=lumbar)
    assert angles.time_s[-1] > 3600
    tall = page(replace(session, analysis=replace(session.analysis, angles=angles)))
    assert len(tall.encode()) < 1_000_000
    # The axis was made for the peak, and one point of the curve stands up there: 61.7 deg is 1.2 pt above 60, whose
    # label hangs 2.6 pt below its place.
    (svg,) = re.findall(r'<svg[^>]*aria-labelledby="s0w-t.*?</svg>', tall, re.DOTALL)
    ticks = {one: float(y) for y, one in re.findall(r'y="([\d.]+)"[^>]*>(−?\d+)</text>', svg)}
    assert "60" in ticks and heights(svg, ticks["60"] - 5, ticks["60"] - 3) == 1


def heights(svg: str, top: float, bottom: float) -> int:
    """How many points of curves lie between two heights, in the lower plot."""
    count = 0
    for path in re.findall(r' d="(M[^"]*)"', svg):
        y = 0.0
        for command, rest in re.findall(r"([Ml])([^Mlz]*)", path):
            numbers = [float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
            for at in numbers[1::2]:
                y = at if command == "M" else y + at
                count += len(path) > 5000 and top < y < bottom
    return count


def test_equal_input_gives_an_equal_page():
    assert page() == page()


def test_a_report_of_nothing_is_refused():
    with pytest.raises(ValueError, match="needs a session"):
        report_html((), None, {})  # type: ignore[arg-type]


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_every_text_colour_has_contrast_aa(html: str):
    colours = set(re.findall(r"<text[^>]*fill=\"(#[0-9a-fA-F]{6})\"", html))
    colours |= set(re.findall(r"--(?:ink|soft):(#[0-9a-f]{6})", html))
    assert len(colours) >= 3
    for colour in colours:
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour
