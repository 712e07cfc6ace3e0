"""Sensors that are not worn, contradict themselves or fall silent, and movements that only look like such a fault."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from sessions import HOW, analysed, analysed_recording, good, simulated

from hiphinge.model import Floats, HiphingeError, ImuSamples, Recording
from hiphinge.simulate import Repetition, Scenario, Simulation

SESSION = Scenario(seed=6, rate_hz=50.0, sets=(good(4, 3),), mounting="random")


def with_sensor(name: str, change: Callable[[ImuSamples], ImuSamples]) -> Recording:
    recording = simulated(SESSION).recording
    return replace(recording, **{name: change(getattr(recording, name))})


def wrong_sign(samples: ImuSamples) -> ImuSamples:
    assert samples.gyr_radps is not None
    return replace(samples, gyr_radps=-samples.gyr_radps)


def on_a_table(samples: ImuSamples) -> ImuSamples:
    rng = np.random.default_rng(1)
    assert samples.gyr_radps is not None and samples.acc_mps2 is not None
    return replace(
        samples,
        gyr_radps=0.01 + rng.normal(0, 0.0006, samples.gyr_radps.shape),
        acc_mps2=np.array([0.2, 0.1, 9.79]) + rng.normal(0, 0.01, samples.acc_mps2.shape),
    )


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("sensor", ["sacral", "thoracic"])
@pytest.mark.parametrize(
    ("change", "said"), [(wrong_sign, "contradict each other"), (on_a_table, "is it worn")], ids=["sign", "table"]
)
def test_a_sensor_that_cannot_be_is_refused_by_name(
    how: str, sensor: str, change: Callable[[ImuSamples], ImuSamples], said: str
) -> None:
    with pytest.raises(HiphingeError, match=f"the {sensor} sensor.*{said}"):
        analysed_recording(with_sensor(sensor, change), how)


@pytest.mark.parametrize("how", HOW)
def test_a_sensor_that_falls_silent_is_said(how: str) -> None:
    recording = simulated(SESSION).recording
    dead = recording.time_s > 0.6 * recording.time_s[-1]

    def dies(samples: ImuSamples) -> ImuSamples:
        rows = {name: getattr(samples, name).copy() for name in ("acc_mps2", "gyr_radps")}
        for values in rows.values():
            values[dead] = np.nan
        return replace(samples, **rows)

    found = analysed_recording(with_sensor("sacral", dies), how)
    at_s = float(recording.time_s[dead][0])
    assert [line for line in found.warnings if line.startswith(f"the sacral sensor gave nothing from {at_s:.1f} s on")]


@cache
def long_hold(seed: int) -> Simulation:
    return simulated(Scenario(seed=seed, rate_hz=50.0, sets=(tuple(replace(one, bottom_s=5.0) for one in good(5, 1)),)))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("seed", [3, 9, 12])
def test_a_bottom_held_longer_than_any_standing_is_none(seed: int, how: str) -> None:
    session = long_hold(seed)
    found = analysed_recording(session.recording, how)
    assert len(found.attempts) == 5
    assert np.nanmax(np.abs(found.angles.trunk_deg - session.truth.trunk_deg)) < 3.0


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("seed", [14, 16])
def test_quick_hinges_with_pauses_are_no_knocks(seed: int, how: str) -> None:
    quick = Repetition(hip_hinge_deg=47.0, lumbar_flexion_deg=3.0, eccentric_s=0.45, concentric_s=0.45)
    session = simulated(Scenario(seed=seed, sets=(10 * (quick,),)))
    found = analysed_recording(session.recording, how)
    assert not [line for line in found.warnings if "knock" in line]
    assert np.nanmax(np.abs(found.angles.trunk_deg - session.truth.trunk_deg)) < 2.5


def carried(session: Simulation) -> Recording:
    """The same wearer on something that speeds up and slows down again all the time, by a tenth of g."""
    recording, time_s = session.recording, session.recording.time_s
    pushed = np.zeros((len(time_s), 3))
    pushed[:, 0] = np.sin(2 * np.pi * time_s / 9.0)

    def felt(samples: ImuSamples, quat: Floats) -> ImuSamples:
        in_sensor = Rotation.from_quat(np.roll(quat, -1, axis=1)).inv().apply(pushed)
        return replace(samples, acc_mps2=samples.acc_mps2 + in_sensor)

    truth = (session.truth.sacral.imu.quat, session.truth.thoracic.imu.quat)
    return replace(recording, sacral=felt(recording.sacral, truth[0]), thoracic=felt(recording.thoracic, truth[1]))


@pytest.mark.parametrize("how", HOW)
def test_whoever_is_carried_along_is_told_of_the_plain_filter(how: str) -> None:
    (line,) = [one for one in analysed_recording(carried(simulated(SESSION)), how).warnings if "plain filter" in one]
    assert line.startswith("the own errors of both sensors could not be learnt (the wearer did not stand in place")


@pytest.mark.parametrize("how", HOW)
def test_a_sensor_that_begins_a_moment_later_is_no_gap(how: str) -> None:
    def late(samples: ImuSamples) -> ImuSamples:
        rows = {name: getattr(samples, name).copy() for name in ("acc_mps2", "gyr_radps")}
        for values in rows.values():
            values[:2] = np.nan
        return replace(samples, **rows)

    found, whole = analysed_recording(with_sensor("thoracic", late), how), analysed(SESSION, how)
    assert not [line for line in found.warnings if "gave nothing" in line]
    first, same = found.attempts[0], whole.attempts[0]
    assert first.lumbar_flexion_sd_deg == pytest.approx(same.lumbar_flexion_sd_deg, abs=0.05)
