"""A simulated bench whose truth is known: a jig, a board with two pods, a table, a walk away from the host.

It is a `virtual.chip.Undergoing`, so that a whole recording can be tried with no hardware; what a report then says must
be what was put in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.model import Floats, ImuSamples, Recording, SessionMeta
from hiphinge.simulate.body import GRAVITY_MPS2
from hiphinge.simulate.errors import PERFECT, SensorErrors
from hiphinge.simulate.sensors import read_imu

# How a pod may lie on its mount: any rotation must do.
_MOUNTS: tuple[Floats, Floats] = (
    np.eye(3),
    np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    @ np.array([[1.0, 0, 0], [0, 0.6, -0.8], [0, 0.8, 0.6]]),
)


@dataclass(frozen=True, slots=True)
class Knot:
    """Where the board is at an instant; between knots it moves smoothly (quintic: no jerk at either end)."""

    at_s: float
    angle_deg: float


@dataclass(frozen=True, slots=True)
class Rig:
    """A board that turns about a level axis with a pod at two heights on it.

    Attributes
    ----------
    knots : sequence of Knot
        What the board does, in order of time.
    extra_share : (sacral, thoracic)
        By what share of the board's angle each pod turns further than the board: a known error of the lumbar angle.
    radius_m : (sacral, thoracic)
        Height above the axis.
    errors : SensorErrors
        Of both chips.
    """

    knots: Sequence[Knot]
    extra_share: tuple[float, float] = (0.0, 0.0)
    radius_m: tuple[float, float] = (0.10, 0.40)
    errors: SensorErrors = PERFECT
    mounts: tuple[Floats, Floats] = field(default=_MOUNTS)

    def board_deg(self, at_s: Floats) -> Floats:
        """The board's angle, (N,)."""
        return np.degrees(self._motion(at_s)[0])

    def lumbar_deg(self, at_s: Floats) -> Floats:
        """What the lumbar angle truly is, (N,): the error put in."""
        return (self.extra_share[1] - self.extra_share[0]) * self.board_deg(at_s)

    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:
        """Specific force m/s² and rate rad/s, (N, 3) each, in the pod's axes."""
        board, speed, push = self._motion(at_s)
        share, radius_m = 1 + self.extra_share[imu], self.radius_m[imu]
        angle = share * board
        nothing = np.zeros_like(angle)
        # The board carries the pod; how it is turned on it changes what it feels, not where it goes.
        along, across = -radius_m * speed**2, radius_m * push
        lean = angle - board
        force = np.stack(
            [
                across * np.cos(lean) - along * np.sin(lean) - GRAVITY_MPS2 * np.sin(angle),
                across * np.sin(lean) + along * np.cos(lean) + GRAVITY_MPS2 * np.cos(angle),
                nothing,
            ],
            axis=1,
        )
        rate = np.stack([nothing, nothing, -share * speed], axis=1)
        return force @ self.mounts[imu].T, rate @ self.mounts[imu].T

    def recording(self, duration_s: float, rate_hz: float, seed: int) -> Recording:
        """What both pods would write, without a device or a link between."""
        time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
        rng = np.random.default_rng(seed)

        def read(imu: int) -> ImuSamples:
            own = self.errors.rate_errors[imu]
            return read_imu(lambda at_s: self.true(imu, at_s), time_s, rate_hz, self.errors, own, rng)

        return Recording(time_s, read(0), read(1), SessionMeta(), "simulated bench")

    def _motion(self, at_s: Floats) -> tuple[Floats, Floats, Floats]:
        """Angle rad, its first and second derivative."""
        times = np.array([knot.at_s for knot in self.knots])
        angles = np.radians([knot.angle_deg for knot in self.knots])
        at = np.clip(np.searchsorted(times, at_s, side="right") - 1, 0, max(0, len(times) - 2))
        after = np.minimum(at + 1, len(times) - 1)
        length = np.maximum(times[after] - times[at], 1e-9)
        u = np.clip((at_s - times[at]) / length, 0.0, 1.0)
        way = angles[after] - angles[at]
        moved = u**3 * (10 - 15 * u + 6 * u**2)
        speed = 30 * u**2 * (1 - u) ** 2 / length
        push = 60 * u * (1 - u) * (1 - 2 * u) / length**2
        return angles[at] + way * moved, way * speed, way * push


def steps(
    angles_deg: Sequence[float], hold_s: float, move_s: float = 2.0
) -> tuple[list[Knot], list[tuple[float, float]]]:
    """A jig put from angle to angle: its knots, and when it stood still."""
    knots: list[Knot] = []
    still: list[tuple[float, float]] = []
    at_s = 0.0
    for angle_deg in angles_deg:
        knots += [Knot(at_s, angle_deg), Knot(at_s + hold_s, angle_deg)]
        still.append((at_s, at_s + hold_s))
        at_s += hold_s + move_s
    return knots, still


def bends(count: int, deepest_deg: float, stand_s: float = 6.0, way_s: float = 2.5, rest_s: float = 1.5) -> list[Knot]:
    """A board that stands, is bent forward and brought back, so many times."""
    knots = [Knot(0.0, 0.0), Knot(stand_s, 0.0)]
    for _ in range(count):
        start_s = knots[-1].at_s
        knots += [Knot(start_s + way_s, deepest_deg), Knot(start_s + way_s + 0.5, deepest_deg)]
        knots += [Knot(start_s + 2 * way_s + 0.5, 0.0), Knot(start_s + 2 * way_s + 0.5 + rest_s, 0.0)]
    return knots
