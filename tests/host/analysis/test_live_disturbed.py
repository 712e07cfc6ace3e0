"""Slips, knocks, clipping and vibration live: told when they can be known, doubted meanwhile, measured right after."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from disturbed import SESSION, assert_right_but_in_it, depth_errors, fast, moment
from recordings import qmt_full_body, trunkyxl_raw, trunkyxl_trials
from sessions import STRICT, analysed, good, matched, simulated

from hiphinge.engine import AnglesKnown, Decided, Disturbed, LiveEngine, LiveEvent, Rezeroed
from hiphinge.kinematics.calibration import CalibrationError
from hiphinge.kinematics.disturbances import Disturbance
from hiphinge.kinematics.grid import grid_times, measure_grid, put_on_grid
from hiphinge.model import Angles, Floats, Recording, Segment
from hiphinge.replay import analyse_live
from hiphinge.simulate import Scenario, Simulation
from hiphinge.simulate.mishaps import clipped, knock, slip, vibration

# A slip shows after 0.2 s of standing, which settles some tenths after the bend's end.
SOON_S = 0.7


def heard(recording: Recording, piece: int = 2) -> list[tuple[float, LiveEvent]]:
    """What the engine says, and when."""
    grid = measure_grid(recording.time_s)
    time_s = grid_times(recording.time_s, grid)
    sacral, thoracic = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    engine, events = LiveEngine(grid.rate_hz, STRICT), list[tuple[float, LiveEvent]]()
    for first in range(0, grid.size, piece):
        part = slice(first, min(first + piece, grid.size))
        now_s = float(time_s[part][-1])
        events += [(now_s, event) for event in engine.push(time_s[part], sacral.rows(part), thoracic.rows(part))]
    return events + [(float(time_s[-1]), event) for event in engine.finish()]


def told(events: list[tuple[float, LiveEvent]]) -> list[tuple[float, Disturbance]]:
    return [(now_s, event.disturbance) for now_s, event in events if isinstance(event, Disturbed)]


@cache
def slipped(sensor: Segment, where: str, angle_deg: float, axis: tuple[int, int, int]) -> Simulation:
    return slip(simulated(SESSION), sensor, moment(where), angle_deg, np.array(axis, np.float64))


SLIPS: list[tuple[Segment, str, float, tuple[int, int, int]]] = [
    ("sacral", "between bends", 18.0, (0, 0, 1)),
    ("sacral", "in a bend", -18.0, (1, 1, -1)),
    ("sacral", "in the rest", 12.0, (1, 0, 0)),
    ("thoracic", "between bends", -20.0, (0, 1, 0)),
    ("thoracic", "in a bend", 15.0, (1, 0, 0)),
    ("thoracic", "in the rest", 25.0, (1, 1, 1)),
    ("thoracic", "in a bend", -15.0, (0, 0, 1)),
]


@pytest.mark.parametrize(("sensor", "where", "angle_deg", "axis"), SLIPS)
def test_after_a_slip_the_attempts_are_right_again(
    sensor: Segment, where: str, angle_deg: float, axis: tuple[int, int, int]
) -> None:
    at_s, session = moment(where), slipped(sensor, where, angle_deg, axis)
    found = analyse_live(session.recording, STRICT)
    reps = session.truth.repetitions
    assert len(matched(found)) == len(reps) == len(found.attempts)
    (warning,) = found.warnings
    assert warning.startswith(f"the {sensor} sensor slipped on the body by {abs(angle_deg):.0f} deg at")
    assert_right_but_in_it(found, session, sensor, at_s, angle_deg)
    assert all(one.faults == () for one in matched(found) if one.verdict == "uncertain")


@pytest.mark.parametrize(("sensor", "where", "angle_deg", "axis"), SLIPS)
def test_a_slip_is_told_at_the_next_moment_of_standing(
    sensor: Segment, where: str, angle_deg: float, axis: tuple[int, int, int]
) -> None:
    at_s, session = moment(where), slipped(sensor, where, angle_deg, axis)
    ends_s = [rep.end_s for rep in session.truth.repetitions if rep.start_s <= at_s <= rep.end_s]
    ((now_s, one),) = told(heard(session.recording))
    assert (one.kind, one.sensor) == ("slip", sensor)
    assert one.at_s == pytest.approx(at_s + 0.15, abs=0.15)
    assert one.size == pytest.approx(abs(angle_deg), abs=1.0)
    assert now_s < (ends_s[0] if ends_s else at_s + 0.3) + SOON_S


def test_swapped_sensors_are_named_as_they_were_worn() -> None:
    session = simulated(replace(SESSION, swapped=True))
    # The device's "sacral" sensor is at the thorax.
    found = analyse_live(knock(session, "sacral", moment("between bends"), 4.0).recording, STRICT)
    assert found.calibration.swapped
    assert any("the thoracic sensor was knocked" in line for line in found.warnings)
    found = analyse_live(
        slip(session, "sacral", moment("between bends"), 20.0, np.array([0, 0, 1.0])).recording, STRICT
    )
    assert any("the thoracic sensor slipped" in line for line in found.warnings)


def test_a_given_calibration_holds_until_the_slip() -> None:
    session = simulated(SESSION)
    made = analysed(SESSION, "offline").calibration
    turned = slip(session, "sacral", moment("in the rest"), 20.0, np.array([1.0, 0.0, 1.0]))
    found, spared = (analyse_live(one.recording, STRICT, calibration=made) for one in (turned, session))
    assert found.calibration is made
    assert len(found.neutrals_from_s) == 2
    before = np.array([rep.set == 1 for rep in session.truth.repetitions])
    errors, usual = depth_errors(found, turned, "sacral"), depth_errors(spared, session, "sacral")
    # The slip is calculated into the samples: rounding before it.
    np.testing.assert_allclose(errors[before], usual[before], atol=1e-6)
    assert np.abs(errors[~before]).max() < 1.5


def test_pieces_change_nothing_about_disturbances() -> None:
    at_s = moment("between bends")
    session = knock(slip(simulated(SESSION), "sacral", at_s, 20.0, np.array([0, 0, 1.0])), "thoracic", at_s + 6, 5.0)

    def said(piece: int) -> list[str]:
        events = [event for _, event in heard(session.recording, piece)]
        return [repr(event) for event in events if isinstance(event, Disturbed | Decided | Rezeroed)]

    def shown(piece: int) -> Floats:
        angles = [event.angles for _, event in heard(session.recording, piece) if isinstance(event, AnglesKnown)]
        return np.concatenate([np.array([getattr(one, f.name) for f in fields(Angles)]) for one in angles], axis=1)

    assert said(1) == said(997)
    np.testing.assert_array_equal(shown(1), shown(997))


def test_a_knock_is_taken_out_and_told() -> None:
    session = simulated(SESSION)
    at_s = session.truth.repetitions[3].bottom_s
    struck = knock(session, "sacral", at_s, 8.0, 0.03).recording
    found, spared = analyse_live(struck, STRICT), analysed(SESSION, "live")
    (warning,) = found.warnings
    assert f"the sacral sensor was knocked at {at_s:.1f} s" in warning
    ((now_s, _),) = told(heard(struck))
    # It is compared with what follows it for 0.26 s, and a look is taken every 0.12 s.
    assert now_s < at_s + 0.5
    difference = np.abs(found.angles.hip_hinge_deg - spared.angles.hip_hinge_deg)
    # The rocking that the gyroscope takes part in; the blow itself would tilt the filter by 3 deg for seconds.
    assert np.nanmax(difference) < 0.5
    row = int(np.searchsorted(found.angles.time_s, at_s + 0.5))
    assert found.angles.hip_hinge_sd_deg[row] > spared.angles.hip_hinge_sd_deg[row] + 0.3
    struck_one, spared_one = matched(found)[3], matched(spared)[3]
    assert struck_one.hip_hinge_sd_deg > spared_one.hip_hinge_sd_deg + 0.3
    assert struck_one.hip_hinge_deg == pytest.approx(spared_one.hip_hinge_deg, abs=0.3)


def test_many_knocks_are_one_line() -> None:
    session = simulated(SESSION)
    for rep in session.truth.repetitions:
        session = knock(session, "sacral", rep.end_s + 0.3, 5.0, 0.03)
    found = analyse_live(session.recording, STRICT)
    (warning,) = found.warnings
    assert f"knocked {len(session.truth.repetitions)} times" in warning
    assert len(matched(found)) == len(session.truth.repetitions)
    assert np.abs(depth_errors(found, session, "sacral")).max() < 1.5


def test_a_clipped_gyroscope_is_doubted_by_what_it_lost() -> None:
    session = simulated(replace(SESSION, sets=(good(3, 4), fast(5))))
    recording = clipped(session, "sacral", gyr_range_dps=125.0).recording
    found = analyse_live(recording, STRICT)
    (warning,) = found.warnings
    assert "sacral sensor turned faster than its range of 125 deg/s" in warning
    errors = np.abs(depth_errors(found, session, "sacral"))[3:]
    sds = np.array([one.hip_hinge_sd_deg for one in matched(found)])[3:]
    assert (errors < 2 * sds).all()
    assert (sds > 1.5).all()


def test_vibration_is_told_once_and_said_in_full() -> None:
    session = simulated(SESSION)
    start_s = session.truth.repetitions[3].start_s
    hummed = vibration(session, "thoracic", start_s, start_s + 4.0, 17.0, 4.0).recording
    found = analyse_live(hummed, STRICT)
    assert len(matched(found)) == len(session.truth.repetitions)
    (warning,) = found.warnings
    assert "the thoracic sensor was shaken by vibration for 4 s" in warning
    ((now_s, _),) = told(heard(hummed))
    # It takes a second to be one.
    assert now_s < start_s + 2.0


@pytest.mark.parametrize(
    "scenario",
    [
        replace(SESSION, stances=((0.0, 0.0), (6.0, -4.0))),
        replace(SESSION, walking_s=10.0, distractors=("sit_to_stand", "jumps", "side_bends", "twists")),
        replace(SESSION, sets=(fast(8),), rate_hz=25.0),
        replace(SESSION, asymmetry_deg=12.0),
    ],
    ids=["stances", "walking, sitting, jumping", "swings", "asymmetrical"],
)
def test_what_wearers_do_is_no_disturbance(scenario: Scenario) -> None:
    assert told(heard(simulated(scenario).recording)) == []


def test_real_people_do_not_slip(data: Callable[[str], Path]) -> None:
    recordings = [trunkyxl_raw(trial) for trial in trunkyxl_trials(data("trunkyxl"))]
    recordings += [qmt_full_body(data("qmt_fullbody"), upper) for upper in ("lower_back", "upper_back")]
    for recording in recordings:
        try:
            found = analyse_live(recording, STRICT)
        except CalibrationError:
            continue
        lines = [line for line in found.warnings if any(w in line for w in ("slipped", "range", "vibration"))]
        assert not lines, recording.source
