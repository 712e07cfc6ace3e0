"""Standing, walking and everything that is no hip hinge."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hiphinge.simulate import PERFECT, Happening, Repetition, Scenario, Simulation, TrueSensor, good_set, simulate
from hiphinge.simulate.body import Coordinate, random_build
from hiphinge.simulate.schedule import plan
from hiphinge.simulate.wearer import coordinates, knot_times

SEEDS = range(5)


def only(kind: str, seed: int) -> tuple[Simulation, Happening, NDArray[np.bool_]]:
    session = simulate(
        Scenario(seed=seed, distractors_before=(kind,), sensors=PERFECT, soft_tissue_deg=0, rate_hz=200)  # type: ignore[arg-type]
    )
    (happening,) = session.truth.distractors
    assert happening.kind == kind
    return session, happening, (session.truth.time_s >= happening.start_s) & (session.truth.time_s <= happening.end_s)


def felt_mps2(sensor: TrueSensor) -> NDArray[np.float64]:
    assert sensor.imu.acc_mps2 is not None
    return np.linalg.norm(sensor.imu.acc_mps2, axis=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_side_bends(seed: int) -> None:
    session, _, during = only("side_bends", seed)
    side = session.truth.lumbar_side_bend_deg[during]
    assert 18 < side.max() < 37 and -37 < side.min() < -18
    assert np.abs(session.truth.trunk_deg[during]).max() < 20


@pytest.mark.parametrize("seed", SEEDS)
def test_twists(seed: int) -> None:
    session, _, during = only("twists", seed)
    rotation = session.truth.lumbar_rotation_deg[during]
    assert 28 < rotation.max() < 47 and -47 < rotation.min() < -28
    assert np.abs(session.truth.trunk_deg[during]).max() < 15


@pytest.mark.parametrize("seed", SEEDS)
def test_sitting_down_and_getting_up(seed: int) -> None:
    session, _, during = only("sit_to_stand", seed)
    trunk = session.truth.trunk_deg[during]
    half = len(trunk) // 2
    assert 28 < trunk[:half].max() < 42 and 28 < trunk[half:].max() < 42
    assert session.truth.hip_hinge_deg[during].min() < -6  # slumped on the seat
    assert 10 < session.truth.lumbar_flexion_deg[during].max() < 18
    assert 0.3 < np.ptp(session.truth.sacral.position_m[during, 2]) < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_picking_up_bends_the_back(seed: int) -> None:
    session, _, during = only("pick_up", seed)
    assert 48 < session.truth.trunk_deg[during].max() < 72
    assert 24 < session.truth.lumbar_flexion_deg[during].max() < 36


@pytest.mark.parametrize("seed", SEEDS)
def test_jumps_fly_and_land(seed: int) -> None:
    session, _, during = only("jumps", seed)
    for sensor in (session.truth.sacral, session.truth.thoracic):
        felt = felt_mps2(sensor)[during]
        flying_s = np.count_nonzero(felt < 1.0) / 200
        assert flying_s == pytest.approx(3 * 0.4, abs=0.25)
        assert felt.max() > 18  # landing at nearly twice standing, at least
    assert 23 < session.truth.trunk_deg[during].max() < 37


@pytest.mark.parametrize("seed", SEEDS)
def test_walking_travels_bounces_and_strikes(seed: int) -> None:
    session = simulate(Scenario(seed=seed, walking_s=20, sensors=PERFECT, soft_tissue_deg=0, rate_hz=200))
    going = (session.truth.time_s > 4) & (session.truth.time_s < 19)
    path = session.truth.sacral.position_m[going]
    length_m = np.sum(np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1))
    assert 13 < length_m < 24
    assert 0.02 < np.ptp(path[:, 2]) < 0.09
    strikes: list[float] = []
    for sensor in (session.truth.sacral, session.truth.thoracic):
        felt = felt_mps2(sensor)[going]
        fast = felt - np.convolve(felt, np.full(15, 1 / 15), "same")
        fast = np.abs(fast[20:-20])
        # Blows stand out of the rest and come with the steps, 1.5 to 2.1 a second.
        loud = fast > 0.4 * fast.max()
        blows = 1 + np.count_nonzero(np.diff(np.flatnonzero(loud)) > 40)
        assert 15 * 1.4 < blows < 15 * 2.2
        assert fast.max() > 8 * np.median(fast)
        strikes.append(float(fast.max()))
    assert 2 < strikes[0] < 15
    assert 0.4 * strikes[0] < strikes[1] < 0.8 * strikes[0]


def test_walking_turns_and_takes_the_wearer_elsewhere() -> None:
    session = simulate(Scenario(seed=1, walking_s=20, sensors=PERFECT))
    quat = session.truth.sacral.imu.quat
    assert quat is not None
    turned = 2 * np.degrees(np.arccos(np.clip(np.abs(quat @ quat[0]), 0, 1)))
    assert turned.max() > 45


@pytest.mark.parametrize("seed", SEEDS)
def test_standing_sways_about_zero(seed: int) -> None:
    truth = simulate(Scenario(seed=seed, standing_s=60)).truth
    quiet = (truth.time_s > truth.neutral_s[0][0]) & (truth.time_s < truth.neutral_s[0][1])
    for angle in (truth.hip_hinge_deg, truth.trunk_deg, truth.lumbar_side_bend_deg):
        assert angle[quiet].mean() == pytest.approx(0, abs=1e-3)  # the windows may differ by a sample
        assert 0.05 < angle[quiet].std() < 1.0
    assert 0.002 < truth.sacral.position_m[quiet, :2].std(axis=0).max() < 0.03


def test_the_hips_travel_back_in_a_hinge() -> None:
    scenario = Scenario(sets=((Repetition(hip_hinge_deg=50, bottom_s=1.0),),), sway=0)
    rng = np.random.default_rng(5)
    build, course = random_build(rng), plan(scenario, rng)
    t = knot_times(course.duration_s)
    q = coordinates(t, course, build, 0.0, rng)
    stand, bottom = (int(np.searchsorted(t, at)) for at in (2.0, course.repetitions[0].start_s + 2.01))
    forward = np.array([np.cos(q[stand, Coordinate.HEADING]), np.sin(q[stand, Coordinate.HEADING])])
    back_m = -(q[bottom, :2] - q[stand, :2]) @ forward
    assert back_m == pytest.approx(build.hip_travel_m * np.sin(np.radians(50)), rel=0.02)
    assert q[bottom, Coordinate.UP_M] < q[stand, Coordinate.UP_M]


def test_a_bent_start_begins_bent_and_stands_afterwards() -> None:
    truth = simulate(Scenario(seed=2, bent_start=(40.0, 3.0), sets=((Repetition(),),))).truth
    assert truth.trunk_deg[0] == pytest.approx(40, abs=2.5)
    assert truth.trunk_deg[200] == pytest.approx(40, abs=2.5)
    assert truth.neutral_s[0][0] > 5
    assert truth.repetitions[0].hip_hinge_deg == pytest.approx(47.5, abs=1.5)


def test_lone_bends_keep_away_from_sets() -> None:
    sets = tuple(good_set(3, np.random.default_rng(i)) for i in range(3))
    session = simulate(Scenario(sets=sets, distractors=("pick_up", "side_bends", "sit_to_stand"), rest_s=20))
    bends = [h for h in session.truth.distractors if h.kind in ("pick_up", "sit_to_stand")]
    assert [h.kind for h in session.truth.distractors] == ["pick_up", "side_bends", "sit_to_stand"] * 2
    for bend in bends:
        for other in (*session.truth.repetitions, *bends):
            if other is not bend:
                assert other.end_s < bend.start_s - 15 or other.start_s > bend.end_s + 15


def test_rests_last_and_sets_are_numbered() -> None:
    sets = tuple(good_set(2, np.random.default_rng(i)) for i in range(3))
    done = simulate(Scenario(sets=sets, rest_s=30)).truth.repetitions
    assert [r.set for r in done] == [1, 1, 2, 2, 3, 3]
    for last, first in ((done[1], done[2]), (done[3], done[4])):
        assert first.start_s - last.close_s == pytest.approx(30, abs=1)


def test_each_stance_has_its_own_zero() -> None:
    stances = ((6.0, -3.0), (-4.0, 5.0))
    scenario = Scenario(seed=3, sets=((Repetition(),),) * 2, stances=stances, sway=0, asymmetry_deg=0)
    truth = simulate(scenario).truth
    assert len(truth.neutral_s) == 2
    for window, done, (pelvis, lumbar) in zip(truth.neutral_s, truth.repetitions, stances, strict=True):
        quiet = (truth.time_s > window[0]) & (truth.time_s < window[1])
        assert np.abs(truth.trunk_deg[quiet]).max() < 0.1
        # Intentions are against upright standing, truth against the stance.
        assert done.hip_hinge_deg == pytest.approx(47.5 - pelvis, abs=0.5)
        assert done.lumbar_flexion_deg == pytest.approx(max(0.0, 3.0 - lumbar), abs=0.5)
