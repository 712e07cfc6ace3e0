"""Verdicts around each limit, and their words."""

from dataclasses import replace

import pytest
from drawn import GOOD, extreme, good_but
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.model import Fault
from hiphinge.programmes.limits import Limits
from hiphinge.reps.attempts import attempt
from hiphinge.reps.judge import CERTAINTY, TEMPO_SD_S, judge
from hiphinge.reps.measure import Measured
from hiphinge.reps.words import reason, reasons

STRICT = Limits(
    depth_on="hip_hinge",
    depth_min_deg=45.0,
    depth_max_deg=50.0,
    depth_grace_deg=3.0,
    lumbar_flexion_max_deg=10.0,
    lumbar_extension_max_deg=8.0,
    eccentric_min_s=1.5,
    concentric_min_s=1.0,
    side_bend_max_deg=10.0,
    rotation_max_deg=12.0,
)
SD = 0.5

# kind, field, limit, which way is beyond it, sign of the value itself
AROUND = [
    ("lumbar_flexion", "flexion", 10.0, 1, 1),
    ("lumbar_extension", "extension", 8.0, 1, 1),
    ("too_shallow", "hip_hinge", 42.0, -1, 1),
    ("too_deep", "hip_hinge", 53.0, 1, 1),
    ("asymmetry", "side_bend", 10.0, 1, 1),
    ("asymmetry", "side_bend", 10.0, 1, -1),
    ("asymmetry", "rotation", 12.0, 1, 1),
    ("asymmetry", "rotation", 12.0, 1, -1),
]
# How many sigma beyond the limit, and what follows.
VERDICTS = [
    (-8.0, "compliant"),
    (-1.7, "compliant"),
    (-1.6, "uncertain"),
    (0.0, "uncertain"),
    (1.6, "uncertain"),
    (1.7, "faulty"),
    (8.0, "faulty"),
]


@pytest.mark.parametrize(("sigmas", "verdict"), VERDICTS)
@pytest.mark.parametrize(("kind", "field", "limit", "way", "sign"), AROUND)
def test_around_each_limit(
    kind: str, field: str, limit: float, way: int, sign: int, sigmas: float, verdict: str
) -> None:
    value = sign * (limit + way * sigmas * SD)
    found, faults, doubts = judge(good_but(**{field: extreme(value, SD, "up")}), STRICT)
    assert found == verdict
    listed = {"faulty": faults, "uncertain": doubts, "compliant": ()}[verdict]
    assert [one.kind for one in (*faults, *doubts)] == [one.kind for one in listed]
    for one in listed:
        assert (one.kind, one.value, one.limit, one.sd, one.phase) == (kind, value, limit, SD, "up")
        assert not one.advisory


@pytest.mark.parametrize(("sigmas", "verdict"), VERDICTS)
@pytest.mark.parametrize(("field", "limit", "phase"), [("eccentric_s", 1.5, "down"), ("concentric_s", 1.0, "up")])
def test_around_the_tempo(field: str, limit: float, phase: str, sigmas: float, verdict: str) -> None:
    found, faults, doubts = judge(good_but(**{field: limit - sigmas * TEMPO_SD_S}), STRICT)
    assert found == verdict
    assert [(one.kind, one.phase) for one in (*faults, *doubts)] == [("too_fast", phase)] * (verdict != "compliant")


def test_tempo_in_a_disturbed_stretch_is_never_a_certain_fault() -> None:
    verdict, faults, doubts = judge(good_but(eccentric_s=0.8, eccentric_sd_s=0.6), STRICT)
    assert (verdict, faults) == ("uncertain", ())
    assert [one.kind for one in doubts] == ["too_fast"]
    assert judge(good_but(eccentric_s=0.8), STRICT)[0] == "faulty"


def test_depth_may_be_judged_on_the_trunk() -> None:
    deep_trunk = good_but(trunk=extreme(60.0))
    assert judge(deep_trunk, STRICT)[0] == "compliant"
    found, faults, _ = judge(deep_trunk, replace(STRICT, depth_on="trunk"))
    assert found == "faulty" and [one.kind for one in faults] == ["too_deep"]


def test_no_limit_no_fault() -> None:
    none = Limits("hip_hinge", 0.0, 180.0, 0.0, None, None)
    assert judge(good_but(flexion=extreme(60), extension=extreme(40), eccentric_s=0.1), none)[0] == "compliant"


def test_a_certain_fault_outweighs_a_doubt() -> None:
    found, faults, doubts = judge(good_but(flexion=extreme(16, SD), extension=extreme(8.1, SD)), STRICT)
    assert found == "faulty"
    assert [one.kind for one in faults] == ["lumbar_flexion"]
    assert [one.kind for one in doubts] == ["lumbar_extension"]


@pytest.mark.parametrize(("value", "listed"), [(16.0, 1), (10.1, 1), (5.0, 0)])
def test_advice_is_listed_and_does_not_count(value: float, listed: int) -> None:
    advisory = replace(STRICT, advisory=frozenset({"lumbar_flexion"}))
    found, faults, doubts = judge(good_but(flexion=extreme(value, SD)), advisory)
    assert found == "compliant"
    assert [one.advisory for one in (*faults, *doubts)] == [True] * listed
    assert judge(good_but(flexion=extreme(value, SD), extension=extreme(12, SD)), advisory)[0] == "faulty"


@given(st.floats(-30, 60), st.floats(0.01, 5))
def test_more_certainty_never_turns_good_into_bad(value: float, sd: float) -> None:
    wide = judge(good_but(flexion=extreme(value, sd)), STRICT)[0]
    narrow = judge(good_but(flexion=extreme(value, sd / 2)), STRICT)[0]
    assert narrow == wide or wide == "uncertain"
    assert (wide == "faulty") == (value - 10 > CERTAINTY * sd)


# --- words ----------------------------------------------------------------------------------------------------------


def fault(kind: str, value: float, limit: float, phase: str, advisory: bool = False) -> Fault:
    return Fault(kind, value, limit, 0.4, 3.0, phase, advisory)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            fault("lumbar_flexion", 14.21, 10.0, "bottom"),
            "bent the lower back 14.2 deg near the bottom; your limit is 10",
        ),
        (
            fault("lumbar_extension", 12.0, 8.5, "top"),
            "arched the lower back 12.0 deg past neutral at the top; your limit is 8.5",
        ),
        (fault("too_shallow", 35.04, 42.0, "bottom"), "hinged 35.0 deg; at least 42 is asked for"),
        (fault("too_deep", 60.0, 53.0, "bottom"), "hinged 60.0 deg; at most 53 is asked for"),
        (fault("too_fast", 0.83, 1.5, "down"), "went down in 0.8 s; at least 1.5 s is asked for"),
        (fault("too_fast", 0.4, 1.0, "up"), "went up in 0.4 s; at least 1 s is asked for"),
        (
            fault("asymmetry", -14.0, 10.0, "up"),
            "leaned or turned 14.0 deg to one side on the way up; your limit is 10",
        ),
    ],
)
def test_a_fault_in_plain_words(one: Fault, words: str) -> None:
    assert reason(one) == words


def told(measured: Measured, limits: Limits = STRICT) -> str:
    return reasons(attempt(1, measured, limits, 6.0))


def test_reasons_of_an_attempt() -> None:
    assert told(GOOD) == ""
    both = told(good_but(flexion=extreme(14.2, SD), extension=extreme(8.1, SD)))
    assert both.startswith("bent the lower back 14.2 deg near the bottom")
    assert "8.1" not in both  # one certain fault is enough
    doubt = told(good_but(extension=extreme(8.1, SD, "top")))
    assert doubt.startswith("too near to call: arched the lower back 8.1 deg") and "your limit is 8" in doubt
    advice = told(good_but(flexion=extreme(16.0, SD)), replace(STRICT, advisory=frozenset({"lumbar_flexion"})))
    assert "(advice" in advice


@given(st.sampled_from(AROUND), st.floats(-20, 20))
def test_no_word_of_danger(case: tuple[str, str, float, int, int], sigmas: float) -> None:
    _, field, limit, way, sign = case
    said = told(good_but(**{field: extreme(sign * (limit + way * sigmas * SD), SD)}))
    assert not any(word in said for word in ("danger", "injur", "unsafe", "nan"))


# --- an attempt is what was measured --------------------------------------------------------------------------------


def test_an_attempt_carries_the_measures() -> None:
    one = attempt(4, good_but(flexion=extreme(-2.0), extension=extreme(3.0, 0.7, "top")), STRICT, 6.25)
    assert (one.index, one.decided_s, one.start_s, one.bottom_s, one.end_s) == (4, 6.25, 1.0, 3.0, 4.8)
    assert one.lumbar_flexion_deg == 0.0  # never flexed: no negative flexion
    assert (one.lumbar_extension_deg, one.lumbar_extension_sd_deg) == (3.0, 0.7)
    assert one.tempo_s == (2.0, 0.3, 1.5, None)
    assert one.verdict == "compliant"
