"""Wearers on a floor that pushes and brakes: nothing is learnt from it, and a plain filter's angles are shown."""

from dataclasses import replace

import numpy as np
import pytest
import vqf
from sessions import HOW, STRICT, simulated

from hiphinge.kinematics.fusion import believable
from hiphinge.kinematics.rotation import matrix
from hiphinge.kinematics.sensor_model import SensorModel
from hiphinge.model import ImuSamples, Recording
from hiphinge.simulate import Scenario, TrueSensor, good_set
from hiphinge.simulate.spline import wander

RIDE_MPS2 = 1.1  # rms of either horizontal axis: a bus between two stops
RIDE_SPACING_S = 1.5


def on_a_bus(seed: int) -> tuple[Scenario, Recording]:
    """Five slow hinges; the bus starts with the first."""
    rng = np.random.default_rng([seed, 9])
    scenario = Scenario(seed=seed, sets=(good_set(5, rng),), mounting="random", soft_tissue_deg=0.0)
    made = simulated(scenario)
    time_s = made.recording.time_s
    begins_s = made.truth.neutral_s[0][1]
    felt = np.zeros((len(time_s), 3))
    felt[:, :2] = np.column_stack([wander(time_s, RIDE_SPACING_S, rng) for _ in range(2)]) * RIDE_MPS2
    felt *= np.clip((time_s - begins_s) / 2.0, 0, 1)[:, None]

    def carried(said: ImuSamples, true: TrueSensor) -> ImuSamples:
        assert said.acc_mps2 is not None and true.imu.quat is not None
        return replace(said, acc_mps2=said.acc_mps2 + np.einsum("nji,nj->ni", matrix(true.imu.quat), felt))

    sacral = carried(made.recording.sacral, made.truth.sacral)
    thoracic = carried(made.recording.thoracic, made.truth.thoracic)
    return scenario, replace(made.recording, sacral=sacral, thoracic=thoracic)


def by_vqf(recording: Recording, how: str) -> Recording:
    """As of a device that fuses with plain VQF itself."""
    step_s = float(np.mean(np.diff(recording.time_s)))

    def fused(said: ImuSamples) -> ImuSamples:
        assert said.acc_mps2 is not None and said.gyr_radps is not None
        gyr, acc = np.ascontiguousarray(said.gyr_radps), np.ascontiguousarray(said.acc_mps2)
        if how == "offline":
            return ImuSamples(acc, None, vqf.offlineVQF(gyr, acc, None, step_s)["quat6D"])
        return ImuSamples(acc, None, vqf.VQF(step_s).updateBatch(gyr, acc)["quat6D"])

    return replace(recording, sacral=fused(recording.sacral), thoracic=fused(recording.thoracic))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("seed", [1, 10, 12])
def test_a_ride_teaches_nothing_and_costs_nothing(how: str, seed: int) -> None:
    scenario, recording = on_a_bus(seed)
    truth = simulated(scenario).truth
    ours, plain = (HOW[how](one, STRICT) for one in (recording, by_vqf(recording, how)))
    assert any("could not be learnt (the wearer did not stand in place" in line for line in ours.warnings)
    for name in ("hip_hinge_deg", "trunk_deg"):
        off, off_plain = (
            np.sqrt(np.nanmean((getattr(found.angles, name) - getattr(truth, name)) ** 2)) for found in (ours, plain)
        )
        # A tenth more, and what sway and noise do by chance.
        assert off < 1.1 * off_plain + 0.2, (name, off, off_plain)


@pytest.mark.parametrize(
    ("grade", "surprise", "taken"),
    [(1.0, 2.0, True), (7.4, 1.3, True), (12.2, 0.8, True), (12.2, 3.2, False), (1.0, 5.5, False)],
)
def test_errors_no_chip_has_are_a_broken_assumption(grade: float, surprise: float, taken: bool) -> None:
    """Cheap chips are as the second and third; a ride and a seated trial were fitted by chance with the fourth."""
    flat = np.zeros(3)
    model = SensorModel(
        gyr_matrix=np.eye(3),
        acc_matrix=np.eye(3),
        gyr_per_acc=np.zeros((3, 3)),
        gyr_bias_radps=flat,
        acc_bias_mps2=flat,
        lever_m=flat,
        grade=grade,
        share_sd=0.005,
        residual=0.6,
        surprise=surprise,
    )
    assert believable(model) is taken
