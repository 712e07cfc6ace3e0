"""Walking: travel, bounce, pelvic oscillation, turns and heel strikes."""

from __future__ import annotations

import numpy as np

from hiphinge.model import Floats
from hiphinge.simulate.moves import Channel, Move, Shares
from hiphinge.simulate.shapes import bump, impact, minimum_jerk
from hiphinge.simulate.spline import Spline

RAMP_S = 1.0  # people reach their speed within about one step or two
STRIKE_HZ = 14.0  # heel-strike ringing at the trunk lies at 10..20 Hz
STRIKE_DECAY_S = 0.03
THORAX_ATTENUATION = 0.45  # of the sacral transient is gone by the thorax: the spine's compression takes it


def walk(duration_s: float, rng: np.random.Generator) -> Move:
    """Walk about for `duration_s` with turns of 60..180 deg every few seconds.

    Amplitudes are those of comfortable level walking (vertical excursion 3..5 cm, pelvic obliquity 3..6 deg, rotation
    3..7 deg, tilt 1..2 deg, thorax counter-rotating).
    """
    speed_mps, cadence_hz = float(rng.uniform(1.0, 1.4)), float(rng.uniform(1.65, 2.0))
    bounce_m, shift_m = float(rng.uniform(0.015, 0.025)), float(rng.uniform(0.01, 0.025))
    obliquity, turn, tilt = rng.uniform((3, 3, 0.8), (6, 7, 1.8)).tolist()
    counter, lean = float(rng.uniform(1.2, 1.8)), float(rng.uniform(1.0, 4.0))
    limp = float(rng.uniform(-0.15, 0.15))
    turns = _turns(duration_s, rng)
    strikes_s = _strikes(duration_s, cadence_hz, rng)
    sizes_m = rng.uniform(0.001, 0.002, len(strikes_s))

    def render(t: Floats) -> Shares:
        going = bump(t, 0.0, RAMP_S, duration_s - RAMP_S, duration_s)
        steps = _phase(t, strikes_s)
        step, stride = 2 * np.pi * steps, np.pi * steps
        swing = np.sin(stride)
        heading = np.zeros_like(t)
        for at_s, lasting_s, angle_deg in turns:
            heading += angle_deg * minimum_jerk((t - at_s) / lasting_s)
        blows = np.zeros_like(t)
        for strike_s, size_m in zip(strikes_s, sizes_m, strict=True):
            # Only where it still rings; a session may hold thousands of steps.
            near = slice(*np.searchsorted(t, (strike_s, strike_s + 12 * STRIKE_DECAY_S)))
            blows[near] += impact(t[near], float(strike_s), float(size_m), STRIKE_HZ, STRIKE_DECAY_S)
        blows *= going
        return {
            Channel.HEADING_DEG: heading,
            Channel.SPEED_MPS: speed_mps * going * (1 + 0.08 * np.sin(step)),
            # Lowest just after the heel strike, in double support.
            Channel.UP_M: going * bounce_m * ((1 + limp * swing) * (1 - np.cos(step - 0.4)) - 1) + blows,
            Channel.FORWARD_M: 0.5 * blows,
            Channel.RIGHT_M: going * shift_m * swing,
            Channel.HINGE_DEG: going * (0.4 * lean + tilt * np.cos(step)),
            Channel.OBLIQUITY_DEG: going * obliquity * (swing + 0.2 * np.sin(3 * stride)),
            Channel.PELVIS_TURN_DEG: going * turn * np.cos(stride),
            Channel.LUMBAR_DEG: going * (0.6 * lean - 0.7 * tilt * np.cos(step - 0.5)),
            Channel.BEND_DEG: -going * 0.9 * obliquity * swing,
            Channel.ROTATION_DEG: -going * counter * turn * np.cos(stride - 0.2),
            Channel.STRETCH_M: -THORAX_ATTENUATION * blows,
        }

    return Move(duration_s, render)


def _turns(duration_s: float, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Turns as (start, duration, angle)."""
    turns: list[tuple[float, float, float]] = []
    at_s = float(rng.uniform(2.0, 5.0))
    while at_s + 3.0 < duration_s:
        lasting_s = float(rng.uniform(1.2, 2.2))
        turns.append((at_s, lasting_s, float(rng.choice([-1, 1]) * rng.uniform(60, 180))))
        at_s += lasting_s + float(rng.uniform(2.5, 6.0))
    return turns


def _strikes(duration_s: float, cadence_hz: float, rng: np.random.Generator) -> Floats:
    """Instants of the heel strikes; step times vary by about 2 %, as healthy gait does.

    A few lie before the start and after the end, where nobody goes yet or any more, so that the phase is defined there.
    """
    count = int(duration_s * cadence_hz * 1.1) + 10
    steps_s = (1 + 0.02 * np.clip(rng.standard_normal(count), -2.5, 2.5)) / cadence_hz
    return np.cumsum(steps_s) - 4 / cadence_hz


def _phase(t: Floats, strikes_s: Floats) -> Floats:
    """Steps done, a smooth function of time that is whole at each heel strike."""
    return Spline(strikes_s, np.arange(len(strikes_s), dtype=np.float64))(t)
