"""Slips, knocks, clipping and vibration in whole sessions: noticed, said, doubted, and measured right again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from disturbed import SESSION, assert_right_but_in_it, depth_errors, fast, moment
from recordings import qmt_full_body, trunkyxl_raw, trunkyxl_trials
from sessions import STRICT, matched, simulated

from hiphinge.analysis import analyse
from hiphinge.kinematics.calibration import CalibrationError
from hiphinge.model import Analysis, Segment
from hiphinge.simulate import Scenario
from hiphinge.simulate.mishaps import clipped, knock, loose, slip, vibration

DISTURBANCES = ("slipped", "loose", "knocked", "range", "vibration")


def told(found: Analysis, *words: str) -> list[str]:
    return [line for line in found.warnings if any(word in line for word in words)]


@pytest.mark.parametrize(
    ("sensor", "where", "angle_deg", "axis"),
    [
        ("sacral", "between bends", 25.0, (0, 0, 1)),
        ("sacral", "in a bend", -18.0, (1, 1, -1)),
        ("sacral", "in the rest", 12.0, (1, 0, 0)),
        ("thoracic", "between bends", -20.0, (0, 1, 0)),
        ("thoracic", "in a bend", 15.0, (1, 0, 0)),
        ("thoracic", "in the rest", 25.0, (1, 1, 1)),
    ],
)
def test_after_a_slip_the_attempts_are_right_again(
    sensor: Segment, where: str, angle_deg: float, axis: tuple[int, int, int]
):
    at_s = moment(where)
    slipped = slip(simulated(SESSION), sensor, at_s, angle_deg, np.array(axis, np.float64))
    found = analyse(slipped.recording, STRICT)
    reps = slipped.truth.repetitions
    assert len(matched(found)) == len(reps)
    (warning,) = found.warnings
    assert warning.startswith(f"the {sensor} sensor slipped on the body by")
    assert_right_but_in_it(found, slipped, sensor, at_s, angle_deg)


def test_a_given_calibration_holds_until_the_slip():
    session = simulated(SESSION)
    made = analyse(session.recording, STRICT).calibration
    slipped = slip(session, "sacral", moment("in the rest"), 20.0, np.array([1.0, 0.0, 1.0]))
    spared, found = (analyse(one.recording, STRICT, calibration=made) for one in (session, slipped))
    assert found.calibration is made
    before = np.array([rep.set == 1 for rep in session.truth.repetitions])
    errors, usual = depth_errors(found, slipped, "sacral"), depth_errors(spared, session, "sacral")
    # Half a degree: the sensor's own errors are learnt from another stretch.
    np.testing.assert_allclose(errors[before], usual[before], atol=0.5)
    assert np.abs(errors[~before]).max() < 1.5


def test_swapped_sensors_are_named_as_they_were_worn():
    session = simulated(replace(SESSION, swapped=True))
    at_s = moment("between bends")
    # The device's "sacral" sensor is at the thorax.
    found = analyse(knock(session, "sacral", at_s, 4.0).recording, STRICT)
    assert found.calibration.swapped
    assert any("the thoracic sensor was knocked" in line for line in found.warnings)


def test_a_knock_is_named_with_its_moment_and_tilts_nothing():
    session = simulated(SESSION)
    at_s = session.truth.repetitions[3].bottom_s
    struck = analyse(knock(session, "sacral", at_s, 8.0, 0.03).recording, STRICT)
    spared = analyse(session.recording, STRICT)
    (warning,) = struck.warnings
    assert f"the sacral sensor was knocked at {at_s:.1f} s" in warning
    difference = np.abs(struck.angles.hip_hinge_deg - spared.angles.hip_hinge_deg)
    assert difference.max() < 1.0
    row = int(np.searchsorted(session.recording.time_s, at_s))
    assert struck.angles.hip_hinge_sd_deg[row] > spared.angles.hip_hinge_sd_deg[row] + 0.3
    np.testing.assert_allclose(struck.angles.trunk_deg, spared.angles.trunk_deg, atol=1e-6)


def test_many_knocks_are_one_line():
    session = simulated(SESSION)
    for rep in session.truth.repetitions:
        session = knock(session, "sacral", rep.end_s + 0.3, 5.0, 0.03)
    found = analyse(session.recording, STRICT)
    (warning,) = found.warnings
    assert f"knocked {len(session.truth.repetitions)} times" in warning
    assert len(matched(found)) == len(session.truth.repetitions)


def test_a_clipped_gyroscope_is_doubted_by_what_it_lost():
    session = simulated(replace(SESSION, sets=(fast(5),)))
    found = analyse(clipped(session, "sacral", gyr_range_dps=125.0).recording, STRICT)
    assert any("sacral sensor turned faster than its range of 125 deg/s" in line for line in found.warnings)
    reps = session.truth.repetitions
    inside = (found.angles.time_s > reps[0].start_s) & (found.angles.time_s < reps[-1].end_s)
    error = np.abs(found.angles.hip_hinge_deg - session.truth.hip_hinge_deg)[inside]
    assert np.mean(error < 2 * found.angles.hip_hinge_sd_deg[inside]) > 0.9


def test_vibration_is_said():
    session = simulated(SESSION)
    start_s = session.truth.repetitions[2].start_s
    found = analyse(vibration(session, "thoracic", start_s, start_s + 4.0, 17.0, 4.0).recording, STRICT)
    assert len(matched(found)) == len(session.truth.repetitions)
    (warning,) = found.warnings
    assert "the thoracic sensor was shaken by vibration for 4 s" in warning


def test_a_loose_sensor_is_said_and_doubted():
    session = loose(simulated(SESSION), "sacral", 2.0, 0.5, np.random.default_rng(1), creep_deg=25.0)
    found = analyse(session.recording, STRICT)
    assert any("the sacral sensor" in line and ("loose" in line or "slipped" in line) for line in found.warnings)
    assert np.median([one.hip_hinge_sd_deg for one in matched(found)]) > 1.0


@pytest.mark.parametrize(
    "scenario",
    [
        replace(SESSION, stances=((0.0, 0.0), (6.0, -4.0))),
        replace(SESSION, walking_s=10.0, distractors=("sit_to_stand", "jumps", "side_bends")),
        replace(SESSION, sets=(fast(8),), rate_hz=25.0),
        replace(SESSION, asymmetry_deg=12.0),
    ],
    ids=["stances", "walking, sitting, jumping", "swings", "asymmetrical"],
)
def test_what_wearers_do_is_no_disturbance(scenario: Scenario):
    assert not told(analyse(simulated(scenario).recording, STRICT), *DISTURBANCES)


def test_real_people_do_not_slip(data: Callable[[str], Path]):
    recordings = [trunkyxl_raw(trial) for trial in trunkyxl_trials(data("trunkyxl"))]
    recordings += [qmt_full_body(data("qmt_fullbody"), upper) for upper in ("lower_back", "upper_back")]
    for recording in recordings:
        try:
            found = analyse(recording, STRICT)
        except CalibrationError:
            continue
        # Single-sample spikes of 6-18 m/s² on one sensor are in the files: knocks they are.
        assert not told(found, "slipped", "loose", "range", "vibration"), recording.source
