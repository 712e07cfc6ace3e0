"""From a plan to coordinates of the body as functions of time."""

from __future__ import annotations

import numpy as np

from hiphinge.model import Floats
from hiphinge.simulate.body import Build
from hiphinge.simulate.moves import Channel
from hiphinge.simulate.schedule import Plan
from hiphinge.simulate.spline import wander

KNOTS_HZ = 200.0  # carries the 14 Hz ringing of heel strikes with room to spare
MARGIN_S = 0.5  # knots before and after the session: sensors' own clocks read there

# rms and spacing of the sway, at `Scenario.sway` 1: quiet standing wanders by about half a degree and half a
# centimetre at 0.1..0.5 Hz.
SWAY: dict[Channel, tuple[float, float]] = {
    Channel.HEADING_DEG: (1.0, 3.0),
    Channel.FORWARD_M: (0.005, 1.2),
    Channel.RIGHT_M: (0.006, 1.5),
    Channel.HINGE_DEG: (0.25, 1.5),
    Channel.OBLIQUITY_DEG: (0.5, 1.8),
    Channel.LUMBAR_DEG: (0.2, 1.3),
    Channel.BEND_DEG: (0.3, 1.6),
    Channel.ROTATION_DEG: (0.4, 2.0),
}
BREATH_DEG, BREATH_HZ = 0.15, 0.25  # thorax rocks on the pelvis with the breath


def knot_times(duration_s: float) -> Floats:
    """Uniform knots from before the start to after the end, (K,) s."""
    count = int(np.ceil((duration_s + 2 * MARGIN_S) * KNOTS_HZ)) + 1
    return -MARGIN_S + np.arange(count) / KNOTS_HZ


def coordinates(times_s: Floats, plan: Plan, build: Build, sway: float, rng: np.random.Generator) -> Floats:
    """Body coordinates at the knots.

    Parameters
    ----------
    times_s : (K,) float
        From `knot_times`.
    plan : Plan
    build : Build
    sway : float
        `Scenario.sway`.
    rng : Generator

    Returns
    -------
    (K, 10) float
        In the order of `body.Coordinate`: hip centre in the world (ENU, m), heading and joint angles (rad), stretch
        (m).
    """
    channels = _channels(times_s, plan)
    _add_sway(channels, times_s, sway, rng)
    heading = np.radians(float(rng.uniform(0, 360)) + channels[Channel.HEADING_DEG])
    hinge = np.radians(channels[Channel.HINGE_DEG])
    # Bending forward the hips travel back, which keeps the weight over the feet, and sink a little.
    forward = channels[Channel.FORWARD_M] - build.hip_travel_m * np.sin(hinge)
    up = build.hip_height_m + channels[Channel.UP_M] - build.hip_drop_m * (1 - np.cos(hinge))
    cos, sin, right = np.cos(heading), np.sin(heading), channels[Channel.RIGHT_M]
    speed = channels[Channel.SPEED_MPS]
    angles = (Channel.OBLIQUITY_DEG, Channel.LUMBAR_DEG, Channel.BEND_DEG, Channel.ROTATION_DEG)
    return np.column_stack(
        [
            _integral(speed * cos) + cos * forward + sin * right,
            _integral(speed * sin) + sin * forward - cos * right,
            up,
            heading + np.radians(channels[Channel.PELVIS_TURN_DEG]),
            hinge,
            *(np.radians(channels[channel]) for channel in angles),
            channels[Channel.STRETCH_M],
        ]
    )


def _channels(times_s: Floats, plan: Plan) -> Floats:
    """What all moves add up to, (12, K)."""
    channels = np.zeros((len(Channel), len(times_s)))
    stays = np.zeros_like(channels)
    for placed in plan.moves:
        end_s = placed.start_s + placed.move.duration_s
        first, last = np.searchsorted(times_s, (placed.start_s, end_s))
        # The end itself rides along: what is reached there stays.
        shares = placed.move.render(np.append(times_s[first:last], end_s) - placed.start_s)
        for channel, share in shares.items():
            channels[channel, first:last] += share[:-1]
            stays[channel, last] += share[-1]
    channels += np.cumsum(stays, axis=1)
    channels[Channel.HINGE_DEG] += plan.initial.hinge_deg
    channels[Channel.LUMBAR_DEG] += plan.initial.lumbar_deg
    return channels


def _add_sway(channels: Floats, times_s: Floats, sway: float, rng: np.random.Generator) -> None:
    for channel, (rms, spacing_s) in SWAY.items():
        channels[channel] += sway * rms * wander(times_s, spacing_s, rng)
    breath = BREATH_HZ * times_s + 0.1 * wander(times_s, 4.0, rng)
    channels[Channel.LUMBAR_DEG] += sway * BREATH_DEG * np.sin(2 * np.pi * breath)


def _integral(rate: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)]) / KNOTS_HZ
