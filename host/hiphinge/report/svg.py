"""matplotlib behind one function: draw on a figure, get inline SVG that a strict Content-Security-Policy accepts."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any
from xml.etree import ElementTree

from hiphinge.report.style import INK, RULE, SOFT
from hiphinge.report.svg_text import attributes, drop_unseen, local, own_ids, say_once

Draw = Callable[[Any], None]

_RC: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same layout everywhere, wider than screens' fonts
    "font.size": 8,
    "text.color": INK,
    "text.parse_math": False,
    "axes.facecolor": "none",
    "axes.edgecolor": RULE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 8,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 5,
    "axes.labelsize": 8,
    "axes.unicode_minus": True,
    "grid.color": RULE,
    "grid.linewidth": 0.4,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "hatch.linewidth": 0.5,
    "svg.fonttype": "none",  # text stays text: small, sharp, searchable
    "svg.hashsalt": "hiphinge",  # ids without chance: the same input gives the same file
    "path.simplify": True,
    "path.simplify_threshold": 0.1,  # a tenth of a point: below what a printer shows
}


def inline_svg(key: str, title: str, description: str, size_in: tuple[float, float], draw: Draw) -> str:
    """Draw a figure as an `svg` element without styles, scripts or outside references.

    Parameters
    ----------
    key : str
        Unique on the page: ids within begin with it.
    title, description : str
        For those who cannot see it.
    size_in : (width, height)
        In inches; the page scales it.
    draw : callable
        Takes the matplotlib figure.

    Returns
    -------
    str
    """
    # Untyped in part: loaded by name, typed by `Draw`.
    matplotlib: Any = import_module("matplotlib")
    figures: Any = import_module("matplotlib.figure")
    backend: Any = import_module("matplotlib.backends.backend_svg")
    # A first run announces that it collects the system's fonts, of which none is used here.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    written = io.BytesIO()
    with matplotlib.rc_context(_RC):
        figure = figures.Figure(figsize=size_in)
        backend.FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        draw(figure)
        figure.savefig(written, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _cleaned(written.getvalue(), key, title, description)


def _cleaned(svg: bytes, key: str, title: str, description: str) -> str:
    root = ElementTree.fromstring(svg)
    for parent in root.iter():
        for child in list(parent):
            if local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = local(element.tag)
        element.attrib = attributes(element.attrib)
        element.tail = None
        if element.tag != "text":
            element.text = None
    drop_unseen(root)
    own_ids(root, key)
    say_once(root)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{key}-t {key}-d",
        # What matplotlib says in a style sheet of its own.
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    for at, (tag, text) in enumerate((("title", title), ("desc", description))):
        said = ElementTree.Element(tag, {"id": f"{key}-{tag[0]}"})
        said.text = text
        root.insert(at, said)
    return ElementTree.tostring(root, encoding="unicode")
