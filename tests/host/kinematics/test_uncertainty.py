"""What is stated of an angle: more where less is known, and true where chance is drawn by the book."""

import numpy as np
import pytest

from hiphinge.kinematics.uncertainty import axis_sd_deg, by_axis_sd_deg, zero_sds_deg
from hiphinge.model import Floats


def sd(sagittal_deg: float, frontal_deg: float, axis_deg: float, bends: int) -> float:
    return float(by_axis_sd_deg(np.array([sagittal_deg]), np.array([frontal_deg]), axis_deg, bends)[0])


def test_bends_that_agree_tell_the_axis_and_more_of_them_better() -> None:
    few, many = (axis_sd_deg(np.zeros(n), np.ones(n)) for n in (2, 10))
    assert many < few / 3
    assert axis_sd_deg(np.array([-15.0, 15.0]), np.ones(2)) > 2 * few


def test_a_bend_of_no_weight_is_none() -> None:
    assert axis_sd_deg(np.array([0.0, 40.0]), np.array([1.0, 0.0])) == pytest.approx(
        axis_sd_deg(np.zeros(1), np.ones(1))
    )


def test_a_turned_axis_matters_where_the_trunk_leans_sideways() -> None:
    assert sd(50, 0, 5, 1) < 0.5 < sd(50, 10, 5, 1)
    assert sd(50, 10, 5, 1) == sd(50, -10, 5, 1)
    # Ten straight bends and one that leans: it may not be the axis.
    assert sd(50, 10, 0.5, 10) < sd(50, 10, 5, 1) / 3


@pytest.mark.parametrize("bends", [1, 3, 10])
@pytest.mark.parametrize("scatter_deg", [5.0, 15.0])
def test_errors_by_the_axis_lie_within_two_standard_deviations(bends: int, scatter_deg: float) -> None:
    # Wearers whose every bend goes its own way by chance; the axis is the mean of those before.
    rng = np.random.default_rng(bends)

    def one() -> bool:
        ways = rng.normal(0.0, scatter_deg, bends + 1)
        axis, now = ways[:-1].mean(), np.radians(ways[-1])
        up = tilted(np.radians(50.0), now)
        truth, seen = up, turned(up, np.radians(axis))
        error = np.degrees(np.arctan2(seen[0], seen[1]) - np.arctan2(truth[0], truth[1]))
        stated = axis_sd_deg(ways[:-1] - axis, np.ones(bends))
        return abs(error) < 2 * sd(
            np.degrees(np.arctan2(seen[0], seen[1])), np.degrees(np.arcsin(seen[2])), stated, bends
        )

    # Few bends of 15 deg scatter are more than the prior of 5 expects.
    assert np.mean([one() for _ in range(2000)]) > (0.85 if scatter_deg > 5 and bends == 1 else 0.92)


def tilted(angle_rad: float, way_rad: float) -> Floats:
    """The vertical in a segment bent by an angle, a way off straight ahead: forward, up, right."""
    return np.array([np.sin(angle_rad) * np.cos(way_rad), np.cos(angle_rad), np.sin(angle_rad) * np.sin(way_rad)])


def turned(up: Floats, axis_rad: float) -> Floats:
    cos, sin = np.cos(axis_rad), np.sin(axis_rad)
    return np.array([cos * up[0] + sin * up[2], up[1], cos * up[2] - sin * up[0]])


def test_zero_is_better_known_the_longer_one_stood() -> None:
    assert zero_sds_deg(20.0).trunk < zero_sds_deg(4.0).trunk < zero_sds_deg(1.0).trunk == zero_sds_deg(0.4).trunk
