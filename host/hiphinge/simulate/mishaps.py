"""What goes wrong with a sensor while it is worn: slips, loose clips, knocks, clipped ranges, vibration.

Pure functions on a finished `Simulation`: the body's truth stays as it is, only what one sensor says changes. Where a
sensor moves against the skin its own errors (bias, noise) stay in its own axes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.model import Floats, ImuSamples, Recording, Segment
from hiphinge.simulate.body import GRAVITY_MPS2
from hiphinge.simulate.session import Simulation
from hiphinge.simulate.shapes import minimum_jerk
from hiphinge.simulate.spline import wander

# A pod on skin that is hit rocks by about this rate per force and swings back: net rotation nil.
_ROCKING_RADPS_PER_G = 0.3


def slip(
    simulation: Simulation, sensor: Segment, at_s: float, angle_deg: float, axis: Floats, over_s: float = 0.3
) -> Simulation:
    """A sensor turns on its wearer, once and for good.

    Parameters
    ----------
    simulation : Simulation
    sensor : "sacral" or "thoracic"
        As labelled in the recording.
    at_s : float
        When it begins to turn.
    angle_deg : float
    axis : (3,) float
        Axis of the turn in the segment's frame (x forward, y up, z right).
    over_s : float
        How long it takes.
    """
    along = np.asarray(axis, np.float64) @ _true(simulation, sensor)[1]
    along = along / np.linalg.norm(along)
    share = minimum_jerk((simulation.recording.time_s - at_s) / over_s)
    return turned(simulation, sensor, np.radians(angle_deg) * share[:, None] * along)


def loose(
    simulation: Simulation,
    sensor: Segment,
    from_s: float,
    scatter_deg: float,
    rng: np.random.Generator,
    creep_deg: float = 0.0,
    spacing_s: float = 6.0,
) -> Simulation:
    """A clip that does not hold: the sensor wanders about on its wearer, and creeps one way.

    Parameters
    ----------
    simulation : Simulation
    sensor : "sacral" or "thoracic"
    from_s : float
    scatter_deg : float
        1 sigma of the wander about each axis.
    rng : Generator
    creep_deg : float
        Turned about the segment's right by the end.
    spacing_s : float
        The wander changes its mind about as often.
    """
    time_s = simulation.recording.time_s
    begun = minimum_jerk((time_s - from_s) / 2.0)[:, None]
    wandering = np.stack([wander(time_s, spacing_s, rng) for _ in range(3)], axis=1) * np.radians(scatter_deg)
    right = _true(simulation, sensor)[1][2]
    creeping = np.clip((time_s - from_s) / max(time_s[-1] - from_s, 1e-9), 0, 1)[:, None] * right
    return turned(simulation, sensor, begun * wandering + np.radians(creep_deg) * creeping)


def turned(simulation: Simulation, sensor: Segment, turns: Floats) -> Simulation:
    """A sensor turned against its wearer by rotation vectors in rad, in its own first axes, (N, 3)."""
    true, _ = _true(simulation, sensor)
    said = getattr(simulation.recording, sensor)
    assert true.acc_mps2 is not None and true.gyr_radps is not None
    rotation = _rotations(turns)
    time_s = simulation.recording.time_s

    def seen(vectors: Floats) -> Floats:
        return np.einsum("nji,nj->ni", rotation, vectors)

    # Turning of the new axes against the old, in the new ones: R^T dR/dt.
    change = np.einsum("nji,njk->nik", rotation, np.gradient(rotation, time_s, axis=0))
    spin = np.stack([change[:, 2, 1], change[:, 0, 2], change[:, 1, 0]], axis=1)
    acc = said.acc_mps2 + seen(true.acc_mps2) - true.acc_mps2
    gyr = said.gyr_radps + seen(true.gyr_radps) + spin - true.gyr_radps
    return _with(simulation, sensor, ImuSamples(acc, gyr))


def knock(
    simulation: Simulation,
    sensor: Segment,
    at_s: float,
    peak_g: float,
    lasting_s: float = 0.02,
    direction: Floats | None = None,
) -> Simulation:
    """Something touches one pod: half a sine of force, and a rocking that swings back.

    Parameters
    ----------
    simulation : Simulation
    sensor : "sacral" or "thoracic"
    at_s : float
    peak_g : float
    lasting_s : float
        A few ms (hard on hard) to 50 ms.
    direction : (3,) float, optional
        In the sensor's own axes; along its z if not given.
    """
    said = getattr(simulation.recording, sensor)
    along = np.array([0.0, 0.0, 1.0]) if direction is None else np.asarray(direction) / np.linalg.norm(direction)
    time_s = simulation.recording.time_s
    step_s = float(np.median(np.diff(time_s)))
    # A chip's low-pass gives the mean over about a sample, however short the touch.
    edges = [np.clip((time_s + half * step_s - at_s) / lasting_s, 0, 1) for half in (-0.5, 0.5)]
    share = lasting_s / step_s / np.pi
    force = (np.cos(np.pi * edges[0]) - np.cos(np.pi * edges[1])) * share * peak_g * GRAVITY_MPS2
    rocking = (np.cos(2 * np.pi * edges[0]) - np.cos(2 * np.pi * edges[1])) * share / 2 * peak_g * _ROCKING_RADPS_PER_G
    across = np.roll(along, 1)
    return _with(
        simulation,
        sensor,
        ImuSamples(said.acc_mps2 + force[:, None] * along, said.gyr_radps + rocking[:, None] * across),
    )


def clipped(
    simulation: Simulation, sensor: Segment, acc_range_g: float = np.inf, gyr_range_dps: float = np.inf
) -> Simulation:
    """Ranges set too small: nothing beyond them is said."""
    said = getattr(simulation.recording, sensor)
    force, rate = acc_range_g * GRAVITY_MPS2, np.radians(gyr_range_dps)
    return _with(
        simulation, sensor, ImuSamples(np.clip(said.acc_mps2, -force, force), np.clip(said.gyr_radps, -rate, rate))
    )


def vibration(
    simulation: Simulation, sensor: Segment, from_s: float, to_s: float, frequency_hz: float, peak_mps2: float
) -> Simulation:
    """A machine hums: a sine of force, the same on all axes, between two moments."""
    said = getattr(simulation.recording, sensor)
    time_s = simulation.recording.time_s
    inside = (time_s >= from_s) & (time_s < to_s)
    force = np.where(inside, np.sin(2 * np.pi * frequency_hz * time_s), 0.0) * peak_mps2 / np.sqrt(3.0)
    return _with(simulation, sensor, ImuSamples(said.acc_mps2 + force[:, None], said.gyr_radps))


def _true(simulation: Simulation, sensor: Segment) -> tuple[ImuSamples, Floats]:
    """What the sensor underwent, and its mounting (sensor to segment)."""
    worn = getattr(simulation.truth, sensor)
    return worn.imu, worn.mounting


def _with(simulation: Simulation, sensor: Segment, imu: ImuSamples) -> Simulation:
    recording: Recording = replace(simulation.recording, **{sensor: imu})
    return replace(simulation, recording=recording)


def _rotations(vectors: Floats) -> Floats:
    """Rotation matrices of rotation vectors (Rodrigues), (N, 3, 3)."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    k = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    return np.eye(3) + np.sinc(angle / np.pi) * k + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (k @ k)
