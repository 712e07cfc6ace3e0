"""Every text is used, every text used is there; every pair of colours is legible (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

from hiphinge.dashboard import texts
from hiphinge.dashboard.texts import TEXTS, refused_page, text, texts_under

FOLDER = Path(texts.__file__).parent
SOURCES = [*FOLDER.glob("*.py"), *FOLDER.glob("pages/*.py")]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in (FOLDER / "static").glob("*.js"))
CSS = (FOLDER / "static" / "theme.css").read_text(encoding="utf-8")
MADE = {
    "train": "down hold up top",
    "finish": "strike restore strike_which restore_which col_set col_compliant col_faulty col_uncertain",
    "open": "col_set col_rep col_verdict col_hip col_bend col_arch",
}


def test_every_text_asked_for_is_there() -> None:
    asked = set(re.findall(r'(?<!element_)text\(\s*"([a-z_0-9.]+)"', CODE))
    assert asked - set(TEXTS) == set()
    in_scripts = set(re.findall(r"(?:texts|words)\.([a-z_]+)", SCRIPTS)) - {"length"}
    assert in_scripts - set(texts_under("canvas.")) == set()


def test_every_text_there_is_is_asked_for() -> None:
    # Keys that are put together, by how they begin: text(f"verdict.{...}").
    begun = set(re.findall(r"""(?<!element_)text\(f["']([a-z_0-9.]+)\{""", CODE)) | {
        "calibrate.check_",
        "guide.",
        "disturbed.",
    }
    # Of these pages only some keys are put together, those of other lists.
    begun -= {"train.", "finish.", "open."}
    made = {f"{page}.{name}" for page, names in MADE.items() for name in names.split()}
    unused = [
        key
        for key in TEXTS
        if f'"{key}"' not in CODE
        and f"'{key}'" not in CODE
        and key not in made
        and not (key.startswith("canvas.") and re.search(rf"\b{key[7:]}\b", SCRIPTS))
        and not key.startswith(("canvas.back_", "canvas.short_", *begun))
    ]
    assert unused == []


def test_texts_are_filled_in_and_words_in_braces_are_known() -> None:
    assert text("train.of", target=10) == "of 10 compliant"
    with pytest.raises(KeyError):
        text("no.such.text")


def test_nobody_is_told_that_anything_is_dangerous() -> None:
    words = " ".join(TEXTS.values()).lower()
    for never in ("danger", "injur", "unsafe", "wrong"):
        assert never not in words


def test_the_page_for_strangers_says_what_to_do() -> None:
    assert "<h1>Not let in</h1>" in refused_page("token")


def _palette(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


LIGHT = _palette(CSS[CSS.index("body {") : CSS.index("body.body--dark {")])
DARK = _palette(CSS[CSS.index("body.body--dark {") : CSS.index(".nicegui-content")])


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        *((ink, "panel", 4.5) for ink in ("ink", "muted", "ok", "fault", "doubt", "accent")),
        *((ink, "ground", 4.5) for ink in ("ink", "muted", "ok", "fault", "doubt", "accent")),
        ("on-accent", "accent", 4.5),
        ("ink", "fault-ground", 4.5),
        ("ink", "doubt-ground", 4.5),
        ("ground", "ink", 4.5),
        # What is drawn: lines, marks, edges of fields, the ring around what has the focus.
        *((mark, "panel", 3.0) for mark in ("hip", "lumbar", "ok", "fault", "rod", "edge", "focus", "muted")),
        ("focus", "ground", 3.0),
        ("ink", "zone", 3.0),
        ("ink", "band", 3.0),
        ("lumbar", "zone", 3.0),
        ("fault", "zone", 3.0),
    ],
)  # fmt: skip
def test_contrast(palette: dict[str, str], ink: str, ground: str, least: float) -> None:
    assert contrast(palette[ink], palette[ground]) >= least


def test_both_themes_have_the_same_names() -> None:
    assert set(LIGHT) == set(DARK)
