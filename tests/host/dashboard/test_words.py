"""Verdicts and guide in the page's words: in English those of the terminal; in another language from its table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_view_state import attempt

from hiphinge.app.live import guide
from hiphinge.dashboard import texts
from hiphinge.dashboard.words import guide_words, why
from hiphinge.model import Fault
from hiphinge.reps.words import reasons

KINDS = ("lumbar_flexion", "lumbar_extension", "too_shallow", "too_deep", "too_fast", "asymmetry")
PHASES = ("down", "bottom", "up", "top")
FAULTS = st.builds(
    Fault,
    kind=st.sampled_from(KINDS),
    value=st.floats(-90, 90),
    limit=st.floats(0.1, 90),
    sd=st.floats(0.01, 5),
    at_s=st.just(5.0),
    phase=st.sampled_from(PHASES),
    advisory=st.booleans(),
)


@given(
    faults=st.lists(FAULTS, max_size=3).map(tuple),
    doubts=st.lists(FAULTS, max_size=3).map(tuple),
    verdict=st.sampled_from(["compliant", "faulty", "uncertain"]),
)
def test_in_english_they_are_the_terminals(faults: tuple[Fault, ...], doubts: tuple[Fault, ...], verdict: str) -> None:
    from dataclasses import replace

    one = replace(attempt(1, 1, verdict, faults), doubts=doubts)
    assert why(one) == reasons(one)


def test_every_sentence_of_the_guide_has_its_text() -> None:
    said = {words for name, words in vars(guide).items() if name.isupper() and isinstance(words, str)}
    assert said == set(texts.english_under("guide.").values())


def test_a_translation_is_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {**texts.TEXTS, "guide.train": "kalibriert: los", "why.too_deep": "{value} Grad gebeugt, höchstens {limit}"}
    monkeypatch.setattr(texts, "TEXTS", table)
    assert guide_words("calibrated: off you go") == "kalibriert: los"
    assert guide_words("something new") == "something new"
    deep = Fault("too_deep", 56.0, 50.0, 0.4, 5.0, "bottom")
    assert why(attempt(1, 1, "faulty", (deep,))) == "56.0 Grad gebeugt, höchstens 50"
