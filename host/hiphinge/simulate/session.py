"""One scenario to a recording and its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import SEGMENTS, Bools, Floats, ImuSamples, Recording, Segment, SessionMeta
from hiphinge.simulate.body import GRAVITY_MPS2, Build, Pose, move_body, random_build
from hiphinge.simulate.placement import Skin, mounting_matrix, plate_pose, soft_tissue
from hiphinge.simulate.quaternion import from_matrices
from hiphinge.simulate.scenario import Scenario
from hiphinge.simulate.schedule import Plan, plan
from hiphinge.simulate.sensors import Undergone, fused_quaternions, kept_rows, read_imu
from hiphinge.simulate.spline import Spline
from hiphinge.simulate.truth import TrueSensor, Truth, clinical_angles, relative_to_neutral, true_repetition
from hiphinge.simulate.wearer import MARGIN_S, coordinates, knot_times

CHUNK = 50_000  # instants at a time: bounds memory to some ten MB of kinematics
GRAVITY = np.array([0.0, 0.0, GRAVITY_MPS2])


@dataclass(frozen=True, slots=True)
class Simulation:
    """A recording and the truth behind it, at the same instants."""

    recording: Recording
    truth: Truth


@dataclass(frozen=True, slots=True)
class _World:
    """Everything that is true: motion, wearer, skin, mounting."""

    motion: Spline
    build: Build
    skin: Skin | None
    mounting: dict[Segment, Floats]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One sensor's truth at some instants, in its own axes."""

    acc_mps2: Floats
    gyr_radps: Floats
    rotation: Floats
    position_m: Floats


def simulate(scenario: Scenario) -> Simulation:
    """Simulate a session.

    The same scenario gives the same samples, bit for bit, on one machine and library version.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    Simulation
        `recording.sacral` holds the sensor at the thorax if `scenario.swapped`.
    """
    wearer_rng, skin_rng, mounting_rng, device_rng, fusion_rng, loss_rng = (
        np.random.default_rng([scenario.seed, purpose]) for purpose in range(6)
    )
    build = random_build(wearer_rng)
    course = plan(scenario, wearer_rng)
    knots_s = knot_times(course.duration_s)
    motion = Spline(knots_s, coordinates(knots_s, course, build, scenario.sway, wearer_rng))
    skin = soft_tissue(knots_s, motion, build, scenario.soft_tissue_deg, skin_rng)
    mounting: dict[Segment, Floats] = {
        segment: mounting_matrix(scenario.mounting, segment, build, mounting_rng) for segment in SEGMENTS
    }
    world = _World(motion, build, skin, mounting)
    time_s = np.arange(int(course.duration_s * scenario.rate_hz) + 1) / scenario.rate_hz
    kept = kept_rows(len(time_s), scenario.drop_fraction, loss_rng)
    imus = {
        segment: _record(world, segment, scenario, time_s, kept, (device_rng, fusion_rng, loss_rng))
        for segment in SEGMENTS
    }
    worn = SEGMENTS[::-1] if scenario.swapped else SEGMENTS
    sacral, thoracic = (imus[segment] for segment in worn)
    meta = SessionMeta(
        device={"name": "simulated wearer", "seed": str(scenario.seed)},
        source_rates_hz={
            label: scenario.rate_hz * (1 + error)
            for label, error in zip(worn, scenario.sensors.rate_errors, strict=True)
        },
        events=course.events,
    )
    recording = Recording(time_s[kept], sacral[0], thoracic[0], meta, source=f"simulation, seed {scenario.seed}")
    return Simulation(recording, _truth(world, course, scenario, time_s, kept, (sacral[1], thoracic[1])))


def _record(
    world: _World,
    segment: Segment,
    scenario: Scenario,
    time_s: Floats,
    kept: Bools,
    rngs: tuple[np.random.Generator, np.random.Generator, np.random.Generator],
) -> tuple[ImuSamples, TrueSensor]:
    """One sensor's samples and truth at the rows kept."""
    device_rng, fusion_rng, loss_rng = rngs
    seen = _seen(world, segment, time_s)
    true_quat = from_matrices(seen.rotation)
    truth = TrueSensor(
        seen.position_m[kept],
        ImuSamples(seen.acc_mps2[kept], seen.gyr_radps[kept], true_quat[kept]),
        world.mounting[segment],
    )

    def undergone(t: Floats) -> Undergone:
        if t is time_s:
            return seen.acc_mps2, seen.gyr_radps
        # Motion is known half a second beyond the session; a clock that drifts further finds the wearer frozen.
        again = _seen(world, segment, np.clip(t, -MARGIN_S, time_s[-1] + MARGIN_S))
        return again.acc_mps2, again.gyr_radps

    errors = scenario.sensors
    rate_error = errors.rate_errors[SEGMENTS.index(segment)]
    said = read_imu(undergone, time_s, scenario.rate_hz, errors, rate_error, device_rng)
    assert said.acc_mps2 is not None and said.gyr_radps is not None
    acc, gyr = said.acc_mps2[kept], said.gyr_radps[kept]
    quat = fused_quaternions(true_quat, time_s, fusion_rng)[kept] if scenario.quaternions else None
    blank = ~kept_rows(len(acc), scenario.blank_fraction, loss_rng)
    for column in (acc, gyr) if quat is None else (acc, gyr, quat):
        column[blank] = np.nan
    return ImuSamples(acc, gyr, quat), truth


def _seen(world: _World, segment: Segment, t: Floats) -> _Seen:
    """What a sensor undergoes at instants `t`, (N,) s."""
    n = len(t)
    seen = _Seen(np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3, 3)), np.empty((n, 3)))
    mounting = world.mounting[segment]
    for begin in range(0, n, CHUNK):
        part = slice(begin, begin + CHUNK)
        state = move_body(world.motion, world.build, t[part])
        if segment == "sacral":
            bone, position, acceleration = state.pelvis, state.sacral_m, state.sacral_mps2
        else:
            bone, position, acceleration = state.thorax, state.thoracic_m, state.thoracic_mps2
        tissue = None if world.skin is None else getattr(world.skin, segment)
        plate: Pose = plate_pose(bone, tissue, t[part])
        seen.rotation[part] = plate.rotation @ mounting
        seen.gyr_radps[part] = plate.rate @ mounting
        # An accelerometer feels what holds it up: R^T (a + g).
        seen.acc_mps2[part] = np.einsum("nji,nj->ni", seen.rotation[part], acceleration + GRAVITY)
        seen.position_m[part] = position
    return seen


def _truth(
    world: _World,
    course: Plan,
    scenario: Scenario,
    time_s: Floats,
    kept: Bools,
    sensors: tuple[TrueSensor, TrueSensor],
) -> Truth:
    """Angles at all instants, repetitions measured on them, then only the rows kept."""
    angles = np.empty((len(time_s), 4))
    for begin in range(0, len(time_s), CHUNK):
        part = slice(begin, begin + CHUNK)
        state = move_body(world.motion, world.build, time_s[part])
        angles[part] = clinical_angles(state.pelvis.rotation, state.thorax.rotation)
    angles = relative_to_neutral(angles, time_s, course)
    hinge, trunk, side, rotation = angles[kept].T.copy()
    return Truth(
        time_s[kept],
        hinge,
        trunk,
        trunk - hinge,
        side,
        rotation,
        tuple(true_repetition(planned, time_s, angles) for planned in course.repetitions),
        course.happenings,
        course.neutral_s,
        scenario.swapped,
        *sensors,
    )
