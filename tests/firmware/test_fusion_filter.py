"""The fixed-point filter beside C++ `vqf.BasicVQF`, on synthetic motion and on BROAD."""

from array import array
from pathlib import Path
from typing import Any

import checked_viper
import mpy_runner
import numpy as np
import pytest
from scipy.io import loadmat
from vqf import BasicVQF

G = 9.80665
CORE = mpy_runner.ROOT / "firmware/hiphinge_fw/core"
# Scales of an LSM6 at 1000 deg/s and 8 g, 2000 deg/s and 16 g: deg/s and g a count.
FINE = (0.035, 0.000244)
COARSE = (0.070, 0.000488)


def product(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    a, b, c, d = p.T
    w, x, y, z = q.T
    return np.stack(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ],
        axis=1,
    )  # fmt: skip


def inclination_between_deg(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Angle between two orientations but for their heading: (N,) deg."""
    d = product(p, q * (1, -1, -1, -1))
    return np.degrees(2 * np.arctan2(np.hypot(d[:, 1], d[:, 2]), np.hypot(d[:, 0], d[:, 3])))


def motion(rate_hz: float, seconds: float, linear_mps2: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Gyroscope (rad/s) and accelerometer (m/s²) of a sum of sines of 0.1 to 1.7 Hz, up to 300 deg/s; and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(rate_hz * seconds)) / rate_hz
    gyr, acc = np.zeros((len(t), 3)), np.zeros((len(t), 3))
    for f in (0.1, 0.23, 0.5, 0.9, 1.7):
        gyr += rng.normal(size=3) * np.sin(2 * np.pi * f * t[:, None] + rng.uniform(0, 6, 3))
        acc += rng.normal(size=3) * np.sin(2 * np.pi * 1.3 * f * t[:, None] + rng.uniform(0, 6, 3))
    acc *= linear_mps2 / np.sqrt((acc**2).sum(axis=1).mean())
    q = np.zeros((len(t), 4))
    q[0] = 1, 0, 0, 0
    for i in range(1, len(t)):
        angle = np.linalg.norm(gyr[i]) / rate_hz
        step = np.r_[np.cos(angle / 2), np.sin(angle / 2) * gyr[i] / np.linalg.norm(gyr[i])]
        q[i] = product(q[i - 1 : i], step[None])[0]
    up = product(product(q * (1, -1, -1, -1), np.tile([0.0, 0, 0, G], (len(t), 1))), q)[:, 1:]
    # 2.8 mdeg/s and 60 µg per root hertz (LSM6DSV16X).
    noise = np.sqrt(rate_hz / 2)
    return (
        gyr + rng.normal(size=gyr.shape) * np.radians(0.0028) * noise,
        up + acc + rng.normal(size=acc.shape) * 60e-6 * G * noise,
    )


def counts_of(gyr: np.ndarray, acc: np.ndarray, scales: tuple[float, float]) -> np.ndarray:
    both = np.hstack([np.degrees(gyr) / scales[0], acc / G / scales[1]])
    return np.clip(np.round(both), -32768, 32767).astype("<i2")


def reference(counts: np.ndarray, rate_hz: float, scales: tuple[float, float]) -> np.ndarray:
    gyr = np.radians(counts[:, :3] * scales[0])
    acc = counts[:, 3:] * scales[1] * G
    return BasicVQF(1 / rate_hz).updateBatch(np.ascontiguousarray(gyr), np.ascontiguousarray(acc))["quat6D"]


@pytest.fixture
def device(on_device: Any, tmp_path: Path) -> Any:
    def run(counts: np.ndarray, rate_hz: float, scales: tuple[float, float], **options: Any) -> tuple[np.ndarray, Any]:
        (tmp_path / "in").write_bytes(counts.tobytes())
        (said,) = on_device(
            "fusion_cases",
            "run",
            source=str(tmp_path / "in"),
            target=str(tmp_path / "out"),
            rate_hz=rate_hz,
            gyr_scale_ndps=round(scales[0] * 1e9),
            acc_scale_pg=round(scales[1] * 1e12),
            **options,
        )
        return np.frombuffer((tmp_path / "out").read_bytes(), "<i2").reshape(-1, 4), said

    return run


def rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


@pytest.mark.parametrize("rate_hz", [104.167, 120.0, 240.0])
@pytest.mark.parametrize("linear_mps2", [1.0, 4.0])
def test_equals_the_reference_on_synthetic_motion(device: Any, rate_hz, linear_mps2):
    counts = counts_of(*motion(rate_hz, 120, linear_mps2, 2), FINE)
    q, said = device(counts, rate_hz, FINE)
    off = inclination_between_deg(q / 32768, reference(counts, rate_hz, FINE))
    assert said["settled"]
    # While the running mean of the first three seconds begins, a block of two samples is a coarse step.
    assert rms(off[int(3 * rate_hz) :]) < 0.05
    assert rms(off) < 0.1
    # Factors are cut to 15 bits, which takes up to half a count each: the reader normalises.
    assert np.abs(np.linalg.norm(q / 32768, axis=1) - 1).max() < 2e-4


@pytest.mark.parametrize("trial", ["06_undisturbed_fast_rotation_A", "21_undisturbed_fast_combined"])
def test_equals_the_reference_on_broad(device: Any, data: Any, trial: str):
    recording = loadmat(data("broad") / f"{trial}.mat")
    rate_hz = float(recording["sampling_rate"][0, 0])
    counts = counts_of(recording["imu_gyr"], recording["imu_acc"], COARSE)
    q, _ = device(counts, rate_hz, COARSE)
    assert rms(inclination_between_deg(q / 32768, reference(counts, rate_hz, COARSE))) < 0.05


@pytest.mark.parametrize("chunk", [1, 3, 10])
def test_how_samples_are_handed_over_does_not_matter(device: Any, chunk: int):
    counts = counts_of(*motion(120, 10, 2, 3), FINE)
    once, _ = device(counts, 120, FINE, chunk=4)
    other, _ = device(counts, 120, FINE, chunk=chunk)
    assert np.array_equal(once[: len(other)], other)


def test_bias_is_learned_at_rest_and_only_there(device: Any):
    rng = np.random.default_rng(4)
    bias_dps = np.array([0.3, -0.2, 0.25])
    still = rng.normal(size=(2400, 3)) * 0.03
    gyr = np.radians(still + bias_dps)
    acc = np.tile([0.0, 3.0, 9.3], (2400, 1)) + rng.normal(size=(2400, 3)) * 0.005
    counts = counts_of(gyr, acc, FINE)
    q, said = device(counts, 120, FINE, learn_bias=True)
    # 1.5 s until it is called rest, and as long until the slow means have come in.
    assert said["rest_share"] > 0.8
    assert said["bias_dps"] == pytest.approx(bias_dps, abs=0.02)
    # The heading stands still once the bias is known: 10 s without it would be 2.5 degrees.
    last = q[-1200:] / 32768
    heading = np.degrees(2 * np.unwrap(np.arctan2(last[:, 3], last[:, 0])))
    assert np.ptp(heading) < 0.3
    _, moving = device(counts_of(*motion(120, 30, 2, 5), FINE), 120, FINE, learn_bias=True)
    assert moving["rest_share"] < 0.02


def test_a_measured_rate_turns_by_as_much_as_the_sensor_did(device: Any):
    # 90.2 degrees in 250 samples of 1286 counts, sampled at 4 % more than nominal: with the nominal rate it would be
    # 93.8.
    rate_hz = 124.8
    gyr = np.zeros((int(12 * rate_hz), 3))
    gyr[998:1248, 2] = np.radians(1286 * FINE[0])
    counts = counts_of(gyr, np.tile([0, 0, G], (len(gyr), 1)), FINE)
    q, _ = device(counts, 120, FINE, later_hz=rate_hz)
    turned = np.degrees(2 * np.arctan2(q[-1, 3], q[-1, 0]))
    assert turned == pytest.approx(250 / rate_hz * 1286 * FINE[0], abs=0.05)


@pytest.mark.parametrize("acc", [[0, 0, 4098], [0, 0, -4098], [2898, 0, 2898], [10, -4000, -300], [-1, 1, -4098]])
def test_any_attitude_is_level_at_once(on_device: Any, acc: list[int]):
    (seen,) = on_device("fusion_cases", "settling", acc=acc)
    q = np.array(seen["quaternion"])[None] / 32768
    up = product(product(q, np.array([[0.0, *acc]])), q * (1, -1, -1, -1))[0, 1:]
    assert np.degrees(np.arccos(up[2] / np.linalg.norm(up))) < 0.02
    assert not seen["before"]
    assert seen["settled"]


def test_filter_allocates_nothing(on_device: Any):
    (seen,) = on_device("fusion_cases", "no_allocation")
    assert seen["quaternion"][0] > 32000


def saturated(seed: int, count: int) -> np.ndarray:
    """Counts at the rails, jumping from one to the other, and everything between."""
    rng = np.random.default_rng(seed)
    rails = rng.choice([-32768, 32767, 0, -1], size=(count, 6))
    held = np.repeat(rng.choice([-32768, 32767], size=(count // 20 + 1, 6)), 20, axis=0)[:count]
    wild = rng.integers(-32768, 32768, size=(count, 6))
    return np.concatenate([rails, held, wild]).astype("<i2")


@pytest.mark.parametrize(("rate_hz", "scales"), [(104.0, COARSE), (120.0, FINE)])
def test_every_product_fits_32_bits_and_gives_the_same_saturated(device: Any, rate_hz, scales):
    counts = np.concatenate([saturated(1, 500), counts_of(*motion(rate_hz, 4, 3, 6), scales)])
    q, said = device(counts, rate_hz, scales, learn_bias=True, chunk=4)
    names = checked_viper.load(CORE / "fusion_kernels.py", CORE / "fusion.py")
    fusion = names["Fusion"](rate_hz, round(scales[0] * 1e9), round(scales[1] * 1e12), True)
    raw = array("h", bytes(48))
    out = array("h", bytes(32))
    mine = []
    for at in range(0, len(counts) // 4 * 4, 4):
        raw[:] = array("h", counts[at : at + 4].tobytes())
        fusion.update(raw, out, 4)
        mine.extend(out)
    assert np.array_equal(np.array(mine).reshape(-1, 4), q[: len(mine) // 4])
    if len(counts) % 4 == 0:
        assert list(fusion._state) == said["state"]
