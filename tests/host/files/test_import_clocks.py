"""Two sensors, two clocks: brought to one time base by a rule, never across a hole, never on a doubtful guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from foreign_files import Written, rows_of, sensors, write_ximu3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hiphinge.files.columns import Kind
from hiphinge.files.errors import SessionError
from hiphinge.files.importing.align import SAME_INSTANT_S, Track, base_instants, base_track, common_span, on_base
from hiphinge.files.importing.assemble import Imported, import_recording
from hiphinge.files.importing.lag import doubt, find_lag
from hiphinge.files.importing.mapping_file import load_mapping, parse_mapping
from hiphinge.kinematics.grid import INTERPOLATE_S
from hiphinge.model import Floats, ImuSamples, Recording, Segment
from hiphinge.simulate import TYPICAL, Repetition, Scenario, simulate


def wearer(seed: int, repetitions: int = 10, fast: bool = False) -> Recording:
    rng = np.random.default_rng(seed)
    reps = tuple(
        Repetition(
            hip_hinge_deg=float(rng.uniform(40, 52)),
            lumbar_flexion_deg=float(rng.uniform(2, 12)),
            eccentric_s=float(rng.uniform(0.7, 0.9) if fast else rng.uniform(1.6, 2.6)),
            concentric_s=float(rng.uniform(0.7, 0.9) if fast else rng.uniform(1.2, 2.0)),
            top_s=float(rng.uniform(0.4, 1.2)),
        )
        for _ in range(repetitions)
    )
    return simulate(Scenario(seed=seed, sets=(reps,), sensors=TYPICAL, mounting="random")).recording


def size(recording: Recording, segment: str) -> Floats:
    return np.linalg.norm(rows_gyr(recording, segment), axis=1)


def rows_gyr(recording: Recording, segment: str) -> Floats:
    gyr = getattr(recording, segment).gyr_radps
    assert gyr is not None
    return gyr


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("repetitions", "fast"), [(1, False), (3, False), (10, False), (10, True)])
def test_offset_is_found_from_the_motion(seed: int, repetitions: int, fast: bool):
    recording = wearer(seed, repetitions, fast)
    time_s = recording.time_s - recording.time_s[0]
    late_s = 2.3217
    # The thoracic file begins later, and between the sacral sensor's instants.
    late = np.arange(0.0, time_s[-1] - late_s, 0.0173)
    theirs = np.interp(late + late_s, time_s, size(recording, "thoracic"))
    lag = find_lag(time_s, size(recording, "sacral"), late, theirs, 30.0)
    assert lag is not None and doubt(lag) is None
    # 10 ms are half a degree of lumbar flexion in a bend of 50 deg/s. Pelvis and back do not move as one, and one or
    # three repetitions do not average that out.
    assert abs(lag.offset_s + late_s) < (0.010 if repetitions >= 10 else 0.025)
    assert lag.correlation > 0.8


def test_offset_is_found_between_slow_samples():
    recording = wearer(2)
    time_s = recording.time_s - recording.time_s[0]
    rate = size(recording, "sacral")
    slow_s = np.arange(0.0, time_s[-1] - 1.0, 0.04)
    for late_s in (0.0, 0.010, 0.017, 0.030):
        one, other = (np.interp(slow_s + shift_s, time_s, rate) for shift_s in (0.0, late_s))
        lag = find_lag(slow_s, one, slow_s, other, 5.0)
        assert lag is not None and abs(lag.offset_s + late_s) < 0.002


def test_clocks_that_drift_apart_are_followed():
    reps = tuple(Repetition(eccentric_s=2.0 + 0.1 * (at % 4)) for at in range(25))
    recording = simulate(Scenario(seed=4, sets=(reps,))).recording
    time_s = recording.time_s - recording.time_s[0]
    assert time_s[-1] > 100.0
    lag = find_lag(time_s, size(recording, "sacral"), time_s * 1.0005, size(recording, "thoracic"), 30.0)
    assert lag is not None and doubt(lag) is None and lag.scatter_s is not None
    assert lag.drift == pytest.approx(5e-4, abs=1e-4)
    # The offset matters where the motion is.
    middle_s = 0.5 * time_s[-1]
    assert lag.offset_s + lag.drift * middle_s == pytest.approx(5e-4 * middle_s, abs=0.010)


@pytest.mark.parametrize("seed", range(5))
def test_two_different_people_are_refused(seed: int):
    one, other = wearer(seed), wearer(seed + 50)
    lag = find_lag(
        one.time_s - one.time_s[0], size(one, "sacral"), other.time_s - other.time_s[0], size(other, "thoracic"), 30.0
    )
    assert doubt(lag) is not None


def test_people_who_sit_and_bend_are_aligned_well_or_refused(data: Callable[[str], Path]):
    mapping = load_mapping("trunkyxl")
    accepted = 0
    for trial in sorted(data("trunkyxl").glob("*/*/R_Back")):
        recording = import_recording(mapping, "trunkyxl", [str(trial)]).recording
        late = slice(60, None)
        time_s = recording.time_s[late] - recording.time_s[late][0]
        lag = find_lag(recording.time_s, size(recording, "sacral"), time_s, size(recording, "thoracic")[late], 30.0)
        if lag is not None and doubt(lag) is None:
            accepted += 1
            assert abs(lag.offset_s + 1.2) < 0.015, trial
    assert accepted > 0


def test_repetitions_all_alike_are_refused_as_are_sensors_at_rest():
    time_s = np.arange(0.0, 60.0, 0.01)
    alike = np.abs(np.sin(2.0 * np.pi * time_s / 4.0))
    assert "another offset fits nearly as well" in str(doubt(find_lag(time_s, alike, time_s, alike, 30.0)))
    assert doubt(find_lag(time_s, 0.0 * alike, time_s, alike, 30.0)) == "the sensors do not move"
    assert doubt(find_lag(time_s, np.full(len(time_s), np.nan), time_s, alike, 30.0)) == "the sensors do not move"


def imported_ximu3(folder: Path, relation: str, offset_s: float | None = None) -> Imported:
    mapping = load_mapping("ximu3")
    given_s = {"offset_s": 3.25} if relation == "offset" else {}
    clock = mapping.clock.model_copy(update={"relation": relation, **given_s})
    return import_recording(mapping.model_copy(update={"clock": clock}), "own", [str(folder)], offset_s=offset_s)


def written_ximu3(folder: Path, recording: Recording, late_us: int) -> None:
    write_ximu3(folder / "pelvis", recording, "sacral", 100_000_000)
    write_ximu3(folder / "thorax", recording, "thoracic", 100_000_000, late_us)


def test_given_offset_is_taken(tmp_path: Path):
    recording = sensors()
    written_ximu3(tmp_path, recording, 3_250_000)
    shared = imported_ximu3(tmp_path, "shared")
    assert len(shared.recording.time_s) < 250  # 8 s less 3.25
    assert "only the time all sensors share is kept: 3.2 s at the start" in shared.warnings[0]
    for got in (imported_ximu3(tmp_path, "offset"), imported_ximu3(tmp_path, "shared", 3.25)):
        assert len(got.recording.time_s) == 400
        np.testing.assert_allclose(
            got.recording.thoracic.gyr_radps, rows_of(recording, "thoracic", slice(None))[1]["gyr"], atol=1e-7
        )
        assert got.recording.meta.notes == "The thoracic clock was taken to show 3.250 s more than the sacral one."


def test_unrelated_clocks_are_brought_together_and_told(tmp_path: Path):
    recording = sensors(14.0)
    written_ximu3(tmp_path, recording, 1_003_250_000)
    got = imported_ximu3(tmp_path, "unrelated")
    assert got.clocks.lag is not None and abs(got.clocks.lag.offset_s) < 0.01
    assert abs(got.clocks.shift_s["thoracic"] - 1003.25) < 0.01
    said = got.recording.meta.notes
    assert said.startswith("The clocks' offset was found from the motion: the thoracic file is ")
    assert "(correlation 1.00, next best 0." in said and "10 ms of error make up to 0.5 deg" in got.warnings[0]
    with pytest.raises(SessionError, match="no time in common"):
        imported_ximu3(tmp_path, "shared")


def test_unrelated_clocks_without_motion_are_refused(tmp_path: Path):
    recording = sensors(14.0, seed=9)
    # Nobody has bent yet.
    still = Recording(recording.time_s[:90], cut(recording.sacral, 90), cut(recording.thoracic, 90))
    written_ximu3(tmp_path, still, 1_000_000_000)
    with pytest.raises(SessionError, match=r"offset could not be found from the motion: .*; measure it .* --offset S"):
        imported_ximu3(tmp_path, "unrelated")


def cut(imu: ImuSamples, rows: int) -> ImuSamples:
    return ImuSamples(*(one if one is None else one[:rows] for one in (imu.acc_mps2, imu.gyr_radps, imu.quat)))


def test_unrelated_clocks_by_orientation_alone(tmp_path: Path):
    mapping = parse_mapping(
        '[clock]\nrelation = "unrelated"\n[segments]\nsacral = "a*"\nthoracic = "b*"\n[[stream]]\n'
        'rate_hz = 100\nquat = { columns = ["w", "x", "y", "z"] }',
        "own",
    )
    full = simulate(Scenario(seed=3, sets=((Repetition(), Repetition(eccentric_s=2.5)),), quaternions=True)).recording
    for name, imu, first in (("a.csv", full.sacral, 0), ("b.csv", full.thoracic, 150)):
        assert imu.quat is not None
        written = Written()
        for at, axis in enumerate("wxyz"):
            written.add(axis, imu.quat[first:, at], 7)
        (tmp_path / name).write_text(written.text(), encoding="utf-8")
    got = import_recording(mapping, "own", [str(tmp_path)])
    assert got.clocks.lag is not None and got.clocks.lag.offset_s == pytest.approx(-1.5, abs=0.02)


def track(segment: Segment, time_s: Floats, step_s: float, seed: int = 0) -> Track:
    rng = np.random.default_rng(seed)
    values: dict[Kind, Floats] = {"gyr": rng.normal(size=(len(time_s), 3)), "acc": rng.normal(size=(len(time_s), 3))}
    return Track(segment, time_s, values, step_s)


@given(
    st.floats(0.005, 0.1),
    st.floats(0.0, 0.1),
    st.frozensets(st.integers(1, 398), max_size=60),
    st.frozensets(st.integers(1, 398), max_size=60),
)
@example(0.005, 1e-6, frozenset(), frozenset([3]))
@example(0.005, 1e-5, frozenset(), frozenset([3]))
@example(0.0625, 1e-5, frozenset([1]), frozenset())
@settings(max_examples=150)
def test_nothing_is_interpolated_across_a_hole(
    step_s: float, late_s: float, lost: frozenset[int], own_lost: frozenset[int]
):
    sacral = track("sacral", np.delete(np.arange(400) * 0.01, list(own_lost)), 0.01)
    thoracic = track("thoracic", np.delete(late_s + np.arange(400) * step_s, list(lost)), step_s, 1)
    start_s, end_s = common_span([sacral, thoracic])
    base = base_track([sacral, thoracic])
    instants_s = base_instants(base, start_s, end_s)
    assert (np.diff(instants_s) > 0).all()
    assert np.abs(np.diff(instants_s) - base.step_s).max() < 1e-9  # its own holes are part of the base
    for one in (sacral, thoracic):
        got = on_base([sacral, thoracic], one.segment, instants_s).gyr_radps
        assert got is not None
        known = ~np.isnan(got).any(axis=1)
        after = np.clip(np.searchsorted(one.time_s, instants_s), 1, len(one.time_s) - 1)
        gap_s = one.time_s[after] - one.time_s[after - 1]
        nearest_s = np.abs(one.time_s[None, :] - instants_s[:, None]).min(axis=1)
        exact = nearest_s < 0.999 * SAME_INSTANT_S
        assert known[exact].all()
        apart = nearest_s > 1.001 * SAME_INSTANT_S
        assert (gap_s[known & apart] <= max(INTERPOLATE_S, 1.25 * one.step_s) + 2 * SAME_INSTANT_S).all()
        # Between neighbours that are there it is known.
        inner = (instants_s > one.time_s[0]) & (instants_s < one.time_s[-1])
        assert known[inner & (gap_s <= 1.01 * one.step_s)].all()


def test_orientations_are_interpolated_along_the_shorter_turn():
    half = np.radians(20.0) / 2.0
    quat = np.array([[1.0, 0, 0, 0], [-np.cos(half), 0, 0, -np.sin(half)], [np.nan] * 4])
    values: dict[Kind, Floats] = {"quat": quat}
    got = on_base(
        [Track("sacral", np.array([0.0, 0.04, 0.08]), values, 0.04)], "sacral", np.array([0.0, 0.01, 0.05])
    ).quat
    assert got is not None
    np.testing.assert_allclose(got[1], [np.cos(half / 4), 0, 0, np.sin(half / 4)], atol=1e-12)
    assert np.isnan(got[2]).all()


def test_the_faster_sensor_gives_the_instants_and_slow_ones_are_said():
    fast, slow = track("thoracic", np.arange(500) * 0.01, 0.01), track("sacral", np.arange(125) * 0.04, 0.04)
    assert base_track([slow, fast]) is fast
    # Measured rates of one nominal rate differ a little: then the sacral sensor leads.
    assert (
        base_track(
            [track("sacral", np.arange(9) * 0.01, 0.01), track("thoracic", np.arange(9) * 0.01, 0.00999)]
        ).segment
        == "sacral"
    )
