"""The guide, by samples made up for it; and with a whole simulated wearer."""

import numpy as np
import pytest
from live_runs import run, short

from hiphinge.app.live.guide import Guide, leaning
from hiphinge.app.live.plan import planned
from hiphinge.app.live.updates import Guidance, Notice
from hiphinge.engine import Calibrated
from hiphinge.kinematics.grid import GriddedImu

RATE_HZ = 100.0
G = 9.81
UP = np.array([0.0, 1.0, 0.0])


def piece(seconds: float, tilt_deg: float = 0.0, turning_dps: float = 0.0, gap: bool = False, up=UP) -> GriddedImu:
    rows = round(seconds * RATE_HZ)
    angle = np.radians(tilt_deg)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    acc = np.tile(G * (turn @ up), (rows, 1))
    gyr = np.tile([np.radians(turning_dps), 0.0, 0.0], (rows, 1))
    return GriddedImu(acc, gyr, None, np.full(rows, np.inf if gap else 0.0))


def fed(guide: Guide, *parts: tuple[float, float, float]) -> list[Guidance | Notice]:
    """Seconds, tilt and turning of each part, in blocks of 40 ms."""
    told: list[Guidance | Notice] = []
    for seconds, tilt_deg, turning_dps in parts:
        for _ in range(round(seconds / 0.04)):
            one = piece(0.04, tilt_deg, turning_dps)
            told += guide.push(one, one)
    return told


def words(told: list[Guidance | Notice]) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(one.words for one in told))


STAND, MOVED = "stand still and tall", "you moved"
HINGE, DEEPER, CLEARER, READY = (
    "now one slow hinge",
    "a little deeper",
    "that one was not clear",
    "whenever you are ready",
)
BEND = (1.5, 45.0, 30.0)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(1.0, 0, 0)], [STAND]),
        ([(3.2, 0, 0)], [STAND, HINGE]),
        # Swaying and breathing is standing.
        ([(3.2, 0, 5)], [STAND, HINGE]),
        ([(1.0, 0, 0), (1.0, 0, 40), (3.3, 0, 0)], [STAND, MOVED, HINGE]),
        # A step at the very beginning is not held against anybody.
        ([(0.5, 0, 40), (3.3, 0, 0)], [STAND, HINGE]),
        ([(3.2, 0, 0), BEND, (1.0, 0, 0)], [STAND, HINGE]),
        ([(3.2, 0, 0), (1.0, 16, 20), (2.5, 0, 0)], [STAND, HINGE, DEEPER]),
        ([(3.2, 0, 0), BEND, (2.5, 0, 0)], [STAND, HINGE, CLEARER]),
        ([(14.0, 0, 0)], [STAND, HINGE, READY]),
    ],
)
def test_says_what_to_do_next(parts: list[tuple[float, float, float]], expected: list[str]):
    said = words(fed(Guide(RATE_HZ), *parts))
    assert len(said) == len(expected)
    for line, beginning in zip(said, expected, strict=True):
        assert line.startswith(beginning)


def test_progress_of_standing_runs_from_nothing_to_all():
    told = [one for one in fed(Guide(RATE_HZ), (3.2, 0, 0)) if isinstance(one, Guidance)]
    shares = [one.share for one in told if one.step == "stand"]
    assert shares[0] < 0.1
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert len(shares) <= 11


def test_nothing_seen_is_no_standing():
    guide = Guide(RATE_HZ)
    fed(guide, (2.0, 0, 0))
    hole = piece(0.5, gap=True)
    assert guide.push(hole, hole) == []
    assert not any("hinge," in line for line in words(fed(guide, (2.0, 0, 0))))
    assert any(line.startswith(HINGE) for line in words(fed(guide, (1.5, 0, 0))))


def test_begins_anew_and_is_silent_once_calibrated():
    guide = Guide(RATE_HZ)
    fed(guide, (3.2, 0, 0))
    (done,) = guide.calibrated()
    assert isinstance(done, Guidance)
    assert (done.step, done.share) == ("train", 1.0)
    assert fed(guide, (5.0, 0, 0), BEND) == []
    (anew,) = guide.again()
    assert anew.words.startswith(STAND)
    assert any(line.startswith(HINGE) for line in words(fed(guide, (3.2, 0, 0))))


@pytest.mark.parametrize(
    ("sacral", "thoracic", "expected"),
    [
        (UP, UP, []),
        # On a sacrum and a round back.
        ([0.0, 0.9, 0.4], [0.1, 0.9, -0.4], []),
        (-UP, UP, ["the lower (sacral) sensor sits upside down"]),
        (UP, [1.0, 0.2, 0.0], ["the upper (thoracic) sensor sits askew"]),
        (-UP, -UP, ["the lower (sacral) sensor sits upside down", "the upper (thoracic) sensor sits upside down"]),
    ],
)
def test_how_the_sensors_sit(sacral: np.ndarray, thoracic: np.ndarray, expected: list[str]):
    lines = leaning([np.asarray(sacral, float), np.asarray(thoracic, float)])
    assert len(lines) == len(expected)
    assert all(line.words.startswith(beginning) for line, beginning in zip(lines, expected, strict=True))


def test_upside_down_is_told_while_standing_before_any_hinge():
    guide = Guide(RATE_HZ)
    told: list[Guidance | Notice] = []
    for _ in range(80):
        told += guide.push(piece(0.04, up=-UP), piece(0.04))
    at = next(at for at, one in enumerate(told) if isinstance(one, Notice))
    assert "lower (sacral) sensor sits upside down" in told[at].words
    assert any(isinstance(one, Guidance) and one.step == "hinge" for one in told[at:])


@pytest.mark.parametrize("seed", range(3))
def test_a_good_wearer_is_done_within_ten_seconds(seed: int):
    ran = run(planned(None), short(1, seed))
    steps = list(dict.fromkeys(one.step for one in ran.of(Guidance)))
    assert steps == ["stand", "hinge", "train"]
    (found,) = [one for one in ran.of(Calibrated) if one.how == "found"]
    assert found.at_s < 10.0
