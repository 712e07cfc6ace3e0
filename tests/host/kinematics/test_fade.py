"""What is shown moves to better values without a jump, and says how far off it still is."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.kinematics.fade import FADE_S, MOST_DEGPS, Fader
from hiphinge.kinematics.pace import Pace
from hiphinge.model import Angles

RATE_HZ = 100.0


def level(hip: float, trunk: float, size: int, first: int = 0) -> Angles:
    """Constant angles with sd 0.5."""
    values = {f.name: np.full(size, 0.5 if "_sd_" in f.name else 0.0) for f in fields(Angles)}
    values["time_s"] = (first + np.arange(size)) / RATE_HZ
    values["hip_hinge_deg"] += hip
    values["trunk_deg"] += trunk
    values["lumbar_flexion_deg"] += trunk - hip
    return Angles(**values)


@given(before=st.floats(-5, 5), after=st.floats(-5, 5), piece=st.sampled_from([1, 4, 7]))
def test_the_step_is_small_and_the_new_value_reached(before: float, after: float, piece: int) -> None:
    fader = Fader(RATE_HZ)
    seen = [fader.push(level(0.0, before, 5), overlap=False).trunk_deg]
    seen += [fader.push(level(0.0, after, piece + 1), overlap=True).trunk_deg for _ in range(600 // piece)]
    trunk = np.concatenate(seen)
    assert np.abs(np.diff(trunk)).max() <= MOST_DEGPS / RATE_HZ + 1e-9
    assert abs(trunk[-1] - after) < 1e-3
    soon = round((abs(after - before) / MOST_DEGPS + 3 * FADE_S) * RATE_HZ) + 5
    assert abs(trunk[min(soon, len(trunk) - 1)] - after) <= 0.05 * abs(after - before) + 1e-3


def test_pieces_do_not_matter() -> None:
    def shown(piece: int) -> np.ndarray:
        fader = Fader(RATE_HZ)
        fader.push(level(0.0, 1.0, 4), overlap=False)
        return np.concatenate(
            [fader.push(level(0.0, 0.0, piece + 1), overlap=True).trunk_deg for _ in range(60 // piece)]
        )

    np.testing.assert_allclose(shown(1), shown(12), atol=1e-9)


def test_uncertainty_holds_what_is_left_and_lumbar_stays_the_difference() -> None:
    fader = Fader(RATE_HZ)
    fader.push(level(0.0, 2.0, 4), overlap=False)
    shown = fader.push(level(1.0, 0.0, 5), overlap=True)
    np.testing.assert_allclose(shown.lumbar_flexion_deg, shown.trunk_deg - shown.hip_hinge_deg)
    np.testing.assert_allclose(shown.trunk_sd_deg, np.hypot(0.5, shown.trunk_deg))
    assert shown.lumbar_flexion_sd_deg[0] > 2.5


def test_unknown_values_are_neither_faded_nor_carried() -> None:
    fader = Fader(RATE_HZ)
    fader.push(replace(level(0.0, 3.0, 4), lumbar_rotation_deg=np.full(4, np.nan)), overlap=False)
    lost = fader.push(level(0.0, np.nan, 5), overlap=True)
    assert np.isnan(lost.trunk_deg).all() and (lost.lumbar_rotation_deg == 0).all()
    assert (fader.push(level(0.0, 1.0, 5), overlap=True).trunk_deg == 1.0).all()


def test_no_overlap_is_no_fade() -> None:
    fader = Fader(RATE_HZ)
    fader.push(level(0.0, 3.0, 4), overlap=False)
    assert (fader.push(level(0.0, 1.0, 4), overlap=False).trunk_deg == 1.0).all()


def test_studies_follow_movement_and_become_rare_once_nothing_changes() -> None:
    pace = Pace(25.0)
    assert not pace.eager(1000, turned_rad=0.0)  # stood still all the while
    assert not pace.eager(10, turned_rad=1.0)
    assert pace.eager(1000, turned_rad=1.0) and pace.due(1000)
    for _ in range(30):
        pace.learnt(0.02)
    pace.asked(1000)
    assert pace.eager(1030, 1.0) and not pace.due(1030)
    assert not pace.due(2120) and pace.due(2130)  # 45 s later
    pace.new_set()
    assert pace.due(1030)
    pace.asked(1030)
    assert not pace.due(1060)
    pace.learnt(0.5)
    assert pace.due(1060)


def test_what_upsets_everything_is_learnt_soon() -> None:
    pace = Pace(25.0)
    for _ in range(30):
        pace.learnt(0.02)
    pace.asked(1000)
    assert not pace.due(1060)
    pace.unsettled()
    assert pace.due(1060)
