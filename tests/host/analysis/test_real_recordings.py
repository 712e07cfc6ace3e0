"""Real people, seated and standing: their bends are counted exactly, none is called a compliant hinge."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from recordings import qmt_full_body, trunkyxl_quaternions, trunkyxl_raw, trunkyxl_trials
from sessions import HOW, STRICT

from hiphinge.kinematics.calibration import CalibrationError

Data = Callable[[str], Path]


@pytest.mark.parametrize("how", HOW)
def test_seated_trials_have_three_attempts_and_no_hinge(data: Data, how: str) -> None:
    trials = trunkyxl_trials(data("trunkyxl"))
    assert len(trials) == 12
    for trial in trials:
        found = HOW[how](trunkyxl_raw(trial), STRICT)
        name = trial.parent.name
        assert len(found.attempts) == 3, name
        assert all(one.verdict != "compliant" for one in found.attempts), name
        assert not found.calibration.swapped, name
        # Three flexions come first; side bends and twists follow.
        assert found.attempts[-1].end_s < 0.6 * found.angles.time_s[-1], name


@pytest.mark.parametrize("how", HOW)
def test_seated_trials_with_exchanged_columns(data: Data, how: str) -> None:
    recognised = 0
    for trial in trunkyxl_trials(data("trunkyxl")):
        try:
            found = HOW[how](trunkyxl_raw(trial, swapped=True), STRICT)
        except CalibrationError:
            continue
        assert all(one.verdict != "compliant" for one in found.attempts), trial.parent.name
        if found.calibration.swapped:
            recognised += 1
            assert len(found.attempts) == 3, trial.parent.name
    assert recognised >= 8


def test_exchanged_columns_give_the_same_angles(data: Data) -> None:
    for trial in trunkyxl_trials(data("trunkyxl"))[:3]:
        given, exchanged = (HOW["offline"](trunkyxl_raw(trial, swapped), STRICT) for swapped in (False, True))
        assert exchanged.calibration.swapped
        np.testing.assert_allclose(exchanged.angles.lumbar_flexion_deg, given.angles.lumbar_flexion_deg, atol=0.5)


@pytest.mark.parametrize("how", HOW)
def test_device_quaternions_alone(data: Data, how: str) -> None:
    trials = trunkyxl_trials(data("trunkyxl"), "Q_Back")
    assert trials
    for trial in trials:
        found = HOW[how](trunkyxl_quaternions(trial), STRICT)
        assert len(found.attempts) == 3, trial.parent.name
        assert all(one.verdict != "compliant" for one in found.attempts), trial.parent.name


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("upper", ["lower_back", "upper_back"])
def test_standing_sitting_and_walking_hold_no_hinge(data: Data, upper: str, how: str) -> None:
    try:
        found = HOW[how](qmt_full_body(data("qmt_fullbody"), upper), STRICT)
    except CalibrationError:
        return  # nobody bent forward: that is an answer too
    assert all(one.verdict != "compliant" for one in found.attempts)
    # Sitting down and getting up lean the trunk; walking (95-138 s of the original clock) does not.
    assert len(found.attempts) <= 4
