"""A link as a QR code."""

from __future__ import annotations

from typing import Any, cast

# A link of some 60 characters; a quarter of the code may be hidden by a reflection and it is still read.
_CORRECTION = "q"


def qr_svg(link: str) -> str:
    """An `svg` element: dark on white in both themes, as readers want it."""
    import segno  # only where sharing is asked for

    made = cast("Any", segno).make(link, error=_CORRECTION, micro=False)
    return str(made.svg_inline(border=2, dark="#000", light="#fff", omitsize=True))
