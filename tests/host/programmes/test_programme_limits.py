import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.model import Attempt, Verdict
from hiphinge.programmes import (
    LearnedLimits,
    Limits,
    ProgrammeError,
    learn_limits,
    load_programme,
    progress,
    resolve_limits,
)
from hiphinge.programmes.learn import COVERAGE_EACH, MARGIN_FLOOR_DEG, spread_factor

LEARNED = LearnedLimits(lumbar_flexion_max_deg=14.0, lumbar_extension_max_deg=6.0, attempts=8)


def attempt(
    flexion_deg: float = 4.0, extension_deg: float = 1.0, set_number: int = 1, verdict: Verdict = "compliant"
) -> Attempt:
    return Attempt(
        index=1,
        set=set_number,
        start_s=0.0,
        bottom_s=2.0,
        end_s=4.0,
        decided_s=4.2,
        hip_hinge_deg=47.0,
        hip_hinge_sd_deg=0.3,
        trunk_deg=51.0,
        trunk_sd_deg=0.3,
        lumbar_flexion_deg=flexion_deg,
        lumbar_flexion_sd_deg=0.4,
        lumbar_extension_deg=extension_deg,
        lumbar_extension_sd_deg=0.4,
        lumbar_side_bend_deg=0.0,
        lumbar_rotation_deg=0.0,
        lumbar_share=0.08,
        tempo_s=(2.0, 0.4, 1.6, 0.7),
        smoothness_sal=-1.7,
        verdict=verdict,
    )


def sets_of(*verdicts: str) -> list[Attempt]:
    """One string a set, one letter an attempt: c(ompliant), f(aulty), u(ncertain)."""
    words: dict[str, Verdict] = {"c": "compliant", "f": "faulty", "u": "uncertain"}
    return [
        attempt(set_number=number, verdict=words[letter])
        for number, letters in enumerate(verdicts, 1)
        for letter in letters
    ]


@pytest.mark.parametrize(
    ("preset", "own", "learned", "overrides", "flexion_deg", "words"),
    [
        ("strict", None, None, None, 10, "programme assisted, preset strict"),
        ("strict", 62, None, None, 10, "programme assisted, preset strict"),
        ("lenient", None, None, None, 19, "own maximum not known: 42 % of it"),
        ("lenient", 62, None, None, 26.04, "42 % of own maximum 62 deg"),
        ("lenient", 62, LEARNED, None, 14, "learned from 8 approved repetitions"),
        ("lenient", 62, LEARNED, {"lumbar_flexion_max_deg": 12}, 12, "set for this session"),
    ],
)
def test_what_is_nearer_to_the_person_wins(
    preset: str,
    own: float | None,
    learned: LearnedLimits | None,
    overrides: dict[str, float] | None,
    flexion_deg: float,
    words: str,
):
    limits = resolve_limits(load_programme("assisted", preset), own, learned, overrides)
    assert limits.lumbar_flexion_max_deg == pytest.approx(flexion_deg)
    assert words in limits.provenance["lumbar_flexion_max_deg"]
    assert limits.lumbar_extension_max_deg == (8 if learned is None else 6)


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"lumbar_flexion_max_dg": 12}, 'did you mean "lumbar_flexion_max_deg"?'),
        ({"depth_on": 1}, "not known"),
        ({"lumbar_flexion_max_deg": math.nan}, "not possible"),
        ({"eccentric_min_s": math.inf}, "not possible"),
        ({"lumbar_extension_max_deg": -8}, "0 or more"),
        ({"depth_min_deg": 50}, "not below depth_max_deg"),
        ({"depth_max_deg": None}, "cannot be none"),
    ],
)
def test_impossible_overrides_are_refused(overrides: dict[str, float], says: str):
    with pytest.raises(ProgrammeError, match=says):
        resolve_limits(load_programme("assisted"), overrides=overrides)


@pytest.mark.parametrize("own", [0.0, -3.0, math.nan, math.inf])
def test_impossible_own_maximum_is_refused(own: float):
    with pytest.raises(ProgrammeError, match="own maximum"):
        resolve_limits(load_programme("assisted"), own)


def test_limits_survive_json():
    limits = resolve_limits(load_programme("assisted", "lenient"), 62, overrides={"side_bend_max_deg": 12})
    back = Limits.from_dict({**json.loads(json.dumps(limits.to_dict())), "a_later_key": 1})
    assert back == limits
    assert back.provenance == limits.provenance
    assert back.advisory == frozenset()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"depth_on": "knee"}, "depth_on"),
        ({"advisory": ["slow"]}, '"slow" is not known'),
        ({"depth_min_deg": "45"}, "not a number"),
    ],
)
def test_saved_limits_are_checked(change: dict[str, object], says: str):
    saved = resolve_limits(load_programme("assisted")).to_dict()
    with pytest.raises(ProgrammeError, match=says):
        Limits.from_dict({**saved, **change})
    del saved["depth_max_deg"]
    with pytest.raises(ProgrammeError, match=r"incomplete.*depth_max_deg"):
        Limits.from_dict(saved)


def test_limits_alone_do_not_load_pydantic_or_scipy():
    code = "import sys; from hiphinge.programmes import Limits; print({'pydantic', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_spread_factor_is_the_one_sided_prediction_limit():
    # Student's t at 97.5 %: 2.776 with 4, 2.262 with 9, 2.045 with 29 degrees of freedom (any printed table).
    assert [spread_factor(n) for n in (5, 10, 30)] == pytest.approx(
        [2.776 * math.sqrt(6 / 5), 2.262 * math.sqrt(11 / 10), 2.045 * math.sqrt(31 / 30)], abs=2e-3
    )


def test_learned_limits_hold_the_next_repetition_as_often_as_promised():
    rng = np.random.default_rng(1)
    # sd 4 deg so that the floor is not what is tested; 10 repetitions learned from, one judged.
    sets = rng.normal(12.0, 4.0, size=(4000, 11))
    held = [
        row[10] <= learn_limits([attempt(flexion_deg=value) for value in row[:10]]).lumbar_flexion_max_deg
        for row in sets
    ]
    # 4000 draws: sd of the share is 0.25 %, so 1 % is four of them.
    assert np.mean(held) == pytest.approx(COVERAGE_EACH, abs=0.01)


@given(st.lists(st.floats(0, 60), min_size=5, max_size=20))
def test_learned_limit_is_above_the_mean_by_the_floor_and_says_so(flexion_deg: list[float]):
    learned = learn_limits([attempt(flexion_deg=value, extension_deg=2.0) for value in flexion_deg])
    assert learned.lumbar_flexion_max_deg >= np.mean(flexion_deg) + MARGIN_FLOOR_DEG - 1e-9
    assert learned.lumbar_extension_max_deg == pytest.approx(2.0 + MARGIN_FLOOR_DEG)
    assert learned.provenance["lumbar_extension_max_deg"] == (
        f"learned from {len(flexion_deg)} approved repetitions: mean 2.0 + 5.0 deg"
    )


def test_learning_leaves_out_isolated_bends_and_unmeasured_repetitions():
    good = [attempt() for _ in range(5)]
    odd = [attempt(flexion_deg=60, set_number=0), attempt(flexion_deg=math.nan), attempt(extension_deg=math.nan)]
    assert learn_limits(good + odd) == learn_limits(good)
    with pytest.raises(ProgrammeError, match="4 usable repetitions; record at least 5"):
        learn_limits(good[:4] + odd)


@pytest.mark.parametrize(
    ("sets", "move_on", "sentence"),
    [
        (["c" * 10] * 3, True, "Looks good: 30 of 30 repetitions in the last 3 sets stayed within your set range"),
        (["c" * 8 + "ff"] * 3, True, "24 of 30"),
        (["c" * 8 + "ff", "c" * 8 + "ff", "c" * 7 + "fff"], False, "Not yet: 23 of 30"),
        (["c" * 8 + "uu", "c" * 8 + "uu", "c" * 7 + "uuf"], False, "6 more too near a limit to call"),
        (["f" * 10, "c" * 10, "c" * 10, "c" * 10], True, "30 of 30"),
        (["c" * 10] * 2, False, "Not yet: 2 sets done, the rule looks at the last 3."),
        (["c" * 10, "c" * 9, "c" * 10], False, "Not yet: set 2 has 9 of 10 repetitions."),
        ([], False, "Not yet: 0 sets done"),
    ],
)
def test_looks_good_move_on(sets: list[str], move_on: bool, sentence: str):
    result = progress(load_programme("assisted"), [*sets_of(*sets), attempt(set_number=0, verdict="faulty")])
    assert result.move_on is move_on
    assert sentence in result.sentence
    assert ("Move on to unassisted." in result.sentence) is move_on
    assert result.next_programme == "unassisted"
    assert result.attempts == result.compliant + result.uncertain + result.faulty


def test_after_the_last_programme_there_is_none():
    result = progress(load_programme("loaded-split-rdl"), sets_of(*["c" * 10] * 3))
    assert (result.move_on, result.next_programme) == (True, None)
    assert result.sentence.endswith("No programme comes after this one.")


@given(st.lists(st.text("cfu", min_size=10, max_size=12), min_size=3, max_size=5), st.data())
def test_a_better_attempt_never_costs_the_next_programme(sets: list[str], data: st.DataObject):
    programme = load_programme("assisted")
    before = progress(programme, sets_of(*sets))
    number = data.draw(st.integers(0, len(sets) - 1))
    place = data.draw(st.integers(0, len(sets[number]) - 1))
    sets[number] = sets[number][:place] + "c" + sets[number][place + 1 :]
    after = progress(programme, sets_of(*sets))
    assert after.move_on or not before.move_on
    assert after.move_on == (after.compliant_share >= 0.8 - 1e-12)
