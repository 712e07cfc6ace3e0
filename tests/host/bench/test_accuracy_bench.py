"""The accuracy bench is fair: other people's filters are fed right, moving floors obey physics, limits are held."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hiphinge.kinematics.rotation import (
    conjugate,
    from_rotation_vector,
    matrix,
    multiply,
    rotation_rates,
    up_in_sensor,
)
from hiphinge.model import Floats
from hiphinge.simulate import PERFECT, Repetition, Scenario, simulate

pytest.importorskip("ahrs", reason="the accuracy bench compares with the package AHRS")
pytest.importorskip("imufusion", reason="the accuracy bench compares with the package imufusion")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from accuracy import broad, measure, table
from accuracy.moving_floor import Floor, carried, ride, shuffle
from accuracy.peers import PEERS, Setting, fusion, mahony, resting_rate, vqf_causal

RATE_HZ = 200.0
GRAVITY = np.array([0.0, 0.0, 9.80665])
SETTINGS = [
    *(pytest.param(setting, id=f"{name} {setting.label}") for name, settings in PEERS.items() for setting in settings),
    pytest.param(Setting("defaults", vqf_causal), id="vqf live"),
]


def known_motion() -> tuple[Floats, Floats, Floats]:
    """Rest, lean by 50 deg, turn by 120, come back, rest: rates, forces and orientations, sensor mounted askew."""
    time_s = np.arange(0, 24, 1 / RATE_HZ)

    def blend(start_s: float) -> Floats:
        u = np.clip((time_s - start_s) / 2, 0, 1)
        return u**3 * (10 - 15 * u + 6 * u**2)

    lean = np.radians(50) * (blend(5) - blend(14))
    turn = np.radians(120) * blend(9)
    zero = np.zeros_like(time_s)
    headed = from_rotation_vector(np.column_stack([zero, zero, turn]))
    leaned = from_rotation_vector(np.column_stack([lean, 0.3 * lean, zero]))
    askew = from_rotation_vector(np.array([[1.0, -1.6, 0.7]]))
    quat = multiply(multiply(headed, leaned), askew)
    force = np.einsum("nji,j->ni", matrix(quat), GRAVITY)
    return rotation_rates(quat, RATE_HZ), force, quat


def angle_deg(quat: Floats) -> Floats:
    return np.degrees(2 * np.arctan2(np.linalg.norm(quat[:, 1:], axis=1), np.abs(quat[:, 0])))


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_known_rotation_comes_out_right(setting: Setting):
    gyr, acc, true = known_motion()
    found = setting(gyr, acc, RATE_HZ)
    vertical = np.degrees(np.linalg.norm(np.cross(up_in_sensor(found), up_in_sensor(true)), axis=1))
    assert vertical.max() < 1.0  # tilted by up to 120 deg: any wrong order, inverse, sign or unit costs tens of degrees
    # Heading is anybody's, its change is not: rotation since the start, in the sensor's own axes.
    since, true_since = (multiply(conjugate(quat[:1]), quat) for quat in (found, true))
    assert angle_deg(multiply(conjugate(true_since), since)).max() < 2.0


def test_what_a_tilted_start_needs_is_not_learnt_as_bias():
    """Starting level, a resting sensor stays where it is from the first sample."""
    force = np.tile(np.array([6.0, -5.0, -5.8]), (400, 1))
    rest = np.full((400, 3), 1e-9)
    up = force[0] / np.linalg.norm(force[0])
    for settings in PEERS.values():
        for setting in settings:
            assert np.abs(up_in_sensor(setting(rest, force, RATE_HZ)) - up).max() < 1e-3, setting.label


def test_a_gyroscope_bias_is_taken_out_where_a_filter_can():
    gyr, acc, true = known_motion()
    bias = np.radians([1.0, -0.8, 0.6])
    assert np.allclose(resting_rate(gyr + bias), bias, atol=np.radians(0.1))
    rest = np.zeros((round(60 * RATE_HZ), 3))
    still = np.tile(acc[:1], (len(rest), 1))
    for run in (fusion, mahony):
        found = run(rest + bias, still, RATE_HZ)
        late = found[-round(5 * RATE_HZ) :]
        # Not learnt, a bias of 1.4 deg/s leans against the gain: 2.8 deg with imufusion's 0.5, 1.4 with Mahony's 1.
        drift = up_in_sensor(late) - up_in_sensor(true[:1])
        assert np.degrees(np.linalg.norm(drift, axis=1)).max() < 0.3, run.__name__


def short_session(seed: int = 3):
    return simulate(
        Scenario(seed=seed, sets=((Repetition(), Repetition(), Repetition()),), sensors=PERFECT, soft_tissue_deg=0.0)
    )


def test_a_turning_floor_turns_what_sensors_read():
    made = short_session()
    time_s = made.truth.time_s
    turning = np.radians(30) * np.sin(0.7 * time_s)
    floor = Floor(
        np.zeros((len(time_s), 3)), turning, np.gradient(turning, time_s), -0.49 * np.radians(30) * np.sin(0.7 * time_s)
    )
    moved = carried(made, floor)
    middle = np.concatenate([made.truth.sacral.position_m, made.truth.thoracic.position_m]).mean(axis=0)
    for before, after in ((made.truth.sacral, moved.truth.sacral), (made.truth.thoracic, moved.truth.thoracic)):
        quat, acc, gyr = after.imu.quat, after.imu.acc_mps2, after.imu.gyr_radps
        assert quat is not None and acc is not None and gyr is not None
        inner = slice(5, -5)
        assert np.abs(rotation_rates(quat, 100.0) - gyr)[inner].max() < 0.01
        headed = matrix(from_rotation_vector(np.column_stack([0 * turning, 0 * turning, turning])))
        place = np.einsum("nij,nj->ni", headed, before.position_m - middle)
        motion = np.gradient(np.gradient(place, time_s, axis=0), time_s, axis=0)
        felt = np.einsum("nij,nj->ni", matrix(quat), acc) - GRAVITY
        assert np.abs(felt - motion)[inner].max() < 0.15  # differences over 20 ms of motion at up to 3 m/s²


def test_rides_and_shuffles_move_as_they_say_and_begin_at_rest():
    made = short_session()
    rng = np.random.default_rng(0)
    for floor, least, most in (
        (ride(made.recording, 4.0, rng), 0.8, 2.5),
        (shuffle(made, rng), 0.05, 2.5),
    ):
        size = np.linalg.norm(floor.acceleration_mps2, axis=1)
        assert least < np.sqrt(np.mean(size[600:] ** 2)) < most
        assert size[:300].max() == 0.0
        assert np.abs(np.gradient(floor.heading_rad, made.truth.time_s) - floor.heading_radps).max() < 0.02
    # Steps leave the wearer standing: what they add to the speed they take away again.
    assert np.abs(shuffle(made, rng).acceleration_mps2.sum(axis=0) / 100.0).max() < 0.01


def test_a_session_through_plain_filter_and_floor():
    found = {(one.path, one.setting): one for one in measure.measure("symmetrical", 1, 0.0, ("vqf", "floor"))}
    assert not any(one.failed for one in found.values())
    assert found["floor", ""].tilt_deg < found["vqf", "defaults"].tilt_deg < 3.0
    assert found["vqf", "defaults"].known > 0.99


def measured(path: str, tilt_deg: float, setting: str = "", failed: str = "", share: float = 0.95):
    if failed:
        return measure.Measured(path, setting, failed=failed)
    inside = dict.fromkeys((*measure.TILTS, "lumbar_flexion"), round(1000 * share))
    return measure.Measured(path, setting, tilt_deg, tilt_deg, 1000, 1.0, inside)


def offline_row(*sessions: list[measure.Measured], kind: str = "symmetrical") -> table.Row:
    return next(row for row in table.summed(kind, sessions, judged=True) if row.path == "offline")


def test_limits_are_held_and_missed():
    plain = measured("vqf", 0.5, "defaults")
    good, bad = [measured("offline", 0.15), plain], [measured("offline", 0.9), plain]
    assert offline_row(good, good, good).missed == ()
    assert offline_row(good, good, bad).missed == ("tilt", "lumbar")  # worst
    assert offline_row([measured("offline", 0.30), plain]).missed == ("tilt",)  # median: 0.20, 0.35
    assert offline_row(good, [measured("offline", 0, failed="why"), plain]).missed == ("failed",)
    for share in (0.90, 0.999):
        assert offline_row([measured("offline", 0.15, share=share), plain]).missed == ("in 2 sd",)


def test_no_worse_than_the_plain_filter_in_any_session():
    pairs = [[measured("offline", ours), measured("vqf", 1.0, "defaults")] for ours in (0.5, 0.6, 1.14)]
    assert offline_row(*pairs, kind="rides").missed == ()
    pairs.append([measured("offline", 1.2), measured("vqf", 1.0, "defaults")])
    row = offline_row(*pairs, kind="rides")
    assert (row.worse, row.missed) == (1, ("worse",))
    assert offline_row(*pairs, kind="habitual 12").missed == ()  # no limit there


def test_the_best_setting_is_named_and_one_that_fails_is_not_the_best():
    one = [measured("vqf", 0.5, "defaults"), measured("vqf", 0.4, "helped"), measured("vqf", 0.3, "other")]
    other = [replace(one[0]), replace(one[1]), measured("vqf", 0, "other", failed="why")]
    rows = table.summed("symmetrical", [one, other], judged=False)
    assert [row.setting for row in rows if row.best] == ["helped"]
    assert [line.split("  ")[0] for line in table.lines("symmetrical", rows, judged=False)] == ["symmetrical"] * 2
    assert "best: helped" in table.lines("symmetrical", rows, judged=False)[1]


def test_inclination_counts_tilt_and_not_heading():
    true = np.tile([1.0, 0.0, 0.0, 0.0], (3, 1))
    tilt, turn = from_rotation_vector(np.radians([[10.0, 0.0, 0.0]])), from_rotation_vector(np.radians([[0, 0, 70.0]]))
    found = np.repeat(multiply(turn, tilt), 3, axis=0)
    counted = np.array([True, False, True])
    assert broad.inclination_rmse_deg(found, true, counted) == pytest.approx(10.0)
    assert broad.missed({"trial": {"offline": 1.2, "vqf": 1.0, "live": 1.0, "vqf live": 1.0}}) == [
        "BROAD trial, offline: 1.20 deg, plain vqf 1.00"
    ]
