"""A sensor's own errors are learnt from standing in place: samples come nearer the truth, and so do the angles."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from motions import random_rotation

from hiphinge.kinematics.calibration import calibrate
from hiphinge.kinematics.fusion import MOST_RESIDUAL, MOST_SURPRISE, fuse_corrected, fuse_recording, learn_sensor
from hiphinge.kinematics.grid import Grid, GriddedImu, grid_times, measure_grid, put_on_grid
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion, fuse_offline
from hiphinge.kinematics.rotation import matrix
from hiphinge.kinematics.selfcal import self_calibrate
from hiphinge.kinematics.sensor_model import SensorModel
from hiphinge.kinematics.track import found_heading, track
from hiphinge.kinematics.uncertainty import PLAIN_SHARE_SD
from hiphinge.model import SEGMENTS, Floats, Segment
from hiphinge.simulate import (
    CHEAP,
    PERFECT,
    TYPICAL,
    Scenario,
    SensorErrors,
    Simulation,
    good_set,
    set_with_faults,
    simulate,
    swings,
)

SEEDS = range(4)


@lru_cache(maxsize=24)
def simulated(scenario: Scenario) -> Simulation:
    return simulate(scenario)


def hinges(seed: int, sensors: SensorErrors = TYPICAL, **more: object) -> Scenario:
    repetitions = set_with_faults(8, {2: "flexion", 5: "extension", 7: "deep"}, np.random.default_rng(seed))
    return replace(Scenario(seed=seed, sets=(repetitions,), mounting="random", sensors=sensors), **more)


def gridded(session: Simulation, segment: Segment) -> tuple[GriddedImu, Grid]:
    grid = measure_grid(session.recording.time_s)
    return put_on_grid(getattr(session.recording, segment), grid), grid


def rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def learnt(session: Simulation, segment: Segment) -> SensorModel:
    imu, grid = gridded(session, segment)
    model = learn_sensor(imu, grid.rate_hz)
    assert isinstance(model, SensorModel)
    return model


def sample_errors(session: Simulation, segment: Segment, model: SensorModel) -> tuple[float, float, float, float]:
    """RMS distance from error-free samples: rate as measured and corrected (rad/s), force likewise (m/s²)."""
    said, true = getattr(session.recording, segment), getattr(session.truth, segment).imu
    rate, force = model.corrected(said.gyr_radps, said.acc_mps2)
    return (
        rms(said.gyr_radps - true.gyr_radps),
        rms(rate - true.gyr_radps),
        rms(said.acc_mps2 - true.acc_mps2),
        rms(force - true.acc_mps2),
    )


@pytest.mark.parametrize(("sensors", "least"), [(TYPICAL, 4), (CHEAP, 2)], ids=["typical", "cheap"])
@pytest.mark.parametrize("segment", SEGMENTS)
def test_corrected_samples_are_nearer_the_truth(segment: Segment, sensors: SensorErrors, least: int) -> None:
    sessions = [simulated(hinges(seed, sensors)) for seed in SEEDS]
    pairs = [(session, learn_sensor(gridded(session, segment)[0], 100.0)) for session in sessions]
    found = np.array(
        [sample_errors(session, segment, model) for session, model in pairs if isinstance(model, SensorModel)]
    )
    # Cheap sensors are often beyond what the priors allow, and then nothing is learnt.
    assert len(found) >= least
    rate, force = found[:, 1] / found[:, 0], found[:, 3] / found[:, 2]
    # Nearly half of the error and more goes; what one axis of movement does not show (an accelerometer's offset to the
    # side of the hinge) has to stay, and so do noise and time stamps.
    assert np.median(rate) < 0.6
    assert np.median(force) < 0.75
    assert rate.max() < 1.0
    assert force.max() < 1.1


@pytest.mark.parametrize("segment", SEGMENTS)
def test_the_model_is_the_inverse_of_the_errors_along_the_movement(segment: Segment) -> None:
    """The scale about the flexion axis, regressed from measured and true samples, is what was learnt."""
    off: list[list[np.floating]] = []
    for seed in SEEDS:
        session = simulated(hinges(seed))
        said, true = getattr(session.recording, segment).gyr_radps, getattr(session.truth, segment).imu.gyr_radps
        axis = np.linalg.svd(true, full_matrices=False)[2][0]
        # measured = matrix @ (axis * rate) + bias: the column that the movement excites.
        design = np.column_stack([true @ axis, np.ones(len(true))])
        column = np.linalg.lstsq(design, said, rcond=None)[0][0]
        off.append([np.linalg.norm(m @ axis - column) for m in (np.eye(3), learnt(session, segment).gyr_matrix)])
    before, after = np.array(off).T
    # The part across the axis stays hidden where the wearer never turns otherwise.
    assert rms(after) < 0.85 * rms(before)


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_perfect_sensor_is_left_nearly_alone(segment: Segment) -> None:
    for seed in SEEDS:
        session = simulated(hinges(seed, PERFECT))
        _, rate_radps, _, force_mps2 = sample_errors(session, segment, learnt(session, segment))
        # What the trunk's softness is mistaken for: under half of what a typical sensor does to its rate (0.55 deg/s),
        # and no more than it does to its force (15 mg and 1 %: 0.17 m/s²), in directions the movement hardly shows.
        assert rate_radps < np.deg2rad(0.25)
        assert force_mps2 < 0.17


@pytest.mark.parametrize("seed", range(3))
def test_a_turned_sensor_has_a_turned_model(seed: int) -> None:
    """No axis of the chip is special: the priors are balls."""
    session = simulated(hinges(seed))
    said, turn = session.recording.sacral, random_rotation(seed)
    assert said.gyr_radps is not None and said.acc_mps2 is not None
    bias = np.median(said.gyr_radps, axis=0)
    one = self_calibrate(said.gyr_radps, said.acc_mps2, 100.0, bias).model
    other = self_calibrate(said.gyr_radps @ turn.T, said.acc_mps2 @ turn.T, 100.0, turn @ bias).model
    straight = one.corrected(said.gyr_radps, said.acc_mps2)
    turned = other.corrected(said.gyr_radps @ turn.T, said.acc_mps2 @ turn.T)
    # Some steps of Gauss-Newton end a little short of the solution, not in the same place.
    np.testing.assert_allclose(turned[0] @ turn, straight[0], atol=np.deg2rad(0.02))
    np.testing.assert_allclose(turned[1] @ turn, straight[1], atol=0.01)
    assert other.residual == pytest.approx(one.residual, rel=0.05)


def test_corrected_undoes_the_model() -> None:
    rng = np.random.default_rng(5)
    rate, force = rng.normal(0, 1, (50, 3)), rng.normal(0, 9, (50, 3))
    a, b, g = (np.eye(3) + rng.normal(0, 0.02, (3, 3)) for _ in range(3))
    model = SensorModel(a, b, 1e-3 * g, np.array([0.1, -0.2, 0.3]), np.array([0.5, 0.4, -0.3]), np.zeros(3))
    said_force = force @ b.T + model.acc_bias_mps2
    said_rate = rate @ a.T + model.gyr_bias_radps + said_force @ model.gyr_per_acc.T
    for got, true in zip(model.corrected(said_rate, said_force), (rate, force), strict=True):
        np.testing.assert_allclose(got, true, atol=1e-12)


@pytest.mark.parametrize("segment", SEGMENTS)
def test_those_who_stand_in_place_fit(segment: Segment) -> None:
    for seed in SEEDS:
        model = learnt(simulated(hinges(seed)), segment)
        assert 0 < model.residual < MOST_RESIDUAL
        assert 0 < model.surprise < MOST_SURPRISE
        # Between a hand's breadth and an arm's length: from the feet's side of the hips to a sensor on the back.
        assert np.linalg.norm(model.lever_m) < 0.8


def brief() -> GriddedImu:
    return gridded(simulated(hinges(1)), "sacral")[0].rows(slice(400, 1100))


def gappy() -> GriddedImu:
    imu = gridded(simulated(hinges(1)), "sacral")[0]
    gap_s = np.zeros(len(imu.gap_s))
    gap_s[::500] = 0.1
    return replace(imu, gap_s=gap_s)


NOTHING_TO_LEARN: dict[str, tuple[Callable[[], GriddedImu], str | None]] = {
    "walking": (lambda: gridded(simulated(Scenario(seed=3, walking_s=40.0)), "sacral")[0], "still"),
    "standing": (lambda: gridded(simulated(Scenario(seed=3, standing_s=40.0)), "sacral")[0], "still"),
    "7 s": (brief, "still"),
    "a gap every 5 s": (gappy, "gaps"),
    "quaternions only": (
        lambda: replace(gridded(simulated(hinges(1, quaternions=True)), "sacral")[0], acc_mps2=None, gyr_radps=None),
        None,
    ),
}


@pytest.mark.parametrize("name", NOTHING_TO_LEARN)
def test_without_anything_to_learn_from_the_plain_filter_is_used(name: str) -> None:
    make, why = NOTHING_TO_LEARN[name]
    imu = make()
    motion, model, unlearnt = fuse_recording(imu, 100.0)
    plain = fuse_offline(imu, 100.0)
    assert model is None and unlearnt == why
    np.testing.assert_array_equal(motion.quat, plain.quat)
    np.testing.assert_array_equal(motion.rate_radps, plain.rate_radps)
    assert motion.share_sd == PLAIN_SHARE_SD


def test_a_learnt_sensor_is_trusted_more() -> None:
    motion, model, _ = fuse_recording(gridded(simulated(hinges(1)), "sacral")[0], 100.0)
    assert model is not None
    assert 0 < motion.share_sd == model.share_sd < PLAIN_SHARE_SD


@pytest.mark.parametrize(("sensors", "least", "most"), [(PERFECT, 0.0, 0.3), (TYPICAL, 0.4, 3.0), (CHEAP, 2.5, 13.0)])
def test_the_grade_of_a_chip_is_found(sensors: SensorErrors, least: float, most: float) -> None:
    """1 is a typical chip; the presets differ by 3 to 6 in their offsets."""
    grades = [learnt(simulated(hinges(seed, sensors)), segment).grade for seed in SEEDS for segment in SEGMENTS]
    assert least <= np.median(grades) <= most


def tilt_slope(session: Simulation, segment: Segment, motion: SensorMotion, grid: Grid) -> float:
    """How far a segment's tilt about its flexion axis reads wrong, per tilt, regressed over the repetitions."""
    truth = getattr(session.truth, segment).imu
    up, estimated = matrix(truth.quat)[:, 2, :], motion.up[grid.index]
    axis = np.linalg.svd(truth.gyr_radps, full_matrices=False)[2][0]
    inside = np.any(
        [(session.truth.time_s >= r.start_s) & (session.truth.time_s <= r.end_s) for r in session.truth.repetitions],
        axis=0,
    )
    standing = up[inside][0]
    tilt = np.arctan2(np.cross(standing[None], up) @ axis, up @ standing)[inside]
    error = (np.cross(up, estimated) @ axis)[inside]
    return float(np.polyfit(tilt, error, 1)[0])


@pytest.mark.parametrize("sensors", [TYPICAL, CHEAP], ids=["typical", "cheap"])
def test_what_stays_unknown_is_what_the_covariance_says(sensors: SensorErrors) -> None:
    scaled: list[float] = []
    for seed in range(8):
        session = simulated(hinges(seed, sensors, soft_tissue_deg=0.0))
        for segment in SEGMENTS:
            imu, grid = gridded(session, segment)
            motion, model, _ = fuse_recording(imu, grid.rate_hz)
            assert model is not None
            scaled.append(tilt_slope(session, segment, motion, grid) / model.share_sd)
    # A chi-square with 16 degrees of freedom, over 16, lies within 0.36 and 1.83 in 98 % of draws; what the body's part
    # of the model is allowed to leave unexplained makes the covariance a little too large.
    assert 0.2 < np.mean(np.square(scaled)) < 1.83


def test_nothing_is_learnt_of_a_sensor_swung_in_a_hand() -> None:
    """Faster and further round than a trunk goes: the velocities may fit, but nobody wears it."""
    rng = np.random.default_rng(3)
    time_s = np.arange(4000) / 100
    angle = 3.0 * np.sin(2 * np.pi * 0.6 * time_s)[:, None] * np.array([0.3, 0.9, 0.3])
    up = np.column_stack([np.sin(angle[:, 1]), np.sin(angle[:, 0]), np.cos(angle[:, 1])])
    gyr = np.gradient(angle, 0.01, axis=0) + rng.normal(0, 0.001, angle.shape)
    acc = 9.81 * up / np.linalg.norm(up, axis=1, keepdims=True)
    assert learn_sensor(GriddedImu(acc, gyr, None, np.zeros(len(gyr))), 100.0) == "no trunk"


def test_the_vertical_is_right_at_once_after_a_walk() -> None:
    """The filter needs some ten seconds to forget the steps; standing in place does not."""
    ratios: list[float] = []
    for seed in SEEDS:
        session = simulated(hinges(seed, walking_s=20.0, soft_tissue_deg=0.0))
        first = session.truth.repetitions[0].start_s
        for segment in SEGMENTS:
            imu, grid = gridded(session, segment)
            motion, model, _ = fuse_recording(imu, grid.rate_hz)
            up = matrix(getattr(session.truth, segment).imu.quat)[:, 2, :]
            rows = (session.truth.time_s > first - 3.0) & (session.truth.time_s < first + 5.0)
            off = [
                np.degrees(np.linalg.norm(np.cross(up, one.up[grid.index]), axis=1))[rows]
                for one in (motion, fuse_corrected(imu, grid.rate_hz, model))
            ]
            # What an accelerometer's offset does to both is no matter of time.
            ratios.append(float(np.std(off[0]) / np.std(off[1])))
    assert np.median(ratios) < 0.7


def range_errors(session: Simulation, fuse: Callable[[GriddedImu, float], SensorMotion]) -> tuple[float, float]:
    """RMSE of the worse segment's tilt and of lumbar flexion within repetitions, deg."""
    truth = session.truth
    (lower, grid), (upper, _) = (gridded(session, segment) for segment in SEGMENTS)
    sacral, thoracic = fuse(lower, grid.rate_hz), fuse(upper, grid.rate_hz)
    time_s = grid_times(session.recording.time_s, grid)
    found = calibrate(sacral, thoracic, time_s, grid.rate_hz)
    neutral = Neutral(0.0, found.sacral, found.thoracic)
    offset = found_heading(sacral, thoracic, neutral, grid.rate_hz)
    angles = track(sacral, thoracic, time_s, neutral, offset, found).angles
    inside = np.any([(truth.time_s >= r.start_s) & (truth.time_s <= r.end_s) for r in truth.repetitions], axis=0)
    off = [
        rms((getattr(angles, name)[grid.index] - getattr(truth, name))[inside])
        for name in ("hip_hinge_deg", "trunk_deg", "lumbar_flexion_deg")
    ]
    return max(off[:2]), off[2]


@pytest.mark.parametrize(
    "scenario_of",
    [
        hinges,
        lambda seed: hinges(seed, walking_s=20.0),
        lambda seed: Scenario(seed=seed, sets=(swings(10, np.random.default_rng(seed)),), mounting="random"),
        lambda seed: hinges(seed, CHEAP),
        lambda seed: Scenario(seed=seed, sets=(good_set(3, np.random.default_rng(seed)),), mounting="random"),
    ],
    ids=["hinges", "walking", "swings", "cheap sensors", "three hinges"],
)
def test_learning_makes_no_session_kind_worse(scenario_of: Callable[[int], Scenario]) -> None:
    pairs = np.array(
        [
            (
                range_errors(session, lambda imu, rate_hz: fuse_recording(imu, rate_hz)[0]),
                range_errors(session, fuse_offline),
            )
            for session in (simulated(scenario_of(seed)) for seed in SEEDS)
        ]
    )
    tilt, lumbar = (rms(pairs[:, 0, at]) / rms(pairs[:, 1, at]) for at in (0, 1))
    # Over the seeds together: one session's figure hangs on how its wearer happened to sway where zero was taken.
    assert tilt < 1.1
    assert lumbar < 1.1
