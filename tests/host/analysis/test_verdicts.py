"""Verdicts against the truth: good ones called good, clear faults named, none of them called good."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from sessions import HOW, STRICT, analysed, good, matched, simulated

from hiphinge.model import Attempt
from hiphinge.simulate import Repetition, Scenario, TrueRepetition, set_with_faults

SEEDS = range(6)
BEYOND_DEG = 2.5


def scenario_of(seed: int, repetitions: tuple[Repetition, ...]) -> Scenario:
    return Scenario(seed=seed, sets=(repetitions,), mounting="random")


@dataclass(frozen=True)
class Judged:
    """What was done and what was said of it."""

    done: TrueRepetition
    said: Attempt

    @property
    def clear_faults(self) -> set[str]:
        """The limits truly left by more than `BEYOND_DEG`."""
        lowest, highest = STRICT.depth_min_deg - STRICT.depth_grace_deg, STRICT.depth_max_deg + STRICT.depth_grace_deg
        assert STRICT.lumbar_flexion_max_deg and STRICT.lumbar_extension_max_deg
        beyond = {
            "lumbar_flexion": self.done.lumbar_flexion_deg - STRICT.lumbar_flexion_max_deg,
            "lumbar_extension": self.done.lumbar_extension_deg - STRICT.lumbar_extension_max_deg,
            "too_shallow": lowest - self.done.hip_hinge_deg,
            "too_deep": self.done.hip_hinge_deg - highest,
        }
        return {kind for kind, by in beyond.items() if by > BEYOND_DEG}


def judged(scenario: Scenario, how: str) -> list[Judged]:
    pairs = zip(simulated(scenario).truth.repetitions, matched(analysed(scenario, how)), strict=True)
    return [Judged(done, said) for done, said in pairs]


@pytest.mark.parametrize("how", HOW)
def test_good_slow_repetitions_are_compliant(how: str) -> None:
    verdicts = [
        one.said.verdict for seed in SEEDS for one in judged(scenario_of(100 + seed, good(10, 100 + seed)), how)
    ]
    assert len(verdicts) == 60
    assert verdicts.count("compliant") >= 57  # 95 %
    assert verdicts.count("faulty") == 0


def faulty_set(seed: int) -> tuple[Repetition, ...]:
    """Eight of ten go wrong, by a hair over 2.5 deg beyond the limit and by more."""
    rng = np.random.default_rng(200 + seed)
    peaks = {2: 13.5, 3: 12.0, 4: 35.0, 5: 60.0, 7: 18.0, 8: 16.0, 9: 38.5, 10: 56.5}
    peaks = {number: peak + float(rng.uniform(0.0, 0.5)) for number, peak in peaks.items()}
    peaks[9] -= 1.0
    return set_with_faults(
        10,
        {2: "flexion", 3: "extension", 4: "shallow", 5: "deep", 7: "flexion", 8: "extension", 9: "shallow", 10: "deep"},
        rng,
        peaks,
    )


@pytest.mark.parametrize("how", HOW)
def test_clear_faults_are_named_and_never_called_good(how: str) -> None:
    clear = [
        one for seed in SEEDS for one in judged(scenario_of(200 + seed, faulty_set(seed)), how) if one.clear_faults
    ]
    assert len(clear) >= 40
    named = [one.clear_faults <= {fault.kind for fault in one.said.faults} for one in clear]
    assert sum(named) >= 0.98 * len(clear)
    assert all(one.said.verdict == "faulty" for one, all_named in zip(clear, named, strict=True) if all_named)
    assert all(one.said.verdict != "compliant" for one in clear)


@pytest.mark.parametrize("how", HOW)
def test_a_fault_is_no_slip_of_a_sensor(how: str) -> None:
    # Arching at lock-out by 12 deg in a third of a second is what a slipping thoracic sensor would show.
    for seed in SEEDS:
        assert analysed(scenario_of(200 + seed, faulty_set(seed)), how).warnings == ()


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("depth_deg", "kind"), [(35.0, "too_shallow"), (60.0, "too_deep")])
def test_depth_is_named(depth_deg: float, kind: str, how: str) -> None:
    repetitions = tuple(replace(one, hip_hinge_deg=depth_deg) for one in good(5, 7))
    for one in judged(scenario_of(300, repetitions), how):
        assert one.said.verdict == "faulty"
        assert [fault.kind for fault in one.said.faults] == [kind]
        assert one.said.faults[0].phase == "bottom"


@pytest.mark.parametrize("how", HOW)
def test_a_fast_descent_is_named(how: str) -> None:
    repetitions = set_with_faults(5, {2: "fast", 4: "fast"}, np.random.default_rng(5))
    kinds = [[fault.kind for fault in one.said.faults] for one in judged(scenario_of(301, repetitions), how)]
    assert kinds == [[], ["too_fast"], [], ["too_fast"], []]


@pytest.mark.parametrize("how", HOW)
def test_faults_have_their_moment(how: str) -> None:
    for seed in SEEDS[:3]:
        for one in judged(scenario_of(200 + seed, faulty_set(seed)), how):
            kind = {"flexion": "lumbar_flexion", "extension": "lumbar_extension"}.get(one.done.fault or "")
            for fault in one.said.faults:
                if fault.kind == kind:
                    assert one.done.fault_at_s is not None
                    # A peak held for half a second is flat: where on it the largest value lies is noise's choice.
                    assert fault.at_s == pytest.approx(one.done.fault_at_s, abs=0.6)
                    assert fault.phase in (("down", "bottom") if kind == "lumbar_flexion" else ("up", "top"))


@pytest.mark.parametrize("how", HOW)
def test_measures_are_the_truth_within_their_uncertainty(how: str) -> None:
    scenarios = [scenario_of(200 + seed, faulty_set(seed)) for seed in SEEDS[:3]]
    scenarios += [scenario_of(100 + seed, good(10, 100 + seed)) for seed in SEEDS[:3]]
    off: list[float] = []
    for one in (one for scenario in scenarios for one in judged(scenario, how)):
        said, done = one.said, one.done
        off += [
            (said.hip_hinge_deg - done.hip_hinge_deg) / said.hip_hinge_sd_deg,
            (said.trunk_deg - done.trunk_deg) / said.trunk_sd_deg,
            (said.lumbar_flexion_deg - done.lumbar_flexion_deg) / said.lumbar_flexion_sd_deg,
            (said.lumbar_extension_deg - done.lumbar_extension_deg) / said.lumbar_extension_sd_deg,
        ]
        # The same rule on a measured curve: speed over 0.08 s, noise, some samples.
        assert said.start_s == pytest.approx(done.start_s, abs=0.08)
        assert said.end_s == pytest.approx(done.end_s, abs=0.08)
        assert said.tempo_s[0] == pytest.approx(done.eccentric_s, abs=0.1)
    sigmas = np.abs(off)
    # Honest: within 2 sigma nine times of ten (a normal error: 95 %); not idle: sigma is no more than thrice the error.
    assert np.mean(sigmas < 2) > 0.9
    assert sigmas.max() < 4.5
    assert np.sqrt(np.mean(sigmas**2)) > 0.33


@pytest.mark.parametrize("how", HOW)
def test_attempts_follow_each_other(how: str) -> None:
    attempts = analysed(scenario_of(200, faulty_set(0)), how).attempts
    for one in attempts:
        assert one.start_s < one.bottom_s < one.end_s <= one.decided_s
    for one, following in pairwise(attempts):
        assert one.end_s <= following.start_s
        assert one.tempo_s[3] == pytest.approx(following.start_s - one.end_s)


def test_two_sensors_on_typical_hardware_are_better_than_half_the_published_error() -> None:
    squares: dict[str, list[float]] = {"hip_hinge_deg": [], "trunk_deg": [], "lumbar_flexion_deg": []}
    for seed in SEEDS:
        scenario = scenario_of(100 + seed, good(10, 100 + seed))
        truth, angles = simulated(scenario).truth, analysed(scenario, "offline").angles
        for name, found in squares.items():
            found.append(float(np.mean((getattr(angles, name) - getattr(truth, name)) ** 2)))
    rmse = {name: np.sqrt(np.mean(found)) for name, found in squares.items()}
    # DESIGN section 7: half of dorsaVi's S2 0.90, T12 0.86, lumbar 1.34 deg; of simulation only.
    assert rmse["hip_hinge_deg"] < 0.45
    assert rmse["trunk_deg"] < 0.43
    assert rmse["lumbar_flexion_deg"] < 0.67
