"""Attempts are counted exactly, live and offline, whatever surrounds them."""

from dataclasses import replace

import numpy as np
import pytest
from sessions import (
    HOW,
    OTHER_BENDS,
    STRICT,
    analysed,
    between,
    blanked,
    check_counts,
    good,
    quaternions_only,
    simulated,
    without,
)

from hiphinge.analysis import summary
from hiphinge.simulate import CHEAP, Scenario, default_scenario, swings

BASE = Scenario(seed=3, sets=(good(5, 3),), mounting="random")
TWO_SETS = (good(4, 4), good(4, 5))

CASES = {
    "50 Hz": replace(BASE, rate_hz=50.0),
    "100 Hz": BASE,
    "200 Hz": replace(BASE, rate_hz=200.0),
    "an odd rate": replace(BASE, rate_hz=119.7),
    "2 % dropped": replace(BASE, drop_fraction=0.02, seed=4),
    "2 % dropped at 50 Hz": replace(BASE, drop_fraction=0.02, rate_hz=50.0, seed=5),
    "after 20 s of walking": replace(BASE, walking_s=20.0, seed=6),
    "bent start": replace(BASE, bent_start=(40.0, 4.0), seed=7),
    "bent start, swapped": replace(BASE, bent_start=(50.0, 3.0), swapped=True, seed=8),
    "three sets with side bends and twists": replace(
        BASE, sets=(*TWO_SETS, good(4, 6)), distractors=("side_bends", "twists"), seed=9
    ),
    "side bends and twists first": replace(BASE, distractors_before=("side_bends", "twists"), seed=10),
    "swapped": replace(BASE, swapped=True, seed=11),
    "upside down": replace(BASE, mounting="upside_down", seed=12),
    "opposite ways": replace(BASE, mounting="opposite", swapped=True, seed=13),
    "swings": replace(BASE, sets=(swings(10, np.random.default_rng(2)),), seed=14),
    "swings at 50 Hz": replace(BASE, sets=(swings(10, np.random.default_rng(3)),), rate_hz=50.0, seed=15),
    "sit-to-stand": replace(BASE, sets=TWO_SETS, distractors=("sit_to_stand",), seed=16),
    "jumps": replace(BASE, sets=TWO_SETS, distractors=("jumps",), seed=17),
    "jumps at 50 Hz": replace(BASE, sets=TWO_SETS, distractors=("jumps",), rate_hz=50.0, seed=18),
    "pick-ups": replace(BASE, sets=TWO_SETS, distractors=("pick_up",), seed=19),
    "walking between": replace(BASE, sets=TWO_SETS, distractors=("walk",), seed=20),
    "blanks in one sensor": replace(BASE, blank_fraction=0.05, seed=21),
    "cheap sensors": replace(BASE, sensors=CHEAP, seed=22),
    "marked sets": replace(BASE, sets=TWO_SETS, marks=True, seed=23),
    "a stance per set": replace(BASE, sets=TWO_SETS, stances=((0.0, 0.0), (6.0, 4.0)), seed=24),
    "the demonstration": default_scenario(0),
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("case", CASES)
def test_counts_are_exact(case: str, how: str) -> None:
    scenario = CASES[case]
    session, found = simulated(scenario), analysed(scenario, how)
    others = OTHER_BENDS
    if how == "live" and "side_bends" in scenario.distractors_before:
        # The first bend there is teaches the axis: the past alone cannot know that it went sideways.
        others = (*others, "side_bends")
    check_counts(found, session.truth, others)
    assert found.calibration.swapped is scenario.swapped
    assert summary(found.attempts)["attempts"] == len(session.truth.repetitions)
    assert summary(found.attempts)["sets"] == len(scenario.sets)


@pytest.mark.parametrize("how", HOW)
def test_the_first_distractor_may_look_like_a_hinge(how: str) -> None:
    scenario = replace(BASE, sets=TWO_SETS, distractors_before=("sit_to_stand", "pick_up"), seed=25)
    check_counts(analysed(scenario, how), simulated(scenario).truth)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("sensor", ["both", "sacral", "thoracic"])
def test_a_second_lost_while_standing_loses_no_attempt(how: str, sensor: str) -> None:
    scenario = replace(BASE, sets=TWO_SETS, seed=26)
    session = simulated(scenario)
    # In the rest, after the first set has closed.
    at_s = session.truth.repetitions[3].close_s + 3
    lost = between(session.recording, at_s, at_s + 1)
    if sensor == "both":
        recording = without(session.recording, lost)
    else:
        recording = replace(session.recording, **{sensor: blanked(getattr(session.recording, sensor), lost)})
    found = HOW[how](recording, STRICT)
    check_counts(found, session.truth)
    assert found.missing_samples == pytest.approx(100, abs=1)


@pytest.mark.parametrize("how", HOW)
def test_a_second_lost_in_a_bend_loses_that_bend_alone(how: str) -> None:
    session = simulated(BASE)
    third = session.truth.repetitions[2]
    recording = without(session.recording, between(session.recording, third.bottom_s - 1, third.bottom_s))
    found = HOW[how](recording, STRICT)
    bottoms = [one.bottom_s for one in found.attempts]
    others = [done.bottom_s for done in session.truth.repetitions if done is not third]
    assert len(bottoms) in (4, 5)
    assert all(min(abs(b - other) for b in bottoms) < 0.5 for other in others)
    assert all(one.verdict != "compliant" for one in found.attempts if abs(one.bottom_s - third.bottom_s) < 1.5)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("swapped", [False, True])
def test_quaternions_alone_will_do(how: str, swapped: bool) -> None:
    scenario = replace(BASE, quaternions=True, seed=27)
    session = simulated(scenario)
    recording = quaternions_only(session.recording)
    if swapped:  # a hinge from the hips looks the same from either sensor: unknown labels must not cost a count
        recording = replace(recording, sacral=recording.thoracic, thoracic=recording.sacral)
    check_counts(HOW[how](recording, STRICT), session.truth)


@pytest.mark.parametrize("how", HOW)
def test_a_set_marked_to_the_end_of_the_session(how: str) -> None:
    scenario = replace(BASE, sets=TWO_SETS, marks=True, seed=28)
    session = simulated(scenario)
    events = session.recording.meta.events[:-1]  # the last set_end was never pressed
    recording = replace(session.recording, meta=replace(session.recording.meta, events=events))
    check_counts(HOW[how](recording, STRICT), session.truth)
