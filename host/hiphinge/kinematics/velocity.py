"""What standing in place says of a sensor's velocity, against what its accelerometer says.

Symbols as in `hiphinge.kinematics.selfcal`. Everything here is on nodes some 40 ms apart: between two of them the
samples are averaged, which loses nothing that a trunk can do (integrals of the samples are what enters).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.rotation import from_rotation_vector, matrix, multiply, running_product, unit
from hiphinge.kinematics.window import shaking_mps2
from hiphinge.model import Floats

NODE_HZ = 25.0
# Forward and upward velocity per tilt rate, each a polynomial of the tilt: hips travel back by 10-18 cm and down by
# some cm in a hinge, in a way of their own in every wearer; a parabola describes it to a centimetre.
TRAVEL_TERMS = 3


@dataclass(frozen=True, slots=True)
class Nodes:
    """A window of samples, averaged between nodes.

    Attributes
    ----------
    at : (n,) int
        Row of each node.
    step_s : float
    gyr_between, acc_between : (n - 1, 3) float
        Means from each node to the next, rad/s and m/s².
    gyr_at, acc_at : (n, 3) float
        Near each node.
    shaking_mps2 : (n,) float
    """

    at: np.ndarray
    step_s: float
    gyr_between: Floats
    acc_between: Floats
    gyr_at: Floats
    acc_at: Floats
    shaking_mps2: Floats

    @property
    def duration_s(self) -> float:
        """From the first to the last node."""
        return (len(self.at) - 1) * self.step_s


def nodes(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float, node_hz: float = NODE_HZ) -> Nodes:
    """A window of samples on nodes; (N, 3) each, evenly spaced."""
    stride = max(1, round(rate_hz / node_hz))
    count = (len(gyr_radps) - 1) // stride + 1
    at = np.arange(count) * stride
    gyr_between, gyr_at = _averaged(gyr_radps, at, stride)
    acc_between, acc_at = _averaged(acc_mps2, at, stride)
    shaking = shaking_mps2(acc_mps2, gyr_radps, rate_hz)[at]
    return Nodes(at, stride / rate_hz, gyr_between, acc_between, gyr_at, acc_at, shaking)


def _averaged(values: Floats, at: np.ndarray, stride: int) -> tuple[Floats, Floats]:
    """Trapezoid means between nodes and means of the samples next to each node."""
    by_trapezoid = np.concatenate([np.zeros((1, 3)), np.cumsum((values[1:] + values[:-1]) / 2, axis=0)])[at]
    reach = stride // 4
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(values, axis=0)])
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(values))
    return np.diff(by_trapezoid, axis=0) / stride, (total[high] - total[low]) / (high - low)[:, None]


class Layout:
    """Where each parameter lies in the vector, by name; without `errors` the samples are taken as corrected."""

    def __init__(self, bias_knots: int, sway_knots: int, errors: bool = True) -> None:
        sizes = {"turn": 3, "bias": 3 * bias_knots}
        if errors:
            sizes |= {"A": 9, "G": 9, "c": 3, "B": 9}
        sizes |= {"r": 3, "travel": 2 * TRAVEL_TERMS, "sway": 3 * sway_knots}
        self.at: dict[str, slice] = {}
        self.size = 0
        for name, size in sizes.items():
            self.at[name] = slice(self.size, self.size + size)
            self.size += size
        self.oriented = self.at["r"].start  # parameters that change the orientation or the force come before this

    def rows(self, *names: str) -> np.ndarray:
        """Indices of some parameters, of those that are there."""
        there = [np.arange(self.size)[self.at[name]] for name in names if name in self.at]
        return np.concatenate(there) if there else np.zeros(0, np.intp)

    def array(self, found: Floats, name: str) -> Floats:
        """A parameter as a vector or 3x3 matrix; zeros where it is none."""
        values = found[self.at[name]] if name in self.at else np.zeros(3 if name == "c" else 9)
        return values.reshape(3, 3) if len(values) == 9 and name in "ABG" else values


@dataclass(frozen=True, slots=True)
class Difference:
    """Velocity by the accelerometer less velocity by standing in place, and how it depends on the parameters.

    Attributes
    ----------
    error_mps : (n, 3) float
    slope : (n, 3, P) float
    turn_slope : (n, 3, P') float
        Of the orientation, as a small turn in the Earth frame, by the first P' parameters.
    to_earth : (n, 3, 3) float
    turning_radps : (n,) float
    tilt_rad : (n,) float
        About the flexion axis, from the window's median attitude.
    """

    error_mps: Floats
    slope: Floats
    turn_slope: Floats
    to_earth: Floats
    turning_radps: Floats
    tilt_rad: Floats


def velocity_difference(
    found: Floats, layout: Layout, window: Nodes, begin: Floats, axis: Floats, bases: tuple[Floats, Floats]
) -> Difference:
    """Evaluate the model.

    Parameters
    ----------
    found : (P,) float
    layout : Layout
    window : Nodes
    begin : (4,) float
        Orientation at the first node, sensor to Earth.
    axis : (3,) float
        Flexion axis in the sensor.
    bases : (n, bias knots) and (n, sway knots) float
        Linear interpolation between knots, as matrices.
    """
    at, step_s = layout.at, window.step_s
    bias_basis, sway_basis = bases
    bias_between = (bias_basis[1:] + bias_basis[:-1]) / 2
    bias = found[at["bias"]].reshape(-1, 3)
    per_force = layout.array(found, "G").T
    undo_gyr = np.linalg.inv(np.eye(3) + layout.array(found, "A")).T
    undo_acc = np.linalg.inv(np.eye(3) + layout.array(found, "B")).T
    rate = (window.gyr_between - bias_between @ bias - window.acc_between @ per_force) @ undo_gyr
    force = (window.acc_between - layout.array(found, "c")) @ undo_acc
    rate_at = (window.gyr_at - bias_basis @ bias - window.acc_at @ per_force) @ undo_gyr

    quat = _carried_on(begin, rate * step_s)
    to_earth = matrix(quat)
    between = matrix(multiply(quat[:-1], from_rotation_vector(rate * (step_s / 2))))
    force_earth = np.einsum("nij,nj->ni", between, force)
    rate_earth = np.einsum("nij,nj->ni", to_earth, rate_at)

    n = len(quat)
    turn = np.zeros((n, 3, layout.oriented))
    turn[:, :, at["turn"]] = np.eye(3)
    # What each parameter takes from the rate, seen in the Earth frame, between nodes and at them.
    per_rate = _rate_slopes(layout, between, bias_between, rate, window.acc_between)
    per_rate_at = _rate_slopes(layout, to_earth, bias_basis, rate_at, window.acc_at)
    turn -= _integral(per_rate, step_s)
    # Acceleration in the Earth frame changes with the turn, and with the accelerometer's own parameters.
    change = -cross_columns(force_earth, (turn[1:] + turn[:-1]) / 2)
    if "B" in at:
        change[:, :, at["c"]] -= between
        change[:, :, at["B"]] -= _outer(between, force)

    ways, tilt = _travel(to_earth, axis)
    speed = -(rate_at @ axis)
    travel = ways * speed[:, None, None]
    lever = to_earth @ found[at["r"]]
    bent = np.cross(rate_earth, lever) + travel @ found[at["travel"]]
    stood = bent + sway_basis @ found[at["sway"]].reshape(-1, 3)
    # Bending's share turns with the body and goes with the rate.
    bent_slope = -cross_columns(bent, turn) + cross_columns(lever, per_rate_at)
    speed_slope = np.einsum("ni,nip->np", to_earth @ axis, per_rate_at)
    bent_slope += (ways @ found[at["travel"]])[:, :, None] * speed_slope[:, None, :]
    slope = np.zeros((n, 3, layout.size))
    slope[:, :, : layout.oriented] = _integral(change, step_s) - bent_slope
    slope[:, :, at["r"]] = -cross_columns(rate_earth, to_earth)
    slope[:, :, at["travel"]] = -travel
    slope[:, :, at["sway"]] = -(np.eye(3)[None, :, None, :] * sway_basis[:, None, :, None]).reshape(n, 3, -1)
    return Difference(
        error_mps=_integral(force_earth - np.array([0, 0, GRAVITY_MPS2]), step_s) - stood,
        slope=slope,
        turn_slope=turn,
        to_earth=to_earth,
        turning_radps=np.linalg.norm(rate_earth, axis=1),
        tilt_rad=tilt,
    )


def _rate_slopes(layout: Layout, to_earth: Floats, bias_basis: Floats, rate: Floats, acc: Floats) -> Floats:
    """How much each parameter takes from the rate, in the Earth frame, (n, 3, P')."""
    slopes = np.zeros((len(to_earth), 3, layout.oriented))
    by_bias = to_earth[:, :, None, :] * bias_basis[:, None, :, None]
    slopes[:, :, layout.at["bias"]] = by_bias.reshape(len(to_earth), 3, -1)
    if "A" in layout.at:
        slopes[:, :, layout.at["A"]] = _outer(to_earth, rate)
        slopes[:, :, layout.at["G"]] = _outer(to_earth, acc)
    return slopes


def _outer(to_earth: Floats, vectors: Floats) -> Floats:
    """Slopes of ``to_earth @ M @ vector`` by the entries of M, (n, 3, 9)."""
    return (to_earth[:, :, :, None] * vectors[:, None, None, :]).reshape(len(vectors), 3, 9)


def _carried_on(begin: Floats, turns: Floats) -> Floats:
    """Orientations from the first one and the rotation vectors that follow, (n, 4)."""
    steps = np.concatenate([[[1.0, 0.0, 0.0, 0.0]], from_rotation_vector(turns)])
    return multiply(begin[None], running_product(steps))


def _travel(to_earth: Floats, axis: Floats) -> tuple[Floats, Floats]:
    """Way per tilt by each travel parameter (n, 3, 2 terms), forward then up, and the tilt (n,) it hangs on."""
    up = to_earth[:, 2, :]
    across = up - (up @ axis)[:, None] * axis
    middle = np.median(across, axis=0)
    middle = unit(middle - (middle @ axis) * axis)
    tilt = np.arctan2(across @ np.cross(axis, middle), across @ middle)
    powers = np.stack([tilt**power for power in range(TRAVEL_TERMS)], axis=1)
    right = to_earth @ axis
    forward = unit(np.stack([-right[:, 1], right[:, 0], np.zeros(len(right))], axis=1))
    upward = np.broadcast_to(np.array([0.0, 0.0, 1.0]), forward.shape)
    ways = [direction[:, :, None] * powers[:, None, :] for direction in (forward, upward)]
    return np.concatenate(ways, axis=2), tilt


def _integral(values: Floats, step_s: float) -> Floats:
    """Running integral of values that hold between nodes, zero at the first node."""
    total = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values * step_s, axis=0, out=total[1:])
    return total


def cross_columns(vectors: Floats, columns: Floats) -> Floats:
    """Cross product of (n, 3) vectors with every column of (n, 3, k)."""
    a, b, c = (vectors[:, i, None] for i in range(3))
    x, y, z = (columns[:, i] for i in range(3))
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=1)
