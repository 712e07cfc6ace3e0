# pyright: basic, reportMissingTypeStubs=false
"""Measure your own orientation filter against known truth.

The simulated wearer knows what the back really did. Give your filter its raw samples, hand the quaternions to the
analysis instead of them, and compare angles: everything but the filter is the same.
"""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

import hiphinge
from hiphinge.model import Floats, ImuSamples


def complementary(imu: ImuSamples, rate_hz: float, time_constant_s: float = 3.0) -> Floats:
    """A textbook filter: integrate the gyroscope, pull the vertical slowly to where the accelerometer sees it.

    Parameters
    ----------
    imu : ImuSamples
    rate_hz : float
    time_constant_s : float
        How slowly.

    Returns
    -------
    (N, 4) float
        Quaternions w, x, y, z, sensor to Earth (east, north, up).
    """
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    up = np.array([0.0, 0.0, 1.0])
    now = Rotation.align_vectors([up], [imu.acc_mps2[0]])[0]
    # A sample is the rate at its instant: over a step it is the mean of two.
    steps = Rotation.from_rotvec((imu.gyr_radps[1:] + imu.gyr_radps[:-1]) / (2 * rate_hz))
    share = 1.0 / (time_constant_s * rate_hz)
    found = [now]
    for step, acc in zip(steps, imu.acc_mps2[1:], strict=True):
        now = now * step
        seen = now.apply(acc / np.linalg.norm(acc))
        now = Rotation.from_rotvec(share * np.cross(seen, up)) * now
        found.append(now)
    return np.roll([one.as_quat() for one in found], 1, axis=1)  # scipy puts w last


def error_deg(recording: hiphinge.Recording) -> float:
    """Root mean square error of lumbar flexion within repetitions, against the truth."""
    seen = hiphinge.analyse(recording).angles
    bending = truth.trunk_deg > 10.0
    return float(np.sqrt(np.nanmean((seen.lumbar_flexion_deg - truth.lumbar_flexion_deg)[bending] ** 2)))


wearer = hiphinge.simulate(repetitions=5, faults={3: "flexion"}, seed=5)
truth, raw = wearer.truth, wearer.recording

rate_hz = 1.0 / float(np.median(np.diff(raw.time_s)))
fused = replace(
    raw,
    sacral=ImuSamples(None, None, complementary(raw.sacral, rate_hz)),
    thoracic=ImuSamples(None, None, complementary(raw.thoracic, rate_hz)),
)

print(f"lumbar flexion, your filter: {error_deg(fused):.2f} deg")
print(f"lumbar flexion, hiphinge:    {error_deg(raw):.2f} deg")
