"""Build the pages of the Python interface: ``python host/docs/build_api.py OUT``, then open OUT/index.html.

Needs pdoc (the extra `docs`). Nothing is fetched, and the pages need no network.
"""

import sys
from pathlib import Path

import pdoc
import pdoc.render

import hiphinge
import hiphinge.programmes
from hiphinge.simulate.quick import simulated

PAGES = (
    "hiphinge",
    "hiphinge.model",
    "hiphinge.simulate",
    "hiphinge.programmes",
    "hiphinge.analysis",
    "hiphinge.engine",
    "hiphinge.transports.lsl",
    "hiphinge.transports.lsl_marks",
)


def build(out: Path) -> None:
    """Write one page for each of `PAGES` and a search index.

    Parameters
    ----------
    out : Path
        A folder, made if need be.
    """
    # What is loaded when asked for: pdoc looks at what is there. And to a reader `hiphinge.simulate` is the function;
    # that it is the package, too, is said on a page of its own.
    for package in (hiphinge, hiphinge.programmes):
        for name in package.__all__:
            found = simulated if getattr(package, name) is hiphinge.simulate else getattr(package, name)
            setattr(package, name, found)
    # What is called comes before what it gives.
    hiphinge.__all__ = sorted(set(hiphinge.__all__) - {"__version__"}, key=lambda name: (name[0].isupper(), name))
    pdoc.render.configure(docformat="numpy", footer_text=f"hiphinge {hiphinge.__version__}")
    specs = [spec for page in PAGES for spec in (page, rf"!{page.replace('.', '[.]')}[.].*")]
    # Each page without the modules below it; a later page may be one of these.
    pdoc.pdoc(*specs, output_directory=out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python host/docs/build_api.py OUT")
    build(Path(sys.argv[1]))
