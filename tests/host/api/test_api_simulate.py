"""``hiphinge.simulate``: the same sessions as the command makes, and one line for what cannot be simulated."""

from typing import Any

import numpy as np
import pytest

import hiphinge
from hiphinge.app.simulation import parse_fault, with_sets
from hiphinge.model import SEGMENTS, HiphingeError, ImuSamples
from hiphinge.simulate import Scenario, quick_scenario


@pytest.mark.parametrize(
    ("faults", "words"),
    [({}, []), ({4: "flexion"}, ["4:flexion"]), ({(2, 1): ("deep", 62.0), 3: "fast"}, ["2.1:deep:62", "3:fast"])],
)
def test_simulate_makes_what_the_command_makes(faults: dict[Any, Any], words: list[str]):
    asked = quick_scenario(seed=6, sets=2, repetitions=5, faults=faults, sensors="cheap", mounting="turned", marks=True)
    base = Scenario(seed=6, sensors=asked.sensors, mounting="turned", marks=True)
    assert asked == with_sets(base, 2, 5, [parse_fault(word) for word in words])


def test_repetitions_may_be_numbered_by_numpy():
    assert quick_scenario(repetitions=2, faults={np.int64(2): "deep"}) == quick_scenario(
        repetitions=2, faults={2: "deep"}
    )


def test_a_scenario_and_wishes_give_the_same_session():
    for segment in SEGMENTS:
        by_wishes: ImuSamples = getattr(hiphinge.simulate(seed=2, repetitions=1).recording, segment)
        scenario = quick_scenario(seed=2, repetitions=1)
        by_scenario: ImuSamples = getattr(hiphinge.simulate(scenario).recording, segment)
        np.testing.assert_array_equal(by_wishes.acc_mps2, by_scenario.acc_mps2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"faults": {11: "flexion"}}, "there is no repetition 11; there are 1 x 10"),
        ({"faults": {(2, 1): "flexion"}}, "there is no repetition 1 of set 2"),
        ({"faults": {"2": "flexion"}}, "is not understood; write"),
        ({"faults": {(1, 2, 3): "flexion"}}, "is not understood; write"),
        ({"faults": {2: ("flexion", "large")}}, "is not understood; write"),
        ({"faults": {2: None}}, '"None" is unknown; use flexion'),
        ({"faults": {2: ("flexion", float("nan"))}}, "nan deg is not possible; give 0 to 150"),
        ({"faults": {2: ("flexion", 500)}}, "500 deg is not possible"),
        ({"repetitions": 2.5}, "whole numbers"),
        ({"seed": "a"}, "whole numbers"),
        ({"rate_hz": None}, "rate is None Hz; use 10 to 1000"),
        ({"faults": 3}, "faults 3 are none; write"),
        ({"faults": {1: "flexing"}}, '"flexing" is unknown; use flexion'),
        ({"sensors": "good"}, "use perfect, typical, cheap"),
        ({"mounting": "loose"}, "mounting 'loose' is unknown"),
        ({"repetitions": 0}, "give 0 or more sets of 1 or more"),
        ({"rate_hz": 5}, "use 10 to 1000"),
        ({"seed": -1}, "use 0 or more"),
    ],
)
def test_what_cannot_be_simulated_is_refused(arguments: dict[str, Any], said: str):
    with pytest.raises(HiphingeError, match=said):
        hiphinge.simulate(**arguments)


def test_a_scenario_takes_no_wishes_beside_it():
    with pytest.raises(HiphingeError, match="not both"):
        hiphinge.simulate(Scenario(), seed=3)  # type: ignore[call-overload]
