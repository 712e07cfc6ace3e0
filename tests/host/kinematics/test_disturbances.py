"""Knocks, clipped ranges, vibration and slips, found in samples drawn by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motions import UPRIGHT, drawn_tilt, posture, quats, random_rotation, sagittal_motion
from scipy.spatial.transform import Rotation

from hiphinge.kinematics.disturbances import Disturbance, from_shocks, raised, relabelled, said
from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import QuietRun
from hiphinge.kinematics.remount import remounted, until_standing
from hiphinge.kinematics.shock_watch import ShockWatch
from hiphinge.kinematics.shocks import clipping, find_shocks, knocks, vibration, without_knocks
from hiphinge.kinematics.slip import find_slips
from hiphinge.model import Calibration, Floats

RATE_HZ = 100.0
COARSE_HZ = 25.0


def imu(seconds: float = 10.0, rate_hz: float = RATE_HZ, seed: int = 0) -> GriddedImu:
    """A sensor that stands in place, with a chip's noise."""
    count, rng = round(seconds * rate_hz), np.random.default_rng(seed)
    acc = np.array([0.0, 6.0, 7.8]) + rng.normal(0, 0.01, (count, 3))
    return GriddedImu(acc, rng.normal(0, 0.002, (count, 3)), None, np.zeros(count))


def shaken(still: GriddedImu, force_mps2: Floats) -> GriddedImu:
    """The same with a force added along an axis of no sensor, (N,) m/s²."""
    assert still.acc_mps2 is not None
    along = np.array([1.0, 2.0, -2.0]) / 3
    return GriddedImu(still.acc_mps2 + force_mps2[:, None] * along, still.gyr_radps, None, still.gap_s)


def half_sine(
    at_s: float, peak_mps2: float, lasting_s: float, seconds: float = 10.0, rate_hz: float = RATE_HZ
) -> Floats:
    phase = (np.arange(round(seconds * rate_hz)) / rate_hz - at_s) / lasting_s
    return np.where((phase > 0) & (phase < 1), np.sin(np.pi * phase), 0.0) * peak_mps2


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0, 400.0])
@pytest.mark.parametrize(("peak_g", "lasting_s"), [(1.5, 0.05), (3.0, 0.03), (8.0, 0.045)])
def test_a_knock_is_found_where_it_was(rate_hz: float, peak_g: float, lasting_s: float):
    struck = shaken(imu(rate_hz=rate_hz), half_sine(4.0, peak_g * GRAVITY_MPS2, lasting_s, rate_hz=rate_hz))
    (found,) = knocks(struck, imu(seed=1, rate_hz=rate_hz), rate_hz)
    assert 3.96 < found.start / rate_hz < 4.03
    assert (found.stop - found.start) / rate_hz < 0.12
    assert found.size == pytest.approx(peak_g * GRAVITY_MPS2, rel=0.25)


@given(seed=st.integers(0, 2**20))
def test_the_mounting_does_not_matter(seed: int):
    struck, other = shaken(imu(), half_sine(4.0, 30.0, 0.03)), imu(seed=1)
    assert struck.acc_mps2 is not None and struck.gyr_radps is not None
    turn = random_rotation(seed)
    turned = GriddedImu(struck.acc_mps2 @ turn, struck.gyr_radps @ turn, None, struck.gap_s)
    one, two = (knocks(own, other, RATE_HZ) for own in (struck, turned))
    assert [(k.start, k.stop) for k in one] == [(k.start, k.stop) for k in two]


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_a_landing_felt_by_both_is_no_knock(share: float):
    blow = half_sine(4.0, 40.0, 0.05)
    assert knocks(shaken(imu(), blow), shaken(imu(seed=1), share * blow), RATE_HZ) == []


def test_swaying_and_swinging_are_no_knock():
    time_s = np.arange(1000) / RATE_HZ
    swung = shaken(imu(), 8 * np.sin(2 * np.pi * 2.2 * time_s))
    assert find_shocks(swung, imu(seed=1), RATE_HZ) == []


def test_a_bridged_knock_leaves_nothing():
    still = imu()
    struck = shaken(still, half_sine(4.0, 50.0, 0.03))
    mended = without_knocks(struck, knocks(struck, imu(seed=1), RATE_HZ))
    assert mended.acc_mps2 is not None and still.acc_mps2 is not None
    assert np.abs(mended.acc_mps2 - still.acc_mps2).max() < 1.0
    untouched = np.abs(np.arange(1000) - 400) > 20
    np.testing.assert_array_equal(mended.acc_mps2[untouched], still.acc_mps2[untouched])


def swung(peak_radps: float, limit_radps: float = np.inf, rounding: float = 0.0) -> GriddedImu:
    still = imu()
    assert still.gyr_radps is not None
    rate = still.gyr_radps.copy()
    rate[:, 1] += peak_radps * np.sin(2 * np.pi * 0.5 * np.arange(1000) / RATE_HZ)
    rate = np.clip(rate, -limit_radps, limit_radps)
    rate = np.round(rate / rounding) * rounding if rounding else rate
    return GriddedImu(still.acc_mps2, rate, None, still.gap_s)


@pytest.mark.parametrize("limit_dps", [125.0, 143.0, 250.0, 500.0])
def test_flat_tops_are_a_range_too_small(limit_dps: float):
    limit = float(np.radians(limit_dps))
    found = clipping(swung(1.3 * limit, limit), RATE_HZ)
    assert len(found) == 10  # both ways in each of five periods
    assert all(one.of_rate and one.size == pytest.approx(limit) and one.sd_deg > 1.0 for one in found)


@pytest.mark.parametrize("rounding", [0.0, 0.001, 0.01])
def test_a_curve_that_turns_by_itself_is_not_clipped(rounding: float):
    assert clipping(swung(3.0, rounding=rounding), RATE_HZ) == []


@pytest.mark.parametrize("frequency_hz", [10.0, 17.0, 33.0])
def test_vibration_is_noticed_from_25_hz_on(frequency_hz: float):
    def hummed(rate_hz: float) -> GriddedImu:
        time_s = np.arange(round(10 * rate_hz)) / rate_hz
        hum = np.where((time_s > 3) & (time_s < 6), 3.0, 0.0) * np.sin(2 * np.pi * frequency_hz * time_s + 0.3)
        return shaken(imu(rate_hz=rate_hz), hum)

    (found,) = vibration(hummed(100.0), 100.0)
    assert found.start / 100 == pytest.approx(3.0, abs=0.3)
    assert found.stop / 100 == pytest.approx(6.0, abs=0.3)
    assert vibration(hummed(12.5), 12.5) == []


def test_what_has_only_begun_is_no_vibration_yet():
    time_s = np.arange(1000) / RATE_HZ
    hummed = shaken(imu(), np.where(time_s > 9.5, 3.0, 0.0) * np.sin(2 * np.pi * 17.0 * time_s))
    assert vibration(hummed, RATE_HZ) == []


def test_steps_are_no_vibration():
    steps = sum(half_sine(at, 15.0, 0.06) for at in np.arange(0.5, 9.5, 0.5))
    assert vibration(shaken(imu(), np.asarray(steps)), RATE_HZ) == []


@given(cuts=st.lists(st.integers(1, 999), max_size=6))
def test_watching_block_by_block_tells_each_thing_once(cuts: list[int]):
    time_s = np.arange(1000) / RATE_HZ
    struck = shaken(imu(), half_sine(3.0, 40.0, 0.03) + half_sine(6.0, 40.0, 0.03))
    other = imu(seed=1)
    watch = ShockWatch(RATE_HZ)
    edges = [0, *sorted(set(cuts)), 1000]
    found = [
        one
        for a, b in pairwise(edges)
        for one in watch.push(time_s[a:b], struck.rows(slice(a, b)), other.rows(slice(a, b)))
    ]
    assert [(one.kind, one.sensor, round(one.at_s, 1)) for one in found] == [
        ("knock", "sacral", 3.0),
        ("knock", "sacral", 6.0),
    ]


def test_the_rise_of_the_uncertainty_fades():
    motion = sagittal_motion(np.zeros(3000), RATE_HZ)
    time_s = np.arange(3000) / RATE_HZ
    knock = Disturbance("knock", "sacral", 15.0, 15.02, 15.0, 20.0, "m/s²", 2.0)
    sd = raised(motion, "sacral", [knock], time_s, RATE_HZ).gap_sd_deg
    assert sd[1500] == pytest.approx(2.0)
    assert 0.5 < sd[1800] < 0.9  # one time constant of 3 s later
    assert sd[0] < 0.05
    assert sd[-1] < 0.05
    assert raised(motion, "thoracic", [knock], time_s, RATE_HZ) is motion


def test_clipped_rates_last_until_the_next_rest():
    up = np.array([0.0, 1.0, 0.0])
    time_s = np.arange(1000) / COARSE_HZ
    rests = [QuietRun(100, 150, up, up), QuietRun(500, 600, up, up)]
    clipped = Disturbance("clipping", "sacral", 10.0, 10.1, 10.0, 250.0, "deg/s", 3.0)
    (lasting,) = until_standing([clipped], rests, time_s)
    assert (lasting.start_s, lasting.end_s) == (10.0, 20.0)
    assert until_standing([clipped], [], time_s)[0].end_s == time_s[-1]


def test_many_are_said_in_one_line():
    many = [Disturbance("knock", "sacral", t, t, t, 20.0 + t, "m/s²", 1.0) for t in (12.3, 14.0, 31.7)]
    slips = [Disturbance("slip", "thoracic", 20.0, 24.0, 22.5, 15.2, "deg", 15.2)]
    lines = said([*many, *slips])
    assert len(lines) == 2
    assert "sacral sensor was knocked 3 times, first at 12.3 s, last at 31.7 s (up to 52 m/s²)" in lines[0]
    assert "thoracic sensor slipped on the body by 15 deg at 22.5 s" in lines[1]
    assert [one.sensor for one in relabelled(many, True)] == ["thoracic"] * 3


# --- slips ------------------------------------------------------------------------------------------------------------


def a_set(reps: int = 8, deep_deg: float = 50.0) -> Floats:
    """Trunk tilt of a set: standing, bends with short tops, standing."""
    bend = [(1.5, deep_deg), (0.4, deep_deg), (1.2, 0.0), (0.8, 0.0)]
    return drawn_tilt([(4.0, 0.0), *bend * reps, (3.0, 0.0)], COARSE_HZ)


def worn(
    tilt_deg: Floats, mounting: Floats, slip: Floats | None = None, from_row: int = 0, seed: int = 0
) -> SensorMotion:
    """A sensor with a wearer's sway in it; `slip` is the rotation vector (deg, segment axes) it turns by at a row."""
    sway = np.random.default_rng(seed).normal(0, 0.4, len(tilt_deg))
    still = sagittal_motion(tilt_deg + np.convolve(sway, np.ones(25) / 5, "same"), COARSE_HZ, mounting)
    if slip is None:
        return still
    turn = mounting.T @ Rotation.from_rotvec(slip, degrees=True).as_matrix() @ mounting
    late = (np.arange(len(tilt_deg)) >= from_row)[:, None]
    heading = UPRIGHT @ posture(tilt_deg) @ mounting
    quat = np.where(late, quats(heading @ turn), still.quat)
    up, rate = (np.where(late, v @ turn, v) for v in (still.up, still.rate_radps))
    return SensorMotion(quat, up, rate, None, still.gap_s, still.gap_sd_deg)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, -1, 1)])
@pytest.mark.parametrize("angle_deg", [12.0, -25.0])
def test_a_slip_about_any_axis_is_measured(axis: tuple[int, int, int], angle_deg: float):
    tilt = a_set()
    below, above = random_rotation(1), random_rotation(2)
    slip = angle_deg * np.array(axis) / np.linalg.norm(axis)
    row = round((4.0 + 4 * 3.9 - 0.4) * COARSE_HZ)  # on the top after the fourth bend
    time_s = np.arange(len(tilt)) / COARSE_HZ
    sacral, thoracic = worn(0.9 * tilt, below, slip, row), worn(tilt, above, seed=1)
    first, found = find_slips(sacral, thoracic, Neutral(0.0, below, above), time_s, COARSE_HZ)
    (one,) = found
    assert one.sensor == "sacral"
    assert one.start_s <= row / COARSE_HZ <= one.end_s
    assert one.at_s == pytest.approx(row / COARSE_HZ, abs=0.5)
    assert one.angle_deg == pytest.approx(abs(angle_deg), abs=1.5)
    # Sensor to segment: what was v on the sensor is now turned by the slip.
    expected = Rotation.from_rotvec(slip, degrees=True).as_matrix() @ below
    for known, true in ((one.frame, expected), (first.sacral, below)):
        assert np.degrees(Rotation.from_matrix(known.T @ true).magnitude()) < 1.5


def test_sitting_down_for_a_while_is_no_slip():
    standing = a_set(4)
    seated = np.full(round(20 * COARSE_HZ), 0.0)
    trunk = np.concatenate([standing, seated, standing])
    pelvis = np.concatenate([0.9 * standing, seated - 14.0, 0.9 * standing])
    below, above = random_rotation(3), random_rotation(4)
    time_s = np.arange(len(trunk)) / COARSE_HZ
    _, found = find_slips(worn(pelvis, below), worn(trunk, above), Neutral(0.0, below, above), time_s, COARSE_HZ)
    assert found == []


@given(seed=st.integers(0, 1000))
def test_another_stance_between_sets_is_no_slip(seed: int):
    rng = np.random.default_rng(seed)
    one = a_set(4)
    rest = np.zeros(round(10 * COARSE_HZ))
    pelvis_deg, trunk_deg = rng.uniform(-7, 7), rng.uniform(-4, 4)
    trunk = np.concatenate([one, rest, rest + trunk_deg, one + trunk_deg])
    pelvis = np.concatenate([0.9 * one, rest, rest + pelvis_deg, 0.9 * one + pelvis_deg])
    below, above = random_rotation(seed), random_rotation(seed + 1)
    time_s = np.arange(len(trunk)) / COARSE_HZ

    def shifted(tilt: Floats, mounting: Floats) -> SensorMotion:
        # A stance is shifted within a second or two, not in one sample.
        return worn(np.convolve(np.pad(tilt, 20, "edge"), np.ones(41) / 41, "valid"), mounting)

    base = Neutral(0.0, below, above)
    _, found = find_slips(shifted(pelvis, below), shifted(trunk, above), base, time_s, COARSE_HZ)
    assert found == []


def calibrated(below: Floats, above: Floats) -> Calibration:
    return Calibration(below, above, (0.0, 4.0), 1.0)


def test_a_loose_sensor_is_told_from_a_firm_one():
    tilt = a_set(9)
    below, above = random_rotation(5), random_rotation(6)
    time_s = np.arange(len(tilt)) / COARSE_HZ
    # Each bend leaves the pelvis's sensor elsewhere, by 4 deg and more.
    places = np.repeat(np.tile([0.0, 6.0, 1.0, 7.0, 2.0], 5), round(3.9 * COARSE_HZ))[: len(tilt)]
    places = np.concatenate([np.zeros(round(5.5 * COARSE_HZ)), places])[: len(tilt)]
    wobbly = worn(0.9 * tilt + places, below)
    found = remounted(wobbly, worn(tilt, above, seed=1), calibrated(below, above), time_s, COARSE_HZ, given=True)
    assert [(one.kind, one.sensor) for one in found.disturbances] == [("loose", "sacral")]
    firm = remounted(
        worn(0.9 * tilt, below), worn(tilt, above, seed=1), calibrated(below, above), time_s, COARSE_HZ, given=True
    )
    assert firm.disturbances == []
    assert len(firm.neutrals) == 1


def test_shocks_carry_times_and_units():
    time_s = 5.0 + np.arange(1000) / RATE_HZ
    limit = float(np.radians(250.0))
    (first, *_) = from_shocks(clipping(swung(1.3 * limit, limit), RATE_HZ), "thoracic", time_s)
    assert first.sensor == "thoracic"
    assert first.unit == "deg/s"
    assert first.size == pytest.approx(250.0)
    assert 5.0 < first.at_s < 6.0
