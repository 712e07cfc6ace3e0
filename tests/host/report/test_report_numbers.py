"""Means and differences with honest uncertainty."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from report_sessions import demo_session

from hiphinge.model import Attempt, Fault
from hiphinge.report.comparison import cautions, count_rows, measure_rows
from hiphinge.report.numbers import MEASURES, Estimate, counts_by_fault, difference, estimate, share_difference
from hiphinge.report.trend import PANELS
from hiphinge.report.trend import _finish as finish
from hiphinge.report.words import decimal, plain, tempo, why

HINGE = MEASURES[0]


def attempts(values: list[float], sd: float = 0.5) -> list[Attempt]:
    one = demo_session().analysis.attempts[0]
    return [replace(one, hip_hinge_deg=value, hip_hinge_sd_deg=sd) for value in values]


def test_scatter_averages_out_and_the_common_error_does_not():
    few, many = (estimate(attempts([46, 48] * n), HINGE) for n in (2, 50))
    assert few is not None and many is not None
    assert few.mean == many.mean == 47
    assert few.sd > many.sd > 0.5  # the zero of a session is wrong for all its repetitions alike
    assert many.sd == pytest.approx(0.5, abs=0.02)


def test_unknown_values_are_left_out():
    found = estimate(attempts([np.nan, 40, np.nan]), HINGE)
    assert found is not None and (found.mean, found.spread, found.count) == (40, 0, 1)
    assert estimate(attempts([np.nan]), HINGE) is None


def test_differences_combine_both_uncertainties():
    moved, sd = difference(Estimate(10, 1, 0.3, 5), Estimate(7, 1, 0.4, 5))
    assert (moved, sd) == (-3, pytest.approx(0.5))


def test_shares_are_never_certain():
    moved, sd = share_difference((10, 10), (10, 10))
    assert moved == 0 and sd > 5
    assert share_difference((5, 10), (50, 100))[1] > share_difference((50, 100), (500, 1000))[1]


def test_share_uncertainty_covers_what_chance_does():
    rng = np.random.default_rng(1)
    before, after = rng.binomial(30, 0.6, 4000), rng.binomial(30, 0.8, 4000)
    found = [share_difference((int(a), 30), (int(b), 30)) for a, b in zip(before, after, strict=True)]
    inside = np.mean([abs(moved - 20) <= 2 * sd for moved, sd in found])
    assert 0.93 < inside < 0.98  # two standard deviations: 95 %


def test_advice_is_no_fault_and_a_repetition_counts_once_a_kind():
    fault = Fault("too_fast", 0.5, 1.5, 0.05, 1.0, "down")
    one = replace(demo_session().analysis.attempts[0], faults=(fault, replace(fault, phase="up")))
    advised = replace(one, faults=(replace(fault, advisory=True),))
    assert counts_by_fault([one, one, advised]) == [("too_fast", 2)]


def test_rows_of_two_sessions_say_what_changed():
    before = demo_session()
    good = tuple(one for one in before.analysis.attempts if one.verdict == "compliant")
    after = replace(before, analysis=replace(before.analysis, attempts=good * 3))
    rows = {row.name: row for row in count_rows([before, after])}
    assert rows["Within the set range"].cells == ("5 of 10 (50 %)", "15 of 15 (100 %)")
    assert rows["Within the set range"].changes[0].direction == "more"
    assert rows["Lower back bent past its limit"].cells == ("2", "0")
    measures = {row.name: row for row in measure_rows([before, after])}
    change = measures["Largest lumbar flexion"].changes[0]
    assert change.text.startswith("−") and change.text.endswith("°") and " ± " in change.text
    assert measures["Smoothness"].changes[0].direction == ""


def test_a_session_without_repetitions_is_a_dash():
    before = demo_session()
    empty = replace(before, analysis=replace(before.analysis, attempts=()))
    assert {row.cells[1] for row in measure_rows([before, empty])} == {"–"}
    assert {change.text for row in measure_rows([before, empty]) for change in row.changes} == {"–"}


def test_what_makes_comparing_hard_is_said():
    session = demo_session()
    anna = replace(session, recording=replace(session.recording, meta=replace(session.recording.meta, person="Anna")))
    meta = replace(session.recording.meta, person="Ben", load_kg=20.0)
    ben = replace(
        anna, recording=replace(session.recording, meta=meta), limits=replace(session.limits, depth_max_deg=55)
    )
    assert cautions([anna, anna]) == []
    said = " ".join(cautions([anna, ben]))
    assert "Anna, Ben" in said and "different limits" in said and "different loads" in said


@pytest.mark.parametrize(
    ("value", "text"), [(-0.04, "0.0"), (-1.25, "−1.2"), (None, "–"), (float("nan"), "–"), (3.14, "3.1")]
)
def test_decimals(value: float | None, text: str):
    assert decimal(value) == text


def test_words_for_a_repetition():
    one = demo_session().analysis.attempts[0]
    assert tempo((2.04, 0.4, 0.4, None)) == "2.0–0.4–X"
    doubt = Fault("lumbar_flexion", 10.1, 10, 0.5, 1.0, "bottom")
    near = replace(one, verdict="uncertain", faults=(), doubts=(doubt,))
    assert why(near) == "bent the lower back 10.1° near the bottom; your limit is 10 (known to within 1°)"
    assert why(replace(near, doubts=(doubt,) * 5)).endswith("and 2 more")


def test_any_text_can_be_carried():
    assert plain("a\x00b\udcff\x1b[1m") == "a\ufffdb?\ufffd[1m"
    assert plain("Anna\u202eneB\u2066\u200f") == "Anna\ufffdneB\ufffd\u200f"
    assert plain("ü" * 1000).endswith(" …") and len(plain("ü" * 1000)) == 402
    assert plain("Zoë 🏋️\u200d♀️ علی") == "Zoë 🏋️\u200d♀️ علی"


def test_a_panel_of_the_trend_holds_every_bar_and_its_limits():
    one = replace(demo_session().analysis.attempts[0], lumbar_flexion_deg=4.0, lumbar_flexion_sd_deg=1.0)
    high = replace(one, lumbar_flexion_deg=16.0, lumbar_flexion_sd_deg=3.0)
    for rows, limits, top in (([one], [10.0], 10.0), ([one, high], [10.0], 22.0), ([one], [], 6.0)):
        axes = Figure().add_subplot()
        finish(axes, PANELS[1], [rows], limits)
        assert axes.get_ylim()[1] > top
