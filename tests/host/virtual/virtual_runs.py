"""A virtual device on a link, run in simulated time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.link import LinkEvent, LinkSession, Samples
from hiphinge.virtual import FaultyLink, step

E = TypeVar("E")
TICK_S = 0.02


@dataclass
class Run:
    """A session on a link, and all it told."""

    link: FaultyLink
    session: LinkSession
    events: list[LinkEvent] = field(default_factory=list)
    now_s: float = 0.0
    durable: bool = True

    def until(self, end_s: float, each: Callable[[], None] | None = None) -> "Run":
        while self.now_s < end_s:
            self.now_s = round(self.now_s + TICK_S, 6)
            self.events += step(self.session, self.link, self.now_s, self.durable)
            if each is not None:
                each()
        return self

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Times and all 12 columns of the session's grid; asserts that each instant came once, in order."""
        return joined(self.of(Samples))


def joined(pieces: list[Samples]) -> tuple[np.ndarray, np.ndarray]:
    first = 0
    for piece in pieces:
        assert piece.first == first, "each instant exactly once, in order"
        first += len(piece.time_s)
    if not pieces:
        return np.empty(0), np.empty((0, 12))
    columns = [np.hstack([*raw(piece.sacral), *raw(piece.thoracic)]) for piece in pieces]
    return np.concatenate([piece.time_s for piece in pieces]), np.concatenate(columns)


def raw(imu: GriddedImu) -> tuple[np.ndarray, np.ndarray]:
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None
    return imu.acc_mps2, imu.gyr_radps


class Swinging:
    """Both sensors swing and turn: cheap, known at any instant, without end."""

    def __init__(self, errors) -> None:
        self.errors = errors

    def true(self, imu: int, at_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        phase = 2 * np.pi * (0.5 + 0.1 * imu) * at_s
        gyr = np.stack([np.sin(phase), 0.3 * np.cos(2 * phase), 0.2 * np.sin(3 * phase + 1)], axis=1)
        acc = np.stack([2 * np.cos(phase), 9.5 + np.sin(phase), np.sin(2 * phase)], axis=1)
        return acc, gyr
