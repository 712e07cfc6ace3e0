"""Figures become plain SVG: no styles, no clashes, the same lines in fewer characters."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.report.axes import clock, even_ticks, time_ticks
from hiphinge.report.svg import inline_svg
from hiphinge.report.svg_text import attributes, say_once, short_path


def draw(figure: Any) -> None:
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.plot([0, 1, 2], [0, 5, 1], marker="o", label="a")
    axes.axvspan(0.5, 0.7, hatch="//", alpha=0.2)
    axes.set_title("tilt & <turn>", fontweight="bold")


def test_no_styles_and_ids_of_its_own():
    svg = inline_svg("k1", "A title", "Words <b>", (3, 2), draw)
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        assert not {"style", "class", "onload"} & set(element.attrib)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids)) and all(one.startswith("k1-") for one in ids)
    references = re.findall(r'(?:url\(#|href="#)([^)"]+)', svg)
    assert references and set(references) <= set(ids)
    assert [root[at].tag for at in (0, 1)] == ["title", "desc"]
    assert root[1].text == "Words <b>" and "&lt;b&gt;" in svg
    assert root.attrib["aria-labelledby"].split() == [root[0].attrib["id"], root[1].attrib["id"]]
    assert "<metadata" not in svg and "<style" not in svg and "http" not in svg


def test_text_stays_text_and_bold():
    root = ElementTree.fromstring(inline_svg("k", "t", "d", (3, 2), draw))
    (title,) = [one for one in root.iter("text") if one.text == "tilt & <turn>"]
    assert title.attrib["font-weight"] == "700" and float(title.attrib["font-size"].rstrip("px")) == 8


def test_the_same_figure_is_the_same_text():
    assert inline_svg("k", "t", "d", (3, 2), draw) == inline_svg("k", "t", "d", (3, 2), draw)


coordinates = st.floats(-2000, 2000).map(lambda value: round(value, 6))


@given(st.lists(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=14), min_size=1, max_size=4))
def test_short_paths_lead_to_the_same_places(parts: list[list[tuple[float, float]]]):
    long = " ".join("M " + " L ".join(f"{x:.6f} {y:.6f}" for x, y in part) + " z" for part in parts)
    short = short_path(long)
    assert len(short) <= len(long)
    step = 10 if len(long) > 600 else 1  # hundredths
    places = [(step * round(100 * x / step), step * round(100 * y / step)) for part in parts for x, y in part]
    assert walked(short) == places


def walked(path: str) -> list[tuple[int, int]]:
    """Read M, l and z as SVG does, in hundredths."""
    places: list[tuple[int, int]] = []
    for command, rest in re.findall(r"([Mlz])([^Mlz]*)", path):
        numbers = [round(100 * float(one)) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            places.append((x, y) if command == "M" else (places[-1][0] + x, places[-1][1] + y))
    return places


def test_curves_keep_their_commands():
    assert short_path("M 0 0.0001 \nC 1 2 3.123456 4 5 6 z") == "M 0 0 C 1 2 3.12 4 5 6 z"


def test_styles_become_attributes():
    given_style = {"style": "fill: none; stroke: #d55e00; stroke-width: 0.7; font-family: x"}
    assert attributes(given_style) == {"fill": "none", "stroke": "#d55e00", "stroke-width": "0.7"}


def test_what_all_say_the_group_says_but_never_instead_of_its_own():
    root = ElementTree.fromstring(
        '<svg><g clip-path="url(#a)"><path clip-path="url(#b)" fill="x"/><path clip-path="url(#b)" fill="x"/></g>'
        '<g><g><use fill="y" x="1"/><use fill="z" x="2"/></g></g></svg>'
    )
    say_once(root)
    assert ElementTree.tostring(root, encoding="unicode") == (
        '<svg><g clip-path="url(#a)" fill="x"><path clip-path="url(#b)" /><path clip-path="url(#b)" /></g>'
        '<use fill="y" x="1" /><use fill="z" x="2" /></svg>'
    )


@pytest.mark.parametrize(
    ("span_s", "labels"),
    [
        ((0, 40), ["0", "10", "20", "30", "40"]),
        ((95, 148), ["1:40", "1:50", "2:00", "2:10", "2:20"]),
        ((0, 4000), ["0:00", "15:00", "30:00", "45:00", "1:00:00"]),
        ((0, 100_000), ["0:00", "6:00:00", "12:00:00", "18:00:00", "24:00:00"]),
    ],
)
def test_times_have_round_ticks(span_s: tuple[float, float], labels: list[str]):
    assert time_ticks(*span_s, 7 if span_s[1] < 1000 else 6)[1] == labels


def test_clock_and_even_ticks():
    assert [clock(at) for at in (0, 59.6, 61, -3, 7325)] == ["0:00", "1:00", "1:01", "-0:03", "2:02:05"]
    assert even_ticks(-12, 63, 6) == [0, 20, 40, 60]
