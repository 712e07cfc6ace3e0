"""What a live engine tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hiphinge.kinematics.disturbances import Disturbance, said
from hiphinge.model import Angles, Attempt, Calibration


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration is in force from now on (`at_s`).

    `how`: given from outside, found in the movement, or the found one improved by further bends.
    """

    at_s: float
    calibration: Calibration
    how: Literal["given", "found", "improved"] = "found"


@dataclass(frozen=True, slots=True)
class Rezeroed:
    """Angles count from another standing from now on: another stance between sets, or a sensor that slipped."""

    at_s: float


@dataclass(frozen=True, slots=True)
class AnglesKnown:
    """Angles of the newest samples; `first` is the grid index of the first of them."""

    first: int
    angles: Angles


@dataclass(frozen=True, slots=True)
class Decided:
    """A repetition is over and judged."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Disturbed:
    """Something disturbed a sensor; `words` say what, when and what to do, in one line."""

    disturbance: Disturbance

    @property
    def words(self) -> str:
        """The line for the user."""
        return said([self.disturbance])[0]


@dataclass(frozen=True, slots=True)
class Noted:
    """Something about the sensors that the wearer should know, in one line."""

    words: str


LiveEvent = Calibrated | Rezeroed | Disturbed | Noted | AnglesKnown | Decided
