"""What is no hip hinge: side bends, twists, sitting down, jumping, picking things up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hiphinge.model import Floats
from hiphinge.simulate.body import GRAVITY_MPS2
from hiphinge.simulate.moves import Channel, Move, Shares
from hiphinge.simulate.shapes import Blend, hermite, impact, random_blend, through

FLIGHT_S = 0.4  # a 20 cm countermovement jump


def side_bends(rng: np.random.Generator) -> Move:
    """Bend right and left by 20..35 deg, the pelvis going along by 3..8."""
    first = float(rng.choice([-1.0, 1.0]))
    sizes = first * np.array([1.0, -1.0]) * rng.uniform(20, 35, 2)
    pelvis = np.sign(sizes) * rng.uniform(3, 8, 2)
    lean = float(rng.uniform(-3, 5))
    times, curve = _two_sided(rng, float(rng.uniform(0.9, 1.5)))

    def render(t: Floats) -> Shares:
        one, other = curve(t)
        return {
            Channel.BEND_DEG: sizes[0] * one + sizes[1] * other,
            Channel.OBLIQUITY_DEG: pelvis[0] * one + pelvis[1] * other,
            Channel.RIGHT_M: -0.0015 * (sizes[0] * one + sizes[1] * other),  # the hips shift the other way
            Channel.LUMBAR_DEG: lean * (one + other),
        }

    return Move(times, render)


def twists(rng: np.random.Generator) -> Move:
    """Turn the trunk left and right by 30..45 deg, the pelvis following by 5..12."""
    first = float(rng.choice([-1.0, 1.0]))
    sizes = first * np.array([1.0, -1.0]) * rng.uniform(30, 45, 2)
    pelvis = np.sign(sizes) * rng.uniform(5, 12, 2)
    times, curve = _two_sided(rng, float(rng.uniform(0.7, 1.3)))

    def render(t: Floats) -> Shares:
        one, other = curve(t)
        return {
            Channel.ROTATION_DEG: sizes[0] * one + sizes[1] * other,
            Channel.PELVIS_TURN_DEG: pelvis[0] * one + pelvis[1] * other,
            Channel.BEND_DEG: 0.1 * (sizes[0] * one + sizes[1] * other),
        }

    return Move(times, render)


def sit_to_stand(rng: np.random.Generator) -> Move:
    """Sit down, sit, get up: the trunk leans 30..40 deg each way and the seated back is round."""
    down, seated, up = float(rng.uniform(1.5, 2.2)), float(rng.uniform(1.5, 3.0)), float(rng.uniform(1.3, 2.0))
    flexion = float(rng.uniform(12, 16))
    lean = rng.uniform(30, 40, 2) - flexion
    slump = float(rng.uniform(-15, -8))
    low, back = float(rng.uniform(-0.45, -0.38)), float(rng.uniform(-0.38, -0.3))
    sat, rise = down, down + seated
    end = rise + up
    lean_at = (0.55 * down, rise + 0.45 * up)

    def render(t: Floats) -> Shares:
        return {
            Channel.HINGE_DEG: through(
                t, (0, lean_at[0], sat, rise, lean_at[1], end), (0, lean[0], slump, slump, lean[1], 0)
            ),
            Channel.LUMBAR_DEG: through(t, (0, lean_at[0], lean_at[1], end), (0, flexion, flexion, 0)),
            Channel.UP_M: through(t, (0.1 * down, sat, rise + 0.2 * up, end), (0, low, low, 0)),
            Channel.FORWARD_M: through(t, (0, 0.9 * down, rise + 0.1 * up, end), (0, back, back, 0)),
        }

    return Move(end, render)


def pick_up(rng: np.random.Generator) -> Move:
    """Stoop for something on the floor: trunk 50..70 deg of which about 30 is lumbar flexion."""
    down, hold, up = rng.uniform((0.9, 0.3, 0.9), (1.4, 0.7, 1.5)).tolist()
    trunk, flexion = float(rng.uniform(50, 70)), float(rng.uniform(26, 34))
    side, turn = float(rng.uniform(-8, 8)), float(rng.uniform(-10, 10))
    shapes = [(random_blend(rng), random_blend(rng)) for _ in range(2)]

    def render(t: Floats) -> Shares:
        pelvis, lumbar = (_there_and_back(t, shape, down, hold, up) for shape in shapes)
        return {
            Channel.HINGE_DEG: (trunk - flexion) * pelvis,
            Channel.LUMBAR_DEG: flexion * lumbar,
            Channel.BEND_DEG: side * lumbar,
            Channel.ROTATION_DEG: turn * lumbar,
            Channel.UP_M: -0.12 * pelvis,  # knees give a little
        }

    return Move(down + hold + up, render)


def jumps(rng: np.random.Generator, count: int = 3) -> Move:
    """Countermovement jumps: dip with the trunk leaning 25..35 deg, 0.4 s of flight, landing, a breath."""
    singles = [_jump(rng) for _ in range(count)]
    starts = np.concatenate([[0.0], np.cumsum([single.duration_s for single in singles])])

    def render(t: Floats) -> Shares:
        total: dict[Channel, Floats] = {}
        for start, single in zip(starts, singles, strict=False):
            for channel, share in single.render(t - float(start)).items():
                total[channel] = total.get(channel, 0.0) + share
        return total

    return Move(float(starts[-1]), render)


def weight_shift(rng: np.random.Generator) -> Move:
    """Put the weight on one leg for a while: what people do when they rest."""
    side = float(rng.choice([-1.0, 1.0]))
    drop, shift, pause = float(rng.uniform(1, 3)), float(rng.uniform(0.01, 0.03)), float(rng.uniform(1, 3))

    def render(t: Floats) -> Shares:
        there = through(t, (0, 1, 1 + pause, 2 + pause), (0, side, side, 0))
        return {
            Channel.OBLIQUITY_DEG: drop * there,
            Channel.BEND_DEG: -drop * there,
            Channel.RIGHT_M: shift * there,
        }

    return Move(2 + pause, render)


def _jump(rng: np.random.Generator) -> Move:
    takeoff_mps = GRAVITY_MPS2 * FLIGHT_S / 2
    dip, crouch, lean = float(rng.uniform(-0.32, -0.24)), float(rng.uniform(-0.26, -0.16)), float(rng.uniform(25, 35))
    bottom = float(rng.uniform(0.5, 0.65))
    off = bottom + float(rng.uniform(0.26, 0.32))
    on = off + FLIGHT_S
    absorbed = on + float(rng.uniform(0.2, 0.28))
    up = absorbed + float(rng.uniform(0.5, 0.8))
    height = 0.08  # on the toes at both ends of the flight
    knots = (
        (0.0, 0.0, 0.0, 0.0),
        (bottom, dip, 0.0, 10.0),
        (off, height, takeoff_mps, -GRAVITY_MPS2),
        (on, height, -takeoff_mps, -GRAVITY_MPS2),
        (absorbed, crouch, 0.0, 10.0),
        (up, 0.0, 0.0, 0.0),
    )
    # The lean is over before the feet leave the ground: angular rates in flight would keep sensors from 0 g.
    lean_times, lean_values = (0.0, bottom, off, on, absorbed, up), (0.0, 1.0, 0.05, 0.05, 0.7, 0.0)

    def render(t: Floats) -> Shares:
        leaning = lean * through(t, lean_times, lean_values)
        blow = impact(t, on, 0.0012, 14.0, 0.04)
        return {
            Channel.UP_M: hermite(t, knots) + blow,
            Channel.STRETCH_M: -0.5 * blow,
            Channel.HINGE_DEG: 0.7 * leaning,
            Channel.LUMBAR_DEG: 0.3 * leaning,
        }

    return Move(up + 0.6, render)


def _two_sided(rng: np.random.Generator, one_way_s: float) -> tuple[float, Callable[[Floats], tuple[Floats, Floats]]]:
    """Length of, and curves for, a movement to one side and back, a pause, then to the other side and back."""
    one, other = ((random_blend(rng), random_blend(rng)) for _ in range(2))
    hold, pause = float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.1, 0.6))
    second = 2 * one_way_s + hold + pause

    def curves(t: Floats) -> tuple[Floats, Floats]:
        return (
            _there_and_back(t, one, one_way_s, hold, one_way_s),
            _there_and_back(t - second, other, one_way_s, hold, one_way_s),
        )

    return second + 2 * one_way_s + hold, curves


def _there_and_back(t: Floats, shape: tuple[Blend, Blend], down: float, hold: float, up: float) -> Floats:
    return shape[0](t / down) - shape[1]((t - down - hold) / up)
