"""Words on a command line to a scenario; truth against analysis."""

from dataclasses import fields, replace

import numpy as np
import pytest

from hiphinge.app.simulation import FaultAt, parse_fault, with_sets
from hiphinge.app.truth import ANGLE_NAMES, rmse_deg
from hiphinge.model import Angles, HiphingeError
from hiphinge.simulate import Repetition, Scenario, simulate


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("4:flexion", FaultAt(None, 4, "flexion")),
        ("4:deep:61.5", FaultAt(None, 4, "deep", 61.5)),
        ("2.4:extension", FaultAt(2, 4, "extension")),
        ("2.4:fast:1", FaultAt(2, 4, "fast", 1.0)),
    ],
)
def test_faults_are_read(text: str, fault: FaultAt):
    assert parse_fault(text) == fault


@pytest.mark.parametrize("text", ["", "4", "flexion", "4:bent", "x:flexion", "-1:flexion", "4:flexion:", "4:flexion:x"])
def test_what_is_no_fault_is_refused_with_the_kinds(text: str):
    with pytest.raises(HiphingeError, match="flexion, extension, shallow, deep, fast"):
        parse_fault(text)


@pytest.mark.parametrize("fault", [FaultAt(None, 0, "deep"), FaultAt(None, 4, "deep"), FaultAt(3, 1, "deep")])
def test_faults_nobody_can_do_are_refused(fault: FaultAt):
    with pytest.raises(HiphingeError, match="there are 2 x 3"):
        with_sets(Scenario(), 2, 3, [fault])


def test_faults_no_spine_allows_are_refused():
    with pytest.raises(HiphingeError, match="999 deg is not possible; give 0 to 150"):
        with_sets(Scenario(), 1, 3, [parse_fault("2:flexion:999")])


def test_faults_go_where_they_are_meant():
    faults = [FaultAt(None, 1, "flexion"), FaultAt(2, 3, "deep", 61.0)]
    made = with_sets(Scenario(seed=3), 2, 3, faults)
    assert [[one.fault for one in row] for row in made.sets] == [["flexion", None, None], ["flexion", None, "deep"]]
    assert made.sets[1][2].depth_deg == 61.0
    assert made == with_sets(Scenario(seed=3), 2, 3, faults)


def test_error_against_truth_is_measured_over_the_set_and_known_instants_only():
    truth = simulate(Scenario(seed=1, sets=((Repetition(),),))).truth
    zeros = np.zeros_like(truth.time_s)
    true = {field.name: getattr(truth, field.name, zeros) for field in fields(Angles)}
    angles = Angles(**true)
    assert set(rmse_deg(angles, truth).values()) == {0.0}
    off = truth.trunk_deg + np.where(truth.time_s < truth.repetitions[0].start_s, 50.0, 2.0)
    off[truth.time_s > truth.repetitions[0].bottom_s] = np.nan
    found = rmse_deg(replace(angles, trunk_deg=off, hip_hinge_deg=zeros + np.nan), truth)
    assert found["trunk_deg"] == pytest.approx(2.0)
    assert np.isnan(found["hip_hinge_deg"])
    assert tuple(found) == ANGLE_NAMES
