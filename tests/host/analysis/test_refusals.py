"""What cannot be analysed is refused in one line that says what to do."""

import numpy as np
import pytest
from sessions import HOW, STRICT, analysed, good, rotated, simulated, without

from hiphinge.analysis import summary
from hiphinge.kinematics.calibration import CalibrationError, frame, reneutral
from hiphinge.model import ImuSamples, Recording
from hiphinge.simulate import Repetition, Scenario, swings


def refusal(recording: Recording, how: str) -> str:
    with pytest.raises(CalibrationError) as caught:
        HOW[how](recording, STRICT)
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize("how", HOW)
def test_no_standing(how: str) -> None:
    session = simulated(Scenario(seed=61, sets=(swings(8, np.random.default_rng(61)),)))
    first, last = session.truth.repetitions[0], session.truth.repetitions[-1]
    outside = (session.recording.time_s < first.start_s + 0.2) | (session.recording.time_s > last.bottom_s)
    said = refusal(without(session.recording, outside), how)
    assert "stand" in said


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(seed=62, standing_s=8.0),
        Scenario(seed=63, standing_s=6.0, distractors_after=("twists",)),
        Scenario(seed=64, sets=((Repetition(hip_hinge_deg=10.0, lumbar_flexion_deg=2.0),),)),
    ],
    ids=["standing only", "twists", "nods"],
)
def test_no_bend(scenario: Scenario, how: str) -> None:
    said = refusal(simulated(scenario).recording, how)
    assert "bend" in said and ("hinge" in said or how == "live")


def test_a_sensor_that_lies_on_the_table_is_no_wearer() -> None:
    still = np.tile([0.0, 0.0, 9.81], (1000, 1))
    lying = ImuSamples(still, np.zeros((1000, 3)))
    assert "bend" in refusal(Recording(np.arange(1000) / 100, lying, lying), "offline")


def test_swapped_sensors_are_said() -> None:
    found = analysed(Scenario(seed=65, sets=(good(3, 65),), swapped=True), "offline")
    assert any("swapped" in warning for warning in found.warnings)
    assert found.calibration.warnings


def test_bends_straight_ahead_share_one_axis() -> None:
    straight = analysed(Scenario(seed=66, sets=(good(4, 66),)), "offline").calibration
    assert straight.flexion_axis_quality > 0.95 and not straight.warnings


def test_calibration_frames_are_rotations_of_the_mounting() -> None:
    scenario = Scenario(seed=67, sets=(good(4, 67),), mounting="random", asymmetry_deg=0.0)
    session, found = simulated(scenario), analysed(scenario, "offline").calibration
    for name in ("sacral", "thoracic"):
        frames, mounting = getattr(found, name), getattr(session.truth, name).mounting
        np.testing.assert_allclose(frames @ frames.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(frames) == pytest.approx(1.0)
        # The forward axis within some degrees of the pod's own; upright differs by the wearer's curved back.
        assert np.degrees(np.arccos(frames[2] @ mounting[2])) < 8.0
    low, high = found.neutral_s
    assert 0 <= low < high <= session.recording.time_s[-1]


def test_turning_a_sensor_turns_its_frame_alone() -> None:
    session = simulated(Scenario(seed=67, sets=(good(4, 67),), mounting="random", asymmetry_deg=0.0))
    half_turn = np.diag([-1.0, -1.0, 1.0])
    plain = HOW["offline"](session.recording, STRICT).calibration
    remounted = Recording(
        session.recording.time_s, rotated(session.recording.sacral, half_turn), session.recording.thoracic
    )
    other = HOW["offline"](remounted, STRICT).calibration
    np.testing.assert_allclose(other.sacral @ half_turn, plain.sacral, atol=1e-3)
    np.testing.assert_allclose(other.thoracic, plain.thoracic, atol=1e-3)


def test_frame_takes_the_vertical_as_it_is_and_makes_the_axis_level() -> None:
    found = frame(np.array([0.0, 2.0, 0.0]), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(found, np.eye(3), atol=1e-12)
    tipped = reneutral(found, np.array([0.1, 1.0, 0.1]))
    np.testing.assert_allclose(tipped @ tipped.T, np.eye(3), atol=1e-12)
    assert tipped[1] == pytest.approx(np.array([0.1, 1.0, 0.1]) / np.sqrt(1.02))


def test_summary_leaves_isolated_bends_out() -> None:
    assert summary(()) == {"attempts": 0, "compliant": 0, "faulty": 0, "uncertain": 0, "sets": 0}
    found = analysed(Scenario(seed=68, sets=(good(4, 68),), distractors_after=("pick_up",)), "offline")
    counts = summary(found.attempts)
    assert counts["attempts"] == 4 and len(found.attempts) == 5
    assert counts["attempts"] == counts["compliant"] + counts["faulty"] + counts["uncertain"]
