"""Verdicts and guide in the page's words: in English those of the terminal; in another language from its table."""

from collections.abc import Mapping
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_view_state import attempt

from hiphinge.app.live import guide
from hiphinge.app.live.notices import NOTICES, notice
from hiphinge.app.live.updates import Disturbed, Notice
from hiphinge.dashboard import texts
from hiphinge.dashboard.reduction import reduce
from hiphinge.dashboard.state import ViewState
from hiphinge.dashboard.told import told_words
from hiphinge.dashboard.words import guide_words, why
from hiphinge.kinematics.disturbances import Disturbance, DisturbanceKind, said
from hiphinge.link.warned import WARNINGS, warned
from hiphinge.model import SEGMENTS, Fault
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


@pytest.mark.parametrize(("prefix", "table"), [("told.", NOTICES), ("warned.", WARNINGS)])
def test_every_notice_has_its_text(prefix: str, table: Mapping[str, str]) -> None:
    """Its words may be the page's own (Ctrl-C is no key there), what is filled in may not."""

    def filled_in(words: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(words) if name}

    found = texts.english_under(prefix)
    assert {key: filled_in(words) for key, words in found.items()} == {
        key: filled_in(words) for key, words in table.items()
    }
    assert not any("Ctrl" in words for words in found.values())


DISTURBANCES = st.builds(
    Disturbance,
    kind=st.sampled_from(get_args(DisturbanceKind)),
    sensor=st.sampled_from(SEGMENTS),
    start_s=st.floats(0, 50),
    end_s=st.floats(50, 99),
    at_s=st.floats(0, 99),
    size=st.floats(0.1, 2000),
    unit=st.sampled_from(["deg", "m/s²", "deg/s"]),
    sd_deg=st.just(1.0),
)


@given(one=DISTURBANCES)
def test_what_disturbed_a_sensor_is_told_as_in_the_terminal(one: Disturbance) -> None:
    told = told_words(Disturbed(one))
    assert f"The {'lower' if one.sensor == 'sacral' else 'upper'} ({one.sensor}) sensor" in told
    plain = told.replace("lower (sacral)", "sacral").replace("upper (thoracic)", "thoracic")
    assert plain == said([one])[0].replace("the ", "The ", 1)


def test_what_is_noticed_is_told_in_the_pages_language(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {
        "told.blocks_left": "{blocks} Blöcke fehlen",
        "warned.long_pause": "{hours} Stunden lang kam nichts",
        "disturbed.slip": "Sensor {sensor} verrutscht um {size} Grad",
        "disturbed_sensor.sacral": "unten",
    }
    monkeypatch.setattr(texts, "TEXTS", {**texts.TEXTS, **table})
    slip = Disturbance("slip", "sacral", 3.0, 4.0, 3.5, 7.2, "deg", 1.0)
    told = [notice("blocks_left", blocks=3), warned(5.0, "long_pause", hours="7"), Disturbed(slip), Notice("E: full")]
    state = ViewState()
    for one in told:
        state = reduce(state, one)
    assert [line.words for line in state.lines] == [
        "3 Blöcke fehlen",
        "7 Stunden lang kam nichts",
        "Sensor unten verrutscht um 7 Grad",
        "E: full",
    ]


def test_what_is_not_recorded_is_urgent() -> None:
    state = reduce(reduce(ViewState(), notice("recording", what="E: full")), notice("samples_stopped"))
    assert [(line.words, line.urgent) for line in state.lines] == [
        ("E: full", True),
        ("Samples have stopped coming although the link stands. Still waiting", False),
    ]


def test_a_translation_is_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {**texts.TEXTS, "guide.train": "kalibriert: los", "why.too_deep": "{value} Grad gebeugt, höchstens {limit}"}
    monkeypatch.setattr(texts, "TEXTS", table)
    assert guide_words("calibrated: off you go") == "kalibriert: los"
    assert guide_words("something new") == "something new"
    deep = Fault("too_deep", 56.0, 50.0, 0.4, 5.0, "bottom")
    assert why(attempt(1, 1, "faulty", (deep,))) == "56.0 Grad gebeugt, höchstens 50"
