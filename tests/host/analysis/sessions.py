"""Simulated sessions for analysis tests, and how attempts found are held against the truth."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from hiphinge.analysis import analyse
from hiphinge.model import Analysis, Attempt, Bools, Floats, ImuSamples, Recording
from hiphinge.programmes.limits import Limits
from hiphinge.replay import analyse_live
from hiphinge.simulate import Repetition, Scenario, Simulation, Truth, good_set, simulate

# The strict preset of DESIGN section 2.
STRICT = Limits(
    depth_on="hip_hinge",
    depth_min_deg=45.0,
    depth_max_deg=50.0,
    depth_grace_deg=3.0,
    lumbar_flexion_max_deg=10.0,
    lumbar_extension_max_deg=8.0,
    eccentric_min_s=1.5,
)

HOW: dict[str, Callable[[Recording, Limits], Analysis]] = {"offline": analyse, "live": analyse_live}
# A lone bend the wearer did for other reasons: listed, not counted.
OTHER_BENDS = ("sit_to_stand", "pick_up", "bent_start")


@lru_cache(maxsize=8)
def simulated(scenario: Scenario) -> Simulation:
    return simulate(scenario)


@lru_cache(maxsize=8)
def analysed(scenario: Scenario, how: str) -> Analysis:
    return HOW[how](simulated(scenario).recording, STRICT)


def analysed_recording(recording: Recording, how: str) -> Analysis:
    return HOW[how](recording, STRICT)


def good(n: int, seed: int = 0) -> tuple[Repetition, ...]:
    return good_set(n, np.random.default_rng(seed))


def check_counts(found: Analysis, truth: Truth, others: tuple[str, ...] = OTHER_BENDS) -> None:
    """Every repetition is one attempt of its set; whatever else is listed is a bend of `others`, not counted."""
    true_bottoms = np.array([done.bottom_s for done in truth.repetitions])
    counted = [one for one in found.attempts if one.set > 0]
    bottoms = np.array([one.bottom_s for one in counted])
    assert len(counted) == len(truth.repetitions), f"counted at {bottoms}, done at {true_bottoms}"
    # A pause at the bottom lasts up to 0.8 s and dips within: either end of it may be the deepest.
    assert np.abs(bottoms - true_bottoms).max() < 1.0
    assert [one.set for one in counted] == [done.set for done in truth.repetitions]
    for one in found.attempts:
        if one.set == 0:
            middle_s = (one.start_s + one.end_s) / 2
            assert any(
                other.kind in others and other.start_s - 1 <= middle_s <= other.end_s + 1 for other in truth.distractors
            ), f"an attempt at {middle_s:.1f} s that nobody made"
    assert [one.index for one in found.attempts] == list(range(1, len(found.attempts) + 1))


def matched(found: Analysis) -> list[Attempt]:
    """The counted attempts, in order."""
    return [one for one in found.attempts if one.set > 0]


def without(recording: Recording, lost: Bools) -> Recording:
    """The recording with some rows gone."""

    def cut(imu: ImuSamples) -> ImuSamples:
        return ImuSamples(*(None if v is None else v[~lost] for v in (imu.acc_mps2, imu.gyr_radps, imu.quat)))

    return replace(
        recording, time_s=recording.time_s[~lost], sacral=cut(recording.sacral), thoracic=cut(recording.thoracic)
    )


def between(recording: Recording, start_s: float, stop_s: float) -> Bools:
    return (recording.time_s >= start_s) & (recording.time_s < stop_s)


def blanked(imu: ImuSamples, rows: Bools) -> ImuSamples:
    """One sensor's samples with some rows empty."""

    def empty(values: Floats | None) -> Floats | None:
        return None if values is None else np.where(rows[:, None], np.nan, values)

    return ImuSamples(empty(imu.acc_mps2), empty(imu.gyr_radps), empty(imu.quat))


def quaternions_only(recording: Recording) -> Recording:
    return replace(
        recording,
        sacral=ImuSamples(None, None, recording.sacral.quat),
        thoracic=ImuSamples(None, None, recording.thoracic.quat),
    )


def rotated(imu: ImuSamples, rotation: Floats) -> ImuSamples:
    """The same sensor mounted otherwise: raw samples turned by `rotation`."""
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    return ImuSamples(imu.acc_mps2 @ rotation.T, imu.gyr_radps @ rotation.T)
