"""A plain wearer for tests of the files: stands and bends. No body model, only consistent sensors."""

from __future__ import annotations

import dataclasses
import io

import numpy as np

from hiphinge.files.csv_writer import write_csv
from hiphinge.model import Floats, ImuSamples, Recording

GRAVITY_MPS2 = 9.80665


def tilting_imu(
    time_s: Floats, tilt_rad: Floats, rng: np.random.Generator, spin_radps: Floats | None = None
) -> ImuSamples:
    """A sensor (x forward, y up, z right) tilting forward, and turning about the vertical at `spin_radps`."""
    zero = np.zeros_like(time_s)
    spin = zero if spin_radps is None else spin_radps
    # Forward is a negative rotation about z: the forward axis dips below the horizon, so that up points backward in it.
    up = np.column_stack([-np.sin(tilt_rad), np.cos(tilt_rad), zero])
    rate = np.column_stack([zero, zero, -np.gradient(tilt_rad, time_s)]) + spin[:, None] * up
    acc = GRAVITY_MPS2 * up + rng.normal(0.0, 0.05, (len(time_s), 3))
    return ImuSamples(acc_mps2=acc, gyr_radps=rate + rng.normal(0.0, 0.01, (len(time_s), 3)))


def bends_rad(time_s: Floats, depth_deg: float, bend_s: float = 3.0, first_s: float = 2.0, count: int = 3) -> Floats:
    """Tilt of `count` bends of `bend_s` each, half of it down, with a second between them."""
    tilt = np.zeros_like(time_s)
    for index in range(count):
        phase = (time_s - first_s - index * (bend_s + 1.0)) / bend_s
        inside = (phase > 0.0) & (phase < 1.0)
        tilt[inside] = np.radians(depth_deg) * 0.5 * (1.0 - np.cos(2.0 * np.pi * phase[inside]))
    return tilt


def bending(duration_s: float = 14.0, rate_hz: float = 50.0, seed: int = 1, bend_s: float = 3.0) -> Recording:
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return Recording(
        time_s=time_s,
        sacral=tilting_imu(time_s, bends_rad(time_s, 45.0, bend_s), rng),
        thoracic=tilting_imu(time_s, bends_rad(time_s, 52.0, bend_s), rng),
    )


def with_quats(recording: Recording, seed: int = 2) -> Recording:
    """Add unit quaternions (of no meaning) to both sensors."""
    rng = np.random.default_rng(seed)

    def quats() -> Floats:
        q = np.array([1.0, 0.1, -0.2, 0.3]) + 0.05 * rng.normal(size=(len(recording.time_s), 4))
        return q / np.linalg.norm(q, axis=1, keepdims=True)

    return dataclasses.replace(
        recording,
        sacral=dataclasses.replace(recording.sacral, quat=quats()),
        thoracic=dataclasses.replace(recording.thoracic, quat=quats()),
    )


def csv_of(recording: Recording) -> bytes:
    buffer = io.BytesIO()
    write_csv(buffer, recording)
    return buffer.getvalue()


def table_of(recording: Recording) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text, to be spoilt by a test."""
    header, *rows = csv_of(recording).decode().splitlines()
    return header.split(","), [row.split(",") for row in rows]


def csv_text(header: list[str], rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> bytes:
    return "".join(delimiter.join(row) + end for row in [header, *rows]).encode()
