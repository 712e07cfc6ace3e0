"""Where the pods go, drawn: a back seen from behind, with and without a dowel. Our own shapes, no text of anybody."""

from __future__ import annotations

from hiphinge.dashboard.texts import text

_BODY = (
    # head and neck, shoulders, waist, hips, thighs: one outline, symmetrical about x = 150
    "M150 12 C128 12 118 28 118 46 C118 62 126 74 134 80 L134 92 C118 98 88 100 74 112 C62 124 58 160 56 210"
    " L80 214 C84 186 88 166 92 150 C94 178 98 196 98 214 C98 236 88 252 86 280 C84 306 88 330 92 352"
    " L208 352 C212 330 216 306 214 280 C212 252 202 236 202 214 C202 196 206 178 208 150 C212 166 216 186 220 214"
    " L244 210 C242 160 238 124 226 112 C212 100 182 98 166 92 L166 80 C174 74 182 62 182 46 C182 28 172 12 150 12 Z"
)
_UPPER_Y, _LOWER_Y = 196, 286
# Beside a dowel a pod is clear of it, and still on the flat of the back.
_BESIDE = 30


def wearing(with_dowel: bool) -> str:
    """An `svg` element: the back with both pods."""
    x = 150 + (_BESIDE if with_dowel else 0)
    stick = f'<line class="stick" x1="150" y1="20" x2="150" y2="330"/>{_label(150, 60, text("calibrate.dowel"))}'
    return (
        '<svg class="drawing" viewBox="0 0 420 360" xmlns="http://www.w3.org/2000/svg" aria-hidden="true">'
        f'<path class="skin" d="{_BODY}"/>'
        '<path class="faint" d="M150 96 L150 300"/><path class="faint" d="M94 232 Q150 244 206 232"/>'
        f"{stick if with_dowel else ''}"
        f"{_pod(x, _UPPER_Y)}{_pod(x, _LOWER_Y)}"
        f"{_label(x + 18, _UPPER_Y, text('calibrate.upper'))}{_label(x + 18, _LOWER_Y, text('calibrate.lower'))}"
        "</svg>"
    )


def _pod(x: float, y: float) -> str:
    return f'<rect class="pod" x="{x - 15}" y="{y - 19}" width="30" height="38" rx="7"/>'


def _label(x: float, y: float, words: str) -> str:
    return f'<line class="lead-line" x1="{x}" y1="{y}" x2="290" y2="{y}"/><text x="298" y="{y + 5}">{words}</text>'
