"""Repetitions do what was asked, and each in its own way."""

import numpy as np
import pytest

from hiphinge.simulate import PERFECT, Repetition, Scenario, Simulation, default_scenario, good_set, simulate, swings


def calm(*repetitions: Repetition, seed: int = 0) -> Simulation:
    """A statue between bends: what is asked is what is done."""
    return simulate(
        Scenario(seed=seed, sets=(repetitions,), sensors=PERFECT, sway=0, asymmetry_deg=0, soft_tissue_deg=0)
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("fault_deg", "fault_at"), [(12.5, 0.3), (16.0, 0.6), (20.0, 1.0)])
@pytest.mark.parametrize("fault", ["flexion", "extension"])
def test_fault_peaks_are_as_asked(fault: str, fault_deg: float, fault_at: float, seed: int) -> None:
    asked = Repetition(fault=fault, fault_deg=fault_deg, fault_at=fault_at)  # type: ignore[arg-type]
    for session, tolerance_deg in (
        (calm(Repetition(), asked, Repetition(), seed=seed), 0.05),
        # Sway and imperfect return add some tenths of a degree each.
        (simulate(Scenario(seed=seed, sets=((Repetition(), asked, Repetition()),), asymmetry_deg=0)), 1.5),
    ):
        before, done, after = session.truth.repetitions
        peak = done.lumbar_flexion_deg if fault == "flexion" else done.lumbar_extension_deg
        assert peak == pytest.approx(fault_deg, abs=tolerance_deg)
        assert done.hip_hinge_deg == pytest.approx(47.5, abs=1.5)
        for good in (before, after):
            assert good.lumbar_flexion_deg == pytest.approx(3.0, abs=tolerance_deg)
            assert good.lumbar_extension_deg < 2.5


@pytest.mark.parametrize("seed", range(5))
def test_faults_come_when_asked(seed: int) -> None:
    way_down = calm(Repetition(fault="flexion", fault_deg=15, fault_at=0.5), seed=seed).truth.repetitions[0]
    bottom = calm(Repetition(fault="flexion", fault_deg=15, fault_at=1.0), seed=seed).truth.repetitions[0]
    way_up = calm(Repetition(fault="extension", fault_deg=15, fault_at=0.6), seed=seed).truth.repetitions[0]
    lock_out = calm(Repetition(fault="extension", fault_deg=15, fault_at=1.0), seed=seed).truth.repetitions[0]
    stand_s, down_s, pause_s, up_s = 4.0, 2.0, 0.3, 1.5
    at = [repetition.fault_at_s or 0.0 for repetition in (way_down, bottom, way_up, lock_out)]
    # Peaks at the bottom and on the way up may be held for the pause or 0.2 s; half-way down they come at once.
    assert at[0] == pytest.approx(stand_s + 0.5 * down_s, abs=0.02)
    assert stand_s + down_s - 0.02 <= at[1] <= stand_s + down_s + pause_s
    for when, share in ((at[2], 0.6), (at[3], 1.0)):
        assert -0.02 <= when - (stand_s + down_s + pause_s + share * up_s) <= 0.22


@pytest.mark.parametrize(
    ("repetition", "depth_deg", "eccentric_s"),
    [
        (Repetition(), 47.5, 1.75),
        (Repetition(fault="shallow"), 35.0, 1.75),
        (Repetition(fault="shallow", fault_deg=30.0), 30.0, 1.75),
        (Repetition(fault="deep"), 60.0, 1.75),
        (Repetition(fault="fast"), 47.5, 0.7),
        (Repetition(eccentric_s=3.0, hip_hinge_deg=50), 50.0, 2.65),
    ],
)
def test_depth_and_tempo_are_as_asked(repetition: Repetition, depth_deg: float, eccentric_s: float) -> None:
    (done,) = calm(repetition).truth.repetitions
    assert done.hip_hinge_deg == pytest.approx(depth_deg, abs=1.0)
    # The 5 % rule sees about 0.88 of a blend, a tenth more or less with its shape.
    assert done.eccentric_s == pytest.approx(eccentric_s, rel=0.12)
    assert done.start_s < done.bottom_s < done.end_s <= done.close_s


def test_side_bend_goes_right_and_rotation_left_when_positive() -> None:
    (done,) = calm(Repetition(side_bend_deg=12.0, rotation_deg=7.0)).truth.repetitions
    assert done.lumbar_side_bend_deg == pytest.approx(12.0, abs=0.3)
    assert done.lumbar_rotation_deg == pytest.approx(7.0, abs=0.3)


def test_truth_of_a_repetition_is_that_of_the_arrays() -> None:
    truth = simulate(default_scenario(4)).truth
    for done in truth.repetitions:
        inside = (truth.time_s >= done.start_s) & (truth.time_s < done.close_s)
        assert done.lumbar_flexion_deg == pytest.approx(max(0.0, truth.lumbar_flexion_deg[inside].max()))
        assert done.lumbar_extension_deg == pytest.approx(max(0.0, -truth.lumbar_flexion_deg[inside].min()))
        bottom = int(np.searchsorted(truth.time_s, done.bottom_s - 1e-9))
        assert done.hip_hinge_deg == pytest.approx(truth.hip_hinge_deg[bottom])
        assert done.trunk_deg == pytest.approx(truth.trunk_deg[inside].max())


@pytest.mark.parametrize("seed", range(4))
def test_good_sets_are_within_the_strict_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for done in simulate(Scenario(seed=seed, sets=(good_set(10, rng),))).truth.repetitions:
        assert 43.5 < done.hip_hinge_deg < 51.5  # 45..50 and well inside the 3 deg of grace
        assert done.lumbar_flexion_deg < 7.5
        assert done.lumbar_extension_deg < 5.5
        assert done.eccentric_s > 1.5


def test_swings_are_fast_and_turn_round_at_the_bottom() -> None:
    session = simulate(Scenario(seed=1, sets=(swings(8, np.random.default_rng(1)),), sensors=PERFECT))
    for done in session.truth.repetitions:
        assert 58 < done.hip_hinge_deg < 77
        assert 0.3 < done.bottom_s - done.start_s < 0.55
        assert 0.3 < done.end_s - done.bottom_s < 0.55
        near = np.abs(session.truth.time_s - done.bottom_s) < 0.03
        speed = np.gradient(session.truth.trunk_deg[near], session.truth.time_s[near])
        assert np.ptp(speed) > 50  # deg/s within 60 ms: no pause


def test_the_demonstration_holds_its_faults() -> None:
    done = simulate(default_scenario(0)).truth.repetitions
    assert [r.fault for r in done] == [
        None, None, "flexion", None, "shallow", "extension", None, "flexion", "fast", None,
    ]  # fmt: skip
    assert min(done[2].lumbar_flexion_deg, done[7].lumbar_flexion_deg) > 12.5
    assert done[5].lumbar_extension_deg > 10.5
    assert done[4].hip_hinge_deg < 39.5
    assert done[8].eccentric_s < 1.0


def test_no_two_repetitions_are_alike() -> None:
    session = calm(*[Repetition()] * 6)
    shapes = [
        np.interp(np.linspace(0, 2, 50), session.truth.time_s - done.close_s + 4.6, session.truth.hip_hinge_deg)
        for done in session.truth.repetitions
    ]
    for i, one in enumerate(shapes):
        for other in shapes[:i]:
            assert np.abs(one - other).max() > 1.0
