"""Seeds, mounting, errors, clocks and losses: what may change the samples and never the truth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hiphinge.model import HiphingeError
from hiphinge.simulate import (
    CHEAP,
    PERFECT,
    TYPICAL,
    Repetition,
    Scenario,
    SensorErrors,
    default_scenario,
    good_set,
    simulate,
    swings,
)

BASE = Scenario(seed=11, sets=(good_set(2, np.random.default_rng(0)),))
G_MPS2 = 9.80665


def samples(scenario: Scenario) -> NDArray[np.float64]:
    recording = simulate(scenario).recording
    columns = (recording.sacral.acc_mps2, recording.sacral.gyr_radps, recording.thoracic.acc_mps2)
    return np.column_stack([column for column in columns if column is not None])


def angles(scenario: Scenario) -> NDArray[np.float64]:
    truth = simulate(scenario).truth
    return np.column_stack([truth.hip_hinge_deg, truth.trunk_deg, truth.lumbar_side_bend_deg])


def test_a_seed_gives_the_same_session_again() -> None:
    np.testing.assert_array_equal(samples(BASE), samples(BASE))
    assert default_scenario(3) == default_scenario(3)


def test_another_seed_gives_another_session() -> None:
    one, other = angles(BASE), angles(replace(BASE, seed=12))
    n = min(len(one), len(other))
    assert np.abs(one[:n] - other[:n]).max() > 0.5


@pytest.mark.parametrize(
    "change",
    [
        {"mounting": "random"},
        {"mounting": "upside_down"},
        {"mounting": "turned"},
        {"mounting": "opposite"},
        {"swapped": True},
        {"sensors": CHEAP},
        {"soft_tissue_deg": 3.0},
    ],
)
def test_what_sensors_do_changes_samples_but_not_the_truth(change: dict[str, Any]) -> None:
    changed = replace(BASE, **change)
    assert np.abs(samples(BASE) - samples(changed)).max() > 0.1
    np.testing.assert_array_equal(angles(BASE), angles(changed))


def test_swapped_sensors_exchange_places() -> None:
    right, wrong = (simulate(replace(BASE, swapped=swapped)) for swapped in (False, True))
    np.testing.assert_array_equal(right.recording.sacral.acc_mps2, wrong.recording.thoracic.acc_mps2)
    np.testing.assert_array_equal(right.truth.thoracic.position_m, wrong.truth.sacral.position_m)
    assert wrong.truth.swapped


@pytest.mark.parametrize("seed", range(4))
def test_nominal_sensors_lie_on_inclined_skin(seed: int) -> None:
    recording = simulate(Scenario(seed=seed, sensors=PERFECT)).recording
    for imu in (recording.sacral, recording.thoracic):
        assert imu.acc_mps2 is not None
        x, y, z = imu.acc_mps2[100:300].mean(axis=0)
        assert 1.5 < abs(np.degrees(np.arctan2(z, y))) < 35  # out of the back against up the spine
        assert abs(np.degrees(np.arctan2(x, y))) < 12
        assert np.linalg.norm([x, y, z]) == pytest.approx(G_MPS2, abs=0.05)


def still(errors: SensorErrors, seed: int, rate_hz: float = 100.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors of acceleration and rate of a statue's sacral sensor."""
    session = simulate(Scenario(seed=seed, standing_s=30, sensors=errors, sway=0, soft_tissue_deg=0, rate_hz=rate_hz))
    said, true = session.recording.sacral, session.truth.sacral.imu
    assert said.acc_mps2 is not None and said.gyr_radps is not None
    assert true.acc_mps2 is not None and true.gyr_radps is not None
    return said.acc_mps2 - true.acc_mps2, said.gyr_radps - true.gyr_radps


@pytest.mark.parametrize("rate_hz", [50.0, 200.0])
def test_noise_has_its_density(rate_hz: float) -> None:
    acc, gyr = still(SensorErrors(acc_noise_ug_rthz=80, gyr_noise_dps_rthz=0.005), 1, rate_hz)
    assert acc.std() == pytest.approx(80e-6 * G_MPS2 * np.sqrt(rate_hz / 2), rel=0.05)
    assert np.degrees(gyr.std()) == pytest.approx(0.005 * np.sqrt(rate_hz / 2), rel=0.05)


def test_biases_have_their_spread() -> None:
    errors = SensorErrors(acc_bias_mg=15, gyr_bias_dps=0.5)
    means = [[e.mean(axis=0) for e in still(errors, seed, 20.0)] for seed in range(40)]
    acc, gyr = (np.array([m[i] for m in means]) for i in (0, 1))
    # 120 draws: the spread is known to 6 %, three sigma of that.
    assert acc.std() / G_MPS2 == pytest.approx(0.015, rel=0.2)
    assert np.degrees(gyr.std()) == pytest.approx(0.5, rel=0.2)


def test_scale_and_cross_axis_are_fractions_of_the_reading() -> None:
    acc, gyr = still(SensorErrors(scale=0.02, cross_axis=0.02), 2)
    assert 0.002 < np.linalg.norm(acc.mean(axis=0)) / G_MPS2 < 0.1
    np.testing.assert_allclose(gyr, 0, atol=1e-12)  # a statue turns not at all


def test_gyroscopes_answer_to_gravity() -> None:
    _, gyr = still(SensorErrors(g_sensitivity_dps_per_g=0.1), 3)
    assert 0.02 < np.degrees(np.linalg.norm(gyr.mean(axis=0))) < 0.5


def test_biases_walk() -> None:
    acc, gyr = still(SensorErrors(gyr_walk_dps_rts=0.01, acc_walk_mg_rts=1.0), 4)
    assert 0.005 < np.degrees(np.abs(gyr[-1]).max()) < 0.3
    assert 5e-4 < np.abs(acc[-1]).max() / G_MPS2 < 0.03


def test_readings_are_int16_and_clip() -> None:
    errors = SensorErrors(quantised=True, acc_range_g=2.0, gyr_range_dps=125.0)
    session = simulate(Scenario(sets=(swings(3, np.random.default_rng(0)),), sensors=errors))
    imu = session.recording.sacral
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    counts = imu.gyr_radps / (np.radians(125.0) / 32768)
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-6)
    assert np.abs(counts).max() in (pytest.approx(32767), pytest.approx(32768))
    assert np.abs(imu.acc_mps2).max() <= 2 * G_MPS2


@pytest.mark.parametrize("rate_errors", [(0.012, -0.009), (0.03, -0.02)])
def test_clocks_of_their_own_leave_only_interpolation(rate_errors: tuple[float, float]) -> None:
    session = simulate(replace(BASE, sensors=SensorErrors(rate_errors=rate_errors)))
    for said, true in (
        (session.recording.sacral, session.truth.sacral),
        (session.recording.thoracic, session.truth.thoracic),
    ):
        assert said.gyr_radps is not None and true.imu.gyr_radps is not None
        # Under the 1 % that a typical part's sensitivity is wrong by.
        error = np.abs(said.gyr_radps - true.imu.gyr_radps).max()
        assert 0 < error < 0.01 * np.abs(true.imu.gyr_radps).max()
    assert session.recording.meta.source_rates_hz["sacral"] == pytest.approx(100 * (1 + rate_errors[0]))


def test_a_missed_rate_error_drifts_apart() -> None:
    session = simulate(replace(BASE, sensors=SensorErrors(residual_rate_ppm=500)))
    said, true = session.recording.sacral.gyr_radps, session.truth.sacral.imu.gyr_radps
    assert said is not None and true is not None
    slope = np.gradient(true, session.truth.time_s, axis=0)
    rates: list[float] = []
    for done in session.truth.repetitions:
        bend = (session.truth.time_s > done.start_s) & (session.truth.time_s < done.end_s)
        late_s = np.sum((said - true)[bend] * slope[bend]) / np.sum(slope[bend] ** 2)
        rates.append(float(late_s) / ((done.start_s + done.end_s) / 2))
    assert 1e-6 < abs(rates[0]) < 2e-3
    assert rates[1] == pytest.approx(rates[0], rel=0.2)


def test_a_clock_far_off_still_reads_a_body() -> None:
    session = simulate(replace(BASE, sensors=SensorErrors(residual_rate_ppm=300_000, rate_errors=(0.03, -0.02))))
    for imu in (session.recording.sacral, session.recording.thoracic):
        assert imu.acc_mps2 is not None
        assert np.abs(imu.acc_mps2).max() < 30


def test_time_stamps_err_by_no_more_than_said() -> None:
    session = simulate(replace(BASE, sensors=SensorErrors(time_error_s=0.001)))
    said, true = session.recording.sacral.gyr_radps, session.truth.sacral.imu.gyr_radps
    assert said is not None and true is not None
    steepest = np.abs(np.diff(true, axis=0)).max() * 100
    assert 0 < np.abs(said - true).max() <= 0.003 * steepest * 1.05


@pytest.mark.parametrize("fraction", [0.0, 0.02, 0.3])
def test_rows_are_dropped_and_truth_follows(fraction: float) -> None:
    whole, holed = (simulate(replace(BASE, drop_fraction=f)) for f in (0.0, fraction))
    kept = np.isin(whole.recording.time_s, holed.recording.time_s)
    assert 1 - kept.mean() == pytest.approx(fraction, abs=0.001)
    np.testing.assert_array_equal(holed.recording.time_s, holed.truth.time_s)
    np.testing.assert_array_equal(whole.truth.trunk_deg[kept], holed.truth.trunk_deg)
    np.testing.assert_array_equal(np.asarray(whole.recording.sacral.acc_mps2)[kept], holed.recording.sacral.acc_mps2)
    assert whole.truth.repetitions == holed.truth.repetitions
    assert np.all(np.diff(holed.recording.time_s) > 0)


def test_single_sensors_go_missing() -> None:
    recording = simulate(replace(BASE, blank_fraction=0.05)).recording
    assert recording.sacral.gyr_radps is not None and recording.thoracic.gyr_radps is not None
    lost = [
        np.isnan(imu.gyr_radps[:, 0]) for imu in (recording.sacral, recording.thoracic) if imu.gyr_radps is not None
    ]
    assert [float(one.mean()) for one in lost] == pytest.approx([0.05, 0.05], abs=0.002)
    assert not np.array_equal(*lost)


def test_device_quaternions_are_nearly_level_and_know_no_north() -> None:
    session = simulate(replace(BASE, quaternions=True))
    for said, true in (
        (session.recording.sacral, session.truth.sacral),
        (session.recording.thoracic, session.truth.thoracic),
    ):
        assert said.quat is not None and true.imu.quat is not None
        np.testing.assert_allclose(np.linalg.norm(said.quat, axis=1), 1, atol=1e-12)
        up = [vertical(quat) for quat in (said.quat, true.imu.quat)]
        off_deg = np.degrees(np.arccos(np.clip(np.sum(up[0] * up[1], axis=1), -1, 1)))
        assert 0.1 < np.sqrt(np.mean(off_deg**2)) < 1.0
    assert simulate(BASE).recording.sacral.quat is None


def vertical(quat: NDArray[np.float64]) -> NDArray[np.float64]:
    """The world's z in the sensor's frame."""
    w, x, y, z = quat.T
    return np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)


def test_skin_moves_sensors_by_about_what_was_asked() -> None:
    glued, loose = (simulate(replace(BASE, sensors=PERFECT, soft_tissue_deg=s)).truth for s in (0.0, 2.0))
    one, other = glued.sacral.imu.quat, loose.sacral.imu.quat
    assert one is not None and other is not None
    off_deg = 2 * np.degrees(np.arccos(np.clip(np.abs(np.sum(one * other, axis=1)), 0, 1)))
    assert off_deg[:300].max() < 0.5  # standing
    assert 0.8 < off_deg.max() < 4


def test_marks_enclose_the_sets() -> None:
    session = simulate(replace(BASE, sets=BASE.sets * 2, marks=True))
    events = session.recording.meta.events
    assert [event.kind for event in events] == ["set_start", "set_end"] * 2
    for number in (1, 2):
        done = [r for r in session.truth.repetitions if r.set == number]
        assert events[2 * number - 2].time_s < done[0].start_s
        assert done[-1].end_s < events[2 * number - 1].time_s


def test_presets_get_worse() -> None:
    assert SensorErrors() == PERFECT
    for name in ("acc_bias_mg", "gyr_bias_dps", "scale", "cross_axis", "acc_noise_ug_rthz", "time_error_s"):
        assert 0 == getattr(PERFECT, name) < getattr(TYPICAL, name) < getattr(CHEAP, name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rate_hz": 0.0}, "rate"),
        ({"rate_hz": float("nan")}, "rate"),
        ({"seed": -1}, "seed"),
        ({"standing_s": 0.0}, "standing"),
        ({"drop_fraction": 1.0}, "drop"),
        ({"mounting": "sideways"}, "upside_down"),
        ({"distractors": ("dance",)}, "pick_up"),
        ({"stances": ((0.0, 0.0),) * 3}, "stances"),
    ],
)
def test_impossible_scenarios_are_refused_in_words(change: dict[str, Any], said: str) -> None:
    with pytest.raises(HiphingeError, match=said):
        replace(BASE, **change)


@pytest.mark.parametrize("change", [{"fault": "lazy"}, {"eccentric_s": 0.0}, {"fault_at": 1.5}, {"bottom_s": -1.0}])
def test_impossible_repetitions_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(HiphingeError, match="repetition"):
        Repetition(**change)
