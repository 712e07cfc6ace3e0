"""Wearers who do not stand in place: the floor under them moves, and what their sensors read changes with it.

A simulated session is made in a room at rest. Here that room becomes a vehicle: it accelerates and turns about the
vertical through the wearer. With R a sensor's true orientation in the room, p, v its place and velocity there, and w
the turning rate, the sensor reads in addition

    rate             R^T w
    specific force   R^T (a + w' x p + 2 w x v + w x (w x p))        a in the room's axes

Angles of the wearer's joints and their tilt are what they were. What is added has no sensor errors of its own: scale
errors of 1 % are 0.02 m/s² of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hiphinge.kinematics.rotation import from_rotation_vector, matrix, multiply
from hiphinge.model import Floats, ImuSamples, Recording
from hiphinge.simulate import Simulation, TrueSensor
from hiphinge.simulate.shapes import minimum_jerk
from hiphinge.simulate.spline import Spline, wander

RIDE_MPS2 = 1.1  # rms of either horizontal axis: 1..2 m/s² in all, a bus between two stops
RIDE_SPACING_S = 1.5  # wanders at about 0.1..0.5 Hz
FIRST_TURN_S, TURN_EVERY_S, TURN_S = 12.0, 15.0, 6.0
STEP_M, STEP_S, HOP_M = 0.10, 0.5, 0.012
SHUFFLE_TURN_DEG = 8.0


@dataclass(frozen=True, slots=True)
class Floor:
    """How the floor moves at a recording's instants.

    Attributes
    ----------
    acceleration_mps2 : (N, 3) float
        Of the point under the wearer, in the floor's own axes, z up.
    heading_rad, heading_radps, heading_radps2 : (N,) float
        Left positive, and its first two derivatives.
    """

    acceleration_mps2: Floats
    heading_rad: Floats
    heading_radps: Floats
    heading_radps2: Floats


def carried(session: Simulation, floor: Floor) -> Simulation:
    """The same wearer on a moving floor."""
    recording, truth = session.recording, session.truth
    middle: Floats = np.concatenate([truth.sacral.position_m, truth.thoracic.position_m]).mean(axis=0)
    sacral, true_sacral = _carried_sensor(recording.sacral, truth.sacral, truth.time_s, middle, floor)
    thoracic, true_thoracic = _carried_sensor(recording.thoracic, truth.thoracic, truth.time_s, middle, floor)
    moved = replace(recording, sacral=sacral, thoracic=thoracic, source=f"{recording.source}, on a moving floor")
    return Simulation(moved, replace(truth, sacral=true_sacral, thoracic=true_thoracic))


def _carried_sensor(
    said: ImuSamples, true: TrueSensor, time_s: Floats, middle_m: Floats, floor: Floor
) -> tuple[ImuSamples, TrueSensor]:
    quat, acc, gyr = true.imu.quat, true.imu.acc_mps2, true.imu.gyr_radps
    assert quat is not None and acc is not None and gyr is not None
    assert said.acc_mps2 is not None and said.gyr_radps is not None
    place: Floats = true.position_m - middle_m
    velocity = np.gradient(place, time_s, axis=0)
    turning, change = np.zeros_like(place), np.zeros_like(place)
    turning[:, 2], change[:, 2] = floor.heading_radps, floor.heading_radps2
    felt = (
        floor.acceleration_mps2
        + np.cross(change, place)
        + 2 * np.cross(turning, velocity)
        + np.cross(turning, np.cross(turning, place))
    )
    to_room = matrix(quat)
    force, rate = (np.einsum("nji,nj->ni", to_room, vector) for vector in (felt, turning))
    headed = from_rotation_vector(np.column_stack([np.zeros((len(place), 2)), floor.heading_rad]))
    return (
        ImuSamples(said.acc_mps2 + force, said.gyr_radps + rate),
        replace(true, imu=ImuSamples(acc + force, gyr + rate, multiply(headed, quat))),
    )


def ride(recording: Recording, begins_s: float, rng: np.random.Generator) -> Floor:
    """A bus: from `begins_s` on it pushes and brakes without end, and turns now and then."""
    time_s = recording.time_s
    sway = np.column_stack([wander(time_s, RIDE_SPACING_S, rng) for _ in range(2)]) * RIDE_MPS2
    acceleration = np.zeros((len(time_s), 3))
    acceleration[:, :2] = sway * minimum_jerk((time_s - begins_s) / 2.0)[:, None]
    starts_s = np.arange(FIRST_TURN_S, float(time_s[-1]) - TURN_S, TURN_EVERY_S)
    turns_deg = rng.choice([-1.0, 1.0], len(starts_s)) * rng.uniform(40, 90, len(starts_s))
    return _turned(acceleration, time_s, [(float(at), TURN_S) for at in starts_s], turns_deg)


def shuffle(session: Simulation, rng: np.random.Generator) -> Floor:
    """Two small steps on the spot, anywhere to, and a little turn, after every repetition."""
    time_s, done = session.recording.time_s, session.truth.repetitions
    gaps = [(one.end_s, after.start_s) for one, after in pairwise(done)]
    steps_s = [begin + share * max(end - begin, 2 * STEP_S) / 2 for begin, end in gaps for share in (0, 1)]
    acceleration = np.zeros((len(time_s), 3))
    for at_s in steps_s:
        way = rng.uniform(0, 2 * np.pi)
        u = np.clip((time_s - at_s) / STEP_S, 0, 1)
        along = STEP_M / STEP_S**2 * (60 * u - 180 * u**2 + 120 * u**3)
        # A hop 64 u^3 (1 - u)^3 high, in units of its height.
        up = 64 * HOP_M / STEP_S**2 * (6 * u - 36 * u**2 + 60 * u**3 - 30 * u**4)
        acceleration += np.column_stack([along * np.cos(way), along * np.sin(way), up])
    turns_deg = rng.normal(0.0, SHUFFLE_TURN_DEG, len(steps_s))
    return _turned(acceleration, time_s, [(at_s, STEP_S) for at_s in steps_s], turns_deg)


def _turned(acceleration: Floats, time_s: Floats, turns_s: list[tuple[float, float]], turns_deg: Floats) -> Floor:
    """Turns (begin, duration), minimum jerk each, added to an acceleration."""
    # A spline through the heading every 50 ms: its derivatives belong to one another, to be integrated by a filter.
    knots = np.arange(time_s[0] - 0.5, time_s[-1] + 0.5, 0.05)
    heading = np.zeros_like(knots)
    for (at_s, lasting_s), angle_deg in zip(turns_s, turns_deg, strict=True):
        heading += np.radians(angle_deg) * minimum_jerk((knots - at_s) / lasting_s)
    spline = Spline(knots, heading)
    return Floor(acceleration, spline(time_s), spline(time_s, 1), spline(time_s, 2))
